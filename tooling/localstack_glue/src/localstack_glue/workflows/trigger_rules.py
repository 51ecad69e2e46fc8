"""Rules on triggers: what is accepted (G3-G5, G11), and when a predicate holds (G4)."""

from collections.abc import Iterable
from enum import StrEnum

from localstack_glue.service.cron import Cron, ScheduleError
from localstack_glue.service.errors import InvalidInputException
from localstack_glue.service.models import JsonDict, Trigger

MAX_CRAWLERS = 2
WATCHABLE_JOB_STATES: tuple[str, ...] = ("SUCCEEDED", "STOPPED", "FAILED", "TIMEOUT")
WATCHABLE_CRAWL_STATES: tuple[str, ...] = ("SUCCEEDED", "FAILED", "CANCELLED")


class TriggerType(StrEnum):
    """The kinds of triggers."""

    ON_DEMAND = "ON_DEMAND"
    SCHEDULED = "SCHEDULED"
    CONDITIONAL = "CONDITIONAL"
    EVENT = "EVENT"


def is_starting(trigger: Trigger) -> bool:
    """Whether a trigger starts a chain rather than continues one (G1)."""
    return trigger.type != TriggerType.CONDITIONAL


def check(trigger: Trigger) -> None:
    """Refuse a trigger that AWS refuses."""
    _check_actions(trigger.actions)
    if trigger.type == TriggerType.EVENT and not trigger.workflow_name:
        raise InvalidInputException("An event trigger must belong to a workflow")
    if trigger.type == TriggerType.SCHEDULED:
        if not trigger.schedule:
            raise InvalidInputException("A scheduled trigger must have a schedule")
        try:
            Cron.parse(trigger.schedule)
        except ScheduleError as error:
            raise InvalidInputException(str(error)) from error
    if trigger.type == TriggerType.CONDITIONAL:
        _check_predicate(trigger.predicate or {})


def _check_actions(actions: list[JsonDict]) -> None:
    if not actions:
        raise InvalidInputException("Actions cannot be null or empty")
    for action in actions:
        if action.get("JobName") and action.get("CrawlerName"):
            raise InvalidInputException("Both JobName and CrawlerName cannot be set together in an action")
        if not action.get("JobName") and not action.get("CrawlerName"):
            raise InvalidInputException("JobName or CrawlerName in action cannot be null or empty")
    if sum(1 for action in actions if action.get("CrawlerName")) > MAX_CRAWLERS:
        raise InvalidInputException(f"A trigger can start at most {MAX_CRAWLERS} crawlers")  # G11


def _check_predicate(predicate: JsonDict) -> None:
    conditions = predicate.get("Conditions") or []
    if not conditions:
        raise InvalidInputException("Predicate cannot be null or empty")
    if len(conditions) > 1 and not predicate.get("Logical"):
        raise InvalidInputException("Logical must be specified for a predicate with several conditions")
    for condition in conditions:
        _check_condition(condition)


def _check_condition(condition: JsonDict) -> None:
    """Refuse a condition that AWS refuses; beside a job, what is said of a crawler does not count."""
    if not condition.get("LogicalOperator"):
        raise InvalidInputException("Logical operator cannot be null or empty")
    if condition.get("JobName"):
        kind, state, allowed = "job", condition.get("State"), WATCHABLE_JOB_STATES
    elif condition.get("CrawlerName"):
        kind, state, allowed = "crawler", condition.get("CrawlState"), WATCHABLE_CRAWL_STATES
    else:
        raise InvalidInputException("JobName or CrawlerName in condition cannot be null or empty")
    choice = f"choose from one of the following {kind} state: [{', '.join(allowed)}]"
    if not state:
        raise InvalidInputException(f"State cannot be null or empty, {choice}")
    if state not in allowed:
        raise InvalidInputException(f"State {state} cannot be watched, {choice}")


def without_crawlers_beside_jobs(predicate: JsonDict) -> JsonDict:
    """Leave out of each condition on a job what it says of a crawler: AWS does not keep it."""
    conditions = [
        {key: value for key, value in each.items() if key not in ("CrawlerName", "CrawlState")}
        if each.get("JobName")
        else each
        for each in predicate.get("Conditions") or ()
    ]
    return {**predicate, "Conditions": conditions}


def holds(predicate: JsonDict, met: Iterable[int]) -> bool:
    """Whether a predicate holds when the conditions at these positions are met: all of them, or any (G4)."""
    positions = set(range(len(predicate["Conditions"])))
    met_positions = positions & set(met)
    return bool(met_positions) if predicate.get("Logical") == "ANY" else met_positions == positions
