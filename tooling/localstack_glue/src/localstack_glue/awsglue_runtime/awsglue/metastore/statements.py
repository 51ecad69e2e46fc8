"""Reads statements of Spark SQL: their kind, their target table, and the names that they mention.

Spark itself parses and checks the statement. This module only must not miss a name: a word that merely looks like a
table's name costs one request to the catalog.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise

_TOKEN = re.compile(
    r"--[^\n]*|/\*.*?\*/|\s+|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`(?:[^`]|``)*`|[A-Za-z_0-9]+|.", re.DOTALL
)
_QUERY_STARTS = {"SELECT", "WITH", "FROM", "VALUES", "TABLE", "(", "MAP", "REDUCE"}
_DATABASE = {"DATABASE", "SCHEMA", "NAMESPACE"}


class Kind(Enum):
    """The kinds of statements."""

    QUERY = auto()
    INSERT = auto()
    CREATE_TABLE = auto()
    CREATE_VIEW = auto()
    CHANGE_TABLE = auto()  # ALTER, MSCK REPAIR, TRUNCATE
    DROP_TABLE = auto()
    CHANGE_DATABASE = auto()
    DROP_DATABASE = auto()
    SHOW_TABLES = auto()
    SHOW_DATABASES = auto()
    OTHER = auto()


@dataclass(frozen=True)
class Name:
    """A table's name as written. Without a database it belongs to the current one."""

    database: str | None
    table: str

    def within(self, current: str) -> tuple[str, str]:
        """The database and table, both in lower case as in the catalog."""
        return (self.database or current).lower(), self.table.lower()


@dataclass(frozen=True)
class Header:
    """The clauses of CREATE TABLE before its query: the end of USING, and the words outside parentheses."""

    using_end: int | None
    words: frozenset[str]
    has_path: bool = False

    @property
    def has_location(self) -> bool:
        """Whether the statement has a location: LOCATION or the option `path`."""
        return "LOCATION" in self.words or self.has_path

    @property
    def is_hive(self) -> bool:
        """Whether the table is a Hive table: Spark creates one if there is no USING."""
        return self.using_end is None


@dataclass(frozen=True)
class Statement:
    """A statement."""

    text: str
    kind: Kind
    target: Name | None = None
    names: tuple[Name, ...] = ()
    words: tuple[str, ...] = ()
    header: Header | None = None
    is_elsewhere: bool = False  # its target is in another catalog

    def with_location(self, location: str) -> str:
        """The text of CREATE TABLE ... USING with a LOCATION."""
        assert self.header is not None and self.header.using_end is not None  # noqa: S101, PT018 - as asked before
        quoted = location.replace("\\", "\\\\").replace("'", "\\'")
        end = self.header.using_end
        return f"{self.text[:end]} LOCATION '{quoted}' {self.text[end:]}"


@dataclass(frozen=True)
class _Token:
    text: str
    end: int

    @property
    def word(self) -> str:
        return self.text.upper()

    @property
    def is_identifier(self) -> bool:
        return self.text.startswith("`") or bool(re.match(r"\w", self.text))

    @property
    def identifier(self) -> str:
        return self.text[1:-1].replace("``", "`") if self.text.startswith("`") else self.text


def parse(text: str, is_catalog: Callable[[str], bool] = lambda _: False) -> Statement:
    """Read a statement. Names in other catalogs of the session are not names of Glue."""
    tokens = [token for token in _tokens(text) if token.text.strip() and not token.text.startswith(("--", "/*"))]
    words = tuple(token.word for token in tokens)
    names = tuple(dict.fromkeys(_names(tokens, is_catalog)))
    kind, start = _kind(words)
    parts = _parts_at(tokens, start) if start is not None else []
    target = Name(parts[-2] if len(parts) > 1 else None, parts[-1]) if parts else None
    header = _header(tokens) if kind is Kind.CREATE_TABLE else None
    is_elsewhere = len(parts) > 1 and is_catalog(parts[0])
    return Statement(text, kind, target, names, words, header, is_elsewhere)


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        yield _Token(match.group(), match.end())


def _names(tokens: Sequence[_Token], is_catalog: Callable[[str], bool]) -> Iterator[Name]:
    position = 0
    while position < len(tokens):
        parts: list[str] = []
        while position < len(tokens) and tokens[position].is_identifier:
            parts.append(tokens[position].identifier)
            position += 1
            if position + 1 < len(tokens) and tokens[position].text == "." and tokens[position + 1].is_identifier:
                position += 1
            else:
                break
        if not parts:
            position += 1
            continue
        if len(parts) > 1 and is_catalog(parts[0]):
            continue
        yield Name(None, parts[0])
        for database, table in pairwise(parts):
            yield Name(database, table)


