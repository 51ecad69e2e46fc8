"""Checks the options of a call: unsupported ones are refused, ones that Glue ignores are logged."""

from collections.abc import Iterable

from awsglue.errors import check_options
from awsglue.glue_logger import GlueLogger

# options that change the records, or their destination, on AWS
_OF_FILES = frozenset(["attachFilename", "attachTimestamp", "excludeStorageClasses"])
OF_FORMATS = _OF_FILES | {"compression", "jsonPath", "rowTag", "version", "withSchema"}
OF_SOURCES = _OF_FILES | {"asOfTime", "catalogPartitionPredicate", "mergeSchema", "partitionKeys", "transactionId"}
OF_TABLES = _OF_FILES | {"asOfTime", "partitionKeys", "query", "startingPosition", "transactionId"}
OF_TABLES |= {"useCatalogSchema", "useSparkDataSource"}
OF_SINKS = frozenset(["catalogDatabase", "catalogTableName", "enableUpdateCatalog", "format", "overwrite"])
OF_SINKS |= {"transactionId", "updateBehavior"}
_OF_OTHER_FORMATS = ("hoodie.", "delta.", "iceberg.")  # prefixes of families of options


def check(kind: str, passed: Iterable[str], known: Iterable[str], refused: Iterable[str]) -> None:
    """Refuse options that have an effect only on AWS, and log those without any effect.

    Raises:
        GlueUnsupportedError: an option has an effect on AWS and none here.
    """
    names, understood = list(passed), set(known)
    lacking = {name for name in names if name in set(refused) or name.startswith(_OF_OTHER_FORMATS)} - understood
    check_options(kind, lacking, ())
    if ignored := [name for name in names if name not in understood]:
        GlueLogger().warn(f"{kind} {', '.join(ignored)}: no effect, as on AWS")
