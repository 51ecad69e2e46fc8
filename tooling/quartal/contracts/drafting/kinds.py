"""Find the type of a column from its texts: the narrowest type that fits almost all of them.

A few texts that do not fit may be errors, which the contract should catch. A text that does not fit but appears again
and again stands for a missing value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from quartal.contracts.drafting import words
from quartal.contracts.drafting.column_names import split_words
from quartal.contracts.drafting.left_as_text import why_no_number, why_text
from quartal.contracts.drafting.placeholders import Placeholders, placeholders
from quartal.contracts.drafting.sample import Declared, SampledColumn
from quartal.contracts.drafting.thousands import DecimalMark, infer_grouping, open_mark
from quartal.contracts.drafting.times import (
    HOURS,
    PACKED_TIMES,
    DateOrder,
    Reading,
    may_be_counted,
    read_clock,
    read_counted,
    read_times,
)

_ERRORS = 0.02  # which part of a column's texts may be errors
_AGAIN = 3  # times, from which a text is no error
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
_NO_DAY = re.compile(r"0{8}|0{14}|0000-00-00[ T]00:00:00(?:\.0{1,6})?")  # as SAP and MySQL write it
_FAR_DAYS = (1753, 1, 1), (1899, 12, 30), (1899, 12, 31), (1900, 1, 1), (1970, 1, 1), (2099, 12, 31), (2100, 1, 1)
_PHONE = re.compile(r"\+\d{7,17}")
_COUNTED_DAYS = re.compile(r"([1-7]\d{4})(?:[.,]\d+)?")  # since 1970 or, from 20,000 on, since 1900
_EXCEL_FROM, _1970_TO = 20_000, 29_999  # the days of Excel in 1954, and those since 1970 in 2052
_SHORT_TIME = "may be the time since 1970, of which 32 bits hold no seconds: write 64 bits, or timestamps"
_MAY_BE_CODE = re.compile(r"\d+[eE]\d+")  # 12E3
_EXPONENT = re.compile("[eE][+-]")  # as programs write it
_OF_EXCEL = re.compile(r"\d[.,]\d{1,5}E\+1\d")
_BOOLEAN = re.compile("true|false", re.IGNORECASE)
_LIMIT = 10.0**18
_YEAR_APART = timedelta(days=365)


@dataclass(frozen=True)
class Kind:
    """A column's type.

    Attributes:
        logical_type: as contracts name it.
        options: logicalTypeOptions.
        custom: the column's custom properties.
        errors: texts that are not values of the type, with how often each appears.
        notes: guesses, and what a contract cannot express.
        reading: how dates and times are read.
        open_mark: a comma or point that may be a thousands separator or a decimal mark.
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
        """The decimal mark that its numbers show; None if they show none."""
        if self.logical_type != "number" or self.open_mark is not None:
            return None
        return "comma" if self.custom.get("decimalSeparator") == "," else "point"

    @property
    def is_number(self) -> bool:
        """Whether it can be summed."""
        return self.logical_type in ("integer", "number")

    @property
    def is_clock(self) -> bool:
        """Whether it is a time of day."""
        return self.reading is not None and self.reading.kind == "time"

    @property
    def has_days(self) -> bool:
        """Whether its values contain a day."""
        return self.logical_type in ("date", "timestamp")

    def missing(self, column: SampledColumn) -> int:
        """How many rows have no value."""
        nothing = self.custom.get("missingValues", ())
        return len(column.texts) - column.present + sum(column.counts.get(text, 0) for text in nothing)


@dataclass(frozen=True, slots=True)
class Answers:
    """A user's answers to questions that the texts leave open.

    Attributes:
        order: which comes first in ``03/04/2024``, day or month.
        mark: the decimal mark, for numbers such as ``1,250`` that may be thousands.
        time: the column of event times, whose numbers may count from 1970 under any name.
    """

    order: DateOrder | None = None
    mark: DecimalMark | None = None
    time: str | None = None


def infer_kind(column: SampledColumn, said: Answers = Answers()) -> Kind:
    """The type of the column's texts."""
    if column.declared not in (None, Declared.TEXT):
        return _with_placeholders(_declared(column, said), column.counts, column)
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
        return Kind(
            notes=why_text(there, is_time=_is_named_like_a_time(column), is_name=_is_code(column) or _is_name(column))
        )
    return _with_placeholders(kind, there, column, nothing)


