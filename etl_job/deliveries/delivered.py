"""What was delivered: the raw files themselves, put together with what the catalog knows of them.

A crawler leaves out what it takes for another schema, and its crawl succeeds: whoever reads by the catalog alone never
sees those files. So the files are listed, and what the catalog does not know is read all the same, by the contract. It
is logged by name, and so is every file that is left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from etl_job.deliveries.file_names import NAMED_AS_FOLDER, NO_BYTES, is_folder_marker, is_hidden, why_hidden
from etl_job.deliveries.raw_table import PARTITION_KEY, CrawledTable, Delivery
from etl_job.errors import CatalogError
from etl_job.lake.files import ObjectStore, StoredFile, folder_uri
from etl_job.lake.paths import LakePaths

_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"  # what a crawler calls the delivery of a folder `delivery=`

NO_DELIVERY = f"it lies in no folder {PARTITION_KEY}=<name>"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that holds no rows for a run, and why."""

    uri: str
    reason: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """All deliveries in order of their names, the names of those that the catalog lacks, and files that are left out.

    A delivery is ``not_catalogued`` if the catalog lacks any file of it that has bytes.
    """

    deliveries: tuple[Delivery, ...] = ()
    not_catalogued: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    def of_run(self, processed: Iterable[Delivery]) -> "Delivered":
        """The same, without files of no bytes in deliveries that the run does not process: those were logged before."""
        of_run = {file.uri for delivery in processed for file in delivery.files}
        left_out = tuple(each for each in self.left_out if each.reason != NO_BYTES or each.uri in of_run)
        return replace(self, left_out=left_out)


def raw_folder(lake_root: str, dataset: str) -> str:
    """Where the deliveries of a dataset lie, as the URIs of their files begin."""
    return folder_uri(LakePaths(lake_root, dataset).raw)


def find_deliveries(store: ObjectStore, lake_root: str, dataset: str, table: CrawledTable | None) -> Delivered:
    """List the raw files and find which delivery each is part of: by the catalog, or else by its folder.

    Folders below a delivery's are part of it.

    Raises:
        CatalogError: nothing was delivered; or files lie in folders of other names, and the table is not partitioned by
            deliveries; or a delivery lies in two places.
    """
    root = raw_folder(lake_root, dataset)
    sorted_out = _Sorting(root, table)
    for file in store.list_files(root):
        sorted_out.add(file)
    for location, name in sorted_out.elsewhere():
        for file in store.list_files(location):
            sorted_out.add_from(location, name, file)
    delivered = sorted_out.delivered()
    if not delivered.deliveries:
        raise CatalogError(
            f"there are no files in {root}{PARTITION_KEY}=<name>/, and the Glue catalog has "
            f"{f'no deliveries in {table.name}' if table else f'no table {dataset}'}: upload a delivery first"
            f"{_of(delivered.left_out)}"
        )
    return delivered


