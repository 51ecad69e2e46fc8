"""The words of findings: plurals, ages, moments, and commands as a user types them."""

import shlex
from collections.abc import Mapping, Sequence
from datetime import date, datetime

SHORT_ID = 10  # `wr_` and seven characters, as git shows commits; commands take a run by its beginning
_OF_GLUE = ("wr_", "jr_")  # ids of which the beginning is random
_NAMED = 3  # rules or features that a sentence names


def count(number: int, word: str) -> str:
    """A number with its noun."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def was(number: int) -> str:
    """The verb of so many things in the past."""
    return "was" if number == 1 else "were"


def some(names: Sequence[str], most: int = _NAMED) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def rules(violations: Mapping[str, int]) -> str:
    """Rules with their rows, the most frequent first."""
    ordered = sorted(violations.items(), key=lambda item: (-item[1], item[0]))
    return some([f"{rule} ({rows:,})" for rule, rows in ordered]) or "no known rule"


def percent(share: float) -> str:
    """A share in percent; only exactly 0 and 1 read as 0% and 100%."""
    if 0 < share < 0.0001:
        return "under 0.01%"
    if 0.9995 <= share < 1:
        return "over 99.9%"
    return f"{share:.2%}" if 0 < share < 0.001 else f"{share:.1%}"


def percents(share: float, other: float) -> tuple[str, str]:
    """Two shares in percent, with enough digits to differ."""
    if percent(share) != percent(other):
        return percent(share), percent(other)
    digits = next((each for each in range(2, 6) if f"{share:.{each}%}" != f"{other:.{each}%}"), 1)
    return f"{share:.{digits}%}", f"{other:.{digits}%}"


def short_id(run_id: str) -> str:
    """The first characters of Glue's run ids, which commands accept; other ids stay whole."""
    return run_id[:SHORT_ID] if run_id.startswith(_OF_GLUE) else run_id


def sentence(text: str) -> str:
    """The text as a sentence that ends with a full stop."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def age(then: date, today: date) -> str:
    """The time between two days: in days, and from two months on in months."""
    days = (today - then).days
    if days < 62:
        return count(days, "day")
    months = (today.year - then.year) * 12 + today.month - then.month - (today.day < then.day)
    return count(months, "month")


def minute(moment: datetime) -> str:
    """A moment without seconds."""
    return f"{moment:%Y-%m-%d %H:%M}"


def typed(command: Sequence[str], options: Sequence[str]) -> str:
    """A command as a user types it into a shell, with the options for environment and feed."""
    return " ".join(("quartal", command[0], *options, *map(shlex.quote, command[1:])))
