"""Whether the files that the published tables refer to exist: checked at a run's start, before it reads a row.

A run builds on the files of earlier ones. If some are missing, its result would be wrong without an error: a register
of keys without files looks like that of a run without rows, and the rows that it held would count twice. Listings show
the files, one listing for each folder of many files. If the version of the job that made the table did not record the
files, the table's rows are used, and the manifest of the run that published the delivery.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from pydantic import ValidationError

from etl_job.contract.model import Contract
from etl_job.contract.schemas import KIND, OLD_VALID_ROWS, VALID_ROWS
from etl_job.errors import LostFilesError
from etl_job.findings.wording import some
from etl_job.lake.files import ObjectStore
from etl_job.lake.paths import LakePaths, parquet_files
from etl_job.manifest.files import LastRun, read_manifest
from etl_job.manifest.model import DeliveryCounts
from etl_job.tables.dataset import Tables
from etl_job.tables.key_registers import FOLDER
from etl_job.tables.property_names import RUN
from etl_job.tables.quarantine_runs import quarantine_folder
from etl_job.tables.snapshot_change import noted

# A lifecycle rule may expire bad rows after whole days. What is missing sooner was deleted otherwise.
_NONE_EXPIRES_WITHIN = timedelta(days=1)
_CountsOf = Callable[[str], DeliveryCounts | None]  # of a published delivery


def check_metadata(store: ObjectStore, tables: Tables) -> None:
    """Check the files of the tables themselves: the manifests of the current state, and all named manifest lists.

    Raises:
        LostFilesError: some do not exist.
    """
    for table in (tables.curated, tables.features):
        named = (table.metadata.snapshot_by_id(ref.snapshot_id) for ref in table.metadata.refs.values())
        lists = sorted({snapshot.manifest_list for snapshot in named if snapshot})
        folders = sorted({uri.rpartition("/")[0] for uri in lists})
        there = {file.uri for folder in folders for file in store.list_files(f"{folder}/")}
        lost = [uri for uri in lists if uri not in there]
        if not lost:
            lost = [uri for uri in table.manifests() if uri not in there and uri.rpartition("/")[0] in folders]
        if lost:
            raise LostFilesError(
                f"{table.identifier} refers to missing files: {some(lost)}. Restore them (the bucket may keep "
                "versions), or drop the table: the next run creates it again"
            )


@dataclass(frozen=True, slots=True)
class LeftByRuns:
    """The basis of a run: the tables, the last run's manifest, and the deliveries that it processes again.

    ``doubted`` are published deliveries without raw files, if somebody else changed the curated table: it may not hold
    them any more.
    """

    lake_root: str
    tables: Tables
    last: LastRun
    replaced: Sequence[str]
    doubted: Sequence[str] = ()


def check_what_runs_left(store: ObjectStore, contract: Contract, left: LeftByRuns, now: datetime) -> None:
    """Check that the rows, keys and bad rows of unchanged deliveries exist.

    Raises:
        LostFilesError: some of them are missing.
    """
    counts_of = partial(_published_counts, store, contract.dataset, left)
    _check_rows(left, counts_of)
    if contract.key:
        _check_registers(store, left, counts_of)
    _check_quarantine(store, LakePaths(left.lake_root, contract.dataset).quarantine, left, now)


def _published_counts(store: ObjectStore, dataset: str, left: LeftByRuns, delivery: str) -> DeliveryCounts | None:
    """The counts of the run that published the delivery; None if its manifest does not have them."""
    try:
        manifest = read_manifest(store, left.lake_root, dataset, left.last.published[delivery].run_id)
    except (ValidationError, FileNotFoundError, KeyError):
        return None
    return next((counts for counts in manifest.deliveries if counts.delivery == delivery), None)


def _check_rows(left: LeftByRuns, counts_of: _CountsOf) -> None:
    curated = left.tables.curated
    held = {file.partition for file in curated.data_files()} if left.doubted else set()
    lost = [name for name in left.doubted if name not in held and ((counts := counts_of(name)) is None or counts.kept)]
    if lost:
        raise LostFilesError(
            f"delivery {', '.join(lost)} was published, and is not in {curated.identifier} any more, which was rolled "
            "back, dropped or changed by others; its raw files are missing. Restore them and run again, or withdraw it "
            f"(--withdraw {','.join(lost)})"
        )


def _check_registers(store: ObjectStore, left: LeftByRuns, counts_of: _CountsOf) -> None:
    tables, registers = left.tables, left.tables.registers
    if not registers.without(left.replaced).folders:
        return  # there are no other deliveries whose keys could be shared
    location = f"{tables.curated.location}/{FOLDER}"
    kinds = tuple(f"/{KIND}={kind}/" for kind in (VALID_ROWS, OLD_VALID_ROWS))
    found = Counter(
        f"{location}/{uri.removeprefix(location).split('/')[1]}"
        for uri in parquet_files(store, location)
        if any(kind in uri for kind in kinds)
    )
    folders, said = registers.folders, registers.files
    lost = [delivery for delivery in folders if found[folders[delivery]] < said.get(folders[delivery], 0)]
    unsaid = [name for name, folder in folders.items() if not found[folder] and folder not in said]
    held = {file.partition for file in tables.curated.data_files()} if unsaid else ()
    lost += [
        name for name in unsaid if name in held or ((counts := counts_of(name)) and counts.kept + counts.duplicates)
    ]
    if lost:
        raise LostFilesError(
            f"the keys of delivery {', '.join(sorted(lost))} are missing from "
            f"{some(sorted({folders[delivery] for delivery in lost}))}, to which {tables.curated.identifier} refers, "
            "so rows that it shares with other deliveries would count twice. Restore the files (the bucket may keep "
            f"versions), or process all deliveries again: --delivery {','.join(folders)}"
        )


def _check_quarantine(store: ObjectStore, location: str, left: LeftByRuns, now: datetime) -> None:
    tables = left.tables
    since = (now - _NONE_EXPIRES_WITHIN).timestamp() * 1000
    young = {noted(each, RUN) for each in tables.curated.metadata.snapshots if each.timestamp_ms >= since}
    named = {
        delivery: quarantine_folder(location, delivery, run)
        for delivery, run in tables.quarantines.runs.items()
        if run in young and delivery not in left.replaced
    }
    if not named:
        return
    there = {file.uri.rpartition("/")[0] for file in store.list_files(f"{location}/")}
    lost = [delivery for delivery, folder in named.items() if folder not in there]
    if lost:
        raise LostFilesError(
            f"the bad rows of delivery {', '.join(lost)} are missing from {some([named[each] for each in lost])}, to "
            f"which {tables.curated.identifier} refers. Restore them (the bucket may keep versions), or process the "
            f"deliveries again: --delivery {','.join(lost)}"
        )
