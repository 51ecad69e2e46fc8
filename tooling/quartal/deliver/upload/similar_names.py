"""Deliveries whose names differ in capitals alone: most likely one delivery, whose rows would come twice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from quartal.deliver.upload.job_files import delivery_named_by
from quartal.deliver.upload.write_outcome import CALL_ERRORS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def similar_deliveries(s3: S3Client, bucket: str, raw_prefix: str, uploaded: Iterable[str]) -> tuple[str, ...]:
    """Each pair in a sentence without a full stop, of the uploaded deliveries and of those in the lake."""
    new = sorted(set(uploaded))
    try:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=raw_prefix, Delimiter="/")
        folders = [each["Prefix"] for page in pages for each in page.get("CommonPrefixes", [])]
    except CALL_ERRORS:
        folders = []  # who may not read the lake may deliver all the same
    there = filter(None, (delivery_named_by(folder.removeprefix(raw_prefix).rstrip("/")) for folder in folders))
    known = sorted({*new, *there})
    return tuple(
        f"Delivery {name} and delivery {other} differ in capitals alone, and a run reads the rows of both"
        for name in new
        for other in known
        if other != name and other.lower() == name.lower() and (other not in new or name < other)
    )
