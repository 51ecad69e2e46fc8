"""The contract's rules as Spark expressions over text.

A rule is broken unless it plainly holds: an expression that comes out null counts as broken. A missing value breaks
only ``required``; the other rules speak of values that are there.

What a text of each type stands for is in values.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812

from etl_job.columns import Column as ContractColumn
from etl_job.contract import (
    CONFLICT,
    ENCODING,
    EVENT_TIME,
    FIELD_COUNT,
    FUTURE,
    ConflictPolicy,
    Contract,
    with_default_bounds,
)
from etl_job.event_time import event_takes_place
from etl_job.free_rules import expression_of, refuse_unreadable_patterns
from etl_job.schemas import BROKEN, DECODABLE, LATEST_DAY, WELL_FORMED, parsed_column, value_column
from etl_job.values import day_of_second, is_readable


@dataclass(frozen=True)
class Rule:
    """What must hold of a row; ``name`` is ``<column>.<rule>`` and appears in quarantine and manifest."""

    name: str
    holds: Column


def rules_of(contract: Contract) -> tuple[Rule, ...]:
    """Every rule that sends a row into quarantine. Raises ContractError for one that Spark does not take."""
    refuse_unreadable_patterns(contract)
    rules = [Rule(FIELD_COUNT, F.col(WELL_FORMED)), Rule(ENCODING, F.col(DECODABLE))]
    for column in contract.columns:
        rules += _rules_of_column(column if column is not contract.event_column else with_default_bounds(column))
        if column is contract.event_column and column.rules.maximum is None:
            rules.append(_not_in_the_future(column))
    if contract.has_zone_of_its_own:
        rules.append(Rule(EVENT_TIME, event_takes_place(contract)))
    rules += _free_rules(contract, "error")
    if contract.conflicts is ConflictPolicy.QUARANTINE_BOTH:
        rules.append(Rule(CONFLICT, F.lit(True)))  # found broken when rows meet, see staging.settle
    return tuple(rules)


def warnings_of(contract: Contract) -> tuple[Rule, ...]:
    """Every rule that is only counted. Raises ContractError as ``rules_of`` does."""
    return tuple(_free_rules(contract, "warning"))


def _free_rules(contract: Contract, severity: str) -> list[Rule]:
    return [
        Rule(f"row.{rule.name}", expression_of(rule, contract))
        for rule in contract.quality
        if rule.severity == severity
    ]


def _not_in_the_future(column: ContractColumn) -> Rule:
    """No event takes place after it was delivered: one wild date would make a calendar of years without events."""
    in_time = _comparable(column) <= F.col(LATEST_DAY)
    return Rule(f"{column.name}.{FUTURE}", F.col(parsed_column(column.name)).isNull() | in_time)


def _rules_of_column(column: ContractColumn) -> list[Rule]:
    text = F.col(value_column(column.name))
    rules: list[Rule] = []
    if column.required:
        rules.append(Rule(f"{column.name}.required", text.isNotNull()))

    def add(name: str, holds: Column) -> None:
        rules.append(Rule(f"{column.name}.{name}", text.isNull() | holds))

    wanted = column.rules
    if wanted.min_length is not None:
        add("minLength", F.length(text) >= wanted.min_length)
    if wanted.max_length is not None:
        add("maxLength", F.length(text) <= wanted.max_length)
    if wanted.pattern is not None:
        add("pattern", text.rlike(wanted.pattern))
    if wanted.enum is not None:
        add("enum", text.isin(*wanted.enum))
    readable = is_readable(column)
    if readable is None:
        return rules
    add("format", readable)
    for name, bound in (("minimum", wanted.minimum), ("maximum", wanted.maximum)):
        if bound is not None:
            value = _comparable(column)
            in_range = value >= F.lit(bound) if name == "minimum" else value <= F.lit(bound)
            rules.append(Rule(f"{column.name}.{name}", F.col(parsed_column(column.name)).isNull() | in_range))
    return rules


def _comparable(column: ContractColumn) -> Column:
    parsed = F.col(parsed_column(column.name))
    return day_of_second(parsed) if column.logical_type == "timestamp" else parsed


def broken_rules(rules: Sequence[Rule], name: str = BROKEN) -> Column:
    """One bit per rule, set where it is broken; 0 for a row that breaks none."""
    if not rules:
        return F.lit(0).cast("long").alias(name)
    bits = (
        F.when(F.coalesce(rule.holds, F.lit(False)), F.lit(0)).otherwise(F.lit(1 << bit)).cast("long")
        for bit, rule in enumerate(rules)
    )
    return reduce(lambda left, right: left.bitwiseOR(right), bits).alias(name)


def is_broken(bit: int, name: str = BROKEN) -> Column:
    """Whether the rule of this number is broken, given the bits."""
    return F.col(name).bitwiseAND(F.lit(1 << bit).cast("long")) != 0


def names_of_broken(rules: Sequence[Rule]) -> Column:
    """The names of the broken rules, given the bits."""
    named = (F.when(is_broken(bit), F.lit(rule.name)) for bit, rule in enumerate(rules))
    return F.array_compact(F.array(*named))
