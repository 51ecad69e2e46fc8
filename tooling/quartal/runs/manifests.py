"""Finds and reads the run manifests that the job writes to the lake, with the job's own model of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from quartal.core.errors import PipelineError
from quartal.core.visible import visible

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from pydantic import ValidationError

    from etl_job.manifest.model import RunManifest

_MAX_BYTES = 64 * 1024**2  # a thousand deliveries of a thousand files


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
        raise _no_manifest(uri, f": {visible(_what_is_wrong(error)[:120])}") from error


def _what_is_wrong(error: ValidationError) -> str:
    """A field that is missing or holds what it never does, in words."""
    first = error.errors(include_url=False, include_input=False)[0]
    path = ".".join(map(str, first["loc"])) or "the whole"
    return f"it lacks {path}" if first["type"] == "missing" else f"its {path} is of another type"


def read_latest_manifests(s3: S3Client, bucket: str, prefix: str, count: int) -> list[RunManifest]:
    """The newest manifests below a prefix, the newest first; fewer where there are fewer.

    Raises:
        ClientError: the bucket cannot be read.
        PipelineError: one of them is not a manifest of this version.
    """
    return [read_manifest(s3, bucket, key) for key in _keys_newest_first(s3, bucket, prefix)[:count]]


def find_last_success(s3: S3Client, bucket: str, prefix: str, known: Iterable[RunManifest] = ()) -> RunManifest | None:
    """The newest manifest of a run that succeeded, as a run finds what is published; None before the first one.

    Args:
        s3: the client.
        bucket: of the lake.
        prefix: where the manifests are.
        known: manifests that have been read already.

    Raises:
        ClientError: the bucket cannot be read.
        PipelineError: a newer one is not a manifest of this version.
    """
    read = {f"{prefix}{manifest.run_id}.json": manifest for manifest in known}
    for key in _keys_newest_first(s3, bucket, prefix):
        manifest = read.get(key) or find_manifest(s3, bucket, key)
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
