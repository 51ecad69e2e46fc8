"""Keeps the lake from growing forever: expires snapshots without a tag, and deletes files that no snapshot uses.

Tagged snapshots are kept, so every published quarter stays readable. Only what is older than a cutoff is removed; the
cutoff also lies before the start of every run in progress, whose files no snapshot uses yet. Files are deleted only
after the expiry is known to have taken effect, and only those that the table, read after it, does not use.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from quartal.core.errors import ConfigurationError, PipelineError
from quartal.core.failed_calls import describe_error
from quartal.core.retries import retry_transient
from quartal.features.iceberg_commits import Change, Sleep, commit, load_with_retries
from quartal.features.lake_files import delete_files, files_below, lake_path
from quartal.features.quarantine import runs_with_bad_rows
from quartal.features.table_records import key_register_folders, run_of_snapshot

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

    from etl_job.lake.files import ObjectStore, StoredFile

CLOCK_MARGIN = timedelta(minutes=5)  # the clocks of S3, Glue and this machine may differ by this much
CATALOG_DELAY = timedelta(minutes=5)  # after a change, Glue may show the table as it was for a while
_GC_ENABLED = "gc.enabled"  # Iceberg's: whether files may be deleted that the table no longer needs
_VERSION_HINT = "/metadata/version-hint.text"  # where readers without a catalog begin
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}
# Staged next to the keys, and unused once a run is published: rows for the quarantine or to parse, and counts.
_PASSING = re.compile(r"/(kind=(broken|quoted)|_counts|_repeated)/")
_UNFINISHED = ("/_temporary/", "/.spark-staging-")  # where Spark writes before it commits a task
_METADATA = re.compile(r"/metadata/(\d+)-[0-9a-f-]{36}[^/]*\.metadata\.json$")
_RUN_FOLDER = re.compile(r"/run_id=([^/]+)/")
_RUNNING = frozenset({"STARTING", "RUNNING", "STOPPING", "WAITING"})


@dataclass(frozen=True, slots=True)
class Lake:
    """The published part of one dataset."""

    root: str
    database: str
    dataset: str
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableUpkeep:
    """What is to be removed, or was removed, from one table."""

    table: str
    expired_snapshots: tuple[int, ...]
    kept_snapshots: int
    orphans: tuple[StoredFile, ...]


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What is to be removed, or was removed. `leftovers` are files outside of tables that killed runs left."""

    cutoff: datetime
    dry_run: bool
    tables: tuple[TableUpkeep, ...]
    leftovers: tuple[StoredFile, ...]

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "cutoff": self.cutoff.isoformat(),
            "cutoff_at": self.cutoff,
            "dry_run": self.dry_run,
            "tables": [
                {
                    "table": each.table,
                    "expired_snapshots": len(each.expired_snapshots),
                    "kept_snapshots": each.kept_snapshots,
                    **_sums(each.orphans, "orphan"),
                }
                for each in self.tables
            ],
            **_sums(self.leftovers, "leftover"),
        }


def _sums(files: Sequence[StoredFile], name: str) -> dict[str, int]:
    return {f"{name}_files": len(files), f"{name}_bytes": sum(file.size_bytes for file in files)}


