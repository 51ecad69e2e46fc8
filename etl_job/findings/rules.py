"""Derives findings from facts: each finding has a level, a sentence and the command that helps."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from etl_job.findings.model import DeliveredRows, Facts, Finding, LastRun, Level
from etl_job.findings.wording import age, count, minute, percent, percents, rules, sentence, short_id, some, was

# Without a schedule it is not known when data is due; data older than this is reported anyway.
_OLD_WITHOUT_SCHEDULE = timedelta(days=184)  # two quarters
# In the first time zone of a day it is already tomorrow.
_AHEAD = timedelta(days=1)
# The quarantined share is reported if it is twice that of the delivery before, and grew by at least this much.
_LEAST_GROWTH = 0.005
# A new reason is reported from this share of a delivery's rows on, so that a single bad row is not news.
_LEAST_NEW_SHARE = 0.001
# Close below the limit: from 4 % on for a limit of 5 %.
_NEAR_LIMIT = 0.8
# the share of a delivery's rows with the key of another, different row; more than this are not corrections
_FEW_CONFLICTS, _MANY_CONFLICTS = 5, 0.1


def findings_in(facts: Facts) -> tuple[Finding, ...]:
    """Everything that needs attention, problems first; empty if all is fine."""
    found = [
        *_of_last_run(facts),
        *_of_schedule(facts),
        *_of_publication(facts),
        *_of_data_age(facts),
        *_of_lost_deliveries(facts),
        *_of_quarantine(facts),
        *_of_features(facts),
        *_of_files(facts),
    ]
    order = list(Level)
    return tuple(sorted(found, key=lambda finding: order.index(finding.level)))


def verdict_text(findings: Iterable[Finding]) -> str:
    """The findings in a few words: whether all is fine, or how many need attention."""
    levels = [finding.level for finding in findings]
    problems, warnings = levels.count(Level.PROBLEM), levels.count(Level.WARNING)
    if problems:
        more = f", {count(warnings, 'warning')}" if warnings else ""
        return f"Needs attention: {count(problems, 'problem')}{more}"
    return f"Worth a look: {count(warnings, 'warning')}" if warnings else "Fine"


def _of_last_run(facts: Facts) -> Iterator[Finding]:
    last = facts.last_run
    if last is None:
        yield Finding(Level.PROBLEM, "last_run", "The pipeline has not run yet.", ("upload", "FOLDER"))
    elif last.outcome == "FAILED":
        yield _failed(Level.PROBLEM, "The last run", last)
    elif last.outcome == "RUNNING":
        text = f"A run has been in progress since {minute(last.started)} UTC."
        yield Finding(Level.NOTE, "last_run", text, ("status", "--follow"))
        if facts.failed_before is not None:
            yield _failed(Level.WARNING, "The run before it", facts.failed_before)


def _failed(level: Level, which: str, run: LastRun) -> Finding:
    step = f" at the {run.failed_step}" if run.failed_step else ""
    why = sentence(run.reason or "the reason is not known")
    text = f"{which} failed{step} on {minute(run.started)} UTC: {why}"
    return Finding(level, "last_run", text, _explain(run.run_id))


def _of_schedule(facts: Facts) -> Iterator[Finding]:
    if facts.never_succeeded:
        last = facts.runs_looked_at
        text = f"None of the last {count(last, 'run')} has succeeded." if last else "No run has succeeded yet."
        yield Finding(Level.PROBLEM, "schedule", text, ("run",))
    elif facts.overdue_since is not None:
        text = f"No run has succeeded since the scheduled start of {minute(facts.overdue_since)} UTC."
        yield Finding(_while_running(facts, facts.overdue_since), "schedule", text, ("run",))
    if facts.schedule_problem:
        text = f"The schedule gives no dates: {sentence(facts.schedule_problem)}"
        yield Finding(Level.WARNING, "schedule", text)


def _of_publication(facts: Facts) -> Iterator[Finding]:
    if facts.is_in_step is False:
        text = "The features are behind the curated table: a run ended between the two commits."
        yield Finding(Level.PROBLEM, "publication", text, ("run",))
    if facts.published == 0:
        text = "No delivery is published: all were withdrawn."
        yield Finding(Level.PROBLEM, "publication", text, ("upload", "FOLDER"))


def _of_data_age(facts: Facts) -> Iterator[Finding]:
    if facts.last_day is None:
        return
    ends, today = date.fromisoformat(facts.last_day), facts.now.date()
    if ends - today > _AHEAD:
        what = "a date in it or a clock is wrong, so its age is unknown"
        yield Finding(
            Level.WARNING, "data_age", f"The data ends on {ends}, {age(today, ends)} from now: {what}.", ("report",)
        )
    if ends >= (facts.due or today - _OLD_WITHOUT_SCHEDULE):
        return
    why = f"the schedule expects days after {facts.due}" if facts.due else "no delivery has arrived since"
    text = f"The data ends on {ends}, {age(ends, today)} ago; {why}."
    yield Finding(_while_running(facts, facts.overdue_since), "data_age", text, ("upload", "FOLDER"))


def _while_running(facts: Facts, since: datetime | None) -> Level:
    """A warning, not a problem, while the run that the schedule started may still resolve it."""
    last = facts.last_run
    is_at_work = since is not None and last is not None and last.outcome == "RUNNING" and last.started >= since
    return Level.WARNING if is_at_work else Level.PROBLEM


def _of_lost_deliveries(facts: Facts) -> Iterator[Finding]:
    for rows in facts.deliveries:
        if rows.quarantined and not rows.kept:
            bad = f"{rows.quarantined:,} {was(rows.quarantined)} quarantined"
            text = f"No row of {rows.delivery} was kept; {bad}: {rules(rows.violations)}."
            yield Finding(Level.PROBLEM, "quarantine", text, _explain(rows.run_id))
        elif not rows.rows_in:
            text = f"{rows.delivery} was delivered without rows."
            yield Finding(Level.WARNING, "deliveries", text, _explain(rows.run_id))
        elif not rows.kept:
            all_of_it = f"all {rows.rows_in:,} are duplicates of other rows"
            why = all_of_it if rows.rows_in > 1 else "its only one is a duplicate of another row"
            text = f"No row of {rows.delivery} was kept: {why}."
            yield Finding(Level.WARNING, "deliveries", text, _explain(rows.run_id))
    # the last by name loses rows only where the first row of a key is kept; elsewhere the older ones do, as intended
    newest = max(facts.deliveries, key=lambda each: each.delivery, default=None)
    if newest is not None and newest.conflicts > max(_FEW_CONFLICTS, _MANY_CONFLICTS * newest.rows_in):
        text = (
            f"{newest.conflicts:,} of {newest.rows_in:,} rows of {newest.delivery} were dropped because other rows "
            "had the same key but other values; if each file numbers its rows from 1, the key does not identify a row."
        )
        yield Finding(Level.WARNING, "deliveries", text, _explain(newest.run_id))


def _of_quarantine(facts: Facts) -> Iterator[Finding]:
    kept = (rows for rows in facts.deliveries if rows.kept)
    counted = sorted(kept, key=lambda each: (each.last_day or "", each.delivery))
    if not counted:
        return
    newest, before = counted[-1], counted[-2] if len(counted) > 1 else None
    look = _explain(newest.run_id)
    text = _of_share(newest, before, facts.quarantine_limit)
    if text:
        yield Finding(Level.WARNING, "quarantine", text, look)
    yield from _of_earlier_shares(counted[:-1], facts.quarantine_limit)
    new = _new_reasons(newest, before) if before is not None else {}
    if before is not None and new:
        text = f"Rows of {newest.delivery} break rules that no row of {before.delivery} broke: {rules(new)}."
        yield Finding(Level.WARNING, "reasons", text, look)


def _of_earlier_shares(earlier: Iterable[DeliveredRows], limit: float | None) -> Iterator[Finding]:
    """Deliveries with earlier days: they stay over the limit until they are corrected."""
    if limit is None:
        return
    over = sorted((rows for rows in earlier if rows.share > limit), key=lambda rows: (-rows.share, rows.delivery))
    if not over:
        return
    those = f"{len(over)} earlier deliveries are" if len(over) > 1 else "1 earlier delivery is"
    named = some([f"{rows.delivery} ({percents(rows.share, limit)[0]})" for rows in over])
    text = f"{those} over the limit of {percent(limit)}: {named}."
    yield Finding(Level.WARNING, "quarantine", text, _explain(over[0].run_id))


def _of_share(newest: DeliveredRows, before: DeliveredRows | None, limit: float | None) -> str:
    """A sentence on the quarantined share against the limit, or else the delivery before; empty if it is fine."""
    share = newest.share
    bad = (
        f"{newest.quarantined:,} of {newest.rows_in:,} rows of {newest.delivery} {was(newest.quarantined)} quarantined"
    )
    most = f"most often for {rules(newest.violations)}"
    if limit is not None and share > limit:
        shown, allowed = percents(share, limit)
        return f"{bad} ({shown}; the limit is {allowed}), {most}."
    if limit is not None and share and share >= _NEAR_LIMIT * limit:
        shown, allowed = percents(share, limit)
        return f"{bad} ({shown}, near the limit of {allowed}), {most}."
    if before is not None and share > 2 * before.share and share - before.share >= _LEAST_GROWTH:
        return f"{bad} ({percent(share)}, against {percent(before.share)} of {before.delivery})."
    return ""


def _new_reasons(newest: DeliveredRows, before: DeliveredRows) -> dict[str, int]:
    return {
        rule: rows
        for rule, rows in newest.violations.items()
        if rule not in before.violations and rows >= _LEAST_NEW_SHARE * newest.rows_in
    }


def _of_features(facts: Facts) -> Iterator[Finding]:
    moved = facts.moved
    if moved is not None and moved.names:
        of = f"{len(moved.names)} of {count(moved.compared, 'feature')}"
        text = f"{of} moved a lot from {moved.before} to {moved.after}: {some(moved.names)}."
        yield Finding(Level.WARNING, "drift", text, ("diff", moved.before, moved.after))


def _of_files(facts: Facts) -> Iterator[Finding]:
    if facts.files_left_out:
        files = count(facts.files_left_out, "raw file")
        text = f"{_run_read(facts)} left out {files}; its manifest gives the reasons."
        yield Finding(Level.WARNING, "files", text, _explain(facts.files_of) if facts.files_of else ("explain",))
    if facts.not_catalogued:
        text = f"The crawler did not catalog {some(facts.not_catalogued)}; the run read the files anyway, by the "
        yield Finding(Level.NOTE, "files", f"{text}contract.")


def _run_read(facts: Facts) -> str:
    """The run whose files a finding describes."""
    last = facts.last_run
    is_last = not facts.files_of or (last is not None and facts.files_of == last.run_id)
    return "The last run" if is_last else f"Run {short_id(facts.files_of)}"


def _explain(run_id: str) -> tuple[str, ...]:
    return ("explain", short_id(run_id))
