"""Functions of dates, times and intervals."""

# ruff: noqa: E501 - a row of the table is a line

import re
from collections.abc import Callable
from dataclasses import replace

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.sql_text import rounded_moment, text_literal
from localstack_glue.athena.engine.trino.casts import cast, to_text
from localstack_glue.athena.engine.trino.functions.model import Call, Topic, overload
from localstack_glue.athena.engine.trino.types import TIMESTAMP, TIMESTAMP_ZONED, Type
from localstack_glue.athena.engine.trino.zones import check, from_zone, in_zone

DATES = Topic("datetime")
MILLISECONDS = {
    "millisecond": 1,
    "second": 1000,
    "minute": 60_000,
    "hour": 3_600_000,
    "day": 86_400_000,
    "week": 604_800_000,
}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
_ISO_OFFSET = re.compile(r"T.*([+-]\d{2}):?(\d{2})$")
_CLOCK = ("millisecond", "second", "minute", "hour")


def local(value: str, kind: Type) -> str:
    """A moment as the clocks of its zone show it."""
    return in_zone(value, kind.zone) if kind.zone else value


def _back(value: str, kind: Type, near: str) -> str:
    return from_zone(value, kind.zone, near) if kind.zone else value


def _first(call: Call) -> Type:
    return call.types[0]


def _unit(call: Call) -> str:
    unit = call.literal(0)
    if unit is None:
        raise QueryFailedError("NOT_SUPPORTED", "line 1:1: a unit that is not a literal is not supported here")
    if unit.lower() not in MILLISECONDS and unit.lower() not in MONTHS:
        raise QueryFailedError("INVALID_FUNCTION_ARGUMENT", f"'{unit}' is not a valid Timestamp field")
    return unit.lower()


def _check_unit(unit: str, kind: Type) -> None:
    """A date has no hours, a time no days."""
    wrong = _CLOCK if kind.kind == "date" else tuple(unit for unit in (*MILLISECONDS, *MONTHS) if unit not in _CLOCK)
    if kind.kind in ("date", "time") and unit in wrong:
        name = kind.kind.capitalize()
        raise QueryFailedError("INVALID_FUNCTION_ARGUMENT", f"'{unit}' is not a valid {name} field")


def _truncated(call: Call) -> str:
    unit, kind = _unit(call), call.types[1]
    _check_unit(unit, kind)
    if kind.kind == "time":
        return f"CAST(date_trunc('{unit}', DATE '1970-01-01' + {call.arguments[1]}) AS TIME)"
    shown = local(call.arguments[1], kind)
    value = f"date_trunc('{unit}', {shown})"
    if kind.zone and unit in _CLOCK:  # the offset stays
        return f"({call.arguments[1]} - ({shown} - {value}))"
    return f"CAST({value} AS DATE)" if kind.kind == "date" else _back(value, kind, call.arguments[1])


def _added(call: Call) -> str:
    unit, kind = _unit(call), call.types[2]
    count, value = call.arguments[1], call.arguments[2]
    _check_unit(unit, kind)
    if kind.kind == "time":
        moved = f"DATE '1970-01-01' + {value} + to_milliseconds(CAST({count} AS BIGINT) * {MILLISECONDS[unit]})"
        return f"CAST({moved} AS TIME)"
    return shifted(value, kind, unit, count)


def shifted(value: str, kind: Type, unit: str, count: str) -> str:
    """A date or a moment, some units later."""
    if unit in MONTHS:
        moved = f"({local(value, kind)} + to_months(CAST({count} * {MONTHS[unit]} AS INTEGER)))"
        return f"CAST({moved} AS DATE)" if kind.kind == "date" else _back(moved, kind, value)
    if kind.kind == "date":
        return f"({value} + CAST({count} * {MILLISECONDS[unit] // MILLISECONDS['day']} AS INTEGER))"
    by = f"to_milliseconds(CAST({count} AS BIGINT) * {MILLISECONDS[unit]})"
    if unit in _CLOCK:
        return f"({value} + {by})"
    return _back(f"({local(value, kind)} + {by})", kind, value)  # a day later the clocks show the same time


