"""The report as data, before it is rendered. Times are in UTC, durations in seconds, money in USD."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from quartal.report.cost import PriceBasis, RunCost
from quartal.report.drift import FeatureHistory
from quartal.report.freshness import Freshness
from quartal.runs.outcome import deliveries_in_words

if TYPE_CHECKING:
    from quartal.report.findings import Finding
    from quartal.runs.manifests import UnreadManifest


@dataclass(frozen=True, slots=True)
class RawFile:
    """A raw file as a run read it.

    Attributes:
        uri: its location.
        etag: S3's, of the content that was read.
        size_bytes: its size.
    """

    uri: str
    etag: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class DeliveryRows:
    """The outcome of a delivery's rows in one run: `rows_in` = `kept` + `quarantined` + `duplicates`.

    Attributes:
        violations: rows by the rule that they break; a row that breaks two counts under both.
        first_day: the first day of the kept rows; None if there are none.
        last_day: the last one.
        files: what was read.
        conflicts: duplicates that differed from the row that was kept when the run ended.
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
    conflicts: int = 0


@dataclass(frozen=True, slots=True)
class Publication:
    """The state of a table after a run, and the tags that it set.

    `snapshot_id` is None if the table has no snapshot yet. The tags of earlier quarters name snapshots of their own.
    """

    table: str
    snapshot_id: int | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run, from Glue and from its manifest; either may be missing.

    Attributes:
        run_id: of the workflow run; of the job run if the job was started by itself.
        started: when it started.
        ended: when it ended; None while it is in progress.
        outcome: SUCCEEDED, FAILED or RUNNING.
        failed_step: "crawl" or "job"; "workflow" if neither began; empty if nothing failed.
        reason: why it failed, from Glue or the job; empty if nothing failed.
        crawl: state of the crawl in AWS's words; empty if Glue no longer knows it.
        job: the same for the job run.
        job_run_id: empty if no job run began, or if Glue no longer knows it.
        crawl_seconds: how long the crawl took; None if that is not known.
        job_seconds: how long the job ran, from Glue, or else from the manifest.
        has_manifest: whether the job wrote one; a killed job writes none.
        published_anything: whether a table changed.
        deliveries: the processed ones; empty if nothing was new.
        withdrawn: the withdrawn ones.
        curated: state of that table after the run; None if it was not published.
        features: the same for the features.
        left_out: how many raw files it left out.
        not_catalogued: deliveries that it read although no crawler had cataloged them.
        cost: what the job run cost; None if that is not known.
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
    withdrawn: tuple[str, ...] = ()
    curated: Publication | None = None
    features: Publication | None = None
    left_out: int = 0
    not_catalogued: tuple[str, ...] = ()
    cost: RunCost | None = None

    @property
    def delivery_names(self) -> tuple[str, ...]:
        """The deliveries that it processed."""
        return tuple(each.delivery for each in self.deliveries)

    @property
    def changed_deliveries(self) -> tuple[str, ...]:
        """The deliveries that it processed or withdrew."""
        return (*self.delivery_names, *self.withdrawn)

    @property
    def deliveries_in_words(self) -> str:
        """The deliveries that it processed and withdrew, if it could tell before it ended."""
        is_told = self.has_manifest and self.outcome == "SUCCEEDED"
        return deliveries_in_words(self.delivery_names, self.withdrawn, is_told=is_told)


@dataclass(frozen=True, slots=True)
class DeliveryState:
    """A delivery as it is published now, with the counts of the run that published it.

    Attributes:
        run_id: the newest run that processed it.
        withdrawn: whether it was withdrawn.
        rows: None if the report does not reach back to that run.
    """

    delivery: str
    run_id: str
    withdrawn: bool
    rows: DeliveryRows | None


@dataclass(frozen=True, slots=True)
class Lineage:
    """A raw file's way into the tables: delivery, file, run, snapshots, and tags.

    Attributes:
        curated_snapshot_id: committed by that run; None if the snapshot has expired and no manifest names it.
        features_snapshot_id: the same for the features.
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
    """The whole report.

    Attributes:
        made_at: when it was collected.
        is_local: whether the runs were on LocalStack, so that costs are what AWS would have charged.
        runs: the oldest first.
        deliveries: by name.
        lineage: by delivery, then file.
        features: each numeric feature over the quarters; None if no features are published.
        quarters: the compared ones, the oldest first.
        prices: the basis of the costs; None if there are no prices for the region.
        freshness: how old the features are, and when they are needed next.
        findings: what needs attention, problems first; empty if all is fine.
        unread_manifests: those of runs that cannot be read; each is a finding too.
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
    unread_manifests: tuple[UnreadManifest, ...] = ()

    def as_record(self) -> dict[str, Any]:
        """For JSON; runs have both the field names of other commands and their older names."""
        record = asdict(self) | {"unread_manifests": [each.as_record() for each in self.unread_manifests]}
        for run in record["runs"]:
            run |= {"started_at": run["started"], "ended_at": run["ended"], "state": run["outcome"]}
        return record
