"""The review as text for a terminal or a log."""

from __future__ import annotations

from collections.abc import Iterator

from glue_triggers.wording import chain, when
from plan_review.creation import creation
from plan_review.headline import grouped, headline, together
from plan_review.model import Action, ResourceChange
from plan_review.review import Review
from plan_review.schedule import alike
from plan_review.values import Marker, shown
from plan_review.wording import (
    SIGNS,
    action_words,
    cost_sentences,
    cut,
    failed_apply_sentences,
    line_changes,
    listed_attributes,
    moment,
    notes,
    policy_sentence,
    shortened,
)

_WIDEST_VALUE = 100
_SHOWN_REASONS = 40


def render_text(review: Review) -> str:
    """The whole review, the verdict first."""
    return "\n".join(_lines(review)) + "\n"


def _lines(review: Review) -> Iterator[str]:
    plan = review.plan
    yield f"Plan for {review.environment}: {'. '.join(headline(review))}."
    reasons = grouped(review.verdict.reasons)
    for reason in (*reasons[:_SHOWN_REASONS], *together(reasons[_SHOWN_REASONS:])):
        where = f"{reason.subject}: " if reason.subject else ""
        yield f"  {reason.level.word:<8} {where}{reason.sentence} [{reason.rule}]"
        if len(reason.addresses) > 1:
            yield f"           {', '.join(reason.addresses)}"
    yield from _section("Left by the failed apply", list(failed_apply_sentences(review)))
    yield from _section("Data at risk", [f"{risk.address}: {risk.sentence}" for risk in review.data_at_risk])
    for group in review.groups:
        yield ""
        yield group.title
        for change in group.changes:
            yield from _change(change, review)
    if plan.unchanged:
        yield ""
        yield f"Unchanged: {plan.unchanged}"
    yield from _section("Data sources read during apply", list(plan.reads))
    yield from _section("Access", [f"{'+' if item.widens else '-'} {item.sentence}" for item in review.access])
    yield from _section("Schedules (UTC)", list(_schedules(review)))
    yield from _section("What will run (UTC)", list(_runs(review)))
    yield from _section(
        "Drift: changed outside Terraform since the last apply",
        [line for change in plan.drift for line in (change.address, *(f"  {text}" for text in _attributes(change)))],
    )
    yield from _section(
        "Outputs",
        [f"{SIGNS[output.action]} {output.name}: {_both(output.before, output.after)}" for output in plan.outputs],
    )
    yield from _section("Cost", list(cost_sentences(review)))
    yield from _section(
        "Policies",
        [policy_sentence(review), *(f"{item.address}: {item.check} {item.name}" for item in review.policies.failures)],
    )


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield title
        yield from (f"  {line}" for line in lines)


def _change(change: ResourceChange, review: Review) -> Iterator[str]:
    said = notes(change)
    yield f"  {SIGNS[change.action]:>3} {change.address}  {action_words(change)}" + (
        f" ({'; '.join(said)})" if said else ""
    )
    if change.action is Action.UPDATE or change.action.replaces:
        yield from (f"        {line}" for line in _attributes(change))
    created = creation(change, review.plan)
    yield from (f"        {path}: {_cut(value)}" for path, value in created.listed)
    if created.rest:
        yield f"        {created.rest}"


def _attributes(change: ResourceChange) -> Iterator[str]:
    forcing = set(change.forces_replacement)
    listed, computed = listed_attributes(change)
    for attribute in listed:
        lines = line_changes(attribute.before, attribute.after)
        if lines:
            yield f"{attribute.path}:"
            yield from (f"  {line}" for line in lines)
            continue
        mark = "  # forces replacement" if attribute.path in forcing else ""
        yield f"{attribute.path}: {_both(attribute.before, attribute.after)}{mark}"
    if computed:
        yield f"{computed} more {shown(Marker.UNKNOWN)}"


def _schedules(review: Review) -> Iterator[str]:
    for group in alike(review.schedules):
        schedule = group.schedule
        yield f"{', '.join(group.addresses)}: {schedule.words()}"
        if schedule.next_dates:
            yield f"  next: {', '.join(moment(date) for date in schedule.next_dates)}"
        if schedule.problem:
            yield f"  no dates: {schedule.problem}"


def _runs(review: Review) -> Iterator[str]:
    if review.runs is None:
        return
    for finding in review.runs.findings:
        yield f"{finding.level.upper():<8} {finding.address}: {finding.sentence} {finding.remedy} [{finding.rule}]"
    for source in review.runs.sources:
        yield f"{source.address}: {when(source)}"
        yield f"  starts {chain(source)}"


def _both(before: object, after: object) -> str:
    return " -> ".join(shortened(before, after, _WIDEST_VALUE))


def _cut(value: object) -> str:
    return cut(value, _WIDEST_VALUE)
