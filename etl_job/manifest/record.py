"""The record of a run, ``runs/<dataset>/<run_id>.json``: what went in, what came of it, and what is published since."""

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict, ValidationError

from etl_job.deliveries.raw_table import Delivery
from etl_job.errors import ManifestError
from etl_job.lake.files import ObjectStore
from etl_job.lake.paths import LakePaths
from etl_job.reasons import cause_of


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class Input(_Record):
    """A raw file as it was read."""

    uri: str
    size_bytes: int
    etag: str


class PublishedDelivery(_Record):
    """The state of a delivery in the published tables: from which files, by which run, under which contract.

    ``withdrawn``: taken out on request. It stays out until its files change or a run names it.
    """

    run_id: str
    contract_hash: str
    inputs: tuple[Input, ...]
    withdrawn: bool = False

    def taken_out(self, run_id: str, delivery: Delivery | None) -> "PublishedDelivery":
        """The same, withdrawn by a run, with the files that are there then: those that change later bring it back."""
        inputs = inputs_of(delivery) if delivery and delivery.files else self.inputs
        return self.model_copy(update={"run_id": run_id, "withdrawn": True, "inputs": inputs})


class DeliveryCounts(_Record):
    """What became of a delivery's rows. ``rows_in`` = ``kept`` + ``quarantined`` + ``duplicates``.

    ``conflicts`` are those duplicates that differ from the row kept in their stead. A quarantined row counts once
    for every rule it breaks. ``warned`` rows are among those kept, and count once for every warning.
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
    """Sums over the run's deliveries; ``rows_in`` is counted apart from the others, while the files are read."""

    rows_in: int = 0
    kept: int = 0
    quarantined: int = 0
    duplicates: int = 0
    conflicts: int = 0
    warned: int = 0


class Stage(_Record):
    """How long a part of the run took."""

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
    """The features as CSV: the quarters that this run wrote and took away, and the list of all files for QuickSight."""

    manifest: str
    written: tuple[str, ...]
    removed: tuple[str, ...]


class SparkMetrics(_Record):
    """What Spark did for the run, summed over its tasks; ``None`` where Spark does not know.

    ``peak_heap_bytes`` is the most that the heap of any one JVM held, the driver's or an executor's.
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


class DriftRecord(_Record):
    """Columns that the crawled table has beyond the contract's, or lacks, and whether they come in another order."""

    new: tuple[str, ...]
    missing: tuple[str, ...]
    other_order: bool


class LeftOutFile(_Record):
    """A file below the dataset's raw folder that holds no rows for a run, and why."""

    uri: str
    reason: str


class ContractRecord(_Record):
    """Which contract the run obeyed; ``hash`` covers what the job acts upon."""

    source: str
    version: str
    hash: str


class RunManifest(_Record):
    """See the module. ``published`` is the state of all deliveries after this run, not only of this run's own.

    ``curated_snapshot_id`` is the curated table's snapshot that holds this state. ``not_catalogued`` names deliveries
    with files that no crawler has taken, which are read all the same; ``left_out`` are files that were not.
    """

    manifest_version: Literal[1] = 1
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


@dataclass(frozen=True, slots=True)
class LastRun:
    """The deliveries that are published by the newest manifest of a run that succeeded, and in which snapshot.

    ``curated_snapshot_id`` is None before the first such run, and in manifests of versions that did not record it.
    """

    published: Mapping[str, PublishedDelivery] = field(default_factory=dict)
    curated_snapshot_id: int | None = None


def json_schema() -> str:
    """The published schema of manifests, ``run_manifest.schema.json`` in this package."""
    schema = RunManifest.model_json_schema(mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"


def inputs_of(delivery: Delivery) -> tuple[Input, ...]:
    """A delivery's files as the manifest records them."""
    return tuple(Input(uri=f.uri, size_bytes=f.size_bytes, etag=f.etag) for f in delivery.files)


def manifest_uri(lake_root: str, dataset: str, run_id: str) -> str:
    """Where a run's manifest lies."""
    return f"{LakePaths(lake_root, dataset).runs}/{run_id}.json"


def write_manifest(store: ObjectStore, lake_root: str, manifest: RunManifest) -> str:
    """Put the manifest in its place and return its URI. Raises ManifestError where it is not there afterwards.

    An answer can be lost after the manifest was written: so after an error it is looked at.
    """
    uri = manifest_uri(lake_root, manifest.dataset, manifest.run_id)
    content = (manifest.model_dump_json(indent=2) + "\n").encode()
    try:
        store.write(uri, content)
    except (OSError, BotoCoreError, ClientError) as error:
        if not _is_there(store, uri, content):
            raise ManifestError(
                f"the record of the run could not be written to {uri} ({cause_of(error)}). What the run published "
                "stands: run again, and that run finds it and writes a record"
            ) from error
    return uri


def _is_there(store: ObjectStore, uri: str, content: bytes) -> bool:
    try:
        return store.read(uri) == content
    except (OSError, BotoCoreError, ClientError):
        return False


def read_last_run(store: ObjectStore, lake_root: str, dataset: str) -> LastRun:
    """What the newest manifest of a run that succeeded says of the published deliveries.

    A manifest that cannot be read counts as a failed run: at worst its deliveries are processed again.
    """
    files = store.list_files(f"{LakePaths(lake_root, dataset).runs}/")
    for file in sorted(files, key=lambda f: (f.modified, f.uri), reverse=True):
        if not file.uri.endswith(".json"):
            continue
        try:
            manifest = RunManifest.model_validate_json(store.read(file.uri))
        except (ValidationError, FileNotFoundError):
            continue
        if manifest.status == "SUCCEEDED":
            return LastRun(manifest.published, manifest.curated_snapshot_id)
    return LastRun()


def new_or_changed(
    deliveries: Iterable[Delivery], published: Mapping[str, PublishedDelivery], contract_hash: str
) -> tuple[Delivery, ...]:
    """Deliveries whose files, or whose contract, differ from what is published. One without files is no delivery."""
    return tuple(
        delivery
        for delivery in deliveries
        if delivery.files and not _is_published(delivery, published.get(delivery.name), contract_hash)
    )


def _is_published(delivery: Delivery, published: PublishedDelivery | None, contract_hash: str) -> bool:
    if published is None:
        return False
    if published.withdrawn:  # what is out already may lose its files, one by one
        return set(inputs_of(delivery)) <= set(published.inputs)
    return published.inputs == inputs_of(delivery) and published.contract_hash == contract_hash


if (
    __name__ == "__main__"
):  # how the schema file is made: python -m etl_job.manifest.record > etl_job/run_manifest.schema.json
    sys.stdout.write(json_schema())