def _with_placeholders(
    kind: Kind, there: Mapping[str, int], column: SampledColumn, nothing: frozenset[str] = frozenset()
) -> Kind:
    """The kind with the texts that mean a missing value."""
    placed = _placeholders(kind, there, column)
    missing = nothing | frozenset(placed.missing)
    kind = replace(kind, notes=(*kind.notes, *placed.notes))
    if not missing:
        return kind
    known = kind.custom.get("missingValues", [])
    ordered = [*known, *sorted(missing, key=lambda text: -column.counts[text])]
    return replace(kind, custom={**kind.custom, "missingValues": ordered})


def _placeholders(kind: Kind, there: Mapping[str, int], column: SampledColumn) -> Placeholders:
    if not kind.is_number or _is_id(column):
        return Placeholders()
    separator, mark = kind.custom.get("thousandsSeparator", ""), kind.custom.get("decimalSeparator", ".")
    return placeholders(there, separator, mark)


def _nothing(column: SampledColumn) -> frozenset[str]:
    """Texts that may mean a missing value: well-known ones, and non-numeric ones that occur often."""
    counts, total = column.counts, column.present
    named = {text for text in counts if text in words.MISSING or words.ERROR_OF_SHEET.fullmatch(text)}
    strange = {text for text in counts if text not in named and not re.search(r"\d", text)}
    letters = {text for text in strange if not _BOOLEAN.fullmatch(text)}
    often = {text for text in letters if counts[text] >= max(_AGAIN, 0.005 * total) and not _is_name(column)}
    zeros = {text for text in counts if _NO_DAY.fullmatch(text)}
    days = {text: count for text, count in counts.items() if text not in zeros} if zeros else {}
    if days and (reading := read_times(days)) is not None and _is_plausible(reading, column):
        named |= zeros
    rest = total - sum(counts[text] for text in letters | named)
    # of texts without a digit only few different ones, beside many numbers or dates, can all mean nothing
    return frozenset(named | often if len(often) <= 3 and rest > 0.5 * total and often else named)


def _allowed(total: int) -> float:
    return max(1.0 if total >= 20 else 0.0, _ERRORS * total)


def _boolean(there: Mapping[str, int]) -> Kind | None:
    errors = {text: count for text, count in there.items() if not _BOOLEAN.fullmatch(text)}
    return None if sum(errors.values()) > _allowed(sum(there.values())) else Kind("boolean", errors=errors)


def _counted(there: Mapping[str, int], column: SampledColumn, said: Answers) -> Kind | None:
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
    grouping = infer_grouping(there, _allowed(sum(there.values())), said)
    if grouping is None:
        return None
    custom: dict[str, Any] = {"thousandsSeparator": grouping.separator}
    notes = (f"{grouping.separator!r} is the thousands separator",)
    if not grouping.decimals:
        return Kind("integer", {}, custom, grouping.errors, notes)
    custom |= {"decimalSeparator": ","} if grouping.mark == "," else {}
    custom |= {"rounding": 6} if grouping.decimals > 6 else {}
    return Kind("number", {}, custom, grouping.errors, (*notes, f"{grouping.mark!r} is the decimal mark"))


def _number(there: Mapping[str, int], column: SampledColumn, said: DecimalMark | None) -> Kind | None:
    total = sum(there.values())
    if all(map(_PHONE.fullmatch, there)) or _are_names(there):
        return None
    if all(map(_FREE.fullmatch, there)) and (why := _why_name(there, column)) is not None:
        return Kind(notes=(why,))
    grouped = _grouped(there, said)
    if grouped is not None:
        return grouped
    mark = open_mark(there)
    has_commas = any("," in text for text in there)
    unread: Mapping[str, int] | None = None  # by a narrower form
    for pattern, logical_type, custom in _NUMBERS:
        if "decimalSeparator" in custom and not has_commas:
            continue
        errors = {text: count for text, count in there.items() if not _is_number(text, pattern, custom)}
        if sum(errors.values()) > _allowed(total):
            continue
        if _are_of_wider_form(errors, pattern) or errors == unread:  # few of them are values, not errors
            unread = errors
            continue
        if errors and (_is_code(column) or (_is_name(column) and max(errors.values()) >= _AGAIN)):
            return None  # a code, or the name of a place, that is a number for the most part
        if mark == "," and said is None:
            example = next(text for text in there if mark in text)
            note = f"the comma of {example} may separate thousands or decimals; use --decimal-mark comma or point"
            return Kind(notes=(note,), open_mark=mark)
        notes = _notes_of_numbers(there, column, logical_type, custom, mark if said is None else None)
        return Kind(logical_type, {}, custom, errors, notes, open_mark=None if said else mark)
    return None


