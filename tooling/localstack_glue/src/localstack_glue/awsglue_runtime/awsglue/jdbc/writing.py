"""Writing to a database: rows are added, and a missing table is created, as by Spark's JDBC source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from awsglue.data_sink import DataSink
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.errors import GlueDataError, unsupported
from awsglue.jdbc.endpoint import Endpoint, table_name

_NO_EFFECT = ("dbtable", "dbTable", "bulkSize", "hashfield", "hashexpression", "hashpartitions")


def write(frame: DynamicFrame, endpoint: Endpoint) -> None:
    """Add a frame's records to a table.

    Raises:
        GlueDataError: no table is named, or the frame has choices.
    """
    table = table_name(endpoint.options)
    if not table:
        raise GlueDataError("a write to a database needs dbtable")
    if frame.choice_fields:
        raise GlueDataError(f"cannot write the choices {', '.join(frame.choice_fields)}; use resolveChoice first")
    data = frame.toDF()
    if not data.columns:
        return  # the bookmark left nothing to read
    passed = {key: str(value) for key, value in endpoint.options.items() if key not in _NO_EFFECT}
    if size := endpoint.options.get("bulkSize"):
        passed["batchsize"] = str(size)
    writer = data.write.format("jdbc").mode("append").options(**{**passed, **endpoint.properties})
    writer.option("url", endpoint.url).option("dbtable", table).save()


class JdbcSink(DataSink):
    """The sink that `GlueContext.getSink` returns for a database."""

    def __init__(self, endpoint: Callable[[], Endpoint]) -> None:
        self._endpoint = endpoint()  # refuses wrong options before anything is written

    def setFormat(self, format: str | None, **options: Any) -> None:  # noqa: A002 - Glue's names
        """Ignore the format: a database needs none."""

    def setCatalogInfo(self, catalogDatabase: str, catalogTableName: str, catalogId: str = "") -> None:
        """Refuse: the catalog is updated for files only."""
        unsupported("setCatalogInfo of a database's sink")

    def writeFrame(self, dynamic_frame: DynamicFrame, info: str = "") -> DynamicFrame:
        """Add a frame's records."""
        write(dynamic_frame, self._endpoint)
        return dynamic_frame

    def writeCollection(self, frames: DynamicFrameCollection, info: str = "") -> DynamicFrameCollection:
        """Refuse: the table of each frame is unknown."""
        unsupported("a DynamicFrameCollection in a database's sink", "write each frame to a table of its own")
