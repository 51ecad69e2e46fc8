"""The model of a run's manifest, which the job writes and the ``quartal`` command reads.

``run_manifest.schema.json`` is generated from it. Fields with a default were added later; old manifests lack them.
"""

import json
import sys
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat

MANIFEST_VERSION: Literal[1] = 1


def _day(text: str) -> str:
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError("not a day such as 2024-01-31")
    return text


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("not a time in UTC") from error


Count = Annotated[int, Field(ge=0, lt=2**63)]
Day = Annotated[str, AfterValidator(_day)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")  # a later version may add fields


class Input(_Record):
    """A raw file as it was read."""

    uri: str = Field(description="Where the file is.")
    size_bytes: Count = Field(description="Its size in bytes, as stored: compressed if the file is.")
    etag: str = Field(
        description="S3's ETag, which changes when the content does; for local files, their size and time."
    )


class PublishedDelivery(_Record):
    """The state of a delivery in the published tables, with which the next run compares its files and its contract."""

    run_id: str = Field(description="The run that published it, or withdrew it; empty if no manifest names that run.")
    contract_hash: str = Field(
        description="`contract.hash` of the run that published it; empty if the next run must process it again."
    )
    inputs: tuple[Input, ...] = Field(
        description="The files that it was published from, or that were there when it was withdrawn."
    )
    withdrawn: bool = Field(
        default=False,
        description="Whether it was removed from the tables on request, until its files change or a run names it.",
    )


class DeliveryCounts(_Record):
    """The outcomes of a delivery's rows. ``rows_in`` = ``kept`` + ``quarantined`` + ``duplicates``."""

    delivery: str = Field(description="The delivery's name.")
    inputs: tuple[Input, ...] = Field(description="Its files in order of their names, including empty ones.")
    rows_in: Count = Field(description="Rows in its files.")
    kept: Count = Field(description="Rows that are counted in the tables.")
    quarantined: Count = Field(description="Rows that break a rule, or are in conflict under `quarantineBoth`.")
    duplicates: Count = Field(description="Rows whose key another row has, which is kept instead.")
    conflicts: Count = Field(
        description="Duplicates that differed from the row that was kept when this run ended. A later run that changes "
        "only that row does not process this delivery again."
    )
    violations: dict[str, Count] = Field(
        description="Quarantined rows by rule, such as `date.format`. A row counts once for every rule that it breaks."
    )
    first_day: Day | None = Field(
        description="The first day (UTC) with a kept row, as `2024-01-31`; null if there is none."
    )
    last_day: Day | None = Field(description="The last day (UTC) with a kept row; null if there is none.")
    warned: Count = Field(default=0, description="Kept rows that break a warning.")
    warnings: dict[str, Count] = Field(
        default={}, description="Warned rows by rule. A row counts once for every warning that it breaks."
    )


class Totals(_Record):
    """Sums over the run's deliveries; all are 0 if the run processed none."""

    rows_in: Count = Field(description="Rows read, counted independently of the outcomes while the files are read.")
    kept: Count = Field(description="Sum of `deliveries[].kept`.")
    quarantined: Count = Field(description="Sum of `deliveries[].quarantined`.")
    duplicates: Count = Field(description="Sum of `deliveries[].duplicates`.")
    conflicts: Count = Field(description="Sum of `deliveries[].conflicts`.")
    warned: Count = Field(default=0, description="Sum of `deliveries[].warned`.")


NO_ROWS = Totals(rows_in=0, kept=0, quarantined=0, duplicates=0, conflicts=0)


class Stage(_Record):
    """The duration of a part of the run."""

    stage: str = Field(description="The name of the part, as in the job's log: `catalog`, `session`, `validate`.")
    seconds: FiniteFloat = Field(description="How long it took, whether or not it succeeded.")


class PublishedTable(_Record):
    """One Iceberg table after the run's commit."""

    table: str = Field(description="Database and name of the table in the Glue catalog, as `database.table`.")
    location: str = Field(description="The folder of the table in the lake.")
    snapshot_id: int | None = Field(description="The current Iceberg snapshot; null if the table has none yet.")
    files: Count = Field(description="How many data files this run added.")
    partitions: tuple[str, ...] = Field(
        description="The partitions that this run replaced: deliveries of the curated table, quarters of the features."
    )
    tags: tuple[str, ...] = Field(description="The names of all tags and branches of the table, except `main`.")


class CsvExport(_Record):
    """The CSV exports of the features."""

    manifest: str = Field(description="The URI of the list of all files for QuickSight.")
    written: tuple[str, ...] = Field(description="The quarters whose files this run wrote, such as `2024Q1`.")
    removed: tuple[str, ...] = Field(description="The quarters whose files this run deleted.")


class SparkMetrics(_Record):
    """Spark's metrics of the run, summed over its tasks unless a field says otherwise."""

    jobs: int = Field(description="Spark jobs.")
    stages: int = Field(
        description="Spark stages with at least one completed task; Spark skips stages that it need not repeat."
    )
    tasks: int = Field(description="Tasks that completed.")
    bytes_read: int = Field(description="Bytes read, including those that Python workers read.")
    rows_read: int = Field(description="Rows read, including those that Python workers read.")
    bytes_written: int = Field(description="Bytes written by tasks; the driver writes small files itself.")
    shuffle_write_bytes: int = Field(description="Bytes written for other tasks (shuffle).")
    shuffle_read_bytes: int = Field(description="Bytes read from other tasks (shuffle).")
    spilled_memory_bytes: int = Field(description="Data that did not fit into memory, by its size in memory.")
    spilled_disk_bytes: int = Field(description="The same data, by its size on disk.")
    executor_cpu_seconds: FiniteFloat = Field(description="Processor time.")
    gc_seconds: FiniteFloat = Field(description="Time in Java's garbage collection.")
    peak_heap_bytes: int | None = Field(
        description="The largest heap of a single JVM, the driver's or an executor's; null if Spark reports none."
    )
    class_archive: bool | None = Field(
        default=None,
        description="Whether the driver's Java loaded its archive of classes; null if none was configured.",
    )


class DriftRecord(_Record):
    """How the crawled table differs from the contract, regardless of case."""

    new: tuple[str, ...] = Field(description="Columns that the contract does not define; they are left out.")
    missing: tuple[str, ...] = Field(
        description="Columns of the contract that the table lacks; optional ones count as missing values."
    )
    other_order: bool = Field(
        description="Whether the shared columns are in another order, which does not matter to the job."
    )


class LeftOutFile(_Record):
    """A file below the dataset's raw folder that the run did not read, and why."""

    uri: str = Field(description="Where the file is.")
    reason: str = Field(
        description="Why it was left out, in words: hidden, incomplete, empty, outside a delivery's folder."
    )


class ContractRecord(_Record):
    """The contract of the run."""

    source: str = Field(description="The S3 URI or path that the contract was read from.")
    version: str = Field(description="The contract's own `version`.")
    hash: str = Field(description="SHA-256 of the parts that decide about rows; descriptions do not change it.")


class RunManifest(_Record):
    """The manifest of a run."""

    manifest_version: Literal[1] = Field(default=MANIFEST_VERSION, description="The version of this format.")
    run_id: str = Field(
        description="The id of the run: `--run_id`, or else the id of the workflow run or of the job run."
    )
    dataset: str = Field(description="The dataset, as in the contract.")
    database: str = Field(description="The Glue database with its tables.")
    status: Literal["SUCCEEDED", "FAILED"] = Field(description="How the run ended.")
    reason: str | None = Field(description="Why the run failed; null if it succeeded.")
    published_anything: bool = Field(description="Whether the run changed a table.")
    started_at: Moment = Field(description="When the run began, in UTC.")
    finished_at: Moment = Field(description="When the run ended, in UTC.")
    seconds: FiniteFloat = Field(description="How long the run took.")
    contract: ContractRecord | None = Field(
        description="The run's contract; null if the run failed before it was read."
    )
    totals: Totals = Field(description="The outcomes of all rows that the run processed.")
    deliveries: tuple[DeliveryCounts, ...] = Field(
        description="The deliveries that the run processed, with the outcomes of their rows."
    )
    stages: tuple[Stage, ...] = Field(description="The parts of the run, in the order in which they ended.")
    curated: PublishedTable | None = Field(description="The curated table; null if the run did not change it.")
    features: PublishedTable | None = Field(description="The features table; null if the run did not change it.")
    quarantine: tuple[str, ...] = Field(description="The folders with the bad rows of this run.")
    csv_export: CsvExport | None = Field(
        default=None, description="What changed in the CSV exports; null if the run exported nothing."
    )
    spark: SparkMetrics | None = Field(
        default=None, description="What Spark did; null if the run did not need Spark, or Spark could not be asked."
    )
    versions: dict[str, str] = Field(
        description="Versions of Quartal, Python and the main libraries by name; `unknown` if one is not an installed "
        "package."
    )
    published: dict[str, PublishedDelivery] = Field(
        description="The state of all deliveries after the run, by name, including those that it did not "
        "process; if the run failed, the state that it found."
    )
    curated_snapshot_id: int | None = Field(
        default=None,
        description="The curated table's snapshot at the end of the run; null if there is none, or if the run failed "
        "before it looked.",
    )
    drift: DriftRecord | None = Field(
        default=None,
        description="How the crawled table differs from the contract; null without differences or a table.",
    )
    not_catalogued: tuple[str, ...] = Field(
        default=(), description="Deliveries with files that no crawler has found yet, which the run read anyway."
    )
    left_out: tuple[LeftOutFile, ...] = Field(
        default=(), description="Files below the raw folder that the run did not read."
    )


def json_schema() -> str:
    """The published schema of manifests, ``run_manifest.schema.json``."""
    schema = RunManifest.model_json_schema(mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"


if __name__ == "__main__":  # python -m etl_job.manifest.model > etl_job/run_manifest.schema.json
    sys.stdout.write(json_schema())
