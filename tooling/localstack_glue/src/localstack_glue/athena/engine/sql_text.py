"""Names and texts as DuckDB's SQL has them."""

import re
from collections.abc import Iterable

# parts of regular expressions, with DOTALL: the gap between words, and a name with its database
BLANK = r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)"
NAME = rf"(?:\"(?:[^\"]|\"\")*\"|`[^`]*`|[^\s\"`.(]+)(?:{BLANK}*\.{BLANK}*(?:\"(?:[^\"]|\"\")*\"|`[^`]*`|[^\s\"`.(]+))*"


_SIZED = re.compile(r"(var)?char\s*\(\s*(\d+)\s*\)")
_LAMBDA = re.compile(r"\blambda ((?:\w+, )*\w+):")


def lambdas_apart(sql: str) -> str:
    """Give the variables of lambdas names that no table has: in `lambda p: p.k`, DuckDB takes a table `p` first."""
    names = {name for head in _LAMBDA.findall(sql) for name in head.split(", ")}
    if not names:
        return sql
    # neither in texts and quoted names, nor the name of a field or a function
    token = re.compile(rf"""'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<![\w.])({"|".join(sorted(names))})\b(?!\s*(?::=|\())""")
    return token.sub(lambda found: f"__lambda__{found[1]}" if found[1] else found[0], sql)


def quoted(name: str) -> str:
    """A name for DuckDB, with any characters."""
    return '"' + name.replace('"', '""') + '"'


def schema_name(database: str) -> str:
    """The name of a database's schema in DuckDB, which reserves some names."""
    return f"{database} database"


def text_literal(value: str) -> str:
    """A text literal for DuckDB."""
    return "'" + value.replace("'", "''") + "'"


def as_declared(name: str, hive_type: str, value: str = "") -> str:
    """A column as Athena reads it of tables over files: a timestamp in milliseconds, a text as long as its type."""
    if sized := _SIZED.fullmatch(hive_type.lower()):
        cut = f"substr({value or name}, 1, {sized[2]})"
        return f"{cut if sized[1] else f'rpad({cut}, {sized[2]}, {text_literal(chr(32))})'} AS {name}"
    if hive_type.lower() != "timestamp":
        return f"{value} AS {name}" if value else name
    return f"{rounded_moment(value or name, 3)} AS {name}"


def rounded_moment(value: str, digits: int) -> str:
    """A timestamp with that many digits of a second, rounded half up also before 1970."""
    unit = 10 ** max(6 - digits, 0)
    if digits >= 6:
        return value
    moved = f"epoch_us({value}) + {unit // 2}"
    if digits in (0, 3):
        return f"date_trunc('{'milliseconds' if digits else 'second'}', make_timestamp({moved}))"
    return f"make_timestamp({moved} - ((({moved}) % {unit}) + {unit}) % {unit})"  # DuckDB divides towards zero


def file_list(files: Iterable[str]) -> str:
    """A list of files for DuckDB's readers."""
    return f"[{', '.join(text_literal(file) for file in files)}]"
