"""The columns and clauses of CREATE EXTERNAL TABLE and ALTER TABLE, in the form of the catalog."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import exp

from localstack_glue.athena.engine.errors import QueryFailedError, failed_ddl
from localstack_glue.athena.engine.formats import FORMATS, OPENX_JSON, STORED_AS, TEXT, StorageFormat
from localstack_glue.service.models import JsonDict

_MAX_DIGITS = 38
_MAX_LENGTHS = {exp.DType.CHAR: 255, exp.DType.VARCHAR: 65535}


class TableClauses:
    """The clauses after the columns of CREATE EXTERNAL TABLE.

    Raises:
        QueryFailedError: a clause is not supported here.
    """

    def __init__(self, create: exp.Create) -> None:
        self.location = ""
        self.comment = ""
        self.parameters: dict[str, str] = {}
        self.serde_parameters: dict[str, str] = {}
        self.partition_keys: list[JsonDict] = []
        self.storage: StorageFormat = TEXT
        self.bucket_columns: list[str] = []
        self.buckets = -1
        readers: dict[type, Callable[[Any], None]] = {
            exp.LocationProperty: lambda each: setattr(self, "location", each.this.name),
            exp.SchemaCommentProperty: lambda each: setattr(self, "comment", each.this.name),
            exp.PartitionedByProperty: self._partitioned,
            exp.ClusteredByProperty: self._clustered,
            exp.RowFormatSerdeProperty: self._serde,
            exp.RowFormatDelimitedProperty: self._delimited,
            exp.FileFormatProperty: self._format,
            exp.SerdeProperties: lambda each: self.serde_parameters.update(pairs(each.expressions)),
            exp.Property: lambda each: self.parameters.update(pairs([each])),
        }
        found = create.args.get("properties")
        for each in found.expressions if found is not None else ():
            reader = readers.get(type(each))
            if reader is not None:
                reader(each)
            elif not isinstance(each, exp.ExternalProperty):
                raise failed_ddl("NOT_SUPPORTED", f"CREATE TABLE ... {each.sql('hive')} is not supported here")
        if not self.serde_parameters:
            self.serde_parameters = {"serialization.format": "1"}

    def _clustered(self, each: exp.ClusteredByProperty) -> None:
        if each.args.get("sorted_by"):
            raise failed_ddl("NOT_SUPPORTED", f"CREATE TABLE ... {each.sql('hive')} is not supported here")
        self.bucket_columns = [column.name.lower() for column in each.expressions]
        self.buckets = int(each.args["buckets"].name)

    def _partitioned(self, each: exp.PartitionedByProperty) -> None:
        self.partition_keys = catalog_columns(each.this.expressions)

    def _serde(self, each: exp.RowFormatSerdeProperty) -> None:
        library = each.this.name
        known = next((one for one in (*FORMATS.values(), OPENX_JSON) if one.serde == library), TEXT)
        self.storage = StorageFormat(library, known.input_format, known.output_format)
        serde = each.args.get("serde_properties")
        if serde is not None:
            self.serde_parameters.update(pairs(serde.expressions))

    def _delimited(self, each: exp.RowFormatDelimitedProperty) -> None:
        names = {
            "fields": "field.delim",
            "escaped": "escape.delim",
            "collection_items": "collection.delim",
            "map_keys": "mapkey.delim",
            "lines": "line.delim",
            "null": "serialization.null.format",
        }
        for part, name in names.items():
            if each.args.get(part) is not None:
                self.serde_parameters[name] = unescaped_character(each.args[part].name)
        if "field.delim" in self.serde_parameters:
            self.serde_parameters["serialization.format"] = self.serde_parameters["field.delim"]

    def _format(self, each: exp.FileFormatProperty) -> None:
        kind = each.this
        if isinstance(kind, exp.InputOutputFormat):
            self.storage = StorageFormat(
                self.storage.serde, kind.args["input_format"].name, kind.args["output_format"].name
            )
            return
        name = kind.name.upper()
        if name not in STORED_AS:
            raise failed_ddl("NOT_SUPPORTED", f"STORED AS {name} is not supported here")
        found = STORED_AS[name]
        has_serde = self.storage is not TEXT
        self.storage = (
            StorageFormat(self.storage.serde, found.input_format, found.output_format) if has_serde else found
        )


def catalog_columns(nodes: Sequence[exp.Expr]) -> list[JsonDict]:
    """Columns with their types and comments.

    Raises:
        QueryFailedError: one has no type, or a type beyond Hive's limits.
    """
    columns = []
    for node in nodes:
        if node.args.get("kind") is None:
            raise failed_ddl("ParseException", f"the column {node.name} has no type")
        column = {"Name": node.name.lower(), "Type": hive_text(node.args["kind"])}
        for each in node.args.get("constraints") or ():  # not the comments of fields in its type
            column["Comment"] = each.args["kind"].this.name
        columns.append(column)
    return columns


def hive_text(kind: exp.DataType) -> str:
    """A type as the catalog writes it.

    Raises:
        QueryFailedError: it is beyond Hive's limits.
    """
    plain = kind.copy()
    for comment in list(plain.find_all(exp.ColumnConstraint)):
        comment.pop()
    for name in plain.find_all(exp.Identifier):
        name.set("quoted", False)
    for part in plain.find_all(exp.DataType):
        _check_limits(part)
        if part.this == exp.DType.DECIMAL:
            numbers = [each.this for each in part.expressions]
            numbers += [exp.Literal.number(number) for number in (10, 0)[len(numbers) :]]
            part.set("expressions", [exp.DataTypeParam(this=number) for number in numbers])
    return re.sub(r"\s*([<>,:()])\s*", r"\1", plain.sql("hive").lower())


def _check_limits(kind: exp.DataType) -> None:
    """Hive's limits of precision and length.

    https://docs.aws.amazon.com/athena/latest/ug/create-table.html
    """
    numbers = [int(each.name) for each in kind.expressions if isinstance(each, exp.DataTypeParam)]
    if kind.this == exp.DType.DECIMAL:
        precision, scale = (*numbers, *(10, 0)[len(numbers) :])
        if not 1 <= precision <= _MAX_DIGITS:
            raise failed_ddl("SemanticException", f"Decimal precision out of allowed range [1,{_MAX_DIGITS}]")
        if scale > precision:
            raise failed_ddl("SemanticException", f"Decimal scale must be less than or equal to precision: {scale}")
    longest = _MAX_LENGTHS.get(kind.this)
    if longest is not None and not 1 <= (numbers or [0])[0] <= longest:
        word = kind.this.value.lower()
        raise failed_ddl("SemanticException", f"{word.capitalize()} length out of allowed range [1,{longest}]")
    if kind.this == exp.DType.MAP and kind.expressions and kind.expressions[0].expressions:
        key = kind.expressions[0]
        if key.this in (exp.DType.ARRAY, exp.DType.MAP, exp.DType.STRUCT):
            raise failed_ddl(
                "ParseException", f"the key of a map is of a primitive type, not {key.sql('hive').lower()}"
            )


def pairs(nodes: Sequence[exp.Expr]) -> dict[str, str]:
    """Properties: names and values."""
    return {each.this.name: each.args["value"].name for each in nodes}


def unescaped_character(text: str) -> str:
    """A character of Hive's notation, such as a backslash and `t`; any other text as it is."""
    found = re.fullmatch(r"\\(?:u([0-9a-fA-F]{4})|([0-7]{3})|(.))", text)
    if found is None:
        return text
    if found[1] or found[2]:
        return chr(int(found[1], 16) if found[1] else int(found[2], 8))
    return {"t": "\t", "n": "\n", "r": "\r", "0": "\0"}.get(found[3], found[3])


