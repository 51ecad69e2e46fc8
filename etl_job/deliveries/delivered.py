"""The delivered raw files, combined with the catalog's partitions.

A crawler leaves out files that appear to have another schema, and its crawl succeeds: a reader that relies on the
catalog alone never sees those files. So the job lists the files, and reads those that the catalog lacks as well, by the
contract. It logs the names of these files, and of every file that it leaves out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from etl_job.deliveries.file_names import NO_BYTES, PARTITION_KEY, delivery_named_by, why_left_out
from etl_job.deliveries.raw_table import CrawledTable, Delivery
from etl_job.errors import CatalogError
from etl_job.lake.files import ObjectStore, StoredFile, folder_uri
from etl_job.lake.paths import LakePaths
from etl_job.manifest.model import LeftOutFile

NO_DELIVERY = f"it is not in a folder {PARTITION_KEY}=<name>"


@dataclass(frozen=True, slots=True)
class Delivered:
    """All deliveries in order of name, the names of those that the catalog lacks, and the files that are left out.

    A delivery is ``not_catalogued`` if the catalog lacks any file of it that has bytes.
    """

    deliveries: tuple[Delivery, ...] = ()
    not_catalogued: tuple[str, ...] = ()
    left_out: tuple[LeftOutFile, ...] = ()

    def of_run(self, processed: Iterable[Delivery]) -> "Delivered":
        """The same, without the empty files of deliveries that the run does not process: those were logged before."""
        of_run = {file.uri for delivery in processed for file in delivery.files}
        left_out = tuple(each for each in self.left_out if each.reason != NO_BYTES or each.uri in of_run)
        return replace(self, left_out=left_out)


def raw_folder(lake_root: str, dataset: str) -> str:
    """The beginning of the URIs of all files that were delivered for a dataset."""
    return folder_uri(LakePaths(lake_root, dataset).raw)


def find_deliveries(store: ObjectStore, lake_root: str, dataset: str, table: CrawledTable | None) -> Delivered:
    """List the raw files and find the delivery of each: by the catalog, or else by its folder.

    Folders below a delivery's folder are part of it.

    Raises:
        CatalogError: nothing was delivered; or files lie in folders of other names, and the table is not partitioned by
            deliveries; or a delivery lies in two places.
    """
    root = raw_folder(lake_root, dataset)
    partitions = table.partitions if table else {}
    by_folder = {
        place[len(root) :].partition("/")[0]: partitions[place] for place in partitions if place.startswith(root)
    }
    sorted_out, unknown = _Sorting({name: [] for name in partitions.values()}), set[str]()
    for file in store.list_files(root):
        path = file.uri[len(root) :]
        top, below = path.split("/", 1) if "/" in path else ("", path)
        name = by_folder.get(top) or delivery_named_by(top)
        if sorted_out.add(name, below if name else path, file) and not _has_partition(root, path, partitions):
            unknown.add(str(name))
    for location, name in sorted(partitions.items()):
        for file in () if location.startswith(root) else store.list_files(location):
            if any(each.uri.startswith(root) for each in sorted_out.files[name][:1]):
                raise CatalogError(
                    f"delivery {name} is in two places: {root}, and {location} according to the Glue table "
                    f"{table.name if table else ''}. Keep it in one of them, and correct the table's partition"
                )
            sorted_out.add(name, file.uri.removeprefix(location), file)
    files, left_out = sorted_out.files, tuple(sorted_out.left_out)
    _refuse_other_partitions(root, table, left_out)
    if not files:
        raise CatalogError(
            f"there are no files in {root}{PARTITION_KEY}=<name>/, and the Glue catalog has "
            f"{f'no deliveries in {table.name}' if table else f'no table {dataset}'}: upload a delivery first"
            f"{_describe_first(left_out)}"
        )
    deliveries = tuple(Delivery(name, tuple(sorted(files[name]))) for name in sorted(files))
    return Delivered(deliveries, tuple(sorted(unknown)), left_out)


@dataclass(frozen=True, slots=True)
class _Sorting:
    files: dict[str, list[StoredFile]]
    left_out: list[LeftOutFile] = field(default_factory=list)

    def add(self, name: str | None, path: str, file: StoredFile) -> bool:
        """Add a file to its delivery, if it belongs to one. Returns whether it has rows for a run."""
        reason = why_left_out(path, file.size_bytes)
        is_delivered = reason is None or reason == NO_BYTES
        if is_delivered and name is None:
            reason = NO_DELIVERY
        elif is_delivered:
            self.files.setdefault(str(name), []).append(file)
        # Folder markers and hidden files without bytes are not reported.
        if reason is not None and (is_delivered or file.size_bytes):
            self.left_out.append(LeftOutFile(uri=file.uri, reason=reason))
        return reason is None


def _has_partition(root: str, path: str, partitions: Mapping[str, str]) -> bool:
    """Whether the catalog has a folder that a file is in."""
    return any(root + path[: place + 1] in partitions for place, letter in enumerate(path) if letter == "/")


def _refuse_other_partitions(root: str, table: CrawledTable | None, left_out: tuple[LeftOutFile, ...]) -> None:
    strays = tuple(each for each in left_out if each.reason == NO_DELIVERY)
    if table is not None and not table.knows_deliveries and strays:
        keys = ", ".join(table.keys) or "nothing"
        raise CatalogError(
            f"the Glue table {table.name} is partitioned by {keys}, not by {PARTITION_KEY!r}{_describe_first(strays)}: "
            f"move them to {root}{PARTITION_KEY}=<name>/, delete that table, and run again"
        )


def _describe_first(left_out: tuple[LeftOutFile, ...]) -> str:
    if not left_out:
        return ""
    more = f" and {len(left_out) - 1} more" if len(left_out) > 1 else ""
    return f" ({left_out[0].uri}{more}: {left_out[0].reason})"
