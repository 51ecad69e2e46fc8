"""The run manifest that the job leaves in the lake, as far as the tooling shows it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from quartal.core.errors import PipelineError
from quartal.core.visible import visible

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MAX_BYTES = 64 * 1024**2  # a thousand deliveries of a thousand files
MANIFEST_VERSION = 1  # of etl_job/run_manifest.schema.json
# as etl_job/run_manifest.schema.json has them; a test holds the two together
REQUIRED_FIELDS = (
    "run_id",
    "dataset",
    "database",
    "status",
    "reason",
    "published_anything",
    "started_at",
    "finished_at",
    "seconds",
    "contract",
    "totals",
    "deliveries",
    "stages",
    "curated",
    "features",
    "quarantine",
    "versions",
    "published",
)


def read_manifest(s3: S3Client, bucket: str, key: str) -> dict[str, Any]:
    """Read one manifest.

    Raises:
        PipelineError: the run left none, or what is there is no manifest of this version.
    """
    manifest = find_manifest(s3, bucket, key)
    if manifest is None:
        raise PipelineError(
            f"The run left no manifest at s3://{bucket}/{key}.",
            remedy="Its log says how far it came: `quartal logs`. Run again: `quartal run`.",
        )
    return manifest


def find_manifest(s3: S3Client, bucket: str, key: str) -> dict[str, Any] | None:
    """Read one manifest; None where the run left none.

    Raises:
        PipelineError: what is there is no manifest, or of a version that this one does not know.
    """
    try:
        answer = s3.get_object(Bucket=bucket, Key=key)
    except s3.exceptions.NoSuchKey:
        return None
    if (size := answer.get("ContentLength", 0)) > _MAX_BYTES:
        raise _no_manifest(f"s3://{bucket}/{key}", f": it has {size:,} bytes")
    body = answer["Body"].read()
    return parse_manifest(body, f"s3://{bucket}/{key}")


def parse_manifest(body: bytes | str, uri: str) -> dict[str, Any]:
    """A manifest of the version that this tooling reads.

    Raises:
        PipelineError: it is no manifest, or of another version.
    """
    try:
        manifest: dict[str, Any] = json.loads(body)
        version = manifest["manifest_version"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _no_manifest(uri) from error
    if version != MANIFEST_VERSION:
        raise PipelineError(
            f"{uri} is a run manifest of version {version}; this quartal reads version {MANIFEST_VERSION}.",
            remedy="Use the quartal that belongs to the deployed job, or deploy this one: `quartal apply`.",
        )
    from quartal.runs.manifest_shape import what_is_wrong  # pydantic, which commands without manifests need not load

    wrong = what_is_wrong(manifest)
    if wrong is not None:
        raise _no_manifest(uri, f": {visible(wrong[:120])}")
    return manifest


def read_latest_manifests(s3: S3Client, bucket: str, prefix: str, count: int) -> list[dict[str, Any]]:
    """The newest manifests below a prefix, the newest first; fewer where there are fewer.

    Raises:
        ClientError: the bucket cannot be read.
        PipelineError: one of them is no manifest of this version.
    """
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    found = [entry for page in pages for entry in page.get("Contents", []) if entry["Key"].endswith(".json")]
    newest = sorted(found, key=lambda entry: entry["LastModified"], reverse=True)[:count]
    return [_complete(read_manifest(s3, bucket, entry["Key"]), f"s3://{bucket}/{entry['Key']}") for entry in newest]


def _complete(manifest: dict[str, Any], uri: str) -> dict[str, Any]:
    missing = [name for name in REQUIRED_FIELDS if name not in manifest]
    if missing:
        raise _no_manifest(uri, f": it lacks {', '.join(missing)}")
    return manifest


def _no_manifest(uri: str, why: str = "") -> PipelineError:
    return PipelineError(
        f"{uri} is no run manifest{why}.", remedy="Move it elsewhere: runs/ is for the job's own files."
    )
