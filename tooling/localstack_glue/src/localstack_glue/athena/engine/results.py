"""A query's answer, in the types and the texts of Athena."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow
import pyarrow.csv

from localstack_glue.athena.engine.trino.types import Type
from localstack_glue.serdes.java_numbers import double_text

_PRECISIONS = {
    "tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19, "float": 17, "double": 17, "varchar": 2147483647,
    "time": 3, "timestamp": 3, "timestamp with time zone": 3, "varbinary": 1073741824,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of the answer; the type is Athena's."""

    name: str
    type: str
    precision: int = 0
    scale: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """Columns and rows as texts; null is None.

    Attributes:
        columns: of the answer.
        rows: of the answer.
        scanned_bytes: the bytes that were read for it.
        has_header: whether the first row of the results is the header.
        update_count: the number of rows that a statement wrote; None for one that writes none.
        manifest: the files that it wrote, perhaps none; None for a statement that lists none.
    """

    columns: tuple[ResultColumn, ...]
    rows: tuple[tuple[str | None, ...], ...]
    scanned_bytes: int = 0
    has_header: bool = True
    update_count: int | None = None
    manifest: tuple[str, ...] | None = None


NOTHING = Answer((), (), has_header=False)  # of a statement that only changes something


def result_column(name: str, kind: Type) -> ResultColumn:
    """A column of the answer as Athena describes it."""
    known = {"real": "float", "unknown": "varchar"}.get(kind.kind, kind.kind)
    if kind.kind == "decimal":
        return ResultColumn(name, "decimal", *kind.numbers)
    if kind.kind in ("varchar", "char") and kind.numbers:
        return ResultColumn(name, known, kind.numbers[0])
    return ResultColumn(name, known, _PRECISIONS.get(known, 0))


def as_text(value: Any, kind: Type | None = None) -> str | None:
    """A value as Athena writes it. The type is needed for maps whose keys are arrays or rows."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return double_text(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        text = value.replace(tzinfo=None).isoformat(" ", "milliseconds")
        return f"{text} UTC" if value.tzinfo else text
    if isinstance(value, time):
        return value.isoformat("milliseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex(" ")
    parts = kind.parts if kind is not None else ()
    if isinstance(value, list | tuple):
        return f"[{', '.join(_inner(item, *parts[:1]) for item in value)}]"
    if isinstance(value, dict):
        pairs: Iterable[tuple[Any, Any]] = value.items()
        if kind is not None and kind.kind == "map":
            if kind.parts[0].parts:
                pairs = zip(value["key"], value["value"], strict=True)
            shown = (f"{_inner(key, parts[0])}={_inner(item, parts[1])}" for key, item in pairs)
        else:
            types = parts or (None,) * len(value)
            shown = (f"{key}={_inner(item, part)}" for (key, item), part in zip(pairs, types, strict=True))
        return f"{{{', '.join(shown)}}}"
    return str(value)


def write_csv(columns: Sequence[ResultColumn], rows: Iterable[Sequence[str | None]]) -> bytes:
    """The results as Athena stores them: every value in quotes, null as nothing."""
    out = io.StringIO()
    lines = [tuple(column.name for column in columns), *rows]
    for line in lines:
        out.write(",".join("" if value is None else '"' + value.replace('"', '""') + '"' for value in line))
        out.write("\n")
    return out.getvalue().encode()


def write_text(rows: Iterable[Sequence[str | None]]) -> bytes:
    """The results of SHOW, DESCRIBE and EXPLAIN: values between tabs, no line break at the end."""
    return "\n".join("\t".join(value or "" for value in row) for row in rows).encode()


def read_csv(content: bytes) -> list[list[str | None]]:
    """Rows of a file of `write_csv`, the header first; an empty unquoted value is null, a quoted one is a text."""
    header = next(csv.reader(io.StringIO(content.decode(), newline="")))
    names = [str(number) for number in range(len(header))]
    table = pyarrow.csv.read_csv(
        io.BytesIO(content),
        read_options=pyarrow.csv.ReadOptions(column_names=names, block_size=max(len(content), 1)),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pyarrow.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    return [list(row) for row in zip(*(table.column(name).to_pylist() for name in names), strict=True)]


def read_text(content: bytes, *, whole_lines: bool) -> list[list[str | None]]:
    """Rows of a file of `write_text`; with `whole_lines`, each is one value."""
    lines = content.decode().split("\n") if content else []
    return [[line] if whole_lines else list(line.split("\t")) for line in lines]


def _inner(value: Any, kind: Type | None = None) -> str:
    text = as_text(value, kind)
    return "null" if text is None else text
