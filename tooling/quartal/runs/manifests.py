"""Finds and reads the run manifests that the job writes to the lake, with the job's own model of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quartal.core.errors import PipelineError
from quartal.core.typed_records import what_is_wrong
from quartal.core.visible import visible

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from etl_job.manifest.model import RunManifest

_MAX_BYTES = 64 * 1024**2  # a thousand deliveries of a thousand files


@dataclass(frozen=True, slots=True)
class UnreadManifest:
    """A run manifest that this version cannot read, why, and what to do."""

    key: str
    error: PipelineError

    @property
    def run_id(self) -> str:
        """The run that its key names."""
        return self.key.rpartition("/")[2].removesuffix(".json")

    @property
    def sentence(self) -> str:
        """The manifest, what is wrong with it, and what to do."""
        return f"{self.error.message} {self.error.remedy}"

    def as_record(self) -> dict[str, str]:
        """For JSON."""
        return {"key": self.key, "message": self.error.message, "remedy": self.error.remedy}


@dataclass(frozen=True, slots=True)
class LatestManifests:
    """The newest manifests of a feed, the newest first, and those among them that cannot be read."""

    found: tuple[RunManifest, ...]
    unread: tuple[UnreadManifest, ...]


def read_manifest(s3: S3Client, bucket: str, key: str) -> RunManifest:
    """Read one manifest.

    Raises:
        PipelineError: the run wrote none, or it is not a manifest of this version.
    """
    manifest = find_manifest(s3, bucket, key)
    if manifest is None:
        raise PipelineError(
            f"The run wrote no manifest at s3://{bucket}/{key}.",
            remedy="See how far it came with `quartal logs`, then start another run: `quartal run`.",
        )
    return manifest


def find_manifest(s3: S3Client, bucket: str, key: str) -> RunManifest | None:
    """Read one manifest; None if the run wrote none.

    Raises:
        PipelineError: it is not a manifest, or of a version that this one does not know.
    """
    try:
        answer = s3.get_object(Bucket=bucket, Key=key)
    except s3.exceptions.NoSuchKey:
        return None
    if (size := answer.get("ContentLength", 0)) > _MAX_BYTES:
        raise _no_manifest(f"s3://{bucket}/{key}", f": it has {size:,} bytes")
    body = answer["Body"].read()
    return parse_manifest(body, f"s3://{bucket}/{key}")


def parse_manifest(body: bytes | str, uri: str) -> RunManifest:
    """A manifest of the version that this tooling reads.

    Raises:
        PipelineError: it is not a manifest, or of another version.
    """
    # pydantic, which commands without manifests need not load
    from pydantic import ValidationError

    from etl_job.manifest.model import MANIFEST_VERSION, RunManifest

    try:
        version = json.loads(body)["manifest_version"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _no_manifest(uri) from error
    if type(version) is not int:
        raise _no_manifest(uri, ": its manifest_version is of another type")
    if version != MANIFEST_VERSION:
        raise PipelineError(
            f"{uri} is a run manifest of version {version}; this quartal reads version {MANIFEST_VERSION}.",
            remedy="Use the quartal version of the deployed job, or deploy this version: `quartal apply`.",
        )
    try:
        return RunManifest.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise _no_manifest(uri, f": {visible(what_is_wrong(error)[:120])}") from error


def read_latest_manifests(s3: S3Client, bucket: str, prefix: str, count: int) -> LatestManifests:
    """The newest manifests below a prefix, and those among them that cannot be read; fewer where there are fewer.

    Raises:
        ClientError: the bucket cannot be read.
    """
    found: list[RunManifest] = []
    unread: list[UnreadManifest] = []
    for key in _keys_newest_first(s3, bucket, prefix)[:count]:
        try:
            found.append(read_manifest(s3, bucket, key))
        except PipelineError as error:
            unread.append(UnreadManifest(key, error))
    return LatestManifests(tuple(found), tuple(unread))


def find_last_success(s3: S3Client, bucket: str, prefix: str) -> RunManifest | None:
    """The newest manifest of a run that succeeded, as a run finds what is published; None before the first one.

    Raises:
        ClientError: the bucket cannot be read.
        PipelineError: a newer one is not a manifest of this version.
    """
    found = last_success_or_unread(s3, bucket, prefix)
    if isinstance(found, UnreadManifest):
        raise found.error
    return found


def last_success_or_unread(
    s3: S3Client, bucket: str, prefix: str, known: Iterable[RunManifest] = ()
) -> RunManifest | UnreadManifest | None:
    """The same; a newer manifest that cannot be read stands for itself, because its run may have succeeded.

    Args:
        s3: the client.
        bucket: of the lake.
        prefix: where the manifests are.
        known: manifests that have been read already.

    Raises:
        ClientError: the bucket cannot be read.
    """
    read = {f"{prefix}{manifest.run_id}.json": manifest for manifest in known}
    for key in _keys_newest_first(s3, bucket, prefix):
        try:
            manifest = read.get(key) or find_manifest(s3, bucket, key)
        except PipelineError as error:
            return UnreadManifest(key, error)
        if manifest is not None and manifest.status == "SUCCEEDED":
            return manifest
    return None


def _keys_newest_first(s3: S3Client, bucket: str, prefix: str) -> list[str]:
    """By the time of the store, as the job does: the clocks of the machines that ran may differ, or be set back."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    found = [entry for page in pages for entry in page.get("Contents", []) if entry["Key"].endswith(".json")]
    newest = sorted(found, key=lambda entry: (entry["LastModified"], entry["Key"]), reverse=True)
    return [entry["Key"] for entry in newest]


def manifest_keys(s3: S3Client, bucket: str, prefix: str, run_id: str) -> list[str]:
    """The keys of the manifests of a run that is named whole, or else of those whose ids begin so.

    Raises:
        ClientError: the bucket cannot be read.
    """
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}{run_id}")
    found = [entry["Key"] for page in pages for entry in page.get("Contents", []) if entry["Key"].endswith(".json")]
    whole = f"{prefix}{run_id}.json"
    return [whole] if whole in found else found


def _no_manifest(uri: str, why: str = "") -> PipelineError:
    return PipelineError(
        f"{uri} is no run manifest{why}.", remedy="Move it elsewhere: runs/ is for the job's own files."
    )
