"""The job on a standalone cluster, whose workers have only the lake and what Spark sends them."""

from __future__ import annotations

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.unit.etl_job.programs import ROOT, assert_same, own_folder, program_environment, run_job, served_catalog

from .cluster import WORKERS, namespace_command, standalone_cluster

PYTHON = Path(sys.executable)


@pytest.fixture
def namespace() -> list[str]:
    """What gives a program mounts of its own."""
    found = namespace_command()
    if found is None:
        pytest.skip("no mount namespaces: `unshare --mount` is not there or not allowed")
    return found


@pytest.mark.timeout(900)
def test_cluster_gives_the_same_as_local_mode(namespace: list[str], tmp_path: Path) -> None:
    root = tmp_path / "cluster"
    code = shutil.make_archive(str(tmp_path / "etl_job"), "zip", ROOT, "etl_job")
    hidden = [own_folder(root), ROOT / "etl_job", ROOT / "data"]
    own_folder(root).mkdir()
    with served_catalog() as catalog, ThreadPoolExecutor(1) as beside:
        local = beside.submit(run_job, [str(PYTHON)], tmp_path / "local", program_environment(PYTHON, catalog))
        with standalone_cluster(namespace, hidden, tmp_path / "spark", catalog) as master:
            options = ["--master", master, "--py-files", code, "--conf", "spark.executor.memory=512m"]
            env = {**program_environment(PYTHON, catalog, *options), "PYSPARK_PYTHON": str(PYTHON)}
            found = run_job([str(PYTHON)], root, env)

        assert len(list((tmp_path / "spark").glob("worker-*/app-*"))) == WORKERS
        assert_same(found, local.result())
