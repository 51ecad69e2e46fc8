"""The record of a run, filled step by step, and the manifest made from it, whether or not the run succeeds."""

import platform
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata

from py4j.protocol import Py4JError
from pyspark.sql import SparkSession

from etl_job import __version__
from etl_job.arguments import JobArguments
from etl_job.contract.model import Contract
from etl_job.deliveries.delivered import Delivered
from etl_job.manifest.model import (
    NO_ROWS,
    ContractRecord,
    DriftRecord,
    PublishedDelivery,
    RunManifest,
    SparkMetrics,
    Stage,
)
from etl_job.processing import RunResult
from etl_job.spark.metrics import SparkMeter
from etl_job.tables.dataset import Tables

_PACKAGES = ("pyspark", "pyiceberg", "pyarrow", "pydantic", "boto3")


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The record of a run so far. ``published`` is the state of all deliveries according to the tables."""

    started_at: datetime
    contract: Contract | None = None
    delivered: Delivered = field(default_factory=Delivered)
    tables: Tables | None = None
    drift: DriftRecord | None = None
    published: Mapping[str, PublishedDelivery] = field(default_factory=dict)
    meter: SparkMeter | None = None
    result: RunResult = field(default_factory=RunResult)


def build_manifest(
    record: RunRecord, arguments: JobArguments, stages: tuple[Stage, ...], reason: str | None
) -> RunManifest:
    """The manifest of a run that ends now; ``reason`` is the reason of its failure, if it failed."""
    finished_at = datetime.now(UTC)
    contract, result, published = record.contract, record.result, record.result.published
    return RunManifest(
        run_id=arguments.run_id,
        dataset=arguments.dataset,
        database=arguments.database,
        status="SUCCEEDED" if reason is None else "FAILED",
        reason=reason,
        published_anything=result.published_anything,
        started_at=record.started_at,
        finished_at=finished_at,
        seconds=round((finished_at - record.started_at).total_seconds(), 2),
        contract=None
        if contract is None
        else ContractRecord(source=arguments.contract, version=contract.version, hash=contract.hash),
        totals=result.totals or NO_ROWS,
        deliveries=result.deliveries,
        stages=stages,
        curated=published.curated,
        features=published.features,
        quarantine=published.quarantine,
        csv_export=published.csv_export,
        spark=_spark_metrics(record.meter, result),
        versions=_versions(),
        published=dict(record.published),
        drift=record.drift,
        not_catalogued=record.delivered.not_catalogued,
        left_out=record.delivered.left_out,
        curated_snapshot_id=record.tables.curated.snapshot_id if record.tables else None,
    )


def start_meter(spark: SparkSession) -> SparkMeter | None:
    """Begin to count what Spark does; None if Spark cannot be asked, for which a run must not fail."""
    with suppress(Py4JError, OSError):
        return SparkMeter.started(spark)
    return None


def _spark_metrics(meter: SparkMeter | None, result: RunResult) -> SparkMetrics | None:
    try:
        return meter.read(result.read.rows, result.read.size_bytes) if meter else None
    except (Py4JError, OSError):  # a run whose JVM died has no metrics, and its reason must not be replaced
        return None


def _versions() -> dict[str, str]:
    versions = {"quartal": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "unknown"  # Glue's own pyspark is not an installed distribution
    return versions
