"""Iceberg tables of the Data Catalog as DataFrames, through the Spark catalog that AWS's pages call glue_catalog.

Follows the page "Using the Iceberg framework in AWS Glue" of the AWS Glue Developer Guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from awsglue.errors import unsupported

CATALOG = "glue_catalog"
_PROPERTY = f"spark.sql.catalog.{CATALOG}"
_NEUTRAL = frozenset(["useCatalogSchema", "useSparkDataSource"])
_OF_READS = frozenset(["as-of-timestamp", "branch", "end-snapshot-id", "snapshot-id", "start-snapshot-id", "tag"])
_OF_WRITES = frozenset(["branch", "check-nullability", "check-ordering", "fanout-enabled", "mergeSchema"])


def has_catalog(spark: SparkSession) -> bool:
    """Whether the session has glue_catalog as an Iceberg catalog over the Data Catalog."""
    implementation = str(spark.conf.get(f"{_PROPERTY}.catalog-impl", "") or "")
    kind = str(spark.conf.get(f"{_PROPERTY}.type", "") or "")
    of_iceberg = str(spark.conf.get(_PROPERTY, "") or "").startswith("org.apache.iceberg.spark.")
    return of_iceberg and (kind.lower() == "glue" or implementation == "org.apache.iceberg.aws.glue.GlueCatalog")


def is_iceberg(definition: Mapping[str, Any]) -> bool:
    """Whether a response of GetTable is an Iceberg table."""
    return str((definition.get("Parameters") or {}).get("table_type", "")).upper() == "ICEBERG"


def read(spark: SparkSession, place: tuple[str, str], predicate: str, options: Mapping[str, Any]) -> DataFrame:
    """Read the current or an earlier state of a table."""
    if predicate:
        unsupported("push_down_predicate for an Iceberg table", "filter the frame: Iceberg prunes by it")
    wanted = _known("additional_options of a read from an Iceberg table:", options, _OF_READS)
    return spark.read.format("iceberg").options(**wanted).load(_name(place))


def append(frame: DataFrame, place: tuple[str, str], options: Mapping[str, Any]) -> None:
    """Add rows to a table. Columns are matched by name."""
    wanted = _known("additional_options of a write to an Iceberg table:", options, _OF_WRITES)
    frame.writeTo(_name(place)).options(**wanted).append()


def _name(place: tuple[str, str]) -> str:
    return ".".join((CATALOG, *(f"`{part}`" for part in place)))


def _known(call: str, options: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    wanted = {name: value for name, value in options.items() if name not in _NEUTRAL}
    if others := sorted(set(wanted) - known):
        unsupported(f"{call} {', '.join(others)}")
    return wanted
