"""The options of CREATE TABLE AS and UNLOAD: where rows are written, and in what format."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlglot import exp

from localstack_glue.athena.engine.catalog import CatalogTable
from localstack_glue.athena.engine.commands import Command, properties
from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.formats import FORMATS
from localstack_glue.athena.engine.iceberg_properties import PROPERTIES
from localstack_glue.athena.engine.table_clauses import unescaped_character
from localstack_glue.athena.engine.trino.query_translation import Output
from localstack_glue.athena.engine.views import hive_name
from localstack_glue.athena.engine.writes import Target

_ARRAY = re.compile(r"array\s*\[([^\]]*)\]", re.IGNORECASE)
_COMPRESSIONS = ("write_compression", "orc_compression", "parquet_compression")
# https://docs.aws.amazon.com/athena/latest/ug/create-table-as.html
_OF_HIVE = ("external_location", "partitioned_by", "bucketed_by", "bucket_count", "bucketing_format", "field_delimiter")
_OF_ICEBERG = ("location", "partitioning", "format_version")
_ZSTD_LEVELS = range(1, 23)
UNLOAD_PROPERTIES = frozenset(("format", "compression", "compression_level", "field_delimiter", "partitioned_by"))
TABLE_PROPERTIES = frozenset(
    (
        *("table_type", "is_external", "external_location", "location", "format", "field_delimiter", "no_data"),
        *("partitioned_by", "partitioning", "bucketed_by", "bucket_count", "bucketing_format"),
        *("write_compression", "orc_compression", "parquet_compression", "compression_level", "format_version"),
        *(name for name in PROPERTIES if "." not in name),
    )
)


def check_properties(passed: Mapping[str, Any], known: frozenset[str]) -> None:
    """Refuse unknown properties.

    Raises:
        QueryFailedError: one is not among the known ones.
    """
    for name in passed:
        if name not in known:
            raise _wrong(f"Table property '{name}' does not exist")


def check_table_options(options: Mapping[str, Any]) -> None:
    """Check the properties of CREATE TABLE AS.

    Raises:
        QueryFailedError: one is unknown, or not one of its kind of table, or contradicts another one.
    """
    check_properties(options, TABLE_PROPERTIES)
    kind = str(options.get("table_type", "HIVE")).upper()
    if kind not in ("HIVE", "ICEBERG"):
        raise _wrong(f"table_type is HIVE or ICEBERG, not {kind}")
    is_iceberg, tables = kind == "ICEBERG", f"{kind.capitalize()} tables"
    for name in options:
        if name in (_OF_HIVE if is_iceberg else _OF_ICEBERG) or (
            not is_iceberg and name.startswith(("optimize_", "vacuum_", "write_target_"))
        ):
            raise _wrong(f"{name} is not a property of {tables}")
    if bool(options.get("is_external", True)) == is_iceberg:
        raise _wrong(f"is_external must be {str(not is_iceberg).lower()} for {tables}")
    check_compression(options, str(options.get("format", "PARQUET")).upper())
    if ("bucketed_by" in options) != ("bucket_count" in options):
        raise _wrong("bucketed_by and bucket_count must be specified together")
    if "bucket_count" in options and int(options["bucket_count"]) < 1:
        raise _wrong("bucket_count must be greater than zero")


def check_compression(options: Mapping[str, Any], kind: str) -> None:
    """Check the properties that concern how files of a format are compressed and delimited.

    Raises:
        QueryFailedError: one is not for this format, or two name a compression.
    """
    compressions = [name for name in _COMPRESSIONS if name in options]
    if len(compressions) > 1:
        raise _wrong(f"Only one of these properties can be specified: {', '.join(compressions)}")
    for name in compressions:
        if name != "write_compression" and name != f"{kind.lower()}_compression":
            raise _wrong(f"Cannot specify {name} for the format {kind}")
    if "field_delimiter" in options:
        if kind != "TEXTFILE":
            raise _wrong(f"Cannot specify field_delimiter for the format {kind}")
        if len(_delimiter(options)) != 1:
            raise _wrong("field_delimiter must be a single character")
    if "compression_level" in options:
        level = str(options["compression_level"])
        if _compression(options, kind) != "ZSTD" or not level.isdigit() or int(level) not in _ZSTD_LEVELS:
            raise _wrong("compression_level is a number from 1 to 22, and only for the compression ZSTD")


def _wrong(message: str) -> QueryFailedError:
    return QueryFailedError("INVALID_TABLE_PROPERTY", f"line 1:1: {message}")


def _delimiter(options: Mapping[str, Any]) -> str:
    """The delimiter, which may be in Hive's notation."""
    return unescaped_character(str(options.get("field_delimiter") or ""))


