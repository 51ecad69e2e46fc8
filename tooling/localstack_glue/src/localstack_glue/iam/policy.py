"""Policies and their evaluation.

moto's own evaluation is not used: it denies a request if the condition of an Allow does not hold, treats dots in a
pattern as wildcards, and compares the names of actions case-sensitively.
"""

import functools
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from localstack_glue.iam import conditions
from localstack_glue.iam.patterns import Context, matches, matches_resource

IDENTITY_POLICY = "identity-based policy"
_WITH_VARIABLES = "2012-10-17"
_VERSIONS = ("2008-10-17", _WITH_VARIABLES)
_PAIRS = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))
_ELEMENTS = frozenset({"Sid", "Effect", "Condition", *(name for pair in _PAIRS for name in pair)})
_ACTION = re.compile(r"\*|(\*|[A-Za-z0-9.-]+):[^:]*")


class Verdict(StrEnum):
    """The result of a set of policies for a request."""

    ALLOWED = "allowed"
    DENIED_EXPLICITLY = "explicit deny"
    NOT_ALLOWED = "no allow"


@dataclass(frozen=True, slots=True)
class Access:
    """One thing that a call does. `resources` are spellings of one ARN; none at all means that it is not checked."""

    action: str
    resources: tuple[str, ...]
    context: Mapping[str, tuple[str, ...]]

    @property
    def resource(self) -> str:
        """The ARN as an error message names it."""
        return self.resources[0] if self.resources else "*"


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, and the policy that contains it.

    `principals` are those that it leaves out, if `is_not_principal`. `has_variables` is false for a policy before
    version 2012-10-17. With a `problem`, AWS would refuse the policy, and the statement denies everything.
    """

    policy: str
    name: str
    is_deny: bool
    actions: tuple[str, ...]
    is_not_action: bool
    resources: tuple[str, ...]
    is_not_resource: bool
    condition: Mapping[str, Mapping[str, Any]]
    principals: Mapping[str, tuple[str, ...]]
    is_not_principal: bool = False
    has_variables: bool = True
    problem: str = ""

    @property
    def label(self) -> str:
        """Policy and statement, for people."""
        return f"{self.policy}/{self.name}"

    def applies_to(self, access: Access) -> bool:
        """Whether the statement covers this access."""
        return bool(self.matching_actions(access.action)) and self._covers(access) and self.holds(access.context)

    def holds(self, context: Context) -> bool:
        """Whether its condition holds for a request."""
        return conditions.hold(self.condition, context, has_variables=self.has_variables)

    def matching_actions(self, action: str) -> tuple[str, ...]:
        """The patterns that take in an action; with NotAction all of them, if none does."""
        found = tuple(pattern for pattern in self.actions if matches(pattern, action, ignore_case=True))
        if self.is_not_action:
            return () if found else self.actions
        return found

    def _covers(self, access: Access) -> bool:
        if not access.resources:
            # unknown resource: an Allow counts, a Deny only if it covers everything
            return not self.is_deny or ("*" in self.resources) != self.is_not_resource
        variables = access.context if self.has_variables else None
        found = any(
            matches_resource(pattern, resource, variables)
            for pattern in self.resources
            for resource in access.resources
        )
        return found != self.is_not_resource

    @property
    def is_for_everybody(self) -> bool:
        """Whether everybody is among its principals."""
        return self._names_everybody and not self.is_not_principal

    @property
    def _names_everybody(self) -> bool:
        return "*" in (*self.principals.get("*", ()), *self.principals.get("AWS", ()))

    def is_for_service(self, service: str) -> bool:
        """Whether a service is among its principals."""
        is_named = service in self.principals.get("Service", ()) or self._names_everybody
        return is_named != self.is_not_principal


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict, the statement that caused it, and the kind of policy that decided."""

    verdict: Verdict
    statement: Statement | None = None
    kind: str = IDENTITY_POLICY

    @property
    def is_allowed(self) -> bool:
        """Whether the call may go on."""
        return self.verdict is Verdict.ALLOWED


@functools.lru_cache(maxsize=512)
def parse(name: str, document: str) -> tuple[Statement, ...]:
    """Read a policy document. One that AWS would not take becomes a denial of everything that names the problem."""
    try:
        policy = json.loads(document, object_pairs_hook=_without_repetition)
        if not isinstance(policy, dict):
            raise ValueError("it is no object")
        statements = _listed(policy.get("Statement"))
        has_variables = _checked_version(policy) == _WITH_VARIABLES
        return tuple(_statement(name, place, each, has_variables) for place, each in enumerate(statements))
    except ValueError as error:
        return (_refused(name, f"it is no JSON: {error}" if isinstance(error, json.JSONDecodeError) else str(error)),)


