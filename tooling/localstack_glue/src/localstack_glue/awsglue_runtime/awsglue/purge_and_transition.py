"""Deletes old objects in S3, or moves them to another storage class, by path or by table.

Follows `purge_s3_path`, `purge_table`, `transition_s3_path` and `transition_table` on the page "GlueContext class" of
the AWS Glue Developer Guide.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ClientError
from pyspark.sql import SparkSession

from awsglue.catalog import Catalog, Partition, Table
from awsglue.errors import GlueDataError, check_options
from awsglue.partition_predicate import matching_partitions

WEEK_H = 168
_BATCH = 1000
_OPTIONS = ("retentionPeriod", "excludeStorageClasses", "manifestFilePath")
_TABLE_OPTIONS = (*_OPTIONS, "partitionPredicate")
_TRANSITION_OPTIONS = ("accountId", "roleArn")
STORAGE_CLASSES = (
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "GLACIER_IR",
    "DEEP_ARCHIVE",
    "STANDARD",
    "REDUCED_REDUNDANCY",
)
TablePlace = tuple[str, str, str | None]  # database, table, catalog


@dataclass(frozen=True)
class StoredObject:
    """An object in S3."""

    bucket: str
    key: str


@dataclass
class Outcome:
    """The objects that were processed, and the failures."""

    done: list[StoredObject] = field(default_factory=list)
    failed: list[StoredObject] = field(default_factory=list)


Act = Callable[[Any, Sequence[StoredObject]], Outcome]


def purge_path(path: str, options: Mapping[str, Any], context: str) -> None:
    """Delete the old objects below a path."""
    check_options("the purge options", options, _OPTIONS)
    _over_path(path, options, context, _delete)


def transition_path(path: str, storage_class: str, options: Mapping[str, Any], context: str) -> None:
    """Move the old objects below a path to a storage class."""
    check_options("the transition options", options, (*_OPTIONS, *_TRANSITION_OPTIONS))
    _over_path(path, options, context, _transition(storage_class, options))


def purge_table(
    session: SparkSession, catalog: Catalog, place: TablePlace, options: Mapping[str, Any], context: str
) -> None:
    """Delete a table's old objects, and partitions without any objects left."""
    check_options("the purge options", options, _TABLE_OPTIONS)
    table = catalog.table(*place)
    partitions = _partitions(session, catalog, table, place[2], options)
    s3 = boto3.client("s3")
    outcome = Outcome()
    for folder in [partition.location for partition in partitions] if table.partition_keys else [table.location]:
        _add(outcome, _delete(s3, list(_old(s3, folder, options))))
    emptied = [partition for partition in partitions if not any(_listed(s3, partition.location))]
    catalog.delete_partitions(table, emptied)
    _report(s3, outcome, options, context)


def transition_table(
    session: SparkSession,
    catalog: Catalog,
    place: TablePlace,
    storage_class: str,
    options: Mapping[str, Any],
    context: str,
) -> None:
    """Move a table's old objects to a storage class."""
    check_options("the transition options", options, (*_TABLE_OPTIONS, *_TRANSITION_OPTIONS))
    act = _transition(storage_class, options)
    table = catalog.table(*place)
    partitions = _partitions(session, catalog, table, place[2], options)
    s3 = boto3.client("s3")
    outcome = Outcome()
    for folder in [partition.location for partition in partitions] if table.partition_keys else [table.location]:
        _add(outcome, act(s3, list(_old(s3, folder, options))))
    _report(s3, outcome, options, context)


def _over_path(path: str, options: Mapping[str, Any], context: str, act: Act) -> None:
    s3 = boto3.client("s3")
    _report(s3, act(s3, list(_old(s3, path, options))), options, context)


