"""Download some files of a table in the Glue catalog, to draft a contract from them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from quartal.core.aws import AwsConnection, as_aws_error
from quartal.core.errors import ConfigurationError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MOST_FILES = 3
_MOST_BYTES = 200_000_000  # of one file


@contextmanager
def files_of_table(connection: AwsConnection, name: str) -> Iterator[Path]:
    """A temporary folder with the first, the middle and the last file of the table DATABASE.TABLE.

    Raises:
        ConfigurationError: there is no such table, or it has no files in S3.
        AwsError: AWS refused.
    """
    glue, s3 = connection.glue(), connection.s3()
    database, _, table = name.partition(".")
    try:
        found = glue.get_table(DatabaseName=database, Name=table)["Table"]
    except glue.exceptions.EntityNotFoundException as error:
        raise ConfigurationError(
            f"There is no table {name} in the Glue catalog.", remedy="Name a crawled table as DATABASE.TABLE."
        ) from error
    except (ClientError, BotoCoreError) as error:
        raise as_aws_error(error) from error
    location = urlsplit(found.get("StorageDescriptor", {}).get("Location", ""))
    try:
        keys = _keys(s3, location.netloc, location.path.strip("/")) if location.scheme == "s3" else []
        if not keys:
            raise ConfigurationError(
                f"Table {name} has no files below {location.geturl() or 'any location'}.",
                remedy="Draft from a table with files in S3, or from a local file.",
            )
        with TemporaryDirectory(prefix="quartal-") as folder:
            for number, key in enumerate(dict.fromkeys((keys[0], keys[len(keys) // 2], keys[-1]))):
                _download(s3, location.netloc, key, Path(folder) / f"{number}-{key.rpartition('/')[2]}")
            yield Path(folder)
    except (ClientError, BotoCoreError) as error:
        raise as_aws_error(error) from error


def _keys(s3: S3Client, bucket: str, prefix: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/" if prefix else "")
    found = [entry["Key"] for page in pages for entry in page.get("Contents", []) if 0 < entry["Size"] <= _MOST_BYTES]
    return sorted(key for key in found if not key.rpartition("/")[2].startswith((".", "_")))


def _download(s3: S3Client, bucket: str, key: str, target: Path) -> None:
    with target.open("wb") as file:
        shutil.copyfileobj(s3.get_object(Bucket=bucket, Key=key)["Body"], file)
