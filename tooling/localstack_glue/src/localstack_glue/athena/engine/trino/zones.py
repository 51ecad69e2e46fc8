"""Time zones: a type of timestamps has one, in which all of its values are shown."""

import re
import zoneinfo
from datetime import UTC, timedelta, tzinfo

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.sql_text import text_literal
from localstack_glue.athena.engine.trino.python.registry import FunctionError
from localstack_glue.athena.engine.trino.python.values import offset_zone, read_moment
from localstack_glue.athena.engine.trino.types import SEVERAL_ZONES

OFFSET = re.compile(r"[+-]\d{2}:\d{2}")


def in_zone(value: str, zone: str) -> str:
    """A moment as the clocks of a zone show it.

    Raises:
        QueryFailedError: the values have several zones.
    """
    if zone == SEVERAL_ZONES:
        raise QueryFailedError(
            "NOT_SUPPORTED", "line 1:1: timestamps of several time zones in one column are not supported here"
        )
    if OFFSET.fullmatch(zone):
        return f"(timezone('UTC', {value}) + to_minutes({_minutes(zone)}))"
    return f"timezone({text_literal(zone)}, {value})"


def from_zone(shown: str, zone: str, near: str = "") -> str:
    """The moment at which the clocks of a zone show a time.

    Args:
        shown: what they show, in SQL.
        zone: its name.
        near: a moment, in SQL. Of a time that the clocks show twice, the one with the offset of that moment is taken;
            without it, the first. DuckDB would take the second.
    """
    if OFFSET.fullmatch(zone):
        return f"timezone('UTC', {shown} - to_minutes({_minutes(zone)}))"
    if zone == "UTC":
        return f"timezone('UTC', {shown})"
    name = text_literal(zone)
    second = f"timezone({name}, {shown})"
    before = near or f"({second} - to_hours(24))"
    same = f"({before} + ({shown} - timezone({name}, {before})))"
    return f"CASE WHEN timezone({name}, {same}) = {shown} THEN {same} ELSE {second} END"


def check(name: str) -> str:
    """A zone's name as Trino shows it.

    Raises:
        QueryFailedError: there is no such zone.
    """
    if name in ("UTC", "Z", "+00:00", "-00:00"):
        return "UTC"
    wrong = QueryFailedError("INVALID_FUNCTION_ARGUMENT", f"'{name}' is not a valid time zone")
    if OFFSET.fullmatch(name):
        if abs(_minutes(name)) > 14 * 60 or int(name[4:]) > 59:
            raise wrong
        return name
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise wrong from error
    return name


def offset_us(text: str, name: str) -> int:
    """How far a zone's clocks are ahead at the time that they show, the earlier one if they show it twice.

    Raises:
        QueryFailedError: they never show it.
    """
    zone: tzinfo = offset_zone(name) if OFFSET.fullmatch(name) else zoneinfo.ZoneInfo(name)
    try:
        shown = read_moment(text)
    except FunctionError as error:
        raise QueryFailedError("INVALID_LITERAL", f"line 1:1: '{text}' is not a valid TIMESTAMP literal") from error
    offset = shown.replace(tzinfo=zone).utcoffset() or timedelta()
    if (shown.replace(tzinfo=UTC) - offset).astimezone(zone).replace(tzinfo=None) != shown:
        raise QueryFailedError("INVALID_LITERAL", f"line 1:1: '{text} {name}' is not a valid TIMESTAMP literal")
    return offset // timedelta(microseconds=1)


def _minutes(zone: str) -> int:
    return (int(zone[1:3]) * 60 + int(zone[4:])) * (-1 if zone[0] == "-" else 1)
