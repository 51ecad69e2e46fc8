import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.exceptions import ConnectionClosedError
from py4j.protocol import Py4JError

import etl_job
from etl_job.arguments import parse_arguments
from etl_job.errors import ManifestError
from etl_job.lake.files import LocalObjectStore
from etl_job.manifest.files import write_manifest
from etl_job.manifest.model import NO_ROWS, RunManifest, json_schema
from etl_job.notify.progress import Progress
from etl_job.run import run
from etl_job.run_record import start_meter
from etl_job.spark.metrics import SparkMeter, loads_archive
from tests.spark_session import archive_of_classes

from .test_run import HEADER

SCHEMA = Path(etl_job.__file__).with_name("run_manifest.schema.json")


def test_published_schema_is_that_of_the_model():
    assert SCHEMA.read_text() == json_schema(), "python -m etl_job.manifest.model > etl_job/run_manifest.schema.json"


class LosingStore(LocalObjectStore):
    """Answers of writes are lost, after the write or before it; so may those of reads."""

    def __init__(self, *, after_effect: bool, reads: bool = True) -> None:
        self.after_effect, self.reads = after_effect, reads

    def write(self, uri: str, content: bytes) -> None:
        if self.after_effect:
            super().write(uri, content)
        raise ConnectionClosedError(endpoint_url="https://s3")

    def read(self, uri: str, first_bytes: int | None = None) -> bytes:
        if not self.reads:
            raise ConnectionClosedError(endpoint_url="https://s3")
        return super().read(uri, first_bytes)


def test_manifest_whose_answers_were_lost_is_looked_at(tmp_path, manifest):
    lake = f"file://{tmp_path}"
    uri = write_manifest(LosingStore(after_effect=True), lake, manifest)
    assert RunManifest.model_validate_json(LocalObjectStore().read(uri)) == manifest


def test_missing_manifest_is_reported_with_a_remedy(tmp_path, manifest):
    with pytest.raises(
        ManifestError, match=r"record of the run could not be written to file:\S+/one\.json \(Connection"
    ):
        write_manifest(LosingStore(after_effect=False), f"file://{tmp_path}", manifest)


@pytest.mark.parametrize("after_effect", [False, True])
def test_manifest_in_an_unknown_state_is_not_reported_as_unwritten(tmp_path, manifest, after_effect):
    store = LosingStore(after_effect=after_effect, reads=False)
    with pytest.raises(ManifestError, match=r"whether the record of the run was written to file:\S+ is unknown"):
        write_manifest(store, f"file://{tmp_path}", manifest)


@pytest.fixture
def manifest() -> RunManifest:
    now = datetime(2024, 1, 1, tzinfo=UTC)
    return RunManifest(
        run_id="one",
        dataset="tolls",
        database="lake",
        status="SUCCEEDED",
        reason=None,
        published_anything=False,
        started_at=now,
        finished_at=now,
        seconds=1.0,
        contract=None,
        totals=NO_ROWS,
        deliveries=(),
        stages=(),
        curated=None,
        features=None,
        quarantine=(),
        versions={},
        published={},
    )


def test_manifest_records_what_spark_did(lake, spark):
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
    assert found.class_archive is (True if archive_of_classes().is_file() else None)  # None: Java was given none
    document = json.loads(manifest.model_dump_json())
    assert set(json.loads(SCHEMA.read_text())["required"]) <= document.keys()
    assert {"quartal", "pyspark", "python"} <= manifest.versions.keys()

    idle = SparkMeter.started(spark).read()
    assert (idle.jobs, idle.stages, idle.rows_read) == (0, 0, 0)  # a run does not count those before it


def test_spark_that_cannot_be_asked_leaves_a_run_without_metrics(monkeypatch, spark):
    def busy(_: SparkMeter) -> None:
        raise Py4JError("java.util.concurrent.TimeoutException: The event queue is not empty after 10000 ms.")

    monkeypatch.setattr(SparkMeter, "_store", busy)
    assert start_meter(spark) is None


def test_archive_of_classes_is_used_if_java_has_it_in_memory(tmp_path):
    told = ["-Xmx2g", "-XX:SharedArchiveFile=/var/lib/job.jsa"]
    maps = tmp_path / "maps"
    assert loads_archive(told, maps) is None  # not Linux
    maps.write_text("7f14eb000000-7f14eb454000 rw-p 00001000 fe:00 262 /usr/lib/jvm/lib/server/classes.jsa\n")
    assert loads_archive(told, maps) is False
    maps.write_text(maps.read_text() + "7f14ebbc7000-7f14eecd3000 rw-p 00001000 fe:00 99 /var/lib/job.jsa\n")
    assert loads_archive(told, maps) is True
    assert loads_archive(["-Xmx2g"], maps) is None
