"""Parts of files as tasks stage them: encodings, packed and damaged files, files too big to be held."""

import gzip
import io
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl_job.contract.model import Contract
from etl_job.contract.schemas import LINE, ROW, value_column
from etl_job.deliveries.raw_table import Delivery
from etl_job.errors import InputError
from etl_job.judging.sql_columns import SqlColumns
from etl_job.lake.files import LocalObjectStore
from etl_job.reading import csv_rows, parts
from etl_job.reading.readers import raw_parts
from etl_job.staging import parts as staged_parts
from etl_job.staging.intake import list_sources, stage_rows
from etl_job.staging.parts import PartStager, Staged, stage_part
from etl_job.staging.store import StagingFolder

from .conftest import run_context
from .frozen.cases import COLUMNS_OF_FILES

HEADER = "id,place,at,amount,note"


def make_contract(**said: Any) -> Contract:
    at = {"format": "yyyy-MM-dd HH:mm:ss", "timeZone": "UTC"}
    columns = [*COLUMNS_OF_FILES[:2], {**COLUMNS_OF_FILES[2], "logicalTypeOptions": at}, *COLUMNS_OF_FILES[3:]]
    features = {"entity": ["place"], "eventTime": {"timestamp": "at"}, "count": "events"}
    return Contract.model_validate(
        {"version": "1", "dataset": "staged", "columns": columns, "features": features} | said
    )


def row(number: int, place: str = "Süd", note: str = "") -> str:
    return f"k{number},{place},2024-01-{number % 28 + 1:02d} 10:00:00,{number},{note}"


class StagedFiles:
    """Files, staged part by part."""

    def __init__(self, root: Path, contract: Contract, files: dict[str, bytes]) -> None:
        (root / "raw").mkdir()
        for name, content in files.items():
            (root / "raw" / name).write_bytes(content)
        store, self.root = LocalObjectStore(), root
        delivery = Delivery("d", store.list_files(f"file://{root}/raw"))
        sources = list_sources(store, contract, [delivery])
        stager = PartStager(store, contract, sources, StagingFolder(f"file://{root}/staged"), SqlColumns())
        self.done = sum((stage_part(stager, each) for each in enumerate(raw_parts(sources, contract, 1))), Staged())

    def rows(self, kind: str) -> list[dict[str, Any]]:
        files = sorted((self.root / "staged" / f"kind={kind}").glob("*.parquet"))
        return [found for file in files for found in pq.read_table(file, partitioning=None).to_pylist()]


@pytest.mark.parametrize(
    ("encoding", "codec"),
    [
        pytest.param("UTF-8", "utf-8-sig", id="utf-8 with a mark"),
        pytest.param("ISO-8859-1", "latin-1", id="latin-1"),
        pytest.param("windows-1252", "cp1252", id="windows-1252"),
        pytest.param("UTF-16", "utf-16", id="utf-16"),
    ],
)
@pytest.mark.parametrize("multi_line", [True, False], ids=["across lines", "in lines"])
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_file_is_read_in_its_encoding_with_all_line_ends(tmp_path, monkeypatch, encoding, codec, multi_line, suffix):
    contract = make_contract(csv={"encoding": encoding, "multiLine": multi_line})
    for end in ("\n", "\r\n", "\r"):
        text = end.join([HEADER, *(row(n) for n in range(5)), "", row(5, '"a ""ß"", b"')])
        content = text.encode(codec)
        inside_a_character = len(f"{HEADER}{end}k0,S".encode(codec)) + 1
        inside_a_line_end = len(f"{HEADER}{end}{row(0)}{end[0]}".encode(codec))
        for chunk_bytes in (inside_a_character, inside_a_line_end):
            monkeypatch.setattr(parts, "CHUNK_BYTES", chunk_bytes)
            root = tmp_path / f"{end.encode().hex()}-{chunk_bytes}"
            root.mkdir()
            packed = gzip.compress(content) if ".gz" in suffix else content
            staged = StagedFiles(root, contract, {f"a{suffix}": packed})
            places = Counter(each[value_column("place")] for each in staged.rows("valid"))
            assert places == {"Süd": 5, 'a "ß", b': 1}
            assert staged.done.rows == 6


def test_bytes_that_are_no_text_in_their_encoding_are_named_by_their_row(tmp_path):
    content = "\n".join([HEADER, row(1), row(2)]).encode("cp1252").replace(b"k2,S\xfcd", b"k2,S\x81d")
    staged = StagedFiles(tmp_path, make_contract(csv={"encoding": "windows-1252"}), {"a.csv": content})
    assert [each[LINE] for each in staged.rows("broken")] == [row(2).replace("ü", "\ufffd")]
    encoding = make_contract().rule_names.index("row.encoding")
    assert staged.done.tally == {("d", 0, 0): 1, ("d", 1 << encoding, 0): 1}
    assert staged.rows("valid")[0][value_column("place")] == "Süd"