def _difference(call: Call) -> str:
    unit, kind = _unit(call), call.bound.get("X", Type("time"))
    _check_unit(unit, kind)
    ends = call.arguments[1:]
    if kind.kind == "time":
        first, second = (f"epoch_us(DATE '1970-01-01' + {value})" for value in ends)
        return f"(({second} - {first}) // {MILLISECONDS[unit] * 1000})"
    if kind.kind == "timestamp with time zone" and unit in _CLOCK:
        return f"((epoch_ms({ends[1]}) - epoch_ms({ends[0]})) // {MILLISECONDS[unit]})"
    # days are those of the first moment's clocks
    zone = (call.types[1].zone or "UTC") if kind.kind == "timestamp with time zone" else ""
    first, second = (in_zone(value, zone) if zone else value for value in ends)
    if unit in MONTHS:
        months = f"date_sub('month', CAST({first} AS TIMESTAMP), CAST({second} AS TIMESTAMP))"
        return f"({months} // {MONTHS[unit]})"
    start, end = f"epoch_us(CAST({first} AS TIMESTAMP))", f"epoch_us(CAST({second} AS TIMESTAMP))"
    return f"(({end} - {start}) // {MILLISECONDS[unit] * 1000})"


_UNITS = {
    "date_trunc('day', timestamp '2022-10-20 05:10:00')": "2022-10-20 00:00:00.000",
    "date_trunc('month', date '2022-10-20')": "2022-10-01",
    "typeof(date_trunc('month', date '2022-10-20'))": "date",
    "date_trunc('week', date '2001-08-22')": "2001-08-20",
    "date_trunc('hour', time '10:20:30')": "10:00:00",
}
DATES.scalar(
    "date_trunc",
    overload("varchar, X -> X", _truncated, lambda call: call.types[1]),
    overload("varchar, time -> time", _truncated, lambda call: call.types[1]),
    examples=_UNITS,
)
DATES.scalar(
    "date_add",
    overload("varchar, bigint, X -> X", _added, lambda call: call.types[2]),
    overload("varchar, bigint, time -> time", _added, lambda call: call.types[2]),
    examples={
        "date_add('month', 1, date '2024-01-31')": "2024-02-29",
        "date_add('second', 86, timestamp '2020-03-01 00:00:00')": "2020-03-01 00:01:26.000",
        "date_add('day', -1, date '2024-01-01')": "2023-12-31",
        "date_add('hour', 2, time '23:00:00')": "01:00:00",
        "date_add('day', 1, timestamp '2024-03-30 12:00:00 Europe/Berlin')": "2024-03-31 12:00:00.000 Europe/Berlin",
        "date_add('hour', 24, timestamp '2024-03-30 12:00:00 Europe/Berlin')": "2024-03-31 13:00:00.000 Europe/Berlin",
    },
)
DATES.scalar(
    "date_diff",
    ("varchar, X, X -> bigint", _difference),
    ("varchar, time, time -> bigint", _difference),
    examples={
        "date_diff('day', timestamp '2024-01-01 23:00:00', timestamp '2024-01-02 01:00:00')": "0",
        "date_diff('month', date '2024-01-31', date '2024-02-01')": "0",
        "date_diff('day', date '2024-03-01', date '2024-01-01')": "-60",
        "date_diff('year', date '2020-02-29', date '2024-02-28')": "3",
        "date_diff('hour', timestamp '2020-03-08 00:00:00 America/New_York', timestamp '2020-03-09 00:00:00 America/New_York')": "23",
        "date_diff('day', timestamp '2020-03-08 00:00:00 America/New_York', timestamp '2020-03-09 00:00:00 America/New_York')": "1",
        "date_diff('second', time '10:00:00', time '09:00:00')": "-3600",
        "date_diff('millisecond', timestamp '2020-06-01 12:30:45', timestamp '2020-06-02 12:30:45.123')": "86400123",
    },
)
_PARTS = {
    "year": "year", "quarter": "quarter", "month": "month", "week": "week", "day": "day", "hour": "hour", "minute": "minute",
    "second": "second", "day_of_week": "isodow", "dow": "isodow", "day_of_year": "doy", "doy": "doy", "day_of_month": "day",
    "week_of_year": "week", "year_of_week": "isoyear", "yow": "isoyear",
}  # fmt: skip
_ANSWERS = {
    "year": 2024,
    "quarter": 1,
    "month": 1,
    "week": 1,
    "day": 7,
    "hour": 10,
    "minute": 20,
    "second": 30,
    "day_of_week": 7,
    "dow": 7,
    "day_of_year": 7,
    "doy": 7,
    "day_of_month": 7,
    "week_of_year": 1,
    "year_of_week": 2024,
    "yow": 2024,
}


