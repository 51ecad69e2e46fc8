"""What texts of a column stand for, in Arrow kernels: for those that plainly keep all rules of the column.

The judge of all texts is rules.py. This one may only say yes where that says yes, and then gives the same value; what
it does not say yes to, is left to the other. So it knows no reasons, and of the forms that a value may have only those
that are quick to read. The two are compared text by text in tests/unit/etl_job/test_arrow_values.py.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from etl_job.columns import NUMERIC
from etl_job.columns import Column as ContractColumn
from etl_job.layouts import Layout
from etl_job.schemas import EXACT_DIGITS, FRACTION_DIGITS, INTEGER_DIGITS

DAY_SECONDS = 86_400
NUMBER = pa.decimal128(INTEGER_DIGITS + FRACTION_DIGITS, FRACTION_DIGITS)
_EXACT = pa.decimal128(INTEGER_DIGITS + EXACT_DIGITS, EXACT_DIGITS)
_SAMPLE = 4_096
# What Java's regular expressions (Spark's) and RE2 (Arrow's) read alike: no dot, no \s, no flags, no look-around.
_LITERAL = r"[A-Za-z0-9 _@#%=<>!~\"',;:/]"
_ESCAPED = r"\\[-.^$|?*+()\[\]{}\\/]|\\[dw]"
_IN_CLASS = rf"(?:{_LITERAL}|[.$|?*+(){{}}]|{_ESCAPED})"
_RANGE = "[A-Za-z0-9]-[A-Za-z0-9]"
_ALIKE = re.compile(
    rf"(?:\^|\$|\||\(\?:|\(|(?:{_LITERAL}|-|{_ESCAPED}|\[\^?-?(?:{_RANGE}|{_IN_CLASS})+-?\]|\))"
    r"(?:[?*+]|\{[0-9]+(?:,[0-9]*)?\})?)*"
)


@dataclass(frozen=True, slots=True)
class ReadColumn:
    """``holds`` is true for texts that plainly keep the column's rules.

    ``values`` are what they stand for, null or nonsense for others: dates, seconds since 1970 of timestamps, seconds
    since midnight of times of day, decimals of numbers; the texts themselves of all else.
    """

    holds: pa.BooleanArray
    values: pa.Array


def can_read(column: ContractColumn) -> bool:
    """Whether some texts of this column can be told to be right here, which must be most of those that are."""
    rules, kind = column.rules, column.logical_type
    if rules.pattern is not None and not _is_read_alike(rules.pattern):
        return False
    if rules.time_zone not in (None, "UTC"):
        return False
    if rules.layouts and not _is_read(rules.layouts[0]):
        return False
    bounds = [bound for bound in (rules.minimum, rules.maximum) if bound is not None]
    return kind not in NUMERIC or all(isinstance(bound, Decimal) and _is_a_value(bound) for bound in bounds)


def read_column(column: ContractColumn, texts: pa.StringArray, latest_day: date | None = None) -> ReadColumn:
    """Judge the texts of a column that ``can_read`` takes; an empty text is a missing one.

    ``latest_day`` is the last day that an event can have, for the column of the event time.
    """
    if not _repeats(texts):
        return _read_each(column, texts, latest_day)
    distinct = texts.dictionary_encode()
    read = _read_each(column, distinct.dictionary, latest_day)
    return ReadColumn(read.holds.take(distinct.indices), read.values.take(distinct.indices))


def without(texts: pa.StringArray, missing: Sequence[str]) -> pa.StringArray:
    """The texts, empty where they are among those that stand for no value."""
    if not missing:
        return texts
    return pc.if_else(pc.is_in(texts, value_set=pa.array(missing, pa.string())), "", texts)


def _repeats(texts: pa.StringArray) -> bool:
    sample = texts.slice(0, _SAMPLE)
    return len(pc.unique(sample)) * 2 <= len(sample)


def _read_each(column: ContractColumn, texts: pa.StringArray, latest_day: date | None) -> ReadColumn:
    rules, kind = column.rules, column.logical_type
    text = pc.if_else(pc.equal(pc.binary_length(texts), 0), pa.scalar(None, pa.string()), texts)
    values: pa.Array = text
    holds = [pc.is_valid(text)]
    if rules.min_length is not None:
        holds.append(pc.greater_equal(pc.utf8_length(text), rules.min_length))
    if rules.max_length is not None:
        holds.append(pc.less_equal(pc.utf8_length(text), rules.max_length))
    if rules.pattern is not None:
        holds.append(pc.match_substring_regex(text, rules.pattern))
    if rules.enum is not None:
        holds.append(pc.is_in(text, value_set=pa.array(rules.enum, pa.string())))
    if kind == "boolean":
        holds.append(pc.match_substring_regex(text, "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"))
    elif kind in NUMERIC:
        values = _numbers(column, text)
    elif rules.layouts:
        values = _by_layout(rules.layouts, text, _READERS[kind])
    if kind in NUMERIC or rules.layouts:
        holds.append(pc.is_valid(values))
    compared = _days_of_seconds(values) if kind == "timestamp" else values
    for bound, is_kept in ((rules.minimum, pc.greater_equal), (rules.maximum, pc.less_equal), (latest_day, _is_until)):
        if bound is not None:
            holds.append(is_kept(compared, pa.scalar(bound, compared.type)))
    # A missing value breaks no rule but that there must be one.
    return ReadColumn(
        pc.fill_null(reduce(pc.and_, holds), False) if column.required else _or_missing(text, holds), values
    )


def _or_missing(text: pa.StringArray, holds: list[pa.BooleanArray]) -> pa.BooleanArray:
    return pc.or_(pc.is_null(text), pc.fill_null(reduce(pc.and_, holds), False))


def _is_until(days: pa.Array, latest: pa.Scalar) -> pa.BooleanArray:
    return pc.less_equal(days, latest)


def _is_read_alike(pattern: str) -> bool:
    if not _ALIKE.fullmatch(pattern):
        return False
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid:  # RE2 allows no more than 1,000 repetitions
        return False
    return True


def _is_read(layout: Layout) -> bool:
    return all(part.is_fixed for part in layout.parts.values() if part.unit != "fraction")


def _is_a_value(bound: Decimal) -> bool:
    return bound == bound.quantize(Decimal(1).scaleb(-FRACTION_DIGITS)) and abs(bound) < 10**INTEGER_DIGITS


def _numbers(column: ContractColumn, text: pa.StringArray) -> pa.Array:
    separator, rounding = column.rules.decimal_separator or ".", column.rules.rounding
    most = FRACTION_DIGITS if rounding is None else EXACT_DIGITS
    fraction = rf"([{separator}][0-9]{{1,{most}}})?" if column.logical_type == "number" else ""
    number = _where(pc.match_substring_regex(text, rf"^[+-]?[0-9]{{1,{INTEGER_DIGITS}}}{fraction}$"), text)
    point = pc.replace_substring(number, ",", ".")
    if rounding is None:
        return point.cast(NUMBER)
    return pc.round(point.cast(_EXACT), rounding, round_mode="half_towards_infinity").cast(NUMBER)


def _by_layout(
    layouts: tuple[Layout, ...], text: pa.StringArray, read: Callable[[Layout, pa.StringArray], pa.Array]
) -> pa.Array:
    found = [
        read(layout, _where(pc.match_substring_regex(text, layout.pattern), text))
        for layout in layouts
        if _is_read(layout)
    ]
    return found[0] if len(found) == 1 else pc.coalesce(*found)


def _dates(layout: Layout, text: pa.StringArray) -> pa.Array:
    parts = [_part(layout, text, unit) for unit in ("year", "month", "day")]
    iso = text if layout.text == "yyyy-MM-dd" else pc.binary_join_element_wise(*parts, "-")
    return _each_distinct(iso, _day, pa.date32())


def _times(layout: Layout, text: pa.StringArray) -> pa.Array:
    sizes = {"hour": 3600, "minute": 60, "second": 1}
    parts = [
        pc.multiply(_part(layout, text, unit).cast(pa.int64()), size)
        for unit, size in sizes.items()
        if unit in layout.parts
    ]
    return reduce(pc.add, parts)


def _moments(layout: Layout, text: pa.StringArray) -> pa.Array:
    days = _dates(layout, text).cast(pa.int32()).cast(pa.int64())
    local = pc.add(pc.multiply(days, DAY_SECONDS), _times(layout, text))
    if "offset" not in layout.parts:
        return local
    return pc.subtract(local, _each_distinct(_part(layout, text, "offset"), _seconds_of_offset, pa.int64()))


_READERS = {"date": _dates, "timestamp": _moments, "string": _times}


def _part(layout: Layout, text: pa.StringArray, unit: str) -> pa.StringArray:
    part = layout.parts[unit]
    start = (part.start or 1) - 1
    return pc.utf8_slice_codeunits(text, start, start + part.most)


def _where(holds: pa.BooleanArray, text: pa.StringArray) -> pa.StringArray:
    return pc.if_else(holds, text, pa.scalar(None, pa.string()))


def _each_distinct(texts: pa.StringArray, read: Callable[[str], object], kind: pa.DataType) -> pa.Array:
    """Read each of a few distinct texts once: days and offsets repeat, whatever the order of rows."""
    distinct = texts.dictionary_encode()
    values = [read(text) for text in distinct.dictionary.to_pylist()]
    return pa.array(values, kind).take(distinct.indices)


def _day(iso: str) -> date | None:
    try:
        return date(int(iso[:4]), int(iso[5:7]), int(iso[8:10]))
    except ValueError:
        return None


def _seconds_of_offset(offset: str) -> int:
    if offset == "Z":
        return 0
    seconds = int(offset[1:3]) * 3600 + int(offset[-2:]) * 60
    return -seconds if offset[0] == "-" else seconds


def _days_of_seconds(seconds: pa.Array) -> pa.Array:
    return floor_divide(seconds, DAY_SECONDS).cast(pa.int32()).cast(pa.date32())


def floor_divide(numbers: pa.Array, divisor: int) -> pa.Array:
    """As Python's ``//``; Arrow's division drops fractions towards zero."""
    cut = pc.divide(numbers, divisor)
    return pc.subtract(cut, pc.greater(pc.multiply(cut, divisor), numbers).cast(pa.int64()))
