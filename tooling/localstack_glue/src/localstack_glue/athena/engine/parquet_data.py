"""Parquet files as a table's columns: by name, with a file's type converted to the table's if no value can be lost.

What Athena refuses is refused in its words. Whether Athena would convert other types that are refused here is in no
public source.
"""

from collections.abc import Callable, Iterable, Sequence

import pyarrow
import pyarrow.parquet
from pyarrow import types

from localstack_glue.athena.engine.catalog import CatalogTable
from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.sql_text import as_declared, file_list, quoted, text_literal
from localstack_glue.serdes.errors import UnsupportedSerdeError
from localstack_glue.serdes.types import INTEGER_BITS, TEXTS, HiveType, parse_type

_PHYSICAL: tuple[tuple[Callable[[pyarrow.DataType], bool], str], ...] = (
    (types.is_boolean, "BOOLEAN"),
    (types.is_float64, "DOUBLE"),
    (types.is_float32, "FLOAT"),
    (types.is_int64, "INT64"),
    (types.is_uint64, "INT64"),
    (types.is_integer, "INT32"),
    (types.is_date, "INT32"),
    (types.is_timestamp, "INT64"),
    (types.is_time, "INT64"),
    (types.is_decimal, "FIXED_LEN_BYTE_ARRAY"),
    (types.is_nested, "GROUP"),
)


def selects(table: CatalogTable, files: Iterable[tuple[str, str]], constants: Sequence[str]) -> list[str]:
    """Queries that read the files of one partition, one query for each schema.

    Args:
        table: the table.
        files: each file's local path, and where it is in S3.
        constants: the values of the partition keys as columns.

    Raises:
        QueryFailedError: a file is not Parquet, or a column has another type than the table's.
    """
    groups: dict[str, tuple[pyarrow.Schema, list[str]]] = {}
    for path, uri in files:
        schema = _read_schema(path, uri)
        _check(table, schema, uri)
        fields = "\n".join(f"{field.name} {field.type}" for field in schema)
        groups.setdefault(fields, (schema, []))[1].append(path)
    return [_select(table, schema, paths, constants) for schema, paths in groups.values()]


