"""Find the contract formats that read a column's dates and times.

Each text is parsed once. Texts of the same structure share a format, and a column may have several.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from quartal.contracts.drafting.words import MONTHS, STAMP, TIME

DateOrder = Literal["day", "month"]
_ERRORS = 0.02  # which part of the dates may be errors
_MANY = 20  # dates, of which one may be an error
_COUNTED = {"epochSeconds": 1, "epochMilliseconds": 1_000, "epochMicroseconds": 1_000_000}
_FIRST_COUNTED, _LAST_COUNTED = 100_000_000, 4_102_444_800  # seconds from 1970 to 1973, and to 2100
_YEARS = range(1500, 2300)  # of numbers of eight digits that may be dates
_YEARS_WITH_HOURS = range(1900, 2100)  # of longer ones, which may as well count seconds
_DATE = (
    r"(?:(?P<y>\d{4})(?P<s>[-/.]|\. |年|년 ?)(?P<m>\d{1,2})(?P<n>(?P=s)|月|월 ?)(?P<d>\d{1,2})(?P<e>[.日일]?)"
    r"|(?P<a>\d{1,2})(?P<t>[-/.]|\. )(?P<b>\d{1,2})(?P=t)(?P<z>\d{4})|(?P<c>\d{8}))"
)
_TIME = r"(?P<h>\d{1,2}):(?P<i>\d{2})(?::(?P<x>\d{2})(?:\.(?P<f>\d{1,9}))?)?"
_TIME_BEHIND_DAY = (
    r"(?P<h>\d{1,2})(?P<g>[:.h])(?P<i>\d{2})(?:(?P=g)(?P<x>\d{2})(?:(?P<k>[.,])(?P<f>\d{1,9}))?)?(?P<l> Uhr)?"
)
_OFFSET = r"(?P<o>Z|[+-]\d{2}:\d{2}|[+-]\d{4}|(?P<u>UTC|GMT|\+00))"
_TEXT = re.compile(
    rf"{_DATE}(?:(?P<between>T|, | - |  ?)(?:{_TIME_BEHIND_DAY}|(?P<packed>\d{{6}}))(?P<gap> ?){_OFFSET}?)?",
    re.ASCII,  # contracts do not read the digits of other scripts
)
_PACKED = re.compile(r"(?P<c>\d{8})(?P<packed>\d{6}|\d{4})", re.ASCII)
PACKED_TIMES = re.compile(r"\d{8}|\d{12}|\d{14}", re.ASCII)  # yyyyMMdd, and with HHmm or HHmmss
HOURS = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-4])")  # yyyyMMddHH
_CLOCK = re.compile(_TIME, re.ASCII)
_COUNT = re.compile(r"\d{9,16}(?:\.\d{1,9})?", re.ASCII)
_YEAR, _MONTH, _OF_MONTH = "(?:1[5-9]|20)\\d\\d", "(?:0?[1-9]|1[0-2])", "(?:0?[1-9]|[12]\\d|3[01])"
_LETTER = r"[^\W\d_]"
_HALF_OF_DAY = r"(?<![a-z])(?:[ap]\.?[ \u00a0\u202f]?m|vorm|nachm)\.?(?![a-z])|[πμ]μ|[上下]午|午[前後]|오[전후]|[صم]$"
_MONTH_NAME = "|".join(map(re.escape, sorted(MONTHS)))
_NO_MONTH = re.compile(rf"(?i)(?:{_MONTH_NAME}) (?:0|3[2-9]|[4-9]\d|\d{{3}}|\d{{5,}})")  # Mar 0 is no day and no year
_OTHER_FORMS = {
    "names of months": re.compile(rf"(?i)(?=.{{1,40}}$)(?=.*\d).*(?<!{_LETTER})(?:{_MONTH_NAME})(?!{_LETTER}).*"),
    "a year of two digits": re.compile(
        rf"(?:{_OF_MONTH}(?P<s>[-/.]){_OF_MONTH}(?P=s)\d\d|\d\d(?P<t>[-/.]){_MONTH}(?P=t){_OF_MONTH})(?:[ T,].*)?"
    ),
    "12-hour times (AM, PM)": re.compile(rf"(?i)(?=.*\d{{4}})(?=.*\d:\d\d).*(?:{_HALF_OF_DAY}).*"),
    "an offset in hours alone": re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?[+-]\d\d"),
    "names of time zones": re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)? ?[A-Za-z][A-Za-z/_]{2,30}"),
    "weeks or quarters": re.compile(
        rf"(?i){_YEAR}[-/ ]{{0,3}}(?:Q|K?W)\d{{1,2}}(?:\D.*)?|(?:Q|K?W|T)[- ]?\d{{1,2}}[-/ ]{{1,3}}{_YEAR}|\dQ{_YEAR}"
    ),
    "months without a day": re.compile(rf"{_YEAR}[-/]{_MONTH}|{_MONTH}[-/]{_YEAR}"),
    "days of the year": re.compile(rf"{_YEAR}-[0-3]\d\d"),
}
_WITHIN = re.compile(  # days, within texts that have few letters
    rf"(?=.{{8,45}}$)(?!(?:[\W\d_]*{_LETTER}){{13}}).*(?<!\d)(?:{_YEAR}[-/.年년] ?{_MONTH}[-/.月월] ?{_OF_MONTH}"
    rf"|{_OF_MONTH}[-/.] ?{_OF_MONTH}[-/.] ?{_YEAR})(?!\d).*"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a column's dates or times are read.

    Attributes:
        kind: date, timestamp, or time of day.
        formats: of the contract, the most frequent first.
        needs_zone: whether a format has no offset, so that the contract names the zone.
        lacks_offset: whether some texts name no zone either.
        days: the first and the last day.
        unread: texts that have none of the formats, with how often each is there.
        is_ambiguous: whether day and month may be told either way.
        dates: the day of each text, for texts that have one.
    """

    kind: Literal["date", "timestamp", "time"]
    formats: tuple[str, ...]
    needs_zone: bool
    unread: Mapping[str, int]
    is_ambiguous: bool = False
    lacks_offset: bool = False
    dates: Mapping[str, date] | None = None

    @property
    def shown_order(self) -> DateOrder | None:
        """Which comes first, the day or the month, if some dates show it; None for dates that begin with the year."""
        first = self.formats[0][:1]
        if self.is_ambiguous or first not in ("d", "M") or all(day.day <= 12 for day in (self.dates or {}).values()):
            return None
        return "day" if first == "d" else "month"

    @property
    def days(self) -> tuple[date, date] | None:
        """The first and the last day."""
        return (min(self.dates.values()), max(self.dates.values())) if self.dates else None


