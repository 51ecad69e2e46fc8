import gzip
from pathlib import Path

import pytest

from etl_job.contract_document import parse_contract
from etl_job.errors import InputError
from etl_job.object_store import LocalObjectStore
from etl_job.packed_files import DAMAGED, PADDED
from etl_job.raw_files import Header
from etl_job.reading import parse_header, unread_files

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("head", "line"),
    [
        pytest.param(b"sighting_id,brand,date,time\nx,y", "sighting_id,brand,date,time", id="plain"),
        pytest.param(b"sighting_id,brand,date,time\r\nx,y", "sighting_id,brand,date,time", id="crlf"),
        pytest.param(b'sighting_id,"brand",date, time', 'sighting_id,"brand",date, time', id="quoted and padded"),
        pytest.param(
            "\ufeffsighting_id,brand,date,time\n".encode(), "sighting_id,brand,date,time", id="byte order mark"
        ),
    ],
)
def test_header_gives_names_and_the_line_as_spark_reads_it(contract, head, line):
    assert parse_header(head, "s3://b/f.csv", contract) == Header(line, ("sighting_id", "brand", "date", "time"))


def test_header_of_a_gzip_file_is_read_from_its_first_bytes(contract):
    packed = gzip.compress(b"sighting_id,brand,date,time\n" + b"x" * 10_000)
    assert parse_header(packed[:60], "s3://b/f.csv.gz", contract).columns[1] == "brand"


@pytest.mark.parametrize(
    "members",
    [
        pytest.param([b"", b"sighting_id,brand,date,time\nx,y\n"], id="first-empty"),
        pytest.param([b"sighting_id,bra", b"nd,date,time\n", b"x"], id="first-ends-inside-the-header"),
        pytest.param([b"sighting_id,brand,date,time", b""], id="header-alone"),
    ],
)
def test_header_of_a_gzip_file_of_several_members_is_read_as_gunzip_reads_it(contract, members):
    packed = b"".join(gzip.compress(member) + bytes(7) for member in members)
    found = parse_header(packed, "s3://b/f.csv.gz", contract)
    assert found.columns == ("sighting_id", "brand", "date", "time")


@pytest.mark.parametrize("column", ["site", "member"], ids=["required", "optional"])
def test_header_that_names_a_known_column_twice_stops_the_run(column):
    text = (ROOT / "data" / "contracts" / "charging_sessions.yaml").read_text()
    charging = parse_contract(text, "c.yaml", "charging_sessions")
    head = ";".join([*(each.name for each in charging.columns), "other", "other", column]).encode()
    with pytest.raises(InputError, match=rf"s3://b/f.csv names {column} twice: .*nothing was written"):
        parse_header(head, "s3://b/f.csv", charging)


def test_header_may_name_columns_twice_that_the_contract_does_not_know(contract):
    assert parse_header(b"sighting_id,brand,date,time,x,x,,\n", "s3://b/f.csv", contract).columns[4:] == (
        "x",
        "x",
        "",
        "",
    )


def test_file_of_cr_alone_is_refused_where_values_may_hold_line_breaks(contract):
    multi_line = contract.model_copy(update={"csv": contract.csv.model_copy(update={"multi_line": True})})
    head = b"sighting_id,brand,date,time\rx,y\r"
    assert parse_header(head, "s3://b/f.csv", contract).columns[0] == "sighting_id"
    with pytest.raises(InputError, match=r"s3://b/f.csv ends its lines with CR alone, .*nothing was written"):
        parse_header(head, "s3://b/f.csv", multi_line)
    assert parse_header(head.replace(b"\r", b"\r\n"), "s3://b/f.csv", multi_line).columns[3] == "time"


def test_all_files_that_spark_cannot_unpack_are_found_with_the_reason(tmp_path):
    part = gzip.compress(b"a\n")
    contents = {
        "a-members.csv.gz": gzip.compress(b"") + part + gzip.compress(b"") + gzip.compress(bytes(5_000_000)),
        "b-padded.csv.gz": part + bytes(512),
        "c-padding-between.csv.gz": part + bytes(9) + part,
        "d-no-gzip-behind.csv.gz": part + b"junk",
        "e-end-missing.csv.gz": part + part[:-3],
        "f-no-gzip.csv.gz": b"junk",
        "g-plain.csv": b"junk",
        "h-checksum.csv.gz": part[:-8] + bytes(4) + part[-4:],
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    uris = [path.as_uri() for path in sorted(tmp_path.iterdir())]
    found = unread_files(LocalObjectStore(), uris)
    assert {uri.rpartition("/")[2][0]: reason for uri, reason in found.items()} == {
        "b": PADDED, "c": PADDED, "d": DAMAGED, "e": DAMAGED, "f": DAMAGED, "h": DAMAGED,
    }  # fmt: skip


def test_header_of_a_damaged_gzip_file_stops_the_run(contract):
    with pytest.raises(InputError, match=r"s3://b/f\.csv\.gz cannot be unpacked .*no gzip file.*nothing was written"):
        parse_header(b"sighting_id,brand,date,time\n", "s3://b/f.csv.gz", contract)


@pytest.mark.parametrize("head", [b"", b"sighting_id;brand;date;time\n", b"S1,Opel,2024-01-01,00:00:00\n"])
def test_header_without_required_columns_stops_the_run(contract, head):
    with pytest.raises(InputError, match=r"s3://b/f.csv lacks the required column sighting_id, .*nothing was written"):
        parse_header(head, "s3://b/f.csv", contract)


def test_local_store_reads_what_it_wrote(tmp_path):
    store = LocalObjectStore()
    uri = f"{tmp_path.as_uri()}/runs/r1.json"
    store.write(uri, b"{}")
    (listed,) = store.list_files(f"{tmp_path.as_uri()}/runs/")
    assert (listed.uri, listed.size_bytes, store.read(uri), store.read(uri, 1)) == (uri, 2, b"{}", b"{")
