"""The job a script is: `init`, `commit` and the bookmark between them.

Follows the page "Using job bookmarks" of the AWS Glue Developer Guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from awsglue.bookmarks import Bookmark

if TYPE_CHECKING:
    from awsglue.context import GlueContext


class Job:
    """The job of this process; without `commit`, its bookmark stays where it was."""

    def __init__(self, glue_context: GlueContext) -> None:
        self._context = glue_context

    def init(self, job_name: str, args: Mapping[str, Any] | None = None) -> None:
        """Begin; `args` are those of `getResolvedOptions`."""
        given = {key: str(value) for key, value in (args or {}).items()}
        self._context.bookmark = Bookmark.from_arguments(job_name, given)

    def isInitialized(self) -> bool:
        """Whether `init` was called."""
        return self._context.bookmark is not None

    def commit(self) -> None:
        """Write down what was read."""
        if self._context.bookmark is None:
            raise RuntimeError("job.commit() before job.init()")
        self._context.bookmark.commit()
