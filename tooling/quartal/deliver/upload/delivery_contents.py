"""The files of a delivery besides those of an upload: the next run reads these too."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from etl_job.lake.files import S3ObjectStore
from quartal.core.errors import AwsError, ConfigurationError, UploadError
from quartal.deliver.upload.delivery_manifest import DeliveredFile, ManifestStore
from quartal.deliver.upload.destinations import UploadItem
from quartal.deliver.upload.job_files import why_left_out
from quartal.deliver.upload.transfer import StoredObject, Transfer
from quartal.features.lake_files import delete_files

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MARK = "delivery="
_FOLDER = re.compile(r"delivery=([^/]*)/", re.IGNORECASE)  # the job reads any spelling
_SHOWN = 5
_SUFFIXES = re.compile(r"(\.(csv|tsv|txt|json|jsonl|ndjson|parquet|snappy|gz))+$")
_VERSIONS = re.compile(
    r"([ ._-]*(\(\d+\)|v\d+|rev\d*|corrected|correction|corr|fixed|fix|final|new|neu|copy|korrigiert|korrektur))+$"
)


@dataclass(frozen=True, slots=True)
class Likeness:
    """A file that an upload brought, and another of its delivery that has its content, or a name like its own."""

    key: str
    other: str
    is_same: bool


def delivery_prefix(item: UploadItem) -> str:
    """The key prefix of a file's delivery, ending in "/"."""
    mark = f"{_MARK}{item.delivery}/"
    return item.key[: item.key.index(mark) + len(mark)]


def delivery_in(key: str) -> str:
    """The name of the delivery that a key is part of."""
    return _folder_in(key)[1]


def _folder_in(key: str) -> re.Match[str]:
    found = _FOLDER.search(key)
    if found is None:
        raise ValueError(f"{key} is in no folder of a delivery")
    return found


def _path_in_delivery(key: str) -> str:
    """A key's path below its delivery; with the folder if this is spelled otherwise, such as Delivery=2024Q1."""
    folder = _folder_in(key)
    return key[folder.end() :] if folder[0].startswith(_MARK) else key[folder.start() :]


@dataclass
class DeliveriesBefore:
    """The content of the deliveries before an upload.

    Attributes:
        present: the objects that were there, by key.
        known: what their manifests said.
        unfinished: ids of uploads in parts, by key.
        removing: keys that they list for removal, which an upload did not finish.
    """

    present: dict[str, StoredObject] = field(default_factory=dict)
    known: dict[str, DeliveredFile] = field(default_factory=dict)
    unfinished: dict[str, str] = field(default_factory=dict)
    removing: set[str] = field(default_factory=set)

    def read(
        self,
        transfer: Transfer,
        store: ManifestStore,
        folders: Iterable[tuple[str, str]],
        items: tuple[UploadItem, ...],
        *,
        is_exchange: bool,
    ) -> None:
        """List the folders, given with the names of their deliveries, and read the manifests of what is there.

        If files are removed, a manifest counts even without objects: it may name removed ones.
        """
        for delivery, folder in folders:
            listed = transfer.present(folder)
            self.present |= listed
            if listed or is_exchange:
                manifest = store.read(delivery)
                self.known |= manifest.files
                self.removing |= set(manifest.removing)
            if any(transfer.is_large(item) for item in items if item.delivery == delivery):
                self.unfinished |= transfer.unfinished(folder)

    def others(self, items: Iterable[UploadItem]) -> tuple[str, ...]:
        """Keys of the files that are part of the same deliveries, and not of the upload."""
        own = {item.key for item in items}
        return tuple(
            key for key, there in sorted(self.present.items()) if key not in own and there.size_bytes and _is_read(key)
        )

    def unwanted(
        self,
        items: tuple[UploadItem, ...],
        *,
        replace: bool,
        remove: Iterable[str],
        folder: str | None,
        may_be_emptied: Callable[[str], bool],
    ) -> tuple[str, ...]:
        """Keys to take out of the deliveries and their manifests.

        Args:
            items: what is uploaded, and stays.
            replace: whether all others go.
            remove: paths below the folder that go.
            folder: key prefix of the delivery.
            may_be_emptied: whether a delivery may lose all of its files.

        Raises:
            ConfigurationError: a path is not in the delivery, one is uploaded, or no file would be left, although the
                delivery may be published.
        """
        own = {item.key for item in items}
        there = (self.present.keys() | self.known.keys()) - own
        if replace:
            return tuple(sorted(there))
        keys = tuple(dict.fromkeys(_key_to_remove(folder or "", path, there) for path in remove))
        for key in keys:
            self._refuse_unknown(key, own, there)
        is_emptied = keys and not own and not any(_is_read(key) for key in self.present.keys() - set(keys))
        if is_emptied and not may_be_emptied(delivery_in(keys[0])):
            raise ConfigurationError(
                f"No file of delivery {delivery_in(keys[0])} would be left, and its rows would stay published.",
                remedy=f"Withdraw it from the tables: `quartal run --withdraw {delivery_in(keys[0])}`.",
            )
        return keys

    def refuse_newcomers(self, transfer: Transfer, keys: Iterable[str]) -> None:
        """List the files to be removed again: the user did not mean those that another upload has written since.

        Raises:
            UploadError: an object is new or different since the deliveries were listed.
        """
        wanted = tuple(keys)
        folders = {key[: _folder_in(key).end()] for key in wanted}
        now = {key: there for folder in sorted(folders) for key, there in transfer.present(folder).items()}
        came = [key for key in wanted if key in now and now[key] != self.present.get(key)]
        if came:
            more = f" and {len(came) - _SHOWN} more" if len(came) > _SHOWN else ""
            raise UploadError(
                f"Another upload has written {', '.join(came[:_SHOWN])}{more} in the meantime. Nothing was removed.",
                remedy="To remove them anyway, run the command again; files that were sent already are skipped.",
            )

    def _refuse_unknown(self, key: str, own: Collection[str], there: Collection[str]) -> None:
        delivery = delivery_in(key)
        if key in own:
            raise ConfigurationError(
                f"{key} is both uploaded and removed.", remedy="Leave out --remove: an upload replaces its own files."
            )
        if key not in there:
            names = [_path_in_delivery(path) for path in sorted(there)]
            raise ConfigurationError(
                f"Delivery {delivery} has no file {_path_in_delivery(key)}.",
                remedy=f"Name one of: {', '.join(names[:_SHOWN]) or 'none'}"
                f"{f' and {len(names) - _SHOWN} more' if len(names) > _SHOWN else ''}.",
            )