@pytest.mark.parametrize("multi_line", [True, False], ids=["across lines", "in lines"])
@pytest.mark.parametrize("other", [row(2), row(2, "S\udcff")], ids=["text", "no text"])
def test_character_that_means_nothing_is_text_whatever_its_neighbours_are(tmp_path, multi_line, other):
    odd = [row(1, "\ufdd0\ufdd1\ufdef"), row(3, "\ufdd0\ufffd"), row(4, "\uffff")]
    content = "\n".join([HEADER, *odd, other]).encode("utf-8", "surrogateescape")
    staged = StagedFiles(tmp_path, make_contract(csv={"multiLine": multi_line}), {"a.csv": content})
    places = {each[value_column("place")] for each in staged.rows("valid")}
    assert places >= {line.split(",")[1] for line in odd}
    assert len(staged.rows("broken")) == (other != row(2))


def test_header_with_bytes_that_are_no_text_is_no_row_wherever_it_stands(tmp_path):
    header = HEADER.encode() + b",\xff"
    content = b"\n".join([header, row(1).encode() + b",", header, row(2).encode() + b","])
    staged = StagedFiles(tmp_path, make_contract(), {"a.csv": content})
    assert staged.done.tally == {("d", 0, 0): 2}


@pytest.mark.parametrize("multi_line", [True, False], ids=["across lines", "in lines"])
def test_members_padding_and_members_without_content_are_unpacked_as_gunzip_does(tmp_path, multi_line):
    first, second = "\n".join([HEADER, row(1)]), "\n" + row(2) + "\n"
    packed = gzip.compress(b"") + gzip.compress(first.encode()) + gzip.compress(second.encode()) + bytes(512)
    staged = StagedFiles(tmp_path, make_contract(csv={"multiLine": multi_line}), {"a.csv.gz": packed})
    assert (staged.done.rows, staged.done.damaged) == (2, {})


def test_every_damaged_file_is_named_with_its_cause(tmp_path):
    whole = gzip.compress("\n".join([HEADER, *(row(n, f"{n * 7919 % 9973}") for n in range(50_000))]).encode())
    files = {"a.csv.gz": whole[:-400], "b.csv.gz": whole, "c.csv.gz": whole[:-8] + bytes(4) + whole[-4:]}
    staged = StagedFiles(tmp_path, make_contract(), files)
    damaged = {uri.rpartition("/")[2]: reason for uri, reason in staged.done.damaged.items()}
    assert damaged.keys() == {"a.csv.gz", "c.csv.gz"}
    assert "end-of-stream" in damaged["a.csv.gz"]
    assert "CRC" in damaged["c.csv.gz"]


@pytest.mark.parametrize("form", ["in lines", "across lines", "JSON lines", "UTF-16"])
@pytest.mark.parametrize("is_packed", [False, True], ids=["plain", "packed"])
@pytest.mark.parametrize("is_last", [False, True], ids=["in the middle", "at the end"])
def test_line_without_end_is_named_and_not_held(tmp_path, monkeypatch, form, is_packed, is_last):
    monkeypatch.setattr(parts, "LONGEST_LINE_BYTES", 200_000)
    monkeypatch.setattr(csv_rows, "LONGEST_LINE_BYTES", 200_000)
    monkeypatch.setattr(parts, "CHUNK_BYTES", 50_000)
    monkeypatch.setattr(parts, "PART_BYTES", 150_000)
    said = (
        {"files": {"format": "jsonLines"}} if form == "JSON lines" else {"csv": {"multiLine": form == "across lines"}}
    )
    if form == "UTF-16":
        said["csv"] |= {"encoding": "UTF-16"}
    content = "\n".join([HEADER, row(1), "k2," + "x" * 3_000_000, *([] if is_last else [row(3)])])
    data = content.encode("utf-16" if form == "UTF-16" else "utf-8")
    files = {"a.csv.gz" if is_packed else "a.csv": gzip.compress(data) if is_packed else data}
    most: list[int] = []
    stage = staged_parts.read_batches

    def watched(*arguments):
        for batch in stage(*arguments):
            most.append(batch.raw.nbytes)
            yield batch

    monkeypatch.setattr(staged_parts, "read_batches", watched)
    staged = StagedFiles(tmp_path, make_contract(**said), files)
    assert staged.done.damaged
    assert all("is longer than" in reason for reason in staged.done.damaged.values())
    assert max(most, default=0) < 300_000


