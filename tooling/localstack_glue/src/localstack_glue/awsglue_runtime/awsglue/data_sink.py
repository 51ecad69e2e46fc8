"""The sink that `GlueContext.getSink` returns."""

from typing import Any

from pyspark.sql import DataFrame

from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection


class DataSink:
    """A destination for frames."""

    format: str | None = None

    def setFormat(self, format: str | None, **options: Any) -> None:  # noqa: A002 - Glue's names
        """Set the format of the files."""
        raise NotImplementedError

    def setCatalogInfo(self, catalogDatabase: str, catalogTableName: str, catalogId: str = "") -> None:
        """Set the catalog table of the files."""
        raise NotImplementedError

    def setAccumulableSize(self, size: int) -> None:
        """Accept the number of error records to keep. All are kept here."""

    def writeFrame(self, dynamic_frame: DynamicFrame, info: str = "") -> DynamicFrame:
        """Write a frame."""
        raise NotImplementedError

    def writeDataFrame(self, data_frame: DataFrame, glue_context: Any, info: str = "") -> DataFrame:
        """Write a DataFrame."""
        self.writeFrame(DynamicFrame.fromDF(data_frame, glue_context), info)
        return data_frame

    def write(self, dynamic_frame_or_dfc: DynamicFrame | DynamicFrameCollection, info: str = "") -> Any:
        """Write a frame, or each frame of a collection.

        Raises:
            TypeError: it is neither a frame nor a collection.
        """
        if isinstance(dynamic_frame_or_dfc, DynamicFrame):
            return self.writeFrame(dynamic_frame_or_dfc, info)
        if not isinstance(dynamic_frame_or_dfc, DynamicFrameCollection):
            message = "dynamic_frame_or_dfc must be an instance of DynamicFrame or DynamicFrameCollection."
            raise TypeError(f"{message} Got {type(dynamic_frame_or_dfc)}")
        return self.writeCollection(dynamic_frame_or_dfc, info)

    def writeCollection(self, frames: DynamicFrameCollection, info: str = "") -> DynamicFrameCollection:
        """Write each frame of a collection to a destination named after it."""
        raise NotImplementedError
