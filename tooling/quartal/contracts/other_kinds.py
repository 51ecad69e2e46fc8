"""Files that are no CSV, JSON lines or Parquet, told by how they begin: named, with what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from quartal.core.errors import ConfigurationError

LOOKED_AT_BYTES = 512
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class OtherKind:
    """What a file is that the job does not read, as ``is ...`` goes on, and what to do with it."""

    what: str
    remedy: str


_TO_GZIP = "use gzip, under a name that ends in .gz, or no compression"
_UNPACK = "unpack it, and take the files in it"
_WRITE = "write it as CSV, JSON lines or Parquet"
_PAGE = OtherKind("a page of the web, not the data that it speaks of", "open it in a browser: it may ask to sign in")
_BEGINNINGS: Mapping[bytes, OtherKind] = {
    rb"BZh[1-9]1AY&SY": OtherKind("compressed with bzip2", _TO_GZIP),
    rb"\x28\xb5\x2f\xfd": OtherKind("compressed with Zstandard", _TO_GZIP),
    rb"\xfd7zXZ": OtherKind("compressed with xz", _TO_GZIP),
    rb"\x04\x22\x4d\x18": OtherKind("compressed with LZ4", _TO_GZIP),
    rb"7z\xbc\xaf": OtherKind("an archive of 7-Zip", _UNPACK),
    rb"PK\x03\x04": OtherKind("a ZIP archive, or a workbook", f"{_UNPACK}; of a workbook save a sheet as CSV"),
    rb".{257}ustar": OtherKind("an archive of tar", _UNPACK),
    rb"\xd0\xcf\x11\xe0": OtherKind("a workbook (xls), or another document", "save a sheet as CSV"),
    rb"SQLite format 3\0": OtherKind("a database of SQLite", "take a table of it: --url sqlite:///FILE --table NAME"),
    rb"ARROW1\0": OtherKind("an Arrow file (Feather)", _WRITE),
    rb"ORC.*\0": OtherKind("an ORC file", _WRITE),
    rb"Obj\x01": OtherKind("an Avro file", _WRITE),
    rb"\x89HDF": OtherKind("an HDF5 file", _WRITE),
    rb"%PDF-": OtherKind("a PDF", _WRITE),
    rb"(?i)(?:\xef\xbb\xbf)?\s*<(?:!doctype )?html": _PAGE,
    rb"(?:\xef\xbb\xbf)?\s*<\?xml": OtherKind("XML", _WRITE),
}


def other_kind(beginning: bytes) -> OtherKind | None:
    """What a file is that begins so; None where it may be one that the job reads."""
    looked_at = beginning[:LOOKED_AT_BYTES]
    return next((kind for pattern, kind in _BEGINNINGS.items() if re.match(pattern, looked_at, re.DOTALL)), None)


def refuse_stream(path: Path) -> None:
    """Raise ConfigurationError for what is no file that can be read more than once: a pipe, a terminal, a device."""
    if path.exists() and not path.is_file():
        raise ConfigurationError(
            f"{path} is a stream or a device, and what is in it can be read once only.",
            remedy="Write it into a file, and name that: zcat FILE > NEW.",
        )


def refuse_other_kind(path: Path, beginning: bytes) -> None:
    """Raise ConfigurationError for a file that the job does not read, which begins so."""
    found = other_kind(beginning)
    if beginning.startswith(_GZIP) and not path.name.endswith(".gz"):
        found = OtherKind("compressed with gzip, which its name hides", "let its name end in .gz")
    if found is not None:
        remedy = found.remedy[0].upper() + found.remedy[1:]
        raise ConfigurationError(f"{path} is {found.what}: the job does not read it.", remedy=f"{remedy}.")
