"""Writes files, and updates the catalog.

Follows the pages "GlueContext class" and "Updating the schema and adding new partitions in the Data Catalog using ETL
jobs" of the AWS Glue Developer Guide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue import call_options, choices, formats
from awsglue.case_of_names import case_sensitive_names
from awsglue.catalog import NULL_PARTITION, Catalog, Partition, Table, parse_table
from awsglue.connection_types import FILE_TYPES
from awsglue.data_sink import DataSink
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.errors import GlueDataError, unsupported
from awsglue.glue_logger import GlueLogger
from awsglue.gluetypes import hive_type
from awsglue.listing import rooted
from awsglue.paths import column, repeated

UPDATE, LOG = "UPDATE_IN_DATABASE", "LOG"
_NESTED = (T.ArrayType, T.MapType, T.StructType)
_PATH_OPTIONS = {"path", "partitionKeys", "compression", "compressionType"}
_TABLE_OPTIONS = {"partitionKeys", "enableUpdateCatalog", "updateBehavior", "compression"}
_HIVE = {
    "csv": (
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    ),
    "json": (
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "org.openx.data.jsonserde.JsonSerDe",
    ),
    "orc": (
        "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
        "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
        "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
    ),
    "parquet": (
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
}


@dataclass(frozen=True)
class Target:
    """Where and how files are written."""

    path: str
    format: str
    format_options: Mapping[str, Any] = field(default_factory=dict)
    partition_keys: Sequence[str] = ()
    compression: str | None = None


def parse_target(options: Mapping[str, Any], format_name: str | None, format_options: Mapping[str, Any]) -> Target:
    """Read the options of a write to S3.

    Raises:
        ValueError: there is no path.
    """
    call_options.check("the S3 options", options, _PATH_OPTIONS, call_options.OF_SINKS)
    if not options.get("path"):
        raise ValueError("connection_options needs path")
    formats.spark_format(format_name)
    compression = options.get("compression") or options.get("compressionType")
    keys = list(options.get("partitionKeys") or ())
    return Target(str(options["path"]), str(format_name), format_options, keys, compression)


def write_files(frame: DynamicFrame, target: Target) -> None:
    """Add files to a folder. Glue never replaces existing files.

    Raises:
        GlueDataError: the frame has choices and the format has none, or it lacks a partition key.
    """
    if frame.choice_fields and target.format not in {"parquet", "orc"}:
        raise GlueDataError(f"cannot write the choices {', '.join(frame.choice_fields)}; use resolveChoice first")
    data = choices.as_structs(frame.toDF())  # Spark writes Parquet and ORC on AWS too
    missing = [key for key in target.partition_keys if key not in data.columns]
    if missing and data.columns:  # there are none if the bookmark left nothing to read
        raise GlueDataError(f"partitionKeys: there is no field {', '.join(missing)}")
    options = formats.writer_options(target.format, target.format_options, target.compression)
    if data.isEmpty():
        return  # no file with only a header
    if formats.spark_format(target.format) == "csv" and not options["quote"]:
        data, options = _without_quotes(data, target, options)
    writer = (
        data.write.mode("append")
        .format(formats.spark_format(target.format))
        .options(**options)
        .option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
    )
    if target.partition_keys:
        writer = writer.partitionBy(*target.partition_keys)
    with case_sensitive_names(data):
        writer.save(rooted(target.path))


def _without_quotes(data: DataFrame, target: Target, options: Mapping[str, str]) -> tuple[DataFrame, dict[str, str]]:
    """A frame with each line of CSV as one value, with the options to write it: Spark itself always quotes."""
    own, names = "\x01", [name for name in data.columns if name not in target.partition_keys]
    if nested := [name for name in names if isinstance(data.schema[name].dataType, _NESTED)]:
        raise GlueDataError(f"CSV holds no arrays, structs and maps: {', '.join(nested)}")
    values = [F.coalesce(column((name,)).cast(T.StringType()), F.lit("")) for name in names]
    line = F.concat_ws(options["sep"], *values)
    message = F.concat(F.lit("a value with a line break cannot be written to CSV without quotes: "), line)
    checked = F.when(line.rlike(f"[\r\n{own}]"), F.raise_error(message).cast(T.StringType())).otherwise(line)
    lines = data.select(checked.alias(options["sep"].join(names)), *(column((key,)) for key in target.partition_keys))
    return lines, {**options, "sep": own, "emptyValue": "", "quote": own}


def write_table(
    catalog: Catalog,
    frame: DynamicFrame,
    database: str,
    table_name: str,
    options: Mapping[str, Any],
    catalog_id: str | None = None,
) -> None:
    """Add files to a catalog table."""
    call_options.check("additional_options", options, _TABLE_OPTIONS, call_options.OF_SINKS)
    table = catalog.table(database, table_name, catalog_id)
    keys = list(options.get("partitionKeys") or ())
    writing = dict(table.format_options)
    if table.format == "csv":
        writing = {key: value for key, value in writing.items() if key != "skipFirst"}
        writing["writeHeader"] = bool(table.format_options.get("skipFirst"))
    target = Target(table.location, table.format, writing, keys, options.get("compression"))
    _check_places(table, frame.toDF(), target)
    if not _updates(options, target):
        write_files(frame, target)
        return
    update = CatalogUpdate(catalog, database, table_name, options.get("updateBehavior", UPDATE))
    update.check(frame.toDF(), target)
    write_files(frame, target)
    update.make(frame.toDF(), target)


def _check_places(table: Table, frame: DataFrame, target: Target) -> None:
    """Refuse files of CSV whose columns are not in the places of the table's: a reader would take one for another.

    Raises:
        GlueDataError: the frame's columns are in another order, or one before the last is not there.
    """
    if table.format != "csv":
        return
    written = [name.lower() for name in frame.columns if name not in target.partition_keys]
    wanted = [column.name.lower() for column in table.columns]
    if any(one != other for one, other in zip(written, wanted, strict=False)):
        raise GlueDataError(
            f"{table.database}.{table.name} holds CSV with the columns {', '.join(wanted)} by their places,"
            f" and the frame has {', '.join(written)}: put them in the table's order, for example with select_fields"
        )


def _updates(options: Mapping[str, Any], target: Target) -> bool:
    """Whether the catalog is to be updated; refused for ORC, of which AWS updates no tables."""
    if not formats.is_true(options.get("enableUpdateCatalog")):
        return False
    if target.format == "orc":
        unsupported("enableUpdateCatalog for orc", "write json, csv or glueparquet")
    return True


@dataclass(frozen=True)
class CatalogUpdate:
    """The table that a write of files creates or updates.

    Attributes:
        catalog: the Data Catalog.
        database: the table's database.
        table_name: its name.
        behavior: whether columns of the table follow the frame (UPDATE_IN_DATABASE) or stay (LOG).
    """

    catalog: Catalog
    database: str
    table_name: str
    behavior: str

    def check(self, frame: DataFrame, target: Target) -> None:
        """Refuse what the catalog would not take, before any file is written.

        Raises:
            GlueUnsupportedError: the behavior is unknown, or the table is of a kind that is not written.
            GlueDataError: two columns would have one name, or the table has other partition keys or another format.
        """
        if self.behavior not in {UPDATE, LOG}:
            unsupported(f"updateBehavior {self.behavior}")
        if not frame.columns:
            return  # the bookmark left nothing to read
        if twice := repeated([name.lower() for name in frame.columns]):
            raise GlueDataError(f"the Data Catalog has names in lower case, and two columns are {', '.join(twice)}")
        raw = self._existing()
        if raw is None:
            return
        table = parse_table(self.database, raw)
        name = f"{self.database}.{self.table_name}"
        # dg/update-from-job.html: the keys must be the table's, in the same order
        if [key.name.lower() for key in table.partition_keys] != [key.lower() for key in target.partition_keys]:
            keys = ", ".join(key.name for key in table.partition_keys) or "nothing"
            raise GlueDataError(
                f"{name} is partitioned by {keys}, not by {', '.join(target.partition_keys) or 'nothing'}:"
                " partitionKeys must be the table's, in its order"
            )
        if table.format != formats.spark_format(target.format):
            raise GlueDataError(f"{name} is a table of {table.format}, not of {target.format}")
        _check_places(table, frame, target)

    def make(self, frame: DataFrame, target: Target) -> None:
        """Create the table or add its new columns, and add the written partitions.

        With LOG, partitions are added only if the table has all columns of the frame. The columns of a table without
        partitions stay (dg/update-from-job.html).
        """
        if not frame.columns:
            return
        raw, name = self._existing(), f"{self.database}.{self.table_name}"
        if raw is None:
            self.catalog.save_table(self.database, _new_table(frame, target, self.table_name), exists=False)
        elif self.behavior == UPDATE and target.partition_keys:
            self.catalog.save_table(self.database, _with_new_columns(raw, frame, target), exists=True)
        elif others := _columns_beyond(raw, frame, target):
            reason = "updateBehavior LOG" if target.partition_keys else "a table without partitions keeps its columns"
            GlueLogger().warn(f"{reason}: {name} has no column {', '.join(others)}, so nothing is updated")
            return
        if target.partition_keys:
            self.catalog.add_partitions(self.catalog.table(self.database, self.table_name), _written(frame, target))

    def _existing(self) -> Mapping[str, Any] | None:
        try:
            return self.catalog.definition(self.database, self.table_name)
        except self.catalog.client.exceptions.EntityNotFoundException:
            return None


def _columns(frame: DataFrame, target: Target, *, keys: bool) -> list[dict[str, str]]:
    fields = {field.name: field for field in frame.schema.fields}
    names = list(target.partition_keys) if keys else [name for name in fields if name not in target.partition_keys]
    return [{"Name": name.lower(), "Type": hive_type(fields[name].dataType)} for name in names]


def _new_table(frame: DataFrame, target: Target, name: str) -> dict[str, Any]:
    kind = formats.spark_format(target.format)
    reads, writes, library = _HIVE[kind]
    serde: dict[str, str] = {"serialization.format": "1"}
    parameters = {"classification": kind, "typeOfData": "file", "useGlueParquetWriter": "true"}
    if kind != "parquet":
        del parameters["useGlueParquetWriter"]
    if kind == "csv":
        serde["field.delim"] = str(target.format_options.get("separator", ","))
        if formats.is_true(target.format_options.get("writeHeader", True)):
            parameters["skip.header.line.count"] = "1"
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
        "PartitionKeys": _columns(frame, target, keys=True),
        "StorageDescriptor": {
            "Columns": _columns(frame, target, keys=False),
            "Location": target.path,
            "InputFormat": reads,
            "OutputFormat": writes,
            "SerdeInfo": {"SerializationLibrary": library, "Parameters": serde},
        },
    }


def _with_new_columns(raw: Mapping[str, Any], frame: DataFrame, target: Target) -> dict[str, Any]:
    """The table's definition with the frame's columns and types. Previous columns are kept."""
    storage = raw["StorageDescriptor"]
    columns = {column["Name"]: column for column in storage["Columns"]}
    columns |= {column["Name"]: column for column in _columns(frame, target, keys=False)}
    kept = ("Name", "Description", "Owner", "Retention", "PartitionKeys", "TableType", "Parameters")
    definition = {key: raw[key] for key in kept if key in raw}
    return {**definition, "StorageDescriptor": {**storage, "Columns": list(columns.values())}}


def _columns_beyond(raw: Mapping[str, Any], frame: DataFrame, target: Target) -> list[str]:
    """The columns of a frame that a table does not have."""
    known = {column["Name"].lower() for column in raw["StorageDescriptor"]["Columns"]}
    return [column["Name"] for column in _columns(frame, target, keys=False) if column["Name"] not in known]


def _written(frame: DataFrame, target: Target) -> list[Partition]:
    jvm: Any = frame.sparkSession._jvm
    escape = jvm.org.apache.spark.sql.catalyst.catalog.ExternalCatalogUtils.escapePathName
    typed = frame.select(*(frame[f"`{key}`"].cast(T.StringType()).alias(key) for key in target.partition_keys))
    partitions = []
    # Spark writes empty texts into the folder of nulls
    found = {tuple(value or NULL_PARTITION for value in row) for row in typed.distinct().collect()}
    for values in sorted(found):
        folders = [f"{escape(key)}={escape(value)}" for key, value in zip(target.partition_keys, values, strict=True)]
        partitions.append(Partition(values, "/".join([target.path.rstrip("/"), *folders])))
    return partitions


class S3Sink(DataSink):
    """The sink for files that `GlueContext.getSink` returns: a destination, and a table to update."""

    def __init__(self, catalog: Catalog, connection_type: str, options: Mapping[str, Any]) -> None:
        if connection_type not in FILE_TYPES:
            unsupported(f"the connection type {connection_type} in getSink")
        known = _PATH_OPTIONS | {"enableUpdateCatalog", "updateBehavior"}
        call_options.check("the getSink options", options, known, call_options.OF_SINKS)
        self._catalog = catalog
        self._options = dict(options)
        self._format_options: dict[str, Any] = {}
        self._table: tuple[str, str] | None = None

    def setFormat(self, format: str | None, **options: Any) -> None:  # noqa: A002 - Glue's names
        """Set the format of the files."""
        formats.spark_format(format)
        self.format = format
        self._format_options = options

    def setCatalogInfo(self, catalogDatabase: str, catalogTableName: str, catalogId: str = "") -> None:
        """Set the catalog table of the files."""
        if catalogId:
            unsupported("setCatalogInfo with a catalogId")
        self._table = (catalogDatabase, catalogTableName)

    def writeFrame(self, dynamic_frame: DynamicFrame, info: str = "") -> DynamicFrame:
        """Write a frame. With `enableUpdateCatalog` the table is updated.

        Raises:
            ValueError: the catalog is to be updated, and no table is named.
        """
        places = {key: value for key, value in self._options.items() if key in _PATH_OPTIONS}
        target = parse_target(places, self.format, self._format_options)
        updates = _updates(self._options, target)
        if updates and self._table is None:
            raise ValueError("enableUpdateCatalog needs setCatalogInfo")
        if not updates or self._table is None:
            write_files(dynamic_frame, target)
            return dynamic_frame
        update = CatalogUpdate(self._catalog, *self._table, self._options.get("updateBehavior", UPDATE))
        update.check(dynamic_frame.toDF(), target)
        write_files(dynamic_frame, target)
        update.make(dynamic_frame.toDF(), target)
        return dynamic_frame

    def writeCollection(self, frames: DynamicFrameCollection, info: str = "") -> DynamicFrameCollection:
        """Write each frame of a collection to a folder named after it."""
        written = dict(self._options)
        root = str(written.get("path", "")).rstrip("/")
        try:
            for name, frame in frames.items():
                self._options = {**written, "path": f"{root}/{name}"}
                self.writeFrame(frame, info)
        finally:
            self._options = written
        return frames
