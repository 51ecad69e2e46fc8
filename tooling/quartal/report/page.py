"""The report as one HTML page that needs nothing else."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from quartal.pages import page_environment, render_template
from quartal.report import charts
from quartal.report.cost import LEAST_SECONDS
from quartal.report.drawing import draw
from quartal.report.drift import LARGE, LEAST_SHARE, MODERATE, Drift, FeatureHistory
from quartal.report.findings import verdict_of
from quartal.report.model import DeliveryState, Report
from quartal.report.wording import duration, label_of, money, number, outcome_words, size

_DRAWN_FEATURES = 12


@dataclass(frozen=True, slots=True)
class Pictures:
    """The charts that have something to show; None, or none, for the others."""

    durations: Markup | None
    costs: Markup | None
    delivery_rows: Markup | None
    delivery_shares: Markup | None
    reasons: Markup | None
    drift: Markup | None
    distributions: tuple[tuple[str, Markup], ...]


def render_report(report: Report, *, environment_option: str = "") -> str:
    """The page as text. Every value of the report is escaped, wherever it stands.

    Args:
        report: what to show.
        environment_option: what commands of this environment need, such as ` --env dev`; empty for the local one.
    """
    totals, broken_in = _reasons(report.deliveries)
    ordered = _by_drift(report.features or ())
    return render_template(
        _environment(),
        "report.html.j2",
        styles=("base.css", "report.css"),
        scripts=("report.js", "print.js"),
        report=report,
        pictures=_draw(report, totals, broken_in, ordered),
        reasons=totals,
        features=ordered,
        starts={run.run_id: label_of(run) for run in report.runs},
        newest_first=tuple(reversed(report.runs)),
        delivery_names=sorted(
            {name for run in report.runs for name in run.delivery_names}
            | {state.delivery for state in report.deliveries}
        ),
        facts=_facts(report),
        verdict=verdict_of(report.findings),
        worst=report.findings[0].level if report.findings else "fine",
        command_line=lambda words: f"quartal {words[0]}{environment_option} {' '.join(words[1:])}".rstrip(),
        environment_option=environment_option,
    )


def _draw(
    report: Report, totals: dict[str, int], broken_in: dict[str, list[str]], features: tuple[FeatureHistory, ...]
) -> Pictures:
    has_rows = any(state.rows is not None for state in report.deliveries)
    has_steps = any(history.steps for history in features)
    return Pictures(
        durations=draw(charts.durations(report.runs), label="Duration and outcome of each run")
        if report.runs
        else None,
        costs=draw(charts.costs(report.runs), label="Cost of the job of each run")
        if any(run.cost is not None and run.cost.usd is not None for run in report.runs)
        else None,
        delivery_rows=draw(
            charts.delivery_rows(report.deliveries), label="Rows of each delivery by what became of them"
        )
        if has_rows
        else None,
        delivery_shares=draw(
            charts.delivery_shares(report.deliveries), label="Share of quarantined and duplicate rows of each delivery"
        )
        if has_rows
        else None,
        reasons=draw(charts.reasons(totals, broken_in), label="Quarantined rows by rule") if totals else None,
        drift=draw(charts.drift(features), label="Population stability index of each feature") if has_steps else None,
        distributions=tuple(
            (history.feature, draw(charts.distribution(history), label=f"Distribution of {history.feature} by quarter"))
            for history in features[:_DRAWN_FEATURES]
            if any(each.median is not None for each in history.distributions)
        ),
    )


def _reasons(states: tuple[DeliveryState, ...]) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Rows by rule over what is published now, the most frequent first, and the deliveries in which each is broken."""
    totals: dict[str, int] = defaultdict(int)
    deliveries: dict[str, list[str]] = defaultdict(list)
    for state in states:
        for rule, rows in (state.rows.violations if state.rows is not None else {}).items():
            totals[rule] += rows
            deliveries[rule].append(state.delivery)
    return dict(sorted(totals.items(), key=lambda item: (-item[1], item[0]))), dict(deliveries)


def _by_drift(features: tuple[FeatureHistory, ...]) -> tuple[FeatureHistory, ...]:
    """The features that moved most in their last step first; then by name."""
    return tuple(sorted(features, key=lambda each: (-each.largest_psi, each.feature)))


def _facts(report: Report) -> tuple[tuple[str, str], ...]:
    """What to know at a glance: a word and its value."""
    fresh = report.freshness
    facts: list[tuple[str, str]] = []
    if report.runs:
        last = report.runs[-1]
        facts.append(("Last run", f"{label_of(last)} UTC, {outcome_words(last)}"))
    if fresh.published is not None:
        facts.append(("Features published", f"{fresh.published:%Y-%m-%d %H:%M} UTC, up to {fresh.last_day}"))
    if fresh.next_start is not None:
        facts.append(("Next scheduled start", f"{fresh.next_start:%Y-%m-%d %H:%M} UTC"))
    if fresh.ml_date is not None:
        facts.append(("Next ML run", f"{fresh.ml_date:%Y-%m-%d}"))
    rows = [state.rows for state in report.deliveries if state.rows is not None and not state.withdrawn]
    if rows:
        came, kept = sum(each.rows_in for each in rows), sum(each.kept for each in rows)
        facts.append(("Rows published", f"{kept:,} of {came:,} that came in, {len(rows)} deliveries"))
    if report.features is not None and len(report.quarters) > 1:
        last_step = report.quarters[-1]
        large = sum(
            1
            for history in report.features
            for step in history.steps
            if step.after == last_step and step.drift is Drift.LARGE
        )
        facts.append((f"Large drift in {last_step}", f"{large} of {len(report.features)} features"))
    return tuple(facts)


@cache
def _environment() -> Environment:
    environment = page_environment("quartal.report")
    names: dict[str, Any] = {
        "duration": duration,
        "fates": charts.fates,
        "label_of": label_of,
        "large": LARGE,
        "least_seconds": LEAST_SECONDS,
        "least_share": LEAST_SHARE,
        "moderate": MODERATE,
        "money": money,
        "number": number,
        "outcome_words": outcome_words,
        "share": charts.share,
        "size": size,
    }
    environment.globals.update(names)
    return environment