def decide(statements: Iterable[Statement], access: Access) -> Decision:
    """Decide an access: any Deny wins, otherwise the first Allow, otherwise it is not allowed."""
    allowing: Statement | None = None
    for statement in statements:
        if allowing is not None and not statement.is_deny:
            continue
        if statement.applies_to(access):
            if statement.is_deny:
                return Decision(Verdict.DENIED_EXPLICITLY, statement)
            allowing = statement
    return Decision(Verdict.ALLOWED, allowing) if allowing else Decision(Verdict.NOT_ALLOWED)


def decide_by_all(kinds: Iterable[tuple[str, Iterable[Statement]]], access: Access) -> Decision:
    """Decide an access that several kinds of policies must allow; the first kind is the one that gives permissions."""
    decisions = [replace(decide(statements, access), kind=kind) for kind, statements in kinds]
    for verdict in (Verdict.DENIED_EXPLICITLY, Verdict.NOT_ALLOWED):
        for decision in decisions:
            if decision.verdict is verdict:
                return decision
    return decisions[0]


def trusts_service(statements: Iterable[Statement], service: str, context: Context) -> bool:
    """Whether a trust policy lets a service assume the role."""
    is_allowed = False
    for statement in statements:
        if not statement.is_for_service(service):
            continue
        if statement.matching_actions("sts:AssumeRole") and statement.holds(context):
            if statement.is_deny:
                return False
            is_allowed = True
    return is_allowed


def _statement(policy: str, place: int, statement: Any, has_variables: bool) -> Statement:
    """Read a statement.

    Raises:
        ValueError: AWS would not take it.
    """
    if problem := _problem(statement):
        raise ValueError(f"statement {place} {problem}")
    principal = statement.get("NotPrincipal", statement.get("Principal")) or {}
    return Statement(
        policy=policy,
        name=statement.get("Sid") or f"#{place}",
        is_deny=statement["Effect"] == "Deny",
        actions=_texts(statement.get("NotAction", statement.get("Action"))),
        is_not_action="NotAction" in statement,
        resources=_texts(statement.get("NotResource", statement.get("Resource"))),
        is_not_resource="NotResource" in statement,
        condition=statement.get("Condition") or {},
        principals={"*": ("*",)} if principal == "*" else {kind: _texts(value) for kind, value in principal.items()},
        is_not_principal="NotPrincipal" in statement,
        has_variables=has_variables,
    )


def _refused(policy: str, problem: str) -> Statement:
    everything = ("*",)
    return Statement(policy, "#0", True, everything, False, everything, False, {}, {"*": everything}, problem=problem)


def _checked_version(policy: Mapping[str, Any]) -> str:
    version = policy.get("Version", _VERSIONS[0])
    if version not in _VERSIONS:
        raise ValueError(f"its version is {version}")
    return str(version)


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name} is there twice")
        found[name] = value
    return found


def _problem(statement: Any) -> str:
    """Why AWS would not take a statement; empty if it would."""
    if not isinstance(statement, dict):
        return "is no object"
    if unknown := sorted(statement.keys() - _ELEMENTS):
        return f"has the unknown element {unknown[0]}"
    if statement.get("Effect") not in ("Allow", "Deny"):
        return "has no Effect that is Allow or Deny"
    for pair in _PAIRS:
        if statement.keys() >= set(pair):
            return f"has both {pair[0]} and {pair[1]}"
    actions = _listed(statement.get("Action", statement.get("NotAction")))
    if not actions:
        return "contains no actions"
    for action in actions:
        if not isinstance(action, str) or _ACTION.fullmatch(action) is None:
            return f"has the action {action}, which is not of the form service:Action"
    principals = [statement[name] for name in ("Principal", "NotPrincipal") if name in statement]
    if not all(each == "*" or isinstance(each, dict) for each in principals):
        return "has a principal that is neither * nor an object"
    resources = _listed(statement.get("Resource", statement.get("NotResource")))
    if not resources and not principals:  # a trust policy has principals and no resources
        return "contains no resources"
    for resource in resources:
        if not isinstance(resource, str):
            return f"has the resource {resource}, which is no text"
    return _problem_of_condition(statement.get("Condition", {}))


def _problem_of_condition(condition: Any) -> str:
    if not isinstance(condition, dict) or not all(isinstance(keys, dict) for keys in condition.values()):
        return "has a Condition that is no object of operators"
    for operator, keys in condition.items():
        if keys and not conditions.is_operator(operator):
            return f"has the unknown condition operator {operator}"
        for key, values in keys.items():
            if not all(isinstance(value, str | bool | int | float) for value in _listed(values)) or values is None:
                return f"compares {key} with what is no text"
    return ""


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in _listed(value))