def _partitions(
    session: SparkSession, catalog: Catalog, table: Table, catalog_id: str | None, options: Mapping[str, Any]
) -> list[Partition]:
    predicate = str(options.get("partitionPredicate") or "")
    if not table.partition_keys:
        if predicate:
            raise GlueDataError(f"partitionPredicate: the table {table.name} has no partition keys")
        return []
    return matching_partitions(session, table, list(catalog.partitions(table, None, catalog_id)), predicate)


def _old(s3: Any, path: str, options: Mapping[str, Any]) -> Iterator[StoredObject]:
    """The objects below a path that are older than the retention period, without excluded storage classes."""
    before = datetime.now(UTC) - timedelta(hours=float(options.get("retentionPeriod", WEEK_H)))
    excluded = {str(name).upper() for name in options.get("excludeStorageClasses") or ()}
    for found in _listed(s3, path):
        is_excluded = str(found.get("StorageClass") or "STANDARD").upper() in excluded
        if found["LastModified"] <= before and not is_excluded:
            yield StoredObject(urlsplit(path).netloc, found["Key"])


def _listed(s3: Any, path: str) -> Iterator[Mapping[str, Any]]:
    parts = urlsplit(path)
    if parts.scheme not in {"s3", "s3a", "s3n"} or not parts.netloc:
        raise ValueError(f"not a path in S3: {path}")
    prefix = parts.path.lstrip("/")
    if prefix and not prefix.endswith("/"):
        prefix += "/"  # s3://bucket/day=10 is not below s3://bucket/day=1
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=parts.netloc, Prefix=prefix):
        yield from page.get("Contents", [])


def _delete(s3: Any, objects: Sequence[StoredObject]) -> Outcome:
    outcome = Outcome()
    for start in range(0, len(objects), _BATCH):
        batch = objects[start : start + _BATCH]
        wanted = [{"Key": item.key} for item in batch]
        answer = s3.delete_objects(Bucket=batch[0].bucket, Delete={"Objects": wanted, "Quiet": True})
        failed = {error["Key"] for error in answer.get("Errors", [])}
        outcome.failed += [item for item in batch if item.key in failed]
        outcome.done += [item for item in batch if item.key not in failed]
    return outcome


def _transition(storage_class: str, options: Mapping[str, Any]) -> Act:
    if storage_class not in STORAGE_CLASSES:
        raise ValueError(f"{storage_class} is not a storage class; use one of {', '.join(STORAGE_CLASSES)}")
    for name in _TRANSITION_OPTIONS:
        if not options.get(name):
            raise ValueError(f"{name} is mandatory for a transition")

    def transition(s3: Any, objects: Sequence[StoredObject]) -> Outcome:
        outcome = Outcome()
        for item in objects:
            try:
                s3.copy_object(
                    Bucket=item.bucket,
                    Key=item.key,
                    CopySource={"Bucket": item.bucket, "Key": item.key},
                    StorageClass=storage_class,
                    MetadataDirective="COPY",
                )
                outcome.done.append(item)
            except ClientError:
                outcome.failed.append(item)
        return outcome

    return transition


def _add(outcome: Outcome, more: Outcome) -> None:
    outcome.done += more.done
    outcome.failed += more.failed


def _report(s3: Any, outcome: Outcome, options: Mapping[str, Any], context: str) -> None:
    """Write the manifest, if one is requested, and raise an error for failures."""
    if manifest := options.get("manifestFilePath"):
        parts = urlsplit(str(manifest))
        folder = "/".join(filter(None, [parts.path.strip("/"), context]))
        for name, objects in (("Success.csv", outcome.done), ("Failed.csv", outcome.failed)):
            s3.put_object(Bucket=parts.netloc, Key=f"{folder}/{name}".lstrip("/"), Body=_rows(objects))
    if outcome.failed:
        first = outcome.failed[0]
        raise GlueDataError(
            f"{len(outcome.failed)} objects could not be changed; the first is s3://{first.bucket}/{first.key}"
        )


def _rows(objects: Iterable[StoredObject]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows((item.bucket, item.key) for item in objects)
    return text.getvalue().encode()
