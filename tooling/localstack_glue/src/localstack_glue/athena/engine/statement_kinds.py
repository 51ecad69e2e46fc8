"""The kind of a statement, by Athena's names (`SubstatementType`)."""

import re

from localstack_glue.athena.engine.sql_text import BLANK, NAME

TABLE_AS = re.compile(
    rf"{BLANK}*create{BLANK}+(?:table|(?:or{BLANK}+replace{BLANK}+)?view){BLANK}+(?:if{BLANK}+not{BLANK}+exists{BLANK}+)?"
    rf"{NAME}{BLANK}*(?:with{BLANK}*\(.*?\){BLANK}*)?as\b",
    re.IGNORECASE | re.DOTALL,
)
COMMENTS = re.compile(r"--[^\n]*(?:\n|$)|/\*.*?\*/", re.DOTALL)
_SKIPPED = ("OR", "REPLACE", "EXTERNAL", "IF", "NOT", "EXISTS")
NAME_PART = r'(?:`[^`]*`|"[^"]*"|[^\s`".]+)'
_ALTERED = re.compile(rf"alter\s+table\s+{NAME_PART}(?:\s*\.\s*{NAME_PART})*(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
# the words after an altered table's name
_ALTERATIONS: dict[tuple[str, ...], str] = {
    ("ADD", "COLUMNS"): "ALTER_TABLE_ADD_COLUMN",
    ("ADD", "IF"): "ALTER_TABLE_ADD_PARTITION",
    ("ADD", "PARTITION"): "ALTER_TABLE_ADD_PARTITION",
    ("CHANGE",): "ALTER_TABLE_CHANGE_COLUMN",
    ("DROP", "COLUMN"): "ALTER_TABLE_DROP_COLUMN",
    ("DROP", "IF"): "ALTER_TABLE_DROP_PARTITION",
    ("DROP", "PARTITION"): "ALTER_TABLE_DROP_PARTITION",
    ("RENAME", "TO"): "ALTER_TABLE_RENAME",
    ("REPLACE", "COLUMNS"): "ALTER_TABLE_REPLACE_COLUMN",
    ("SET", "LOCATION"): "ALTER_TABLE_SET_LOCATION",
    ("SET", "TBLPROPERTIES"): "ALTER_TABLE_PROPERTIES",
}
_ALSO_CALLED = {"SCHEMA": "DATABASE", "SCHEMAS": "DATABASES", "TBLPROPERTIES": "TABLE_PROPERTIES"}


def substatement_type(sql: str) -> str:
    """A statement's kind, as Athena names it; empty for a text of comments alone."""
    text = COMMENTS.sub(" ", sql).strip()
    words: list[str] = re.findall(r"\w+|[^\w\s]", text.upper())
    if not words:
        return ""
    if words[0] in ("WITH", "VALUES", "TABLE", "("):
        return "SELECT"
    if words[0] == "CREATE" and TABLE_AS.match(sql) and "VIEW" not in words[:4]:
        return "CREATE_TABLE_AS_SELECT"
    if words[0] in ("DESCRIBE", "DESC"):
        return "DESCRIBE_TABLE"
    if words[:2] == ["ALTER", "TABLE"]:
        return _alteration(text)
    if words[:2] == ["SHOW", "CREATE"]:
        return "_".join(words[:3])
    if words[0] in ("ALTER", "CREATE", "DROP", "MSCK", "SHOW"):
        kept = [word for word in words[:4] if word not in _SKIPPED][:2]
        return "_".join(_ALSO_CALLED.get(word, word) for word in kept)
    return words[0]


def _alteration(text: str) -> str:
    """`ALTER TABLE t SET LOCATION ...`: only the words after the name count."""
    found = _ALTERED.match(text)
    words = tuple(re.findall(r"\w+", found["rest"].upper())[:2]) if found else ()
    return _ALTERATIONS.get(words) or _ALTERATIONS.get(words[:1]) or "ALTER_TABLE"
