"""Heads of files that are no header: one reason that names the file."""

import gzip
import io
import random
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl_job.errors import InputError
from etl_job.lake.files import LocalObjectStore
from etl_job.reading.headers import parse_header
from etl_job.reading.parquet_columns import parquet_columns

HEADER = b"sighting_id,brand,date,time\n"


@pytest.mark.parametrize(
    ("name", "head"),
    [
        pytest.param("a.csv", b"x" * 200_000, id="one-endless-line"),
        pytest.param("a.csv", b'"' + b"x" * 200_000, id="quote-never-closed"),
        pytest.param("a.csv", bytes(1000), id="null-bytes"),
        pytest.param("a.csv", b"PK\x03\x04" + bytes(100), id="zip"),
        pytest.param("a.csv.gz", gzip.compress(bytes(50_000_000)), id="bomb"),
        pytest.param("a.csv.gz", b"PK\x03\x04" + bytes(100), id="zip-called-gzip"),
        pytest.param("a.csv.gz", HEADER, id="plain-called-gzip"),
    ],
)
def test_head_that_is_no_header_is_refused_by_the_file_name(contract, name, head):
    with pytest.raises(InputError, match=re.escape(name)) as raised:
        parse_header(head, name, contract)
    assert len(str(raised.value)) < 1000
    assert str(raised.value).isprintable()


def parquet_file():
    found = io.BytesIO()
    pq.write_table(pa.table({name: ["a"] for name in ("sighting_id", "brand", "date", "time")}), found)
    return found.getvalue()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda whole: whole[:-20], id="cut"),
        pytest.param(lambda whole: b"", id="empty"),
        pytest.param(lambda whole: whole[:-8] + b"\xff" * 4 + b"PAR1", id="footer-of-four-gigabytes"),
        pytest.param(lambda whole: whole[:-8] + bytes(4) + b"PAR1", id="footer-of-nothing"),
        pytest.param(lambda whole: whole[:-200] + bytes(192) + whole[-8:], id="footer-of-zeros"),
    ],
)
def test_damaged_parquet_file_is_refused_by_its_name(contract, tmp_path, spoil):
    path = tmp_path / "a.parquet"
    path.write_bytes(spoil(parquet_file()))
    with pytest.raises(InputError, match=r"a\.parquet is not a Parquet file, or it is damaged"):
        parquet_columns(LocalObjectStore(), str(path), contract)


def test_parquet_file_with_a_footer_of_gigabytes_is_refused_before_it_is_read(contract, tmp_path):
    class Counting(LocalObjectStore):
        most = 0

        def read_end(self, uri: str, last_bytes: int) -> bytes:
            self.most = max(self.most, last_bytes)
            return super().read_end(uri, last_bytes)

    path, store = tmp_path / "a.parquet", Counting()
    path.write_bytes(parquet_file()[:-8] + (2**31 - 1).to_bytes(4, "little") + b"PAR1")
    with pytest.raises(InputError, match=r"a\.parquet is not a Parquet file, or it is damaged"):
        parquet_columns(store, str(path), contract)
    assert store.most < 1_000_000


def test_encrypted_parquet_file_is_named_as_such(contract, tmp_path):
    path = tmp_path / "a.parquet"
    path.write_bytes(parquet_file()[:-4] + b"PARE")
    with pytest.raises(
        InputError, match=r"a\.parquet is encrypted Parquet: deliver it unencrypted; nothing was written"
    ):
        parquet_columns(LocalObjectStore(), str(path), contract)


def test_parquet_footer_with_any_bytes_changed_is_read_or_refused(contract, tmp_path):
    path, whole, chance = tmp_path / "a.parquet", parquet_file(), random.Random(1)  # noqa: S311 - a seed, no secret
    footer = int.from_bytes(whole[-8:-4], "little")
    refused = 0
    for _ in range(500):  # each a footer of its own
        changed = bytearray(whole)
        for _place in range(3):
            changed[len(whole) - 9 - chance.randrange(footer)] = chance.randrange(256)
        path.write_bytes(changed)
        try:
            parquet_columns(LocalObjectStore(), str(path), contract)
        except InputError:
            refused += 1
    assert refused > 0


@pytest.mark.parametrize("other", ["brand", "Brand"])
def test_column_that_a_parquet_file_has_twice_is_refused_by_name(contract, tmp_path, other):
    names = ["sighting_id", "brand", "date", "time", "x", "X", other]
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table([["a"]] * len(names), names=names), path)
    with pytest.raises(InputError, match=r"a\.parquet: column brand appears twice .*nothing was written"):
        parquet_columns(LocalObjectStore(), str(path), contract)


def test_columns_that_the_contract_does_not_know_may_be_there_twice_and_nested(contract, tmp_path):
    path = tmp_path / "a.parquet"
    known = {name: ["a"] for name in ("sighting_id", "brand", "date", "time")}
    table = pa.table({**known, "x": [{"p": 1, "q": {"r": 2}}], "y": [[1, 2]]}).append_column("Y", pa.array(["a"]))
    pq.write_table(table, path)
    assert parquet_columns(LocalObjectStore(), str(path), contract).columns == tuple(known)
