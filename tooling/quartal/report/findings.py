"""The facts behind findings that the tooling knows: the schedule's dates, the tables and the features' drift.

The findings come from the job's own list (`etl_job.findings`), so that mail, status and report agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from etl_job.findings import rules
from etl_job.findings.model import DeliveredRows, Facts, Finding, LastRun, Level, MovedFeatures
from etl_job.findings.rules import verdict_text
from glue_triggers.cron import Cron, CronError
from quartal.report.drift import Drift, FeatureHistory
from quartal.report.freshness import Freshness, State
from quartal.report.model import DeliveryState, RunRecord
from quartal.runs.manifests import UnreadManifest

__all__ = ["Finding", "Level", "Situation", "findings_in", "verdict_text"]


@dataclass(frozen=True, slots=True)
class Situation:
    """The facts that findings come from.

    Attributes:
        runs: the oldest first.
        deliveries: as they are published now.
        freshness: dates of the schedule and of the data.
        schedule: AWS's cron expression; empty for none.
        quarantine_limit: the share of quarantined rows above which the alarm fires; None if there is no such alarm.
        features: how each moved over the quarters; None if that was not looked at.
        is_in_step: whether the features match the curated table; None if that was not looked at.
        files_left_out: how many raw files the newest run with a manifest left out.
        not_catalogued: deliveries that it read although the crawler had not cataloged them.
        files_of: the id of that run; empty if it is the newest.
        has_earlier_runs: whether there may be runs before these.
        unread: manifests that cannot be read.
        now: the moment that dates are compared with.
    """

    runs: tuple[RunRecord, ...]
    deliveries: tuple[DeliveryState, ...]
    freshness: Freshness
    schedule: str
    now: datetime
    quarantine_limit: float | None = None
    features: tuple[FeatureHistory, ...] | None = None
    is_in_step: bool | None = None
    files_left_out: int = 0
    not_catalogued: tuple[str, ...] = ()
    files_of: str = ""
    has_earlier_runs: bool = False
    unread: tuple[UnreadManifest, ...] = ()


def findings_in(situation: Situation) -> tuple[Finding, ...]:
    """Everything that needs attention, problems first; empty if all is fine."""
    fresh = situation.freshness
    unread = (Finding(Level.PROBLEM, "history", each.sentence) for each in situation.unread)
    found = rules.findings_in(
        Facts(
            now=situation.now,
            last_run=_last_run(situation.runs),
            failed_before=_failed_before(situation.runs),
            never_succeeded=fresh.state is State.NONE and bool(situation.runs),
            runs_looked_at=len(situation.runs) if situation.has_earlier_runs else 0,
            published=sum(not state.withdrawn for state in situation.deliveries) if situation.deliveries else None,
            deliveries=tuple(_delivered(situation.deliveries)),
            last_day=fresh.last_day,
            due=_due(situation.schedule, situation.now),
            overdue_since=fresh.last_start if fresh.state is State.STALE else None,
            schedule_problem=fresh.problem,
            quarantine_limit=situation.quarantine_limit,
            moved=_moved(situation.features or ()),
            is_in_step=situation.is_in_step,
            files_left_out=situation.files_left_out,
            not_catalogued=situation.not_catalogued,
            files_of=situation.files_of,
        )
    )
    return (*unread, *found)


def _last_run(runs: Sequence[RunRecord]) -> LastRun | None:
    return _as_last_run(runs[-1]) if runs else None


def _failed_before(runs: Sequence[RunRecord]) -> LastRun | None:
    """The newest run that has ended, if it failed and another is in progress."""
    if not runs or runs[-1].outcome != "RUNNING":
        return None
    ended = next((run for run in reversed(runs) if run.outcome != "RUNNING"), None)
    return _as_last_run(ended) if ended is not None and ended.outcome == "FAILED" else None


def _as_last_run(run: RunRecord) -> LastRun:
    return LastRun(run.run_id, run.started, run.outcome, run.failed_step, run.reason)


def _delivered(states: Iterable[DeliveryState]) -> Iterator[DeliveredRows]:
    for state in states:
        if state.rows is not None and not state.withdrawn:
            rows = state.rows
            yield DeliveredRows(
                rows.delivery,
                state.run_id,
                rows.rows_in,
                rows.kept,
                rows.quarantined,
                rows.violations,
                rows.last_day,
                rows.conflicts,
            )


def _due(schedule: str, now: datetime) -> date | None:
    """The day that the data has to reach: a scheduled run takes what came since the start before it."""
    try:
        cron = Cron.parse(schedule) if schedule else None
        last = cron.last_until(now) if cron is not None else None
        before = cron.last_until(last - timedelta(seconds=1)) if cron is not None and last is not None else None
    except CronError:
        return None
    return before.date() if before is not None else None


def _moved(features: Sequence[FeatureHistory]) -> MovedFeatures | None:
    last = [history.steps[-1] for history in features if history.steps]
    if not last:
        return None
    moved = [history for history in features if history.steps and history.steps[-1].drift is Drift.LARGE]
    ordered = sorted(moved, key=lambda history: (-history.steps[-1].psi, history.feature))
    return MovedFeatures(tuple(each.feature for each in ordered), len(last), last[0].before, last[0].after)
