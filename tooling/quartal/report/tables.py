"""The rows of the page's tables: deliveries by time, reasons by delivery, features by quarter."""

from __future__ import annotations

from dataclasses import dataclass

from etl_job.findings.wording import count, percent, some
from quartal.report.drift import MODERATE, Drift, FeatureHistory, Step
from quartal.report.model import DeliveryRows, DeliveryState, Lineage, RawFile, Report, RunRecord

_MOST_DELIVERIES = 8  # columns of the table of reasons
_GAPS = 0.1  # a change of the share of missing values that is shown next to the index
_HEAT = (0.0005, 0.005, 0.02, 0.05)  # shares of a delivery's rows at which a reason's cell gets darker


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A published delivery, compared with the one before it in time.

    Attributes:
        state: as it is published.
        rows: the outcome of its rows; None if no run of the report has it.
        share: quarantined rows as a share of its rows.
        change: difference of that share to the delivery before; None for the first.
        duplicates: share of duplicates.
    """

    state: DeliveryState
    rows: DeliveryRows | None
    share: float
    change: float | None
    duplicates: float


@dataclass(frozen=True, slots=True)
class ReasonCell:
    """Rows of a delivery that break a rule: how many, how dark, and whether the delivery before had none."""

    rows: int
    heat: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class DriftCell:
    """The index of a feature from one quarter to the next; `gaps` describes a change of missing values."""

    psi: float
    drift: Drift
    gaps: str


@dataclass(frozen=True, slots=True)
class LineageCard:
    """A delivery's way into the tables."""

    delivery: str
    withdrawn: bool
    run_id: str
    files: tuple[RawFile, ...]
    curated_snapshot_id: int | None
    features_snapshot_id: int | None
    tags: tuple[str, ...]


def delivery_lines(states: tuple[DeliveryState, ...]) -> list[DeliveryLine]:
    """The newest days first; deliveries without counts last."""
    ordered = sorted(states, key=lambda each: ((each.rows.last_day or "") if each.rows else "", each.delivery))
    lines: list[DeliveryLine] = []
    before: float | None = None  # of the delivery before; one without kept rows has no days, and is before none
    for state in ordered:
        rows = state.rows
        if rows is None or not rows.rows_in:
            lines.append(DeliveryLine(state, rows, 0.0, None, 0.0))
            continue
        share = rows.quarantined / rows.rows_in
        change = share - before if before is not None else None
        lines.append(DeliveryLine(state, rows, share, change, rows.duplicates / rows.rows_in))
        before = before if state.withdrawn or not rows.kept else share
    return lines[::-1]


def reasons(lines: list[DeliveryLine]) -> tuple[tuple[str, ...], dict[str, tuple[ReasonCell, ...]]]:
    """The newest deliveries, the newest first, and each rule's rows in them, the most frequent rule first."""
    known = [line.rows for line in lines if line.rows is not None and not line.state.withdrawn]
    shown = known[:_MOST_DELIVERIES]
    before = [_before(known, place) for place in range(len(shown))]
    totals: dict[str, int] = {}
    for rows in shown:
        for rule, broken in rows.violations.items():
            totals[rule] = totals.get(rule, 0) + broken
    ordered = sorted(totals, key=lambda rule: (-totals[rule], rule))
    cells = {
        rule: tuple(_reason_cell(rows, earlier, rule) for rows, earlier in zip(shown, before, strict=True))
        for rule in ordered
    }
    return tuple(rows.delivery for rows in shown), cells


def _before(known: list[DeliveryRows], place: int) -> DeliveryRows | None:
    """The delivery before, among the newest first; one without kept rows has no days, and comes before none."""
    return next((rows for rows in known[place + 1 :] if rows.kept), None) if known[place].kept else None


def _reason_cell(rows: DeliveryRows, earlier: DeliveryRows | None, rule: str) -> ReasonCell:
    count = rows.violations.get(rule, 0)
    share = count / rows.rows_in if rows.rows_in else 0.0
    heat = sum(share >= limit for limit in _HEAT) if count else 0
    return ReasonCell(count, heat, bool(count) and earlier is not None and rule not in earlier.violations)


def drift_rows(features: tuple[FeatureHistory, ...]) -> tuple[dict[str, tuple[DriftCell, ...]], tuple[str, ...]]:
    """The features that moved at some step, with all their steps, and the names of the stable ones.

    Those that moved most at the newest step come first.
    """
    moved = [each for each in features if any(step.psi >= MODERATE for step in each.steps)]
    ordered = sorted(moved, key=lambda each: (-each.steps[-1].psi, each.feature))
    calm = tuple(sorted(each.feature for each in features if each not in moved))
    return {each.feature: tuple(_drift_cell(step) for step in each.steps) for each in ordered}, calm


def moved_last(features: tuple[FeatureHistory, ...]) -> list[tuple[FeatureHistory, Step]]:
    """The features whose newest step is moderate or large, with that step, the most moved first."""
    steps = [(each, each.steps[-1]) for each in features if each.steps and each.steps[-1].psi >= MODERATE]
    return sorted(steps, key=lambda found: (-found[1].psi, found[0].feature))


def _drift_cell(step: Step) -> DriftCell:
    before, after = _missing(step.counts_before), _missing(step.counts_after)
    gaps = f"{before:.0%} missing, then {after:.0%}" if abs(before - after) > _GAPS else ""
    return DriftCell(step.psi, step.drift, gaps)


def _missing(counts: tuple[int, ...]) -> float:
    return counts[-1] / (sum(counts) or 1)


def lineage_cards(lines: tuple[Lineage, ...]) -> list[LineageCard]:
    """One card per delivery, in the order of their names."""
    found: dict[str, LineageCard] = {}
    for line in lines:
        card = found.get(line.delivery)
        files = (*(card.files if card else ()), line.file)
        found[line.delivery] = LineageCard(
            line.delivery,
            line.withdrawn,
            line.run_id,
            files,
            line.curated_snapshot_id,
            line.features_snapshot_id,
            line.tags,
        )
    return [found[name] for name in sorted(found)]


def since_the_run_before(report: Report) -> str:
    """The changes of the newest publication in one line; empty if there was none."""
    published = [run for run in report.runs if run.published_anything]
    if not published:
        return ""
    last = published[-1]
    withdrawn = [each.delivery for each in report.deliveries if each.withdrawn and each.run_id == last.run_id]
    out = f"{some(withdrawn)} {'was' if len(withdrawn) == 1 else 'were'} withdrawn" if withdrawn else ""
    if not last.deliveries:
        return out or "no delivery: the features were brought up to date"
    rows = sum(each.kept for each in last.deliveries)
    names = some(last.delivery_names)
    bad, came = (sum(getattr(each, name) for each in last.deliveries) for name in ("quarantined", "rows_in"))
    share = f", {bad:,} quarantined ({percent(bad / came)})" if came else ""
    return f"{names}: {rows:,} of {count(came, 'row')} kept{share}{f'; {out}' if out else ''}"


def cost_lines(runs: tuple[RunRecord, ...]) -> list[tuple[str, float, int]]:
    """Cost by year of the runs' start: the year, dollars and how many of the runs have a known cost."""
    years: dict[str, list[float]] = {}
    for run in runs:
        if run.cost is not None and run.cost.usd is not None:
            years.setdefault(f"{run.started:%Y}", []).append(run.cost.usd)
    return [(year, sum(costs), len(costs)) for year, costs in sorted(years.items(), reverse=True)]
