"""Find the form of a column's numbers, and numbers that are names, days or moments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from quartal.contracts.drafting.column_names import split_words
from quartal.contracts.drafting.column_type import AGAIN, Answers, Kind, allowed_errors
from quartal.contracts.drafting.named_like import is_code, is_id, is_name, is_named_like_a_day, is_quantity_of_days
from quartal.contracts.drafting.sample import Declared, SampledColumn
from quartal.contracts.drafting.thousands import DecimalMark, infer_grouping, open_mark
from quartal.contracts.drafting.times import may_be_counted, read_counted, read_times

_WHOLE = r"[+-]?(?:0|[1-9]\d{0,17})"  # 007 is a name: as a number it would lose its zeros
_INTEGER = re.compile(_WHOLE)
_PLAIN = re.compile(rf"{_WHOLE}(?:\.\d{{1,6}})?")
_COMMA = re.compile(rf"{_WHOLE}(?:,\d{{1,6}})?")
_LONG = re.compile(rf"{_WHOLE}(?:\.\d{{1,40}})?")
_LONG_COMMA = re.compile(rf"{_WHOLE}(?:,\d{{1,40}})?")
_FREE, _FREE_COMMA = (
    re.compile(rf"[+-]?(?:(?:0|[1-9]\d{{0,39}})(?:{mark}\d{{0,40}})?|{mark}\d{{1,40}})(?:[eE][+-]?\d{{1,3}})?")
    for mark in (r"\.", ",")
)
_NUMBERS: tuple[tuple[re.Pattern[str], str, Mapping[str, Any]], ...] = (
    (_INTEGER, "integer", {}),
    (_PLAIN, "number", {}),
    (_COMMA, "number", {"decimalSeparator": ","}),
    (_LONG, "number", {"rounding": 6}),
    (_LONG_COMMA, "number", {"decimalSeparator": ",", "rounding": 6}),
    (_FREE, "number", {"rounding": 6, "notation": "free"}),
    (_FREE_COMMA, "number", {"decimalSeparator": ",", "rounding": 6, "notation": "free"}),
)
_DIGITS = re.compile(r"0\d+|[1-9]\d{18,}")  # as numbers they would lose their zeros, or be too long
_PHONE = re.compile(r"\+\d{7,17}")
_COUNTED_DAYS = re.compile(r"([1-7]\d{4})(?:[.,]\d+)?")  # since 1970 or, from 20,000 on, since 1900
_EXCEL_FROM, _1970_TO = 20_000, 29_999  # the days of Excel in 1954, and those since 1970 in 2052
_MAY_BE_CODE = re.compile(r"\d+[eE]\d+")  # 12E3
_EXPONENT = re.compile("[eE][+-]")  # as programs write it
_OF_EXCEL = re.compile(r"\d[.,]\d{1,5}E\+1\d")
_LIMIT = 10.0**18


def number_kind(there: Mapping[str, int], column: SampledColumn, said: DecimalMark | None) -> Kind | None:
    """The form of texts that are numbers for the most part; None if they are none, or names.

    Args:
        there: the texts, with how often each appears.
        column: that has them.
        said: the decimal mark, for texts that do not show it.
    """
    total = sum(there.values())
    if all(map(_PHONE.fullmatch, there)) or _are_names(there):
        return None
    if all(map(_FREE.fullmatch, there)) and (why := _why_name(there, column)) is not None:
        return Kind(notes=(why,))
    grouped = _grouped(there, said)
    if grouped is not None:
        return grouped
    others = (count for text, count in there.items() if not (_FREE.fullmatch(text) or _FREE_COMMA.fullmatch(text)))
    if sum(others) > allowed_errors(total):
        return None
    mark = open_mark(there)
    has_commas = any("," in text for text in there)
    unread: Mapping[str, int] | None = None  # by a narrower form
    for pattern, logical_type, custom in _NUMBERS:
        if "decimalSeparator" in custom and not has_commas:
            continue
        errors = {text: count for text, count in there.items() if not _is_number(text, pattern, custom)}
        if sum(errors.values()) > allowed_errors(total):
            continue
        if errors and is_code(column) and column.declared in (None, Declared.TEXT):
            return None  # a code that is a number for the most part
        if _are_of_wider_form(errors, pattern) or errors == unread:  # few of them are values, not errors
            unread = errors
            continue
        if errors and is_name(column) and max(errors.values()) >= AGAIN:
            return None  # the name of a place that is a number for the most part
        if mark == "," and said is None:
            example = next(text for text in there if mark in text)
            note = f"the comma of {example} may separate thousands or decimals; use --decimal-mark comma or point"
            return Kind(notes=(note,), open_mark=mark)
        notes = _notes_of_numbers(there, column, logical_type, custom, mark if said is None else None)
        return Kind(logical_type, {}, custom, errors, notes, open_mark=None if said else mark)
    return None


def counted_kind(there: Mapping[str, int], column: SampledColumn, said: Answers) -> Kind | None:
    """Numbers that count the time since 1970-01-01."""
    reading = read_counted(there, split_words(column.name), is_time=column.name == said.time)
    if reading is None:
        return None
    form = reading.formats[0]
    unit = form.removeprefix("epoch").lower()
    first = next(iter(there))
    note = f"read as {unit} since 1970 in UTC: {first} is in {(reading.dates or {})[first].year}"
    return Kind("timestamp", {"format": form}, notes=(note,), reading=reading)


def _grouped(there: Mapping[str, int], said: DecimalMark | None) -> Kind | None:
    """Numbers with thousands separators."""
    grouping = infer_grouping(there, allowed_errors(sum(there.values())), said)
    if grouping is None:
        return None
    custom: dict[str, Any] = {"thousandsSeparator": grouping.separator}
    notes = (f"{grouping.separator!r} is the thousands separator",)
    if not grouping.decimals:
        return Kind("integer", {}, custom, grouping.errors, notes)
    custom |= {"decimalSeparator": ","} if grouping.mark == "," else {}
    custom |= {"rounding": 6} if grouping.decimals > 6 else {}
    return Kind("number", {}, custom, grouping.errors, (*notes, f"{grouping.mark!r} is the decimal mark"))


def _notes_of_numbers(
    there: Mapping[str, int], column: SampledColumn, logical_type: str, custom: Mapping[str, Any], mark: str | None
) -> tuple[str, ...]:
    """The guesses about numbers that are read in a form; `mark` may separate thousands, too."""
    notes = []
    with_commas = {text: count for text, count in there.items() if "," in text}
    if "decimalSeparator" in custom and sum(with_commas.values()) <= allowed_errors(sum(there.values())):
        notes.append(f"check {next(iter(with_commas))}: ',' is read as the decimal mark")
    elif "decimalSeparator" in custom:
        notes.append("',' is the decimal mark")
    if mark is not None:
        example = next(text for text in there if mark in text)
        notes.append(
            f"check {example}: the point is read as decimal mark; with --decimal-mark comma it separates thousands"
        )
    if (why := why_days(column)) is not None:
        notes.append(why)
    if logical_type == "integer" and may_be_counted(there) and not is_id(column):
        notes.append(counted_note(column))
    if all(map(_OF_EXCEL.fullmatch, there)):
        notes.append(
            f"Excel writes numbers of more than 11 digits like {next(iter(there))}: ids have lost their last digits"
        )
    if custom.get("rounding"):
        notes.append("numbers with more than 6 decimals are rounded to 6 (rounding)")
    return tuple(notes)


def _why_name(there: Mapping[str, int], column: SampledColumn) -> str | None:
    """Why texts that are numbers may be names; None if nothing speaks for that."""
    if split_words(column.name)[-1:] == ("version",):
        return "left as text, because version 1.10 is not 1.1"
    code = next(filter(_MAY_BE_CODE.fullmatch, there), None)
    if code is None or any("." in text or "," in text or _EXPONENT.search(text) for text in there):
        return None
    return f"left as text: {code} may be a code or a number; for a number, set its type and notation: free"


def counted_note(column: SampledColumn) -> str:
    """The guess about numbers that may count the time, in a column that is not named like one."""
    return f"may be the time since 1970; --event-time {column.name} reads it that way"


def why_days(column: SampledColumn) -> str | None:
    """What numbers in a column that is named like a date may be; None if they are just numbers."""
    if not is_named_like_a_day(column) or is_quantity_of_days(column.name) or not column.counts:
        return None
    if column.declared is Declared.INTEGER and read_times(column.counts) is not None:
        return "its dates are stored as numbers: write them as dates"
    matches = [_COUNTED_DAYS.fullmatch(text) for text in column.counts]
    numbers = [int(match[1]) for match in matches if match]
    if len(numbers) < len(matches):
        return None
    if min(numbers) < _EXCEL_FROM:
        return "may be days since 1970, which no contract format supports: write them as dates"
    if max(numbers) <= _1970_TO:
        return "may be Excel's day numbers, or days since 1970: write them as dates"
    return "may be Excel's day numbers: format the column as dates, and save the file again"


def _are_names(there: Mapping[str, int]) -> bool:
    """Whether digits are names: some start with a zero or are too long for numbers, and the others fit in."""
    odd = sum(count for text, count in there.items() if _DIGITS.fullmatch(text))
    whole = sum(count for text, count in there.items() if _INTEGER.fullmatch(text))
    return bool(odd) and odd + whole >= sum(there.values()) - allowed_errors(sum(there.values()))


def _is_number(text: str, pattern: re.Pattern[str], custom: Mapping[str, Any]) -> bool:
    if not pattern.fullmatch(text):
        return False
    return custom.get("notation") is None or abs(float(text.replace(",", "."))) < _LIMIT


def _are_of_wider_form(errors: Mapping[str, int], pattern: re.Pattern[str]) -> bool:
    """Whether a wider form of numbers, with the same decimal mark, reads some of the errors."""
    forms = [each for each, _, _ in _NUMBERS]
    commas = [each for each, _, custom in _NUMBERS if "decimalSeparator" in custom]
    wider = [
        each
        for each in forms[forms.index(pattern) + 1 :]
        if pattern is _INTEGER or (each in commas) == (pattern in commas)
    ]
    return any(each.fullmatch(text) for text in errors for each in wider)
