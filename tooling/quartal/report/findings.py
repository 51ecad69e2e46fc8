"""What needs somebody: each finding a level, a sentence and the command that helps. Pure: every case has a test.

One list serves the head of the report and `quartal status`, so that no surface calls fine what another does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from glue_triggers.cron import Cron, CronError
from quartal.core.terminal_tables import SHORT_ID
from quartal.report.drift import Drift, FeatureHistory
from quartal.report.freshness import Freshness, State
from quartal.report.model import DeliveryRows, DeliveryState, RunRecord

# Without a schedule nothing says when data is due: days of this age are told as old all the same.
_OLD_WITHOUT_SCHEDULE = timedelta(days=184)  # two quarters
# The quarantined share is told where it grew to twice that of the delivery before, and by this much at least.
_LEAST_GROWTH = 0.005
_NAMED = 3  # rules or features that a sentence names
# A new reason is told from this share of a delivery's rows on, so that a single bad row is not news.
_LEAST_NEW_SHARE = 0.001


class Level(StrEnum):
    """How much a finding matters."""

    PROBLEM = "problem"  # the features are not what they should be until somebody acts
    WARNING = "warning"  # somebody should look
    NOTE = "note"  # good to know


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know.

    Attributes:
        level: how much it matters.
        about: what it is about, for machines: last_run, schedule, data_age, publication, quarantine, reasons, drift,
            files or history.
        sentence: what was found, in one sentence.
        command: words of the command that helps, without `quartal`; none where there is no such command.
    """

    level: Level
    about: str
    sentence: str
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Situation:
    """What findings are made of.

    Attributes:
        runs: the oldest first.
        deliveries: as they are published now.
        freshness: dates of the schedule and of the data.
        schedule: AWS's cron expression; empty for none.
        quarantine_limit: the share of quarantined rows from which the alarm tells; None where there is no such alarm.
        features: how each moved over the quarters; None where that was not looked at.
        is_in_step: whether the features hold what the curated table holds; None where that was not looked at.
        files_left_out: how many raw files the newest run with a manifest left out.
        not_catalogued: deliveries that it read although the crawler had not taken them.
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


def findings_in(situation: Situation) -> tuple[Finding, ...]:
    """Everything that somebody should know, problems first; nothing where all is fine."""
    found = [
        *_of_last_run(situation),
        *_of_schedule(situation),
        *_of_publication(situation),
        *_of_data_age(situation),
        *_of_quarantine(situation),
        *_of_features(situation.features),
        *_of_files(situation),
    ]
    order = list(Level)
    return tuple(sorted(found, key=lambda finding: order.index(finding.level)))


def verdict_of(findings: Iterable[Finding]) -> str:
    """The findings in a few words: whether all is fine, and how many need somebody."""
    levels = [finding.level for finding in findings]
    problems, warnings = levels.count(Level.PROBLEM), levels.count(Level.WARNING)
    if problems:
        more = f", {_count(warnings, 'warning')}" if warnings else ""
        return f"Needs you: {_count(problems, 'problem')}{more}"
    return f"Worth a look: {_count(warnings, 'warning')}" if warnings else "Fine"


def _of_last_run(situation: Situation) -> Iterator[Finding]:
    if not situation.runs:
        yield Finding(Level.PROBLEM, "last_run", "The pipeline has not run yet.", ("upload", "FOLDER"))
        return
    last = situation.runs[-1]
    if last.outcome == "FAILED":
        sentence = (
            f"The last run failed at the {last.failed_step} on {_minute(last.started)} UTC: {_sentence(last.reason)}"
        )
        yield Finding(Level.PROBLEM, "last_run", sentence, _explain(last.run_id))
    elif last.outcome == "RUNNING":
        yield Finding(
            Level.NOTE,
            "last_run",
            f"A run has been going on since {_minute(last.started)} UTC.",
            ("status", "--follow"),
        )


def _of_schedule(situation: Situation) -> Iterator[Finding]:
    fresh = situation.freshness
    if fresh.state is State.NONE and situation.runs:
        yield Finding(Level.PROBLEM, "schedule", "No run has succeeded yet.", ("run",))
    elif fresh.state is State.STALE and fresh.last_start is not None:
        sentence = f"No run has succeeded since the scheduled start of {_minute(fresh.last_start)} UTC."
        yield Finding(Level.PROBLEM, "schedule", sentence, ("run",))
    if fresh.problem:
        yield Finding(Level.WARNING, "schedule", f"The schedule gives no dates: {_sentence(fresh.problem)}")


def _of_publication(situation: Situation) -> Iterator[Finding]:
    if situation.is_in_step is False:
        sentence = "The features are behind the curated table: a run ended between the two commits."
        yield Finding(Level.PROBLEM, "publication", sentence, ("run",))


def _of_data_age(situation: Situation) -> Iterator[Finding]:
    last_day = situation.freshness.last_day
    if last_day is None:
        return
    ends, today = date.fromisoformat(last_day), situation.now.date()
    due = _due(situation.schedule, situation.now)
    if ends >= due:
        return
    why = f"the schedule expects days after {due}" if situation.schedule else "no delivery came since"
    sentence = f"The data ends on {ends}, {_age(ends, today)} ago; {why}."
    yield Finding(Level.PROBLEM, "data_age", sentence, ("upload", "FOLDER"))


def _due(schedule: str, now: datetime) -> date:
    """The day that the data has to reach: a scheduled run takes what came since the start before it."""
    try:
        cron = Cron.parse(schedule) if schedule else None
        last = cron.last_until(now) if cron is not None else None
        before = cron.last_until(last - timedelta(seconds=1)) if cron is not None and last is not None else None
    except CronError:
        before = None
    return before.date() if before is not None else now.date() - _OLD_WITHOUT_SCHEDULE


def _of_quarantine(situation: Situation) -> Iterator[Finding]:
    for rows in _lost(situation.deliveries):
        sentence = (
            f"No row of {rows.delivery} was kept; {rows.quarantined:,} were quarantined: {_rules(rows.violations)}."
        )
        yield Finding(Level.PROBLEM, "quarantine", sentence, _explain(_run_of(rows, situation.deliveries)))
    counted = _by_time(situation.deliveries)
    if not counted:
        return
    newest = counted[-1]
    before = counted[-2] if len(counted) > 1 else None
    share, limit = _share(newest), situation.quarantine_limit
    bad = f"{newest.quarantined:,} of {newest.rows_in:,} rows of {newest.delivery} were quarantined"
    look = _explain(_run_of(newest, situation.deliveries))
    if limit is not None and share > limit:
        sentence = f"{bad} ({share:.1%}; the limit is {limit:.1%}), most often for {_rules(newest.violations)}."
        yield Finding(Level.WARNING, "quarantine", sentence, look)
    elif before is not None and share > 2 * _share(before) and share - _share(before) >= _LEAST_GROWTH:
        sentence = f"{bad} ({share:.1%}, against {_share(before):.1%} of {before.delivery})."
        yield Finding(Level.WARNING, "quarantine", sentence, look)
    if before is not None:
        new = {
            rule: rows
            for rule, rows in newest.violations.items()
            if rule not in before.violations and rows >= _LEAST_NEW_SHARE * newest.rows_in
        }
        if new:
            sentence = f"New in {newest.delivery}, and in no row of {before.delivery}: {_rules(new)}."
            yield Finding(Level.WARNING, "reasons", sentence, look)


def _of_features(features: Sequence[FeatureHistory] | None) -> Iterator[Finding]:
    last = [history.steps[-1] for history in features or () if history.steps]
    if not last:
        return
    moved = [history for history in features or () if history.steps and history.steps[-1].drift is Drift.LARGE]
    if moved:
        step = last[0]
        ordered = sorted(moved, key=lambda history: (-history.steps[-1].psi, history.feature))
        names = _some([history.feature for history in ordered])
        sentence = (
            f"{len(moved)} of {_count(len(last), 'feature')} moved a lot from {step.before} to {step.after}: {names}."
        )
        yield Finding(Level.WARNING, "drift", sentence, ("diff", step.before, step.after))


def _of_files(situation: Situation) -> Iterator[Finding]:
    if situation.files_left_out:
        files = _count(situation.files_left_out, "raw file")
        sentence = f"The last run left out {files}, which its manifest names with the reason."
        yield Finding(Level.WARNING, "files", sentence, ("explain",))
    if situation.not_catalogued:
        names = _some(list(situation.not_catalogued))
        sentence = f"The crawler did not take {names}; the run read the files all the same, by the contract."
        yield Finding(Level.NOTE, "files", sentence)


def _by_time(states: Iterable[DeliveryState]) -> list[DeliveryRows]:
    """The deliveries of which rows are published, that with the newest days last."""
    return sorted((rows for rows in _published(states) if rows.kept), key=lambda each: (each.last_day, each.delivery))


def _lost(states: Iterable[DeliveryState]) -> list[DeliveryRows]:
    return [rows for rows in _published(states) if rows.quarantined and not rows.kept]


def _published(states: Iterable[DeliveryState]) -> Iterator[DeliveryRows]:
    return (state.rows for state in states if state.rows is not None and not state.withdrawn)


def _run_of(rows: DeliveryRows, states: Iterable[DeliveryState]) -> str:
    return next(state.run_id for state in states if state.rows is rows)


def _explain(run_id: str) -> tuple[str, ...]:
    """Commands take a run by its beginning."""
    return ("explain", run_id[:SHORT_ID])


def _share(rows: DeliveryRows) -> float:
    return rows.quarantined / rows.rows_in if rows.rows_in else 0.0


def _rules(violations: dict[str, int]) -> str:
    """Rules with their rows, the most frequent first."""
    ordered = sorted(violations.items(), key=lambda item: (-item[1], item[0]))
    return _some([f"{rule} ({rows:,})" for rule, rows in ordered]) or "no rule that is known"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _age(then: date, today: date) -> str:
    days = (today - then).days
    if days < 62:
        return _count(days, "day")
    months = (today.year - then.year) * 12 + today.month - then.month - (today.day < then.day)
    return _count(months, "month")


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
