"""Facts about a pipeline, and the findings in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Level(StrEnum):
    """How much a finding matters."""

    PROBLEM = "problem"  # the features are wrong until somebody acts
    WARNING = "warning"  # somebody should look
    NOTE = "note"  # good to know


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact that needs attention.

    ``about`` is its subject, for programs: last_run, schedule, data_age, publication, deliveries, quarantine, reasons,
    drift, files or history. ``command`` has the words of the command that helps, without ``quartal``; it is empty if
    there is none.
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
    """The outcome of a delivery's rows in the run that published it; ``violations`` counts rows by rule.

    Rows that were neither kept nor quarantined are duplicates, of which ``conflicts`` differed from the row that was
    kept when that run ended.
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
        """The share of its rows that is quarantined."""
        return self.quarantined / self.rows_in if self.rows_in else 0.0


@dataclass(frozen=True, slots=True)
class MovedFeatures:
    """Which of the ``compared`` features moved a lot from one quarter to the next, the most moved first."""

    names: tuple[str, ...]
    compared: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts that findings come from; facts that were not looked up are None or empty, and are not reported.

    ``last_run``: None before the first. ``failed_before``: while a run is in progress, the one before it, if it failed.
    ``never_succeeded``: there were runs, and none succeeded. ``runs_looked_at``: how many runs were examined if there
    may be more; 0 if those were all.

    ``published``: the number of published deliveries; None if unknown. ``deliveries``: the published ones whose counts
    are known. ``last_day``: the last day of the published data.

    ``due``: the day that the data must reach by the schedule; None without a schedule, or if it gives no dates.
    ``overdue_since``: the scheduled start since which no run has succeeded. ``schedule_problem``: why the schedule
    gives no dates.

    ``quarantine_limit``: the share of quarantined rows above which the alarm fires. ``is_in_step``: whether the
    features match the curated table. ``files_left_out``, ``not_catalogued``: from the newest run with a manifest, which
    is ``files_of``; that is empty if it is the last run.
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
