"""IAM's patterns in actions and resources: whether one of them takes in everything that another one does.

A star is any text, a question mark one character, and `${name}` a value of the request. In the first five parts of an
ARN, a wildcard stays within its part, except for a star at its end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_LITERAL = re.compile(r"[^*?]*")
_TOKEN = re.compile(r"\$\{[^}]*\}|\*+|.", re.DOTALL)
_STAR, _ONE = "*", "?"
_PARTS_BEFORE_THE_NAME = 5


@dataclass(frozen=True, slots=True)
class _Token:
    """A character, a wildcard or a variable of a pattern; `crosses` if it may stand for a colon."""

    text: str
    crosses: bool

    def takes(self, other: _Token) -> bool:
        """Whether all that the other token can be, or a part of it, is among what this one can be."""
        if self.text not in (_STAR, _ONE):
            return self.text == other.text
        if self.text == _ONE and (other.text == _STAR or len(other.text) > 1):
            return False
        return self.crosses or not other.crosses


@lru_cache(maxsize=1 << 14)
def includes(one: str, other: str) -> bool:
    """Whether every text that fits the other pattern fits this one; False also where that is uncertain."""
    start = _LITERAL.match(one)
    if start is None or start[0] == one:
        return one == other
    if not other.startswith(start[0]):
        return False
    pattern = _tokens(one)
    reached = _with_empty_stars({0}, pattern)
    for token in _tokens(other):
        taking = [place for place in reached if place < len(pattern) and pattern[place].takes(token)]
        if not taking:
            return False
        reached = _with_empty_stars({place + (pattern[place].text != _STAR) for place in taking}, pattern)
    return len(pattern) in reached


def _with_empty_stars(places: set[int], pattern: tuple[_Token, ...]) -> set[int]:
    found = set(places)
    for place in places:
        while place < len(pattern) and pattern[place].text == _STAR:
            place += 1
            found.add(place)
    return found


@lru_cache(maxsize=1 << 12)
def _tokens(text: str) -> tuple[_Token, ...]:
    found: list[_Token] = []
    colons = 0
    for match in _TOKEN.finditer(text):
        part, in_name = match[0], colons >= _PARTS_BEFORE_THE_NAME
        colons += part == ":"
        if part.startswith(_STAR):
            found.append(_Token(_STAR, in_name or text[match.end() : match.end() + 1] in ("", ":")))
        else:
            found.append(_Token(part, in_name if part == _ONE else part == ":" or len(part) > 1))
    return tuple(found)
