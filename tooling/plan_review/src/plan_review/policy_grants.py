"""Split a policy document into single grants (who, action, resource, condition).

So a reordered or reformatted policy is not a change. AWS's evaluation (which deny wins, boundaries, organisations) is
not reproduced here.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from plan_review.policy_principals import ALL_BUT as _ALL_BUT
from plan_review.policy_principals import EVERYBODY, is_anybodys, list_tests
from plan_review.values import parse_json

_BUT = "anything but "


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One thing that a policy allows or denies.

    Attributes:
        who: the principal.
        effect: Allow or Deny.
        action: one action, wildcards as written; "anything but ..." for NotAction.
        resource: one resource; "anything but ..." for NotResource.
        condition: the statement's condition as text; empty without one.
        is_anybodys: whether everybody matches the statement's principal.
    """

    who: str
    effect: str
    action: str
    resource: str
    condition: str = ""
    is_anybodys: bool = False

    def covers(self, other: Grant) -> bool:
        """Whether this grant includes the other one."""
        return (
            self.who == other.who
            and self.effect == other.effect
            and self.condition in {"", other.condition}
            and _covers(self.action.lower(), other.action.lower())
            and _covers(self.resource, other.resource)
        )


def _covers(one: str, other: str) -> bool:
    """Whether all that the other text means is meant by this one; "anything but" covers itself alone."""
    if one.startswith(_BUT):
        return one == other
    return fnmatchcase(other, _pattern(one))


def grants(document: Mapping[str, Any], who: str, resource: str | None = None) -> frozenset[Grant]:
    """The single grants of a policy document.

    Args:
        document: the policy.
        who: whom an identity policy belongs to; the owner is not a principal where the statement names its own.
        resource: the policy's own resource, for statements without a resource (trust policies) or with "*".
    """
    return frozenset(_statement_grants(document, who, resource))


def is_locked(found: Collection[Grant], action: str, *, needs_leave: bool) -> bool:
    """Whether nobody may do something under any circumstances.

    Args:
        found: the grants of a resource's policy.
        action: the action.
        needs_leave: whether only this policy can allow it, as with a key.
    """
    about = [grant for grant in found if grant.action.startswith(_BUT) or _covers(grant.action.lower(), action.lower())]
    if needs_leave and not any(grant.effect == "Allow" for grant in about):
        return True
    return any(
        grant.effect == "Deny" and grant.is_anybodys and not grant.condition and not grant.action.startswith(_BUT)
        for grant in about
    )


def is_readable(document: Mapping[str, Any]) -> bool:
    """Whether each statement names its actions."""
    statements = _as_list(document.get("Statement"))
    return all(isinstance(each, dict) and {"Action", "NotAction"} & each.keys() for each in statements)


def _statement_grants(document: Mapping[str, Any], who: str, resource: str | None) -> Iterator[Grant]:
    for statement in _as_list(document.get("Statement")):
        if not isinstance(statement, dict):
            continue
        principals = _principals(statement) or [who]
        actions = _either(statement, "Action")
        resources = _either(statement, "Resource") or [resource or "*"]
        effect = "Deny" if statement.get("Effect") == "Deny" else "Allow"
        tests = statement.get("Condition")
        condition = _condition(tests)
        for principal in principals:
            anybody = is_anybodys(principal, actions, tests)
            for action in actions:
                for target in resources:
                    place = resource if resource is not None and target == "*" else target
                    yield Grant(principal, effect, action, place, condition, anybody)


def _principals(statement: Mapping[str, Any]) -> list[str]:
    if "NotPrincipal" in statement:
        return [f"{_ALL_BUT}{json.dumps(statement['NotPrincipal'], sort_keys=True)}"]
    principal = statement.get("Principal")
    if principal is None:
        return []
    kinds = principal.values() if isinstance(principal, dict) else [principal]
    names = (name for kind in kinds for name in map(str, _as_list(kind)))
    return sorted(EVERYBODY if name == "*" else name for name in names)


def _either(statement: Mapping[str, Any], key: str) -> list[str]:
    if f"Not{key}" in statement:
        return [f"{_BUT}{', '.join(sorted(map(str, _as_list(statement[f'Not{key}']))))}"]
    return [str(entry) for entry in _as_list(statement.get(key))]


def _condition(condition: Any) -> str:
    if not isinstance(condition, dict):
        return ""
    parts = [
        f"{variable} {operator} {'|'.join(sorted(values))}" for operator, variable, values in list_tests(condition)
    ]
    return " and ".join(parts)


def policy_document(value: Any) -> Mapping[str, Any] | None:
    """The policy that an attribute holds as JSON; None for anything else."""
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return None
    parsed = parse_json(value)
    return parsed if isinstance(parsed, dict) and "Statement" in parsed else None


def _as_list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _pattern(text: str) -> str:
    # IAM knows * and ? only; a bracket is a bracket
    return text.replace("[", "[[]")
