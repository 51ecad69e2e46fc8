"""What the texts of a column stand for, and how a contract says so: the widest type that all of them have.

Few texts that have it not may be errors, and are what a contract should catch; texts that are there again and again and
are no value of the type stand for a missing one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from quartal.contracts.drafting import words
from quartal.contracts.drafting.column_names import words_of
from quartal.contracts.drafting.left_as_text import why_text
from quartal.contracts.drafting.sample import Declared, SampledColumn
from quartal.contracts.drafting.thousands import DecimalMark, grouping_of, open_mark
from quartal.contracts.drafting.times import DateOrder, Reading, may_be_counted, read_clock, read_counted, read_times

_ERRORS = 0.02  # which part of a column's texts may be errors
_WHOLE = r"[+-]?(?:0|[1-9]\d{0,17})"  # 007 is a name: as a number it would lose its zeros
_INTEGER = re.compile(_WHOLE)
_PLAIN = re.compile(rf"{_WHOLE}(?:\.\d{{1,6}})?")
_COMMA = re.compile(rf"{_WHOLE}(?:,\d{{1,6}})?")
_LONG = re.compile(rf"{_WHOLE}(?:\.\d{{1,40}})?")
_LONG_COMMA = re.compile(rf"{_WHOLE}(?:,\d{{1,40}})?")
_FREE = re.compile(r"[+-]?(?:(?:0|[1-9]\d{0,39})(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?")
_NUMBERS: tuple[tuple[re.Pattern[str], str, Mapping[str, Any]], ...] = (
    (_INTEGER, "integer", {}),
    (_PLAIN, "number", {}),
    (_COMMA, "number", {"decimalSeparator": ","}),
    (_LONG, "number", {"rounding": 6}),
    (_LONG_COMMA, "number", {"decimalSeparator": ",", "rounding": 6}),
    (_FREE, "number", {"rounding": 6, "notation": "free"}),
)
_DIGITS = re.compile(r"0\d+|[1-9]\d{18,}")  # as numbers they would lose their zeros, or be too long
_PHONE = re.compile(r"\+\d{7,17}")
_BOOLEAN = re.compile("true|false", re.IGNORECASE)
_LIMIT = 10.0**18


@dataclass(frozen=True)
class Kind:
    """A column's type.

    Attributes:
        logical_type: as contracts name it.
        options: logicalTypeOptions.
        custom: the column's custom properties.
        errors: texts that are no value of the type, with how often each is there.
        notes: what was guessed, and what no contract can say.
        reading: of dates and times.
        open_mark: a comma or point that may stand between thousands or before decimals.
    """

    logical_type: str = "string"
    options: Mapping[str, Any] = field(default_factory=dict)
    custom: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    reading: Reading | None = None
    open_mark: str | None = None

    @property
    def decimal_mark(self) -> DecimalMark | None:
        """What its numbers show to stand before decimals; None where they show nothing."""
        if self.logical_type != "number" or self.open_mark is not None:
            return None
        return "comma" if self.custom.get("decimalSeparator") == "," else "point"

    @property
    def is_number(self) -> bool:
        """Whether sums of it can be made."""
        return self.logical_type in ("integer", "number")

    @property
    def is_clock(self) -> bool:
        """Whether it is a time of day."""
        return self.reading is not None and self.reading.kind == "time"

    @property
    def has_days(self) -> bool:
        """Whether it says on which day something was."""
        return self.logical_type in ("date", "timestamp")

    def missing(self, column: SampledColumn) -> int:
        """How many rows have no value."""
        nothing = self.custom.get("missingValues", ())
        return len(column.texts) - column.present + sum(column.counts.get(text, 0) for text in nothing)


@dataclass(frozen=True, slots=True)
class Said:
    """What texts do not show, and somebody said.

    Attributes:
        order: what comes first in ``03/04/2024``.
        mark: what stands before decimals, where ``1,250`` may be a thousand.
        time: the column of event times, whose numbers may count from 1970 on whatever its name.
    """

    order: DateOrder | None = None
    mark: DecimalMark | None = None
    time: str | None = None


def kind_of(column: SampledColumn, said: Said = Said()) -> Kind:
    """What the column's texts stand for."""
    if column.declared not in (None, Declared.TEXT):
        return _declared(column, said)
    counts, nothing = column.counts, _nothing(column)
    there = {text: count for text, count in counts.items() if text not in nothing}
    if not there:
        return Kind()
    kind = (
        _boolean(there)
        or _times(there, column, said.order)
        or _counted(there, column, said)
        or _number(there, column, said.mark)
    )
    if kind is None:
        return Kind(notes=why_text(there))
    if not nothing:
        return kind
    custom = {**kind.custom, "missingValues": sorted(nothing, key=lambda text: -counts[text])}
    return replace(kind, custom=custom)


