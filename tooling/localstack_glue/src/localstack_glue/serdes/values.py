"""Texts as values of Hive's types; a text that is not of the type is None.

Facts: the Trino project's `trino-hive-formats`, whose readers follow Hive's own; java.lang's number formats.
"""

import base64
import binascii
import math
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from typing import Any

from localstack_glue.serdes.types import INTEGER_BITS, HiveType

EPOCH = datetime(1970, 1, 1)
_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_DOUBLE = re.compile(r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fFdD]?|NaN|Infinity)", re.ASCII)
_DATE = re.compile(r"(\d{1,4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_TIMESTAMP = re.compile(
    r"(\d{1,4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?)?", re.ASCII
)

Reader = Callable[[str], Any]


def integer(text: str, bits: int) -> int | None:
    """A whole number that fits."""
    if not _INTEGER.fullmatch(text):
        return None
    value = int(text)
    return value if -(1 << bits - 1) <= value < 1 << bits - 1 else None


def double(text: str) -> float | None:
    """A floating-point number, as Java reads it."""
    text = text.strip()
    if not _DOUBLE.fullmatch(text):
        return None
    return float(text.rstrip("fFdD") if text[-1] in "fFdD" else text.replace("Infinity", "inf"))


def decimal(text: str, precision: int, scale: int) -> Decimal | None:
    """A decimal of that precision and scale, rounded half up."""
    if not _DECIMAL.fullmatch(text):
        return None
    with localcontext() as context:
        context.prec = 100
        try:
            value = Decimal(text).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
        except InvalidOperation:
            return None
    return value if value.is_zero() or value.adjusted() + 1 <= precision - scale else None


def boolean(text: str) -> bool | None:
    """`true` or `false`, in any case."""
    return {"true": True, "false": False}.get(text.lower())


def day(text: str) -> date | None:
    """`2024-1-5`; everything after a blank is ignored."""
    found = _DATE.fullmatch(text.strip().split(" ", 1)[0])
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None


def moment(text: str) -> datetime | None:
    """`2024-01-05 10:00:00.123`, a `T` for the blank, or a date alone."""
    found = _TIMESTAMP.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day_, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    nanoseconds = int((found[7] or "").ljust(9, "0") or 0)
    try:
        return datetime(year, month, day_, hour, minute, second) + timedelta(microseconds=(nanoseconds + 500) // 1000)
    except (ValueError, OverflowError):
        return None


def of_milliseconds(milliseconds: int) -> datetime | None:
    """A moment by its distance from 1970."""
    try:
        return EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None


def of_days(days: int) -> date | None:
    """A date by its distance from 1970."""
    try:
        return EPOCH.date() + timedelta(days=days)
    except OverflowError:
        return None


def binary(text: str) -> bytes:
    """Base64; the text itself if it is not Base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text.encode()


def cut(text: str, kind: HiveType) -> str:
    """A text as long as its type allows."""
    if not kind.numbers:
        return text
    return text[: kind.numbers[0]].rstrip(" ") if kind.kind == "char" else text[: kind.numbers[0]]


def single(value: float | None) -> float | None:
    """A number that a float can hold."""
    if value is None or math.isnan(value) or abs(value) <= 3.4028235677973366e38:
        return value
    return math.copysign(math.inf, value)


def value_reader(kind: HiveType) -> Reader:
    """The function that reads texts as a type without parts."""
    name = kind.kind
    if name in INTEGER_BITS:
        bits = INTEGER_BITS[name]
        return lambda text: integer(text, bits)
    if name == "decimal":
        precision, scale = kind.numbers
        return lambda text: decimal(text, precision, scale)
    if name == "float":
        return lambda text: single(double(text))
    simple: dict[str, Reader] = {
        "double": double,
        "boolean": boolean,
        "date": day,
        "timestamp": moment,
        "binary": binary,
        "string": str,
    }
    return simple[name] if name in simple else lambda text: cut(text, kind)
