"""What a text stands for: dates, times, moments and numbers of the contract's columns as Spark expressions.

A text is checked by its shape and a cast, which costs a fraction of a parser for date patterns. The casts alone would
take more than the contract promises: spaces around a value, exponents, dates without a day.
"""

from collections.abc import Callable, Iterable
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812

from etl_job.columns import NUMERIC
from etl_job.columns import Column as ContractColumn
from etl_job.layouts import Layout
from etl_job.schemas import (
    EXACT_KIND,
    FRACTION_DIGITS,
    INTEGER_DIGITS,
    VALUE_KIND,
    parsed_column,
    value_column,
)

_WRITTEN_DIGITS = 40  # before and after the point, where numbers are rounded


def is_value(column: ContractColumn, text: Column) -> Column:
    """Whether the text stands for a timestamp, number or boolean of this column; null for a missing text."""
    if column.logical_type == "timestamp":
        return _has_layout(column, text) & second_of(column, text).isNotNull()
    if column.logical_type == "boolean":
        return F.lower(text).isin("true", "false")
    whole = rf"\A[+-]?[0-9]{{1,{INTEGER_DIGITS}}}"
    if column.logical_type == "integer":
        return text.rlike(rf"{whole}\z")
    separator = column.rules.decimal_separator or "."
    if column.rules.notation == "free":
        digits = rf"[0-9]{{1,{_WRITTEN_DIGITS}}}"
        number = rf"(?:{digits}(?:[{separator}][0-9]{{0,{_WRITTEN_DIGITS}}})?|[{separator}]{digits})"
        form = text.rlike(rf"\A[+-]?{number}(?:[eE][+-]?[0-9]{{1,3}})?\z")
        return form & number_of(column, text).isNotNull()  # an exponent may lead beyond what is kept
    most = FRACTION_DIGITS if column.rules.rounding is None else _WRITTEN_DIGITS
    return text.rlike(rf"{whole}(?:[{separator}][0-9]{{1,{most}}})?\z")


def has_form(column: ContractColumn, text: Column) -> Column | None:
    """Whether the text stands for a value of the column's type; None where any text does."""
    if column.logical_type == "date":
        return _has_layout(column, text) & date_of(column, text).isNotNull()
    if column.logical_type != "string":
        return is_value(column, text)
    return _has_layout(column, text) if column.rules.layouts else None


def _has_layout(column: ContractColumn, text: Column) -> Column:
    return reduce(lambda one, other: one | other, (text.rlike(layout.pattern) for layout in column.rules.layouts))


KINDS = {"date": "date", "timestamp": "timestamp", "boolean": "boolean", "integer": VALUE_KIND, "number": VALUE_KIND}


def typed_value(column: ContractColumn) -> Column:
    """The value in Spark's type for the column's (``KINDS``, else string); null where the text stands for none.

    Needs ``parsed_columns``.
    """
    text, parsed = F.col(value_column(column.name)), F.col(parsed_column(column.name))
    if column.logical_type == "boolean":
        return F.when(is_value(column, text), F.lower(text) == "true")
    if column.logical_type == "string":
        form = has_form(column, text)
        return text if form is None else F.when(form, text)
    return F.timestamp_seconds(parsed) if column.logical_type == "timestamp" else parsed


def is_readable(column: ContractColumn) -> Column | None:
    """Whether the text stands for a value of the column's type; None where any text does. Needs ``parsed_columns``."""
    if column.logical_type in ("date", "timestamp", *NUMERIC):
        return F.col(parsed_column(column.name)).isNotNull()
    return has_form(column, F.col(value_column(column.name)))


def parsed_columns(columns: Iterable[ContractColumn]) -> dict[str, Column]:
    """What the texts of dates, timestamps and numbers stand for, by internal column; null where that is nothing.

    Moments are in seconds since 1970. Rules, free expressions and features all use these, so a text is parsed once.
    """
    found = {}
    for column in columns:
        text = F.col(value_column(column.name))
        if column.logical_type == "date":
            value = date_of(column, text)
        elif column.logical_type == "timestamp":
            value = second_of(column, text)
        elif column.logical_type in NUMERIC:
            value = number_of(column, text)
        else:
            continue
        form = has_form(column, text)
        found[parsed_column(column.name)] = value if form is None else F.when(form, value)
    return found


