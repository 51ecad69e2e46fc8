import gzip

import pytest

from etl_job.errors import InputError
from etl_job.object_store import LocalObjectStore
from etl_job.raw_files import Header
from etl_job.reading import parse_header


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
