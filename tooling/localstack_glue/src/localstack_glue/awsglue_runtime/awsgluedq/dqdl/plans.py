"""How a rule is answered: what is asked of the data, and what follows from the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .model import AnyRule, Rule


@dataclass(frozen=True)
class Verdict:
    """Whether a rule holds, why not, and what was measured."""

    is_passed: bool
    reason: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of a rule."""

    rule: AnyRule
    verdict: Verdict
    row_test: str | None = None  # SQL over a row of the primary table; None where rows are not judged


Judge = Callable[[Sequence[Any]], Verdict]


@dataclass(frozen=True)
class Plan:
    """What is asked for one rule.

    Attributes:
        rule: the rule.
        judge: takes the answer, one value for each aggregate.
        aggregates: over the rows of the primary table that `where` keeps; asked together with those of other rules.
        query: asked for this rule alone, instead of aggregates.
        row_test: see Outcome.
    """

    rule: Rule
    judge: Judge
    aggregates: tuple[str, ...] = ()
    query: str | None = None
    row_test: str | None = None


def known(verdict: Verdict) -> Judge:
    """Of a rule that asks nothing of the rows."""
    return lambda _: verdict


def unmet(value: Any, metrics: Mapping[str, float]) -> Verdict:
    """A value that is not what the rule wants."""
    shown = "NULL" if value is None else str(value)
    return Verdict(False, f"Value: {shown} does not meet the constraint requirement!", metrics)


def empty(metric: str) -> Verdict:
    """There was nothing to measure."""
    return Verdict(False, f"Empty state for analyzer {metric}, all input values were NULL.")
