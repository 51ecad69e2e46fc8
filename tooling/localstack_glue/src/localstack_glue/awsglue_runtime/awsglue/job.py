"""The job of a script: `init`, `commit` and the bookmark between them.

Follows the page "Using job bookmarks" of the AWS Glue Developer Guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pyspark.sql import SparkSession

from awsglue.bookmarks import Bookmark
from awsglue.glue_logger import GlueLogger
from awsglue.utils import BOOKMARKS

if TYPE_CHECKING:
    from awsglue.context import GlueContext


class Job:
    """The job of this process. Without `commit` its bookmark does not change."""

    def __init__(self, glue_context_or_spark_session: GlueContext | SparkSession) -> None:
        from awsglue.context import GlueContext

        context = glue_context_or_spark_session
        if not isinstance(context, GlueContext | SparkSession):
            raise TypeError(f"cannot init Job instance given input parameter type: {type(context)}")
        self._context = context if isinstance(context, GlueContext) else GlueContext(context)

    def init(self, job_name: str, args: Mapping[str, Any] | None = None) -> None:
        """Begin the job. `args` is the result of `getResolvedOptions`."""
        arguments = {key: str(value) for key, value in (args or {}).items() if value is not None}
        self._context.bookmark = Bookmark.from_arguments(job_name, arguments)

    @classmethod
    def job_bookmark_options(cls) -> list[str]:
        """The argument for bookmarks, and its values."""
        return ["--job-bookmark-option", *BOOKMARKS]

    @classmethod
    def job_bookmark_range_options(cls) -> list[str]:
        """The arguments for a bookmark's range."""
        return ["--job-bookmark-from", "--job-bookmark-to"]

    @classmethod
    def continuation_options(cls) -> list[str]:
        """The older names of the bookmark arguments."""
        return ["--continuation-option", "continuation-enabled", "continuation-readonly", "continuation-ignore"]

    @classmethod
    def id_params(cls) -> list[str]:
        """The arguments that identify the run."""
        return ["--JOB_NAME", "--JOB_ID", "--JOB_RUN_ID", "--SECURITY_CONFIGURATION"]

    @classmethod
    def encryption_type_options(cls) -> list[str]:
        """The argument for encryption, and its value."""
        return ["--encryption-type", "sse-s3"]

    @classmethod
    def data_lineage_options(cls) -> list[str]:
        """The argument for data lineage."""
        return ["--enable-data-lineage"]

    def isInitialized(self) -> bool:
        """Whether `init` was called."""
        return self._context.bookmark is not None

    def commit(self) -> None:
        """Commit the bookmark."""
        if self._context.bookmark is None:
            GlueLogger().warn("job.commit() without job.init(): no effect")
            return
        self._context.bookmark.commit()
