"""Hive's text tables in Spark SQL: one query over the lines of a table's files.

Follows "LanguageManual DDL" of Apache Hive and the pages "OpenCSVSerDe" and "OpenX JSON SerDe" of the Amazon Athena
User Guide. Spark reads such tables through Hive's SerDes, line by line, and ignores `skip.header.line.count`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from awsglue import json_tables
from awsglue.catalog import Table
from awsglue.errors import unsupported
from awsglue.json_tables import LINE, ddl, literal, quoted

OPEN_CSV = "OpenCSVSerde"
_DATE = r"^\\d{4}-\\d{1,2}-\\d{1,2}$"
_TIME = r"^\\d{4}-\\d{1,2}-\\d{1,2} \\d{1,2}:\\d{2}:\\d{2}(\\.\\d+)?$"


def query(session: SparkSession, table: Table, schema: T.StructType, lines: str, keys: Sequence[str]) -> str:
    """The query that turns the lines in another table into a table's columns."""
    if table.format == "json":
        return _json(session, table, schema, lines, keys)
    library = str((table.raw["StorageDescriptor"].get("SerdeInfo") or {}).get("SerializationLibrary") or "")
    return _open_csv(table, schema, lines, keys) if library.endswith(OPEN_CSV) else _lazy(table, schema, lines, keys)


def _json(session: SparkSession, table: Table, schema: T.StructType, lines: str, keys: Sequence[str]) -> str:
    found = json_tables.keys_found(session, DataFrame(session._jsparkSession.table(lines), session))
    plan = json_tables.reading(found, schema, json_tables.Keys.of(table.json_parameters))
    columns = [f"{sql} AS {quoted(name)}" for name, sql in plan.columns.items()]
    arrays = f"SELECT {_listed(plan.parsed, keys)} FROM {lines}"  # noqa: S608 - quoted
    records = f"SELECT {_listed([plan.record], keys)} FROM ({arrays})"  # noqa: S608 - quoted
    return f"SELECT {_listed(columns, keys)} FROM ({records})"  # noqa: S608 - quoted


def _lazy(table: Table, schema: T.StructType, lines: str, keys: Sequence[str]) -> str:
    """LazySimpleSerDe: quotes have no meaning, and values of another type become null."""
    parameters = table.serde_parameters
    delimiter = parameters.get("field.delim") or parameters.get("serialization.format") or "\x01"
    delimiter = {"1": "\x01"}.get(delimiter, delimiter)
    null = parameters.get("serialization.null.format", "\\N")
    escape = parameters.get("escape.delim")
    pattern = re.escape(delimiter) if delimiter.isprintable() else delimiter
    if escape:
        pattern = f"(?<!{re.escape(escape)}){pattern}"
    columns = []
    for position, field in enumerate(schema.fields):
        text = f"get(v, {position})"
        if escape:
            text = f"regexp_replace({text}, {literal(re.escape(escape) + '(.)')}, '$1')"
        value = f"if({text} = {literal(null)}, null, {text})"
        columns.append(f"{_typed(value, field)} AS {quoted(field.name)}")
    values = f"SELECT {_listed([f'split({quoted(LINE)}, {literal(pattern)}, -1) AS v'], keys)} FROM {lines}"  # noqa: S608 - quoted
    return f"SELECT {_listed(columns, keys)} FROM ({values})"  # noqa: S608 - quoted


def _open_csv(table: Table, schema: T.StructType, lines: str, keys: Sequence[str]) -> str:
    """OpenCSVSerde: an empty field is an empty text."""
    parameters = table.serde_parameters
    marks = {
        "sep": parameters.get("separatorChar", ","),
        "quote": parameters.get("quoteChar", '"'),
        "escape": parameters.get("escapeChar", "\\"),
        "columnNameOfCorruptRecord": "bad",
        "nullValue": "\x01\x02",
    }
    options = ", ".join(f"{literal(name)}, {literal(value)}" for name, value in marks.items())
    parts = ", ".join([*(f"c{position} string" for position in range(len(schema.fields))), "bad string"])
    columns = []
    for position, field in enumerate(schema.fields):
        value = f"if(v.c{position} is null and v.bad is null, '', v.c{position})"
        columns.append(f"{_typed(value, field)} AS {quoted(field.name)}")
    values = (
        f"SELECT {_listed([f'from_csv({quoted(LINE)}, {literal(parts)}, map({options})) AS v'], keys)} FROM {lines}"  # noqa: S608 - quoted
    )
    return f"SELECT {_listed(columns, keys)} FROM ({values})"  # noqa: S608 - quoted


def _typed(text: str, field: T.StructField) -> str:
    kind = field.dataType
    if isinstance(kind, T.StringType):
        return text
    if isinstance(kind, T.StructType | T.ArrayType | T.MapType):
        unsupported(f"the column {field.name} of type {kind.simpleString()} in a table of delimited text, in SQL")
    if isinstance(kind, T.BooleanType):
        return f"if(lower({text}) in ('true', 'false'), cast({text} as boolean), null)"
    cast = f"try_cast({text} as {ddl(kind)})"
    if isinstance(kind, T.DateType):
        return f"if({text} rlike '{_DATE}', {cast}, null)"
    if isinstance(kind, T.TimestampType):
        return f"if({text} rlike '{_TIME}', {cast}, null)"
    return cast


def _listed(expressions: Sequence[str], keys: Sequence[str]) -> str:
    return ", ".join([*expressions, *map(quoted, keys)])
