"""The pieces of a file that a draft looks at: all of it, or its beginning, middle and end."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from gzip import GzipFile
from pathlib import Path
from typing import BinaryIO

from quartal.core.errors import ConfigurationError

WHOLE_BYTES = 16_000_000  # of which all is read
_FIRST_BYTES = 6_000_000
_LATER_BYTES = 3_000_000
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # whose line ends are more than one byte


@dataclass(frozen=True, slots=True)
class Pieces:
    """Whole lines: the first piece begins where the file does."""

    contents: tuple[bytes, ...]
    is_whole: bool


def read_pieces(path: Path, *, everything: bool) -> Pieces:
    """The pieces of a file, gzipped or not; the whole file if it is small, or if everything is wanted.

    Raises:
        ConfigurationError: it cannot be read or unpacked.
    """
    try:
        if path.name.endswith(".gz"):
            with gzip.open(path) as unpacked:
                return _of_stream(unpacked, everything)
        with path.open("rb") as file:
            return _of_file(file, path.stat().st_size, everything)
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error}",
            remedy="Name a file (if gzipped, with a name that ends in .gz), or a folder of such files.",
        ) from error


def _of_file(file: BinaryIO, size_bytes: int, everything: bool) -> Pieces:
    beginning = file.read(_FIRST_BYTES)
    if everything or size_bytes <= WHOLE_BYTES or beginning.startswith(_UTF_16):
        return Pieces((beginning + file.read(),), is_whole=True)
    first = _to_last_line(beginning)
    later = []
    for start in (size_bytes // 2, size_bytes - _LATER_BYTES):
        file.seek(start)
        later.append(_to_last_line(_from_next_line(file.read(_LATER_BYTES)), is_end=start > size_bytes // 2))
    return Pieces((first, *later), is_whole=False)


def _of_stream(stream: GzipFile, everything: bool) -> Pieces:
    """Like `_of_file`, for a stream of unknown length: keep fewer and fewer blocks, so that one is near the middle."""
    head = stream.read(WHOLE_BYTES)
    if everything or head.startswith(_UTF_16):
        return Pieces((head + stream.read(),), is_whole=True)
    kept, stride, last = list[bytes](), 1, b""
    for number, block in enumerate(_blocks(stream)):
        last = block
        if number % stride == 0:
            kept.append(block)
        if len(kept) > 2:
            kept, stride = kept[::2], stride * 2
    if not last:
        return Pieces((head,), is_whole=True)
    middle = [_to_last_line(_from_next_line(block)) for block in kept[1:2] or kept[:1] if block is not last]
    end = _to_last_line(_from_next_line(last), is_end=True)
    return Pieces((_to_last_line(head[:_FIRST_BYTES]), *middle, end), is_whole=False)


def _blocks(stream: GzipFile) -> Iterator[bytes]:
    while block := stream.read(_LATER_BYTES):
        yield block


def _from_next_line(content: bytes) -> bytes:
    return content[content.find(b"\n") + 1 :]


def _to_last_line(content: bytes, *, is_end: bool = False) -> bytes:
    return content if is_end else content[: content.rfind(b"\n") + 1]