def _compression(options: Mapping[str, Any], kind: str) -> str:
    named = options.get("write_compression") or options.get(f"{kind.lower()}_compression") or options.get("compression")
    return str(named or "").upper()


def table_options(create: exp.Create) -> dict[str, Any]:
    """WITH (...) or TBLPROPERTIES of CREATE TABLE, by name in lower case."""
    found: dict[str, Any] = {}
    properties_node = create.args.get("properties")
    for each in properties_node.expressions if properties_node is not None else ():
        if isinstance(each, exp.WithDataProperty):
            found["no_data"] = bool(each.args.get("no"))
        elif isinstance(each, exp.FileFormatProperty) and not isinstance(each.this, exp.InputOutputFormat):
            found["format"] = each.this.name
        elif isinstance(each, exp.PartitionedByProperty):
            found["partitioned_by"] = each.this
        elif isinstance(each, exp.LocationProperty):
            found["location"] = each.this.name
        elif type(each) is exp.Property:
            found[each.this.name.lower()] = _value(each.args["value"])
    return found


def _value(node: exp.Expr) -> Any:
    if isinstance(node, exp.Array | exp.Tuple):
        return [each.name for each in node.expressions]
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    return node.name


def column_names(value: Any) -> tuple[str, ...]:
    """The columns that an option lists, in lower case."""
    if isinstance(value, exp.Expr):
        value = [each.name for each in value.expressions]
    if isinstance(value, str):
        value = [part.strip().strip("'\"") for part in value.split(",") if part.strip()]
    return tuple(each.lower() for each in value or ())


def new_target(options: Mapping[str, Any], location: str) -> Target:
    """Where and how the rows of CREATE TABLE AS or UNLOAD are written.

    Raises:
        QueryFailedError: the format is not supported here.
    """
    kind = str(options.get("format", "PARQUET")).upper()
    if kind not in FORMATS:
        raise QueryFailedError("NOT_SUPPORTED", f"the format {kind} is not supported here")
    delimiter = _delimiter(options)
    parameters = (
        {"field.delim": delimiter, "serialization.format": delimiter} if delimiter else {"serialization.format": "1"}
    )
    level = int(options["compression_level"]) if "compression_level" in options else None
    return Target(
        location, kind, _compression(options, kind), column_names(options.get("partitioned_by")), parameters, level
    )


def existing_target(table: CatalogTable) -> Target:
    """Where and how INSERT writes rows of a table over files.

    Raises:
        QueryFailedError: rows of its SerDe cannot be written, or the table is in buckets.
    """
    kind = next((name for name, one in FORMATS.items() if one.serde == table.serde), "")
    if not kind:
        raise QueryFailedError("HIVE_UNSUPPORTED_FORMAT", f"Output format with SerDe {table.serde} is not supported.")
    if table.buckets > 0:  # docs.aws.amazon.com/athena/latest/ug/insert-into.html
        raise QueryFailedError(
            "NOT_SUPPORTED", f"line 1:1: INSERT INTO is not supported on bucketed tables: {table.name}"
        )
    parameters = table.parameters
    compression = (
        parameters.get("write.compression")
        or parameters.get("parquet.compression")
        or parameters.get("orc.compress")
        or ""
    )
    keys = tuple(key.name for key in table.partition_keys)
    return Target(table.location, kind, compression.upper(), keys, table.serde_parameters)


def table_input(
    name: str, outputs: Sequence[Output], target: Target, bucketed_by: Sequence[str] = (), buckets: int = -1
) -> dict[str, Any]:
    """The table of CREATE TABLE AS, as CreateTable takes it."""
    columns = [{"Name": output.name.lower(), "Type": hive_name(output.type)} for output in outputs]
    descriptor = FORMATS[target.format].descriptor()
    if target.format == "TEXTFILE":
        descriptor["SerdeInfo"]["Parameters"] = dict(target.serde_parameters or {})
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", "has_encrypted_data": "false"},
        "PartitionKeys": [column for column in columns if column["Name"] in target.partition_keys],
        "StorageDescriptor": {
            **descriptor,
            "Columns": [column for column in columns if column["Name"] not in target.partition_keys],
            "Location": target.location,
            "BucketColumns": list(bucketed_by),
            "NumberOfBuckets": buckets,
        },
    }


def unload_options(command: Command) -> dict[str, str]:
    """WITH (...) of UNLOAD, by name in lower case; `ARRAY['a', 'b']` is one text."""
    text = _ARRAY.sub(lambda found: "'" + found[1].replace("'", "").replace('"', "") + "'", command.options)
    return {key.lower(): value for key, value in properties(text).items()}
