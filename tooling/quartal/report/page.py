"""The report as one HTML page that needs nothing else."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment

from etl_job.findings.wording import count, typed
from plan_review.html_base import page_environment, render_template
from quartal.report import cells
from quartal.report.cost import LEAST_SECONDS
from quartal.report.drift import LARGE, LEAST_SHARE, MODERATE
from quartal.report.findings import verdict_text
from quartal.report.model import Report
from quartal.report.tables import (
    cost_lines,
    delivery_lines,
    drift_rows,
    lineage_cards,
    moved_last,
    reasons,
    since_the_run_before,
)
from quartal.report.wording import duration, money, number, outcome_words, percentage, run_label, size

_LEAST_STRIP = 3  # fewer runs are easy to see in their table
_MOST_OVERLAYS = 12
_NOT_READ = "What is published is not known, because a run manifest cannot be read: see the findings at the top."


def render_report(report: Report, *, environment_option: str = "", quarantine_limit: float | None = None) -> str:
    """The page as HTML. Every value of the report is escaped.

    Args:
        report: what to show.
        environment_option: the options of commands for this environment and feed, such as ` --env dev`; may be empty.
        quarantine_limit: the share of quarantined rows above which the alarm fires; None if there is no such alarm.
    """
    lines = delivery_lines(report.deliveries)
    reason_columns, reason_rows = reasons(lines)
    moved, calm = drift_rows(report.features or ())
    is_unknown = bool(report.unread_manifests) and not report.deliveries
    return render_template(
        _environment(),
        "report.html.j2",
        styles=("base.css", "report.css"),
        scripts=("report.js",),
        report=report,
        verdict=verdict_text(report.findings),
        worst=report.findings[0].level if report.findings else "fine",
        command_line=lambda words: typed(words, [environment_option.strip()] if environment_option else []),
        since="" if is_unknown else since_the_run_before(report),
        facts=_facts(report),
        newest_first=tuple(reversed(report.runs)),
        has_strip=len(report.runs) >= _LEAST_STRIP,
        starts={run.run_id: run_label(run) for run in report.runs},
        delivery_names=sorted(
            {name for run in report.runs for name in run.changed_deliveries}
            | {state.delivery for state in report.deliveries}
        ),
        lines=lines,
        most_rows=max((line.rows.rows_in for line in lines if line.rows), default=0),
        quarantine_limit=quarantine_limit,
        reason_columns=reason_columns,
        is_unknown=is_unknown,
        nothing_published=_NOT_READ if is_unknown else "Nothing is published yet.",
        are_all_shown=len(reason_columns) == sum(not state.withdrawn for state in report.deliveries),
        reasons=reason_rows,
        moved=moved,
        calm=calm,
        overlays=moved_last(report.features or ())[:_MOST_OVERLAYS],
        years=cost_lines(report.runs),
        cards=lineage_cards(report.lineage),
        environment_option=environment_option,
    )


def _facts(report: Report) -> tuple[tuple[str, str], ...]:
    """The facts at the top of the page: a word and its value."""
    fresh = report.freshness
    facts: list[tuple[str, str]] = []
    published = [state for state in report.deliveries if not state.withdrawn]
    if report.runs:
        last = report.runs[-1]
        facts.append(("Last run", f"{outcome_words(last)}, {last.started:%Y-%m-%d %H:%M} UTC"))
    costs = [run.cost.usd for run in report.runs if run.cost is not None and run.cost.usd is not None]
    if costs:
        newest = next(run for run in reversed(report.runs) if run.cost is not None and run.cost.usd is not None)
        which = "last run" if newest is report.runs[-1] else "last with a price"
        value = f"{which} {money(costs[-1])}, {count(len(costs), 'run')} {money(sum(costs))}"
        facts.append(("On AWS it would cost" if report.is_local else "Cost", value))
    if fresh.last_day is not None:
        days = [state.rows.first_day for state in published if state.rows is not None and state.rows.first_day]
        is_known = bool(days) and all(state.rows is not None for state in published)
        facts.append(("Data", f"{min(days)} to {fresh.last_day}" if is_known else f"up to {fresh.last_day}"))
    if fresh.next_start is not None:
        facts.append(("Next start", f"{fresh.next_start:%Y-%m-%d %H:%M} UTC"))
    if fresh.ml_date is not None:
        facts.append(("Next ML run", f"{fresh.ml_date:%Y-%m-%d}"))
    rows = [state.rows for state in published if state.rows is not None]
    if rows:
        came, kept = sum(each.rows_in for each in rows), sum(each.kept for each in rows)
        known = f"{len(rows):,} of " if len(rows) < len(published) else ""
        those = f"{known}{len(published):,} {'delivery' if len(published) == 1 else 'deliveries'}"
        facts.append(("Rows published", f"{kept:,} of {came:,}, {those}"))
    return tuple(facts)


@cache
def _environment() -> Environment:
    environment = page_environment("quartal.report")
    names: dict[str, Any] = {
        "bar": cells.bar,
        "count": count,
        "duration": duration,
        "run_label": run_label,
        "large": LARGE,
        "least_seconds": LEAST_SECONDS,
        "least_share": LEAST_SHARE,
        "moderate": MODERATE,
        "money": money,
        "number": number,
        "outcome_words": outcome_words,
        "overlay": cells.overlay,
        "percentage": percentage,
        "share_bar": cells.share_bar,
        "short": cells.short,
        "size": size,
        "strip": cells.strip,
    }
    environment.globals.update(names)
    return environment
