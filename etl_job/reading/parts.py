"""Parts of raw files that are read one by one, each by one task, and the lines that begin in them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from etl_job.lake.files import ObjectStore
from etl_job.reading.decoding import BYTE_ORDER_MARK, UTF_16, to_utf_8
from etl_job.reading.unpacking import read_blocks

# A task holds a few times its chunk in memory, and the results of its part.
PART_BYTES = 64_000_000
CHUNK_BYTES = 16_000_000
# No row is this long. A file without line ends, such as compressed zeros, would exceed the memory many times.
LONGEST_LINE_BYTES = 2 * CHUNK_BYTES


class LongLineError(ValueError):
    """A line does not end."""

    def __init__(self, first_byte: int) -> None:
        super().__init__(
            f"the line at byte {first_byte:,} is longer than {LONGEST_LINE_BYTES // 1_000_000} MB, the limit for a row"
        )


@dataclass(frozen=True, slots=True)
class RawPart:
    """The lines of a file that begin from ``start`` up to ``end``, in bytes; a compressed file is one part.

    ``file`` is its number in the run's file order, ``chunk_bytes`` the number of bytes to read at a time. For Parquet,
    a part is a range of row groups by number, and ``first_row`` is the number of rows before it.
    """

    uri: str
    file: int
    start: int
    end: int
    chunk_bytes: int = CHUNK_BYTES
    first_row: int = 0


def split_files(files: Sequence[tuple[str, int]], tasks: int, are_whole: bool = False) -> tuple[RawPart, ...]:
    """Split files, by URI and size, into parts of about equal size; for much data, into at least ``tasks`` parts.

    Compressed files are one part each, and so are all files if they ``are_whole``.
    """
    total = sum(size for _, size in files)
    most = max(1, min(PART_BYTES, -(-total // max(1, tasks))))
    found = []
    for number, (uri, size) in enumerate(files):
        pieces = 1 if are_whole or uri.endswith(".gz") else max(1, round(size / most))
        cuts = [size * piece // pieces for piece in range(pieces + 1)]
        found += [RawPart(uri, number, start, end, CHUNK_BYTES) for start, end in pairwise(cuts)]
    return tuple(found)


def read_chunks(store: ObjectStore, part: RawPart, encoding: str) -> Iterator[bytes]:
    """The part's lines, many at a time and none cut, without a byte order mark at the file's beginning.

    A line ends with LF, CR or both. The bytes are those of the file, except that UTF-16 is converted to UTF-8.

    Raises:
        OSError, EOFError, zlib.error: the file is compressed and damaged.
        OtherKindError: it is not text.
    """
    if encoding == UTF_16:
        yield from _lines(to_utf_8(read_blocks(store, part.uri, encoding, part.chunk_bytes), encoding), 0, None)
        return
    blocks = read_blocks(store, part.uri, encoding, part.chunk_bytes, max(0, part.start - 1))
    for number, chunk in enumerate(_lines(blocks, part.start, None if part.uri.endswith(".gz") else part.end)):
        yield chunk.removeprefix(BYTE_ORDER_MARK) if part.start == number == 0 else chunk


def _lines(blocks: Iterator[bytes], start: int, end: int | None) -> Iterator[bytes]:
    """Lines that begin from ``start`` on and before ``end``; the blocks begin a byte before ``start``, if they can."""
    position, block, is_inside = max(0, start - 1), b"", start == 0
    for read in chain(blocks, [None]):
        block, is_last = block + (read or b""), read is None
        if not is_inside:  # the line at the beginning belongs to the part before
            cut = _line_after(block, 0, is_last)
            if cut is None and not is_last:
                block, position = block[-1:], position + len(block) - 1  # it may be half of a line end
                continue
            cut = len(block) if cut is None else cut
            block, position, is_inside = block[cut:], position + cut, True
        if end is not None and position >= end:
            return
        if end is not None and position + len(block) >= end:
            cut = _line_after(block, end - position - 1, is_last)
            if cut is not None or is_last:
                yield block[:cut]
                return
            _refuse_longer(block[end - position :], end)
            continue
        # A CR at the very end may be half of a line end.
        cut = len(block) if is_last else max(block.rfind(b"\n"), block.rfind(b"\r", 0, len(block) - 1)) + 1
        if cut:
            yield block[:cut]
        else:
            _refuse_longer(block, position)
        block, position = block[cut:], position + cut


def _refuse_longer(line: bytes, first_byte: int) -> None:
    if len(line) > LONGEST_LINE_BYTES:
        raise LongLineError(first_byte)


def _line_after(block: bytes, place: int, is_last: bool) -> int | None:
    """The beginning of the first line after a line end at or after ``place``; None if it is not in the block."""
    feed = block.find(b"\n", place)
    back = block.find(b"\r", place, feed if feed >= 0 else len(block))
    if back < 0:
        return feed + 1 if feed >= 0 else None
    if back + 1 == len(block):
        return len(block) if is_last else None  # a line feed may follow
    return back + 2 if feed == back + 1 else back + 1
