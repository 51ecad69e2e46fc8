"""Find the type of a column from its texts: the narrowest type that fits almost all of them.

A few texts that do not fit may be errors, which the contract should catch. A text that does not fit but appears again
and again stands for a missing value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from quartal.contracts.drafting import words
from quartal.contracts.drafting.column_names import split_words
from quartal.contracts.drafting.column_type import AGAIN, Answers, Kind, allowed_errors
from quartal.contracts.drafting.left_as_text import why_no_number, why_text
from quartal.contracts.drafting.named_like import is_code, is_id, is_name, is_named_like_a_day, is_named_like_a_time
from quartal.contracts.drafting.number_forms import counted_kind, counted_note, number_kind, why_days
from quartal.contracts.drafting.placeholders import Placeholders, placeholders
from quartal.contracts.drafting.sample import Declared, SampledColumn
from quartal.contracts.drafting.times import (
    HOURS,
    PACKED_TIMES,
    DateOrder,
    Reading,
    may_be_counted,
    read_clock,
    read_times,
)

_NO_DAY = re.compile(r"0{8}|0{14}|0000-00-00[ T]00:00:00(?:\.0{1,6})?")  # as SAP and MySQL write it
_FAR_DAYS = (1753, 1, 1), (1899, 12, 30), (1899, 12, 31), (1900, 1, 1), (1970, 1, 1), (2099, 12, 31), (2100, 1, 1)
_SHORT_TIME = "may be the time since 1970, of which 32 bits hold no seconds: write 64 bits, or timestamps"
_BOOLEAN = re.compile("true|false", re.IGNORECASE)
_YEAR_APART = timedelta(days=365)


def infer_kind(column: SampledColumn, said: Answers) -> Kind:
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
        or counted_kind(there, column, said)
        or number_kind(there, column, said.mark)
    )
    if kind is None:
        return Kind(
            notes=why_text(there, is_time=is_named_like_a_time(column), is_name=is_code(column) or is_name(column))
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
    if not kind.is_number or is_id(column):
        return Placeholders()
    separator, mark = kind.custom.get("thousandsSeparator", ""), kind.custom.get("decimalSeparator", ".")
    return placeholders(there, separator, mark)


def _nothing(column: SampledColumn) -> frozenset[str]:
    """Texts that may mean a missing value: well-known ones, and non-numeric ones that occur often."""
    counts, total = column.counts, column.present
    named = {text for text in counts if text in words.MISSING or words.ERROR_OF_SHEET.fullmatch(text)}
    strange = {text for text in counts if text not in named and not re.search(r"\d", text)}
    letters = {text for text in strange if not _BOOLEAN.fullmatch(text)}
    often = {text for text in letters if counts[text] >= max(AGAIN, 0.005 * total) and not is_name(column)}
    zeros = {text for text in counts if _NO_DAY.fullmatch(text)}
    days = {text: count for text, count in counts.items() if text not in zeros} if zeros else {}
    if days and (reading := read_times(days)) is not None and _is_plausible(reading, column):
        named |= zeros
    rest = total - sum(counts[text] for text in letters | named)
    # of texts without a digit only few different ones, beside many numbers or dates, can all mean nothing
    return frozenset(named | often if len(often) <= 3 and rest > 0.5 * total and often else named)


def _boolean(there: Mapping[str, int]) -> Kind | None:
    errors = {text: count for text, count in there.items() if not _BOOLEAN.fullmatch(text)}
    return None if sum(errors.values()) > allowed_errors(sum(there.values())) else Kind("boolean", errors=errors)


def _times(there: Mapping[str, int], column: SampledColumn, order: DateOrder | None) -> Kind | None:
    if all(map(HOURS.fullmatch, there)) and set(split_words(column.name)) & (words.TIME | words.STAMP):
        example = next(iter(there))
        return Kind(notes=(f"its dates have hours without minutes, which no contract format supports: {example!r}",))
    reading = read_times(there, order)
    total = sum(there.values())
    if reading is not None:
        if all(map(PACKED_TIMES.fullmatch, there)) and not _is_plausible(reading, column):
            return None
        if sum(reading.unread.values()) > max(allowed_errors(total), 0.05 * total):
            return None
        if reading.is_ambiguous:
            example = next(iter(there))
            return Kind(notes=(f"{example} may begin with the day or the month; use --date-order",), reading=reading)
        options: dict[str, Any] = {"format": reading.formats[0]}
        notes: tuple[str, ...] = ()
        if reading.needs_zone:
            options["defaultTimezone"] = "UTC"
            notes = ("has no offset; read as UTC",) if reading.lacks_offset else ()
            if any(form.endswith("'+00'") for form in reading.formats):
                notes += ("+00 is the only offset that is read: +01, as in summer, breaks the format",)
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
    if clock is not None and sum(clock.unread.values()) <= allowed_errors(total):
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
    if spoken & (words.CODES | words.ID) and not is_named_like_a_day(column):
        return False
    named = {"date", "day", "dt", "datum", "tag", "time", "timestamp", "on", "at"} & spoken
    return days is not None and not reading.unread and bool(named or (days[0].year >= 1950 and days[1] <= date.today()))


def _declared(column: SampledColumn, said: Answers) -> Kind:
    declared, counts = column.declared, column.counts
    if declared in (Declared.INTEGER, Declared.NUMBER) and counts:
        counted = counted_kind(counts, column, said)
        if counted is not None:
            return counted
    if declared is Declared.BOOLEAN:
        return Kind("boolean")
    if declared is Declared.INTEGER:
        return _declared_integer(column)
    if declared in (Declared.NUMBER, Declared.SHORT_NUMBER):
        nothing = {"missingValues": [text for text in ("NaN",) if text in counts]} if "NaN" in counts else {}
        numbers = {text: count for text, count in counts.items() if text != "NaN"}
        kind = number_kind(numbers, column, "point") if numbers else None
        if kind is None:
            return Kind("number", custom=nothing) if not numbers else Kind(notes=(why_no_number(numbers),))
        notes = kind.notes
        if declared is Declared.SHORT_NUMBER and (may_be_counted(numbers) or counted_kind(numbers, column, said)):
            notes = (*(note for note in notes if note != counted_note(column)), _SHORT_TIME)
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
        return Kind(notes=why_text(counts, is_time=is_named_like_a_time(column)) or (why_no_number(counts),))
    notes: tuple[str, ...] = ()
    if (why := why_days(column)) is not None:
        notes += (why,)
    elif may_be_counted(counts) and not is_id(column):
        notes += (counted_note(column),)
    return Kind("integer", notes=notes)
