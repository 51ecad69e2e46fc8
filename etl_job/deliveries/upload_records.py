"""The uploaded files, from the records that ``quartal upload`` writes: a delivery must have all of them.

A record is ``deliveries/<dataset>/<delivery>.json`` and names the keys of all files that were stored. A published
delivery that has no files any more was archived; a withdrawn one may lose its files too.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from etl_job.contract.model import Contract
from etl_job.deliveries.delivered import raw_folder
from etl_job.deliveries.file_names import is_hidden
from etl_job.deliveries.selection import Selection, new_or_changed
from etl_job.errors import InputError
from etl_job.findings.wording import some
from etl_job.lake.files import ObjectStore, folder_uri
from etl_job.lake.paths import LakePaths
from etl_job.manifest.model import PublishedDelivery

_READERS = 16  # requests at a time


def with_incomplete(
    store: ObjectStore,
    lake_root: str,
    contract: Contract,
    selection: Selection,
    *,
    published: Mapping[str, PublishedDelivery],
    selects_itself: bool,
) -> Selection:
    """The same selection, with the deliveries that lack uploaded files.

    Args:
        store: where the records and the files are.
        lake_root: URI of the lake.
        contract: the contract of the dataset.
        selection: the deliveries that are there, and those that the run processes.
        published: the published deliveries by name.
        selects_itself: nobody named deliveries for the run, so it checks every uploaded one; other runs check those
            that they process.

    Raises:
        InputError: an incomplete delivery is to be processed, or a record cannot be read.
    """
    root, records = raw_folder(lake_root, contract.dataset), _records(store, lake_root, contract.dataset)
    changed = new_or_changed(tuple(selection.known.values()), published, contract.hash)
    selected = {delivery.name: delivery for delivery in (*changed, *selection.deliveries)}
    # One that has a record, and no files at all, lacks them too, unless it is published or withdrawn.
    without_files = records.keys() - {*selected, *published, *selection.known} if selects_itself else set()
    names = sorted(records.keys() & {*selected, *without_files})
    with ThreadPoolExecutor(_READERS) as readers:
        contents = readers.map(lambda name: _read(store, records[name]), names)
    found = {}
    for name, record in zip(names, contents, strict=True):
        there = {file.uri for file in selected[name].files} if name in selected else set()
        going = [uri for uri in (f"{folder_uri(lake_root)}{key}" for key in record.removing) if uri in there]
        missing = _missing(store, [f"{folder_uri(lake_root)}{key}" for key in record.files], there, root)
        if going:
            found[name] = (
                f"delivery {name} is being replaced: {some([uri.removeprefix(root) for uri in going])} will be removed "
                f"according to {records[name]}, and would be read together with its replacement. Wait until that "
                "upload ends, or repeat it if it was interrupted, and run again. To keep the file, upload it again; "
                "nothing was written"
            )
        elif missing:
            lost = [uri.removeprefix(root) for uri in missing]
            purpose = (
                f"`quartal upload --delivery {name} --remove {_below(lost[0])}`" if there else "delete that record"
            )
            found[name] = (
                f"delivery {name} lacks {some(lost)}, which was uploaded according to {records[name]}: "
                f"upload it again. If it was removed on purpose, {purpose}, and run again; nothing was written"
            )
    processed = found if selects_itself else {delivery.name for delivery in selection.deliveries}
    for name, problem in found.items():
        if name in processed:
            raise InputError(problem)
    return replace(selection, incomplete=found)


def _records(store: ObjectStore, lake_root: str, dataset: str) -> dict[str, str]:
    folder = folder_uri(LakePaths(lake_root, dataset).uploads)
    names = ((file.uri.removeprefix(folder), file.uri) for file in store.list_files(folder))
    return {name.removesuffix(".json"): uri for name, uri in names if name.endswith(".json") and "/" not in name}


@dataclass(frozen=True, slots=True)
class _Record:
    """Keys of the files that were stored, and of those that an upload is to take out when it has sent its own."""

    files: tuple[str, ...] = ()
    removing: tuple[str, ...] = ()


def _read(store: ObjectStore, record: str) -> _Record:
    try:
        found = json.loads(store.read(record))
        return _Record(tuple(map(str, found["files"])), tuple(map(str, found.get("removing", ()))))
    except FileNotFoundError:  # deleted since it was listed
        return _Record()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{record} is not a valid record of a delivery ({type(error).__name__}: {error}): delete it, and the next "
            "upload writes a new one; nothing was written"
        ) from error


def _missing(store: ObjectStore, recorded: Iterable[str], there: Collection[str], root: str) -> tuple[str, ...]:
    """Recorded files that are missing. Files that came after the run began belong to the next run."""
    lost = [uri for uri in recorded if uri not in there and not is_hidden(_below(uri.removeprefix(root)))]
    folders = sorted({uri.rpartition("/")[0] + "/" for uri in lost})
    came = {file.uri for folder in folders for file in store.list_files(folder)}
    return tuple(uri for uri in lost if uri not in came)


def _below(path: str) -> str:
    """A path without the delivery's own folder."""
    return path.partition("/")[2]
