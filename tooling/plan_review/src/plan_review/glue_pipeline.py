"""The Glue jobs, crawlers, triggers and workflows of a plan, as they will be after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from math import isfinite
from typing import Any

from glue_triggers.pipeline import Crawler, Job, Pipeline, Trigger, Workflow
from glue_triggers.trigger_types import TriggerType
from plan_review.model import Action, Plan, ResourceChange, without_index
from plan_review.values import Marker

_UNREAD = "It cannot be judged: {what} is known only after apply."
_SEVERAL = (
    "It cannot be judged: its name occurs several times. The plan may cover several accounts or regions, "
    "which this review cannot tell apart."
)
_KINDS = {"job_name": "aws_glue_job", "crawler_name": "aws_glue_crawler", "workflow_name": "aws_glue_workflow"}
_TYPES = frozenset({*_KINDS.values(), "aws_glue_trigger"})


def glue_pipelines(plan: Plan, median_min: float | None = None) -> tuple[Pipeline, ...]:
    """The Glue pipeline after the apply; one, or one per module if names repeat.

    Glue's names are unique within an account and region, so a repeated name means several accounts or regions.

    Args:
        plan: the plan.
        median_min: minutes of a usual run, if they were measured.
    """
    kept = [change for change in plan.resources if change.type in _TYPES and change.after]
    groups = {"": kept}
    if _twice(kept):
        groups = {}
        for change in kept:
            groups.setdefault(".".join(change.module.split(".")[:2]), []).append(change)
    return tuple(_pipeline(plan, group, median_min) for group in groups.values() if group)


def _twice(changes: Iterable[ResourceChange]) -> frozenset[tuple[str, str]]:
    names = Counter((change.type, _text(change.after.get("name"))) for change in changes)
    return frozenset(key for key, number in names.items() if number > 1 and key[1])


def _pipeline(plan: Plan, changes: list[ResourceChange], median_min: float | None) -> Pipeline:
    unread: list[tuple[str, str]] = []
    twice = _twice(changes)
    named: dict[str, list[ResourceChange]] = {kind: [] for kind in _TYPES}
    for change in changes:
        name = _text(change.after.get("name"))
        if (change.type, name) in twice:
            unread.append((change.address, _SEVERAL))
        elif name:
            named[change.type].append(change)
        else:
            unread.append((change.address, _UNREAD.format(what="its name")))
    return Pipeline(
        jobs=tuple(_job(change, median_min) for change in named["aws_glue_job"]),
        crawlers=tuple(
            Crawler(change.after["name"], change.address, _text(change.after.get("schedule")))
            for change in named["aws_glue_crawler"]
        ),
        triggers=tuple(_triggers(plan, named, unread)),
        workflows=tuple(
            Workflow(change.after["name"], change.address, _limit(change.after.get("max_concurrent_runs")))
            for change in named["aws_glue_workflow"]
        ),
        unread=tuple(unread),
    )


def _job(change: ResourceChange, median_min: float | None) -> Job:
    attributes = change.after
    properties, command = _block(attributes.get("execution_property")), _block(attributes.get("command"))
    return Job(
        name=attributes["name"],
        address=change.address,
        max_concurrent_runs=_limit(properties.get("max_concurrent_runs")) or 1,
        timeout_min=_whole(attributes.get("timeout")),
        median_min=median_min,
        glue_version=_text(attributes.get("glue_version")),
        command=_text(command.get("name")) or "glueetl",
        is_queued=attributes.get("job_run_queuing_enabled") is True,
    )


def _triggers(
    plan: Plan, named: Mapping[str, list[ResourceChange]], unread: list[tuple[str, str]]
) -> Iterator[Trigger]:
    for change in named["aws_glue_trigger"]:
        attributes = _with_mentioned_names(plan, change, named)
        unknown = next(_unknown(attributes), "")
        if unknown:
            unread.append((change.address, _UNREAD.format(what=unknown)))
            continue
        if attributes.get("type") not in list(TriggerType):
            unread.append((change.address, "It cannot be judged: Glue has no trigger of this type."))
            continue
        is_enabled = attributes.get("enabled") is not False
        trigger = Trigger.from_request(_request(attributes), change.address, is_active=is_enabled)
        is_created = change.action is Action.CREATE or change.action.replaces
        # the provider starts an enabled one: hashicorp/terraform-provider-aws, pull request 17488
        starts = is_created and is_enabled and trigger.type is TriggerType.ON_DEMAND and trigger.refusal is None
        yield replace(trigger, starts_when_created=starts)


def _with_mentioned_names(
    plan: Plan, change: ResourceChange, named: Mapping[str, list[ResourceChange]]
) -> Mapping[str, Any]:
    """The attributes, with names in place of ids that only the apply knows, where the trigger mentions one of a kind.

    The id of a job, a crawler or a workflow is its name.
    """
    own = without_index(change.address)
    mentioned = {mention for block, mention in plan.references if block == own}
    names: dict[str, str] = {}
    for attribute, kind in _KINDS.items():
        found = [other for other in named[kind] if without_index(other.address) in mentioned]
        if len(found) == 1:
            names[attribute] = found[0].after["name"]

    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return [filled(each) for each in value]
        if not isinstance(value, Mapping):
            return value
        return {
            key: names[key] if each is Marker.UNKNOWN and key in names else filled(each) for key, each in value.items()
        }

    attributes: Mapping[str, Any] = filled(change.after)
    return attributes


def _unknown(attributes: Mapping[str, Any]) -> Iterator[str]:
    """The relevant attributes of a trigger that are unknown or hidden."""
    parts = [attributes.get(name) for name in ("type", "schedule", "workflow_name", "actions", "predicate", "enabled")]
    if any(isinstance(value, Marker) for value in parts):
        yield "a part of it"
    blocks = [*_blocks(attributes.get("actions"))]
    for predicate in _blocks(attributes.get("predicate")):
        blocks += _blocks(predicate.get("conditions"))
        if isinstance(predicate.get("conditions"), Marker) or isinstance(predicate.get("logical"), Marker):
            yield "its predicate"
    for block in blocks:
        for name, value in block.items():
            if isinstance(value, Marker) and name in ("job_name", "crawler_name", "state", "crawl_state"):
                yield f"its {name}"


def _request(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """A trigger in the words of Glue's API."""
    predicate = next(iter(_blocks(attributes.get("predicate"))), None)
    return {
        "Name": attributes["name"],
        "Type": attributes.get("type"),
        "Schedule": _text(attributes.get("schedule")) or None,
        "WorkflowName": _text(attributes.get("workflow_name")) or None,
        "StartOnCreation": attributes.get("start_on_creation") is True,
        "Actions": [
            {
                "JobName": _text(action.get("job_name")),
                "CrawlerName": _text(action.get("crawler_name")),
                "Timeout": _whole(action.get("timeout")),
                "Arguments": bool(action.get("arguments")),
            }
            for action in _blocks(attributes.get("actions"))
        ],
        "Predicate": predicate
        and {
            "Logical": _text(predicate.get("logical")) or "AND",  # the provider's default
            "Conditions": [
                {
                    "LogicalOperator": _text(condition.get("logical_operator")) or "EQUALS",  # the same
                    "JobName": _text(condition.get("job_name")),
                    "State": _text(condition.get("state")),
                    "CrawlerName": _text(condition.get("crawler_name")),
                    "CrawlState": _text(condition.get("crawl_state")),
                }
                for condition in _blocks(predicate.get("conditions"))
            ],
        },
    }


def _blocks(value: Any) -> list[Mapping[str, Any]]:
    return [block for block in value if isinstance(block, dict)] if isinstance(value, list) else []


def _block(value: Any) -> Mapping[str, Any]:
    return next(iter(_blocks(value)), {})


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _limit(value: Any) -> int | None:
    """The number of runs at a time; None if there is none that Glue takes, which is 1 or more."""
    number = _whole(value)
    return number if number is not None and number >= 1 else None


def _whole(value: Any) -> int | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if is_number and isfinite(value) else None
