"""What the report tells, as data: collected first, drawn last. Times are in UTC, durations in seconds, money in USD."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from quartal.report.cost import PriceBasis, RunCost
from quartal.report.drift import FeatureHistory
from quartal.report.freshness import Freshness

if TYPE_CHECKING:
    from quartal.report.findings import Finding


@dataclass(frozen=True, slots=True)
class RawFile:
    """A raw file as a run read it.

    Attributes:
        uri: where it lies.
        etag: S3's, of the content that was read.
        size_bytes: its size.
    """

    uri: str
    etag: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class DeliveryRows:
    """What became of a delivery's rows in one run: `rows_in` = `kept` + `quarantined` + `duplicates`.

    Attributes:
        violations: rows by the rule that they break; a row that breaks two counts under both.
        first_day: the first day of the kept rows; None where there are none.
        last_day: the last one.
        files: what was read.
    """

    delivery: str
    rows_in: int
    kept: int
    quarantined: int
    duplicates: int
    violations: dict[str, int]
    first_day: str | None
    last_day: str | None
    files: tuple[RawFile, ...]


@dataclass(frozen=True, slots=True)
class Publication:
    """The state in which a run left a table; `snapshot_id` is None where the table has no snapshot yet."""

    table: str
    snapshot_id: int | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run, out of what Glue knows of it and what its manifest says; either may be missing.

    Attributes:
        run_id: of the workflow run; of the job run where the job was started by itself.
        started: when it started.
        ended: when it ended; None while it goes on.
        outcome: SUCCEEDED, FAILED or RUNNING.
        failed_step: "crawl" or "job"; "workflow" where neither began; empty where nothing failed.
        reason: why it failed, as Glue or the job says; empty where nothing failed.
        crawl: state of the crawl in AWS's words; empty where Glue no longer knows.
        job: the same of the job run.
        job_run_id: empty where no job run began, or Glue no longer knows.
        crawl_seconds: how long the crawl took; None where that is not known.
        job_seconds: how long the job ran, by Glue, or else by the manifest.
        has_manifest: whether the job left one; a killed job leaves none.
        published_anything: whether a table changed.
        deliveries: what was processed; none where nothing was new.
        curated: state of that table after the run; None where it published none.
        features: the same of the features.
        left_out: how many raw files it left out.
        not_catalogued: deliveries that it read although no crawler had taken them.
        cost: what the job run cost; None where that cannot be said.
    """

    run_id: str
    started: datetime
    ended: datetime | None
    outcome: str
    failed_step: str = ""
    reason: str = ""
    crawl: str = ""
    job: str = ""
    job_run_id: str = ""
    crawl_seconds: float | None = None
    job_seconds: float | None = None
    has_manifest: bool = False
    published_anything: bool = False
    deliveries: tuple[DeliveryRows, ...] = ()
    curated: Publication | None = None
    features: Publication | None = None
    left_out: int = 0
    not_catalogued: tuple[str, ...] = ()
    cost: RunCost | None = None

    @property
    def delivery_names(self) -> tuple[str, ...]:
        """The deliveries that it processed."""
        return tuple(each.delivery for each in self.deliveries)


@dataclass(frozen=True, slots=True)
class DeliveryState:
    """A delivery as it is published now, with the counts of the run that published it.

    Attributes:
        run_id: the newest run that processed it.
        withdrawn: whether it was taken out on request.
        rows: None where the report does not reach back to that run.
    """

    delivery: str
    run_id: str
    withdrawn: bool
    rows: DeliveryRows | None


@dataclass(frozen=True, slots=True)
class Lineage:
    """A raw file's way into the tables: delivery, file, run, snapshots, and the tags that hold the state now.

    Attributes:
        curated_snapshot_id: committed by that run; None where the snapshot has expired and no manifest tells.
        features_snapshot_id: the same of the features.
        tags: tags of the features that name that snapshot.
    """

    delivery: str
    file: RawFile
    run_id: str
    withdrawn: bool
    curated_snapshot_id: int | None
    features_snapshot_id: int | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All of it.

    Attributes:
        made_at: when it was collected.
        is_local: whether the runs were on LocalStack, so that costs are what AWS would have charged.
        runs: the oldest first.
        deliveries: by name.
        lineage: by delivery, then file.
        features: each numeric feature over the quarters; None where no features are published.
        quarters: those that were compared, the oldest first.
        prices: what the costs rest on; None where there are no prices for the region.
        freshness: how old the features are, against the next date on which they are needed.
        findings: what needs somebody, problems first; none where all is fine.
    """

    environment: str
    dataset: str
    database: str
    region: str
    is_local: bool
    made_at: datetime
    runs: tuple[RunRecord, ...]
    deliveries: tuple[DeliveryState, ...]
    lineage: tuple[Lineage, ...]
    quarters: tuple[str, ...]
    features: tuple[FeatureHistory, ...] | None
    prices: PriceBasis | None
    freshness: Freshness
    findings: tuple[Finding, ...] = ()

    def as_record(self) -> dict[str, Any]:
        """For JSON. What a run is called by elsewhere stands beside the names that it had here first."""
        record = asdict(self)
        for run in record["runs"]:
            run |= {"started_at": run["started"], "ended_at": run["ended"], "state": run["outcome"]}
        return record