def _parts_at(tokens: Sequence[_Token], start: int) -> list[str]:
    parts: list[str] = []
    position = start
    while position < len(tokens) and tokens[position].is_identifier:
        parts.append(tokens[position].identifier)
        if position + 1 >= len(tokens) or tokens[position + 1].text != ".":
            break
        position += 2
    return parts


def _kind(words: Sequence[str]) -> tuple[Kind, int | None]:
    """The kind of a statement, and the position of its target's name."""
    first = words[0] if words else ""
    if first in {"CREATE", "REPLACE"}:
        return _created(words)
    if first == "DROP":
        kind = Kind.DROP_DATABASE if words[1:2] and words[1] in _DATABASE else Kind.DROP_TABLE
        return (kind, _after(words, 2, "IF", "EXISTS")) if words[1:2] != ("FUNCTION",) else (Kind.OTHER, None)
    if first == "ALTER" and len(words) > 1:
        return (Kind.CHANGE_DATABASE, 2) if words[1] in _DATABASE else (Kind.CHANGE_TABLE, 2)
    if first == "MSCK":
        return Kind.CHANGE_TABLE, 3
    if first in {"REPAIR", "TRUNCATE"}:
        return Kind.CHANGE_TABLE, 2
    if first == "SHOW":
        return _shown(words)
    insert = _insert_position(words)
    if insert is not None:
        return _inserted(words, insert)
    return (Kind.OTHER if first in {"DESCRIBE", "DESC", "ANALYZE", "USE", "SET"} else Kind.QUERY), None


def _created(words: Sequence[str]) -> tuple[Kind, int | None]:
    position = 1
    if words[position : position + 2] == ("OR", "REPLACE"):
        position += 2
    if words[position : position + 1] == ("EXTERNAL",):
        position += 1
    what = words[position] if position < len(words) else ""
    start = _after(words, position + 1, "IF", "NOT", "EXISTS")
    if what == "TABLE":
        return Kind.CREATE_TABLE, start
    if what == "VIEW":
        return Kind.CREATE_VIEW, start
    if what in _DATABASE:
        return Kind.CHANGE_DATABASE, start
    return Kind.QUERY, None  # a temporary view, or a function


def _shown(words: Sequence[str]) -> tuple[Kind, int | None]:
    if words[1:2] in (("DATABASES",), ("SCHEMAS",), ("NAMESPACES",)):
        return Kind.SHOW_DATABASES, None
    is_list = "TABLES" in words[1:2] or "VIEWS" in words[1:2] or words[1:3] == ("TABLE", "EXTENDED")
    return (Kind.SHOW_TABLES if is_list else Kind.OTHER), None


def _inserted(words: Sequence[str], position: int) -> tuple[Kind, int | None]:
    start = position + 2  # INTO or OVERWRITE
    if words[start : start + 1] in (("DIRECTORY",), ("LOCAL",)):
        return Kind.QUERY, None
    return Kind.INSERT, start + 1 if words[start : start + 1] == ("TABLE",) else start


def _insert_position(words: Sequence[str]) -> int | None:
    """The position of INSERT: first, or after WITH or FROM."""
    if words[:1] not in (("INSERT",), ("WITH",), ("FROM",)):
        return None
    depth = 0
    for position, word in enumerate(words):
        depth += (word == "(") - (word == ")")
        if word == "INSERT" and depth == 0 and words[position + 1 : position + 2] in (("INTO",), ("OVERWRITE",)):
            return position
    return None


def _after(words: Sequence[str], position: int, *optional: str) -> int:
    return position + len(optional) if tuple(words[position : position + len(optional)]) == optional else position


def _header(tokens: Sequence[_Token]) -> Header:
    depth, found, using_end, has_path = 0, [], None, False
    for position, token in enumerate(tokens):
        depth += (token.text == "(") - (token.text == ")")
        if depth:
            continue
        following = tokens[position + 1].word if position + 1 < len(tokens) else ""
        if token.word == "AS" and following in _QUERY_STARTS:
            break
        if token.word == "USING" and using_end is None and position + 1 < len(tokens):
            using_end = _dotted_end(tokens, position + 1)
        if token.word == "OPTIONS" and following == "(":
            has_path = has_path or "path" in _option_names(tokens, position + 2)
        found.append(token.word)
    return Header(using_end, frozenset(found), has_path)


def _option_names(tokens: Sequence[_Token], start: int) -> Iterator[str]:
    """The names of the options: the first word, and each word after a comma."""
    is_name = True
    for token in tokens[start:]:
        if token.text == ")":
            return
        if is_name:
            yield token.text.strip("'\"`").lower()
        is_name = token.text == ","


def _dotted_end(tokens: Sequence[_Token], position: int) -> int:
    """The end of a provider's name, which may be a dotted class name."""
    while position + 2 < len(tokens) and tokens[position + 1].text == ".":
        position += 2
    return tokens[position].end
