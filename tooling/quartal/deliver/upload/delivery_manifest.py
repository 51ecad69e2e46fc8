"""The record of a delivery, `deliveries/<dataset>/<delivery>.json`: files, checksums, when and by whom they came."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from quartal.core.errors import UploadError
from quartal.core.failed_calls import Effect, call_effect, describe_error
from quartal.core.typed_records import ONLY_ITS_FIELDS, read_record_of
from quartal.deliver.upload.write_outcome import CALL_ERRORS, check_stored, is_conflict, read_object

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_VERSION = 1
_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """The record of one object of the delivery.

    Attributes:
        size_bytes: size of the object.
        etag: its ETag; another one means that somebody else replaced it.
        crc64nvme: checksum of the object, which S3 has verified.
        source_crc64nvme: checksum of the local file; differs from the object's when that was compressed on its way.
        upload: id of the upload that brought it.
    """

    __pydantic_config__ = ONLY_ITS_FIELDS

    size_bytes: int
    etag: str
    crc64nvme: str
    source_crc64nvme: str
    upload: str


@dataclass(frozen=True, slots=True)
class UploadRecord:
    """One upload: its id, when it was recorded (ISO 8601, UTC), and the AWS identity that made it."""

    __pydantic_config__ = ONLY_ITS_FIELDS

    upload: str
    at: str
    by: str


@dataclass(frozen=True, slots=True)
class DeliveryManifest:
    """All files of a delivery by key, and the uploads that brought them.

    `removing` are keys that an upload takes out when it has sent what comes in their place: until it has, no run reads
    the delivery.
    """

    files: dict[str, DeliveredFile] = field(default_factory=dict)
    uploads: tuple[UploadRecord, ...] = ()
    removing: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> DeliveryManifest:
        """Read what `as_json` wrote.

        Raises:
            ValueError, TypeError, KeyError, AttributeError: it is not a manifest, or of another version.
        """
        version = data.get("version")
        if version is True or version != _VERSION:
            raise ValueError(f"its version is {version!r}, not {_VERSION}")
        fields = {"files": data["files"], "uploads": data["uploads"], "removing": data.get("removing", [])}
        return read_record_of(cls, json.dumps(fields))

    def as_json(self, delivery: str) -> dict[str, Any]:
        """The manifest as it is stored, in an order that does not depend on how files went up."""
        names = DeliveredFile.__slots__
        return {
            "version": _VERSION,
            "delivery": delivery,
            "uploads": [{name: getattr(entry, name) for name in UploadRecord.__slots__} for entry in self.uploads],
            "files": {key: {n: getattr(self.files[key], n) for n in names} for key in sorted(self.files)},
            **({"removing": list(self.removing)} if self.removing else {}),
        }


@dataclass(frozen=True)
class ManifestStore:
    """Reads and writes the manifests of a dataset's deliveries."""

    s3: S3Client
    bucket: str
    prefix: str

    def manifest_key(self, delivery: str) -> str:
        """Key of a delivery's manifest."""
        return f"{self.prefix}{delivery}.json"

    def read(self, delivery: str) -> DeliveryManifest:
        """The manifest; an empty one when the delivery has none."""
        return self._read(delivery)[0]

    def record(
        self, delivery: str, files: dict[str, DeliveredFile], upload: UploadRecord, removed: Collection[str] = ()
    ) -> None:
        """Add files to a manifest, and delete removed ones; both are deleted from ``removing`` too.

        An upload that records its files in several steps is listed once, with the time of the last.

        Raises:
            UploadError: as `_change`.
        """

        def changed(manifest: DeliveryManifest) -> DeliveryManifest:
            kept = {key: file for key, file in manifest.files.items() if key not in removed}
            going = tuple(key for key in manifest.removing if key not in files and key not in removed)
            if upload in manifest.uploads and (manifest.files, manifest.removing) == ({**kept, **files}, going):
                return manifest
            others = (entry for entry in manifest.uploads if entry.upload != upload.upload)
            return DeliveryManifest({**kept, **files}, (*others, upload), going)

        self._change(delivery, changed)

    def announce_removal(self, delivery: str, keys: Collection[str]) -> None:
        """Record which files will be removed, before their replacements are sent.

        Raises:
            UploadError: as `_change`.
        """
        self._change(delivery, lambda manifest: replace(manifest, removing=tuple(sorted({*manifest.removing, *keys}))))

    def keep(self, delivery: str, keys: Collection[str]) -> None:
        """Record that files will not be removed any more.

        Raises:
            UploadError: as `_change`.
        """

        def changed(manifest: DeliveryManifest) -> DeliveryManifest:
            return replace(manifest, removing=tuple(key for key in manifest.removing if key not in keys))

        self._change(delivery, changed)

    def _change(self, delivery: str, changed: Callable[[DeliveryManifest], DeliveryManifest]) -> None:
        """Change a manifest without losing what another upload writes into it in the meantime.

        Raises:
            UploadError: other uploads kept changing it, or it is unknown whether it was written.
        """
        failure: BaseException | None = None
        for _ in range(_ATTEMPTS):
            if failure is None:
                manifest, etag = self._read(delivery)
            else:
                what = f"the record of delivery {delivery}"
                manifest, etag = check_stored(lambda: self._read(delivery), what, failure)
            merged = changed(manifest)
            if merged == manifest:
                return  # nothing changed, or an earlier attempt wrote it and its response was lost
            body = json.dumps(merged.as_json(delivery), indent=1).encode()
            try:
                if etag is None:
                    self.s3.put_object(Bucket=self.bucket, Key=self.manifest_key(delivery), Body=body, IfNoneMatch="*")
                else:
                    self.s3.put_object(Bucket=self.bucket, Key=self.manifest_key(delivery), Body=body, IfMatch=etag)
            except CALL_ERRORS as error:
                if not is_conflict(error) and call_effect(error) is Effect.REFUSED:
                    raise
                failure = error
            else:
                return
        if failure is not None and not is_conflict(failure):
            raise UploadError(
                f"The record of delivery {delivery} could not be written: {describe_error(failure)}",
                remedy="The files are there. Run the same command again: it skips them and writes the record.",
            ) from failure
        raise UploadError(
            f"The record of delivery {delivery} could not be written: other uploads keep changing it.",
            remedy="The files are there. Run the same command again once the others are done.",
        )

    def _read(self, delivery: str) -> tuple[DeliveryManifest, str | None]:
        key = self.manifest_key(delivery)
        found = read_object(self.s3, self.bucket, key)
        if found is None:
            return DeliveryManifest(), None
        try:
            return DeliveryManifest.from_json(json.loads(found.content)), found.etag
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise UploadError(
                f"s3://{self.bucket}/{key} is not a delivery manifest: {error}",
                remedy="Delete that object: the next upload compares with the objects themselves and writes it again.",
            ) from error
