"""Finds the ends of CSV records, and which records have regular quotes only, by scanning many bytes at a time.

Quotes open and close in turns. So the number of quotes before a byte shows whether it lies within quotes, as long as
each quote opens or closes a value. If one does neither, its record is read on its own (``csv_record_parser.py``), and
the scan continues after it. That takes time in proportion to the bytes, whatever they are.
"""

from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from etl_job.reading.csv_record_parser import RecordParser

_LINE_FEED, _RETURN = 10, 13


@dataclass(frozen=True, slots=True)
class Records:
    """Whole records in a block of bytes: each ends at one of ``ends`` and begins where the one before it ended.

    ``quoted`` marks records with quotes, ``odd`` those with a quote that is not part of a regular pair, and ``opened``
    those with a quote at the beginning of a value; each is None if there are no such records.
    """

    block: bytes
    ends: pa.Int64Array
    quoted: pa.BooleanArray | None = None
    odd: pa.BooleanArray | None = None
    opened: pa.BooleanArray | None = None

    @property
    def size(self) -> int:
        """How many bytes they take."""
        return self.ends[-1].as_py() if len(self.ends) else 0

    @property
    def texts(self) -> pa.StringArray:
        """Each of them with its line end."""
        offsets = pa.concat_arrays([pa.array([0], pa.int32()), self.ends.cast(pa.int32())])
        return pa.StringArray.from_buffers(len(self.ends), offsets.buffers()[1], pa.py_buffer(self.block))


def records_in_lines(block: bytes, parser: RecordParser) -> Records:
    """The records of a block in which each line is one."""
    scan = _Scan(block, parser, is_last=True)
    if parser.quote not in block or not parser.is_simple:
        return Records(block, scan.all_ends)
    return scan.records(scan.all_ends, scan.quotes_before)


def records_across_lines(block: bytes, parser: RecordParser, longest: int, is_last: bool) -> Records:
    """The whole records at the beginning of a block in which values between quotes may hold line breaks.

    A record that takes more than ``longest`` bytes because of that has a quote that is never closed: it ends with its
    first line.
    """
    scan = _Scan(block, parser, is_last)
    if not parser.is_simple:
        return Records(block, pa.array(scan.ends_one_by_one(longest, is_last), pa.int64()))
    if parser.quote not in block:
        return Records(block, scan.all_ends if is_last else scan.line_ends)
    ends = scan.all_ends if is_last else scan.line_ends
    before = scan.quotes_before.slice(0, len(ends))
    is_outside = _is_even(before)
    ends, before = ends.filter(is_outside), before.filter(is_outside)
    is_closed = len(scan.quotes) % 2 == 0
    bounds = [pa.array([0], pa.int64()), ends, *([] if is_closed else [pa.array([len(block)], pa.int64())])]
    sizes = pc.pairwise_diff(pa.concat_arrays(bounds))
    if scan.is_regular and (is_closed or not is_last) and (pc.max(sizes).as_py() or 0) <= longest:
        return scan.records(ends, before)
    ends = pa.array(scan.ends_one_by_one(longest, is_last), pa.int64())
    return scan.records(ends, scan.quotes_before.filter(pc.is_in(scan.all_ends, value_set=ends)))


def _and_last(ends: pa.Int64Array, size: int) -> pa.Int64Array:
    """With the end of the block, if the bytes after the last line end form a line as well."""
    if not size or (len(ends) and ends[-1].as_py() == size):
        return ends
    return pa.concat_arrays([ends, pa.array([size], pa.int64())])


def split_lines(block: bytes) -> pa.StringArray:
    """The lines of a block with their ends."""
    ends = pc.add(pc.indices_nonzero(_line_end_marks(block, is_last=True)).cast(pa.int64()), 1)
    return Records(block, _and_last(ends, len(block))).texts


def _line_end_marks(block: bytes, is_last: bool) -> pa.BooleanArray:
    """Which bytes end a line. A CR at the very end may be half of a line end, unless nothing follows."""
    content = _to_bytes(block)
    ends = _equal(content, _LINE_FEED)
    if b"\r" not in block:
        return ends
    behind = pa.array([0 if is_last else _LINE_FEED], pa.uint8())
    following = pa.concat_arrays([content.slice(1), behind])
    is_alone = pc.and_not(_equal(content, _RETURN), _equal(following, _LINE_FEED))
    return pc.or_(ends, is_alone)


