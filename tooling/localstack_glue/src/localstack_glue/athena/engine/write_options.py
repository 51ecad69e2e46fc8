"""The options of CREATE TABLE AS and UNLOAD: where rows are written, and in what format."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlglot import exp

from localstack_glue.athena.engine.catalog import CatalogTable
from localstack_glue.athena.engine.commands import Command, properties
from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.formats import FORMATS, HIVE_JSON_SERDE
from localstack_glue.athena.engine.trino.query_translation import Output
from localstack_glue.athena.engine.views import hive_name
from localstack_glue.athena.engine.writes import Target

_ARRAY = re.compile(r"array\s*\[([^\]]*)\]", re.IGNORECASE)
UNLOAD_PROPERTIES = frozenset(("format", "compression", "compression_level", "field_delimiter", "partitioned_by"))
TABLE_PROPERTIES = frozenset(
    (
        *("table_type", "is_external", "external_location", "location", "format", "field_delimiter", "no_data"),
        *("partitioned_by", "partitioning", "bucketed_by", "bucket_count", "bucketing_format"),
        *("write_compression", "orc_compression", "parquet_compression", "compression_level", "format_version"),
    )
)


def check_properties(passed: Mapping[str, Any], known: frozenset[str]) -> None:
    """Refuse unknown properties.

    Raises:
        QueryFailedError: one is not among the known ones.
    """
    for name in passed:
        if name not in known and not name.startswith(("optimize_", "vacuum_")):
            raise QueryFailedError("INVALID_TABLE_PROPERTY", f"line 1:1: Table property '{name}' does not exist")


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
    compression = str(
        options.get("write_compression")
        or options.get(f"{kind.lower()}_compression")
        or options.get("compression")
        or ""
    )
    delimiter = options.get("field_delimiter") or ("," if kind == "CSV" else "")
    parameters = (
        {"field.delim": delimiter, "serialization.format": delimiter} if delimiter else {"serialization.format": "1"}
    )
    return Target(location, kind, compression.upper(), column_names(options.get("partitioned_by")), parameters)


def existing_target(table: CatalogTable) -> Target:
    """Where and how INSERT writes rows of a table over files.

    Raises:
        QueryFailedError: rows of its SerDe cannot be written here.
    """
    known = {**{one.serde: name for name, one in reversed(FORMATS.items())}, HIVE_JSON_SERDE: "JSON"}
    kind = known.get(table.serde, "")
    if not kind:
        raise QueryFailedError(
            "NOT_SUPPORTED", f"line 1:1: writing rows with the SerDe {table.serde} is not supported here"
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


def table_input(name: str, outputs: Sequence[Output], target: Target) -> dict[str, Any]:
    """The table of CREATE TABLE AS, as CreateTable takes it."""
    columns = [{"Name": output.name.lower(), "Type": hive_name(output.type)} for output in outputs]
    descriptor = FORMATS[target.format].descriptor()
    if target.format in ("TEXTFILE", "CSV"):
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
        },
    }


def unload_options(command: Command) -> dict[str, str]:
    """WITH (...) of UNLOAD, by name in lower case; `ARRAY['a', 'b']` is one text."""
    text = _ARRAY.sub(lambda found: "'" + found[1].replace("'", "").replace('"', "") + "'", command.options)
    return {key.lower(): value for key, value in properties(text).items()}
