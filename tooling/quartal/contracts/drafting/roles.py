"""Guess the roles of columns from their names and values: event time, entity, measures, key.

A column becomes the key only if its name suggests it as well. A feed without a key is normal.
"""

from __future__ import annotations

import operator
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice, pairwise

from quartal.contracts.drafting import words
from quartal.contracts.drafting.column_names import split_words
from quartal.contracts.drafting.column_type import Kind
from quartal.contracts.drafting.named_like import is_quantity
from quartal.contracts.drafting.number_forms import why_days
from quartal.contracts.drafting.sample import Sample, SampledColumn
from quartal.contracts.drafting.times import may_be_counted
from quartal.contracts.model import EARLIEST_EVENT, Layout

MAX_ENTITIES = 5_000
_COMPARED = 5_000  # rows
_COUNTED = re.compile(r"(\D{0,20})(\d{1,15})")  # 17, or INV-0017
_DIGITS_OF_AREAS = 2  # of districts: areas of more digits are sizes
_COUNTED_AT_FIRST = 100  # rows of a large file
_ERRORS = 0.02  # which part of the numbers may be left out


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A sampled column and its type."""

    sampled: SampledColumn
    kind: Kind

    @property
    def name(self) -> str:
        """As files name it."""
        return self.sampled.name

    @property
    def words(self) -> frozenset[str]:
        """The words of its name."""
        return frozenset(split_words(self.name))

    @property
    def missing(self) -> int:
        """How many rows have no value."""
        return self.kind.missing(self.sampled)

    @property
    def different(self) -> int:
        """How many different texts it has."""
        return len(self.sampled.counts)


@dataclass(frozen=True, slots=True)
class EventTime:
    """The columns with the time of an event: one of timestamps or dates, and optionally one of times of day."""

    day: Column
    clock: Column | None = None
    others: tuple[Column, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """One or two."""
        return (self.day,) if self.clock is None else (self.day, self.clock)


def event_time(columns: Sequence[Column], wanted: str | None) -> EventTime | None:
    """The columns with the time of events; None if no column holds plausible days."""
    dated = [column for column in columns if column.kind.has_days and column.name]
    if wanted is not None:
        dated = [column for column in dated if column.name == wanted]
    rows = len(columns[0].sampled.texts) if columns else 0
    clocks = [
        c
        for c in columns
        if c.kind.is_clock and c.name and c.missing == 0 and not c.words & ((words.LATE - {"last"}) | words.DURATION)
    ]
    usable = [column for column in dated if wanted or rows - column.missing >= 0.5 * rows]
    if not usable:
        return None
    place = {column.name: number for number, column in enumerate(columns)}
    has_clock = any(c.words & (words.EVENT | words.TIME | {"clock", "uhrzeit"}) for c in clocks)
    ranked = sorted(usable, key=lambda column: (-_event_score(column, rows, has_clock), place[column.name]))
    best = ranked[0]
    with_clock = best.kind.logical_type == "date" and len(clocks) > 0
    return EventTime(best, clocks[0] if with_clock else None, tuple(ranked[1:]))


def _event_score(column: Column, rows: int, has_clock: bool) -> float:
    spoken, days = column.words, column.kind.reading.days if column.kind.reading else None
    score = 3.0 * (1 - column.missing / max(rows, 1))
    score += 1.0 * bool(spoken & words.EVENT) - 1.5 * bool(spoken & words.LATE) - 4.0 * bool(spoken & words.BIRTH)
    if column.kind.logical_type == "timestamp":
        score += 0.5 - 0.7 * has_clock
    if days is not None and days[1] > date.today() + timedelta(days=1):
        score -= 2.0
    return score - 3.0 * bool(days and days[0] < EARLIEST_EVENT)


def entity(columns: Sequence[Column], when: EventTime, key: Sequence[str]) -> tuple[Column | None, tuple[Column, ...]]:
    """The column that features describe, None for a single series; and the other candidates."""
    rows = len(when.day.sampled.texts)
    taken = {*key, *(column.name for column in when.columns)}
    scored = [
        (score, -number, column)
        for number, column in enumerate(columns)
        if column.name and column.name not in taken and (score := _entity_score(column, rows, when)) is not None
    ]
    ranked = [(score, column) for score, _, column in sorted(scored, key=lambda each: each[:2], reverse=True)]
    chosen = next((column for score, column in ranked if score >= (2.0 if _is_one_series(when) else 1.0)), None)
    return chosen, tuple(column for _, column in ranked if column is not chosen)


def _lacks_values(column: Column, when: EventTime) -> bool:
    """Whether rows of events lack values. A row without a day is no event but, for example, an empty line or totals."""
    if not column.missing:
        return False
    dates = (when.day.kind.reading.dates if when.day.kind.reading else None) or {}
    nothing = {"", *column.kind.custom.get("missingValues", ())}
    pairs = zip(column.sampled.texts, when.day.sampled.texts, strict=True)
    return any(text in nothing and (not dates or day in dates) for text, day in pairs)


def _entity_score(column: Column, rows: int, when: EventTime) -> float | None:
    """How well a column fits as entity; None if it cannot be: a measure, a date, missing or mostly unique values."""
    spoken, kind, different = column.words, column.kind, column.different
    if (
        _lacks_values(column, when)
        or kind.errors
        or kind.logical_type in ("date", "timestamp", "number", "boolean")
        or kind.is_clock
    ):
        return None
    if different > min(MAX_ENTITIES, max(1, rows // 2)):
        return None
    if spoken & (words.OF_DATE | {"time", "date", "datetime", "ampm"}):
        return None
    named = bool(spoken & (words.ENTITY | words.KEY | {"nr"}))
    last = split_words(column.name)[-1:]
    if kind.logical_type == "integer" and not set(last) & (words.ENTITY | words.KEY | {"nr", "no", "code", "number"}):
        return None
    if kind.logical_type == "integer" and spoken & {
        "count",
        "sum",
        "total",
        "age",
        "size",
        "quantity",
        "qty",
        "amount",
    }:
        return None
    if kind.logical_type == "integer" and spoken & {"line", "item"} and spoken & words.ROW - {"line"}:
        return None  # the number of a line in an order
    if different < 2 and not named:
        return None
    if {text.lower() for text in column.sampled.counts} <= words.YES_AND_NO:
        return None
    longest = max(map(len, column.sampled.counts))
    score = 1.0 + 1.5 * named
    score -= 1.0 * bool(spoken & words.WEAK) + 1.5 * bool(spoken & words.PERSON)
    score -= 1.0 * (longest > 60) + 0.8 * (different > 200)
    return score - 0.3 * (different < 2)


def _is_one_series(when: EventTime) -> bool:
    """Whether each row has its own time, at even intervals: a series, not events."""
    if when.clock is not None or when.day.kind.reading is None:
        return False
    texts = [text for text in when.day.sampled.texts if text]
    if len(texts) < 10 or len(set(texts)) < len(texts):
        return False
    if when.day.kind.logical_type == "date":
        return True
    return len(texts) >= 20 and _steps_evenly(texts, when.day.kind.reading.formats[0])


def _steps_evenly(texts: Sequence[str], form: str) -> bool:
    """Whether distinct timestamps share their minutes or seconds, as regular readings do."""
    unit = Layout.parse(form).epoch_unit
    if unit is not None:
        return len({int(float(text)) // unit % 3_600 for text in texts}) <= 12
    endings = Counter(match[0] for text in texts if (match := re.search(r":\d\d(?::\d\d)?", text)))
    return bool(endings) and len(endings) <= 12


def measures(columns: Sequence[Column], taken: frozenset[str], when: EventTime) -> tuple[list[Column], list[Column]]:
    """Numeric columns to aggregate, and numeric columns that are not quantities: ids, codes, places, parts of dates."""
    numbers = [column for column in columns if column.kind.is_number and column.name and column.name not in taken]
    left = [column for column in numbers if _is_no_measure(column, when) or _counts_rows(column, columns)]
    return [column for column in numbers if column not in left], left


def _is_no_measure(column: Column, when: EventTime) -> bool:
    spoken = column.words
    if why_days(column.sampled) is not None:
        return True
    if column.kind.logical_type == "number":
        return bool(spoken & (words.PLACE | {"id", "zip"}))
    if spoken & (words.PLACE | {"year"}) or (spoken & words.OF_DATE and len(spoken) == 1):
        return True
    if not is_quantity(column.name) and (spoken & words.ID or _is_numbered(column, split_words(column.name)[-1:])):
        return True
    return may_be_counted(column.sampled.counts) or _is_date_part(column, when)


def _is_numbered(column: Column, last: tuple[str, ...]) -> bool:
    """Whether whole numbers stand for a few things, such as rooms or types."""
    if last == ("area",) and any(len(text.lstrip("+-")) > _DIGITS_OF_AREAS for text in column.sampled.counts):
        return False
    return bool(set(last) & (words.ENTITY - words.QUANTITY)) and column.different <= MAX_ENTITIES


def _counts_rows(column: Column, columns: Sequence[Column]) -> bool:
    return column is next(each for each in columns if each.name) and _is_counter(column.sampled.texts)


def _is_counter(texts: Sequence[str]) -> bool:
    """Whether whole numbers number the rows."""
    numbers = [int(text) for text in texts[:2_000] if re.fullmatch(r"\d{1,15}", text)]
    return (
        len(numbers) > 10
        and len(numbers) == len(texts[:2_000])
        and all(after - before == 1 for before, after in pairwise(numbers))
    )


def _is_date_part(column: Column, when: EventTime) -> bool:
    """Whether whole numbers repeat the event's year, month, day, weekday or quarter."""
    dates: Mapping[str, date] = (when.day.kind.reading.dates if when.day.kind.reading else None) or {}
    found = (
        (int(text), dates[day])
        for text, day in zip(column.sampled.texts, when.day.sampled.texts, strict=True)
        if day in dates and re.fullmatch(r"\d{1,9}", text)
    )
    pairs = list(islice(found, _COMPARED))
    if len(pairs) < 5:
        return False
    by_part = zip(*(_date_parts(day) for _, day in pairs), strict=True)
    numbers = [number for number, _ in pairs]
    return any(sum(map(operator.eq, numbers, of_days)) > 0.95 * len(pairs) for of_days in by_part)


