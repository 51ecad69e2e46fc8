"""The charts as Vega-Lite specifications. What a colour says, a shape, a pattern or a word says as well."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from quartal.report.drawing import told
from quartal.report.drift import LARGE, MODERATE, FeatureHistory
from quartal.report.model import DeliveryRows, DeliveryState, RunRecord
from quartal.report.wording import duration, label_of, money, number, outcome_words

WIDTH = 940
_LETTER = 7.5  # pixels, on the wide side: whoever reads the page may have another font
_LONGEST_LABEL = 300
_OUTCOMES = {
    "SUCCEEDED": ("succeeded", "circle", "var(--good)"),
    "FAILED": ("failed", "cross", "var(--bad)"),
    "RUNNING": ("running", "triangle-up", "var(--soft)"),
}
_FATES = {
    "kept": ("var(--series-1)", "circle"),
    "quarantined": ("url(#stripes)", "diamond"),
    "duplicate": ("url(#dots)", "square"),
}
_SHAPES = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross")
_MOST_REASONS, _MOST_FEATURES, _MOST_STEPS = 15, 20, 4
_BARS = {"stroke": "var(--ink)", "strokeWidth": 1}

Spec = dict[str, Any]


def durations(runs: Sequence[RunRecord]) -> Spec:
    """How long the job of each run took; a run whose job never began stands on the ground line."""
    rows = [
        {
            "run": run.run_id,
            "minutes": (run.job_seconds or 0.0) / 60,
            "outcome": _OUTCOMES[run.outcome][0],
            "told": told(_run_sentence(run), run=run.run_id, deliveries=run.delivery_names),
        }
        for run in runs
    ]
    names, shapes, colours = zip(*_OUTCOMES.values(), strict=True)
    x = _run_axis(runs)
    return {
        "width": WIDTH,
        "height": 200,
        "data": {"values": rows},
        "layer": [
            {
                "mark": {"type": "line", "stroke": "var(--line)", "strokeWidth": 2, "aria": False},
                "encoding": {"x": x, "y": _amount("minutes", "minutes of the job"), "order": None},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 160, "opacity": 1},
                "encoding": {
                    "x": x,
                    "y": _amount("minutes", "minutes of the job"),
                    "shape": {"field": "outcome", "scale": {"domain": names, "range": shapes}},
                    "fill": {"field": "outcome", "scale": {"domain": names, "range": colours}},
                    "description": {"field": "told"},
                },
            },
        ],
    }


def costs(runs: Sequence[RunRecord]) -> Spec:
    """What the job of each run cost, as far as that is known."""
    rows = [
        {
            "run": run.run_id,
            "usd": run.cost.usd,
            "told": told(
                f"{label_of(run)}: {money(run.cost.usd)}, {number(run.cost.dpu_seconds / 3600)} DPU-hours",
                run=run.run_id,
                deliveries=run.delivery_names,
            ),
        }
        for run in runs
        if run.cost is not None and run.cost.usd is not None
    ]
    return {
        "width": WIDTH,
        "height": 140,
        "data": {"values": rows},
        "mark": {"type": "bar", "fill": "var(--series-1)", "width": {"band": 0.5}, **_BARS},
        "encoding": {
            "x": _run_axis(runs),
            "y": _amount("usd", "US dollars"),
            "description": {"field": "told"},
        },
    }


def delivery_rows(states: Sequence[DeliveryState]) -> Spec:
    """Rows of each delivery: kept, quarantined, duplicate; together all that came in."""
    rows = [
        {
            "delivery": state.delivery,
            "fate": fate,
            "order": order,
            "rows": count,
            "told": told(
                f"{state.delivery}: {count:,} rows {fate}, {share(count, state.rows)}",
                run=state.run_id,
                deliveries=[state.delivery],
            ),
        }
        for state in states
        if state.rows is not None
        for order, (fate, count) in enumerate(fates(state.rows))
    ]
    return {
        "width": WIDTH - 80,
        "height": {"step": 30},
        "data": {"values": rows},
        "mark": {"type": "bar", **_BARS},
        "encoding": {
            "y": _names("delivery", (state.delivery for state in states)),
            "x": _amount("rows", "rows"),
            "order": {"field": "order"},
            "fill": {
                "field": "fate",
                "scale": {"domain": list(_FATES), "range": [colour for colour, _ in _FATES.values()]},
            },
            "description": {"field": "told"},
        },
    }


def delivery_shares(states: Sequence[DeliveryState]) -> Spec:
    """The parts of each delivery that were not kept, in percent: too small to be seen beside those that were."""
    rows = [
        {
            "delivery": state.delivery,
            "fate": fate,
            "percent": 100 * count / state.rows.rows_in,
            "told": told(
                f"{state.delivery}: {share(count, state.rows)} {fate}, {count:,} rows",
                run=state.run_id,
                deliveries=[state.delivery],
            ),
        }
        for state in states
        if state.rows is not None and state.rows.rows_in
        for fate, count in fates(state.rows)[1:]
    ]
    names = list(_FATES)[1:]
    return {
        "width": WIDTH - 80,
        "height": {"step": 30},
        "data": {"values": rows},
        "mark": {"type": "point", "size": 160, "opacity": 1, **_BARS},
        "encoding": {
            "y": _names("delivery", (state.delivery for state in states), grid=True),
            "x": _amount("percent", "percent of the rows that came in"),
            "shape": {"field": "fate", "scale": {"domain": names, "range": [_FATES[name][1] for name in names]}},
            "fill": {
                "field": "fate",
                "scale": {"domain": names, "range": ["var(--series-2)", "var(--series-3)"]},
            },
            "description": {"field": "told"},
        },
    }


def reasons(totals: Mapping[str, int], deliveries: Mapping[str, Iterable[str]]) -> Spec:
    """Rows by the rule that they break, the most frequent first; `deliveries` are those in which each is broken."""
    rows = [
        {
            "rule": rule,
            "rows": count,
            "words": f"{count:,}",
            "told": told(f"{rule}: {count:,} rows", deliveries=deliveries[rule]),
        }
        for rule, count in list(totals.items())[:_MOST_REASONS]
    ]
    return {
        "width": WIDTH - 200,
        "height": {"step": 26},
        "data": {"values": rows},
        "encoding": {"y": _names("rule", totals), "x": _amount("rows", "rows that break the rule")},
        "layer": [
            {
                "mark": {"type": "bar", "fill": "url(#stripes)", **_BARS},
                "encoding": {"description": {"field": "told"}},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 5, "aria": False},
                "encoding": {"text": {"field": "words"}},
            },
        ],
    }


def drift(features: Sequence[FeatureHistory]) -> Spec:
    """The index of each feature's last steps, the one that moved most at the top, and the two conventional lines."""
    ordered = sorted(features, key=lambda each: (-each.largest_psi, each.feature))[:_MOST_FEATURES]
    steps = [f"{step.before} to {step.after}" for step in (ordered[0].steps[-_MOST_STEPS:] if ordered else ())]
    rows = [
        {
            "feature": each.feature,
            "step": f"{step.before} to {step.after}",
            "psi": step.psi,
            "told": told(f"{each.feature}, {step.before} to {step.after}: PSI {step.psi:.3f}, {step.drift} change"),
        }
        for each in ordered
        for step in each.steps[-_MOST_STEPS:]
    ]
    x = {
        "field": "psi",
        "type": "quantitative",
        "title": "population stability index (root scale)",
        "scale": {"type": "sqrt", "zero": True},
    }
    colours = [f"var(--series-{1 + position % 4})" for position in range(len(steps))]
    lines = [
        {"at": MODERATE, "words": f"{MODERATE:g}", "side": "right"},
        {"at": LARGE, "words": f"{LARGE:g} large", "side": "left"},
    ]
    return {
        "width": WIDTH - 160,
        "height": {"step": 30, "for": "position"},
        "layer": [
            {
                "data": {"values": rows},
                "mark": {"type": "point", "size": 110, "opacity": 1, **_BARS},
                "encoding": {
                    "y": _names("feature", (each.feature for each in ordered), grid=True),
                    "yOffset": {"field": "step", "scale": {"domain": steps}},
                    "x": x,
                    "shape": {"field": "step", "scale": {"domain": steps, "range": list(_SHAPES[: len(steps)])}},
                    "fill": {"field": "step", "scale": {"domain": steps, "range": colours}},
                    "description": {"field": "told"},
                },
            },
            {
                "data": {"values": lines},
                "mark": {"type": "rule", "stroke": "var(--ink)", "strokeDash": [6, 4], "aria": False},
                "encoding": {"x": {"field": "at", "type": "quantitative"}},
            },
            *(
                {
                    "data": {"values": [line]},
                    "mark": {
                        "type": "text",
                        "align": line["side"],
                        "baseline": "bottom",
                        "dx": 3 if line["side"] == "left" else -3,
                        "y": -2,
                        "aria": False,
                    },
                    "encoding": {"x": {"field": "at", "type": "quantitative"}, "text": {"field": "words"}},
                }
                for line in lines
            ),
        ],
    }


