"""Names in statements with Hive's grammar: double quotes enclose a text, backticks a name."""

import re

from sqlglot import exp

from localstack_glue.athena.engine.commands import split_name
from localstack_glue.athena.engine.statement_kinds import COMMENTS, NAME_PART, TABLE_AS

_TABLE = re.compile(
    r"(?:drop\s+table\s+(?:if\s+exists\s+)?|show\s+create\s+table\s+|alter\s+table\s+|show\s+tables\s+(?:in|from)\s+"
    r"|msck\s+repair\s+table\s+|create\s+(?:external\s+)?table\s+(?:if\s+not\s+exists\s+)?)"
    rf"(?:{NAME_PART}\s*\.\s*)*(?P<name>\"[^\"]*\")",
    re.IGNORECASE,
)
_COLUMN = re.compile(
    r"create\s+(?:external\s+)?table\b.*?[(,]\s*(?P<name>\"[^\"]*\")\s+[a-z]", re.IGNORECASE | re.DOTALL
)
_TEXT = re.compile(r"'(?:[^']|'')*'")


def double_quoted_name(sql: str) -> tuple[str, int] | None:
    """A name in double quotes, which such a statement cannot have, and its position; None if there is none."""
    if TABLE_AS.match(sql):
        return None
    text = COMMENTS.sub(lambda found: " " * len(found[0]), sql)
    text = _TEXT.sub(lambda found: "'" + " " * (len(found[0]) - 2) + "'", text)
    start = len(text) - len(text.lstrip())
    found = _TABLE.match(text, start) or _COLUMN.match(text, start)
    return (found["name"], found.start("name")) if found else None


def table_name(table: exp.Expr, database: str) -> tuple[str, str]:
    """The database and the name of a table in a statement of Hive's, in lower case."""
    written = table.this
    is_ticked = isinstance(written, exp.Identifier) and bool(written.args.get("quoted")) and not table.text("db")
    named, name = split_name(f"`{table.name}`") if is_ticked else ("", "")
    return (named or table.text("db") or database).lower(), (name if named else table.name).lower()