def read_times(counts: Mapping[str, int], order: DateOrder | None = None) -> Reading | None:
    """How texts that are mostly dates or timestamps are read; None if too few of them are.

    Args:
        counts: the texts, with how often each appears.
        order: which comes first in ``03/04/2024``, for texts that do not show it.
    """
    total = sum(counts.values())
    matched = {text: found for text in counts if (found := _TEXT.fullmatch(text) or _PACKED.fullmatch(text))}
    if not total or sum(counts[text] for text in matched) < 0.9 * total:
        return None
    first, is_ambiguous = _first_unit([(found, counts[text]) for text, found in matched.items()], order)
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    dates: dict[str, date] = {}
    for text, found in matched.items():
        day = _day(found, first)
        if day is not None and _is_time(found):
            dates[text] = day
            groups[_signature(found)].append(text)
    weights = {signature: sum(counts[text] for text in texts) for signature, texts in groups.items()}
    if not weights or sum(weights.values()) < 0.9 * total:
        return None
    best = max(weights, key=weights.__getitem__)
    has_time = bool(best[2])
    alike = sorted((each for each in groups if bool(each[2]) == has_time), key=lambda each: -weights[each])
    chosen = [each for each in alike if weights[each] >= 0.001 * total or len(alike) <= 3][:8]
    formats = tuple(dict.fromkeys(_format([matched[text] for text in groups[each]], first) for each in chosen))
    read = {text for each in chosen for text in groups[each]}
    return Reading(
        "timestamp" if has_time else "date",
        formats,
        needs_zone=has_time and any(not each[4] or each[4].startswith("'") for each in chosen),
        unread={text: count for text, count in counts.items() if text not in read},
        is_ambiguous=is_ambiguous,
        lacks_offset=has_time and not all(each[4] for each in chosen),
        dates={text: day for text, day in dates.items() if text in read},
    )


def read_clock(counts: Mapping[str, int]) -> Reading | None:
    """How texts that are mostly times of day are read; None if too few of them are."""
    matched = {text: found for text in counts if (found := _CLOCK.fullmatch(text)) and int(found["h"]) < 24}
    total = sum(counts.values())
    if not total or sum(counts[text] for text in matched) < 0.9 * total:
        return None
    with_seconds = [found for found in matched.values() if found["x"]]
    hour = _part("H", [found["h"] for found in matched.values()])
    formats = []
    if with_seconds:
        digits = max(len(found["f"] or "") for found in with_seconds)
        formats += [f"{hour}:mm:ss"] * any(not found["f"] for found in with_seconds)
        formats += [f"{hour}:mm:ss.{'S' * digits}"] if digits else []
    if len(with_seconds) < len(matched):
        formats.append(f"{hour}:mm")
    unread = {text: count for text, count in counts.items() if text not in matched}
    return Reading("time", tuple(formats), needs_zone=False, unread=unread)


