"""The Glue jobs, crawlers, triggers and workflows of a plan, as they will be after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from glue_triggers.pipeline import Crawler, Job, Pipeline, Trigger, Workflow
from glue_triggers.rules import TriggerType
from plan_review.model import Action, Plan, ResourceChange
from plan_review.values import Marker

_UNREAD = "It cannot be judged: {what} is not known before the apply."


def glue_pipeline(plan: Plan, median_min: float | None = None) -> Pipeline:
    """What Glue will have when the plan is applied.

    Args:
        plan: the plan.
        median_min: minutes of a usual run, where they were measured.
    """
    kept = [change for change in plan.resources if change.after]
    unread: list[tuple[str, str]] = []
    return Pipeline(
        jobs=tuple(_job(change, median_min) for change in _of(kept, "aws_glue_job", unread)),
        crawlers=tuple(
            Crawler(change.after["name"], change.address, _text(change.after.get("schedule")))
            for change in _of(kept, "aws_glue_crawler", unread)
        ),
        triggers=tuple(_triggers(kept, unread)),
        workflows=tuple(
            Workflow(change.after["name"], change.address, _whole(change.after.get("max_concurrent_runs")))
            for change in _of(kept, "aws_glue_workflow", unread)
        ),
        unread=tuple(unread),
    )


def _of(changes: list[ResourceChange], kind: str, unread: list[tuple[str, str]]) -> Iterator[ResourceChange]:
    """The resources of a type whose names are known."""
    for change in changes:
        if change.type != kind:
            continue
        if _text(change.after.get("name")):
            yield change
        else:
            unread.append((change.address, _UNREAD.format(what="its name")))


def _job(change: ResourceChange, median_min: float | None) -> Job:
    attributes = change.after
    properties, command = _block(attributes.get("execution_property")), _block(attributes.get("command"))
    return Job(
        name=attributes["name"],
        address=change.address,
        max_concurrent_runs=_whole(properties.get("max_concurrent_runs")) or 1,
        timeout_min=_whole(attributes.get("timeout")),
        median_min=median_min,
        glue_version=_text(attributes.get("glue_version")),
        command=_text(command.get("name")) or "glueetl",
    )


def _triggers(changes: list[ResourceChange], unread: list[tuple[str, str]]) -> Iterator[Trigger]:
    for change in _of(changes, "aws_glue_trigger", unread):
        unknown = next(_unknown(change.after), "")
        if unknown:
            unread.append((change.address, _UNREAD.format(what=unknown)))
            continue
        is_enabled = change.after.get("enabled") is not False
        trigger = Trigger.from_request(_request(change.after), change.address, is_active=is_enabled)
        is_made = change.action is Action.CREATE or change.action.replaces
        # the provider starts an enabled one: hashicorp/terraform-provider-aws, pull request 17488
        starts = is_made and is_enabled and trigger.type is TriggerType.ON_DEMAND and trigger.refusal is None
        yield replace(trigger, starts_when_made=starts)


def _unknown(attributes: Mapping[str, Any]) -> Iterator[str]:
    """What of a trigger matters and is not known yet."""
    names = [attributes.get(name) for name in ("type", "schedule", "workflow_name")]
    if any(isinstance(value, Marker) for value in (*names, attributes.get("actions"), attributes.get("predicate"))):
        yield "a part of it"
    blocks = [*_blocks(attributes.get("actions"))]
    for predicate in _blocks(attributes.get("predicate")):
        blocks += _blocks(predicate.get("conditions"))
    for block in blocks:
        for name in ("job_name", "crawler_name"):
            if isinstance(block.get(name), Marker):
                yield f"which {name.removesuffix('_name')} it names"


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


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