def take_out(s3: S3Client, bucket: str, keys: Iterable[str]) -> None:
    """Delete objects. Their content remains as a noncurrent version.

    Raises:
        UploadError: S3 did not delete some of them; the manifests still name all.
    """
    uris = [f"s3://{bucket}/{key}" for key in keys]
    if not uris:
        return
    try:
        delete_files(S3ObjectStore(s3), uris)
    except AwsError as error:
        raise UploadError(
            f"The files to remove are still there: {error.message}",
            remedy="You need s3:DeleteObject in the lake. The same command continues where this one stopped.",
        ) from error


def _is_read(key: str) -> bool:
    """Whether a run reads a file of this key, by its path below its delivery."""
    return why_left_out(key[_folder_in(key).end() :], size_bytes=1) is None


def _key_to_remove(folder: str, path: str, there: Collection[str]) -> str:
    """The key of a path below the delivery's folder, or of one that begins with another spelling of that folder."""
    spelled = folder[: _folder_in(folder).start()] + path
    key = spelled if spelled in there and _FOLDER.match(path) else f"{folder}{path}"
    # macOS writes the letter é as two characters, a keyboard as one
    same = [other for other in there if _composed(other) == _composed(key)] if key not in there else ()
    return same[0] if len(same) == 1 else key


def likenesses(
    delivered: Mapping[str, DeliveredFile], others: Iterable[str], known: Mapping[str, DeliveredFile]
) -> tuple[Likeness, ...]:
    """The delivered files that seem to exist already under another name.

    Args:
        delivered: what an upload brought, by key.
        others: keys of the other files of the same deliveries.
        known: what the manifests of these deliveries say of them.
    """
    others = tuple(others)
    contents: dict[tuple[str, str], str] = {}
    names: dict[tuple[str, str], str] = {}
    for key in others:
        contents.setdefault((delivery_in(key), known[key].source_crc64nvme if key in known else key), key)
        names.setdefault((delivery_in(key), _plain_name(key)), key)
    found = []
    for key in sorted(delivered):
        content = (delivery_in(key), delivered[key].source_crc64nvme)
        same, alike = contents.get(content), names.get((delivery_in(key), _plain_name(key)))
        if same is not None:
            found.append(Likeness(key, same, is_same=True))
        elif alike is not None:
            found.append(Likeness(key, alike, is_same=False))
        contents.setdefault(content, key)
    return tuple(found)


def _composed(text: str) -> str:
    """The text in the one form that Unicode gives to texts that look the same."""
    return unicodedata.normalize("NFC", text)


def _plain_name(key: str) -> str:
    """A path without the parts that distinguish versions, compressions and spellings of one file."""
    path = PurePosixPath(_composed(key).lower())
    return str(path.with_name(_VERSIONS.sub("", _SUFFIXES.sub("", path.name)) or path.name))
