"""Names and texts as DuckDB's SQL has them."""

from collections.abc import Iterable


def quoted(name: str) -> str:
    """A name for DuckDB, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def text_of(value: str) -> str:
    """A text literal for DuckDB."""
    return "'" + value.replace("'", "''") + "'"


def file_list(files: Iterable[str]) -> str:
    """A list of files for DuckDB's readers."""
    return f"[{', '.join(text_of(file) for file in files)}]"
