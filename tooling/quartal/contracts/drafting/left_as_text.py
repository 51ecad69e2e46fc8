"""Why a column of dates or numbers is drafted as text: its form is not one that contracts can read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from quartal.contracts.drafting.times import (
    PACKED_TIMES,
    has_other_signs,
    other_form,
    other_than_dates,
    read_times,
    unreadable_days,
)

_CURRENCY = (
    "(?:AUD|BGN|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HKD|HUF|ILS|INR|ISK|JPY|KRW|MXN|NOK|NZD|PLN|RON|RUB|SEK|SGD|TRY|UAH|USD|"
    "ZAR|kr|zł|[€$£¥])"
)
_BETWEEN, _MINUS = ", .'\u2019\u00a0\u202f", "\u2212\u2013"  # of digit groups; as typesetters write it
_GROUPED = re.compile(
    rf"[+-]?\d{{1,3}}(?:[{_BETWEEN}]\d{{3}})+(?:[.,]\d+)?|[+-]?\d{{1,2}}(?:,\d{{2}})+,\d{{3}}(?:\.\d+)?"
    rf"|(?=.*(?:[%)-]$|^[({_MINUS}]|{_CURRENCY}))[-+({_MINUS}]{{0,2}}(?:{_CURRENCY})?[ \u00a0]?[-+({_MINUS}]{{0,2}}"
    rf"\d[\d{_BETWEEN}]*[-)]{{0,2}}[ \u00a0]?(?:%|{_CURRENCY})?[-)]{{0,2}}"
)
_LATE_CLOCK = re.compile(r"(?:.*[T ])?(?:[01]?\d|2[0-9]|3\d|4[0-7]):[0-5]\d(?::[0-5]\d)?")
_AFTER_MIDNIGHT = re.compile(r"(?:.*[T ])?(?:2[4-9]|3\d|4[0-7]):[0-5]\d(?::[0-5]\d)?")
_MOST_DIGITS, _MOST_DECIMALS = 18, 40  # of numbers in contracts
_YEAR_AT_END = re.compile(r"(?:0[1-9]|[12]\d|3[01]){2}(?:19|20)\d\d")
_DIGITS = "digits with the year at the end by format ddMMyyyy or MMddyyyy"
_NANOSECONDS = re.compile(r"1[0-9]{18}")  # from 2001 to 2033
_BLANKS = " \t\u00a0\u200b\u200e\u200f\u202f\ufeff"  # and signs that show nowhere
_PADDED = re.compile(r"[+-]?0\d+[.,]\d+")
_LEAST_DIFFERENT = 3  # texts that show a unit
_WITH_UNIT = re.compile(r"[+-]?\d{1,40}(?:[.,]\d{1,40})?[ \u00a0]?([^\W\d_][^\W\d_/²³]{0,7}|[°µ][A-Za-z]{1,2})")
_NUMBER = re.compile(r"[+-]?(?:\d{1,40}(?:[.,]\d{0,40})?|[.,]\d{1,40})(?:[eE][+-]?\d{1,3})?")


def why_text(there: Mapping[str, int], *, is_time: bool = False, is_name: bool = False) -> tuple[str, ...]:
    """Why these texts cannot be read as dates or numbers; empty if they look like neither.

    Args:
        there: the texts, with how often each appears.
        is_time: whether the column is named like a time.
        is_name: whether it is named like a code, or like the name of something.
    """
    stripped = {text.strip(_BLANKS): count for text, count in there.items()}
    if stripped.keys() != there.keys() and (what := _what_stands_between_blanks(stripped)):
        example = next(text for text in there if text != text.strip(_BLANKS))
        return (f"its {what} have spaces around them, which no contract removes: {example!r}",)
    late = next(filter(_AFTER_MIDNIGHT.fullmatch, there), None)
    if late is not None and all(map(_LATE_CLOCK.fullmatch, there)):
        return (f"its dates or times have hours from 24 on, which no contract format supports: {late[:40]!r}",)
    if all(map(_YEAR_AT_END.fullmatch, there)):
        return (f"its dates are not recognized, for instance {next(iter(there))!r}: a contract reads {_DIGITS}",)
    form = other_form(there)
    if form is not None:
        return (f"its dates have {form}, which no contract format supports: {next(iter(there))[:40]!r}",)
    if all(text[:1] + text[-1:] in ("{}", "[]") for text in there):
        return (f"its values are objects or lists, whose parts no contract reads: {next(iter(there))[:40]!r}",)
    if is_time and all(map(_NANOSECONDS.fullmatch, there)):
        return (f"its dates have nanoseconds since 1970, which no contract format supports: {next(iter(there))!r}",)
    unreadable = unreadable_days(there)
    if unreadable is not None:
        return (f"its dates {unreadable}",)
    if has_other_signs(there):
        return (f"its dates have a form that drafts do not recognize: {next(iter(there))[:45]!r}",)
    others = other_than_dates(there)
    if others and not all(map(PACKED_TIMES.fullmatch, set(there) - set(others))):
        return (f"it has other texts among its dates, for instance {others[0][:40]!r}",)
    padded = next(filter(_PADDED.fullmatch, there), None)
    if padded is not None and all(map(_NUMBER.fullmatch, there)):
        return (f"its numbers have zeros in front, such as {padded!r}; to sum them, make it a number in the contract",)
    if (
        all(map(_NUMBER.fullmatch, there))
        and any("," in text for text in there)
        and (point := next((text for text in there if "." in text), None))
    ):
        comma = next(text for text in there if "," in text)
        return (f"its numbers have points and commas as decimal marks, for instance {point!r} and {comma!r}",)
    grouped = sum(count for text, count in there.items() if _GROUPED.fullmatch(text) or _NUMBER.fullmatch(text))
    if grouped >= 0.9 * sum(there.values()) and any(_GROUPED.fullmatch(text) for text in there):
        example = next(text for text in there if _GROUPED.fullmatch(text))
        return (
            f"its numbers have currency or percent signs, or digit groups, which no contract can read: {example!r}",
        )
    return () if is_name else _why_no_measure(there)


def why_no_number(texts: Iterable[str]) -> str:
    """Why numbers of a typed source are drafted as text."""
    for text in texts:
        if text.lstrip("-") == "Infinity":
            return f"left as text: its numbers include {text}"
        whole, _, decimals = text.lstrip("-").partition(".")
        if len(whole) > _MOST_DIGITS or "E" in text:
            return f"left as text: contracts read numbers of at most {_MOST_DIGITS} digits, unlike {text[:40]}"
        if len(decimals) > _MOST_DECIMALS:
            return f"left as text: contracts read numbers of at most {_MOST_DECIMALS} decimals, unlike {text[:40]}..."
    return "left as text: contracts do not read its numbers"


def _why_no_measure(there: Mapping[str, int]) -> tuple[str, ...]:
    """What keeps texts from being numbers: a unit behind each, or a few others among them."""
    total = sum(there.values())
    numbers = {text for text in there if _NUMBER.fullmatch(text)}
    rows = sum(there[text] for text in numbers)
    if 0.5 * total <= rows < total:
        other = next(text for text in there if text not in numbers)
        few = f"{total - rows:,} {'is' if total - rows == 1 else 'are'} not"
        return (f"left as text: most of its values are numbers, but {few}, such as {other[:40]!r}",)
    units = Counter[str]()
    for text, count in there.items():
        if found := _WITH_UNIT.fullmatch(text):
            units[found[1]] += count
    unit, of_unit = units.most_common(1)[0] if units else ("", 0)
    if len(there) < _LEAST_DIFFERENT or of_unit < 0.9 * total:
        return ()
    example = next(text for text in there if text.endswith(unit))
    return (f"its numbers have {unit!r} behind them, which no contract removes: {example[:40]!r}",)


def _what_stands_between_blanks(stripped: Mapping[str, int]) -> str | None:
    numbers = sum(count for text, count in stripped.items() if _NUMBER.fullmatch(text) or _GROUPED.fullmatch(text))
    if numbers >= 0.9 * sum(stripped.values()):
        return "numbers"
    return "dates" if read_times(stripped) is not None else None