def _date_parts(day: date) -> tuple[int, ...]:
    """Year, month, day, day of the year, of the week from Monday and from Sunday, and quarter."""
    weekday = day.isoweekday()
    return (day.year, day.month, day.day, day.timetuple().tm_yday, weekday, weekday % 7 + 1, (day.month + 2) // 3)


def key(sample: Sample, columns: Sequence[Column], dataset: str) -> tuple[Column | None, tuple[Column, ...]]:
    """The column that identifies a row, if its name suggests it; and other columns with unique values."""
    rows = sample.rows
    unique = [
        column
        for column in columns
        if column.name
        and not column.missing
        and not column.kind.errors
        and column.kind.logical_type in ("string", "integer")
        and not column.kind.is_clock
        and not column.kind.reading
        and _identifies(column, rows)
        and _repeats_are_alike(column, columns)
        and not column.words & {"rownames", "index", "idx", "unnamed"}
        and not (_is_counter(column.sampled.texts) and (column.sampled.texts[0] == "0" or not column.words & words.KEY))
    ]
    about = {dataset, dataset.rstrip("s"), *dataset.split("_"), *(word.rstrip("s") for word in dataset.split("_"))}
    for column in unique:
        if rows >= 10 and _is_key_by_name(column, columns, about):
            return column, tuple(other for other in unique if other is not column)
    return None, tuple(column for column in unique if _could_be_key(column))


def _identifies(column: Column, rows: int) -> bool:
    """Whether its values are unique, except for a few rows that were delivered twice."""
    return rows > 1 and column.different >= (0.95 if column.words & words.KEY else 0.99) * rows


def _repeats_are_alike(column: Column, columns: Sequence[Column]) -> bool:
    """Whether rows that share a value are identical, as rows delivered twice are."""
    if column.different == len(column.sampled.texts):
        return True
    seen: dict[str, tuple[str, ...]] = {}
    rows = zip(*(other.sampled.texts for other in columns), strict=True)
    return all(seen.setdefault(text, row) == row for text, row in zip(column.sampled.texts, rows, strict=True))


def counts_rows_of_file(column: Column, sample: Sample) -> bool:
    """Whether a key counts from 0 or 1 in the only file read: the next file may continue or restart."""
    shown = _COUNTED.fullmatch(next(iter(column.sampled.texts), ""))
    if len(sample.files) != 1 or shown is None:
        return False
    counts, width = column.sampled.counts, len(shown[2])
    if not any(f"{shown[1]}{first:0{digits}d}" in counts for first in (0, 1) for digits in (1, width)):
        return False
    found = [_COUNTED.fullmatch(text) for text in column.sampled.texts]
    numbers = [int(match[2]) for match in found if match]
    if len(numbers) < len(found) or len({match[1] for match in found if match}) != 1 or min(numbers) > 1:
        return False
    first = numbers if sample.is_whole else numbers[:_COUNTED_AT_FIRST]
    return max(first) - min(first) < len(first) + _ERRORS * len(first)


def _could_be_key(column: Column) -> bool:
    """Whether the user should be asked: it is an id or a code, not a measure or a name."""
    return bool(column.words & words.ID) or _is_code(column)


def _is_key_by_name(column: Column, columns: Sequence[Column], about: set[str]) -> bool:
    """Whether its name identifies the row, not the subject of the row, which occurs again in the next file."""
    spoken = split_words(column.name)
    rest = set(spoken) - words.KEY
    if rest & (words.PEOPLE | words.ENTITY) and not rest & words.ROW:
        return False
    if "".join(spoken) in {word + "id" for word in about} and _is_code(column):
        return True
    if rest & words.ROW and not rest & words.PARTS and any(_counts_parts(each) for each in columns):
        return False  # an order of one line in this file may have two in the next
    is_first = next((each for each in columns if each.name), None) is column
    if rest == set(spoken):
        return is_first and _is_code(column) and bool(rest & words.ROW)
    return not rest or bool(rest & (about | words.ROW)) or is_first


def _counts_parts(column: Column) -> bool:
    """Whether it numbers the lines of an order, or the parts of something similar."""
    return column.kind.logical_type == "integer" and bool(column.words & words.PARTS)


def _is_code(column: Column) -> bool:
    """Whether all values are short codes of letters and digits, such as A-00017."""
    if column.kind.logical_type != "string":
        return False
    return all(re.fullmatch(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9._:-]{2,40}", text) for text in column.sampled.counts)
