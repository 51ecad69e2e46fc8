"""AWS's cron expressions in words, if they are simple enough for that."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence

_CRON = re.compile(r"cron\((\d{1,2}) (\d{1,2}) (\S+) (\S+) (\S+) \*\)")
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def in_words(expression: str, zone: str = "UTC") -> str:
    """Such as "8 January, April, July, October at 02:00 UTC"; empty if the expression is not that simple."""
    found = _CRON.fullmatch(expression)
    if found is None or int(found[1]) > 59 or int(found[2]) > 23:
        return ""
    on = _on(*found.groups()[2:])
    return f"{on} at {int(found[2]):02d}:{int(found[1]):02d} {zone}" if on else ""


def _on(days: str, months: str, weekdays: str) -> str:
    in_months = "every month" if months == "*" else _listed(_months(months))
    if {days, weekdays} == {"?", "*"}:
        return "every day" if months == "*" else f"every day of {in_months}" if in_months else ""
    if weekdays == "?":
        at = _numbers(days, 1, 31)
        counted = _listed([str(day) for day in at])
        if not counted or not in_months:
            return ""
        return f"day {counted} of every month" if months == "*" else f"{counted} {in_months}"
    names = [_weekday(name) for name in weekdays.upper().split(",")]
    if days != "?" or not all(names) or not in_months:
        return ""
    return f"every {_listed(names)}" + ("" if months == "*" else f" of {in_months}")


def _months(text: str) -> list[str]:
    numbers = [_MONTHS.get(part, int(part) if part.isdecimal() else 0) for part in text.upper().split(",")]
    return [calendar.month_name[number] for number in numbers] if all(1 <= n <= 12 for n in numbers) else []


def _numbers(text: str, first: int, last: int) -> list[int]:
    numbers = [int(part) if part.isdecimal() else 0 for part in text.split(",")]
    return numbers if all(first <= number <= last for number in numbers) else []


def _weekday(name: str) -> str:
    if name.isdecimal() and 1 <= int(name) <= 7:
        name = _DAYS[int(name) - 1]
    return calendar.day_name[(_DAYS.index(name) - 1) % 7] if name in _DAYS else ""


def _listed(words: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(words))
