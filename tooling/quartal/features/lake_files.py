"""Lists and deletes files of the lake through the job's file layer, whose errors become the command's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from quartal.core.errors import AwsError

if TYPE_CHECKING:
    from etl_job.lake.files import ObjectStore, StoredFile


def files_below(files: ObjectStore, folder: str) -> tuple[StoredFile, ...]:
    """All files below a folder, which is a URI."""
    from etl_job.lake.files import folder_uri  # which help need not load

    return files.list_files(folder_uri(folder))


def delete_files(files: ObjectStore, uris: Sequence[str]) -> None:
    """Delete files; missing ones are ignored.

    Raises:
        AwsError: S3 did not delete some of them; the others are removed.
    """
    from etl_job.lake.files import UndeletedError  # which help need not load

    try:
        files.delete_all(uris)
    except UndeletedError as error:
        first = error.files[0]
        why = "S3 was too busy" if first.may_go_later else "The signed-in identity needs s3:DeleteObject in the lake"
        raise AwsError(
            f"{first.uri} was not deleted: {first.reason}; {len(error.files)} of {len(uris)} files remain.",
            remedy=f"{why}. Run the command again; deleted files are skipped.",
        ) from error


def lake_path(uri: str) -> str:
    """`bucket/key` or a local path, however the URI is written; never decoded, so that names compare exactly."""
    scheme, separator, rest = uri.partition("://")
    if separator:
        return rest
    return uri.removeprefix("file:") if scheme.startswith("file:") else uri
