"""The review as one HTML page that needs nothing else: no network, no fonts, no libraries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from jinja2 import Environment

from quartal.pages import page_environment, render_template
from quartal.plan_review.model import Action, ResourceChange
from quartal.plan_review.picture import BOX_HEIGHT, BOX_WIDTH, draw
from quartal.plan_review.review import Review
from quartal.plan_review.values import shown
from quartal.plan_review.verdict import Decision
from quartal.plan_review.wording import (
    SIGNS,
    action_words,
    cost_sentences,
    failed_apply_sentences,
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
    Action.READ: "move",
}
_DECISIONS = {
    Decision.NOTHING: "nothing",
    Decision.APPLY: "apply",
    Decision.NEEDS_APPROVAL: "approval",
    Decision.BLOCKED: "blocked",
}


@dataclass(frozen=True, slots=True)
class CostBar:
    """A resource's monthly cost as two bars, in percent of the largest."""

    address: str
    before: str
    after: str
    before_percent: float
    after_percent: float


def render_page(review: Review) -> str:
    """The page as text. Every value of the plan is escaped, wherever it stands."""
    return render_template(
        _environment(),
        "page.html.j2",
        styles=("base.css", "page.css"),
        scripts=("page.js", "print.js"),
        review=review,
        picture=draw(review.plan),
        box_width=BOX_WIDTH,
        box_height=BOX_HEIGHT,
        bars=_bars(review),
        cost_lines=cost_sentences(review),
        failed_apply=failed_apply_sentences(review),
        policy_line=policy_sentence(review),
        decision=_DECISIONS[review.verdict.decision],
        kinds=sorted({kind(change) for change in review.plan.changes}),
    )


def kind(change: ResourceChange) -> str:
    """The word by which the page filters: create, update, replace, destroy, forget, move, import or unknown."""
    if change.action is Action.NO_OP and change.import_id:
        return "import"
    return _KINDS[change.action]


def _bars(review: Review) -> tuple[CostBar, ...]:
    if review.cost is None:
        return ()
    largest = max((max(line.before.per_month, line.after.per_month) for line in review.cost.lines), default=0.0)
    return tuple(
        CostBar(
            address=line.address,
            before=money(line.before.per_month),
            after=money(line.after.per_month),
            before_percent=round(100 * line.before.per_month / largest, 1) if largest else 0.0,
            after_percent=round(100 * line.after.per_month / largest, 1) if largest else 0.0,
        )
        for line in review.cost.lines[:20]
    )


@cache
def _environment() -> Environment:
    environment = page_environment("quartal.plan_review")
    environment.globals.update(
        signs=SIGNS, notes=notes, shown=shown, moment=moment, kind=kind, action_words=action_words, kinds_of=_KINDS
    )
    return environment
