"""The rules of a column, each as an Arrow function under its name in contracts and reasons.

A function returns for which texts a rule holds; null is neither true nor false and counts as broken. A missing text
breaks only ``required``: the other rules apply to texts that are present, and bounds to texts that represent a value.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import pyarrow as pa
import pyarrow.compute as pc

from etl_job.contract.column_types import FRACTION_DIGITS
from etl_job.contract.columns import NUMERIC, Column
from etl_job.contract.rule_kinds import FUTURE
from etl_job.judging.values import day_of_second, read_values
from etl_job.reading.kernels import either, without_empty

_BOUND = pa.decimal128(38, FRACTION_DIGITS)
_UNIT = Decimal(1).scaleb(-FRACTION_DIGITS)


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a column, null where there is none, and their values, null where a text has none.

    ``latest_day`` is the last day that an event can have.
    """

    column: Column
    text: pa.StringArray
    values: pa.Array
    latest_day: date | None


@dataclass(frozen=True, slots=True)
class JudgedColumn:
    """The broken rules of each text by bit (None if no text breaks any), and the values."""

    broken: pa.Int64Array | None
    values: pa.Array


HOLDS: Mapping[str, Callable[[Texts], pa.BooleanArray]] = {
    "required": lambda of: pc.is_valid(of.text),
    "minLength": lambda of: pc.greater_equal(pc.utf8_length(of.text), of.column.rules.min_length),
    "maxLength": lambda of: pc.less_equal(pc.utf8_length(of.text), of.column.rules.max_length),
    "pattern": lambda of: pc.match_substring_regex(of.text, of.column.rules.pattern),
    "enum": lambda of: pc.is_in(of.text, value_set=pa.array(of.column.rules.enum, pa.string())),
    "format": lambda of: pc.is_valid(of.values),
    "minimum": lambda of: _or_no_value(of, pc.greater_equal, _bound(of.column.rules.minimum, ROUND_CEILING)),
    "maximum": lambda of: _or_no_value(of, pc.less_equal, _bound(of.column.rules.maximum, ROUND_FLOOR)),
    FUTURE: lambda of: _or_no_value(of, pc.less_equal, pa.scalar(of.latest_day, pa.date32())),
}
_SAMPLE = 4_096


def judge_column(
    column: Column, bits: Mapping[str, int], texts: pa.StringArray, latest_day: date | None = None
) -> JudgedColumn:
    """Judge texts, of which empty ones are missing, by the rules in ``bits``, each with its bit."""
    sample = texts.slice(0, _SAMPLE)
    if len(pc.unique(sample)) * 2 > len(sample):
        return _judge_each(column, bits, texts, latest_day)
    distinct = pc.fill_null(texts, "").dictionary_encode()
    judged = _judge_each(column, bits, distinct.dictionary, latest_day)
    broken = None if judged.broken is None else judged.broken.take(distinct.indices)
    return JudgedColumn(broken, judged.values.take(distinct.indices))


def _judge_each(
    column: Column, bits: Mapping[str, int], texts: pa.StringArray, latest_day: date | None
) -> JudgedColumn:
    text = without_empty(texts)
    of = Texts(column, text, read_values(column, text), latest_day)
    broken: pa.Int64Array | None = None
    for name, bit in bits.items():
        holds = pc.fill_null(HOLDS[name](of), False)
        if name != "required" and text.null_count:
            holds = pc.or_(holds, pc.is_null(text))
        broken = with_bit(broken, holds, bit)
    return JudgedColumn(broken, of.values)


def with_bit(broken: pa.Int64Array | None, holds: pa.BooleanArray, bit: int) -> pa.Int64Array | None:
    """The bits, with one more set for each row that breaks a rule."""
    if pc.all(holds).as_py() is not False:
        return broken
    found = pc.if_else(holds, pa.scalar(0, pa.int64()), pa.scalar(1 << bit, pa.int64()))
    return either(broken, found, pc.bit_wise_or)


def _or_no_value(of: Texts, compare: Callable[[pa.Array, pa.Scalar], pa.BooleanArray], bound: pa.Scalar) -> pa.Array:
    values = of.values
    if of.column.logical_type == "timestamp":
        values = day_of_second(values)
    elif of.column.logical_type in NUMERIC:
        values = values.cast(_BOUND)
    return pc.or_kleene(pc.is_null(of.values), compare(values, bound))


def _bound(bound: date | Decimal | None, rounding: str) -> pa.Scalar:
    """A bound in a form that can be compared with values: no value lies between it and the contract's bound."""
    if isinstance(bound, Decimal):
        return pa.scalar(bound.quantize(_UNIT, rounding=rounding), _BOUND)
    return pa.scalar(bound, pa.date32())
