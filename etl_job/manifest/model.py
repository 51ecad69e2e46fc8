"""The model of a run's manifest, which the job writes and the ``quartal`` command reads.

``run_manifest.schema.json`` is generated from it. Fields with a default were added later; old manifests lack them.
"""

import json
import sys
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

MANIFEST_VERSION: Literal[1] = 1


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")  # a later version may add fields


class Input(_Record):
    """A raw file as it was read."""

    uri: str
    size_bytes: int
    etag: str


class PublishedDelivery(_Record):
    """The state of a delivery in the published tables: its files, the run that published it, and the contract's hash.

    ``withdrawn``: removed from the tables on request, until its files change or a run names it.
    """

    run_id: str
    contract_hash: str
    inputs: tuple[Input, ...]
    withdrawn: bool = False


class DeliveryCounts(_Record):
    """The outcomes of a delivery's rows. ``rows_in`` = ``kept`` + ``quarantined`` + ``duplicates``.

    ``conflicts`` are the duplicates that differ from the row that is kept. In ``violations``, a quarantined row counts
    once for every rule that it breaks. ``warned`` rows are kept; in ``warnings``, they count once for every warning.
    """

    delivery: str
    inputs: tuple[Input, ...]
    rows_in: int
    kept: int
    quarantined: int
    duplicates: int
    conflicts: int
    violations: dict[str, int]
    first_day: str | None
    last_day: str | None
    warned: int = 0
    warnings: dict[str, int] = {}


class Totals(_Record):
    """Sums over the run's deliveries; ``rows_in`` is counted independently, while the files are read."""

    rows_in: int
    kept: int
    quarantined: int
    duplicates: int
    conflicts: int
    warned: int = 0


NO_ROWS = Totals(rows_in=0, kept=0, quarantined=0, duplicates=0, conflicts=0)


class Stage(_Record):
    """The duration of a part of the run."""

    stage: str
    seconds: float


class PublishedTable(_Record):
    """One Iceberg table after the run."""

    table: str
    location: str
    snapshot_id: int | None
    files: int
    partitions: tuple[str, ...]
    tags: tuple[str, ...]


class CsvExport(_Record):
    """The CSV exports: the quarters that this run wrote and removed, and the list of all files for QuickSight."""

    manifest: str
    written: tuple[str, ...]
    removed: tuple[str, ...]


class SparkMetrics(_Record):
    """Spark's metrics of the run, summed over its tasks; ``None`` if Spark does not report one.

    ``peak_heap_bytes`` is the largest heap of any single JVM, the driver's or an executor's. ``class_archive`` tells
    whether the driver's Java loaded its archive of classes; ``None`` if it had none.
    """

    jobs: int
    stages: int
    tasks: int
    bytes_read: int
    rows_read: int
    bytes_written: int
    shuffle_write_bytes: int
    shuffle_read_bytes: int
    spilled_memory_bytes: int
    spilled_disk_bytes: int
    executor_cpu_seconds: float
    gc_seconds: float
    peak_heap_bytes: int | None
    class_archive: bool | None = None


class DriftRecord(_Record):
    """How the crawled table differs from the contract: additional and missing columns, and their order."""

    new: tuple[str, ...]
    missing: tuple[str, ...]
    other_order: bool


class LeftOutFile(_Record):
    """A file below the dataset's raw folder that the run did not read, and why."""

    uri: str
    reason: str


class ContractRecord(_Record):
    """The contract of the run; ``hash`` covers the parts that decide about rows."""

    source: str
    version: str
    hash: str


class RunManifest(_Record):
    """The manifest of a run. ``published`` is the state of all deliveries after the run, not only of its own.

    ``curated_snapshot_id`` is the curated table's snapshot with this state. ``not_catalogued`` names deliveries with
    files that no crawler has found yet, which the run read anyway; ``left_out`` lists files that it did not read.
    """

    manifest_version: Literal[1] = MANIFEST_VERSION
    run_id: str
    dataset: str
    database: str
    status: Literal["SUCCEEDED", "FAILED"]
    reason: str | None
    published_anything: bool
    started_at: datetime
    finished_at: datetime
    seconds: float
    contract: ContractRecord | None
    totals: Totals
    deliveries: tuple[DeliveryCounts, ...]
    stages: tuple[Stage, ...]
    curated: PublishedTable | None
    features: PublishedTable | None
    quarantine: tuple[str, ...]
    csv_export: CsvExport | None = None
    spark: SparkMetrics | None = None
    versions: dict[str, str]
    published: dict[str, PublishedDelivery]
    curated_snapshot_id: int | None = None
    drift: DriftRecord | None = None
    not_catalogued: tuple[str, ...] = ()
    left_out: tuple[LeftOutFile, ...] = ()


def json_schema() -> str:
    """The published schema of manifests, ``run_manifest.schema.json``."""
    schema = RunManifest.model_json_schema(mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"


if __name__ == "__main__":  # python -m etl_job.manifest.model > etl_job/run_manifest.schema.json
    sys.stdout.write(json_schema())