def parse_age(text: str) -> timedelta:
    """`7d`, `12h` or `30m`.

    Raises:
        ConfigurationError: it has another form.
    """
    match = re.fullmatch(r"(\d{1,5})([dhm])", text.strip())
    if match is None:
        raise ConfigurationError(f"'{text}' is not an age.", remedy="Write it as 7d, 12h or 30m.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def safe_cutoff(glue: GlueClient, job: str, now: datetime, age: timedelta) -> datetime:
    """A moment before which no run in progress has written files."""
    pages = glue.get_paginator("get_job_runs").paginate(JobName=job)
    runs = [run for page in pages for run in page["JobRuns"] if run.get("JobRunState") in _RUNNING]
    started = [run["StartedOn"].astimezone(UTC) for run in runs if "StartedOn" in run]
    return min([now - age, *started]) - CLOCK_MARGIN


def maintain(
    lake: Lake,
    catalog: Catalog,
    files: ObjectStore,
    cutoff: datetime,
    *,
    dry_run: bool,
    catalog_delay: timedelta = CATALOG_DELAY,
    sleep: Sleep = time.sleep,
) -> Upkeep:
    """Expire snapshots and delete orphans older than the cutoff, or only list them.

    Raises:
        PipelineError: the snapshots of a table did not expire, its files may be those of other tables, or its files in
            use are not known, as for `catalog_delay` after a change that Glue does not show yet; its files stay.
        UnknownOutcomeError: it is not known whether they expired; the table's files stay.
    """
    looked_up = [
        _maintain_table(
            catalog, f"{lake.database}.{name}", files, cutoff, dry_run=dry_run, catalog_delay=catalog_delay, sleep=sleep
        )
        for name in lake.tables
    ]
    found = [each for each in looked_up if each is not None]
    # the first one names the bad rows that are published; where it alone is not shown, Glue may show it again soon
    named = frozenset().union(*(runs for _, runs in found)) if looked_up[0] is not None or not found else None
    leftovers = tuple(_leftovers(lake, files, cutoff, named))
    if not dry_run:
        delete_files(files, [file.uri for file in leftovers])
    return Upkeep(cutoff, dry_run, tuple(upkeep for upkeep, _ in found), leftovers)


def _maintain_table(
    catalog: Catalog,
    identifier: str,
    files: ObjectStore,
    cutoff: datetime,
    *,
    dry_run: bool,
    catalog_delay: timedelta,
    sleep: Sleep,
) -> tuple[TableUpkeep, frozenset[str]] | None:
    """Maintain a table. Returns what was done and the runs that it names; None if the table does not exist."""
    from pyiceberg.exceptions import NoSuchTableError

    from quartal.features.snapshot_expiry import expirable, expire

    try:
        table = load_with_retries(catalog, identifier, sleep)
    except NoSuchTableError:
        return None
    _refuse_shared_files(table)
    expired = expirable(table, cutoff)
    if expired and not dry_run:
        expiry = Change(
            "the expiry of snapshots",
            lambda now: expire(now, cutoff),
            lambda now: not expirable(now, cutoff),
            show="`quartal maintenance --dry-run`",
            again="`quartal maintenance`",
        )
        commit(table, expiry, sleep)
    # Files are listed before the table is read, so files that a run adds in between are referenced by then.
    listed = files_below(files, table.location())
    present = [file for file in listed if file.modified < cutoff.timestamp()]
    try:
        table = load_with_retries(catalog, identifier, sleep)
    except NoSuchTableError as error:
        raise PipelineError(
            f"Glue does not show {identifier} any more, so none of its files was deleted.",
            remedy="Run the command again; if the table was dropped, `quartal run` creates it again.",
        ) from error
    if not dry_run:
        _refuse_old_copy(table, listed, datetime.now(UTC) - catalog_delay)
    named = _read_named_files(table, frozenset(expired) if dry_run else frozenset(), sleep)
    orphans = tuple(
        file for file in present if lake_path(file.uri) not in named and not file.uri.endswith(_VERSION_HINT)
    )
    if not dry_run:
        delete_files(files, [file.uri for file in orphans])
    snapshot_ids = {snapshot.snapshot_id for snapshot in table.metadata.snapshots}
    removed = expired if dry_run else tuple(snapshot_id for snapshot_id in expired if snapshot_id not in snapshot_ids)
    return TableUpkeep(identifier, removed, len(snapshot_ids.difference(removed)), orphans), _runs_named_by(table)


def _refuse_shared_files(table: Table) -> None:
    """Stop if the table's files may be those of other tables too.

    Raises:
        PipelineError: the table says so.
    """
    value = table.properties.get(_GC_ENABLED, "true")
    if value.lower() != "true":
        raise PipelineError(
            f"{'.'.join(table.name())} has {_GC_ENABLED} = {value}: other tables may use its files. None was deleted.",
            remedy=f"Where none does, set {_GC_ENABLED} to true.",
        )


def _refuse_old_copy(table: Table, listed: Iterable[StoredFile], since: datetime) -> None:
    """Stop if a later state of the table was written since then: it may be the current one, and only not shown yet.

    Raises:
        PipelineError: it was, by a change that has just been made, or has failed.
    """
    shown = _METADATA.search(table.metadata_location)
    if shown is None:
        return
    for file in listed:
        found = _METADATA.search(file.uri)
        if found is not None and int(found[1]) > int(shown[1]) and file.modified >= since.timestamp():
            raise PipelineError(
                f"{'.'.join(table.name())} was changed a moment ago, and Glue does not show it yet, or the change has "
                f"failed ({file.uri}). None of its files was deleted.",
                remedy="Run the command again in five minutes.",
            )


def _read_named_files(table: Table, without: frozenset[int], sleep: Sleep) -> NamedFiles:
    try:
        return retry_transient(lambda: files_named_by(table, without), outage_s=30, sleep=sleep)
    except OSError as error:  # PyArrow has no other type for what S3 answers
        raise PipelineError(
            f"The files in use by {'.'.join(table.name())} are not known, so none was deleted: "
            f"{describe_error(error)}.",
            remedy="A file of the table may be missing; `quartal tags` lists the states that can be read.",
        ) from error


def _runs_named_by(table: Table) -> frozenset[str]:
    """Runs that published what the table or one of its snapshots holds; their manifests may be missing."""
    committed = {run_of_snapshot(snapshot) or "" for snapshot in table.metadata.snapshots}
    staged = {
        folder.rpartition("-")[0] for folder in _register_folders(table)
    }  # RUN-xxxxxxxx, see etl_job/tables/key_registers.py
    return frozenset(committed | staged | set(runs_with_bad_rows(table).values()))


@dataclass(frozen=True, slots=True)
class NamedFiles:
    """Paths of files in use, and of folders whose files are all in use."""

    files: frozenset[str]
    folders: tuple[str, ...]

    def __contains__(self, path: str) -> bool:
        """Whether the file is in use."""
        return path in self.files or (path.startswith(self.folders) and not _PASSING.search(path))


def files_named_by(table: Table, without: frozenset[int] = frozenset()) -> NamedFiles:
    """Everything that the table's metadata names, directly, through its snapshots, or in its properties."""
    metadata = table.metadata
    uris = {table.metadata_location, *(entry.metadata_file for entry in metadata.metadata_log)}
    statistics = (*metadata.statistics, *metadata.partition_statistics)
    uris |= {each.statistics_path for each in statistics if each.snapshot_id not in without}
    seen: set[str] = set()
    for snapshot in metadata.snapshots:
        if snapshot.snapshot_id in without:
            continue
        uris.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            if manifest.manifest_path in seen:
                continue
            seen.add(manifest.manifest_path)
            uris.add(manifest.manifest_path)
            entries = manifest.fetch_manifest_entry(table.io, discard_deleted=True)
            uris |= {entry.data_file.file_path for entry in entries}
    return NamedFiles(frozenset(lake_path(uri) for uri in uris), _key_registers(table))


def _key_registers(table: Table) -> tuple[str, ...]:
    """Folders with the keys of published deliveries, which the job keeps next to the curated table's data files."""
    return tuple(f"{lake_path(table.location())}/keys/{folder}/" for folder in _register_folders(table))


def _register_folders(table: Table) -> tuple[str, ...]:
    return tuple(sorted(set(key_register_folders(table).values())))


def _leftovers(
    lake: Lake, files: ObjectStore, cutoff: datetime, published: frozenset[str] | None
) -> Iterable[StoredFile]:
    """Leftovers of killed and failed runs in the quarantine: unfinished files, and finished ones never published.

    `published` are the runs whose bad rows stay; None if they are not known, and all finished files stay.
    """
    manifests = {
        file.uri.rpartition("/")[2].removesuffix(".json"): file.uri
        for file in files_below(files, f"{lake.root}/runs/{lake.dataset}")
    }
    is_kept = dict.fromkeys(published or (), True)
    for file in files_below(files, f"{lake.root}/quarantine/{lake.dataset}"):
        if file.modified >= cutoff.timestamp():
            continue
        run = _RUN_FOLDER.search(file.uri)
        if run is not None and run[1] not in is_kept:
            is_kept[run[1]] = published is None or (run[1] in manifests and not _has_failed(files, manifests[run[1]]))
        if any(mark in file.uri for mark in _UNFINISHED) or (run is not None and not is_kept[run[1]]):
            yield file


def _has_failed(files: ObjectStore, manifest: str) -> bool:
    """Whether the manifest of a run has the status FAILED; False if it cannot be read."""
    try:
        found = json.loads(files.read(manifest))
    except (FileNotFoundError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("status") == "FAILED"
