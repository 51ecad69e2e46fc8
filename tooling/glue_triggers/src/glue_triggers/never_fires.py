"""Which triggers never fire, and why (G1-G5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from glue_triggers.conditions import Kind, Node
from glue_triggers.finding import Finding, Level
from glue_triggers.pipeline import Pipeline, Trigger
from glue_triggers.reach import can_fire, can_start, has_dates, started_by
from glue_triggers.trigger_types import TriggerType

_START_BY_TRIGGER = "Let a trigger {where} start it; to start the chain by hand, call {call}."


def never_fires(pipeline: Pipeline, now: datetime) -> Iterator[Finding]:
    """Triggers that cannot fire, conditions that cannot be met, and links that are switched off."""
    for workflow in pipeline.scopes:
        reached = can_fire(pipeline, workflow, now)
        triggers = pipeline.scope(workflow)
        is_all_off = all(_can_be_off(trigger) and not trigger.is_active for trigger in triggers)
        for trigger in triggers:
            if trigger.refusal is not None:
                continue
            if is_all_off and not trigger.starts_a_chain:
                yield _switched_off_with_all(trigger)
            elif trigger.starts_a_chain:
                yield from _switched_off_start(trigger, now)
            elif not trigger.is_active:
                yield from _switched_off_link(pipeline, trigger)
            else:
                found = _conditional(pipeline, trigger, reached, now)
                yield from (_as_far_as_known(each) for each in found) if pipeline.unread else found


def _as_far_as_known(finding: Finding) -> Finding:
    """The finding as a note: if part of the pipeline could not be read, a missing start is not certain."""
    return replace(finding, level=Level.NOTE, sentence=f"As far as is known now: {finding.sentence}")


def _switched_off_start(trigger: Trigger, now: datetime) -> Iterator[Finding]:
    if trigger.is_active or not trigger.schedule or not has_dates(trigger.schedule, now):
        return
    by_hand = f"; StartWorkflowRun on {trigger.workflow} still starts it" if trigger.workflow else ""
    yield Finding(
        "switched-off",
        Level.NOTE,
        trigger.address,
        f"It is switched off: {trigger.schedule} starts nothing{by_hand}.",
        "If that is not intended, switch it on.",
    )


def _can_be_off(trigger: Trigger) -> bool:
    return trigger.type in (TriggerType.SCHEDULED, TriggerType.CONDITIONAL)


def _switched_off_with_all(trigger: Trigger) -> Finding:
    where = f"of the workflow {trigger.workflow}" if trigger.workflow else "outside any workflow"
    return Finding(
        "switched-off",
        Level.NOTE,
        trigger.address,
        f"It is switched off, as are all triggers {where}.",
        "If that is not intended, switch them on.",
    )


def _switched_off_link(pipeline: Pipeline, trigger: Trigger) -> Iterator[Finding]:
    behind = _downstream(pipeline, trigger)
    also = f" Nothing after it starts either: {', '.join(map(str, behind))}." if behind else ""
    yield Finding(
        "switched-off-link",
        Level.WARNING,
        trigger.address,
        f"It is switched off, so {_listed(trigger.actions)} will not start when its conditions are met.{also}",
        "Set enabled = true, or start_on_creation in the API; only an activated trigger fires.",
    )


def _downstream(pipeline: Pipeline, trigger: Trigger) -> list[Node]:
    triggers = pipeline.scope(trigger.workflow)
    found: list[Node] = []
    edge = set(trigger.actions)
    while edge:
        more = [node for other in triggers if other.watch.nodes & edge for node in other.actions]
        edge = set(more) - set(found) - set(trigger.actions)
        found += sorted(edge)
    return found


def _conditional(pipeline: Pipeline, trigger: Trigger, reached: frozenset[str], now: datetime) -> Iterator[Finding]:
    started = started_by(pipeline.scope(trigger.workflow), reached)
    dead = sorted(node for node in trigger.watch.nodes if node not in started)
    if trigger.name in reached:
        for node in dead:
            rule, why, remedy = _why_not(pipeline, trigger, node, now)
            sentence = f"One of its conditions is never met: {why}"
            yield Finding(rule, Level.WARNING, trigger.address, sentence, remedy)
        yield from _own_schedules(pipeline, trigger)
        return
    if not dead:
        yield Finding(
            "conditions-exclude-each-other",
            Level.ERROR,
            trigger.address,
            "It never fires: its conditions exclude each other, since a run ends in one state only.",
            'Use logical = "ANY", or a trigger for each of the states.',
        )
        return
    for node in dead:
        rule, why, remedy = _why_not(pipeline, trigger, node, now)
        # a job managed elsewhere may be started there, and a start may be switched off on purpose
        is_unsure = rule == "nothing-starts-it" and not pipeline.knows(node) and not pipeline.is_all
        level = Level.WARNING if is_unsure or rule == "link-switched-off" else Level.ERROR
        yield Finding(rule, level, trigger.address, f"It never fires: {why}", remedy)


def _why_not(pipeline: Pipeline, trigger: Trigger, node: Node, now: datetime) -> tuple[str, str, str]:
    """Why no run of a job or crawler can satisfy a condition of this trigger: rule, reason, remedy."""
    where = f"of the workflow {trigger.workflow}" if trigger.workflow else "outside any workflow"
    starting = pipeline.starting(node)
    here = [other for other in starting if other.workflow == trigger.workflow]
    if here:
        return _link_before(trigger, here, node, now)
    crawler = pipeline.crawler(node.name) if node.kind is Kind.CRAWLER else None
    if crawler is not None and crawler.schedule:
        return (
            "own-schedule",
            f"the {node} is started only by its own schedule, and such a crawl fires no trigger.",
            f"Let a trigger {where} start it, on the dates of the crawler's own schedule.",
        )
    if starting:
        there = f"in the workflow {starting[0].workflow}" if starting[0].workflow else "outside any workflow"
        return (
            "started-elsewhere",
            f"the {node} is started {there}, by {starting[0].address}, and this trigger is {where}: "
            "only triggers of one workflow fire each other.",
            "Put both triggers into one workflow.",
        )
    return (
        "nothing-starts-it",
        f"no trigger {where} starts the {node}, and runs that a person or a program starts fire no trigger.",
        _START_BY_TRIGGER.format(where=where, call="StartWorkflowRun" if trigger.workflow else "StartTrigger"),
    )


def _link_before(trigger: Trigger, here: list[Trigger], node: Node, now: datetime) -> tuple[str, str, str]:
    if all(other.watch.nodes & set(trigger.actions) or other is trigger for other in here):
        return (
            "circle",
            f"the {node} starts only after what this trigger itself starts: they wait for each other.",
            "Let an on-demand or scheduled trigger start one of them.",
        )
    before = here[0]
    if not before.is_active:
        reason = f"{before.address}, which starts the {node}, is switched off."
        return "link-switched-off", reason, f"Switch {before.address} on."
    if before.refusal is not None:
        return (
            "link-refused",
            f"{before.address}, which starts the {node}, is refused by AWS.",
            "Fix that trigger first.",
        )
    if before.type is TriggerType.SCHEDULED and not can_start(before, now):
        reason = f"{before.address}, which starts the {node}, has a schedule without dates."
        return "link-never-fires", reason, "Fix that schedule."
    reason = f"{before.address}, which starts the {node}, never fires itself."
    return "link-never-fires", reason, "Fix that trigger first."


def _own_schedules(pipeline: Pipeline, trigger: Trigger) -> Iterator[Finding]:
    for node in sorted(trigger.watch.nodes):
        crawler = pipeline.crawler(node.name) if node.kind is Kind.CRAWLER else None
        if crawler is not None and crawler.schedule:
            yield Finding(
                "own-schedule-besides",
                Level.WARNING,
                crawler.address,
                f"It has its own schedule besides the trigger that starts it: {trigger.address} does not fire after "
                "crawls of that schedule.",
                "Remove the crawler's schedule, and move its dates to the starting trigger.",
            )


def _listed(nodes: tuple[Node, ...]) -> str:
    return " and ".join(f"the {node}" for node in nodes)
