"""Values as a query writes them, typed, in DuckDB's words."""

import re

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.sql_text import text_literal
from localstack_glue.athena.engine.trino.casts import cast
from localstack_glue.athena.engine.trino.types import BIGINT, DOUBLE, INTEGER, VARBINARY, VARCHAR, Type, decimal
from localstack_glue.athena.engine.trino.zones import check, offset_us

Typed = tuple[str, Type]
_ZONED = re.compile(r"([\d-]+(?: [\d:.]+)?)\s*([A-Za-z]+(?:[/_+-]?\w+)*|[+-]\d{2}:\d{2})")


def text(value: str) -> Typed:
    """`'abc'`."""
    return text_literal(value), Type("varchar", (len(value),))


def unicode(value: str, escape: str = "\\") -> Typed:
    r"""`U&'\00e4'`, or with another character before the digits.

    Raises:
        QueryFailedError: the digits are no character.
    """
    mark = re.escape(escape)
    digits = re.compile(rf"{mark}(\+[0-9A-Fa-f]{{6}}|[0-9A-Fa-f]{{4}}|{mark})")
    if escape in digits.sub("", value):
        raise QueryFailedError("SYNTAX_ERROR", f"line 1:1: Incomplete escape sequence in {value}")
    return text(digits.sub(lambda found: _unescaped(found[1], escape), value))


def binary(digits: str) -> Typed:
    """`X'0aff'`.

    Raises:
        QueryFailedError: the number of digits is odd.
    """
    if len(digits) % 2:
        raise QueryFailedError("SYNTAX_ERROR", "line 1:1: Binary literal must contain an even number of digits")
    return f"unhex({text_literal(digits)})", VARBINARY


def number(value: str) -> Typed:
    """`1`, `1.5` or `1e3`.

    A number with a point is a double in Athena, where Trino has a decimal by default: so expect the tests of PyAthena
    and of awswrangler, which run on AWS.

    Raises:
        QueryFailedError: it is not a number.
    """
    if "." in value or "e" in value.lower():
        return f"CAST('{value}' AS DOUBLE)", DOUBLE
    if int(value) >= 2**63:
        raise QueryFailedError("SYNTAX_ERROR", f"line 1:1: Invalid numeric literal: {value}")
    return value, INTEGER if int(value) < 2**31 else BIGINT


def typed(value: str, wanted: Type) -> Typed:
    """`DATE '2024-01-05'` and the like."""
    if wanted.kind == "decimal":
        return _decimal(value)
    if wanted.kind.startswith("timestamp"):
        return _moment(value)
    if wanted.kind == "char":
        return text_literal(value), Type("char", (len(value),))
    if wanted.kind == "time":
        wanted = Type("time", (len(value.partition(".")[2]),))
    return cast(text_literal(value), VARCHAR, wanted), wanted


def _moment(value: str) -> Typed:
    digits = max(len(value.partition(".")[2].split(" ")[0].rstrip("Z")) if "." in value else 0, 3)
    zone = _ZONED.fullmatch(value.strip())
    if zone is None:
        kind = Type("timestamp", (digits,))
        return cast(text_literal(value), VARCHAR, kind), kind
    name = check(zone[2])
    local = cast(text_literal(zone[1]), VARCHAR, Type("timestamp", (digits,)))
    moment = f"({local} - to_microseconds({offset_us(zone[1], name)}))"
    return f"timezone('UTC', {moment})", Type("timestamp with time zone", (digits,), zone=name)


def cast_zoned(value: str, wanted: Type) -> Typed | None:
    """A text cast to a timestamp with its own time zone; None if it has none, or is wrong."""
    zone = _ZONED.fullmatch(value.strip())
    if zone is None:
        return None
    try:
        sql, kind = _moment(value.strip())
    except QueryFailedError:
        return None  # the cast raises the error, or TRY makes it null
    return (sql, Type(wanted.kind, wanted.numbers, zone=kind.zone)) if kind.numbers <= wanted.numbers else None


def _decimal(value: str) -> Typed:
    whole, _, fraction = value.lstrip("+-").partition(".")
    kind = decimal(max(len(whole.lstrip("0")) + len(fraction), 1), len(fraction))
    return f"CAST('{value}' AS DECIMAL({kind.numbers[0]},{kind.numbers[1]}))", kind


def _unescaped(digits: str, escape: str) -> str:
    if digits == escape:
        return escape
    code = int(digits.lstrip("+"), 16)
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        raise QueryFailedError("SYNTAX_ERROR", f"line 1:1: Invalid escaped character: {digits}")
    return chr(code)
