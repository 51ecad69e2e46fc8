"""Policies and their evaluation.

moto's own evaluation is not used: it denies a request if the condition of an Allow does not hold, treats dots in a
pattern as wildcards, and compares the names of actions case-sensitively.
"""

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from localstack_glue.iam import conditions
from localstack_glue.iam.patterns import Context, matches, matches_with


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
    """A statement, and the policy that contains it."""

    policy: str
    name: str
    is_deny: bool
    actions: tuple[str, ...]
    is_not_action: bool
    resources: tuple[str, ...]
    is_not_resource: bool
    condition: Mapping[str, Mapping[str, Any]]
    principals: Mapping[str, tuple[str, ...]]

    @property
    def label(self) -> str:
        """Policy and statement, for people."""
        return f"{self.policy}/{self.name}"

    def applies_to(self, access: Access) -> bool:
        """Whether the statement covers this access."""
        return (
            bool(self.matching_actions(access.action))
            and self._covers(access)
            and conditions.hold(self.condition, access.context)
        )

    def matching_actions(self, action: str) -> tuple[str, ...]:
        """The patterns that take in an action; with NotAction all of them, if none does."""
        found = tuple(pattern for pattern in self.actions if matches(pattern, action, ignore_case=True))
        if self.is_not_action:
            return () if found else self.actions
        return found

    def _covers(self, access: Access) -> bool:
        if not access.resources:
            # unknown resource: an Allow counts, a Deny only if it covers everything
            return not self.is_deny or "*" in self.resources
        found = any(
            matches_with(pattern, resource, access.context)
            for pattern in self.resources
            for resource in access.resources
        )
        return found != self.is_not_resource


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict and the statement that caused it."""

    verdict: Verdict
    statement: Statement | None = None

    @property
    def is_allowed(self) -> bool:
        """Whether the call may go on."""
        return self.verdict is Verdict.ALLOWED


@functools.lru_cache(maxsize=512)
def parse(name: str, document: str) -> tuple[Statement, ...]:
    """Read a policy document."""
    statements = _listed(json.loads(document).get("Statement"))
    return tuple(_statement(name, position, statement) for position, statement in enumerate(statements))


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


def trusts_service(statements: Iterable[Statement], service: str, context: Context) -> bool:
    """Whether a trust policy lets a service assume the role."""
    is_allowed = False
    for statement in statements:
        named = statement.principals.get("Service", ())
        if service not in named and "*" not in statement.principals.get("*", ()):
            continue
        if statement.matching_actions("sts:AssumeRole") and conditions.hold(statement.condition, context):
            if statement.is_deny:
                return False
            is_allowed = True
    return is_allowed


def _statement(policy: str, position: int, statement: Mapping[str, Any]) -> Statement:
    principal = statement.get("Principal") or {}
    return Statement(
        policy=policy,
        name=statement.get("Sid") or f"#{position}",
        is_deny=statement.get("Effect") == "Deny",
        actions=_texts(statement.get("NotAction", statement.get("Action"))),
        is_not_action="NotAction" in statement,
        resources=_texts(statement.get("NotResource", statement.get("Resource"))),
        is_not_resource="NotResource" in statement,
        condition=statement.get("Condition") or {},
        principals={"*": ("*",)} if principal == "*" else {kind: _texts(value) for kind, value in principal.items()},
    )


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in _listed(value))
