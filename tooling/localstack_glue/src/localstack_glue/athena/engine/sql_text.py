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
    return f"make_timestamp((epoch_us({value or name}) + 500) // 1000 * 1000) AS {name}"


def file_list(files: Iterable[str]) -> str:
    """A list of files for DuckDB's readers."""
    return f"[{', '.join(text_of(file) for file in files)}]"
