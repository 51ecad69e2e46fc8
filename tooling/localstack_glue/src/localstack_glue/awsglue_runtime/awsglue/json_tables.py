"""Reads JSON files as the columns of a catalog table. Keys are matched in any case, including nested ones.

Follows the page "OpenX JSON SerDe" of the Amazon Athena User Guide (G36, G37).
Spark matches JSON keys exactly. Therefore the keys in the files are collected first, and Spark parses them in their own
spelling; SQL then builds the table's columns. If a key has several spellings, a line is parsed in as many layers.

Athena's JSON rows are read elsewhere (`localstack_glue.serdes.json_rows`), line by line and without Spark. AWS has two
readers too: for a value of another type, one fails the query and the other makes a choice. The cases in
`tests/unit/json_serde_cases.yaml` define where the two readers agree and where they differ.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import types as T

from awsglue.errors import unsupported

LINE = "__json"
_CORRUPT = "_corrupt_record"
_INFERENCE = {"spark.sql.caseSensitive": "true", "spark.sql.legacy.allowNegativeScaleOfDecimal": "true"}
_EMPTY = "__empty"
_MOST_DIGITS = 38  # of Spark's decimals
Reference = tuple[str, T.DataType]  # a value in SQL, and its parsed type
_NOTHING = T.StructType([T.StructField("__nothing", T.StringType())])  # an object without any wanted key


@dataclass(frozen=True)
class Keys:
    """The mapping of JSON keys to columns by the SerDe's parameters."""

    renamed: Mapping[str, str] = field(default_factory=dict)
    is_case_sensitive: bool = False
    dots_are_underscores: bool = False

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> Keys:
        """Read `mapping.COLUMN`, `case.insensitive` and `dots.in.keys`."""
        mappings = {name: key for name, key in parameters.items() if name.startswith("mapping.")}
        return cls(
            {name.removeprefix("mapping.").lower(): key for name, key in mappings.items()},
            str(parameters.get("case.insensitive", "true")).lower() == "false",
            str(parameters.get("dots.in.keys", "false")).lower() == "true",
        )

    def match(self, column: str, key: str) -> bool:
        """Whether a key holds a column's values."""
        wanted = self.renamed.get(column.lower(), column)
        spellings = {key, key.replace(".", "_")} if self.dots_are_underscores else {key}
        return wanted in spellings if self.is_case_sensitive else wanted.lower() in {key.lower() for key in spellings}


@dataclass(frozen=True)
class Doubtful:
    """A column whose values may have another type: the raw value in SQL, and its type in the files."""

    sql: str
    type: T.DataType


@dataclass(frozen=True)
class Reading:
    """A plan for turning lines of JSON into a table's columns."""

    layers: tuple[T.StructType, ...]
    columns: Mapping[str, str]  # SQL by column name
    doubtful: Mapping[str, Doubtful]

    @property
    def parsed(self) -> list[str]:
        """The SQL that parses a line into an array of records. A line may be an array itself."""
        texts = [ddl(layer).replace("\\", "\\\\").replace("'", "\\'") for layer in self.layers]
        return [f"from_json(`{LINE}`, 'array<{text}>') as l{number}" for number, text in enumerate(texts)]

    @property
    def record(self) -> str:
        """The SQL that makes a row of each record. A line with invalid JSON has no records."""
        return f"explode(arrays_zip({', '.join(f'l{number}' for number in range(len(self.layers)))})) as r"


def select_lines(session: SparkSession, lines: DataFrame, whole_files: DataFrame) -> tuple[DataFrame, T.StructType]:
    """The frame to parse and its keys: of lines, or of documents if the files do not have one document per line."""
    found = keys_found(session, lines)
    if _CORRUPT not in found.names:
        return lines, found
    documents = session.createDataFrame(
        whole_files.rdd.flatMap(split_documents), whole_files.schema, verifySchema=False
    )
    found = keys_found(session, documents)
    return documents, T.StructType([member for member in found.fields if member.name != _CORRUPT])


def split_documents(row: Row) -> Iterator[tuple[Any, ...]]:
    """The JSON documents of a file one by one, or its lines if it does not consist of documents."""
    text = row[LINE]
    decoder, position, documents = json.JSONDecoder(strict=False), 0, []
    try:
        while position < len(text):
            if text[position] in " \t\r\n\ufeff":
                position += 1
                continue
            _, end = decoder.raw_decode(text, position)
            documents.append(text[position:end].replace("\n", " ").replace("\r", " "))
            position = end
    except (ValueError, RecursionError):
        documents = text.splitlines()
    position = row.__fields__.index(LINE)
    for document in documents:
        yield (*row[:position], document, *row[position + 1 :])


