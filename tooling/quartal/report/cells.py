"""Small SVG pictures in table cells, whose values the cells also hold as figures."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from quartal.report.drift import Step
from quartal.report.model import RunRecord
from quartal.report.wording import duration, outcome_words, run_label

_SIGNS = {"SUCCEEDED": "✓", "FAILED": "✗", "RUNNING": "…"}
_CELL, _STRIP_HEIGHT, _LEAST_BAR = 26, 64, 4


def bar(amount: float, most: float) -> Markup:
    """An amount as a share of the column's largest: a bar of at most 100 by 8."""
    width = 100 * amount / most if most else 0.0
    return Markup(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="whole" width="100" height="8"/><rect class="part" width="{:.1f}" height="8"/></svg>'
    ).format(width)


def share_bar(share: float, limit: float | None) -> Markup:
    """A share on a scale to twice the limit, with the limit as a mark; without a limit the scale ends at 10 %."""
    end = 2 * limit if limit else 0.1
    over = " over" if limit is not None and share > limit else ""
    mark = Markup('<rect class="limit" x="49" width="2" height="8"/>') if limit else Markup("")
    return Markup(
        '<svg class="bar{}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="whole" width="100" height="8"/><rect class="part" width="{:.1f}" height="8"/>{}</svg>'
    ).format(over, 100 * min(1.0, share / end), mark)


def strip(runs: Sequence[RunRecord]) -> Markup:
    """The runs side by side, the oldest first: height for the duration of the job, colour and sign for the outcome."""
    longest = max((run.job_seconds or 0.0 for run in runs), default=0.0) or 1.0
    cells = [_strip_cell(i, run, longest) for i, run in enumerate(runs)]
    width = _CELL * len(runs)
    return Markup(
        '<svg class="strip" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="group" aria-label="{2}">{3}</svg>'
    ).format(width, _STRIP_HEIGHT + 18, f"{len(runs)} runs, the newest on the right", Markup("").join(cells))


def _strip_cell(position: int, run: RunRecord, longest: float) -> Markup:
    height = max(_LEAST_BAR, _STRIP_HEIGHT * (run.job_seconds or 0.0) / longest)
    return Markup(
        '<a href="#run-{id}" data-run="{id}" data-deliveries="{deliveries}"><title>{words}</title>'
        '<rect class="outcome {outcome}" x="{x}" y="{y:.1f}" width="{width}" height="{height:.1f}"/>'
        '<text class="outcome-sign {outcome}" x="{middle}" y="{base}">{sign}</text></a>'
    ).format(
        id=run.run_id,
        deliveries="/".join(run.changed_deliveries),
        words=f"{run_label(run)} UTC: {outcome_words(run)}"
        + (f" in {duration(run.job_seconds)}" if run.job_seconds is not None else ""),
        outcome=run.outcome,
        x=_CELL * position + 3,
        y=_STRIP_HEIGHT - height,
        width=_CELL - 6,
        height=height,
        middle=_CELL * position + _CELL / 2,
        base=_STRIP_HEIGHT + 14,
        sign=_SIGNS[run.outcome],
    )


def overlay(step: Step) -> Markup:
    """The shares of two quarters in the bins of the earlier one, overlaid; the last bin is for missing values."""
    before, after = _shares(step.counts_before), _shares(step.counts_after)
    most = max((*before, *after)) or 1.0
    width = 22
    bars = [
        Markup(
            '<rect class="after" x="{x}" y="{y:.1f}" width="{w}" height="{h:.1f}"/>'
            '<path class="before" d="M{x} {z:.1f}h{w}"/>'
        ).format(x=width * i + 2, w=width - 4, y=60 - 56 * q / most, h=56 * q / most, z=60 - 56 * p / most)
        for i, (p, q) in enumerate(zip(before, after, strict=True))
    ]
    return Markup('<svg class="overlay" viewBox="0 0 {0} 62" role="img" aria-label="{1}">{2}</svg>').format(
        width * len(before),
        f"Shares of {step.after} as bars, of {step.before} as lines, in its deciles and for missing values",
        Markup("").join(bars),
    )


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts) or 1
    return [count / total for count in counts]


def short(text: str, *, keep: int = 10, end: bool = False) -> Markup:
    """An id by its first or last characters; the tooltip has the whole id."""
    if len(text) <= keep + 1:
        return Markup("<code>{}</code>").format(text)
    shown = f"…{text[-keep:]}" if end else f"{text[:keep]}…"
    return Markup('<code class="short" title="{}">{}</code>').format(text, shown)
