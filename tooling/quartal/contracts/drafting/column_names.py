"""Derive the names of published columns from their names in files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping

from quartal.contracts.drafting import words

_SPELLED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa", "%": " percent "}
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PUBLISHED = re.compile(r"[a-z_][a-z0-9_]*")
_LONGEST = 200  # of the catalog's 255: the names of measures are longer
_RESERVED = re.compile(r"delivery|day|quarter|share|hour_\d\d")  # columns of the published tables


def published_names(names: Iterable[str]) -> Mapping[str, str]:
    """A unique name of lower-case letters, digits and underscores for each name in a file."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = _plain(name)
        candidate, number = plain, 1
        while candidate in taken:
            number += 1
            candidate = f"{plain}_{number}"
        found[name] = candidate
        taken.add(candidate)
    return found


def is_published_name(name: str) -> bool:
    """Whether this is a valid name for a table or a column."""
    return _PUBLISHED.fullmatch(name) is not None


def outside_reserved(name: str, others: Collection[str] = ()) -> str:
    """The name, changed if a column of the published tables or another column already has it."""
    found = name
    while _RESERVED.fullmatch(found) or (found != name and found in others):
        found = f"{found}_value"
    return found


def shown_name(name: str) -> str:
    """The name for a message, on one line."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in name)


def split_words(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case."""
    return tuple(part for word in re.split(r"[^a-z0-9]+", _plain(name)) if word for part in _parts(word))


def _parts(word: str) -> tuple[str, ...]:
    """Split compounds such as ``filialnr`` and ``stationid`` into two words; other words, such as ``valid``, stay."""
    found = re.fullmatch(r"([a-z]{3,}?)(nr|nummer|id|no|code)", word)
    if found and found[2] == "nummer":
        return (found[1], "nr")
    if found and (found[2] == "nr" or found[1] in words.ENTITY | words.PEOPLE | words.ROW):
        return (found[1], found[2])
    return (word,)


def _plain(name: str) -> str:
    if is_published_name(name):
        return name[:_LONGEST]
    humps = name if name.isupper() else _HUMP.sub("_", name)
    spelled = unicodedata.normalize("NFKD", humps.lower().translate(_SPELLED))
    plain = re.sub(r"[^a-z0-9]+", "_", spelled.encode("ascii", "ignore").decode()).strip("_")
    plain = plain[:_LONGEST]
    return plain if re.match(r"[a-z_]", plain) else f"_{plain}" if plain else "column"
