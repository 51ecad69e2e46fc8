"""Files are read in parts, and each line once and completely, for any division."""

import gzip
import re
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from etl_job.lake.files import LocalObjectStore
from etl_job.reading import parts as raw_parts
from etl_job.reading.batches import Source
from etl_job.reading.headers import read_headers
from etl_job.reading.parts import RawPart, read_chunks, split_files
from etl_job.reading.readers import DamagedFileError, read_batches

BYTE_ORDER_MARK = "\ufeff".encode()
contents = st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r", b"\r\n", b"\n\n", b"long line"]), max_size=40).map(
    b"".join
)


def lines(content: bytes) -> list[bytes]:
    return [line for line in re.split(rb"\r\n|\r|\n", content) if line]


@settings(deadline=None, max_examples=300)
@given(content=contents, cuts=st.sets(st.integers(0, 120), max_size=6), chunk=st.integers(1, 40))
@example(content=b"a\r\nb", cuts={2}, chunk=1)  # between the two halves of a line end
@example(content=b"a\r", cuts={1}, chunk=2)
@example(content=b"\r\r\n", cuts={1, 2}, chunk=1)
def test_parts_together_hold_each_line_once_in_order(tmp_path_factory, content, cuts, chunk):
    file = tmp_path_factory.getbasetemp() / "cut.csv"
    file.write_bytes(content)
    places = [0, *sorted(cut for cut in cuts if 0 < cut < len(content)), len(content)]
    parts = [RawPart(f"file://{file}", 0, start, end, chunk) for start, end in pairwise(places)]
    read = [list(read_chunks(LocalObjectStore(), part, "UTF-8")) for part in parts]
    assert [line for chunks in read for each in chunks for line in lines(each)] == lines(content)
    assert b"".join(each for chunks in read for each in chunks) == content


def test_packed_file_is_read_in_chunks_and_loses_its_byte_order_mark(tmp_path: Path, monkeypatch):
    content = b"a,b\n" + b"1,2\n" * 1_000
    file = tmp_path / "part.csv.gz"
    file.write_bytes(gzip.compress(BYTE_ORDER_MARK + content))
    monkeypatch.setattr(raw_parts, "CHUNK_BYTES", 100)
    (part,) = split_files([(f"file://{file}", file.stat().st_size)], tasks=4)
    chunks = list(read_chunks(LocalObjectStore(), part, "UTF-8"))
    assert len(chunks) > 10
    assert b"".join(chunks) == content


def test_byte_order_mark_is_one_at_the_beginning_only(tmp_path: Path):
    file = tmp_path / "part.csv"
    file.write_bytes(BYTE_ORDER_MARK + b"a\n" + BYTE_ORDER_MARK + b"b\n")
    parts = [RawPart(f"file://{file}", 0, 0, 5), RawPart(f"file://{file}", 0, 5, 10)]
    assert [list(read_chunks(LocalObjectStore(), part, "UTF-8")) for part in parts] == [
        [b"a\n"],
        [BYTE_ORDER_MARK + b"b\n"],
    ]


@pytest.mark.parametrize(
    ("sizes", "tasks", "expected"),
    [
        pytest.param([10, 10], 2, [(0, 10), (0, 10)], id="as many files as tasks"),
        pytest.param([40], 4, [(0, 10), (10, 20), (20, 30), (30, 40)], id="one file for all tasks"),
        pytest.param([3, 41], 4, [(0, 3), (0, 10), (10, 20), (20, 30), (30, 41)], id="files of different size"),
    ],
)
def test_files_are_cut_so_that_all_tasks_have_work(sizes, tasks, expected):
    parts = split_files([(f"file:///{n}", size) for n, size in enumerate(sizes)], tasks)
    assert [(part.start, part.end) for part in parts] == expected


def test_large_files_are_cut_into_parts_of_bounded_size():
    parts = split_files([("file:///a", 1_000_000_000)], tasks=2)
    assert max(part.end - part.start for part in parts) <= raw_parts.PART_BYTES * 1.1
    assert sum(part.end - part.start for part in parts) == 1_000_000_000


PACKED = gzip.compress(b"".join(b"%d,brand\n" % number for number in range(20_000)))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(PACKED[: len(PACKED) // 2], id="cut"),
        pytest.param(PACKED[:-4], id="cut-in-its-last-bytes"),
        pytest.param(PACKED[:-8], id="cut-before-its-sum"),
        pytest.param(PACKED[:-8] + bytes(4) + PACKED[-4:], id="wrong-sum"),
        pytest.param(PACKED + b"more", id="followed-by-something-else"),
        pytest.param(b"PK\x03\x04" + PACKED, id="zip"),
    ],
)
def test_damaged_packed_file_is_an_error_and_not_the_rows_before_the_damage(content, tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(content)
    with pytest.raises((OSError, EOFError)):
        list(read_chunks(LocalObjectStore(), RawPart(str(path), 0, 0, len(content)), "UTF-8"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param("p.jsonl", gzip.compress(b"{}"), "is compressed with gzip, and its name", id="gzip"),
        pytest.param("p.jsonl.gz", gzip.compress(gzip.compress(b"{}")), "is compressed with gzip", id="gzip twice"),
        pytest.param("p.jsonl", b"PAR1\x15\x04", "is Parquet, but the contract expects text", id="Parquet"),
        pytest.param("p.jsonl", "{}".encode("utf-16"), "is UTF-16, not UTF-8", id="UTF-16"),
        pytest.param("p.jsonl", b"PK\x03\x04", "is a ZIP archive or a workbook, which the job does not read", id="ZIP"),
        pytest.param("p.jsonl.gz", b"{}", "cannot be unpacked: it is damaged or cut off", id="not packed"),
    ],
)
def test_file_of_another_kind_is_no_rows_whatever_its_name(tmp_path: Path, document, parse, name, content, message):
    said = document["schema"][0]["customProperties"]
    said[:] = [each for each in said if each["property"] != "csv"]
    said.append({"property": "files", "value": {"format": "jsonLines"}})
    contract, file = parse(document), tmp_path / name
    file.write_bytes(content)
    (header,) = read_headers(LocalObjectStore(), contract, [str(file)]).values()
    source = Source(str(file), 0, "q1", len(content), header, date(2024, 1, 1))
    with pytest.raises(DamagedFileError) as error:
        list(read_batches(LocalObjectStore(), RawPart(str(file), 0, 0, len(content)), source, contract))
    assert error.value.reason.startswith(message)
