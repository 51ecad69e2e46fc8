"""Split a policy document into single grants (who, action, resource, condition).

So a reordered or reformatted policy is not a change. AWS's evaluation (which deny wins, boundaries, organisations) is
not reproduced here.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plan_review.policy_patterns import includes
from plan_review.policy_principals import ALL_BUT as _ALL_BUT
from plan_review.policy_principals import ANY_OF_KIND, EVERYBODY, is_anybodys, is_limit, list_tests
from plan_review.values import parse_json

BUT = "anything but "
_WITH_VARIABLES = "2012-10-17"
_EFFECTS = ("Allow", "Deny")
# of each pair, IAM takes one; the first of them is always there
_PAIRS = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))
_ELEMENTS = frozenset({"Sid", "Effect", "Condition", *(name for pair in _PAIRS for name in pair)})


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
        is_limited: whether the condition excludes anything that matters.
        exactly: the kind of principal and the condition, written so that two that differ are never the same.
    """

    who: str
    effect: str
    action: str
    resource: str
    condition: str = ""
    is_anybodys: bool = False
    is_limited: bool = False
    exactly: tuple[str, str] = ("", "")

    def covers(self, other: Grant) -> bool:
        """Whether this grant includes the other one."""
        return (
            self.who == other.who
            and self.effect == other.effect
            and self.exactly in {(other.exactly[0], ""), other.exactly}
            and _covers(self.action.lower(), other.action.lower())
            and _covers(self.resource, other.resource)
        )

    def may_touch(self, other: Grant) -> bool:
        """Whether an action on a resource may be meant by both grants, whoever does it."""
        if not _may_meet(self.action.lower(), other.action.lower()):
            return False
        # in a resource's own policy, a name that is no ARN is that resource, with all that is in it
        is_own = not all(grant.resource.startswith("arn:") for grant in (self, other))
        return is_own or _may_meet(self.resource, other.resource)


def beyond(grants_there: set[Grant], others: set[Grant]) -> set[Grant]:
    """The grants that none of the others includes."""
    return {grant for grant in grants_there - others if not any(other.covers(grant) for other in others)}


def _may_meet(one: str, other: str) -> bool:
    """Whether two patterns may have something in common."""
    is_uncertain = BUT in one or BUT in other or all(set("*?$") & set(text) for text in (one, other))
    return is_uncertain or _covers(one, other) or _covers(other, one)


def _covers(one: str, other: str) -> bool:
    """Whether all that the other text means is meant by this one; "anything but" covers itself alone."""
    if BUT in one or BUT in other:
        return one == other or not one.strip("*")
    return includes(one, other)


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
    about = [grant for grant in found if grant.action.startswith(BUT) or _covers(grant.action.lower(), action.lower())]
    if needs_leave and not any(grant.effect == "Allow" for grant in about):
        return True
    return any(
        grant.effect == "Deny" and grant.is_anybodys and not grant.condition and not grant.action.startswith(BUT)
        for grant in about
    )


def denies(policy: Any) -> bool:
    """Whether an attribute's policy denies anything, or is not shown."""
    document = policy_document(policy)
    if document is None:
        return True
    return any(grant.effect == "Deny" for grant in grants(document, ""))


def is_readable(text: str) -> bool:
    """Whether IAM would take a policy as one: no name twice, and each statement with its elements and no others."""
    try:
        document = json.loads(text, object_pairs_hook=_without_repetition)
    except ValueError:
        return False
    statements = _as_list(document.get("Statement"))
    return all(isinstance(each, dict) and _is_statement(each) for each in statements)


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is there twice")
    return found


def _is_statement(statement: Mapping[str, Any]) -> bool:
    condition = statement.get("Condition", {})
    return (
        statement.get("Effect") in _EFFECTS
        and bool({"Action", "NotAction"} & statement.keys())
        and not statement.keys() - _ELEMENTS
        and not any(statement.keys() >= set(pair) for pair in _PAIRS)
        and isinstance(condition, dict)
        and all(isinstance(tests, dict) for tests in condition.values())
    )


def _statement_grants(document: Mapping[str, Any], who: str, resource: str | None) -> Iterator[Grant]:
    has_variables = document.get("Version") == _WITH_VARIABLES
    for statement in _as_list(document.get("Statement")):
        if not isinstance(statement, dict):
            continue
        principals = _principals(statement) or [("", who)]
        actions = _either(statement, "Action")
        resources = _either(statement, "Resource") or [resource or "*"]
        effect = "Deny" if statement.get("Effect") == "Deny" else "Allow"
        tests = statement.get("Condition")
        condition = _as_meant(_condition(tests), has_variables)
        limited = any(is_limit(*test) for test in list_tests(tests))
        written = _as_meant(json.dumps(_with_lists(tests), sort_keys=True), has_variables) if tests else ""
        for kind, principal in principals:
            anybody = is_anybodys(principal, actions, tests)
            for action in actions:
                for target in resources:
                    place = _as_meant(_place(target, resource), has_variables)
                    yield Grant(principal, effect, action, place, condition, anybody, limited, (kind, written))


def _as_meant(text: str, has_variables: bool) -> str:
    """Before version 2012-10-17, IAM knows no variables."""
    return text if has_variables or "${" not in text else f"{text} (literally, as the policy is no {_WITH_VARIABLES})"


def _place(target: str, resource: str | None) -> str:
    """A statement's resource; in a resource's own policy, everything is that resource."""
    if resource is None:
        return target
    return resource if target == "*" else f"{resource}, {target}" if target.startswith(BUT) else target


def _principals(statement: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The kind and the name of each principal."""
    if "NotPrincipal" in statement:
        return [("", f"{_ALL_BUT}{json.dumps(statement['NotPrincipal'], sort_keys=True)}")]
    principal = statement.get("Principal")
    if principal is None:
        return []
    kinds = principal if isinstance(principal, dict) else {"AWS": principal}
    named = ((str(kind), str(name)) for kind, names in kinds.items() for name in _as_list(names))
    return sorted((kind, _principal(kind, name)) for kind, name in named)


def _principal(kind: str, name: str) -> str:
    if name != "*":
        return name
    return EVERYBODY if kind in ("AWS", "*") else f"{ANY_OF_KIND}{kind}"


def _either(statement: Mapping[str, Any], key: str) -> list[str]:
    if f"Not{key}" in statement:
        return [f"{BUT}{', '.join(sorted(map(str, _as_list(statement[f'Not{key}']))))}"]
    return [str(entry) for entry in _as_list(statement.get(key))]


def _condition(condition: Any) -> str:
    parts = [
        f"{variable} {operator} {'|'.join(sorted(values))}" for operator, variable, values in list_tests(condition)
    ]
    return " and ".join(parts)


def _with_lists(tests: Any) -> Any:
    """A condition with a list of texts for each key, in order: IAM takes one value and a list of it for the same."""
    if not isinstance(tests, dict):
        return tests
    return {
        operator: {key: sorted(map(_text, _as_list(values))) for key, values in keys.items()}
        if isinstance(keys, dict)
        else keys
        for operator, keys in tests.items()
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def policy_document(value: Any) -> Mapping[str, Any] | None:
    """The policy that an attribute holds as JSON; None for anything else."""
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return None
    parsed = parse_json(value)
    return parsed if isinstance(parsed, dict) and "Statement" in parsed else None


def _as_list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]