def _nothing(column: SampledColumn) -> frozenset[str]:
    """Texts that stand for no value, should the others be of a type: names of such, and what is there many times."""
    counts, total = column.counts, column.present
    named = {text for text in counts if text in words.MISSING}
    strange = {text for text in counts if text not in named and not re.search(r"\d", text)}
    letters = {text for text in strange if not _BOOLEAN.fullmatch(text)}
    is_name = set(words_of(column.name)[-1:]) & (words.CODES | words.ENTITY)  # of which letters are as good as digits
    often = {text for text in letters if counts[text] >= max(3, 0.005 * total) and not is_name}
    rest = total - sum(counts[text] for text in letters | named)
    # of texts without a digit only few different ones, beside many numbers or dates, can all mean nothing
    return frozenset(named | often if len(often) <= 3 and rest > 0.5 * total and often else named)


def _allowed(total: int) -> float:
    return max(1.0 if total >= 20 else 0.0, _ERRORS * total)


def _boolean(there: Mapping[str, int]) -> Kind | None:
    errors = {text: count for text, count in there.items() if not _BOOLEAN.fullmatch(text)}
    return None if sum(errors.values()) > _allowed(sum(there.values())) else Kind("boolean", errors=errors)


def _counted(there: Mapping[str, int], column: SampledColumn, said: Said) -> Kind | None:
    """Numbers that count the time since 1970 began."""
    reading = read_counted(there, words_of(column.name), is_time=column.name == said.time)
    if reading is None:
        return None
    form = reading.formats[0]
    unit = form.removeprefix("epoch").lower()
    first = next(iter(there))
    note = f"taken for {unit} since 1970, in UTC: {first} is in {(reading.dates or {})[first].year}"
    return Kind("timestamp", {"format": form}, notes=(note,), reading=reading)


def _grouped(there: Mapping[str, int], said: DecimalMark | None) -> Kind | None:
    """Numbers whose thousands stand apart."""
    grouping = grouping_of(there, _allowed(sum(there.values())), said)
    if grouping is None:
        return None
    custom: dict[str, Any] = {"thousandsSeparator": grouping.separator}
    notes = (f"{grouping.separator!r} between thousands",)
    if not grouping.decimals:
        return Kind("integer", {}, custom, grouping.errors, notes)
    custom |= {"decimalSeparator": ","} if grouping.mark == "," else {}
    custom |= {"rounding": 6} if grouping.decimals > 6 else {}
    return Kind("number", {}, custom, grouping.errors, (*notes, f"{grouping.mark!r} before decimals"))


def _number(there: Mapping[str, int], column: SampledColumn, said: DecimalMark | None) -> Kind | None:
    total = sum(there.values())
    if all(map(_PHONE.fullmatch, there)) or _are_names(there):
        return None
    grouped = _grouped(there, said)
    if grouped is not None:
        return grouped
    mark = open_mark(there)
    has_commas = any("," in text for text in there)
    for pattern, logical_type, custom in _NUMBERS:
        if "decimalSeparator" in custom and not has_commas:
            continue
        errors = {text: count for text, count in there.items() if not _is_number(text, pattern, custom)}
        if sum(errors.values()) > _allowed(total):
            continue
        wider = _without_errors(errors, pattern) if errors else None
        if wider is not None:  # few texts of a wider form are values, not errors
            continue
        if errors and set(words_of(column.name)) & words.CODES:
            return None  # a code that is a number for the most part
        example = next((text for text in there if mark and mark in text), "")
        if mark == "," and said is None:
            note = f"{example} may be a thousand and more, or have decimals: say --decimal-mark comma or point"
            return Kind(notes=(note,), open_mark=mark)
        notes = []
        if mark == "." and said is None:
            notes.append(f"{example} is taken for a number with decimals; --decimal-mark comma makes it a thousand")
        if logical_type == "integer" and _may_be_of_excel(there, column):
            notes.append("may be days as Excel counts them: give them the form of a date, and save the file again")
        if logical_type == "integer" and may_be_counted(there):
            notes.append(f"may be the time since 1970: --event-time {column.name} takes it for that")
        if custom.get("rounding"):
            notes.append("numbers with more than 6 decimals are rounded to 6 (rounding)")
        return Kind(logical_type, {}, custom, errors, tuple(notes), open_mark=None if said else mark)
    return None


def _may_be_of_excel(there: Mapping[str, int], column: SampledColumn) -> bool:
    """Whether whole numbers of a column named like a date may count the days since 1900: from 1954 to 2119."""
    return _is_named_like_a_day(column) and all(re.fullmatch(r"[2-7]\d{4}", text) for text in there)


def _is_named_like_a_day(column: SampledColumn) -> bool:
    return bool(set(words_of(column.name)) & {"date", "datum", "day", "fecha", "data", "datetime", "ts", "timestamp"})


def _are_names(there: Mapping[str, int]) -> bool:
    """Whether digits are names: some begin with a zero, or have more digits than a number may, and the others fit."""
    odd = sum(count for text, count in there.items() if _DIGITS.fullmatch(text))
    whole = sum(count for text, count in there.items() if _INTEGER.fullmatch(text))
    return bool(odd) and odd + whole >= sum(there.values()) - _allowed(sum(there.values()))


