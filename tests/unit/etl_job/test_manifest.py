import json
from pathlib import Path

import etl_job
from etl_job.job_args import parse_arguments
from etl_job.manifest import json_schema
from etl_job.progress import Progress
from etl_job.run import run
from etl_job.spark_metrics import SparkMeter

from .test_run import HEADER

SCHEMA = Path(etl_job.__file__).with_name("run_manifest.schema.json")


def test_published_schema_is_that_of_the_model():
    assert SCHEMA.read_text() == json_schema(), "python -m etl_job.manifest > etl_job/run_manifest.schema.json"


def test_manifest_tells_what_spark_did(lake, spark):
    good = "".join(f"k{n},Opel,2024-01-01,10:00:00\n" for n in range(100))
    lake.deliver("d1", f"{HEADER}\n{good}broken\n")
    manifest = run(parse_arguments(lake.arguments), {}, Progress(lambda _line: None))
    found = manifest.spark
    assert found.rows_read >= 100
    assert found.bytes_read >= (lake.raw / "delivery=d1" / "part-00000.csv").stat().st_size
    assert 0 < found.shuffle_read_bytes == found.shuffle_write_bytes
    assert found.tasks >= found.stages > 0 < found.jobs
    assert found.bytes_written > 0  # the broken row's
    assert found.peak_heap_bytes > 1_000_000
    document = json.loads(manifest.model_dump_json())
    assert set(json.loads(SCHEMA.read_text())["required"]) <= document.keys()
    assert {"quartal", "pyspark", "python"} <= manifest.versions.keys()

    idle = SparkMeter(spark).read()
    assert (idle.jobs, idle.stages, idle.rows_read) == (0, 0, 0)  # a run does not count those before it
