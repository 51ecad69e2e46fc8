"""The findings of a policy checker, such as checkov, which the caller runs."""

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
    """The findings, or why no checker was run.

    Attributes:
        ran: whether the checks were run.
        passed: checks passed.
        skipped: checks that the configuration skips, with the reason.
        failures: checks not passed, by address.
        note: why they were not run; empty if they were.
    """

    ran: bool
    passed: int = 0
    skipped: int = 0
    failures: tuple[PolicyFailure, ...] = ()
    note: str = ""


def not_run(why: str) -> PolicyReport:
    """A report that states that nothing was checked, and why: an option, or a clause."""
    return PolicyReport(ran=False, note=why)