def other_form(counts: Mapping[str, int]) -> str | None:
    """The most frequent property of the dates that no contract format supports; None if there is none."""
    total = sum(counts.values())
    if any(map(_NO_MONTH.fullmatch, counts)):
        return None
    for name, pattern in _OTHER_FORMS.items():
        if total and sum(count for text, count in counts.items() if pattern.fullmatch(text)) >= 0.9 * total:
            return name
    return None


def has_other_signs(counts: Mapping[str, int]) -> bool:
    """Whether most texts contain a day, but in a form that no contract format supports."""
    return sum(count for text, count in counts.items() if _WITHIN.fullmatch(text)) >= 0.9 * sum(counts.values())


def unreadable_days(counts: Mapping[str, int]) -> str | None:
    """Why texts that look like dates are none, with examples; None if few look so, or most can be read."""
    matched = {text: found for text in counts if (found := _TEXT.fullmatch(text))}
    if not matched or sum(counts[text] for text in matched) < 0.9 * sum(counts.values()):
        return None
    first, _ = _first_unit([(found, counts[text]) for text, found in matched.items()], None)
    days = {text for text, found in matched.items() if _day(found, first) is not None}
    wrong = next((text for text in matched if text not in days), None)
    if wrong is None:
        timed = next((text for text in matched if matched[text]["between"]), None)
        plain = next((text for text in matched if not matched[text]["between"]), None)
        return f"have a time of day in some rows only, {timed!r} and {plain!r}" if timed and plain else None
    if all(found["c"] for found in matched.values()) and len(days) < len(matched) / 2:
        return None  # other numbers of eight digits
    other = next((text for text in matched if text in days and not _is_ambiguous(matched[text])), None)
    return (
        f"differ in the order of day and month, {other!r} and {wrong!r}"
        if other and matched[wrong]["a"]
        else f"include days that do not exist, such as {wrong!r}"
    )


def _is_ambiguous(found: re.Match[str]) -> bool:
    return bool(found["a"]) and int(found["a"]) <= 12 and int(found["b"]) <= 12


def other_than_dates(counts: Mapping[str, int]) -> list[str]:
    """Texts that are not dates, if a good part of the others are; empty if few are dates, or all."""
    others = [text for text in counts if not (_TEXT.fullmatch(text) or _PACKED.fullmatch(text))]
    left = sum(counts[text] for text in others)
    return others if left < 0.7 * sum(counts.values()) else []


def read_counted(counts: Mapping[str, int], words: Iterable[str], *, is_time: bool = False) -> Reading | None:
    """How numbers that count the time since 1970 are read, judging by their size and the column's name.

    Args:
        counts: the texts, with how often each appears.
        words: the words of the column's name.
        is_time: whether the user named this column as the event time.
    """
    spoken = set(words)
    is_named = is_time or bool(spoken & STAMP)
    if not (is_named or spoken & TIME):
        return None
    for form, unit in _COUNTED.items():
        seconds = _counted_seconds(counts, unit, first=_FIRST_COUNTED if is_named else 1_000_000_000)
        if seconds is not None:
            days = {text: date(1970, 1, 1) + timedelta(seconds=second) for text, second in seconds.items()}
            return Reading("timestamp", (form,), needs_zone=False, unread={}, dates=days)
    return None


def may_be_counted(counts: Mapping[str, int]) -> bool:
    """Whether numbers could count the time since 1970, judging by their size alone."""
    return any(_counted_seconds(counts, unit, first=1_000_000_000) for unit in _COUNTED.values())


