"""Records found in blocks are those found one by one, for any quotes."""

import io
from contextlib import contextmanager
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from etl_job.contract.file_formats import CsvFormat
from etl_job.contract.model import Contract
from etl_job.reading.batches import Header, Source
from etl_job.reading.csv_record_parser import RecordParser
from etl_job.reading.csv_rows import csv_batches
from etl_job.reading.parts import RawPart
from etl_job.reading.record_boundaries import records_across_lines, split_lines

from .frozen.cases import COLUMNS_OF_FILES

LONGEST = 1_000
FORMS = {
    "quotes doubled": CsvFormat(multi_line=True, max_record_bytes=LONGEST),
    "quotes escaped": CsvFormat(multi_line=True, max_record_bytes=LONGEST, escape="\\"),
    "other marks": CsvFormat(multi_line=True, max_record_bytes=LONGEST, delimiter="é", quote_symbol="'"),
    "marks of several bytes": CsvFormat(multi_line=True, max_record_bytes=LONGEST, quote_symbol="é", escape="\\"),
}
PIECES = st.lists(
    st.sampled_from(
        [*('"', ",", "\n", "\r\n", "\r", "a", " ", "\\", '""', '","', '",\n"', '"\n"', "é", "'", "\t"), "x" * 700]
    ),
    max_size=40,
)


def one_by_one(content: bytes, form: CsvFormat) -> list[bytes]:
    """Whole records, as the parser finds each; one that does not end within the bound ends with its line."""
    parser, found, place = RecordParser(form), [], 0
    while place < len(content):
        end, is_open = parser.end_of_record(content, place, place + form.max_record_bytes)
        of_line = place + len(split_lines(content[place:])[0].as_py().encode())
        if end is None and not is_open:
            end = len(content)
        if end is None or end - place > form.max_record_bytes:
            end = of_line
        found.append(content[place:end])
        place = end
    return found


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@settings(deadline=None, max_examples=150)
@given(pieces=PIECES)
@example(pieces=['"', "x" * 700, "\n", "x" * 700, "\n", "a", ",", '"', "b", "\n", "c", '"'])
@example(pieces=["a", ",", '"', "b", '"', "x", "\n", '"', "c", "\n", '"', "\n", "d"])
@example(pieces=['"', "\n", '"', ",", "x" * 700, "x" * 700])  # too long, and the last of a file without a line end
def test_records_of_a_block_are_those_found_one_by_one(form, pieces):
    content = "".join(pieces).encode()
    found = records_across_lines(content, RecordParser(form), LONGEST, is_last=True)
    assert [text.as_py().encode() for text in found.texts] == one_by_one(content, form)


@pytest.mark.parametrize(
    ("form", "records"),
    [
        pytest.param(FORMS["other marks"], ["aé'b\né''c'éd\n", "e\r\n", "'f'éé\r", "g"], id="a delimiter of two bytes"),
        pytest.param(
            CsvFormat(multi_line=True, quote_symbol="«", escape="§"),
            ["a,«b\n§«,§§«,c\n", "«d\n«x,e\n", "f«\n", "g"],
            id="quotes and escapes of two bytes",
        ),
        pytest.param(
            FORMS["quotes escaped"],
            ['a,"b\n\\",\\\\",c\n', '"d"\n', 'e\\"f\n', '"g""\n', 'h"\n'],
            id="a doubled quote closes where there is an escape character",
        ),
    ],
)
def test_records_end_where_values_outside_of_quotes_do(form, records):
    content = "".join(records).encode()
    found = records_across_lines(content, RecordParser(form), LONGEST, is_last=True)
    assert found.texts.to_pylist() == records


class OneFile:
    """A store with a single file."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    @contextmanager
    def open(self, _uri: str, first_byte: int = 0):
        yield io.BytesIO(self.content[first_byte:])


def read_rows(content: bytes, form: CsvFormat, chunk_bytes: int) -> list[tuple[str, list[str | None], bool]]:
    """Raw text, values and whether there is one for each column, in order."""
    columns = COLUMNS_OF_FILES[:2]
    contract = Contract.model_validate(
        {
            "version": "1",
            "dataset": "scanned",
            "columns": [*columns, COLUMNS_OF_FILES[2]],
            "csv": form,
            "features": {"entity": ["place"], "eventTime": {"timestamp": "at"}, "count": "events"},
        }
    )
    source = Source("f.csv", 0, "d", len(content), Header("id,place,at", ("id", "place", "at")), date(2024, 1, 1))
    part = RawPart("f.csv", 0, 0, len(content), chunk_bytes)
    found = []
    for batch in csv_batches(OneFile(content), part, source, contract):  # type: ignore[arg-type]
        malformed = [False] * batch.rows if batch.malformed is None else batch.malformed.to_pylist()
        texts = zip(*(batch.texts[name].to_pylist() for name in ("id", "place", "at")), strict=True)
        found += list(zip(batch.numbers.to_pylist(), batch.raw.to_pylist(), map(list, texts), malformed, strict=True))
    return [row[1:] for row in sorted(found, key=lambda row: row[0])]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("multi_line", [True, False], ids=["across lines", "in lines"])
@settings(deadline=None, max_examples=100)
@given(pieces=PIECES, chunk_bytes=st.integers(1, 200))
def test_values_of_records_are_those_found_one_by_one_however_much_is_read_at_a_time(
    form, multi_line, pieces, chunk_bytes
):
    form = form.model_copy(update={"multi_line": multi_line})
    content = "".join(pieces).encode()
    records = one_by_one(content, form) if multi_line else [t.as_py().encode() for t in split_lines(content)]
    parser, expected = RecordParser(form), []
    for record in records:
        raw = record.decode().rstrip("\r\n")
        cells = parser.cells(raw)
        if raw:
            values = [cells[place] if place < len(cells) else None for place in range(3)]
            expected.append((raw, values, len(cells) != 3))
    assert read_rows(content, form, chunk_bytes) == expected


@pytest.mark.parametrize(
    ("marks", "text"),
    [
        pytest.param({"quote_symbol": "\0"}, 'k1,"a,b\n', id="no quote in the text"),
        pytest.param({"quote_symbol": "\0"}, 'k1,\0"a\0,b\n', id="quotes in the text"),
        pytest.param({"delimiter": "\0"}, 'k1\0"""a"\0b\n', id="delimiter"),
    ],
)
@pytest.mark.parametrize("multi_line", [True, False], ids=["across lines", "in lines"])
def test_mark_may_be_the_character_zero(marks, text, multi_line):
    form = CsvFormat(multi_line=multi_line, **marks)
    assert read_rows(text.encode(), form, 100) == [(text[:-1], ["k1", '"a', "b"], False)]


def test_value_with_many_escape_characters_is_read_once_from_beginning_to_end():
    class Watched(str):
        looked_at = 0

        def find(self, part, start=0, end=None):
            found = super().find(part, start, end)
            Watched.looked_at += (len(self) if found < 0 and end is None else end if found < 0 else found) - start
            return found

    record = Watched('"' + "\\a" * 5_000 + '"')
    assert RecordParser(FORMS["quotes escaped"]).cells(record) == ["\\a" * 5_000]
    assert Watched.looked_at < 5 * len(record)
