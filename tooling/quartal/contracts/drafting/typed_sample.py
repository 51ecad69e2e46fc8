"""Sample sources that declare types: Parquet files and database tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from quartal.contracts.drafting.encoding import is_utf_8
from quartal.contracts.drafting.sample import Declared, Sample, SampledColumn
from quartal.contracts.model import FileFormat
from quartal.core.errors import ConfigurationError

_ROWS = 200_000
_ERRORS = 0.02  # which part of a column's values may be errors
_TIMES = (Declared.DATE, Declared.LOCAL_TIME, Declared.MOMENT)
_MOMENT = pa.timestamp("us", "UTC")  # the meaning of the earlier type of 96 bits


def parquet_sample(path: Path, *, everything: bool = False) -> Sample:
    """Rows of the first, the middle and the last row group of a Parquet file.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        file = pq.ParquetFile(path, coerce_int96_timestamp_unit="us")
        groups = list(range(file.num_row_groups))
        wanted = (
            groups if everything or file.metadata.num_rows <= _ROWS else sorted({0, len(groups) // 2, len(groups) - 1})
        )
        table = file.read_row_groups(wanted)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise ConfigurationError(
            f"{path} cannot be read: {' '.join(str(error).split())[:300]}",
            remedy="Write that type as another one, such as a decimal number or text."
            if isinstance(error, pa.ArrowNotImplementedError)
            else "Name a complete Parquet file.",
        ) from error
    if not everything and table.num_rows > 3 * _ROWS:
        table = table.slice(0, 3 * _ROWS)
    if not table.num_rows or not table.num_columns:
        raise ConfigurationError(f"{path} has no rows.", remedy="Draft from a file with some rows of the feed.")
    folded = Counter(name.lower() for name in table.column_names)
    twice = [name for name in table.column_names if folded[name.lower()] > 1]
    if twice:
        raise ConfigurationError(
            f"Column {', '.join(twice)} appears twice in {path}: names are not case-sensitive.",
            remedy="Rename one: columns are found by their names.",
        )
    old = {leaf.path for leaf in map(file.schema.column, range(len(file.schema))) if leaf.physical_type == "INT96"}
    columns = tuple(
        _of_arrow(name, column.cast(_MOMENT) if name in old else column)
        for name, column in zip(table.column_names, table.columns, strict=True)
    )
    undecodable = frozenset(row for column in table.columns for row in _undecodable_rows(column))
    is_whole = table.num_rows == file.metadata.num_rows
    return Sample(str(path), FileFormat.PARQUET, columns, is_whole=is_whole, undecodable=undecodable, files=(path,))


def rows_sample(
    source: str, names: Sequence[str], rows: Iterable[Sequence[Any]], key: tuple[str, ...], *, is_whole: bool
) -> Sample:
    """Rows of a database, as `quartal ingest` writes them to CSV."""
    values = list(zip(*rows, strict=True)) or [()] * len(names)
    columns = tuple(_of_values(name, column) for name, column in zip(names, values, strict=True))
    form = {"delimiter": ",", "header": True, "encoding": "UTF-8"}
    return Sample(source, FileFormat.CSV, columns, csv=form, is_whole=is_whole, key=key)


def _of_arrow(name: str, column: pa.ChunkedArray) -> SampledColumn:
    kind = kind_in_file = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], kind)
    declared = _declared(kind)
    if declared is None:
        return SampledColumn(name, ("",) * len(column), unread=f"it holds values of type {kind_in_file}")
    if pa.types.is_float32(kind):  # as text: Python's floats would show digits that it does not have
        column = column.cast(pa.string()).cast(pa.float64())
    has_less = False
    if pa.types.is_timestamp(kind):  # Python has no nanoseconds, and the job cuts off what is below a second
        exact, column = column, column.cast(pa.timestamp("us", kind.tz), safe=False)
        has_less = kind.unit == "ns" and not column.cast(kind).equals(exact)
    return _sampled(name, _values(column), declared, may_be_days=not has_less)


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Values as Python objects, or as text if Python cannot represent them: days outside the years 1 to 9999."""
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError:
        contents = column.cast(pa.binary()).to_pylist()
        return [content and content.decode(errors="replace") for content in contents]
    except (ValueError, OverflowError):
        return [_value(each) for each in column]


def _value(scalar: pa.Scalar) -> Any:
    try:
        return scalar.as_py()
    except (ValueError, OverflowError):
        return str(scalar.cast(pa.string()).as_py())


def _undecodable_rows(column: pa.ChunkedArray) -> list[int]:
    """The rows whose text has bytes that are no UTF-8."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if _declared(column.type) is not Declared.TEXT or pa.types.is_null(column.type):
        return []
    contents = column.cast(pa.binary())
    try:
        contents.cast(pa.string())
    except pa.ArrowInvalid:
        return [row for row, content in enumerate(contents.to_pylist()) if content and not is_utf_8(content)]
    return []


