"""What the pipeline's roles may do by a plan, judged by the rules of IAM that the Glue service applies."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.terraform.plan_time_aws import ACCOUNT

# the Glue service lives in an environment of its own; its rules of IAM need the standard library alone
SERVICE = Path(__file__).resolve().parents[2] / "tooling" / "localstack_glue" / "src"
if str(SERVICE) not in sys.path:
    sys.path.append(str(SERVICE))

from localstack_glue.iam.policy import Access, Statement, decide, parse  # noqa: E402

SAMPLE = "anything"


def role_policies(plan: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The documents of every policy, by the name of its role and its own; those of who deploys are not among them."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for change in plan["resource_changes"]:
        after = change["change"]["after"]
        if change["type"] != "aws_iam_role_policy" or after is None or "module.deployer" in change["address"]:
            continue
        # the state was made in another account
        document = json.loads(after["policy"].replace("000000000000", ACCOUNT))
        found.setdefault(after["role"], {})[after["name"]] = document
    return found


def all_statements(policies: Mapping[str, Mapping[str, Any]]) -> tuple[Statement, ...]:
    """All statements of a role's policies."""
    return tuple(each for name, document in policies.items() for each in parse(name, json.dumps(document)))


def is_allowed(statements: tuple[Statement, ...], action: str, resource: str, **context: str) -> bool:
    """Whether a role with these statements may do that; ``context`` has the keys of conditions, with _ for :."""
    given = {key.replace("_", ":", 1): (value,) for key, value in context.items()}
    return decide(statements, Access(action, (resource,), given)).is_allowed


def example_accesses(statement: Statement) -> Iterator[Access]:
    """An example of each thing that a statement allows: every action, on every resource, under every condition."""
    contexts: list[dict[str, tuple[str, ...]]] = [{}]
    for keys in statement.condition.values():
        for key, values in keys.items():
            wanted = values if isinstance(values, list) else [values]
            contexts = [c | {key.lower(): (v.replace("*", SAMPLE),)} for c in contexts for v in wanted]
    for action in statement.actions:
        for resource in statement.resources:
            for context in contexts:
                yield Access(action, (resource.replace("*", SAMPLE),), context)
