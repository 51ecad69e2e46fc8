"""What a text stands for: dates, times, moments and numbers of the contract's columns as Spark expressions.

A text is checked by its shape and a cast, which costs a fraction of a parser for date patterns. The casts alone would
take more than the contract promises: spaces around a value, exponents, dates without a day.
"""

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812

from etl_job.columns import Column as ContractColumn
from etl_job.layouts import Layout, Part
from etl_job.schemas import FRACTION_DIGITS, INTEGER_DIGITS, VALUE_KIND


def is_value(column: ContractColumn, text: Column) -> Column:
    """Whether the text stands for a timestamp, number or boolean of this column; null for a missing text."""
    if column.logical_type == "timestamp":
        layout = Layout.parse(column.rules.format or "")
        return text.rlike(layout.pattern) & second_of(column, text).isNotNull()
    if column.logical_type == "boolean":
        return F.lower(text).isin("true", "false")
    whole = rf"\A[+-]?[0-9]{{1,{INTEGER_DIGITS}}}"
    if column.logical_type == "integer":
        return text.rlike(rf"{whole}\z")
    separator = column.rules.decimal_separator or "."
    return text.rlike(rf"{whole}(?:[{separator}][0-9]{{1,{FRACTION_DIGITS}}})?\z")


def has_form(column: ContractColumn, text: Column) -> Column | None:
    """Whether the text stands for a value of the column's type; None where any text does."""
    if column.logical_type == "date":
        return is_date_text(text, Layout.parse(column.rules.format or ""))
    if column.logical_type != "string":
        return is_value(column, text)
    return is_time_text(text, Layout.parse(column.rules.format)) if column.rules.format is not None else None


KINDS = {"date": "date", "timestamp": "timestamp", "boolean": "boolean", "integer": VALUE_KIND, "number": VALUE_KIND}


def typed_value(column: ContractColumn, text: Column) -> Column:
    """The value in Spark's type for the column's (``KINDS``, else string); null where the text stands for none."""
    kind = column.logical_type
    if kind == "string":
        return text
    if kind == "date":
        value = date_of(text, Layout.parse(column.rules.format or ""))
    elif kind == "timestamp":
        value = F.timestamp_seconds(second_of(column, text))
    elif kind == "boolean":
        value = F.lower(text) == "true"
    else:
        value = number_of(column, text)
    form = has_form(column, text)
    return value if form is None else F.when(form, value)


def number_of(column: ContractColumn, text: Column) -> Column:
    """The exact number of a text that is one; null or nonsense for other texts."""
    point = F.translate(text, ",", ".") if column.rules.decimal_separator == "," else text
    return point.cast(VALUE_KIND)


def second_of(column: ContractColumn, text: Column) -> Column:
    """The moment of a timestamp's text, in seconds since 1970 began in UTC; null where there is no such moment.

    With a zone named by the contract: a time that comes twice, as clocks are put back, means the first; one that is
    skipped, as they are put forward, is no moment.
    """
    layout = Layout.parse(column.rules.format or "")
    parts = {unit: _part(text, part) for unit, part in layout.parts.items()}
    day = F.concat_ws("-", parts["year"], parts["month"], parts["day"])
    time = F.concat_ws(":", parts["hour"], parts["minute"], parts["second"])
    # Spark's session is in UTC, so a text without an offset is read as UTC.
    local = F.concat(day, F.lit(" "), time, parts.get("offset", F.lit(""))).cast("timestamp")
    zone = column.rules.time_zone
    if zone is None or zone == "UTC":
        return F.unix_seconds(local)
    moment = F.to_utc_timestamp(local, zone)
    return F.when(F.from_utc_timestamp(moment, zone) == local, F.unix_seconds(moment))


def day_of_second(second: Column) -> Column:
    """The day in UTC."""
    return F.date_from_unix_date(F.floor(second / 86_400).cast("int"))


def is_date_text(text: Column, layout: Layout) -> Column:
    """Whether the text is a date of the calendar in this layout, digit by digit."""
    return text.rlike(layout.pattern) & date_of(text, layout).isNotNull()


def date_of(text: Column, layout: Layout) -> Column:
    """The date that a text of this layout names; null or nonsense for other texts."""
    iso = [_part(text, layout.parts[unit]) for unit in ("year", "month", "day")]
    return (text if layout.text == "yyyy-MM-dd" else F.concat_ws("-", *iso)).cast("date")


def is_time_text(text: Column, layout: Layout) -> Column:
    """Whether the text is a time of day in this layout, from 00:00:00 to 23:59:59."""
    return text.rlike(layout.pattern)


def hour_of(text: Column, layout: Layout) -> Column:
    """The hour of the day, 0 to 23."""
    return _part(text, layout.parts["hour"]).cast("int")


def second_of_day(text: Column, layout: Layout) -> Column:
    """Seconds since midnight."""
    hour, minute, second = (_part(text, layout.parts[unit]).cast("int") for unit in ("hour", "minute", "second"))
    return hour * 3600 + minute * 60 + second


def _part(text: Column, part: Part) -> Column:
    return F.substring(text, part.start, part.width)
