"""Parses statements that sqlglot does not parse, by their words."""

# ruff: noqa: E501 - Athena's messages and SQL in a line are read as a line

import re
from dataclasses import dataclass

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
    "describe": rf"desc(?:ribe)?\s+(?:(?P<options>extended|formatted)\s+)?(?!view\b){_TABLE}(?:\s+partition\s*\(.*\))?",
    "describe view": rf"desc(?:ribe)?\s+view\s+{_TABLE}",
    "msck repair": rf"msck\s+repair\s+table\s+{_TABLE}",
    "explain": r"explain\s+(?:\((?P<options>[^)]*)\)\s*)?(?P<rest>(?:select|with|values|\().*)",
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
    "rename partition": rf"alter\s+table\s+{_TABLE}\s+(?P<rest>partition\s*\(.*?\)\s+rename\s+to\s+partition\s*\(.*)",
    "unload": r"unload\s*\((?P<rest>.*)\)\s*to\s*'(?P<location>[^']*)'(?:\s*with\s*\((?P<options>.*)\))?",
    "optimize": rf"optimize\s+{_TABLE}\s+rewrite\s+data(?:\s+using\s+bin_pack)?(?:\s+where\s+(?P<rest>.*))?",
    "vacuum": rf"vacuum\s+{_TABLE}",
    "unset tblproperties": rf"alter\s+table\s+{_TABLE}\s+unset\s+tblproperties\s*\((?P<rest>(?:\s*'[^']*'\s*,?)+)\)",
}
_COMPILED = {
    name: re.compile(rf"(?:\s|--[^\n]*\n|/\*.*?\*/)*{pattern}{_END}", re.IGNORECASE | re.DOTALL)
    for name, pattern in _PATTERNS.items()
}
_PROPERTY = re.compile(
    r"""\s*(?:'((?:[^']|'')*)'|"((?:[^"]|"")*)"|(\w+))\s*=\s*(?:'((?:[^']|'')*)'|"((?:[^"]|"")*)"|([\w.]+))\s*,?"""
)
_PARTITION = re.compile(r"partition\s*\(([^)]*)\)(?:\s*location\s*'([^']*)')?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Command:
    """A statement's kind and its parts; names are in lower case and without quotes."""

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


def parse_command(sql: str, database: str) -> Command | None:
    """Recognise a statement; None for any other."""
    for kind, pattern in _COMPILED.items():
        found = pattern.fullmatch(sql)
        if found is None:
            continue
        parts = found.groupdict()
        named = parts.get("db") or parts.get("db2")
        return Command(
            kind,
            (bare(named) if named else database).lower(),
            bare(parts.get("table") or "").lower(),
            (parts.get("rest") or "").strip(),
            parts.get("like"),
            parts.get("location") or "",
            parts.get("options") or "",
            None if parts.get("comment") is None else str(parts["comment"]).replace("''", "'"),
            bool(parts.get("exists")),
            bool(named),
        )
    return None


def bare(name: str) -> str:
    """A name without its quotes."""
    return name[1:-1] if name[:1] in ("`", '"') else name


def properties(text: str) -> dict[str, str]:
    """`'a' = 'b', c = 'd'`."""
    found = {}
    for each in _PROPERTY.finditer(text):
        key = each[1] or each[2] or each[3]
        value = next((part for part in each.groups()[3:] if part is not None), "")
        found[key.replace("''", "'")] = value.replace("''", "'")
    return found


def partitions(text: str) -> list[tuple[dict[str, str], str]]:
    """`PARTITION (p = '1') LOCATION 's3://...'`, several after another."""
    return [
        ({key.lower().strip("`"): value for key, value in properties(_unticked(each[1])).items()}, each[2] or "")
        for each in _PARTITION.finditer(text)
    ]


def _unticked(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"'\1'", text)