def keys_found(session: SparkSession, lines: DataFrame) -> T.StructType:
    """The keys and types in lines of JSON."""
    jvm: Any = session._jvm
    # Spark drops keys with only empty objects; in single quotes, because a text may contain two braces too
    marked = lines.selectExpr(rf"""regexp_replace(`{LINE}`, '\\{{\\s*\\}}', "{{'{_EMPTY}':null}}")""")
    with _settings(session):
        texts = getattr(marked._jdf, "as")(jvm.org.apache.spark.sql.Encoders.STRING())
        frame = session._jsparkSession.read().option("prefersDecimal", "true").json(texts)
        found = _plain_type(T._parse_datatype_json_string(frame.schema().json()))
    assert isinstance(found, T.StructType)  # noqa: S101 - a frame's schema is a struct
    return found


@contextmanager
def _settings(session: SparkSession) -> Iterator[None]:
    before = {name: str(session.conf.get(name)) for name in _INFERENCE}
    try:
        for name, value in _INFERENCE.items():
            session.conf.set(name, value)
        yield
    finally:
        for name, value in before.items():
            session.conf.set(name, value)


def _plain_type(kind: T.DataType) -> T.DataType:
    """An inferred type without the mark of empty objects, and with `1e3` as a whole number."""
    if isinstance(kind, T.StructType):
        members = [member for member in kind.fields if member.name != _EMPTY]
        return T.StructType([T.StructField(member.name, _plain_type(member.dataType)) for member in members])
    if isinstance(kind, T.ArrayType):
        return T.ArrayType(_plain_type(kind.elementType))
    if isinstance(kind, T.DecimalType) and kind.scale < 0:
        precision = kind.precision - kind.scale
        return T.DecimalType(precision, 0) if precision <= _MOST_DIGITS else T.DoubleType()
    return kind


def reading(found: T.StructType, wanted: T.StructType, keys: Keys) -> Reading:
    """Plan how to read the wanted columns from files with these keys."""
    layers = [layer for layer in _layers(found, wanted, keys, "") if isinstance(layer, T.StructType)]
    names, columns, doubtful = count(), {}, {}
    for column in wanted.fields:
        references = _members([(f"r.l{number}", layer) for number, layer in enumerate(layers)], column.name, keys)
        columns[column.name] = _value(references, column.dataType, keys, names)
        if any(_may_not_fit(kind, column.dataType) for _, kind in references):
            doubtful[column.name] = _as_found(references)
    return Reading(tuple(layers), columns, doubtful)


def _as_found(references: Sequence[Reference]) -> Doubtful:
    """A column's raw value; as text if its spellings have several types."""
    first = references[0][1]
    if isinstance(first, T.DecimalType) and first.scale > 0 and all(kind == first for _, kind in references):
        return Doubtful(f"cast(coalesce({', '.join(sql for sql, _ in references)}) as double)", T.DoubleType())
    if all(kind == first for _, kind in references):
        return Doubtful(f"coalesce({', '.join(sql for sql, _ in references)})", first)
    return Doubtful(f"coalesce({', '.join(f'cast({sql} as string)' for sql, _ in references)})", T.StringType())


def records(lines: DataFrame, plan: Reading, others: Sequence[str]) -> DataFrame:
    """One row per record, as `r`, with the frame's other columns (partition keys)."""
    kept = [f"`{name}`" for name in others]
    return lines.selectExpr(*kept, *plan.parsed).selectExpr(*kept, plan.record)


def _layers(found: T.DataType, wanted: T.DataType, keys: Keys, path: str) -> list[T.DataType]:
    """The types for parsing a value: the wanted parts of the type in the files, one type for each spelling."""
    if isinstance(wanted, T.StringType | T.BinaryType):
        return [T.StringType()]
    if isinstance(wanted, T.StructType) and isinstance(found, T.StructType):
        return _struct_layers(found, wanted, keys, path)
    if isinstance(wanted, T.ArrayType) and isinstance(found, T.ArrayType):
        return [T.ArrayType(_only(_layers(found.elementType, wanted.elementType, keys, f"{path}[]"), path))]
    if isinstance(wanted, T.MapType) and isinstance(found, T.StructType):
        member = _merged([member.dataType for member in found.fields])
        return [T.MapType(T.StringType(), _only(_layers(member, wanted.valueType, keys, f"{path}[]"), path))]
    nested = (T.StructType, T.ArrayType, T.MapType)
    return [T.StringType()] if isinstance(wanted, nested) or isinstance(found, nested) else [found]


def _struct_layers(found: T.StructType, wanted: T.StructType, keys: Keys, path: str) -> list[T.DataType]:
    spellings: list[list[T.StructField]] = []
    for column in wanted.fields:
        spellings.append(
            [
                T.StructField(member.name, layer)
                for member in found.fields
                if keys.match(column.name, member.name)
                for layer in _layers(member.dataType, column.dataType, keys, f"{path}.{column.name}")
            ]
        )
    deepest = max(map(len, spellings), default=0)
    layers: list[T.DataType] = [
        T.StructType([members[number] for members in spellings if number < len(members)]) for number in range(deepest)
    ]
    return layers or [_NOTHING]


