"""Facts about a pipeline, and the findings in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Level(StrEnum):
    """How much a finding matters."""

    PROBLEM = "problem"  # the features are not as they should be until somebody acts
    WARNING = "warning"  # somebody should look
    NOTE = "note"  # good to know


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know.

    ``about`` is what it is about, for machines: last_run, schedule, data_age, publication, deliveries, quarantine,
    reasons, drift, files or history. ``command`` is the words of the command that helps, without ``quartal``; empty
    where none does.
    """

    level: Level
    about: str
    sentence: str
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LastRun:
    """The newest run. ``outcome`` is SUCCEEDED, FAILED or RUNNING; ``failed_step`` is crawl, job or workflow."""

    run_id: str
    started: datetime
    outcome: str
    failed_step: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DeliveredRows:
    """What became of the rows of a delivery in the run that published it; ``violations`` are rows by rule.

    Rows that were neither kept nor quarantined are duplicates, of which ``conflicts`` differ from the row that is kept.
    """

    delivery: str
    run_id: str
    rows_in: int
    kept: int
    quarantined: int
    violations: Mapping[str, int]
    last_day: str | None
    conflicts: int = 0

    @property
    def share(self) -> float:
        """Of its rows, those quarantined."""
        return self.quarantined / self.rows_in if self.rows_in else 0.0


@dataclass(frozen=True, slots=True)
class MovedFeatures:
    """Which of so many ``compared`` features moved a lot from one quarter to the next, the most moved first."""

    names: tuple[str, ...]
    compared: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts that findings come from; what was not looked at is None or empty, and is not reported.

    ``last_run``: None before the first. ``failed_before``: while a run is in progress, the one before it, if it failed.
    ``never_succeeded``: whether there were runs, and none succeeded. ``runs_looked_at``: how many were looked at if
    there may be more; 0 if those were all.
    ``published``: how many deliveries are published; None if that is not known.
    ``deliveries``: the published ones whose counts are known. ``last_day``: the last day of the published data.
    ``due``: the day that the data must reach by the schedule; None without a schedule, or if it gives no dates.
    ``overdue_since``: the scheduled start since which no run has succeeded.
    ``schedule_problem``: why the schedule gives no dates.
    ``quarantine_limit``: the share of quarantined rows above which the alarm fires.
    ``is_in_step``: whether the features hold what the curated table holds.
    ``files_left_out``, ``not_catalogued``: of the newest run with a manifest, ``files_of``; empty for the last run.
    """

    now: datetime
    last_run: LastRun | None
    failed_before: LastRun | None = None
    never_succeeded: bool = False
    runs_looked_at: int = 0
    published: int | None = None
    deliveries: tuple[DeliveredRows, ...] = field(default=())
    last_day: str | None = None
    due: date | None = None
    overdue_since: datetime | None = None
    schedule_problem: str = ""
    quarantine_limit: float | None = None
    moved: MovedFeatures | None = None
    is_in_step: bool | None = None
    files_left_out: int = 0
    not_catalogued: tuple[str, ...] = ()
    files_of: str = ""