def _notes_of_numbers(
    there: Mapping[str, int], column: SampledColumn, logical_type: str, custom: Mapping[str, Any], mark: str | None
) -> tuple[str, ...]:
    """The guesses about numbers that are read in a form; `mark` may separate thousands, too."""
    notes = []
    with_commas = {text: count for text, count in there.items() if "," in text}
    if "decimalSeparator" in custom and sum(with_commas.values()) <= _allowed(sum(there.values())):
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
    if logical_type == "integer" and may_be_counted(there) and not _is_id(column):
        notes.append(_counted_note(column))
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


def _counted_note(column: SampledColumn) -> str:
    return f"may be the time since 1970; --event-time {column.name} reads it that way"


def _is_code(column: SampledColumn) -> bool:
    return bool(set(split_words(column.name)) & words.CODES)


def _is_id(column: SampledColumn) -> bool:
    return bool(set(split_words(column.name)) & (words.CODES | words.ID))


def _is_name(column: SampledColumn) -> bool:
    """Whether it names something, so that letters are as good as digits."""
    return bool(set(split_words(column.name)[-1:]) & (words.CODES | words.ENTITY))


def why_days(column: SampledColumn) -> str | None:
    """What numbers in a column that is named like a date may be; None if they are just numbers."""
    if not _is_named_like_a_day(column) or not column.counts:
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


def _is_named_like_a_day(column: SampledColumn) -> bool:
    return bool(
        set(split_words(column.name)) & {"date", "datum", "day", "fecha", "data", "datetime", "ts", "timestamp"}
    )


def _is_named_like_a_time(column: SampledColumn) -> bool:
    return _is_named_like_a_day(column) or bool(set(split_words(column.name)) & words.TIME)


def _are_names(there: Mapping[str, int]) -> bool:
    """Whether digits are names: some start with a zero or are too long for numbers, and the others fit in."""
    odd = sum(count for text, count in there.items() if _DIGITS.fullmatch(text))
    whole = sum(count for text, count in there.items() if _INTEGER.fullmatch(text))
    return bool(odd) and odd + whole >= sum(there.values()) - _allowed(sum(there.values()))


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


def _times(there: Mapping[str, int], column: SampledColumn, order: DateOrder | None) -> Kind | None:
    if all(map(HOURS.fullmatch, there)) and set(split_words(column.name)) & (words.TIME | words.STAMP):
        example = next(iter(there))
        return Kind(notes=(f"its dates have hours without minutes, which no contract format supports: {example!r}",))
    reading = read_times(there, order)
    total = sum(there.values())
    if reading is not None:
        if all(map(PACKED_TIMES.fullmatch, there)) and not _is_plausible(reading, column):
            return None
        if sum(reading.unread.values()) > max(_allowed(total), 0.05 * total):
            return None
        if reading.is_ambiguous:
            example = next(iter(there))
            return Kind(notes=(f"{example} may begin with the day or the month; use --date-order",), reading=reading)
        options: dict[str, Any] = {"format": reading.formats[0]}
        notes: tuple[str, ...] = ()
        if reading.needs_zone:
            options["defaultTimezone"] = "UTC"
            notes = ("has no offset; read as UTC",) if reading.lacks_offset else ()
        if reading.formats[0].startswith(("d.", "dd.")) and all(
            day.day <= 12 for day in (reading.dates or {}).values()
        ):
            notes += (f"the day comes before the month, as usual in dates with dots: {next(iter(there))}",)
        if order is not None and reading.shown_order not in (None, order):
            notes += (
                f"read with the {reading.shown_order} first, as its dates show, in spite of --date-order {order}",
            )
        notes += _far_days(reading, there)
        custom = {"otherFormats": list(reading.formats[1:])} if reading.formats[1:] else {}
        return Kind(reading.kind, options, custom, reading.unread, notes, reading)
    clock = read_clock(there)
    if clock is not None and sum(clock.unread.values()) <= _allowed(total):
        custom = {"otherFormats": list(clock.formats[1:])} if clock.formats[1:] else {}
        return Kind("string", {"format": clock.formats[0]}, custom, clock.unread, (), clock)
    return _packed_clock(there, column)


