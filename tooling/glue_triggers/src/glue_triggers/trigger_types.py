"""The types of triggers, and which triggers AWS refuses (G3-G5, G11), in the API's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from glue_triggers.conditions import Kind
from glue_triggers.cron import Cron

MAX_CRAWLERS = 2
WATCHABLE_STATES: Mapping[Kind, tuple[str, ...]] = {
    Kind.JOB: ("SUCCEEDED", "STOPPED", "FAILED", "TIMEOUT"),
    Kind.CRAWLER: ("SUCCEEDED", "FAILED", "CANCELLED"),
}


class TriggerType(StrEnum):
    """The kinds of triggers."""

    ON_DEMAND = "ON_DEMAND"
    SCHEDULED = "SCHEDULED"
    CONDITIONAL = "CONDITIONAL"
    EVENT = "EVENT"


class RefusedTriggerError(ValueError):
    """A trigger that AWS does not accept; the message is AWS's, and `rule` names the kind of mistake."""

    def __init__(self, message: str, rule: str = "trigger-refused") -> None:
        super().__init__(message)
        self.rule = rule


def check(
    trigger_type: str,
    *,
    actions: Sequence[Mapping[str, Any]],
    schedule: str | None,
    predicate: Mapping[str, Any] | None,
    workflow_name: str | None,
) -> None:
    """Refuse a trigger that AWS refuses; the arguments are those of the API's requests.

    Raises:
        RefusedTriggerError: AWS would answer InvalidInputException.
        CronError: the same, for its schedule.
    """
    _check_actions(actions)
    if trigger_type == TriggerType.EVENT and not workflow_name:
        raise RefusedTriggerError("An event trigger must belong to a workflow")
    if trigger_type == TriggerType.SCHEDULED:
        if not schedule:
            raise RefusedTriggerError("A scheduled trigger must have a schedule")
        Cron.parse(schedule)
    if trigger_type == TriggerType.CONDITIONAL:
        _check_predicate(predicate or {})
        _check_circle(actions, predicate or {})


def _check_actions(actions: Sequence[Mapping[str, Any]]) -> None:
    if not actions:
        raise RefusedTriggerError("Actions cannot be null or empty")
    for action in actions:
        if action.get("JobName") and action.get("CrawlerName"):
            raise RefusedTriggerError("Both JobName and CrawlerName cannot be set together in an action")
        if not action.get("JobName") and not action.get("CrawlerName"):
            raise RefusedTriggerError("JobName or CrawlerName in action cannot be null or empty")
    if sum(1 for action in actions if action.get("CrawlerName")) > MAX_CRAWLERS:
        raise RefusedTriggerError(f"A trigger can start at most {MAX_CRAWLERS} crawlers", "too-many-crawlers")  # G11


def _check_predicate(predicate: Mapping[str, Any]) -> None:
    conditions = predicate.get("Conditions") or []
    if not conditions:
        raise RefusedTriggerError("Predicate cannot be null or empty")
    if len(conditions) > 1 and not predicate.get("Logical"):
        raise RefusedTriggerError("Logical must be specified for a predicate with several conditions")
    for condition in conditions:
        _check_condition(condition)


def _check_circle(actions: Sequence[Mapping[str, Any]], predicate: Mapping[str, Any]) -> None:
    """Refuse a trigger that watches a job that it starts.

    Raises:
        RefusedTriggerError: it does; the message is AWS's (hashicorp/terraform-provider-aws, issue 39571).
    """
    started = {action.get("JobName") for action in actions} - {None, ""}
    if any(condition.get("JobName") in started for condition in predicate.get("Conditions") or ()):
        raise RefusedTriggerError("Job cannot be a Predicate and Action for Conditional Trigger.", "circle")


def _check_condition(condition: Mapping[str, Any]) -> None:
    """Refuse a condition that AWS refuses; in a condition on a job, the crawler's members are ignored.

    Raises:
        RefusedTriggerError: it lacks an operator, a name or a state, or its state cannot be watched.
    """
    if not condition.get("LogicalOperator"):
        raise RefusedTriggerError("Logical operator cannot be null or empty")
    if condition.get("JobName"):
        kind, state = Kind.JOB, condition.get("State")
    elif condition.get("CrawlerName"):
        kind, state = Kind.CRAWLER, condition.get("CrawlState")
    else:
        raise RefusedTriggerError("JobName or CrawlerName in condition cannot be null or empty")
    allowed = WATCHABLE_STATES[kind]
    choice = f"choose from one of the following {kind.lower()} state: [{', '.join(allowed)}]"
    if not state:
        raise RefusedTriggerError(f"State cannot be null or empty, {choice}", "state-not-watchable")
    if state not in allowed:
        raise RefusedTriggerError(f"State {state} cannot be watched, {choice}", "state-not-watchable")


def drop_crawlers_from_job_conditions(predicate: Mapping[str, Any]) -> dict[str, Any]:
    """Remove the crawler's members from conditions on a job: AWS does not keep them."""
    conditions = [
        {key: value for key, value in each.items() if key not in ("CrawlerName", "CrawlState")}
        if each.get("JobName")
        else each
        for each in predicate.get("Conditions") or ()
    ]
    return {**predicate, "Conditions": conditions}