_ByParity = tuple[list[int], tuple[list[int], list[int]], tuple[list[int], list[int]]]


class _Scan:
    """A block of bytes, and the effect of its line ends and quotes."""

    def __init__(self, block: bytes, parser: RecordParser, is_last: bool) -> None:
        self._block = block
        self._parser = parser
        self._is_last = is_last

    @cached_property
    def _is_line_end(self) -> pa.BooleanArray:
        return _line_end_marks(self._block, self._is_last)

    @cached_property
    def line_ends(self) -> pa.Int64Array:
        """The places after each LF, CR and CR LF."""
        return pc.add(pc.indices_nonzero(self._is_line_end).cast(pa.int64()), 1)

    @cached_property
    def _unescaped(self) -> pa.UInt8Array:
        return _to_bytes(self._parser.without_escaped(self._block))

    @cached_property
    def _is_quote(self) -> pa.BooleanArray:
        return _equal(self._unescaped, self._parser.quote[0])

    @cached_property
    def quotes(self) -> pa.Int64Array:
        """The places of quotes that are not escaped."""
        return pc.indices_nonzero(self._is_quote).cast(pa.int64())

    @cached_property
    def all_ends(self) -> pa.Int64Array:
        """The places after each line end, and the end of the block."""
        return _and_last(self.line_ends, len(self._block))

    @cached_property
    def quotes_before(self) -> pa.Int64Array:
        """The number of quotes before each of ``all_ends``."""
        is_quote = self._is_quote.filter(pc.or_(self._is_quote, self._is_line_end))
        found = pc.cumulative_sum(is_quote.cast(pa.int64())).filter(pc.invert(is_quote))
        is_whole = len(found) == len(self.all_ends)
        return found if is_whole else pa.concat_arrays([found, pa.array([len(self.quotes)], pa.int64())])

    @cached_property
    def _borders(self) -> pa.UInt8Array:
        return pa.array([self._parser.delimiter[0], _LINE_FEED, _RETURN], pa.uint8())

    @cached_property
    def _before(self) -> pa.UInt8Array:
        edge = pa.array([_LINE_FEED], pa.uint8())
        return pa.concat_arrays([edge, self._unescaped]).take(self.quotes)

    @cached_property
    def _opens_value(self) -> pa.BooleanArray:
        return pc.is_in(self._before, value_set=self._borders)

    @cached_property
    def _may_open(self) -> pa.BooleanArray:
        return pc.or_(self._opens_value, self._is_half_of_double(self._before))

    @cached_property
    def _may_close(self) -> pa.BooleanArray:
        edge = pa.array([_LINE_FEED], pa.uint8())
        after = pa.concat_arrays([self._unescaped.slice(1), edge]).take(self.quotes)
        return pc.or_(pc.is_in(after, value_set=self._borders), self._is_half_of_double(after))

    def _is_half_of_double(self, beside: pa.UInt8Array) -> pa.BooleanArray:
        if self._parser.form.escape is not None:
            return pa.repeat(False, len(beside))
        return _equal(beside, self._parser.quote[0])

    def _is_odd(self, is_opening: pa.BooleanArray) -> pa.BooleanArray:
        """Whether a quote is not part of a regular pair. ``is_opening`` marks quotes that should open a value."""
        return pc.invert(pc.if_else(is_opening, self._may_open, self._may_close))

    @cached_property
    def _is_even(self) -> pa.BooleanArray:
        return _is_even(_numbers(len(self.quotes)))

    @cached_property
    def is_regular(self) -> bool:
        """Whether all quotes are of regular pairs, if the first one opens."""
        return not pc.any(self._is_odd(self._is_even)).as_py()

    def records(self, ends: pa.Int64Array, before: pa.Int64Array) -> Records:
        """The records with these ends, given the number of quotes before each end."""
        zero = pa.array([0], pa.int64())
        starts = pa.concat_arrays([zero, before.slice(0, max(0, len(before) - 1))]) if len(before) else before
        counts = pc.subtract(before, starts)
        quoted = pc.greater(counts, 0)
        odd_count = pc.invert(_is_even(counts))
        if self.is_regular and not pc.any(odd_count).as_py():
            return Records(self._block, ends, quoted)
        total = before[-1].as_py() if len(before) else 0
        offsets = pa.concat_arrays([zero, before]).cast(pa.int32())
        parents = pc.list_parent_indices(pa.ListArray.from_arrays(offsets, self.quotes.slice(0, total)))
        rank = pc.subtract(_numbers(total), starts.take(parents))
        is_opening = _is_even(rank)
        is_odd = pc.invert(pc.if_else(is_opening, self._may_open.slice(0, total), self._may_close.slice(0, total)))
        numbers = _numbers(len(ends))
        odd = pc.or_(odd_count, pc.is_in(numbers, value_set=pc.unique(parents.filter(is_odd)).cast(pa.int64())))
        opening = parents.filter(self._opens_value.slice(0, total))
        opened = pc.is_in(numbers, value_set=pc.unique(opening).cast(pa.int64()))
        return Records(self._block, ends, quoted, odd, opened)

    def _by_parity(self, lines: list[int]) -> "_ByParity":
        """Sort line ends and quotes by the number of quotes before them.

        Returns:
            All quotes; then, for an even and for an odd number of quotes before what is outside of quotes, the line
            ends outside of quotes and the quotes that are odd.
        """
        before, even = self.quotes_before.slice(0, len(lines)).to_pylist(), self._is_even
        ends = [[end for end, n in zip(lines, before, strict=True) if n % 2 == parity] for parity in (0, 1)]
        odd = [self.quotes.filter(self._is_odd(opening)).to_pylist() for opening in (even, pc.invert(even))]
        return self.quotes.to_pylist(), (ends[0], ends[1]), (odd[0], odd[1])

    def ends_one_by_one(self, longest: int, is_last: bool) -> list[int]:
        """The ends of records, some of which are read on their own."""
        lines, size = self.line_ends.to_pylist(), len(self._block)
        quotes, outside, odd = self._by_parity(lines) if self._parser.is_simple else ([], ([], []), ([], []))
        found: list[int] = []
        place = 0
        while place < size:
            parity = bisect_left(quotes, place) % 2
            first_odd = bisect_left(odd[parity], place)
            odd_at = odd[parity][first_odd] if first_odd < len(odd[parity]) else size
            ends, number = outside[parity], bisect_left(outside[parity], place + 1)
            line = bisect_left(lines, place + 1)
            while number < len(ends) and ends[number] <= odd_at:
                end = ends[number]
                if end - place > longest and lines[line] < end:
                    break
                found.append(end)
                place, number = end, number + 1
                while line < len(lines) and lines[line] <= place:
                    line += 1
            if place >= size:
                break
            closed, is_open = self._parser.end_of_record(self._block, place, place + longest)
            if closed is None and is_last and not is_open:
                closed = size
            may_end_later = not is_open or size - place <= longest or line == len(lines)
            if closed is None and not is_last and may_end_later:
                break  # what comes next may end it
            breaks_lines = line < len(lines) and (closed is None or lines[line] < closed)
            if closed is None or (breaks_lines and closed - place > longest):
                closed = lines[line] if breaks_lines else size
            found.append(closed)
            place = closed
        return found


def _equal(content: pa.UInt8Array, byte: int) -> pa.BooleanArray:
    """Which bytes are this one: compared with a plain int, Arrow would make eight bytes of each first."""
    return pc.equal(content, pa.scalar(byte, pa.uint8()))


def _is_even(numbers: pa.Int64Array) -> pa.BooleanArray:
    return pc.equal(pc.bit_wise_and(numbers, 1), 0)


def _to_bytes(block: bytes) -> pa.UInt8Array:
    return pa.Array.from_buffers(pa.uint8(), len(block), [None, pa.py_buffer(block)])


def _numbers(size: int) -> pa.Int64Array:
    return pa.array(range(0), pa.int64()) if not size else pa.arange(0, size)
