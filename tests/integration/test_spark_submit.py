"""The job as a plain `spark-submit` runs it: no Glue around it, only the variables of AWS say where services are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.etl.lake import DATASET, s3_lake, upload
from benchmarks.etl.session import bench_at
from benchmarks.etl.tools import Job
from quartal.core.settings import Settings
from tests.integration.deployment import PROJECT

pytestmark = pytest.mark.nightly(touches=["benchmarks/etl/*", "etl_job/*", "tests/integration/test_spark_submit.py"])
SAMPLE = PROJECT / "data" / "sample" / DATASET
QUARTERS = ("2024Q1", "2024Q2")


def test_spark_submit_publishes_what_lies_in_a_bucket(endpoint_url: str, tmp_path: Path) -> None:
    settings = Settings.from_env(os.environ, environment="localstack", cwd=PROJECT)
    bench = bench_at(settings, endpoint_url, tmp_path)
    lake = s3_lake(bench.connection)
    try:
        files = [SAMPLE / f"delivery={quarter}" / "part-00000.csv" for quarter in QUARTERS]
        upload(bench.connection, lake.root.removeprefix("s3://"), files, f"raw/{DATASET}")
        lake.add_deliveries({q: f"{lake.root}/raw/{DATASET}/delivery={q}/" for q in QUARTERS})

        outcome = Job(bench).run_in(lake)

        lines = sum(len(file.read_text().splitlines()) - 1 for file in files)
        answer = outcome.answer
        assert answer.rows_in == lines
        assert answer.kept + answer.quarantined + answer.duplicates == lines
        features = lake.features().to_pydict()
        assert sum(features["sightings"]) == answer.kept > 0
        assert set(features["quarter"]) == set(QUARTERS)
    finally:
        lake.remove()