def _counted_seconds(counts: Mapping[str, int], unit: int, *, first: int) -> dict[str, int] | None:
    """The seconds that each text counts; None if a text is not a number from `first` to the year 2100."""
    if not counts or not all(map(_COUNT.fullmatch, counts)):
        return None
    if all(map(HOURS.fullmatch, counts)):
        return None
    found = {text: int(text.partition(".")[0]) // unit for text in counts}
    return found if first <= min(found.values()) and max(found.values()) <= _LAST_COUNTED else None


def _first_unit(found: Iterable[tuple[re.Match[str], int]], order: DateOrder | None) -> tuple[DateOrder, bool]:
    """Which comes first in dates that end with the year, and whether the texts leave that open."""
    ends = [(each, rows) for each, rows in found if each.re is _TEXT and each["a"]]
    if not ends:
        return "day", False
    days_first = sum(rows for each, rows in ends if int(each["a"]) > 12)
    months_first = sum(rows for each, rows in ends if int(each["b"]) > 12)
    total = sum(rows for _, rows in ends)
    is_mixed = min(days_first, months_first) > _ERRORS * total
    against = days_first if order == "month" else months_first
    if order is not None and (is_mixed or against <= max(total >= _MANY, _ERRORS * total)):
        return order, False
    if days_first or months_first:
        return ("day" if days_first >= months_first else "month"), is_mixed
    return "day", any(each["t"].strip() != "." for each, _ in ends)


def _day(found: re.Match[str], first: DateOrder) -> date | None:
    if found["c"]:
        year, month, day = found["c"][:4], found["c"][4:6], found["c"][6:]
        if int(year) not in (_YEARS_WITH_HOURS if found.re is _PACKED and len(found[0]) < 14 else _YEARS):
            return None
    elif found.re is _TEXT and found["y"]:
        year, month, day = found["y"], found["m"], found["d"]
    else:
        year = found["z"]
        day, month = (found["a"], found["b"]) if first == "day" else (found["b"], found["a"])
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _is_time(found: re.Match[str]) -> bool:
    if found["packed"]:
        hour, minute, second = (int(found["packed"][place : place + 2] or 0) for place in (0, 2, 4))
        return hour < 24 and minute < 60 and second < 60
    if found.re is _PACKED or not found["h"]:
        return True
    return int(found["h"]) < 24 and int(found["i"]) < 60 and int(found["x"] or 0) < 60


def _signature(found: re.Match[str]) -> tuple[str, ...]:
    """The structure of a text, shared by all texts of one format: separators and parts."""
    if found.re is _PACKED:
        return ("packed", "", f"packed{len(found['packed'])}", "", "")
    separator = "packed" if found["c"] else f"y{found['s']}{found['n']}{found['e']}" if found["y"] else found["t"]
    if not found["between"]:
        return (separator, "", "", "", "")
    marks = f"{found['g']}{found['x'] and 's'}{found['k']}{found['l']}"
    parts = "packed" if found["packed"] else marks
    offset = found["o"] or ""
    kind = f"'{found['u']}'" if found["u"] else "XX" if len(offset) == 5 else "XXX" if offset else ""
    return (separator, found["between"], parts, found["gap"] if offset else "", kind)


def _format(found: list[re.Match[str]], first: DateOrder) -> str:
    one = found[0]
    if one.re is _PACKED:
        return "yyyyMMddHHmmss"[: len(one[0])]
    if one["c"]:
        day = "yyyyMMdd"
    elif one["y"]:
        month, of_month = _parts("Md", [(each["m"], each["d"]) for each in found])
        day = f"yyyy{_literal(one['s'])}{month}{_literal(one['n'])}{of_month}{_literal(one['e'])}"
    else:
        letters = "dM" if first == "day" else "Md"
        head, second = _parts(letters, [(each["a"], each["b"]) for each in found])
        day = f"{head}{one['t']}{second}{one['t']}yyyy"
    if not one["between"]:
        return day
    if one["packed"]:
        time = "HHmmss"
    else:
        mark = _literal(one["g"])
        time = f"{_part('H', [each['h'] for each in found])}{mark}mm" + (f"{mark}ss" if one["x"] else "")
        time += f"{one['k']}{'S' * max(len(each['f']) for each in found)}" if one["f"] else ""
        time += _literal(one["l"] or "")
    offset = one["o"] or ""
    if one["u"]:
        ending = f"'{one['u']}'"
    else:
        ending = "" if not offset else "XX" if any(len(each["o"]) == 5 for each in found) else "XXX"
    return f"{day}{_literal(one['between'])}{time}{one['gap'] if offset else ''}{ending}"


def _literal(text: str) -> str:
    """Text that a format has as it is: letters stand between quotes."""
    return re.sub(rf"({_LETTER}+)", r"'\1'", text)


def _part(letter: str, digits: list[str]) -> str:
    """``H`` if a leading zero may be missing, else ``HH``."""
    return letter if any(len(each) == 1 for each in digits) else letter * 2


def _parts(letters: str, digits: list[tuple[str, str]]) -> tuple[str, str]:
    """Like `_part`, for day and month: if one has no leading zeros, neither has the other, unless it shows some."""
    columns = list(zip(*digits, strict=True))
    is_bare = any(len(each) == 1 for column in columns for each in column)
    has_zeros = [any(each[0] == "0" and len(each) == 2 for each in column) for column in columns]
    found = [
        _part(letter, column) if zeros or not is_bare else letter
        for letter, zeros, column in zip(letters, has_zeros, map(list, columns), strict=True)
    ]
    return found[0], found[1]