def check_distinct_columns(columns: Sequence[JsonDict], keys: Sequence[JsonDict]) -> None:
    """Refuse a name that two columns have, or a column and a partition key.

    Raises:
        QueryFailedError: there is one.
    """
    names = [column["Name"].lower() for column in columns]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise QueryFailedError("FAILED", f"SemanticException [Error 10036]: Duplicate column name: {name}")
    for key in keys:
        if key["Name"].lower() in names:
            raise QueryFailedError("FAILED", "SemanticException [Error 10035]: Column repeated in partitioning columns")


def set_members(action: exp.AlterSet) -> set[str]:
    """What an ALTER TABLE ... SET sets: its `location`, or its properties as `expressions`."""
    return {member for member, value in action.args.items() if value not in (None, False, [])}


def set_properties(action: exp.AlterSet) -> dict[str, str]:
    """The properties of ALTER TABLE ... SET TBLPROPERTIES.

    Raises:
        QueryFailedError: they are those of a SerDe.
    """
    found = [each for group in action.expressions for each in group.expressions]
    if any(type(each) is not exp.Property for each in found):
        raise unsupported_alteration(action)
    return pairs(found)


def in_s3(location: str) -> str:
    """A LOCATION as it is.

    Raises:
        QueryFailedError: it is not in S3.
    """
    if not re.match("s3://[^/]", location):
        raise failed_ddl("INVALID_TABLE_PROPERTY", f"a LOCATION must be in S3, not '{location}'")
    return location


def unsupported_alteration(action: exp.Expr) -> QueryFailedError:
    """The failure of an ALTER TABLE that Athena does not have, or that is not supported here."""
    return failed_ddl("NOT_SUPPORTED", f"ALTER TABLE ... {action.sql('hive')} is not supported here")
