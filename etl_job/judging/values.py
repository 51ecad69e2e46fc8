"""The values of a column's texts: dates, times, timestamps, numbers and booleans, in Arrow kernels.

The shape of texts is checked before they are cut and cast. Casts alone would accept more than the contract allows.
"""

from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from etl_job.contract.column_types import EXACT_DIGITS, FRACTION_DIGITS, INTEGER_DIGITS
from etl_job.contract.columns import NUMERIC, Column
from etl_job.contract.date_formats import Layout
from etl_job.judging.zones import DAY_SECONDS, in_zone
from etl_job.reading.kernels import floor_divide, texts_where, unsliced

NUMBER = pa.decimal128(INTEGER_DIGITS + FRACTION_DIGITS, FRACTION_DIGITS)
_EXACT = pa.decimal128(INTEGER_DIGITS + EXACT_DIGITS, EXACT_DIGITS)
_WRITTEN = 40  # digits before and after the point, where numbers are rounded
_EXACTLY = Context(prec=1_200)
_THOUSANDS = {",": ",", ".": ".", " ": " \u00a0\u202f", "'": "'\u2019"}  # as marks of a character class
_MOMENTS = (-62_167_219_200, 253_402_300_799)  # seconds of the years 0 to 9999, as dates have them
_COUNTED_DIGITS = 9  # after the point
_COUNTED = pa.decimal128(38, _COUNTED_DIGITS + 1)
_BOOLEAN = "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"
_EPOCH = date(1970, 1, 1).toordinal()
_DATE_UNITS = ("year", "month", "day")
_TIME_UNITS = {"hour": 3600, "minute": 60, "second": 1}
_Parts = Callable[[str], pa.StringArray]


def read_values(column: Column, text: pa.StringArray) -> pa.Array:
    """The values of texts; null if a text is null or has no value.

    Timestamps are seconds since 1970, times of day are seconds since midnight. Types other than dates, times,
    timestamps, numbers and booleans keep their texts.
    """
    kind = column.logical_type
    if kind == "boolean":
        return pc.equal(pc.ascii_lower(texts_where(pc.match_substring_regex(text, _BOOLEAN), text)), "true")
    if kind in NUMERIC:
        return _numbers(column, text)
    if not column.rules.layouts:
        return text
    read = {"date": _read_dates, "timestamp": _read_moments, "string": _read_times}[kind]
    found = [read(column, layout, text) for layout in column.rules.layouts]
    return found[0] if len(found) == 1 else pc.coalesce(*found)


def day_of_second(seconds: pa.Int64Array) -> pa.Date32Array:
    """The day in UTC."""
    return floor_divide(seconds, DAY_SECONDS).cast(pa.int32()).cast(pa.date32())


def _numbers(column: Column, text: pa.StringArray) -> pa.Array:
    separator = column.rules.decimal_mark
    if column.rules.thousands_separator is not None:
        text = _without_thousands(text, _THOUSANDS[column.rules.thousands_separator])
    if column.rules.rounding is not None:
        return _rounded(text, separator, column.rules.rounding, is_free=column.rules.notation == "free")
    fraction = rf"([{separator}][0-9]{{1,{FRACTION_DIGITS}}})?" if column.logical_type == "number" else ""
    number = texts_where(pc.match_substring_regex(text, rf"^[+-]?[0-9]{{1,{INTEGER_DIGITS}}}{fraction}$"), text)
    return (pc.replace_substring(number, ",", ".") if separator == "," else number).cast(NUMBER)


def _without_thousands(text: pa.StringArray, marks: str) -> pa.StringArray:
    """The texts without separators of thousands, if the groups have three digits each; other texts are unchanged."""
    grouped = rf"^[+-]?[0-9]{{1,3}}([{marks}][0-9]{{3}})+([^0-9{marks}][^{marks}]*)?$"
    is_grouped = pc.match_substring_regex(text, grouped)
    if not pc.any(is_grouped).as_py():
        return text
    return pc.if_else(
        unsliced(is_grouped), pc.replace_substring_regex(unsliced(text), f"[{marks}]", ""), unsliced(text)
    )


def _rounded(text: pa.StringArray, separator: str, digits: int, *, is_free: bool) -> pa.Array:
    """Numbers with more decimals than are kept, rounded half away from zero."""
    whole = rf"^[+-]?[0-9]{{1,{INTEGER_DIGITS}}}"
    # A fraction is cut after more digits than rounding needs; 18 nines may become one digit too many.
    is_usual = pc.match_substring_regex(
        text, rf"^[+-]?[0-9]{{1,{INTEGER_DIGITS - 1}}}([{separator}][0-9]{{1,{_WRITTEN}}})?$"
    )
    usual = texts_where(is_usual, text)
    point = pc.replace_substring(usual, ",", ".") if separator == "," else usual
    cut = pc.replace_substring_regex(point, rf"(\.[0-9]{{{EXACT_DIGITS}}})[0-9]+$", r"\1")
    found = pc.round(cut.cast(_EXACT), digits, round_mode="half_towards_infinity").cast(NUMBER)
    number = rf"([0-9]{{1,{_WRITTEN}}}([{separator}][0-9]{{0,{_WRITTEN}}})?|[{separator}][0-9]{{1,{_WRITTEN}}})"
    form = rf"^[+-]?{number}([eE][+-]?[0-9]{{1,3}})?$" if is_free else rf"{whole}([{separator}][0-9]{{1,{_WRITTEN}}})?$"
    others = texts_where(pc.invert(pc.fill_null(is_usual, True)), text)
    candidates = texts_where(pc.match_substring_regex(others, form), others)
    if candidates.null_count == len(candidates):
        return found
    distinct = candidates.dictionary_encode()
    read_singly = [_rounded_one(each.replace(separator, "."), digits) for each in distinct.dictionary.to_pylist()]
    return pc.coalesce(found, pa.array(read_singly, NUMBER).take(distinct.indices))


