"""Parses statements that sqlglot does not parse, by their words."""

# ruff: noqa: E501 - Athena's messages and SQL in a line are read as a line

import re
from collections.abc import Iterator
from dataclasses import dataclass

from localstack_glue.athena.engine import hive_grammar
from localstack_glue.athena.engine.errors import MalformedQueryError

_NAME = r'(?:`[^`]+`|"[^"]+"|[\w-]+)'
_TABLE = rf"(?:(?P<db>{_NAME})\.)?(?P<table>{_NAME})"
_END = r"\s*;?\s*"
_PATTERNS = {
    "show databases": rf"show\s+(?:databases|schemas)(?:\s+(?:in|from)\s+{_NAME})?(?:\s+like\s+'(?P<like>[^']*)')?",
    "show tables": rf"show\s+tables(?:\s+(?:in|from)\s+(?P<db>{_NAME}))?(?:\s+(?:like\s+)?'(?P<like>[^']*)')?",
    "show views": rf"show\s+views(?:\s+(?:in|from)\s+(?P<db>{_NAME}))?(?:\s+(?:like\s+)?'(?P<like>[^']*)')?",
    "show partitions": rf"show\s+partitions\s+{_TABLE}",
    "show create table": rf"show\s+create\s+table\s+{_TABLE}",
    "show create view": rf"show\s+create\s+view\s+{_TABLE}",
    "show tblproperties": rf"show\s+tblproperties\s+{_TABLE}(?:\s*\(\s*'(?P<like>[^']*)'\s*\))?",
    "show columns": rf"show\s+columns\s+(?:in|from)\s+{_TABLE}(?:\s+(?:in|from)\s+(?P<db2>{_NAME}))?",
    "describe": rf"desc(?:ribe)?\s+(?:(?P<options>extended|formatted)\s+)?(?!view\b){_TABLE}(?:\s+(?P<rest>[^\s;].*?))?",
    "describe view": rf"desc(?:ribe)?\s+view\s+{_TABLE}",
    "msck repair": rf"msck\s+repair\s+table\s+{_TABLE}",
    "explain": r"explain\s+(?:\((?P<options>[^)]*)\)\s*)?(?P<rest>(?:select|with|values|\((?!\s*(?:type|format)\b)).*)",
    "prepare": rf"prepare\s+(?P<table>{_NAME})\s+from\s+(?P<rest>.*)",
    "execute": rf"execute\s+(?P<table>{_NAME})(?:\s+using\s+(?P<rest>.*))?",
    "deallocate": rf"deallocate\s+prepare\s+(?P<table>{_NAME})",
    "create database": (
        rf"create\s+(?:database|schema)\s+(?P<exists>if\s+not\s+exists\s+)?(?P<table>{_NAME})"
        r"(?:\s+comment\s+'(?P<comment>(?:[^']|'')*)')?(?:\s+location\s+'(?P<location>[^']*)')?"
        r"(?:\s+with\s+dbproperties\s*\((?P<rest>.*)\))?"
    ),
    "drop database": rf"drop\s+(?:database|schema)\s+(?P<exists>if\s+exists\s+)?(?P<table>{_NAME})(?P<rest>\s+(?:restrict|cascade))?",
    "alter database": rf"alter\s+(?:database|schema)\s+(?P<table>{_NAME})\s+set\s+dbproperties\s*\((?P<rest>.*)\)",
    "add partition": rf"alter\s+table\s+{_TABLE}\s+add\s+(?P<exists>if\s+not\s+exists\s+)?(?P<rest>partition\s*\(.*)",
    "drop partition": rf"alter\s+table\s+{_TABLE}\s+drop\s+(?P<exists>if\s+exists\s+)?(?P<rest>partition\s*\(.*)",
    "change column": rf"alter\s+table\s+{_TABLE}\s+change\s+(?:column\s+)?(?P<rest>.*?)",
    "rename partition": rf"alter\s+table\s+{_TABLE}\s+(?P<rest>partition\s*\(.*?\)\s+rename\s+to\s+partition\s*\(.*)",
    "unload": r"unload\s*\((?P<rest>.*)\)\s*to\s*'(?P<location>[^']*)'(?:\s*with\s*\((?P<options>.*)\))?",
    "optimize": rf"optimize\s+{_TABLE}\s+rewrite\s+data\s+using\s+bin_pack(?:\s+where\s+(?P<rest>.*))?",
    "vacuum": rf"vacuum\s+{_TABLE}",
    "unset tblproperties": rf"alter\s+table\s+{_TABLE}\s+unset\s+tblproperties\s*\((?P<rest>(?:\s*'[^']*'\s*,?)+)\)",
}
_COMPILED = {
    name: re.compile(rf"(?:\s|--[^\n]*\n|/\*.*?\*/)*{pattern}{_END}", re.IGNORECASE | re.DOTALL)
    for name, pattern in _PATTERNS.items()
}
_BY_TRINO = frozenset(("show create view", "describe view", "optimize", "vacuum", "prepare", "execute", "deallocate"))
SEPARATORS = {"drop partition": ",", "rename partition": r"rename\s+to"}  # between two partitions
_TEXT = r"""'((?:[^'\\]|\\.|'')*)'|["]((?:[^"\\]|\\.|"")*)["]"""
_PROPERTY = re.compile(rf"\s*(?:{_TEXT}|(\w+))\s*=\s*(?:{_TEXT}|([\w.]+))\s*(,|$)", re.DOTALL)
_SPECIFICATION = re.compile(r"\s*partition\s*\(", re.IGNORECASE)
_PAIR = re.compile(rf"\s*({_NAME})\s*=\s*(?:{_TEXT}|(-?[\w.]+))\s*([,)])", re.DOTALL)
_PLACE = re.compile(r"\s*location\s*'([^']*)'", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Command:
    """A statement's kind and its parts.

    The database and the table are in lower case and without quotes; `hive_names` are as Hive would read them.
    """

    kind: str
    database: str
    table: str
    rest: str
    like: str | None
    location: str
    options: str
    comment: str | None
    exists: bool
    names_database: bool = False
    hive_names: tuple[str, ...] = ()


def parse_command(sql: str, database: str) -> Command | None:
    """Recognise a statement; None for any other."""
    for kind, pattern in _COMPILED.items():
        found = pattern.fullmatch(sql)
        if found is None:
            continue
        parts = found.groupdict()
        named, table = parts.get("db") or parts.get("db2"), parts.get("table") or ""
        written = tuple(name for name in (parts.get("db"), parts.get("db2"), table) if name)
        if kind not in _BY_TRINO and not named and "database" not in kind:
            named, table = split_name(table)
        return Command(
            kind,
            (bare(named) if named else database).lower(),
            bare(table).lower(),
            (parts.get("rest") or "").strip(),
            parts.get("like"),
            parts.get("location") or "",
            parts.get("options") or "",
            None if parts.get("comment") is None else str(parts["comment"]).replace("''", "'"),
            bool(parts.get("exists")),
            bool(named),
            () if kind in _BY_TRINO else written,
        )
    return None


def split_name(table: str) -> tuple[str, str]:
    """The database and the table of a name in backticks, which Hive's statements take also in one pair of them."""
    database, point, name = bare(table).partition(".")
    return (database, name) if table[:1] == "`" and point and database and name else ("", table)


def bare(name: str) -> str:
    """A name without its quotes."""
    return name[1:-1] if name[:1] in ("`", '"') else name


def properties(text: str) -> dict[str, str]:
    """`'a' = 'b', c = 'd'`.

    Raises:
        MalformedQueryError: it is something else.
    """
    found, place = {}, 0
    while text[place:].strip():
        each = _PROPERTY.match(text, place)
        if each is None:
            raise _unexpected(text[place:])
        found[_plain(*each.group(1, 2, 3))] = _plain(*each.group(4, 5, 6))
        place = each.end()
    return found


def partitions(text: str, separator: str = "") -> list[tuple[dict[str, str], str]]:
    """`PARTITION (p = '1') LOCATION 's3://...'`, several after another, with a separator between them.

    Raises:
        MalformedQueryError: it is something else.
        QueryFailedError: a key needs backticks.
    """
    found: list[tuple[dict[str, str], str]] = []
    place = 0
    while place < len(text):
        if found and separator:
            if not (between := re.compile(rf"\s*{separator}", re.IGNORECASE).match(text, place)):
                raise _unexpected(text[place:])
            place = between.end()
        begin = _SPECIFICATION.match(text, place)
        if begin is None:
            raise _unexpected(text[place:])
        pairs = list(_pairs(text, begin.end()))
        location = None if separator else _PLACE.match(text, pairs[-1][2])  # only a new partition gets one
        found.append(({key: value for key, value, _ in pairs}, location[1] if location else ""))
        place = location.end() if location else pairs[-1][2]
    return found


def _pairs(text: str, place: int) -> Iterator[tuple[str, str, int]]:
    """Keys, values and where each pair ends, up to the closing bracket."""
    while True:
        pair = _PAIR.match(text, place)
        if pair is None:
            raise _unexpected(text[place:])
        hive_grammar.check_name(pair[1])
        place = pair.end()
        yield bare(pair[1]).lower(), _plain(*pair.group(2, 3, 4)), place
        if pair[5] == ")":
            return


def _plain(single: str | None, double: str | None, word: str | None) -> str:
    """A value without its quotes."""
    if word is not None:
        return word
    quote, value = ("'", single) if single is not None else ('"', double or "")
    return re.sub(r"\\(['\"\\])", r"\1", value.replace(quote * 2, quote))


def _unexpected(text: str) -> MalformedQueryError:
    return MalformedQueryError(f"line 1:1: mismatched input '{text.strip()[:40]}'")