def distribution(history: FeatureHistory) -> Spec:
    """One feature: a bar between the quartiles, a line from the 10th to the 90th percentile, the median."""
    rows = [
        {
            "quarter": each.quarter,
            "low": each.percentile_10,
            "lower": each.lower_quartile,
            "median": each.median,
            "upper": each.upper_quartile,
            "high": each.percentile_90,
            "told": told(
                f"{history.feature} in {each.quarter}: median {number(each.median)}, "
                f"quartiles {number(each.lower_quartile)} to {number(each.upper_quartile)}, "
                f"10 to 90 percent {number(each.percentile_10)} to {number(each.percentile_90)}"
            ),
        }
        for each in history.distributions
        if each.median is not None
    ]
    return {
        "width": 250,
        "height": {"step": 24},
        "data": {"values": rows},
        "encoding": {"y": _names("quarter", (each.quarter for each in history.distributions))},
        "layer": [
            {
                "mark": {"type": "rule", "stroke": "var(--ink)", "strokeWidth": 2, "aria": False},
                "encoding": {"x": {**_amount("low", None), "scale": {"zero": False}}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "bar", "fill": "var(--series-1)", "height": 12, "minBandSize": 3, **_BARS},
                "encoding": {"x": _amount("lower", None), "x2": {"field": "upper"}, "description": {"field": "told"}},
            },
            {
                "mark": {"type": "tick", "fill": "var(--paper)", "stroke": "var(--ink)", "thickness": 4, "height": 18},
                "encoding": {"x": _amount("median", None), "description": {"field": "told"}},
            },
        ],
    }