def extract_field(name: str, call: Call) -> str:
    """One field of a date or a moment."""
    value, kind = call.arguments[0], call.types[0]
    if kind.kind.startswith("interval"):
        return _interval_part(name, value, kind)
    if name == "millisecond":
        return f"(date_part('millisecond', {local(value, kind)}) % 1000)"
    return f"date_part('{_PARTS[name]}', {local(value, kind)})"


def _interval_part(name: str, value: str, kind: Type) -> str:
    if kind.kind == "interval year to month" and name in ("year", "month"):
        return f"({value} {'//' if name == 'year' else '%'} 12)"
    sizes = {
        "day": (86_400_000, 10**9),
        "hour": (3_600_000, 24),
        "minute": (60_000, 60),
        "second": (1000, 60),
        "millisecond": (1, 1000),
    }
    if kind.kind == "interval day to second" and name in sizes:
        size, limit = sizes[name]
        return f"({value} // {size} % {limit})"
    raise QueryFailedError("TYPE_MISMATCH", f"line 1:1: Cannot extract {name} from {kind}")


_INTERVALS = ("interval day to second -> bigint", "interval year to month -> bigint")
for _name, _answer in {**_ANSWERS, "millisecond": 250}.items():
    _sql = lambda call, name=_name: extract_field(name, call)  # noqa: E731 - one for each name
    _moment = "timestamp '2024-01-07 10:20:30.250'"
    _ways = [("X -> bigint", _sql)]
    if _name in ("hour", "minute", "second", "millisecond"):
        _ways.append(("time -> bigint", _sql))
    DATES.scalar(
        _name, *_ways, *((signature, _sql) for signature in _INTERVALS), examples={f"{_name}({_moment})": str(_answer)}
    )
DATES.scalar(
    "date",
    ("X -> date", lambda call: cast(call.arguments[0], call.types[0], Type("date"))),
    ("varchar -> date", lambda call: cast(call.arguments[0], Type("varchar"), Type("date"))),
    examples={"date('2024-01-05')": "2024-01-05", "date(timestamp '2024-01-05 10:00:00')": "2024-01-05"},
)
DATES.scalar(
    "last_day_of_month",
    ("X -> date", lambda call: f"last_day({local(call.arguments[0], call.types[0])})"),
    examples={"last_day_of_month(date '2024-02-03')": "2024-02-29"},
)
DATES.scalar(
    "now",
    (" -> timestamp(3) with time zone", "trino_now()"),
    examples={"now() = current_timestamp": "true", "typeof(now())": "timestamp(3) with time zone"},
)
DATES.scalar("current_timezone", (" -> varchar", "'UTC'"), examples={"current_timezone()": "UTC"})


def _unix(call: Call) -> str:
    return f"(epoch_us({call.arguments[0]}) / 1000000.0::DOUBLE)"


DATES.scalar(
    "to_unixtime",
    ("timestamp with time zone -> double", _unix),
    ("timestamp -> double", _unix),
    examples={"to_unixtime(timestamp '1970-01-01 00:00:01.5')": "1.5"},
)
_FROM_UNIX = "make_timestamptz(CAST(floor({0} * 1000 + 0.5) AS BIGINT) * 1000)"


def _zone(number: int) -> Callable[[Call], Type]:
    def zoned(call: Call) -> Type:
        zone = call.literal(number)
        if zone is None:
            raise QueryFailedError("NOT_SUPPORTED", "line 1:1: a time zone that is not a literal is not supported here")
        digits = call.types[0].numbers if call.types[0].kind.startswith("timestamp") else TIMESTAMP_ZONED.numbers
        return replace(TIMESTAMP_ZONED, numbers=digits, zone=check(zone))

    return zoned