def _rounded_one(text: str, digits: int) -> Decimal | None:
    """A number, None if it has more digits before the point than are kept."""
    exact = Decimal(text)
    if exact.adjusted() >= INTEGER_DIGITS and exact:
        return None
    found = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _EXACTLY)
    return found if abs(found) < 10**INTEGER_DIGITS else None


def _read_dates(_column: Column, layout: Layout, text: pa.StringArray) -> pa.Array:
    return _days(_split(layout, text)[1]).cast(pa.date32())


def _read_times(_column: Column, layout: Layout, text: pa.StringArray) -> pa.Array:
    return _seconds(layout, _split(layout, text)[1])


def _read_moments(column: Column, layout: Layout, text: pa.StringArray) -> pa.Array:
    if layout.epoch_unit is not None:
        return _read_counted(layout, layout.epoch_unit, text)
    _, part = _split(layout, text)
    shown = pc.add(pc.multiply(_days(part).cast(pa.int64()), DAY_SECONDS), _seconds(layout, part))
    if "offset" not in layout.parts:
        return in_zone(shown, column.rules.time_zone)
    offsets = part("offset").dictionary_encode()
    seconds = pa.array([_seconds_of_offset(each) for each in offsets.dictionary.to_pylist()], pa.int64())
    return pc.subtract(shown, seconds.take(offsets.indices))


def _read_counted(layout: Layout, unit: int, text: pa.StringArray) -> pa.Int64Array:
    """Seconds since 1970 of numbers that count them, or parts of them; fractions are cut off."""
    numbers = _with_short_fractions(texts_where(pc.match_substring_regex(text, layout.pattern), text)).cast(_COUNTED)
    whole = pc.floor(numbers).cast(pa.decimal128(28, 0)).cast(pa.int64())
    seconds = floor_divide(whole, unit)
    first, last = _MOMENTS
    is_moment = pc.and_(pc.greater_equal(seconds, first), pc.less_equal(seconds, last))
    return pc.if_else(is_moment, seconds, pa.scalar(None, pa.int64()))


def _with_short_fractions(numbers: pa.StringArray) -> pa.StringArray:
    """Numbers with one digit for all after the ninth of a fraction: 1 if any is not 0, for negative numbers go down."""
    if not pc.any(pc.match_substring_regex(numbers, rf"\.[0-9]{{{_COUNTED_DIGITS + 2}}}")).as_py():
        return numbers
    kept = rf"(\.[0-9]{{{_COUNTED_DIGITS}}})"
    marked = pc.replace_substring_regex(numbers, rf"{kept}[0-9]*[1-9][0-9]*$", r"\11")
    return pc.replace_substring_regex(marked, rf"{kept}0+$", r"\1")


def _split(layout: Layout, text: pa.StringArray) -> tuple[pa.StringArray, _Parts]:
    """The texts that have the layout, null for others, and a way to their parts by unit."""
    parts = layout.parts
    if all(part.is_fixed for part in parts.values() if part.unit != "fraction"):
        of_layout = texts_where(pc.match_substring_regex(text, layout.pattern), text)
        first = {unit: (part.start or 1) - 1 for unit, part in parts.items()}
        return of_layout, lambda unit: pc.utf8_slice_codeunits(of_layout, first[unit], first[unit] + parts[unit].most)
    found = pc.extract_regex(text, layout.pattern)
    return texts_where(pc.is_valid(found), text), lambda unit: pc.struct_field(found, unit)


def _days(part: _Parts) -> pa.Int32Array:
    """Days since 1970, null for one that does not exist. Each distinct one is calculated once: days repeat."""
    distinct = pc.binary_join_element_wise(*map(part, _DATE_UNITS), "-").dictionary_encode()
    days = [None if each is None else _day(*map(int, each.split("-"))) for each in distinct.dictionary.to_pylist()]
    return pa.array(days, pa.int32()).take(distinct.indices)


def _day(year: int, month: int, day: int) -> int | None:
    """Days since 1970. Python has no year 0: its calendar is that of 400 years later."""
    try:
        return date(year or 400, month, day).toordinal() - _EPOCH - (0 if year else 146_097)
    except ValueError:
        return None


def _seconds(layout: Layout, part: _Parts) -> pa.Int64Array:
    """Seconds since midnight."""
    parts = [pc.multiply(part(u).cast(pa.int64()), size) for u, size in _TIME_UNITS.items() if u in layout.parts]
    return reduce(pc.add, parts)


def _seconds_of_offset(offset: str | None) -> int | None:
    if offset is None:
        return None
    if offset == "Z":
        return 0
    seconds = int(offset[1:3]) * 3600 + int(offset[-2:]) * 60
    return -seconds if offset[0] == "-" else seconds
