"""Which PySpark Spark's Python workers have; each test has a process of its own, as a worker."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from localstack_glue import awsglue_runtime

RUNTIME = Path(awsglue_runtime.__file__).parent


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder for packages with a PySpark, which has a copy of itself in a zip file."""
    spark = tmp_path / "site-packages" / "pyspark"
    (spark / "python" / "lib").mkdir(parents=True)
    (spark / "__init__.py").touch()
    (spark / "daemon.py").write_text("def manager(): print('installed')")
    with zipfile.ZipFile(spark / "python" / "lib" / "pyspark.zip", "w") as archive:
        archive.writestr("pyspark/__init__.py", "")
        archive.writestr("pyspark/daemon.py", "def manager(): print('zip')")
    return spark.parent


def started(*path: Path) -> str:
    """Start it as Spark does, with this path; return which PySpark it has."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))}
    command = [sys.executable, "-m", "glue_local_worker_daemon"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_workers_have_the_installed_pyspark(site: Path):
    assert started(site / "pyspark/python/lib/pyspark.zip", RUNTIME, site) == "installed"


def test_workers_have_sparks_copy_where_its_package_is_not_on_the_path(site: Path):
    assert started(site / "pyspark/python/lib/pyspark.zip", RUNTIME) == "zip"


def test_workers_have_the_copy_of_a_spark_that_is_no_package(site: Path):
    (site / "pyspark/__init__.py").unlink()
    assert started(site / "pyspark/python/lib/pyspark.zip", RUNTIME, site) == "zip"


def test_zip_files_of_the_run_stay_on_the_path(site: Path):
    with zipfile.ZipFile(site / "own.zip", "w") as archive:
        archive.writestr("pyspark/__init__.py", "")
        archive.writestr("pyspark/daemon.py", "def manager(): print('own')")
    assert started(site / "own.zip", site / "pyspark/python/lib/pyspark.zip", RUNTIME, site) == "own"
