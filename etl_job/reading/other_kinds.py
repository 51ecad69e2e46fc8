"""Files that are not CSV, JSON lines or Parquet, recognized by their first bytes, each with what to do."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

LOOKED_AT_BYTES = 512
GZIP = b"\x1f\x8b"
MARKS_OF_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_PARQUET = b"PAR1\x15"


class OtherKindError(ValueError):
    """A file is not the text that the contract expects; the message continues "the file ..."."""


@dataclass(frozen=True, slots=True)
class OtherKind:
    """A kind of file that the job does not read: ``what`` continues "is ...", and ``remedy`` says what to do."""

    what: str
    remedy: str


_TO_GZIP = "compress it with gzip under a name that ends in .gz, or not at all"
_UNPACK = "unpack it, and use the files in it"
_WRITE = "convert it to CSV, JSON lines or Parquet"
_PAGE = OtherKind("a web page, not data", "open it in a browser: it may ask you to sign in")
_BEGINNINGS: Mapping[bytes, OtherKind] = {
    rb"BZh[1-9]1AY&SY": OtherKind("compressed with bzip2", _TO_GZIP),
    rb"\x28\xb5\x2f\xfd": OtherKind("compressed with Zstandard", _TO_GZIP),
    rb"\xfd7zXZ": OtherKind("compressed with xz", _TO_GZIP),
    rb"\x04\x22\x4d\x18": OtherKind("compressed with LZ4", _TO_GZIP),
    rb"7z\xbc\xaf": OtherKind("a 7-Zip archive", _UNPACK),
    rb"PK\x03\x04": OtherKind("a ZIP archive or a workbook", f"{_UNPACK}; from a workbook, save a sheet as CSV"),
    rb".{257}ustar": OtherKind("a tar archive", _UNPACK),
    rb"\xd0\xcf\x11\xe0": OtherKind("a workbook (xls) or another Office document", "save a sheet as CSV"),
    rb"SQLite format 3\0": OtherKind("an SQLite database", "use one of its tables: --url sqlite:///FILE --table NAME"),
    rb"ARROW1\0": OtherKind("an Arrow file (Feather)", _WRITE),
    rb"ORC.*\0": OtherKind("an ORC file", _WRITE),
    rb"Obj\x01": OtherKind("an Avro file", _WRITE),
    rb"\x89HDF": OtherKind("an HDF5 file", _WRITE),
    rb"%PDF-": OtherKind("a PDF", _WRITE),
    rb"(?i)(?:\xef\xbb\xbf)?\s*<(?:!doctype )?html": _PAGE,
    rb"(?:\xef\xbb\xbf)?\s*<\?xml": OtherKind("XML", _WRITE),
}


def other_kind(beginning: bytes) -> OtherKind | None:
    """The kind of a file with this beginning; None if the job may be able to read it."""
    looked_at = beginning[:LOOKED_AT_BYTES]
    return next((kind for pattern, kind in _BEGINNINGS.items() if re.match(pattern, looked_at, re.DOTALL)), None)


def problem_of_text(beginning: bytes, encoding: str, *, is_unpacked: bool = False) -> str | None:
    """Why a file with this beginning is not the text that a contract expects; None if it may be.

    It continues "the file ...". The beginning of a file that gzip compressed ``is_unpacked``.
    """
    if beginning.startswith(GZIP):
        return f"is compressed with gzip{' twice' if is_unpacked else ', and its name does not end in .gz'}"
    if beginning.startswith(_PARQUET):
        return "is Parquet, but the contract expects text"
    if beginning.startswith(MARKS_OF_UTF_16) and encoding != "UTF-16":
        return f"is UTF-16, not {encoding}"
    found = other_kind(beginning)
    return None if found is None else f"is {found.what}, which the job does not read: {found.remedy}"
