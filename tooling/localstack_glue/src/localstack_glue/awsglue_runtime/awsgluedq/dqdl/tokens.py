"""The tokens of DQDL."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import InvalidRulesetError

_TOKEN = re.compile(
    r"""
    (?P<blank>\s+|\#[^\n]*)
  | (?P<text>"(?:\\.|[^"\\])*")
  | (?P<number>\d+\.\d+(?![\w.])|\d+(?![\w.]))
  | (?P<name>[A-Za-z0-9_.]+)
  | (?P<sign>!=|>=|<=|[=<>\[\](){},:$+\-*/])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """A token, its kind and its offset."""

    kind: str
    text: str
    start: int

    @property
    def value(self) -> str:
        """A quoted text without its quotes. Other escapes, such as those of patterns, are kept."""
        return self.text[1:-1].replace('\\"', '"') if self.kind == "text" else self.text


def tokenize(text: str) -> list[Token]:
    """Split a document into tokens.

    Raises:
        InvalidRulesetError: a part is not a token.
    """
    found, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise InvalidRulesetError(f"{line_and_column(text, place)}: {text[place : place + 12]!r} is not DQDL")
        if match.lastgroup != "blank":
            found.append(Token(str(match.lastgroup), match[0], place))
        place = match.end()
    return found


def line_and_column(text: str, offset: int) -> str:
    """The line and column of an offset, as text."""
    return f"line {text.count(chr(10), 0, offset) + 1}:{offset - text.rfind(chr(10), 0, offset)}"
