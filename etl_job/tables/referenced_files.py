"""Whether what the published tables name is there: asked at a run's start, before it reads a row.

A run builds on what earlier ones left. Where that is missing it would go wrong unseen: a register of keys without
files reads as one of a run without rows, and rows that it held would count twice. Listings answer, one for each folder
of many files. What a version of the job did not record when it made the table is asked of the table's rows, and of the
manifest of the run that published the delivery.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pydantic import ValidationError

from etl_job.contract.model import Contract
from etl_job.contract.schemas import DELIVERY, KIND, OLD_VALID_ROWS, RUN_ID, VALID_ROWS
from etl_job.errors import LostFilesError
from etl_job.lake.files import ObjectStore
from etl_job.lake.partition_names import partition_folder
from etl_job.lake.paths import LakePaths
from etl_job.manifest.files import LastRun, manifest_uri
from etl_job.manifest.model import RunManifest
from etl_job.tables.dataset import Tables
from etl_job.tables.iceberg import PublishedIceberg
from etl_job.tables.key_registers import FOLDER, Registers

# A rule of the bucket may let bad rows expire, after whole days. What is missing sooner was taken by something else.
_NONE_EXPIRES_WITHIN = timedelta(days=1)


def check_metadata(store: ObjectStore, tables: Tables) -> None:
    """What the tables themselves consist of: the manifests of the current state, the lists of all that are named.

    Raises LostFilesError.
    """
    for table in (tables.curated, tables.features):
        _check_metadata(store, table)


def check_what_runs_left(
    store: ObjectStore,
    lake_root: str,
    contract: Contract,
    tables: Tables,
    last: LastRun,
    replaced: Sequence[str],
    now: datetime,
) -> None:
    """The keys and bad rows of deliveries; ``replaced`` are those that this run makes anew. Raises LostFilesError."""
    if contract.key:
        _check_registers(store, lake_root, contract.dataset, tables, last, replaced)
    _check_quarantine(store, LakePaths(lake_root, contract.dataset).quarantine, tables, replaced, now)


def _check_metadata(store: ObjectStore, table: PublishedIceberg) -> None:
    lists = table.manifest_lists
    if not lists:
        return
    folders = sorted({uri.rpartition("/")[0] for uri in lists})
    there = {file.uri for folder in folders for file in store.list_files(f"{folder}/")}
    lost = [uri for uri in lists if uri not in there]
    if not lost:
        lost = [uri for uri in table.manifests() if uri not in there and uri.rpartition("/")[0] in folders]
    if lost:
        raise LostFilesError(
            f"{table.identifier} names files that are not there: {_some(lost)}. Restore them (the bucket may keep "
            f"versions), or drop the table: the next run makes it anew"
        )


def _check_registers(
    store: ObjectStore, lake_root: str, dataset: str, tables: Tables, last: LastRun, replaced: Sequence[str]
) -> None:
    registers = tables.registers
    if not registers.without(replaced).folders:
        return  # there are no other deliveries whose keys could be shared
    location = f"{tables.curated.location}/{FOLDER}"
    kinds = tuple(f"/{KIND}={kind}/" for kind in (VALID_ROWS, OLD_VALID_ROWS))
    found = Counter(
        f"{location}/{file.uri.removeprefix(location).split('/')[1]}"
        for file in store.list_files(f"{location}/")
        if file.uri.endswith(".parquet") and any(kind in file.uri for kind in kinds)
    )
    lost = [
        delivery for delivery, folder in registers.folders.items() if found[folder] < registers.files.get(folder, 0)
    ]
    unsaid = [
        delivery
        for delivery, folder in registers.folders.items()
        if not found[folder] and folder not in registers.files
    ]
    lost += _with_valid_rows(store, lake_root, dataset, tables.curated, last, unsaid)
    if lost:
        raise LostFilesError(
            f"the keys of delivery {', '.join(sorted(lost))} are not in {_folders(registers, lost)}, which "
            f"{tables.curated.identifier} names: rows that it shares with others would count twice. Restore the files "
            f"(the bucket may keep versions), or process all deliveries anew: --delivery {','.join(registers.folders)}"
        )


def _with_valid_rows(
    store: ObjectStore,
    lake_root: str,
    dataset: str,
    curated: PublishedIceberg,
    last: LastRun,
    deliveries: Sequence[str],
) -> list[str]:
    if not deliveries:
        return []
    held = {file.partition for file in curated.data_files()}
    return [
        delivery for delivery in deliveries if delivery in held or _left_keys(store, lake_root, dataset, last, delivery)
    ]


def _left_keys(store: ObjectStore, lake_root: str, dataset: str, last: LastRun, delivery: str) -> bool:
    """Whether the run that published the delivery counted rows whose keys it kept, as far as its manifest says."""
    state = last.published.get(delivery)
    if state is None:
        return False
    try:
        manifest = RunManifest.model_validate_json(store.read(manifest_uri(lake_root, dataset, state.run_id)))
    except (ValidationError, FileNotFoundError):
        return False
    return any(counts.delivery == delivery and counts.kept + counts.duplicates for counts in manifest.deliveries)


def _folders(registers: Registers, deliveries: Iterable[str]) -> str:
    return _some(sorted({registers.folders[delivery] for delivery in deliveries}))


def _check_quarantine(
    store: ObjectStore, location: str, tables: Tables, replaced: Sequence[str], now: datetime
) -> None:
    young = tables.curated.runs_since(now - _NONE_EXPIRES_WITHIN)
    named = {
        delivery: f"{location}/{partition_folder(DELIVERY, delivery)}/{RUN_ID}={run}"
        for delivery, run in tables.quarantines.runs.items()
        if run in young and delivery not in replaced
    }
    if not named:
        return
    there = {file.uri.rpartition("/")[0] for file in store.list_files(f"{location}/")}
    lost = [delivery for delivery, folder in named.items() if folder not in there]
    if lost:
        raise LostFilesError(
            f"the bad rows of delivery {', '.join(lost)} are not in {_some([named[each] for each in lost])}, where "
            f"{tables.curated.identifier} says that they are. Restore them (the bucket may keep versions), or process "
            f"what they came from again: --delivery {','.join(lost)}"
        )


def _some(uris: Sequence[str]) -> str:
    more = f" and {len(uris) - 3} more" if len(uris) > 3 else ""
    return ", ".join(uris[:3]) + more