def number_of(column: ContractColumn, text: Column) -> Column:
    """The exact number of a text that is one; null or nonsense for other texts."""
    point = F.translate(text, ",", ".") if column.rules.decimal_separator == "," else text
    if column.rules.rounding is None:
        return point.cast(VALUE_KIND)
    return F.round(point.cast(EXACT_KIND), column.rules.rounding).cast(VALUE_KIND)


def second_of(column: ContractColumn, text: Column) -> Column:
    """The moment of a timestamp's text, in seconds since 1970 began in UTC; null where there is no such moment.

    A fraction of a second is cut off. With a zone named by the contract: a time that comes twice, as clocks are put
    back, means the first; one that is skipped, as they are put forward, is no moment.
    """
    return _by_layout(column, text, lambda layout: _second(text, layout, column.rules.time_zone))


def _second(text: Column, layout: Layout, zone: str | None) -> Column:
    parts = {unit: _part(text, layout, unit) for unit in layout.parts}
    day = F.concat_ws("-", parts["year"], parts["month"], parts["day"])
    time = F.concat_ws(":", parts["hour"], parts["minute"], parts.get("second", F.lit("00")))
    # Spark's session is in UTC, so a text without an offset is read as UTC.
    local = F.concat(day, F.lit(" "), time, parts.get("offset", F.lit(""))).cast("timestamp")
    return F.unix_seconds(local) if "offset" in parts else in_zone(local, zone)


def in_zone(local: Column, zone: str | None) -> Column:
    """The second of a time that clocks in a zone show, as ``second_of`` says; ``local`` is that time in UTC."""
    if zone is None or zone == "UTC":
        return F.unix_seconds(local)
    moment = F.to_utc_timestamp(local, zone)
    return F.when(F.from_utc_timestamp(moment, zone) == local, F.unix_seconds(moment))


def day_of_second(second: Column) -> Column:
    """The day in UTC."""
    return F.date_from_unix_date(F.floor(second / 86_400).cast("int"))


def date_of(column: ContractColumn, text: Column) -> Column:
    """The date that a text of a date column names; null or nonsense for texts that have not its form."""
    return _by_layout(column, text, lambda layout: _date(text, layout))


def _date(text: Column, layout: Layout) -> Column:
    iso = [_part(text, layout, unit) for unit in ("year", "month", "day")]
    return (text if layout.text == "yyyy-MM-dd" else F.concat_ws("-", *iso)).cast("date")


def hour_of(column: ContractColumn, text: Column) -> Column:
    """The hour of a time of day, 0 to 23."""
    return _by_layout(column, text, lambda layout: _part(text, layout, "hour").cast("int"))


def second_of_day(column: ContractColumn, text: Column) -> Column:
    """Whole seconds since midnight of a time of day."""
    return _by_layout(column, text, lambda layout: _second_of_day(text, layout))


def _second_of_day(text: Column, layout: Layout) -> Column:
    hour, minute = (_part(text, layout, unit).cast("int") for unit in ("hour", "minute"))
    whole = hour * 3600 + minute * 60
    return whole + _part(text, layout, "second").cast("int") if "second" in layout.parts else whole


def _by_layout(column: ContractColumn, text: Column, read: Callable[[Layout], Column]) -> Column:
    """Read a text by the layout that it has, which need not be asked where there is one only."""
    layouts = column.rules.layouts
    if len(layouts) == 1:
        return read(layouts[0])
    return F.coalesce(*(F.when(text.rlike(layout.pattern), read(layout)) for layout in layouts))


def _part(text: Column, layout: Layout, unit: str) -> Column:
    part = layout.parts[unit]
    if part.is_fixed:
        return F.substring(text, part.start or 1, part.most)
    return F.regexp_extract(text, layout.pattern_around(unit), 1)
