"""CSV as batches of texts.

Arrow splits records whose quotes come in regular pairs, which nearly all records do. Other records, and those that do
not have the header's number of values, are read one by one (``csv_record_parser.py``) and form a batch of their own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from etl_job.contract.model import Contract
from etl_job.lake.files import ObjectStore
from etl_job.reading.batches import Source, TextBatch
from etl_job.reading.csv_record_parser import RecordParser
from etl_job.reading.decoding import UTF_16, are_marked, decode_chunk, has_mark, to_utf_8, without_marks
from etl_job.reading.kernels import without_missing
from etl_job.reading.parts import LONGEST_LINE_BYTES, LongLineError, RawPart, read_chunks
from etl_job.reading.record_boundaries import Records, records_across_lines, records_in_lines
from etl_job.reading.unpacking import read_blocks

_LINE_ENDS = "\r\n"


def csv_batches(store: ObjectStore, part: RawPart, source: Source, contract: Contract) -> Iterator[TextBatch]:
    """The rows of a part, without header lines and blank lines.

    Raises:
        OSError, EOFError, zlib.error: the file is compressed and damaged.
    """
    reader, first = _Reader(source, contract, RecordParser(contract.csv)), 0
    for records, is_marked in _blocks(store, part, contract):
        for batch in reader.parse_batches(records, is_marked, first):
            yield _with_marks_read(batch) if is_marked else batch
        first += len(records.ends)


def _blocks(store: ObjectStore, part: RawPart, contract: Contract) -> Iterator[tuple[Records, bool]]:
    """Records, many at a time, and whether they contain marks of undecodable bytes."""
    form, parser = contract.csv, RecordParser(contract.csv)
    if not form.multi_line:
        for chunk in read_chunks(store, part, form.encoding):
            if form.encoding == UTF_16:  # decoded as it was read
                content, is_marked = chunk, has_mark(chunk)
            else:
                content, is_marked = decode_chunk(chunk, form.encoding)
            yield records_in_lines(content, parser), is_marked
        return
    rest, position = b"", 0
    texts = to_utf_8(read_blocks(store, part.uri, form.encoding, part.chunk_bytes), form.encoding)
    for read in chain(texts, [None]):
        rest += read or b""
        records = records_across_lines(rest, parser, form.max_record_bytes, is_last=read is None)
        if len(records.ends):
            yield records, has_mark(rest)
            rest = rest[records.size :]
        elif len(rest) > max(LONGEST_LINE_BYTES, form.max_record_bytes):
            raise LongLineError(position)
        position += records.size


@dataclass(frozen=True, slots=True)
class _Rows:
    """Records without their line ends; ``numbers`` are their places in the part."""

    ended: pa.StringArray
    raw: pa.StringArray
    numbers: pa.Int64Array

    def where(self, mask: pa.BooleanArray) -> "_Rows":
        return _Rows(self.ended.filter(mask), self.raw.filter(mask), self.numbers.filter(mask))


@dataclass(frozen=True, slots=True)
class _Reader:
    source: Source
    contract: Contract
    parser: RecordParser

    def parse_batches(self, records: Records, is_marked: bool, first: int) -> Iterator[TextBatch]:
        """The rows in some records, the first of which has that number. Marks are still in them."""
        if not len(records.ends):
            return
        ended = records.texts
        raw = pc.ascii_rtrim(ended, characters=_LINE_ENDS)
        rows = _Rows(ended, raw, pa.arange(first, first + len(raw)))
        is_row = pc.greater(pc.binary_length(raw), 0)
        if self.contract.csv.header:
            read = without_marks(raw) if is_marked else raw
            is_row = pc.and_(is_row, pc.not_equal(read, self.source.header.line))
        kinds = [records.quoted, records.odd, records.opened]
        if not pc.all(is_row).as_py():
            rows, kinds = rows.where(is_row), [kind if kind is None else kind.filter(is_row) for kind in kinds]
        if not len(rows.raw):
            return
        quoted, odd, opened = kinds
        escaped = self._escaped(rows, quoted)
        if not self.parser.is_simple:
            if self.parser.has_no_quotes(records.block):
                yield from self._split(rows, has_quotes=False)
            else:
                yield self._one_by_one(rows)
        elif escaped is None and (odd is None or opened is None):
            yield from self._split(rows, quoted is not None)
        else:
            nothing = pa.repeat(False, len(rows.raw))
            odd, opened = (nothing, quoted) if odd is None or opened is None else (odd, opened)
            # A quote within an unquoted value is an ordinary character.
            unquoted = pc.invert(nothing if opened is None else opened)
            one_by_one = pc.and_(pc.or_(odd, nothing if escaped is None else escaped), pc.invert(unquoted))
            regular = pc.invert(pc.or_(unquoted, one_by_one))
            for mask, has_quotes in ((regular, True), (unquoted, False)):
                if pc.any(mask).as_py():
                    yield from self._split(rows.where(mask), has_quotes)
            if pc.any(one_by_one).as_py():
                yield self._one_by_one(rows.where(one_by_one))

    def _escaped(self, rows: _Rows, quoted: pa.BooleanArray | None) -> pa.BooleanArray | None:
        """Which rows contain both quotes and the escape character; None if there are none."""
        if self.contract.csv.escape is None or quoted is None:
            return None
        escaped = pc.and_(quoted, pc.match_substring(rows.raw, self.contract.csv.escape))
        return escaped if pc.any(escaped).as_py() else None

    def _split(self, rows: _Rows, has_quotes: bool) -> Iterator[TextBatch]:
        """Rows whose quotes come in pairs; rows with another number of values form a batch of their own."""
        names, malformed = [str(place) for place in range(len(self.source.header.columns))], list[int]()

        def set_aside(row: csv.InvalidRow) -> str:
            malformed.append(row.number - 1)
            return "skip"

        content = _join_records(rows.ended)
        cells = csv.read_csv(
            pa.BufferReader(content),
            csv.ReadOptions(use_threads=False, block_size=len(content) + 1, column_names=names),
            csv.ParseOptions(
                delimiter=self.contract.csv.delimiter,
                quote_char=self.contract.csv.quote_symbol if has_quotes else False,
                double_quote=has_quotes,
                escape_char=False,
                newlines_in_values=has_quotes,
                ignore_empty_lines=True,
                invalid_row_handler=set_aside,
            ),
            csv.ConvertOptions(
                check_utf8=False, column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
        columns: Sequence[pa.StringArray] = [column.combine_chunks() for column in cells.columns]
        if malformed:
            places = pa.array(malformed, pa.int64())
            is_malformed = pc.is_in(pa.arange(0, len(rows.raw)), value_set=places)
            yield self._one_by_one(rows.where(is_malformed))
            rows = rows.where(pc.invert(is_malformed))
        if len(rows.raw):
            yield self._batch(columns, rows)

    def _one_by_one(self, rows: _Rows) -> TextBatch:
        width = len(self.source.header.columns)
        found = [self.parser.cells(record) for record in rows.raw.to_pylist()]
        columns = [
            pa.array((cells[place] if place < len(cells) else None for cells in found), pa.string())
            for place in range(width)
        ]
        malformed = pa.array([len(cells) != width for cells in found], pa.bool_())
        batch = self._batch(columns, rows)
        return replace(batch, malformed=malformed) if pc.any(malformed).as_py() else batch

    def _batch(self, columns: Sequence[pa.StringArray], rows: _Rows) -> TextBatch:
        found = dict(zip(self.source.header.columns, columns, strict=True))
        missing = pa.nulls(len(rows.raw), pa.string())
        texts = {
            column.name: without_missing(found.get(column.name, missing), self.contract.missing_texts(column))
            for column in self.contract.columns
        }
        return TextBatch(texts, rows.raw, rows.numbers)


def _join_records(ended: pa.StringArray) -> pa.Buffer:
    """The bytes of records, one after the other, after a blank line.

    Arrow removes what looks like a byte order mark, but it is one only at the beginning of a file.
    """
    _, offsets, data = ended.buffers()
    places = pa.Array.from_buffers(pa.int32(), len(ended) + 1, [None, offsets], offset=ended.offset)
    begin, end = places[0].as_py(), places[-1].as_py()
    content = data.slice(begin, end - begin)
    if content[:3] == b"\xef\xbb\xbf":
        return pa.py_buffer(b"\n" + content.to_pybytes())
    return content


def _with_marks_read(batch: TextBatch) -> TextBatch:
    marked = are_marked(batch.raw)
    if not pc.any(marked).as_py():
        return batch
    texts = {name: without_marks(column) for name, column in batch.texts.items()}
    return replace(batch, texts=texts, raw=without_marks(batch.raw), undecodable=marked)
