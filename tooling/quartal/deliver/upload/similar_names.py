"""Folders of deliveries whose names differ in capitals alone.

Delivery 2024q1 beside 2024Q1 is most likely the same one, and its rows would come twice. Folder Delivery=2024Q1 beside
delivery=2024Q1 is the same one for certain: the job reads both (G25).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from quartal.deliver.upload.job_files import PARTITION_KEY, delivery_named_by
from quartal.deliver.upload.write_outcome import CALL_ERRORS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def similar_deliveries(s3: S3Client, bucket: str, raw_prefix: str, uploaded: Iterable[str]) -> tuple[str, ...]:
    """Each pair in a sentence without a full stop, of the uploaded deliveries and of those in the lake."""
    new = sorted(set(uploaded))
    try:
        folders = _folders(s3, bucket, raw_prefix)
    except CALL_ERRORS:
        folders = []  # who may not read the lake may deliver all the same
    there = filter(None, (delivery_named_by(folder.removeprefix(raw_prefix).rstrip("/")) for folder in folders))
    known = sorted({*new, *there})
    return tuple(
        f"Delivery {name} and delivery {other} differ only in upper and lower case, and a run reads the rows of both"
        for name in new
        for other in known
        if other != name and other.lower() == name.lower() and (other not in new or name < other)
    )


def other_spellings(
    s3: S3Client, bucket: str, folders: Iterable[tuple[str, str]], *, is_exchange: bool
) -> set[tuple[str, str]]:
    """Further folders of the same deliveries, such as Delivery=2024Q1 for delivery=2024Q1, with the deliveries' names.

    Args:
        s3: the client.
        bucket: name of the lake's bucket.
        folders: names of deliveries, each with the key prefix of its folder.
        is_exchange: the upload removes files, so all of them must be known.

    Raises:
        ClientError: the bucket cannot be listed, and files are to be removed.
    """
    known = set(folders)
    found: set[tuple[str, str]] = set()
    for root in sorted({folder.removesuffix(f"{PARTITION_KEY}={name}/") for name, folder in known}):
        try:
            listed = _folders(s3, bucket, root)
        except CALL_ERRORS:
            if is_exchange:
                raise
            continue
        for folder in listed:
            name = delivery_named_by(folder.removeprefix(root).rstrip("/"))
            if name is not None and (name, f"{root}{PARTITION_KEY}={name}/") in known:
                found.add((name, folder))
    return found - known


def _folders(s3: S3Client, bucket: str, raw_prefix: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=raw_prefix, Delimiter="/")
    return [each["Prefix"] for page in pages for each in page.get("CommonPrefixes", [])]
