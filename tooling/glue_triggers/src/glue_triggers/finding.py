"""A problem of a pipeline, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    ERROR = "error"  # AWS refuses it, or it never runs
    WARNING = "warning"  # it does not run as its definition suggests
    NOTE = "note"  # worth knowing


LEVELS = (Level.ERROR, Level.WARNING, Level.NOTE)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that will not run as its definition suggests.

    Attributes:
        rule: a short name of the kind of mistake.
        level: how bad it is.
        address: the trigger, job, crawler or workflow.
        sentence: what is wrong.
        remedy: what to do.
    """

    rule: str
    level: Level
    address: str
    sentence: str
    remedy: str


def worst_first(finding: Finding) -> tuple[int, str, str]:
    """The sort key of findings: the worst first, then by address."""
    return LEVELS.index(finding.level), finding.address, finding.rule
