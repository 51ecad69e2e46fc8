"""Hive's CREATE TABLE: without USING, with STORED AS or ROW FORMAT, with or without a query.

Spark creates such tables only through Hive, which is not installed here. Spark's parser reads the statement; the table
is created in the Data Catalog, and the query's rows are written as the table's files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue.catalog import NULL_PARTITION, Partition
from awsglue.errors import unsupported
from awsglue.file_sinks import _HIVE as HIVE_FORMATS
from awsglue.metastore.definitions import to_catalog_columns
from awsglue.metastore.mirror import Mirror, Place
from awsglue.metastore.spark_side import SparkSide

_TEXT_LIBRARY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
_STORED_AS = {**HIVE_FORMATS, "textfile": HIVE_FORMATS["csv"]}


def create(spark: SparkSide, mirror: Mirror, place: Place, text: str) -> DataFrame:
    """Create the table of a CREATE TABLE statement."""
    plan = spark.plan(text)
    spec = plan.tableSpec()
    existing = mirror.raw(place)
    if existing is not None:
        if plan.ignoreIfExists():
            return spark.session.createDataFrame([], T.StructType([]))
        spark.sql(f"CREATE TABLE `{place[0]}`.`{place[1]}` (a int) USING parquet")  # raises that it exists
    is_query = plan.getClass().getSimpleName() == "CreateTableAsSelect"
    rows = spark.run_query(plan.query()) if is_query else None
    schema = rows.schema if rows is not None else _schema(plan)
    keys = _keys(plan)
    location = str(spec.location().get()) if spec.location().isDefined() else mirror.location_for(*place)
    definition = {
        "Name": place[1],
        "TableType": "EXTERNAL_TABLE" if spec.external() or spec.location().isDefined() else "MANAGED_TABLE",
        "Parameters": {**({"EXTERNAL": "TRUE"} if spec.external() else {}), **spark.dictionary(spec.properties())},
        "PartitionKeys": to_catalog_columns([field for field in schema.fields if field.name.lower() in keys]),
        "StorageDescriptor": {
            "Columns": to_catalog_columns([field for field in schema.fields if field.name.lower() not in keys]),
            "Location": location,
            **_storage(spark, spec.serde()),
        },
    }
    if spec.comment().isDefined():
        definition["Description"] = str(spec.comment().get())
    mirror.catalog.save_table(place[0], definition, exists=False)
    mirror.forget(place)
    if rows is not None:
        write(mirror, place, rows, keys)
    return spark.session.createDataFrame([], T.StructType([]))


def create_like(spark: SparkSide, mirror: Mirror, place: Place, model: Mapping[str, Any], location: str) -> DataFrame:
    """Create a table with the definition of another and without rows."""
    storage = {**model["StorageDescriptor"], "Location": location}
    kept = {name: model[name] for name in ("PartitionKeys", "Parameters") if model.get(name)}
    definition = {**kept, "Name": place[1], "TableType": "MANAGED_TABLE", "StorageDescriptor": storage}
    mirror.catalog.save_table(place[0], definition, exists=False)
    return spark.session.createDataFrame([], T.StructType([]))


def write(mirror: Mirror, place: Place, rows: DataFrame, keys: Sequence[str]) -> None:
    """Write the first rows of a table, and its partitions."""
    table = mirror.catalog.table(*place)
    rows = rows.toDF(*(name.lower() for name in rows.columns))
    writer = rows.write.mode("append").option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
    if table.format == "csv":
        delimiter = table.serde_parameters.get("field.delim", "\x01")
        writer = writer.options(sep=delimiter, quote="", nullValue="\\N", emptyValue="", header="false")
    if keys:
        writer = writer.partitionBy(*keys)
    writer.format(table.format).save(table.location)
    if keys:
        texts = rows.select(*(F.col(f"`{key}`").cast("string").alias(key) for key in keys)).distinct()
        added = []
        for row in texts.collect():
            values = tuple(NULL_PARTITION if value is None else value for value in row)
            folders = "/".join(f"{key}={value}" for key, value in zip(keys, values, strict=True))
            added.append(Partition(values, f"{table.location.rstrip('/')}/{folders}"))
        mirror.catalog.add_partitions(table, added)


def _schema(plan: Any) -> T.StructType:
    schema = T._parse_datatype_json_string(plan.tableSchema().json())
    assert isinstance(schema, T.StructType)  # noqa: S101 - a table's schema is a struct
    return schema


def _keys(plan: Any) -> list[str]:
    transforms = plan.partitioning()
    keys = []
    for number in range(transforms.size()):
        transform = transforms.apply(number)
        if transform.name() != "identity":
            unsupported(f"CREATE TABLE with {transform.describe()}")
        keys.append(str(transform.references()[0].fieldNames()[0]).lower())
    return keys


def _storage(spark: SparkSide, serde: Any) -> dict[str, Any]:
    """The formats and SerDe; those of text by default."""
    stored_as, library, formats, parameters = "textfile", None, None, {}
    if serde.isDefined():
        found = serde.get()
        parameters = spark.dictionary(found.serdeProperties())
        if found.storedAs().isDefined():
            stored_as = str(found.storedAs().get()).lower()
        if found.serde().isDefined():
            library = str(found.serde().get())
        if found.formatClasses().isDefined():
            classes = found.formatClasses().get()
            formats = (str(classes.input()), str(classes.output()))
    if stored_as not in _STORED_AS:
        unsupported(f"CREATE TABLE ... STORED AS {stored_as.upper()}")
    reads, writes, own = _STORED_AS[stored_as]
    if formats is not None:
        reads, writes = formats
    if library is None and formats is not None:
        own = next((known[2] for known in HIVE_FORMATS.values() if known[0] == reads), _TEXT_LIBRARY)
    return {
        "InputFormat": reads,
        "OutputFormat": writes,
        "SerdeInfo": {
            "SerializationLibrary": library or own,
            "Parameters": {"serialization.format": "1", **parameters},
        },
    }