def _is_number(text: str, pattern: re.Pattern[str], custom: Mapping[str, Any]) -> bool:
    if not pattern.fullmatch(text):
        return False
    return custom.get("notation") is None or abs(float(text)) < _LIMIT


def _without_errors(errors: Mapping[str, int], pattern: re.Pattern[str]) -> bool | None:
    """True where a wider form of numbers reads some of the errors."""
    forms = [each for each, _, _ in _NUMBERS]
    wider = forms[forms.index(pattern) + 1 :]
    if pattern is _COMMA:
        wider = [_LONG_COMMA]
    elif pattern in (_PLAIN, _INTEGER, _LONG):
        wider = [each for each in wider if each not in (_COMMA, _LONG_COMMA)]
    return True if any(each.fullmatch(text) for text in errors for each in wider) else None


def _times(there: Mapping[str, int], column: SampledColumn, order: DateOrder | None) -> Kind | None:
    reading = read_times(there, order)
    total = sum(there.values())
    if reading is not None:
        if all(re.fullmatch(r"\d{8}|\d{14}", text) for text in there) and not _is_plausible(reading, column):
            return None
        if sum(reading.unread.values()) > max(_allowed(total), 0.05 * total):
            return None
        if reading.is_ambiguous:
            example = next(iter(there))
            return Kind(notes=(f"{example} may have its day or its month first: say --date-order",), reading=reading)
        options: dict[str, Any] = {"format": reading.formats[0]}
        notes: tuple[str, ...] = ()
        if reading.needs_zone:
            options["defaultTimezone"] = "UTC"
            notes = ("without an offset, taken for UTC",)
        if reading.formats[0].startswith(("d.", "dd.")) and all(
            day.day <= 12 for day in (reading.dates or {}).values()
        ):
            notes += (f"the day before the month, as dates with dots are written: {next(iter(there))}",)
        custom = {"otherFormats": list(reading.formats[1:])} if reading.formats[1:] else {}
        return Kind(reading.kind, options, custom, reading.unread, notes, reading)
    clock = read_clock(there)
    if clock is not None and sum(clock.unread.values()) <= _allowed(total):
        custom = {"otherFormats": list(clock.formats[1:])} if clock.formats[1:] else {}
        return Kind("string", {"format": clock.formats[0]}, custom, clock.unread, (), clock)
    return _packed_clock(there, column)


def _packed_clock(there: Mapping[str, int], column: SampledColumn) -> Kind | None:
    fits = all(re.fullmatch(r"([01]\d|2[0-3])[0-5]\d[0-5]\d", text) for text in there)
    if not fits or not {"time", "clock", "uhrzeit"} & set(words_of(column.name)):
        return None
    return Kind("string", {"format": "HHmmss"}, reading=Reading("time", ("HHmmss",), needs_zone=False, unread={}))


def _is_plausible(reading: Reading, column: SampledColumn) -> bool:
    """Whether numbers of eight digits are days, not numbers that happen to be some."""
    days = reading.days
    named = {"date", "day", "dt", "datum", "tag", "time", "timestamp", "on", "at"} & set(words_of(column.name))
    return days is not None and not reading.unread and bool(named or (days[0].year >= 1950 and days[1] <= date.today()))


def _declared(column: SampledColumn, said: Said) -> Kind:
    declared, counts = column.declared, column.counts
    if declared in (Declared.INTEGER, Declared.NUMBER) and counts:
        counted = _counted(counts, column, said)
        if counted is not None:
            return counted
    if declared in (Declared.BOOLEAN, Declared.INTEGER):
        if declared is Declared.INTEGER and any(len(text.lstrip("-")) > 18 for text in counts):
            return Kind(notes=why_text(counts) if _is_named_like_a_day(column) else ())
        is_day = declared is Declared.INTEGER and _is_named_like_a_day(column) and read_times(counts) is not None
        return Kind(str(declared), notes=("its dates have the type of numbers: write them as dates",) if is_day else ())
    if declared is Declared.NUMBER:
        nothing = {"missingValues": [text for text in ("NaN",) if text in counts]} if "NaN" in counts else {}
        numbers = {text: count for text, count in counts.items() if text != "NaN"}
        kind = _number(numbers, column, "point") if numbers else None
        if kind is None:
            return Kind("number", custom=nothing) if not numbers else Kind()
        return Kind("number", {}, {**kind.custom, **nothing}, {}, kind.notes)
    if declared is Declared.DATE:
        return Kind("date", {"format": "yyyy-MM-dd"}, reading=read_times(counts))
    reading = read_times(counts)
    if declared is Declared.LOCAL_TIME:
        options = {"format": "yyyy-MM-dd HH:mm:ss", "defaultTimezone": "UTC"}
        return Kind("timestamp", options, notes=("without an offset, taken for UTC",), reading=reading)
    return Kind("timestamp", {"format": "yyyy-MM-dd'T'HH:mm:ssXXX"}, reading=reading)