def _only(layers: list[T.DataType], path: str) -> T.DataType:
    if len(layers) > 1:
        unsupported(f"JSON keys that differ in case only, inside the array or map {path.lstrip('.')}")
    return layers[0]


def _merged(types: Sequence[T.DataType]) -> T.DataType:
    """One type for the values of a map."""
    first = types[0] if types else T.StringType()
    if all(other == first for other in types):
        return first
    if all(isinstance(other, T.StructType) for other in types):
        members: dict[str, list[T.DataType]] = {}
        for struct in types:
            assert isinstance(struct, T.StructType)  # noqa: S101 - as tested above
            for member in struct.fields:
                members.setdefault(member.name, []).append(member.dataType)
        return T.StructType([T.StructField(name, _merged(kinds)) for name, kinds in members.items()])
    return T.StringType()


def _members(references: Sequence[Reference], column: str, keys: Keys) -> list[Reference]:
    return [
        (f"{sql}.{quoted(member.name)}", member.dataType)
        for sql, kind in references
        if isinstance(kind, T.StructType)
        for member in kind.fields
        if keys.match(column, member.name)
    ]


def _value(references: Sequence[Reference], wanted: T.DataType, keys: Keys, names: Iterator[int]) -> str:
    """The value of a column or field in SQL: that of the first spelling with a value."""
    values = []
    structs = [reference for reference in references if isinstance(reference[1], T.StructType)]
    if structs and isinstance(wanted, T.StructType):
        members = ", ".join(
            f"{literal(member.name)}, {_value(_members(structs, member.name, keys), member.dataType, keys, names)}"
            for member in wanted.fields
        )
        is_there = " or ".join(f"{sql} is not null" for sql, _ in structs)
        values.append(f"if({is_there}, named_struct({members}), null)")
        references = [reference for reference in references if reference not in structs]
    values += [_single(sql, kind, wanted, keys, names) for sql, kind in references]
    if not values:
        return f"cast(null as {ddl(wanted)})"
    return values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"


def _single(sql: str, kind: T.DataType, wanted: T.DataType, keys: Keys, names: Iterator[int]) -> str:
    if isinstance(wanted, T.ArrayType) and isinstance(kind, T.ArrayType):
        item = f"x{next(names)}"
        value = _value([(item, kind.elementType)], wanted.elementType, keys, names)
        return sql if value == item else f"transform({sql}, {item} -> {value})"
    if isinstance(wanted, T.MapType) and isinstance(kind, T.MapType):
        name, item = f"k{next(names)}", f"x{next(names)}"
        value = _value([(item, kind.valueType)], wanted.valueType, keys, names)
        return f"transform_values({sql}, ({name}, {item}) -> {value})"
    if isinstance(wanted, T.ArrayType | T.MapType | T.StructType):
        message = f"concat('the table has the type {wanted.typeName()}, but the value is: ', {sql})"
        return f"cast(if({sql} is null, null, raise_error({message})) as {ddl(wanted)})"
    return _cast(sql, kind, wanted)


def _cast(sql: str, kind: T.DataType, wanted: T.DataType) -> str:
    if kind == wanted:
        return sql
    if isinstance(wanted, T.BinaryType):
        return f"unbase64({sql})"
    if isinstance(wanted, T.TimestampType | T.DateType) and not isinstance(kind, T.StringType):
        return f"cast(null as {ddl(wanted)})"
    cast = f"try_cast({sql} as {ddl(wanted)})"
    if isinstance(wanted, T.IntegralType) and isinstance(kind, T.FractionalType):
        return f"if({sql} = floor({sql}), {cast}, null)"
    return cast


def _may_not_fit(kind: T.DataType, wanted: T.DataType) -> bool:
    if isinstance(wanted, T.StringType | T.BinaryType | T.StructType | T.ArrayType | T.MapType):
        return False
    is_wide = isinstance(wanted, T.DoubleType | T.FloatType) and isinstance(kind, T.NumericType)
    return not is_wide and kind != wanted


def quoted(name: str) -> str:
    """Quote a name for SQL."""
    escaped = name.replace("`", "``")
    return f"`{escaped}`"


def literal(text: str) -> str:
    """Write a text as an SQL literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def ddl(kind: T.DataType) -> str:
    """Write a type in SQL, with quoted field names."""
    if isinstance(kind, T.StructType):
        return f"struct<{', '.join(f'{quoted(member.name)}: {ddl(member.dataType)}' for member in kind.fields)}>"
    if isinstance(kind, T.ArrayType):
        return f"array<{ddl(kind.elementType)}>"
    if isinstance(kind, T.MapType):
        return f"map<{ddl(kind.keyType)}, {ddl(kind.valueType)}>"
    return kind.simpleString()
