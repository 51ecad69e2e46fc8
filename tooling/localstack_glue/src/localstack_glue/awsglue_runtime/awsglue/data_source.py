"""The source that `GlueContext.getSource` returns. It reads when `getFrame` is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame

from awsglue.content import Content
from awsglue.dynamicframe import DynamicFrame
from awsglue.errors import check_options, unsupported

if TYPE_CHECKING:
    from awsglue.context import GlueContext

Read = Callable[[str | None, Mapping[str, Any]], Content]  # of a format and its options


class DataSource:
    """Files at paths, or a table of a database."""

    def __init__(self, glue_context: GlueContext, read: Read, format_name: str | None, transformation_ctx: str) -> None:
        self._context = glue_context
        self._read = read
        self._format = format_name
        self._format_options: Mapping[str, Any] = {}
        self.name = transformation_ctx

    def setFormat(self, format: str | None, **options: Any) -> None:  # noqa: A002 - Glue's names
        """Set the format of the files. A database needs none."""
        self._format = format or self._format
        self._format_options = options

    def getFrame(self, **options: Any) -> DynamicFrame:
        """Read the source."""
        check_options("getFrame with", options, ("minPartitions", "targetPartitions"))
        found = self._read(self._format, self._format_options)
        return DynamicFrame(found.frame, self._context, self.name, errors=found.errors, lacking=found.lacking)

    def getSampleFrame(self, num: int, **options: Any) -> DynamicFrame:
        """Read the first records."""
        bookmark = self._context.bookmark
        if bookmark is not None and bookmark.tracks(self.name):  # records beyond the sample would count as read
            unsupported("a sample frame with a job bookmark", "leave transformation_ctx out")
        frame = self.getFrame()
        return DynamicFrame(frame._df.limit(int(num)), self._context, self.name, lacking=frame._lacking)

    def getDataFrame(self) -> DataFrame:
        """Read the source as a DataFrame."""
        return self.getFrame().toDF()
