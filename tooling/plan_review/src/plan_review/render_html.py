"""The review as one HTML page that needs nothing else: no network, no fonts, no libraries."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from glue_triggers.wording import chain, when
from plan_review.grouping import short_name
from plan_review.headline import grouped, headline
from plan_review.html_base import page_environment, render_template
from plan_review.model import Action, ResourceChange
from plan_review.picture import BOX_HEIGHT, BOX_WIDTH, draw, is_worth_drawing
from plan_review.review import Review
from plan_review.schedule import alike
from plan_review.values import shown
from plan_review.verdict import Decision
from plan_review.visible import visible
from plan_review.wording import (
    SIGNS,
    action_words,
    cost_sentences,
    failed_apply_sentences,
    line_changes,
    moment,
    money,
    notes,
    policy_sentence,
)

_KINDS = {
    Action.UNKNOWN: "unknown",
    Action.DELETE: "destroy",
    Action.DELETE_THEN_CREATE: "replace",
    Action.CREATE_THEN_DELETE: "replace",
    Action.REPLACE_AND_FORGET: "forget",
    Action.FORGET: "forget",
    Action.UPDATE: "update",
    Action.CREATE: "create",
    Action.NO_OP: "move",
}
_DECISIONS = {
    Decision.NOTHING: "nothing",
    Decision.APPLY: "apply",
    Decision.NEEDS_APPROVAL: "approval",
    Decision.BLOCKED: "blocked",
}

# above this size the browser renders the attributes of a resource when it is opened
_MOST_WRITTEN_OUT = 1_000
_MOST_LISTED = 300
_MOST_BARS = 20


@dataclass(frozen=True, slots=True)
class CostBar:
    """The monthly cost of a resource that the plan changes, as two bars, in percent of the largest."""

    address: str
    before: str
    after: str
    before_percent: float
    after_percent: float


def render_page(review: Review, *, most_written_out: int = _MOST_WRITTEN_OUT) -> str:
    """The page as text, with every value of the plan escaped.

    Args:
        review: the review to show.
        most_written_out: with more changes, the browser renders a resource's attributes only when it is opened.
    """
    return render_template(
        _environment(),
        "page.html.j2",
        styles=("base.css", "page.css"),
        scripts=("page.js", "print.js"),
        review=review,
        picture=draw(review.plan) if is_worth_drawing(review.plan) else None,
        box_width=BOX_WIDTH,
        box_height=BOX_HEIGHT,
        when=when,
        chain=chain,
        bars=_bars(review),
        costs_unchanged=sum(not line.is_changed for line in review.cost.lines) if review.cost else 0,
        sentences=headline(review),
        reasons=grouped(review.verdict.reasons),
        schedules=alike(review.schedules),
        cost_lines=cost_sentences(review),
        failed_apply=failed_apply_sentences(review),
        policy_line=policy_sentence(review),
        decision=_DECISIONS[review.verdict.decision],
        kinds=sorted({kind(change) for change in review.plan.changes}),
        rows=_rows(review) if len(review.plan.changes) > most_written_out else None,
        most_listed=_MOST_LISTED,
        anchors=_anchors(review),
    )


def _anchors(review: Review) -> dict[str, str]:
    """The anchor of each address on the page; if two would be equal, the first keeps it."""
    plan = review.plan
    places = [
        *(("resources", anchor(change)) for change in plan.changes),
        *(("drift", change.address) for change in plan.drift),
        *(("checks", check.address) for check in plan.checks),
        *(("deferred", address) for address, _ in plan.deferred),
        *(("actions", address) for address in plan.invoked_actions),
        *(("reads", address) for address in plan.reads),
    ]
    return {address: place for place, address in reversed(places) if address}


def anchor(change: ResourceChange) -> str:
    """The id of a resource: its address, and the key of a deposed object, which has the address of its successor."""
    return f"{change.address} (deposed {change.deposed})" if change.deposed else change.address


def linked(address: str) -> str:
    """An address as the page writes it, without control characters and lone surrogates."""
    return visible(address)


def _rows(review: Review) -> Markup:
    """The attributes of each change as JSON, in the order of the page: the browser renders those of large plans."""
    rows = [
        [
            [
                *(visible(text) for text in (item.path, shown(item.before), shown(item.after))),
                int(item.path in change.forces_replacement),
            ]
            for item in change.attributes
        ]
        for group in review.groups
        for change in group.changes
    ]
    # S704: no value can end the element that holds it
    return Markup(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"))  # noqa: S704


def kind(change: ResourceChange) -> str:
    """The word by which the page filters: create, update, replace, destroy, forget, move, import or unknown."""
    if change.action is Action.NO_OP and change.import_id:
        return "import"
    return _KINDS[change.action]


def _bars(review: Review) -> tuple[CostBar, ...]:
    if review.cost is None:
        return ()
    changed = [line for line in review.cost.lines if line.is_changed]
    largest = max((max(line.before.per_month, line.after.per_month) for line in changed), default=0.0)
    return tuple(
        CostBar(
            address=line.address,
            before=money(line.before.per_month),
            after=money(line.after.per_month),
            before_percent=round(100 * line.before.per_month / largest, 1) if largest else 0.0,
            after_percent=round(100 * line.after.per_month / largest, 1) if largest else 0.0,
        )
        for line in changed[:_MOST_BARS]
    )


@cache
def _environment() -> Environment:
    environment = page_environment("plan_review")
    environment.globals.update(
        anchor=anchor,
        linked=linked,
        signs=SIGNS,
        notes=notes,
        shown=shown,
        moment=moment,
        kind=kind,
        action_words=action_words,
        kinds_of=_KINDS,
        line_changes=line_changes,
        short_name=short_name,
        money=money,
    )
    return environment
