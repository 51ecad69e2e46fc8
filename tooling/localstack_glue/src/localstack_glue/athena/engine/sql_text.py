"""Names and texts as DuckDB's SQL has them."""

from collections.abc import Iterable

# parts of regular expressions, with DOTALL: what stands between words, and a name with its database
BLANK = r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)"
NAME = rf"(?:\"(?:[^\"]|\"\")*\"|`[^`]*`|[^\s\"`.(]+)(?:{BLANK}*\.{BLANK}*(?:\"(?:[^\"]|\"\")*\"|`[^`]*`|[^\s\"`.(]+))*"


def quoted(name: str) -> str:
    """A name for DuckDB, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def text_of(value: str) -> str:
    """A text literal for DuckDB."""
    return "'" + value.replace("'", "''") + "'"


def in_milliseconds(name: str, hive_type: str, value: str = "") -> str:
    """A column, a timestamp rounded to what Athena reads of tables over files."""
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
    return f"[{', '.join(text_of(file) for file in files)}]"
