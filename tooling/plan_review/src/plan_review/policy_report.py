"""What a policy checker, such as checkov, found in a plan; who runs one hands it in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PolicyFailure:
    """A check that a resource does not pass."""

    check: str
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class PolicyReport:
    """What was found, or why nobody was asked.

    Attributes:
        ran: whether the checks were made.
        passed: checks passed.
        skipped: checks that the configuration skips, with its reason beside them.
        failures: checks not passed, by address.
        note: why they were not made; empty when they were.
    """

    ran: bool
    passed: int = 0
    skipped: int = 0
    failures: tuple[PolicyFailure, ...] = ()
    note: str = ""


def not_run(why: str) -> PolicyReport:
    """A report that says that nothing was checked."""
    return PolicyReport(ran=False, note=why)
