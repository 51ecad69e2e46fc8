"""Deliveries that a run is to process or to take out: those that are not there are refused before it starts.

The job refuses them too, by the same rules, but only after a crawl. What cannot be looked up here is left to the job.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from etl_job.findings.wording import some
from quartal.core.errors import AwsError, ConfigurationError, PipelineError
from quartal.deliver.upload.job_files import delivery_named_by
from quartal.runs.manifests import find_last_success
from quartal.terraform.outputs import Deployment

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_s3 import S3Client

    from etl_job.manifest.model import PublishedDelivery

_T = TypeVar("_T")
_SHOWN = 5
_NOT_READ = (BotoCoreError, ClientError, AwsError, PipelineError, KeyError, ValueError)


def refuse_unknown_deliveries(
    deployment: Deployment,
    s3: S3Client,
    glue: GlueClient,
    *,
    processed: Sequence[str],
    withdrawn: Sequence[str],
    typed: Callable[..., str],
) -> None:
    """Check that there are files of each delivery to process, and that each one to withdraw is published.

    Args:
        deployment: the pipeline.
        s3: lists the raw folder, and reads the newest run manifest.
        glue: reads the crawled table and the curated one.
        processed: names, or lists of names with commas.
        withdrawn: the same.
        typed: a command as it is typed for this environment.

    Raises:
        ConfigurationError: one of them is not there; the run would fail.
    """
    to_process, to_withdraw = _names(processed), _names(withdrawn)
    if both := [name for name in to_process if name in to_withdraw]:
        raise ConfigurationError(
            f"--delivery and --withdraw both name {some(both)}. Nothing was started.",
            remedy="Remove it from one of them.",
        )
    if to_process:
        known = _if_readable(lambda: _with_files(deployment, s3, glue))
        lacking = [name for name in to_process if known is not None and name not in known]
        if lacking:
            raise _without_files(lacking, known or (), _if_readable(lambda: _published(deployment, s3)) or {}, typed)
    if to_withdraw:
        published = _if_readable(lambda: _published_for_certain(deployment, s3, glue, to_withdraw))
        lacking = [name for name in to_withdraw if published is not None and name not in published]
        if lacking:
            there = [name for name, state in (published or {}).items() if not state.withdrawn]
            raise ConfigurationError(
                f"Delivery {some(lacking)} is not published, so it cannot be withdrawn. Nothing was started.",
                remedy=f"Published: {_nearest(lacking[0], there)}." if there else "Nothing is published yet.",
            )


def is_surely_unpublished(deployment: Deployment, s3: S3Client, glue: GlueClient, name: str) -> bool:
    """Whether no published table holds rows of a delivery; False if that cannot be looked up."""
    published = _if_readable(lambda: _published_for_certain(deployment, s3, glue, (name,)))
    return published is not None and (name not in published or published[name].withdrawn)


def _names(lists: Sequence[str]) -> tuple[str, ...]:
    """Each name once; as the job, which gets them as one list, splits them."""
    return tuple(dict.fromkeys(name.strip() for name in ",".join(lists).split(",") if name.strip()))


def _if_readable(read: Callable[[], _T]) -> _T | None:
    """What is read; None if it cannot be, for instance without the permission."""
    try:
        return read()
    except _NOT_READ:
        return None


def _with_files(deployment: Deployment, s3: S3Client, glue: GlueClient) -> Collection[str]:
    """The deliveries with a folder of files: by its name, or by the catalog if it is called otherwise."""
    prefix = deployment.raw_prefix
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=deployment.lake_bucket, Prefix=prefix, Delimiter="/")
    folders = {
        entry["Prefix"].removeprefix(prefix).rstrip("/") for page in pages for entry in page.get("CommonPrefixes", [])
    }
    found = {name for folder in folders if (name := delivery_named_by(folder)) is not None}
    root = f"s3://{deployment.lake_bucket}/{prefix}"
    for name, location in _partitions(deployment, glue):
        if not location.startswith(root) or location.removeprefix(root).partition("/")[0] in folders:
            found.add(name)
    return found


def _partitions(deployment: Deployment, glue: GlueClient) -> list[tuple[str, str]]:
    """The deliveries of the crawled table, with their locations."""
    pages = glue.get_paginator("get_partitions").paginate(
        DatabaseName=deployment.database, TableName=deployment.dataset, ExcludeColumnSchema=True
    )
    try:
        return [
            (partition["Values"][0], partition.get("StorageDescriptor", {}).get("Location", ""))
            for page in pages
            for partition in page["Partitions"]
        ]
    except glue.exceptions.EntityNotFoundException:  # no crawl has made the table yet
        return []


def _published(deployment: Deployment, s3: S3Client) -> Mapping[str, PublishedDelivery]:
    newest = find_last_success(s3, deployment.lake_bucket, deployment.manifests_prefix())
    return newest.published if newest else {}


def _published_for_certain(
    deployment: Deployment, s3: S3Client, glue: GlueClient, wanted: Collection[str]
) -> Mapping[str, PublishedDelivery] | None:
    """The published deliveries; None if the manifest lacks a wanted one that the table may hold nevertheless.

    That is so after a run that ended between its commit and its manifest: the table is at another snapshot.
    """
    newest = find_last_success(s3, deployment.lake_bucket, deployment.manifests_prefix())
    published = newest.published if newest else {}
    recorded = newest.curated_snapshot_id if newest else None
    if set(wanted) <= published.keys() or recorded == _curated_snapshot(deployment, s3, glue):
        return published
    return None


def _curated_snapshot(deployment: Deployment, s3: S3Client, glue: GlueClient) -> int | None:
    """The present snapshot of the curated table; None without one."""
    try:
        table = glue.get_table(DatabaseName=deployment.database, Name=deployment.curated_table())["Table"]
    except glue.exceptions.EntityNotFoundException:
        return None
    bucket, _, key = table["Parameters"]["metadata_location"].removeprefix("s3://").partition("/")
    snapshot = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()).get("current-snapshot-id")
    return int(snapshot) if snapshot not in (None, -1) else None


def _without_files(
    lacking: Sequence[str],
    known: Collection[str],
    published: Mapping[str, PublishedDelivery],
    typed: Callable[..., str],
) -> ConfigurationError:
    archived = [name for name in lacking if name in published and not published[name].withdrawn]
    if archived:
        return ConfigurationError(
            f"Delivery {some(archived)} has no files any more, so it cannot be processed. Nothing was started.",
            remedy=f"Upload them again, or take it out of the tables: {typed('run', '--withdraw', archived[0])}.",
        )
    upload = typed("upload", "FOLDER", "--delivery", lacking[0])
    return ConfigurationError(
        f"There is no delivery {some(lacking)}: the raw folder has no files of it. Nothing was started.",
        remedy=f"There are: {_nearest(lacking[0], known)}. {upload} delivers another."
        if known
        else f"Nothing has been delivered yet: {upload}.",
    )


def _nearest(name: str, known: Collection[str]) -> str:
    """The names that resemble this one, or else the first ones."""
    return some(get_close_matches(name, known, n=_SHOWN, cutoff=0.7) or sorted(known), _SHOWN)