def _far_days(reading: Reading, there: Mapping[str, int]) -> tuple[str, ...]:
    """Days that programs write for none, if they are further from all other days than these are from each other."""
    dates = reading.dates or {}
    found = []
    for far in (day for parts in _FAR_DAYS if (day := date(*parts)) in dates.values()):
        others = [day for day in dates.values() if day != far]
        if not others:
            continue
        gap = min(abs(day - far) for day in (min(others), max(others)))
        if not min(others) < far < max(others) and gap > max(max(others) - min(others), _YEAR_APART):
            rows = sum(there[text] for text, day in dates.items() if day == far)
            found.append(
                f"check {far}: {rows:,} {'row has' if rows == 1 else 'rows have'} it, far from all other days; if it "
                "stands for a missing day, add its text to missingValues"
            )
    return tuple(found)


def _packed_clock(there: Mapping[str, int], column: SampledColumn) -> Kind | None:
    fits = all(re.fullmatch(r"([01]\d|2[0-3])[0-5]\d[0-5]\d", text) for text in there)
    if not fits or not {"time", "clock", "uhrzeit"} & set(split_words(column.name)):
        return None
    return Kind("string", {"format": "HHmmss"}, reading=Reading("time", ("HHmmss",), needs_zone=False, unread={}))


def _is_plausible(reading: Reading, column: SampledColumn) -> bool:
    """Whether eight-digit numbers are dates, and not just numbers that look like dates."""
    days, spoken = reading.days, set(split_words(column.name))
    if spoken & (words.CODES | words.ID) and not _is_named_like_a_day(column):
        return False
    named = {"date", "day", "dt", "datum", "tag", "time", "timestamp", "on", "at"} & spoken
    return days is not None and not reading.unread and bool(named or (days[0].year >= 1950 and days[1] <= date.today()))


def _declared(column: SampledColumn, said: Answers) -> Kind:
    declared, counts = column.declared, column.counts
    if declared in (Declared.INTEGER, Declared.NUMBER) and counts:
        counted = _counted(counts, column, said)
        if counted is not None:
            return counted
    if declared is Declared.BOOLEAN:
        return Kind("boolean")
    if declared is Declared.INTEGER:
        return _declared_integer(column)
    if declared in (Declared.NUMBER, Declared.SHORT_NUMBER):
        nothing = {"missingValues": [text for text in ("NaN",) if text in counts]} if "NaN" in counts else {}
        numbers = {text: count for text, count in counts.items() if text != "NaN"}
        kind = _number(numbers, column, "point") if numbers else None
        if kind is None:
            return Kind("number", custom=nothing) if not numbers else Kind(notes=(why_no_number(numbers),))
        notes = kind.notes
        if declared is Declared.SHORT_NUMBER and (may_be_counted(numbers) or _counted(numbers, column, said)):
            notes = (*(note for note in notes if note != _counted_note(column)), _SHORT_TIME)
        return Kind("number", {}, {**kind.custom, **nothing}, {}, notes)
    reading = read_times(counts)
    far = _far_days(reading, counts) if reading is not None else ()
    if declared is Declared.DATE:
        return Kind("date", {"format": "yyyy-MM-dd"}, notes=far, reading=reading)
    if declared is Declared.LOCAL_TIME:
        options = {"format": "yyyy-MM-dd HH:mm:ss", "defaultTimezone": "UTC"}
        return Kind("timestamp", options, notes=("has no offset; read as UTC", *far), reading=reading)
    return Kind("timestamp", {"format": "yyyy-MM-dd'T'HH:mm:ssXXX"}, notes=far, reading=reading)


def _declared_integer(column: SampledColumn) -> Kind:
    counts = column.counts
    if any(len(text.lstrip("-")) > 18 for text in counts):
        return Kind(notes=why_text(counts, is_time=_is_named_like_a_time(column)) or (why_no_number(counts),))
    notes: tuple[str, ...] = ()
    if (why := why_days(column)) is not None:
        notes += (why,)
    elif may_be_counted(counts) and not _is_id(column):
        notes += (_counted_note(column),)
    return Kind("integer", notes=notes)
