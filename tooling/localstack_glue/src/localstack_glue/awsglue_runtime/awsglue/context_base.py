"""The common base of reading and writing: Spark's session, the catalog and the bookmark."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from pyspark import SparkContext
from pyspark.sql import SparkSession, SQLContext

from awsglue.bookmarks import Bookmark
from awsglue.catalog import Catalog
from awsglue.errors import check_options
from awsglue.glue_logger import GlueLogger

if TYPE_CHECKING:
    from awsglue.context import GlueContext

Options = Mapping[str, Any] | None
PARTITIONS = ("minPartitions", "targetPartitions")  # Spark's partitioning does not change the records


class GlueSession(SQLContext):
    """Spark, with a Data Catalog and a bookmark."""

    def __init__(
        self, sparkContext: SparkContext | SparkSession | None = None, *, catalog: Catalog | None = None, **options: Any
    ) -> None:
        check_options("the GlueContext options", options, PARTITIONS)
        session = sparkContext if isinstance(sparkContext, SparkSession) else SparkSession.builder.getOrCreate()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # Spark's own: SQLContext is old
            super().__init__(session.sparkContext, session)
        self.spark_session = session
        self.catalog = catalog or Catalog()
        self.bookmark: Bookmark | None = None


def whole(part: GlueSession) -> GlueContext:
    """The context that a mix-in for reading or writing belongs to."""
    return cast("GlueContext", part)


def named_database(call: Callable[..., Any]) -> Callable[..., Any]:
    """Accept `name_space` for the database too, as older scripts write it."""

    @wraps(call)
    def called(*args: Any, **kwargs: Any) -> Any:
        if "name_space" in kwargs:
            if kwargs.get("database") is not None:
                raise ValueError("Parameter name_space and database are both specified, choose one.")
            kwargs["database"] = kwargs.pop("name_space")
        return call(*args, **kwargs)

    return called


def warn_of_ignored_arguments(call: str, options: Mapping[str, Any], *known: str) -> None:
    """Log arguments that Glue's own library accepts and ignores. Many scripts pass them."""
    ignored = [name for name in options if name not in (*PARTITIONS, *known)]
    if ignored:
        GlueLogger().warn(f"{call}: {', '.join(ignored)} has no effect, as on AWS; options go into connection_options")


def place(database: str | None, table_name: str | None) -> tuple[str, str]:
    """The database and the table of a call.

    Raises:
        ValueError: one of them is missing.
    """
    if database is None:
        raise ValueError("Parameter name_space or database is missing.")
    if table_name is None:
        raise ValueError("Parameter table_name is missing.")
    return database, table_name