@dataclass
class _Sorting:
    """Files are sorted folder by folder: thousands lie in the same one."""

    root: str
    table: CrawledTable | None
    _files: dict[str, list[StoredFile]] = field(default_factory=dict)
    _left_out: list[LeftOut] = field(default_factory=list)
    _unknown: set[str] = field(default_factory=set)
    _folders: dict[str, tuple[str | None, bool, bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        partitions = self.table.partitions if self.table else {}
        self._known = frozenset(partitions)
        self._files.update((name, []) for name in partitions.values())
        self._by_folder = {
            location[len(self.root) :].partition("/")[0]: name
            for location, name in partitions.items()
            if location.startswith(self.root)
        }

    def elsewhere(self) -> list[tuple[str, str]]:
        """Partitions that lie outside the root, by location."""
        partitions = self.table.partitions if self.table else {}
        return [(place, name) for place, name in sorted(partitions.items()) if not place.startswith(self.root)]

    def add(self, file: StoredFile) -> None:
        folder = file.uri.rpartition("/")[0] + "/"
        if folder not in self._folders:
            self._folders[folder] = self._look_at(folder)
        name, is_known, is_below_hidden = self._folders[folder]
        file_name = file.uri[len(folder) :]
        if is_folder_marker(file_name):
            self._leave_out_marker(file)
            return
        if name is None:
            if not is_hidden(file.uri[len(self.root) :]):
                self._left_out.append(LeftOut(file.uri, NO_DELIVERY))
            elif file.size_bytes:
                self._left_out.append(LeftOut(file.uri, why_hidden(file.uri)))
            return
        self._take(name, file, is_hidden=is_below_hidden or is_hidden(file_name))
        if file.size_bytes and not is_known and not (is_below_hidden or is_hidden(file_name)):
            self._unknown.add(name)

    def add_from(self, location: str, name: str, file: StoredFile) -> None:
        """Add a file of a partition that lies elsewhere.

        Raises:
            CatalogError: the same delivery has files elsewhere.
        """
        if self._files.get(name) and self._files[name][0].uri.startswith(self.root):
            raise CatalogError(
                f"delivery {name} lies in two places, {self.root} and {location}, which the Glue table "
                f"{self.table.name if self.table else ''} names: leave it in one, and correct the table's partition"
            )
        path = file.uri.removeprefix(location)
        if is_folder_marker(path.rpartition("/")[2]):
            self._leave_out_marker(file)
        else:
            self._take(name, file, is_hidden=is_hidden(path))

    def delivered(self) -> Delivered:
        """What was found, the deliveries in the order of their names.

        Raises:
            CatalogError: the table is not partitioned by delivery.
        """
        strays = tuple(each for each in self._left_out if each.reason == NO_DELIVERY)
        if self.table is not None and not self.table.knows_deliveries and strays:
            keys = ", ".join(self.table.keys) or "nothing"
            raise CatalogError(
                f"the Glue table {self.table.name} is partitioned by {keys}, not by {PARTITION_KEY!r}{_of(strays)}: "
                f"move them to {self.root}{PARTITION_KEY}=<name>/, delete that table, and run again"
            )
        return Delivered(
            tuple(Delivery(name, tuple(sorted(self._files[name]))) for name in sorted(self._files)),
            tuple(sorted(self._unknown)),
            tuple(self._left_out),
        )

    def _look_at(self, folder: str) -> tuple[str | None, bool, bool]:
        """The delivery of a folder's files, whether the catalog knows them, and whether they are hidden."""
        top, _, below = folder[len(self.root) :].partition("/")
        name = self._by_folder.get(top) or _name_of(top)
        above = [self.root + folder[len(self.root) :][:end] for end in _ends(folder[len(self.root) :])]
        return name, any(place in self._known for place in above), is_hidden(below)

    def _leave_out_marker(self, file: StoredFile) -> None:
        """Those of consoles and of Hadoop have no bytes: one that has some is a file that no reader sees."""
        if file.size_bytes:
            self._left_out.append(LeftOut(file.uri, NAMED_AS_FOLDER))

    def _take(self, name: str, file: StoredFile, *, is_hidden: bool) -> None:
        if is_hidden:
            if file.size_bytes:
                self._left_out.append(LeftOut(file.uri, why_hidden(file.uri)))
            return
        self._files.setdefault(name, []).append(file)
        if not file.size_bytes:
            self._left_out.append(LeftOut(file.uri, NO_BYTES))


def _ends(path: str) -> Iterable[int]:
    return (place + 1 for place, character in enumerate(path) if character == "/")


def _name_of(folder: str) -> str | None:
    """The delivery that a folder is named after; None if it is not."""
    key, has_value, value = folder.partition("=")
    return (value or _NO_VALUE) if has_value and key.lower() == PARTITION_KEY else None


def _of(left_out: tuple[LeftOut, ...]) -> str:
    if not left_out:
        return ""
    more = f" and {len(left_out) - 1} more" if len(left_out) > 1 else ""
    return f" ({left_out[0].uri}{more}: {left_out[0].reason})"
