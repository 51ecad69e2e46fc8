"""Which triggers can fire at all, given what starts the jobs and crawlers that they watch (G1-G5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import product

from glue_triggers.conditions import End, Node
from glue_triggers.cron import Cron, CronError
from glue_triggers.pipeline import Pipeline, Trigger
from glue_triggers.trigger_types import TriggerType

_MOST_COMBINATIONS = 4096


def can_fire(pipeline: Pipeline, workflow: str, now: datetime) -> frozenset[str]:
    """The names of the triggers of a workflow, or outside any, that some run can reach."""
    triggers = pipeline.scope(workflow)
    fired = {trigger.name for trigger in triggers if can_start(trigger, now)}
    while True:
        started = started_by(triggers, fired)
        more = {
            trigger.name
            for trigger in triggers
            if trigger.name not in fired and is_ready(trigger) and _has_enough(trigger, started)
        }
        if not more:
            break
        fired |= more
    if workflow:
        return frozenset(fired) & (_in_some_run(triggers) or frozenset(fired))
    return frozenset(fired) - {trigger.name for trigger in triggers if _contradicts_itself(trigger)}


def can_start(trigger: Trigger, now: datetime) -> bool:
    """Whether a starting trigger can start something: by its schedule, by an event, or by hand.

    One of a workflow always can, since StartWorkflowRun does not ask whether its schedule is switched on.
    """
    if not trigger.starts_a_chain or trigger.refusal is not None:
        return False
    if trigger.type is not TriggerType.SCHEDULED or trigger.workflow:
        return True
    return trigger.is_active and has_dates(trigger.schedule, now)


def has_dates(schedule: str, now: datetime) -> bool:
    """Whether a schedule can be read and has a date to come."""
    try:
        return Cron.parse(schedule).next_after(now) is not None
    except CronError:
        return False


def is_ready(trigger: Trigger) -> bool:
    """Whether a conditional trigger would fire if its predicate held."""
    return not trigger.starts_a_chain and trigger.is_active and trigger.refusal is None


def started_by(triggers: Iterable[Trigger], names: Iterable[str]) -> frozenset[Node]:
    """What the triggers of these names start."""
    chosen = set(names)
    return frozenset(node for trigger in triggers if trigger.name in chosen for node in trigger.actions)


def _has_enough(trigger: Trigger, started: frozenset[Node]) -> bool:
    found = [condition.node in started for condition in trigger.watch.conditions]
    return any(found) if trigger.watch.is_any else bool(found) and all(found)


def _contradicts_itself(trigger: Trigger) -> bool:
    """Whether all conditions must hold, and two of them require different end states of one run."""
    watch = trigger.watch
    return not watch.is_any and len(watch.nodes) < len(set(watch.conditions))


def _in_some_run(triggers: tuple[Trigger, ...]) -> frozenset[str]:
    """The triggers that fire for some combination of end states; empty if there are too many combinations."""
    states: dict[Node, set[str]] = {}
    for trigger in triggers:
        for condition in trigger.watch.conditions:
            states.setdefault(condition.node, set()).add(condition.state)
    size = 1
    for found in states.values():
        size *= len(found)
    if size > _MOST_COMBINATIONS:
        return frozenset()
    fired: set[str] = set()
    for combination in product(*(sorted(found) for found in states.values())):
        fired |= set(fired_in(triggers, dict(zip(states, combination, strict=True))))
    return frozenset(fired)


def fired_in(triggers: Iterable[Trigger], states: Mapping[Node, str]) -> Iterator[str]:
    """The triggers that fire in a workflow run with these end states, each once, in order (G6)."""
    waiting = [trigger for trigger in triggers if is_ready(trigger)]
    ready = [trigger for trigger in triggers if trigger.starts_a_chain and trigger.refusal is None]
    ends: list[End] = []
    while ready:
        for trigger in ready:
            yield trigger.name
            ends += [End(node, states[node]) for node in trigger.actions if node in states]
        ready = [trigger for trigger in waiting if trigger.watch.holds(ends)]
        waiting = [trigger for trigger in waiting if trigger not in ready]