DATES.scalar(
    "from_unixtime",
    ("double -> timestamp(3) with time zone", _FROM_UNIX),
    overload("double, varchar -> timestamp(3) with time zone", _FROM_UNIX, _zone(1)),
    examples={
        "from_unixtime(0)": "1970-01-01 00:00:00.000 UTC",
        "from_unixtime(1.5)": "1970-01-01 00:00:01.500 UTC",
        "from_unixtime(0, 'America/New_York')": "1969-12-31 19:00:00.000 America/New_York",
    },
)


def _iso_type(call: Call) -> Type:
    """The zone of a text that is a literal in the query; other texts are in UTC."""
    found = _ISO_OFFSET.search(call.literal(0) or "")
    return replace(TIMESTAMP_ZONED, zone=check(f"{found[1]}:{found[2]}") if found else "UTC")


DATES.scalar(
    "from_iso8601_timestamp",
    overload(
        "varchar -> timestamp(3) with time zone",
        lambda call: (
            f"make_timestamptz(py_iso8601_timestamp({call.arguments[0]}, {text_literal(_iso_type(call).zone)}))"
        ),
        _iso_type,
    ),
    examples={
        "from_iso8601_timestamp('2024-01-01T10:00:00Z')": "2024-01-01 10:00:00.000 UTC",
        "from_iso8601_timestamp('2020-05-11')": "2020-05-11 00:00:00.000 UTC",
        "from_iso8601_timestamp('2020-05-11T11:15:05+02:00')": "2020-05-11 11:15:05.000 +02:00",
    },
)
DATES.scalar(
    "from_iso8601_date",
    ("varchar -> date", "CAST(py_iso8601_date({0}) AS DATE)"),
    examples={
        "from_iso8601_date('2020-05-11')": "2020-05-11",
        "from_iso8601_date('2020-W10')": "2020-03-02",
        "from_iso8601_date('2020-123')": "2020-05-02",
    },
)


def _iso8601(call: Call) -> str:
    value, kind = call.arguments[0], call.types[0]
    if kind.kind == "date":
        return f"CAST({value} AS VARCHAR)"
    moment = to_text(local(value, kind), replace(TIMESTAMP, numbers=kind.numbers))
    if not kind.zone:
        return f"replace({moment}, ' ', 'T')"
    if kind.zone == "UTC":
        return f"(replace({moment}, ' ', 'T') || 'Z')"
    minutes = f"date_diff('minute', timezone('UTC', {value}), {local(value, kind)})"
    offset = f"printf('%s%02d:%02d', CASE WHEN {minutes} < 0 THEN '-' ELSE '+' END, abs({minutes}) // 60, abs({minutes}) % 60)"
    return f"(replace({moment}, ' ', 'T') || {offset})"


DATES.scalar(
    "to_iso8601",
    ("X -> varchar", _iso8601),
    examples={
        "to_iso8601(date '2024-01-05')": "2024-01-05",
        "to_iso8601(timestamp '2024-01-05 10:00:00')": "2024-01-05T10:00:00.000",
        "to_iso8601(from_unixtime(0))": "1970-01-01T00:00:00.000Z",
        "to_iso8601(from_unixtime(0, 'America/New_York'))": "1969-12-31T19:00:00.000-05:00",
    },
)


def _at_zone(call: Call) -> str:
    return cast(call.arguments[0], call.types[0], TIMESTAMP_ZONED)