def _sampled(name: str, values: Sequence[Any], declared: Declared | None, *, may_be_days: bool = True) -> SampledColumn:
    if declared in _TIMES:
        beyond = sum(isinstance(value, str) for value in values)
        if beyond > _ERRORS * len(values):
            return SampledColumn(
                name, ("",) * len(values), unread=f"{beyond:,} of its days lie outside the years 1 to 9999"
            )
    times = [value for value in values if isinstance(value, datetime)]
    if declared is Declared.LOCAL_TIME and may_be_days and times and all(value.time() == time.min for value in times):
        declared, values = Declared.DATE, [value.date() if isinstance(value, datetime) else value for value in values]
    return SampledColumn(name, tuple(map(_text, values)), declared)


def _declared(kind: pa.DataType) -> Declared | None:
    """The type of a contract; None if the job does not read it."""
    types = pa.types
    known: tuple[tuple[Callable[[pa.DataType], bool], Declared], ...] = (
        (types.is_boolean, Declared.BOOLEAN),
        (types.is_integer, Declared.INTEGER),
        (types.is_float32, Declared.SHORT_NUMBER),
        (types.is_float64, Declared.NUMBER),
        (lambda each: types.is_decimal(each) and not types.is_decimal256(each), Declared.NUMBER),
        (types.is_date, Declared.DATE),
        (types.is_string, Declared.TEXT),
        (types.is_large_string, Declared.TEXT),
        (types.is_string_view, Declared.TEXT),
        (types.is_null, Declared.TEXT),
    )
    if types.is_timestamp(kind):
        return Declared.MOMENT if kind.tz else Declared.LOCAL_TIME
    return next((declared for is_kind, declared in known if is_kind(kind)), None)


def _of_values(name: str, values: Sequence[Any]) -> SampledColumn:
    present = [value for value in values if value is not None]
    kinds = {_kind_of_value(value) for value in present}
    if None in kinds:
        odd = next(value for value in present if _kind_of_value(value) is None)
        return SampledColumn(name, ("",) * len(values), unread=f"it holds values of type {type(odd).__name__}")
    if kinds == {Declared.INTEGER, Declared.NUMBER}:
        kinds = {Declared.NUMBER}
    declared = kinds.pop() if len(kinds) == 1 else Declared.TEXT
    # texts of a database may be anything, as those of a file
    return _sampled(name, values, None if declared is Declared.TEXT else declared)


def _kind_of_value(value: Any) -> Declared | None:
    if isinstance(value, bool):
        return Declared.BOOLEAN
    if isinstance(value, int):
        return Declared.INTEGER
    if isinstance(value, float | Decimal):
        return Declared.NUMBER
    if isinstance(value, datetime):
        return Declared.LOCAL_TIME if value.tzinfo is None else Declared.MOMENT
    if isinstance(value, date):
        return Declared.DATE
    return Declared.TEXT if isinstance(value, str | time) else None


def _text(value: Any) -> str:
    if value is None or value != value:  # NaN is not equal to itself
        return "" if value is None else "NaN"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return value.isoformat(" ", "seconds")
        return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat('T', 'seconds')}Z"
    if isinstance(value, float | Decimal):  # without zeros at the end, as the job reads them
        text = format(Decimal(repr(value)) if isinstance(value, float) else value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)
