"""The lines of a file: unpacked, decoded, without header and footer."""

import bz2
import codecs
import gzip
import io
import zlib
from collections import deque
from collections.abc import Iterator, Mapping
from typing import IO

import pyarrow

from localstack_glue.serdes.errors import BadDataError, UnsupportedSerdeError

_CHARS = 1 << 20
# by Hadoop's codecs, which look at the suffix alone
_NOT_READ = (".snappy", ".lz4", ".lzo", ".lzo_deflate", ".lzop", ".z", ".xz", ".br", ".zip", ".7z")
# what begins so is no text, whatever its name says
_NO_TEXT = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"PK\x03\x04": "ZIP",
    b"\x04\x22\x4d\x18": "LZ4",
    b"\xff\x06\x00\x00sNaPpY": "Snappy",
    b"PAR1": "Parquet",
    b"Obj\x01": "Avro",
}
_BZIP2 = b"1AY&SY"  # behind the size of the blocks: a text may begin with BZh


def unpacked(file: IO[bytes], name: str) -> IO[bytes]:
    """The content of a compressed file; its suffix shows the compression.

    Raises:
        BadDataError: the file is compressed, or no text, and its name does not say so. Athena would answer its bytes.
        UnsupportedSerdeError: the compression is not supported here.
    """
    suffix = name[name.rfind(".") :].lower() if "." in name else ""
    if suffix == ".gz":
        return io.BufferedReader(gzip.GzipFile(fileobj=file))
    if suffix == ".bz2":
        return bz2.BZ2File(file)
    if suffix in (".zst", ".zstd"):
        return io.BufferedReader(pyarrow.CompressedInputStream(pyarrow.PythonFile(file, "r"), "zstd"))
    if suffix == ".deflate":
        return io.BytesIO(zlib.decompress(file.read()))
    if suffix in _NOT_READ:
        raise UnsupportedSerdeError(f"{name}: files that end in {suffix} are not read here")
    start = file.read(10)
    file.seek(0)
    for magic, kind in _NO_TEXT.items():
        if start.startswith(magic) and (magic != b"BZh" or start[4:] == _BZIP2):
            raise BadDataError(f"{name} is {kind} and no text, but its name does not end so")
    return file


def read_lines(file: IO[bytes], name: str, parameters: Mapping[str, str], encoding: str = "utf-8") -> Iterator[str]:
    """The lines of a file without their ends.

    Args:
        file: the file as it is stored.
        name: its name, whose suffix shows the compression.
        parameters: of the table and its SerDe: `skip.header.line.count`, `skip.footer.line.count`, `line.delim`.
        encoding: of its text.

    Raises:
        UnsupportedSerdeError: the encoding is unknown.
    """
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise UnsupportedSerdeError(f"the encoding {encoding} is not supported here") from error
    header, footer = _count(parameters, "skip.header.line.count"), _count(parameters, "skip.footer.line.count")
    end = parameters.get("line.delim") or "\n"
    found = _split(file, name, "utf-8-sig" if encoding.lower().replace("_", "-") == "utf-8" else encoding, end)
    waiting: deque[str] = deque()
    for number, line in enumerate(found):
        if number < header:
            continue
        waiting.append(line)
        if len(waiting) > footer:
            yield waiting.popleft()


def _count(parameters: Mapping[str, str], name: str) -> int:
    text = parameters.get(name) or "0"
    try:
        return max(int(text), 0)
    except ValueError as error:
        raise UnsupportedSerdeError(f"{name} is {text}, which is not a number") from error


def _split(file: IO[bytes], name: str, encoding: str, end: str) -> Iterator[str]:
    try:
        text = io.TextIOWrapper(unpacked(file, name), encoding, errors="replace", newline=None if end == "\n" else "")
        if end == "\n":
            for line in text:
                yield line.removesuffix("\n")
            return
        rest = ""
        while block := text.read(_CHARS):
            *whole, rest = (rest + block).split(end)
            yield from whole
        if rest:
            yield rest
    except (OSError, EOFError, zlib.error, pyarrow.ArrowException) as error:
        raise BadDataError(f"{name} cannot be unpacked: {error}") from error
