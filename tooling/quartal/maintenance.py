"""Keeps the lake from growing for ever: snapshots that nothing names expire, files that no snapshot names go.

What a tag or a branch names stays, so every published quarter can be read as it was. Only what is older than a cutoff
is touched; the cutoff also lies before the start of every run in progress, whose files no snapshot names yet.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from quartal.errors import ConfigurationError, PipelineError
from quartal.lake_files import LakeFile, LakeFiles, lake_path

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

CLOCK_MARGIN = timedelta(minutes=5)  # clocks of S3, Glue and this machine may differ so far
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}
KEY_REGISTERS = "quartal.key-registers"  # property of the curated table: {delivery: folder}, see etl_job/staging.py
# Staged beside the keys, and of no use once a run is published: rows for the quarantine and to parse, what was counted.
_PASSING = re.compile(r"/(kind=(broken|quoted)|_counts|_repeated)/")
_UNFINISHED = ("/_temporary/", "/.spark-staging-")  # where Spark writes before it commits a task
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
    """What there is to do, or was done, for one table."""

    table: str
    expired_snapshots: tuple[int, ...]
    kept_snapshots: int
    orphans: tuple[LakeFile, ...]


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What there is to do, or was done. `leftovers` are files outside of tables that a run left when it was killed."""

    cutoff: datetime
    dry_run: bool
    tables: tuple[TableUpkeep, ...]
    leftovers: tuple[LakeFile, ...]

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "cutoff": self.cutoff.isoformat(),
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


def _sums(files: Sequence[LakeFile], name: str) -> dict[str, int]:
    return {f"{name}_files": len(files), f"{name}_bytes": sum(file.size_bytes for file in files)}


def parse_age(text: str) -> timedelta:
    """`7d`, `12h` or `30m`.

    Raises:
        ConfigurationError: it is none of these.
    """
    match = re.fullmatch(r"(\d{1,5})([dhm])", text.strip())
    if match is None:
        raise ConfigurationError(f"'{text}' is no age.", remedy="Write it like 7d, 12h or 30m.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def safe_cutoff(glue: GlueClient, job: str, now: datetime, age: timedelta) -> datetime:
    """What is older than this can be no file of a run in progress."""
    pages = glue.get_paginator("get_job_runs").paginate(JobName=job)
    runs = [run for page in pages for run in page["JobRuns"] if run.get("JobRunState") in _RUNNING]
    started = [run["StartedOn"].astimezone(UTC) for run in runs if "StartedOn" in run]
    return min([now - age, *started]) - CLOCK_MARGIN


def maintain(lake: Lake, catalog: Catalog, files: LakeFiles, cutoff: datetime, *, dry_run: bool) -> Upkeep:
    """Expire snapshots and delete orphans older than the cutoff, or only say which.

    Raises:
        PipelineError: a run committed meanwhile; what was not done yet can be done by another try.
    """
    tables = tuple(
        upkeep
        for name in lake.tables
        if (upkeep := _maintain_table(catalog, f"{lake.database}.{name}", files, cutoff, dry_run=dry_run)) is not None
    )
    leftovers = tuple(_leftovers(lake, files, cutoff))
    if not dry_run:
        files.delete(leftovers)
    return Upkeep(cutoff, dry_run, tables, leftovers)


def _maintain_table(
    catalog: Catalog, identifier: str, files: LakeFiles, cutoff: datetime, *, dry_run: bool
) -> TableUpkeep | None:
    from pyiceberg.exceptions import CommitFailedException, NoSuchTableError

    try:
        table = catalog.load_table(identifier)
    except NoSuchTableError:
        return None
    expired = expirable(table, cutoff)
    if expired and not dry_run:
        try:
            table.maintenance.expire_snapshots().by_ids(list(expired)).commit()
        except CommitFailedException as error:
            raise PipelineError(
                f"{identifier} was changed meanwhile, so its snapshots were left as they are.",
                remedy="Run `quartal maintenance` again once the run has ended.",
            ) from error
    # Listed first, asked for second: what a run adds to the table in between is named by the time it is asked.
    present = [file for file in files.below(table.location()) if file.modified < cutoff]
    table = catalog.load_table(identifier)
    named = files_named_by(table, without=frozenset(expired))
    orphans = tuple(file for file in present if file.path not in named)
    if not dry_run:
        files.delete(orphans)
    kept = sum(snapshot.snapshot_id not in expired for snapshot in table.metadata.snapshots)
    return TableUpkeep(identifier, expired, kept, orphans)


def expirable(table: Table, cutoff: datetime) -> tuple[int, ...]:
    """Snapshots older than the cutoff that no branch and no tag names."""
    named = {reference.snapshot_id for reference in table.refs().values()}
    limit_ms = cutoff.timestamp() * 1000
    return tuple(
        snapshot.snapshot_id
        for snapshot in table.metadata.snapshots
        if snapshot.timestamp_ms < limit_ms and snapshot.snapshot_id not in named
    )


@dataclass(frozen=True, slots=True)
class NamedFiles:
    """Paths of single files, and of folders whose files are all meant."""

    files: frozenset[str]
    folders: tuple[str, ...]

    def __contains__(self, path: str) -> bool:
        """Whether something names the file."""
        return path in self.files or (path.startswith(self.folders) and not _PASSING.search(path))


def files_named_by(table: Table, without: frozenset[int] = frozenset()) -> NamedFiles:
    """Everything that the table's metadata names, directly, through its snapshots, or in its properties."""
    metadata = table.metadata
    uris = {table.metadata_location, *(entry.metadata_file for entry in metadata.metadata_log)}
    uris |= {statistics.statistics_path for statistics in metadata.statistics}
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
    """Folders with the keys of published deliveries, which the job keeps beside the curated table's data files."""
    named = json.loads(table.properties.get(KEY_REGISTERS, "{}"))
    return tuple(f"{lake_path(table.location())}/keys/{folder}/" for folder in sorted(set(named.values())))


def _leftovers(lake: Lake, files: LakeFiles, cutoff: datetime) -> Iterable[LakeFile]:
    """What killed runs left in the quarantine: unfinished files, and finished ones of runs without a manifest."""
    recorded = {
        file.path.rpartition("/")[2].removesuffix(".json") for file in files.below(f"{lake.root}/runs/{lake.dataset}")
    }
    for file in files.below(f"{lake.root}/quarantine/{lake.dataset}"):
        if file.modified >= cutoff:
            continue
        run = _RUN_FOLDER.search(file.path)
        if any(mark in file.path for mark in _UNFINISHED) or (run is not None and run[1] not in recorded):
            yield file