def fates(rows: DeliveryRows) -> list[tuple[str, int]]:
    """What became of a delivery's rows, in the order in which charts and tables tell it."""
    return list(zip(_FATES, (rows.kept, rows.quarantined, rows.duplicates), strict=True))


def share(count: int, rows: DeliveryRows | None) -> str:
    """A part of a delivery's rows, in percent."""
    return f"{100 * count / rows.rows_in:.2f} %" if rows is not None and rows.rows_in else "0 %"


def _run_axis(runs: Sequence[RunRecord]) -> dict[str, Any]:
    """All runs, also those without a value, so that charts of runs can be read below each other."""
    return {
        "field": "run",
        "type": "nominal",
        "title": "start (UTC)",
        "scale": {"domain": [run.run_id for run in runs]},
        "axis": {
            "labelAngle": -35,
            "labelOverlap": True,
            "labelExpr": f"{json.dumps({run.run_id: f'{run.started:%Y-%m-%d %H:%M}' for run in runs})}[datum.value]",
        },
    }


def _names(field: str, names: Iterable[str], *, grid: bool = False) -> dict[str, Any]:
    """One row for each name, in the order of the data, with room for the longest."""
    room = min(_LONGEST_LABEL, _LETTER * max((len(name) for name in names), default=0) + 10)
    axis = {"grid": grid, "minExtent": room, "labelLimit": room}
    return {"field": field, "type": "nominal", "title": None, "sort": None, "axis": axis}


def _amount(field: str, title: str | None) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", "title": title, "axis": {"tickCount": 5, "format": ",~r"}}


def _run_sentence(run: RunRecord) -> str:
    took = f" in {duration(run.job_seconds)}" if run.job_seconds is not None else ""
    what = f", {', '.join(run.delivery_names)}" if run.deliveries else ""
    return f"{label_of(run)}: {outcome_words(run)}{took}{what}"
