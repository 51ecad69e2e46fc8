"""Words and numbers that every form of the review shares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from difflib import unified_diff
from os.path import commonprefix
from typing import Any

from plan_review.cost import Cost
from plan_review.model import Action, ResourceChange
from plan_review.review import Review
from plan_review.values import AttributeChange, Marker, shown

_FRESH_MONTHS = 12
_CONTEXT = 20
_MOST_LINES = 60
SIGNS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.DELETE: "-",
    Action.DELETE_THEN_CREATE: "-/+",
    Action.CREATE_THEN_DELETE: "+/-",
    Action.REPLACE_AND_FORGET: "+/.",
    Action.FORGET: ".",
    Action.NO_OP: " ",
    Action.UNKNOWN: "?",
}


def money(usd: float) -> str:
    """Dollars and cents; a smaller amount that is not nothing is not shown as nothing."""
    return "$0.00" if usd == 0 else "<$0.01" if 0 < usd < 0.005 else f"${usd:,.2f}"


def moment(value: datetime) -> str:
    """A date and time in UTC."""
    return f"{value:%a %Y-%m-%d %H:%M} UTC"


def notes(change: ResourceChange) -> tuple[str, ...]:
    """Notes on a change besides its action."""
    found = []
    if change.forces_replacement:
        found.append(f"forced by {', '.join(change.forces_replacement)}")
    if change.previous_address:
        found.append(f"moved from {change.previous_address}")
    if change.import_id:
        found.append(f"imported from {change.import_id}")
    if change.deposed:
        found.append(f"deposed object {change.deposed}")
    if change.action.forgets:
        found.append("the old one is not destroyed" if change.action.replaces else "not destroyed")
    reason = {
        "delete_because_no_resource_config": "no longer in the configuration",
        "delete_because_no_module": "its module is no longer in the configuration",
        "delete_because_each_key": "its for_each key was removed",
        "delete_because_count_index": "its count index was removed",
        "delete_because_wrong_repetition": "its count or for_each was added or removed",
        "delete_because_no_move_target": "where it was moved to is not in the configuration",
        "delete_because_enabled_false": "its enabled argument is false",
        "replace_because_tainted": "tainted",
        "replace_by_request": "requested by -replace",
        "replace_by_triggers": "by replace_triggered_by",
    }.get(change.reason)
    if reason is not None:
        found.append(reason)
    return tuple(found)


def action_words(change: ResourceChange) -> str:
    """The action in words; a change of only the address or ownership is named as such."""
    if change.action is Action.NO_OP:
        return "import" if change.import_id else "move"
    return str(change.action)


def listed_attributes(change: ResourceChange) -> tuple[tuple[AttributeChange, ...], int]:
    """The attributes worth a line, and how many others are only recomputed.

    A replacement recomputes nearly every attribute; of these, only the ones that force it are informative.
    """
    if not change.action.replaces:
        return change.attributes, 0
    listed = tuple(
        item for item in change.attributes if item.after is not Marker.UNKNOWN or item.path in change.forces_replacement
    )
    return listed, len(change.attributes) - len(listed)


def shortened(before: Any, after: Any, width: int) -> tuple[str, str]:
    """Two values on one line each; longer values are shown around the first difference."""
    texts = shown(before), shown(after)
    if max(map(len, texts)) <= width:
        return texts
    if _is_list(before) and _is_list(after):
        removed, added = [each for each in before if each not in after], [each for each in after if each not in before]
        same = len(before) - len(removed)
        if same and (removed or added):
            return tuple(f"{cut(each, width)} and {same} unchanged" for each in (removed, added))  # type: ignore[return-value]
    start = len(commonprefix(texts)) - _CONTEXT  # noqa: RUF071  # values are no paths
    if start <= 0 or isinstance(before, Marker) or isinstance(after, Marker):
        return cut(before, width), cut(after, width)
    return tuple(f"...{_short(text[start:], width)}" for text in texts)  # type: ignore[return-value]


def line_changes(before: Any, after: Any) -> tuple[str, ...]:
    """Removed and added lines, if both values are texts of several lines; else empty."""
    if not (isinstance(before, str) and isinstance(after, str)) or "\n" not in before.strip() + after.strip():
        return ()
    lines = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
    lines_of_diff = ["..." if line.startswith("@@") else line for line in list(lines)[2:]][1:]
    rest = len(lines_of_diff) - _MOST_LINES
    return tuple(lines_of_diff) if rest <= 1 else (*lines_of_diff[:_MOST_LINES], f"... and {rest} more lines")


def cut(value: Any, width: int) -> str:
    """A value on one line, no longer than that."""
    return _short(shown(value), width)


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[:width]}..."


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and not any(isinstance(each, dict | list) for each in value)


def cost_sentences(review: Review) -> tuple[str, ...]:
    """The cost before and after, and the basis of the numbers."""
    cost = review.cost
    if cost is None:
        fetch = _by_command(review, "REGION", "fetches them")
        return (f"Not known, because there are no prices for this region.{fetch}",)
    today = review.made_at.date()
    months, dated = cost.age_months(today), f" ({cost.dated(today)})"
    anew = _by_command(review, cost.prices.region, "fetches current ones")
    old = f" These prices are {months} months old.{anew}"
    return (
        f"per month {before_after(cost.before.per_month, cost.after.per_month)}{dated}",
        f"per run   {before_after(cost.before.per_run, cost.after.per_run)}{_dpu(cost.before, cost.after)}{dated}",
        *(
            f"job {job.name} {job.before} -> {job.after}: {_signed(job.usd_per_run)} per run{dated}"
            for job in cost.jobs
        ),
        *([unpriced_sentence(cost.unpriced)] if cost.unpriced else []),
        f"Estimated from {cost.basis}.{old if months > _FRESH_MONTHS else ''}",
    )


def _by_command(review: Review, region: str, does: str) -> str:
    return f" `{review.refresh_prices.format(region=region)}` {does}." if review.refresh_prices else ""


def failed_apply_sentences(review: Review) -> tuple[str, ...]:
    """The changes that a failed apply had made and begun; empty without one."""
    failed = review.failed_apply
    if failed is None:
        return ()
    done = [f"completed: {', '.join(failed.done)}"] if failed.done else ["nothing was completed"]
    begun = [f"started, but completed in part or not at all: {', '.join(failed.begun)}"] if failed.begun else []
    return (f"at {failed.at}", *done, *begun)


def unpriced_sentence(unpriced: Mapping[str, int]) -> str:
    """How many resources have no price, and of which types."""
    kinds = [f"{kind} ({count})" if count > 1 else kind for kind, count in unpriced.items()]
    counted = "1 resource" if sum(unpriced.values()) == 1 else f"{sum(unpriced.values())} resources"
    return f"{counted} not priced: {', '.join(kinds)}"


def policy_sentence(review: Review) -> str:
    """Checkov's result in one sentence."""
    report = review.policies
    if not report.ran:
        return f"Policies were not checked ({report.note})."
    failed = f"{len(report.failures)} failed" if report.failures else "none failed"
    return f"{report.passed} checks passed, {report.skipped} skipped with a reason, {failed}."


def before_after(before: float, after: float) -> str:
    """An amount now and after the apply, with the difference."""
    if abs(after - before) < 0.005:
        return f"{money(after)} (unchanged)"
    return f"{money(before)} -> {money(after)} ({_signed(after - before)})"


def _signed(usd: float) -> str:
    return f"{'-' if usd < 0 else '+'}{money(abs(usd))}"


def _dpu(before: Cost, after: Cost) -> str:
    if before.dpu_hours_per_run == after.dpu_hours_per_run:
        return f", {after.dpu_hours_per_run:.4g} DPU-hours" if after.dpu_hours_per_run else ""
    return f", {before.dpu_hours_per_run:.4g} -> {after.dpu_hours_per_run:.4g} DPU-hours"