def test_line_that_is_as_long_as_a_line_may_be_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "LONGEST_LINE_BYTES", 200_000)
    monkeypatch.setattr(parts, "CHUNK_BYTES", 50_000)
    content = "\n".join([HEADER, row(1), row(2, note="x" * 190_000), row(3)])
    staged = StagedFiles(tmp_path, make_contract(), {"a.csv": content.encode()})
    assert (staged.done.rows, staged.done.damaged) == (3, {})


def test_damaged_row_group_of_parquet_is_named_with_its_cause(tmp_path):
    content = io.BytesIO()
    numbers = range(3_000)
    table = pa.table({"id": [f"k{n}" for n in numbers], "place": ["a"] * 3_000, "at": ["2024-01-01 10:00:00"] * 3_000})
    pq.write_table(table, content, row_group_size=1_000)
    spoilt = bytearray(content.getvalue())
    spoilt[200:900] = b"\xff" * 700
    contract = make_contract(files={"format": "parquet"})
    staged = StagedFiles(tmp_path, contract, {"a.parquet": bytes(spoilt), "b.parquet": content.getvalue()})
    assert {uri.rpartition("/")[2] for uri in staged.done.damaged} == {"a.parquet"}


def test_parquet_text_that_is_none_is_named_by_its_row(tmp_path):
    texts = pa.array([b"Nord", b"S\xfcd"]).view(pa.string())
    table = pa.table({"id": ["a", "b"], "place": texts, "at": ["2024-01-01 10:00:00"] * 2})
    content = io.BytesIO()
    pq.write_table(table, content)
    staged = StagedFiles(tmp_path, make_contract(files={"format": "parquet"}), {"a.parquet": content.getvalue()})
    encoding = make_contract().rule_names.index("row.encoding")
    assert staged.done.tally == {("d", 0, 0): 1, ("d", 1 << encoding, 0): 1}


def test_rows_of_a_part_are_written_in_files_of_bounded_size(tmp_path, monkeypatch):
    monkeypatch.setattr(staged_parts, "FILE_BYTES", 3_000)
    monkeypatch.setattr(parts, "CHUNK_BYTES", 1_000)
    content = gzip.compress("\n".join([HEADER, *(row(n) for n in range(2_000)), "bad"]).encode())
    staged = StagedFiles(tmp_path, make_contract(), {"a.csv.gz": content})
    assert len(list((tmp_path / "staged" / "kind=valid").iterdir())) > 5
    assert [each[ROW] for each in staged.rows("valid")] == list(range(1, 2_001))
    assert [each[LINE] for each in staged.rows("broken")] == ["bad"]


class InProcess:
    """What staging asks of Spark, done at once."""

    defaultParallelism = 2  # noqa: N815 - Spark's name

    def __init__(self) -> None:
        self.sparkContext = self

    def parallelize(self, items: list[Any], _tasks: int) -> "InProcess":
        self.items = items
        return self

    def map(self, function: Any) -> "InProcess":
        self.items = [function(item) for item in self.items]
        return self

    def collect(self) -> list[Any]:
        return self.items


class Replacing(LocalObjectStore):
    """A store whose files another replaces as soon as somebody has begun to read them."""

    def __init__(self, name: str, content: bytes | None) -> None:
        self.name, self.content = name, content

    def open(self, uri: str, first_byte: int = 0) -> Any:
        file = super().open(uri, first_byte)
        if uri.endswith(self.name) and self.content is not None:
            self.write(uri, self.content)
        return file


@pytest.mark.parametrize("replaced", [True, False], ids=["replaced", "left"])
def test_file_that_is_replaced_while_it_is_read_stops_the_run(tmp_path, replaced):
    for name in ("a", "b"):
        (tmp_path / "raw" / f"delivery={name}").mkdir(parents=True)
        (tmp_path / "raw" / f"delivery={name}" / "f.csv").write_text("\n".join([HEADER, row(1), row(2)]))
    store = Replacing("delivery=b/f.csv", f"{HEADER}\n{row(3)}".encode() if replaced else None)
    deliveries = tuple(
        Delivery(name, store.list_files(f"file://{tmp_path}/raw/delivery={name}")) for name in ("a", "b")
    )
    spark: Any = InProcess()
    context = run_context(spark, store, make_contract(), tmp_path)
    stage = partial(stage_rows, context, deliveries, StagingFolder(f"file://{tmp_path}/staged"))
    if not replaced:
        assert stage().done.rows == 4
        return
    with pytest.raises(InputError, match=r"delivery=b/f\.csv: replaced while the run read the files.*run again"):
        stage()