def _read_schema(path: str, uri: str) -> pyarrow.Schema:
    try:
        return pyarrow.parquet.read_schema(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise QueryFailedError("HIVE_BAD_DATA", f"Not valid Parquet file: {uri}: {error}") from error


def _select(table: CatalogTable, schema: pyarrow.Schema, paths: list[str], constants: Sequence[str]) -> str:
    present = {field.name.lower(): field for field in schema}
    columns = []
    for column in table.columns:
        wanted, name = column.duckdb_type(), quoted(column.name)
        if column.name not in present:
            columns.append(f"CAST(NULL AS {wanted}) AS {name}")
            continue
        field = present[column.name]
        value = in_lower_case(quoted(field.name), field.type)
        if types.is_integer(field.type) and field.type.bit_width > INTEGER_BITS.get(column.hive_type.lower(), 64):
            message = f"HIVE_BAD_DATA: {table.database}.{table.name}: a value of {column.name} is too big for {wanted}"
            value = (
                f"CASE WHEN {value} IS NOT NULL AND TRY_CAST({value} AS {wanted}) IS NULL "
                f"THEN error({text_literal(message)}) ELSE TRY_CAST({value} AS {wanted}) END"
            )
        columns.append(as_declared(name, column.hive_type, f"CAST({value} AS {wanted})"))
    return f"SELECT {', '.join([*columns, *constants])} FROM read_parquet({file_list(paths)})"


def in_lower_case(value: str, kind: pyarrow.DataType, level: int = 0) -> str:
    """A value whose structs have the catalog's names: to DuckDB, names that differ in case only are equal."""
    if types.is_list(kind) or types.is_large_list(kind):
        inner = in_lower_case(f"x{level}", kind.value_type, level + 1)
        return value if inner == f"x{level}" else f"list_transform({value}, lambda x{level}: {inner})"
    if types.is_map(kind):
        inner = in_lower_case(f"x{level}.value", kind.item_type, level + 1)
        if inner == f"x{level}.value":
            return value
        entry = f"struct_pack(key := x{level}.key, value := {inner})"
        return f"map_from_entries(list_transform(map_entries({value}), lambda x{level}: {entry}))"
    if not types.is_struct(kind):
        return value
    fields = [kind.field(number) for number in range(kind.num_fields)]
    parts = [(field.name, in_lower_case(f"{value}.{quoted(field.name)}", field.type, level)) for field in fields]
    if all(name == name.lower() and part == f"{value}.{quoted(name)}" for name, part in parts):
        return value
    packed = ", ".join(f"{quoted(name.lower())} := {part}" for name, part in parts)
    return f"CASE WHEN {value} IS NULL THEN NULL ELSE struct_pack({packed}) END"


def _check(table: CatalogTable, schema: pyarrow.Schema, uri: str) -> None:
    wanted = {column.name for column in table.columns}
    _check_names([(field.name, field.type) for field in schema if field.name.lower() in wanted], table, uri)
    fields = {field.name.lower(): field for field in schema}
    for column in table.columns:
        if column.name not in fields:
            continue
        field = fields[column.name]
        try:
            fits = _fits(field.type, parse_type(column.hive_type))
        except UnsupportedSerdeError as error:
            raise QueryFailedError("NOT_SUPPORTED", f"{table.database}.{table.name}: {error}") from error
        if not fits:
            raise QueryFailedError(
                "HIVE_BAD_DATA",
                f"Field {column.name}'s type {_physical(field.type)} in parquet file {uri} is incompatible with type "
                f"{_trino_name(column.hive_type)} defined in table schema",
            )


def _check_names(fields: Sequence[tuple[str, pyarrow.DataType]], table: CatalogTable, uri: str) -> None:
    """Refuse names that differ in case alone: whose values a column of the catalog has is in no public source."""
    seen: dict[str, str] = {}
    for name, kind in fields:
        if (other := seen.get(name.lower())) is not None:
            raise QueryFailedError(
                "NOT_SUPPORTED", f"{table.database}.{table.name}: {uri} has two columns or fields {other} and {name}"
            )
        seen[name.lower()] = name
        for part in _nested(kind):
            _check_names(part, table, uri)


def _nested(kind: pyarrow.DataType) -> list[list[tuple[str, pyarrow.DataType]]]:
    """The fields of the structs within a type, one level down each."""
    if types.is_struct(kind):
        return [[(field.name, field.type) for field in (kind.field(number) for number in range(kind.num_fields))]]
    if types.is_map(kind):
        return [*_nested(kind.key_type), *_nested(kind.item_type)]
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return _nested(kind.value_type)
    return []


def _fits(found: pyarrow.DataType, wanted: HiveType) -> bool:
    """Whether every value of the one type is one of the other; whole numbers that are too large fail later."""
    if types.is_null(found):
        return True
    if types.is_dictionary(found):
        return _fits(found.value_type, wanted)
    kind = wanted.kind
    if kind == "array":
        return (types.is_list(found) or types.is_large_list(found)) and _fits(found.value_type, wanted.children[0])
    if kind == "map":
        return (
            types.is_map(found)
            and _fits(found.key_type, wanted.children[0])
            and _fits(found.item_type, wanted.children[1])
        )
    if kind == "struct":
        return types.is_struct(found) and _struct_fits(found, wanted)
    if kind in INTEGER_BITS:
        return bool(types.is_integer(found))
    if kind == "decimal":
        precision, scale = wanted.numbers
        return bool(
            (types.is_decimal(found) and found.scale <= scale and found.precision - found.scale <= precision - scale)
            or (types.is_integer(found) and precision - scale >= 19)
        )
    if kind in TEXTS or kind == "binary":
        is_text = types.is_string(found) or types.is_large_string(found)
        is_binary = types.is_binary(found) or types.is_large_binary(found) or types.is_fixed_size_binary(found)
        return is_text or (is_binary and not types.is_decimal(found))
    return bool(
        {
            "boolean": types.is_boolean,
            "float": types.is_float32,
            "double": lambda kind: types.is_float64(kind) or types.is_float32(kind),
            "date": types.is_date,
            "timestamp": types.is_timestamp,
        }[kind](found)
    )


def _struct_fits(found: pyarrow.DataType, wanted: HiveType) -> bool:
    children = {name.lower(): child for name, child in zip(wanted.names, wanted.children, strict=True)}
    fields = [found.field(number) for number in range(found.num_fields)]
    return all(_fits(field.type, children[field.name.lower()]) for field in fields if field.name.lower() in children)


def _physical(kind: pyarrow.DataType) -> str:
    return next((name for is_it, name in _PHYSICAL if is_it(kind)), "BINARY")


def _trino_name(hive_type: str) -> str:
    return {"int": "integer", "string": "varchar", "binary": "varbinary", "float": "real"}.get(hive_type, hive_type)
