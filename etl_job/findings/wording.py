"""How findings are worded: plurals, ages, moments, and commands as somebody types them."""

import shlex
from collections.abc import Mapping, Sequence
from datetime import date, datetime

SHORT_ID = 10  # `wr_` and seven characters, as git shows commits; commands take a run by its beginning
_NAMED = 3  # rules or features that a sentence names


def count(number: int, word: str) -> str:
    """A number and what it counts."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def some(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def rules(violations: Mapping[str, int]) -> str:
    """Rules with their rows, the most frequent first."""
    ordered = sorted(violations.items(), key=lambda item: (-item[1], item[0]))
    return some([f"{rule} ({rows:,})" for rule, rows in ordered]) or "no rule that is known"


def percent(share: float) -> str:
    """A share in percent, so that what is not nothing does not read as nothing."""
    return f"{share:.2%}" if 0 < share < 0.001 else f"{share:.1%}"


def sentence(text: str) -> str:
    """With a full stop."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def age(then: date, today: date) -> str:
    """In days, and from two months on in months."""
    days = (today - then).days
    if days < 62:
        return count(days, "day")
    months = (today.year - then.year) * 12 + today.month - then.month - (today.day < then.day)
    return count(months, "month")


def minute(moment: datetime) -> str:
    """A moment without seconds."""
    return f"{moment:%Y-%m-%d %H:%M}"


def typed(command: Sequence[str], options: Sequence[str]) -> str:
    """A command as somebody types it into a shell, with the options that name environment and feed."""
    return " ".join(("quartal", command[0], *options, *map(shlex.quote, command[1:])))
