"""Turns the short form of a Glue pipeline, as in broken_pipelines.yaml, into a plan that creates it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def cases(name: str) -> list[dict[str, Any]]:
    """The pipelines of a file beside this one."""
    found: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / f"{name}.yaml").read_text("utf-8"))
    return found


def build_plan(case: dict[str, Any]) -> dict[str, Any]:
    """What `terraform show -json` says of a plan that creates a pipeline."""
    resources = [
        *(("aws_glue_job", name, job(name, given)) for name, given in items(case.get("jobs"))),
        *(("aws_glue_crawler", name, {"name": name, **given}) for name, given in items(case.get("crawlers"))),
        *(
            ("aws_glue_workflow", name, {"name": name, "max_concurrent_runs": given.get("runs")})
            for name, given in items(case.get("workflows"))
        ),
        *(("aws_glue_trigger", name, trigger(name, given)) for name, given in items(case.get("triggers"))),
    ]
    return {
        "format_version": "1.2",
        "terraform_version": "1.15.5",
        "resource_changes": [
            {
                "address": f"{kind}.{name}",
                "mode": "managed",
                "type": kind,
                "name": name,
                "provider_name": "registry.terraform.io/hashicorp/aws",
                "change": {"actions": ["create"], "before": None, "after": after, "after_unknown": {"id": True}},
            }
            for kind, name, after in resources
        ],
    }


def items(given: Any) -> list[tuple[str, dict[str, Any]]]:
    """Names with their attributes; a list has none."""
    return list(given.items()) if isinstance(given, dict) else [(name, {}) for name in given or ()]


def job(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """The attributes of a job."""
    return {
        "name": name,
        "glue_version": given.get("version", "5.1"),
        "timeout": given.get("timeout", 2880),
        "command": [{"name": given.get("command", "glueetl"), "script_location": "s3://code/job.py"}],
        "job_run_queuing_enabled": given.get("queued", False),
        "execution_property": [{"max_concurrent_runs": given["runs"]}] if "runs" in given else [],
    }


def trigger(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """The attributes of a trigger."""
    conditions = [condition(each) for each in given.get("after", ())] or given.get("conditions")
    kind = given.get("type") or ("CONDITIONAL" if conditions else "SCHEDULED")
    return {
        "name": name,
        "type": kind,
        "schedule": given.get("at"),
        "workflow_name": given.get("in"),
        "enabled": not given.get("paused", False),
        "start_on_creation": given.get("start_on_creation"),
        "actions": [each if isinstance(each, dict) else action(each) for each in given["starts"]],
        "predicate": [
            {
                "logical": "ANY" if given.get("any") else "AND",
                "conditions": [{"logical_operator": "EQUALS", **each} for each in conditions],
            }
        ]
        if conditions
        else [],
    }


def action(words: str) -> dict[str, Any]:
    """`job load` or `crawler feed`."""
    kind, name = words.split()
    return {f"{kind}_name": name}


def condition(words: str) -> dict[str, Any]:
    """`job load SUCCEEDED` or `crawler feed FAILED`."""
    kind, name, state = words.split()
    return {f"{kind}_name": name, "state" if kind == "job" else "crawl_state": state}
