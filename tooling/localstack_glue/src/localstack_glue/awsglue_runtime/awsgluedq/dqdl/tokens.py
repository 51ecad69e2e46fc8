"""The tokens of DQDL."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import InvalidRulesetError

_TOKEN = re.compile(
    r"""
    (?P<blank>[ \t\n]+|\#[^\n]*\n)
  | (?P<text>"(?s:\\.|[^"\\])*")
  | (?P<now>now\(\))
  | (?P<number>[0-9]+\.[0-9]+(?![A-Za-z0-9_.])|[0-9]+(?![A-Za-z0-9_.]))
  | (?P<name>[A-Za-z0-9_.]+)
  | (?P<sign>!=|>=|<=|[=<>\[\](){},:$+\-*/])
    """,
    re.VERBOSE,
)
_DATE = re.compile(r'"[0-9]{4}-[0-9]{2}-[0-9]{2}"')
_TIME = re.compile(r'"(?:[0-9]{1,2}:[0-9]{2} [AP]M|[0-9]{2}:[0-9]{2})"')
_RESERVED = """
    Metadata DataSources Rules Analyzers DefaultLabels labels where with matches between in not and AND or OR of OF
    null NULL empty EMPTY whitespaces_only WHITESPACES_ONLY days hours minutes B KB MB GB TB
"""
_WORDS = frozenset(_RESERVED.split())


@dataclass(frozen=True)
class Token:
    """A token and its offset. Its kind is text, date, time, number, name, word, now or sign."""

    kind: str
    text: str
    start: int

    @property
    def value(self) -> str:
        """What is in the quotes."""
        return self.text[1:-1]


def tokenize(text: str) -> list[Token]:
    """Split a document into tokens.

    Raises:
        InvalidRulesetError: a part is not a token.
    """
    found, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise InvalidRulesetError(f"{line_and_column(text, place)}: {_why_not(text, place)}")
        if match.lastgroup != "blank":
            found.append(Token(_kind(str(match.lastgroup), match[0]), match[0], place))
        place = match.end()
    return found


def line_and_column(text: str, offset: int) -> str:
    """The line and column of an offset, as text."""
    return f"line {text.count(chr(10), 0, offset) + 1}:{offset - text.rfind(chr(10), 0, offset)}"


def _kind(group: str, text: str) -> str:
    if group == "text":
        return "date" if _DATE.fullmatch(text) else "time" if _TIME.fullmatch(text) else "text"
    return "word" if text in _WORDS else group


def _why_not(text: str, place: int) -> str:
    reasons = {
        "#": "a comment must end with a line feed",
        "\r": "a carriage return outside comments and texts is not DQDL; end lines with a line feed alone",
        '"': "this text does not end",
    }
    return reasons.get(text[place], f"{text[place : place + 12]!r} is not DQDL")
