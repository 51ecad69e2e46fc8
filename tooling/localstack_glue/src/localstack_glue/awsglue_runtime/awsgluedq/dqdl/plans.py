"""Plans of rules: what to query, and how to judge the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .model import AnyRule, Rule


@dataclass(frozen=True)
class Verdict:
    """Whether a rule passes, why not, and its metrics."""

    is_passed: bool
    reason: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """The outcome of a rule."""

    rule: AnyRule
    verdict: Verdict
    row_test: str | None = None  # SQL over a row of the primary table; None if rows are not judged


Judge = Callable[[Sequence[Any]], Verdict]


@dataclass(frozen=True)
class Plan:
    """The plan of one rule.

    Attributes:
        rule: the rule.
        judge: takes the result, one value for each aggregate.
        aggregates: over the rows of the primary table that `where` keeps; queried together with those of other rules.
        query: run for this rule alone, instead of aggregates.
        row_test: see Outcome.
    """

    rule: Rule
    judge: Judge
    aggregates: tuple[str, ...] = ()
    query: str | None = None
    row_test: str | None = None


def known(verdict: Verdict) -> Judge:
    """The plan of a rule that needs no query."""
    return lambda _: verdict


def unmet(value: Any, metrics: Mapping[str, float]) -> Verdict:
    """The verdict on a value that does not satisfy the condition."""
    shown = "NULL" if value is None else str(value)
    return Verdict(False, f"Value: {shown} does not meet the constraint requirement!", metrics)


def empty(rule: Rule, metric: str = "") -> Verdict:
    """The verdict if there was nothing to measure: as in Deequ, only a rule with `where` passes then."""
    if rule.where is not None:
        return Verdict(True)
    return Verdict(False, f"Empty state for analyzer {metric or rule.type}, all input values were NULL.")
