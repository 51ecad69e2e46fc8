"""The accesses and refusals of roles: a test can show that a role has what it needs, and uses what it has."""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from localstack_glue.iam.policy import Access, Statement, decide

MAX_DENIALS = 500
MAX_ACCESSES = 5000  # of different ones, for each role
SHOWN_ACCESSES = 5


@dataclass
class _Account:
    allowed: Counter[str] = field(default_factory=Counter)
    denied: Counter[str] = field(default_factory=Counter)
    # (policy, statement, its action's pattern): how often that pattern let a call through
    used: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    denials: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    # one allowed access of each kind, to be decided again without a statement
    accesses: dict[tuple[str, str], Access] = field(default_factory=dict)


class Ledger:
    """Counts by role."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: dict[str, _Account] = {}

    def allow(self, role_arn: str, action: str, statements: Iterable[Statement]) -> None:
        """Count an allowed call, once for each statement that it needed."""
        with self._lock:
            account = self._accounts.setdefault(role_arn, _Account())
            account.allowed[action] += 1
            used = {
                (statement.policy, statement.name, pattern)
                for statement in statements
                for pattern in statement.matching_actions(action)
            }
            account.used.update(used)

    def remember(self, role_arn: str, accesses: Iterable[Access]) -> None:
        """Keep an allowed access, one entry for each action and resource."""
        with self._lock:
            kept = self._accounts.setdefault(role_arn, _Account()).accesses
            for access in accesses:
                if len(kept) < MAX_ACCESSES:
                    kept.setdefault((access.action, access.resource), access)

    def deny(self, role_arn: str, action: str, messages: Mapping[str, str]) -> None:
        """Count a call that was refused; `messages` are by resource."""
        with self._lock:
            account = self._accounts.setdefault(role_arn, _Account())
            account.denied[action] += 1
            for resource, message in messages.items():
                _, count = account.denials.get((action, resource), ("", 0))
                if count or len(account.denials) < MAX_DENIALS:
                    account.denials[action, resource] = (message, count + 1)

    def clear(self) -> None:
        """Forget all counts."""
        with self._lock:
            self._accounts.clear()

    @property
    def roles(self) -> list[str]:
        """The roles that called."""
        with self._lock:
            return list(self._accounts)

    def describe(self, role_arn: str, granted: tuple[Statement, ...]) -> dict[str, Any]:
        """Describe the accesses of a role, and how often each action of its current statements was used."""
        with self._lock:
            account = self._accounts.get(role_arn, _Account())
            calls = list(account.accesses.values())
            return {
                "calls": [
                    {"action": action, "allowed": account.allowed[action], "denied": account.denied[action]}
                    for action in sorted({*account.allowed, *account.denied})
                ],
                "statements": [
                    {
                        "policy": statement.policy,
                        "statement": statement.name,
                        "effect": "Deny" if statement.is_deny else "Allow",
                        "actions": {
                            pattern: account.used[statement.policy, statement.name, pattern]
                            for pattern in statement.actions
                        },
                        "without_it": _refused_without(statement, granted, calls),
                    }
                    for statement in granted
                ],
                "denials": [
                    {"action": action, "resource": resource, "message": message, "count": count}
                    for (action, resource), (message, count) in account.denials.items()
                ],
            }


def _refused_without(statement: Statement, granted: tuple[Statement, ...], calls: list[Access]) -> dict[str, Any]:
    """Decide all that a role did once more, with a statement left out: how much would be refused, and examples."""
    others = [other for other in granted if other is not statement]
    refused = [access for access in calls if not decide(others, access).is_allowed]
    shown = [{"action": access.action, "resource": access.resource} for access in refused[:SHOWN_ACCESSES]]
    return {"refused": len(refused), "examples": shown}