DATES.scalar(
    "at_timezone",
    overload("timestamp with time zone, varchar -> timestamp(3) with time zone", "{0}", _zone(1)),
    overload("timestamp, varchar -> timestamp(3) with time zone", _at_zone, _zone(1)),
    examples={
        "at_timezone(timestamp '2022-11-01 09:08:07.321 UTC', 'America/Los_Angeles')": "2022-11-01 02:08:07.321 America/Los_Angeles"
    },
)
DATES.scalar(
    "with_timezone",
    overload(
        "timestamp, varchar -> timestamp(3) with time zone",
        lambda call: from_zone(call.arguments[0], _zone(1)(call).zone),
        _zone(1),
    ),
    examples={
        "with_timezone(timestamp '2022-11-01 09:08:07.321', 'America/Los_Angeles')": "2022-11-01 09:08:07.321 America/Los_Angeles"
    },
)
DATES.scalar(
    "timezone_hour",
    (
        "timestamp with time zone -> bigint",
        lambda call: (
            f"(date_diff('minute', timezone('UTC', {call.arguments[0]}), {local(call.arguments[0], call.types[0])}) // 60)"
        ),
    ),
    examples={"timezone_hour(from_unixtime(0, 'America/New_York'))": "-5"},
)
DATES.scalar(
    "timezone_minute",
    (
        "timestamp with time zone -> bigint",
        lambda call: (
            f"(date_diff('minute', timezone('UTC', {call.arguments[0]}), {local(call.arguments[0], call.types[0])}) % 60)"
        ),
    ),
    examples={"timezone_minute(from_unixtime(0, 'Asia/Kolkata'))": "30"},
)
DATES.scalar(
    "to_milliseconds",
    ("interval day to second -> bigint", "{0}"),
    examples={"to_milliseconds(interval '1' hour)": "3600000"},
)
DATES.scalar(
    "parse_duration",
    ("varchar -> interval day to second", "py_parse_duration({0})"),
    examples={"parse_duration('42.8ms')": "0 00:00:00.043", "parse_duration('3.81 d')": "3 19:26:24.000"},
)
DATES.scalar(
    "human_readable_seconds",
    ("double -> varchar", "py_human_readable_seconds({0})"),
    examples={
        "human_readable_seconds(3762)": "1 hour, 2 minutes, 42 seconds",
        "human_readable_seconds(96)": "1 minute, 36 seconds",
    },
)


def _formatted(function: str) -> Callable[[Call], str]:
    def sql(call: Call) -> str:
        value, kind = call.arguments[0], call.types[0]
        zone = kind.zone or "UTC"
        moment = f"epoch_us({rounded_moment(f'CAST({local(value, kind)} AS TIMESTAMP)', 3)})"
        return f"{function}({moment}, {text_literal(zone)}, {call.arguments[1]})"

    return sql


DATES.scalar(
    "date_format",
    ("X, varchar -> varchar", _formatted("py_date_format")),
    examples={
        "date_format(timestamp '2022-10-20 05:10:09.25', '%m-%d-%Y %H:%i:%s.%f')": "10-20-2022 05:10:09.250000",
        "date_format(timestamp '2024-01-05 10:20:30.123456', '%f')": "123000",
        "date_format(date '2024-01-07', '%W %M %e %y %j %a %b %c %l %p')": "Sunday January 7 24 007 Sun Jan 1 12 AM",
    },
)
DATES.scalar(
    "format_datetime",
    ("X, varchar -> varchar", _formatted("py_format_datetime")),
    examples={
        "format_datetime(timestamp '2024-01-05 10:20:30.5', 'yyyy-MM-dd''T''HH:mm:ss.SSS')": "2024-01-05T10:20:30.500",
        "format_datetime(timestamp '2024-01-05 15:00:00', 'EEE, d MMM yy h a Z')": "Fri, 5 Jan 24 3 PM +0000",
    },
)
DATES.scalar(
    "date_parse",
    ("varchar, varchar -> timestamp(3)", "make_timestamp(py_date_parse({0}, {1}))"),
    examples={
        "date_parse('2022/10/20/05', '%Y/%m/%d/%H')": "2022-10-20 05:00:00.000",
        "date_parse('07-Jan-24 3:04 PM', '%d-%b-%y %l:%i %p')": "2024-01-07 15:04:00.000",
    },
)
DATES.scalar(
    "parse_datetime",
    ("varchar, varchar -> timestamp(3) with time zone", "make_timestamptz(py_parse_datetime({0}, {1}))"),
    examples={
        "parse_datetime('2024-01-05 10:20', 'yyyy-MM-dd HH:mm')": "2024-01-05 10:20:00.000 UTC",
        "parse_datetime('5 Jan 2024', 'd MMM yyyy')": "2024-01-05 00:00:00.000 UTC",
    },
)
DATES.refuse("from_unixtime_nanos from_iso8601_timestamp_nanos", "the finest supported unit is the microsecond")
DATES.refuse("to_char to_date to_timestamp", "Teradata's functions are not in Athena")

__all__ = ["DATES", "extract_field", "local", "shifted"]
