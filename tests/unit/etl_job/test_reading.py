import gzip
from pathlib import Path

import pytest

from etl_job.contract.document import parse_contract
from etl_job.errors import InputError
from etl_job.lake.files import LocalObjectStore
from etl_job.reading.batches import Header
from etl_job.reading.headers import HEAD_BYTES, parse_header, read_headers

ROOT = Path(__file__).parents[3]
HEAD = b"sighting_id,brand,date,time\n"


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


def test_header_of_a_gzip_file_is_behind_members_without_content_and_padding(contract):
    packed = gzip.compress(b"") + bytes(20) + gzip.compress(b"") + gzip.compress(b"sighting_id,brand,date,time\n")
    assert parse_header(packed, "s3://b/f.csv.gz", contract).columns[1] == "brand"


@pytest.mark.parametrize(
    ("encoding", "head"),
    [
        pytest.param("UTF-16", "sighting_id,brand,date,time,größe\r\n".encode("utf-16"), id="utf-16 little"),
        pytest.param("UTF-16", "\ufeffsighting_id,brand,date,time,größe\r\n".encode("utf-16-be"), id="utf-16 big"),
        pytest.param("windows-1252", "sighting_id,brand,date,time,größe\n".encode("cp1252"), id="windows-1252"),
        pytest.param("ISO-8859-1", "sighting_id,brand,date,time,größe\n".encode("latin-1"), id="latin-1"),
    ],
)
def test_header_is_decoded_by_the_contract(contract, encoding, head):
    contract = contract.model_copy(update={"csv": contract.csv.model_copy(update={"encoding": encoding})})
    assert parse_header(head, "s3://b/f.csv", contract).columns[-1] == "größe"


def test_file_without_the_mark_of_utf_16_is_refused(contract):
    contract = contract.model_copy(update={"csv": contract.csv.model_copy(update={"encoding": "UTF-16"})})
    with pytest.raises(InputError, match=r"f\.csv does not begin with a byte order mark"):
        parse_header("sighting_id,brand,date,time\n".encode("utf-16-le"), "s3://b/f.csv", contract)


def test_header_that_breaks_lines_is_one_record(contract):
    contract = contract.model_copy(update={"csv": contract.csv.model_copy(update={"multi_line": True})})
    header = parse_header(b'sighting_id,brand,date,time,"a\nb"\nx', "s3://b/f.csv", contract)
    assert header.columns[-1] == "a\nb"


def test_all_files_that_lack_a_column_are_named(contract, tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.csv").write_text("sighting_id,brand,date,time\n" if name == "b" else "x\n")
    uris = [f"{tmp_path.as_uri()}/{name}.csv" for name in ("a", "b", "c")]
    with pytest.raises(InputError, match=r"a\.csv lacks the required column .*Nor can \S+/c\.csv be read as they are"):
        read_headers(LocalObjectStore(), contract, uris)


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
    with pytest.raises(InputError, match=rf"s3://b/f.csv has the column {column} twice; .*nothing was written"):
        parse_header(head, "s3://b/f.csv", charging)


def test_header_may_name_columns_twice_that_the_contract_does_not_know(contract):
    assert parse_header(b"sighting_id,brand,date,time,x,x,,\n", "s3://b/f.csv", contract).columns[4:] == (
        "x",
        "x",
        "",
        "",
    )


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        pytest.param("f.csv", gzip.compress(HEAD), "is compressed with gzip, and its name", id="gzip"),
        pytest.param(
            "f.csv.gz", gzip.compress(gzip.compress(HEAD)), "is compressed with gzip twice", id="gzip in gzip"
        ),
        pytest.param("f.csv", HEAD.decode().encode("utf-16"), "is UTF-16, not UTF-8", id="UTF-16"),
        pytest.param("f.csv", b"PK\x03\x04" + HEAD, "is a ZIP archive or a workbook", id="workbook"),
    ],
)
def test_file_that_is_no_text_is_named_as_what_it_is(contract, name, content, problem):
    with pytest.raises(InputError, match=rf"s3://b/{name} {problem}.*; nothing was written"):
        parse_header(content, f"s3://b/{name}", contract)


def test_header_of_a_damaged_gzip_file_stops_the_run(contract):
    with pytest.raises(
        InputError, match=r"s3://b/f\.csv\.gz cannot be unpacked .*not a gzip file.*nothing was written"
    ):
        parse_header(b"sighting_id,brand,date,time\n", "s3://b/f.csv.gz", contract)


@pytest.mark.parametrize("head", [b"", b"sighting_id;brand;date;time\n", b"S1,Opel,2024-01-01,00:00:00\n"])
def test_header_without_required_columns_stops_the_run(contract, head):
    with pytest.raises(InputError, match=r"s3://b/f.csv lacks the required column sighting_id, .*nothing was written"):
        parse_header(head, "s3://b/f.csv", contract)


def test_optional_column_in_other_letters_is_refused_and_not_taken_for_a_missing_one():
    text = (ROOT / "data" / "contracts" / "charging_sessions.yaml").read_text()
    charging = parse_contract(text, "c.yaml", "charging_sessions")
    names = [each.name for each in charging.columns]
    without = [name for name in names if name != "member"]
    assert parse_header(";".join(without).encode(), "f.csv", charging).columns == tuple(without)
    assert parse_header(";".join([*names, "Member"]).encode(), "f.csv", charging).columns[-1] == "Member"
    with pytest.raises(
        InputError, match=r"f.csv has the column Member, but the contract names it member: .*physicalName"
    ):
        parse_header(";".join([*without, "Member"]).encode(), "f.csv", charging)


@pytest.mark.parametrize("is_packed", [False, True], ids=["plain", "packed"])
def test_header_that_goes_on_behind_what_is_read_of_it_is_refused_and_not_cut(contract, is_packed):
    head = "sighting_id,brand,date,time," + ",".join(f"column_{number:05d}" for number in range(6_000)) + "\na"
    content = gzip.compress(head.encode(), 0) if is_packed else head.encode()
    with pytest.raises(InputError, match=r"s3://b/f.csv\S* has a header longer than 64 KB, .*nothing was written"):
        parse_header(content[:HEAD_BYTES], f"s3://b/f.csv{'.gz' if is_packed else ''}", contract)


def test_second_byte_order_mark_is_a_part_of_the_first_name_as_it_is_of_the_line(contract):
    with pytest.raises(InputError, match=r"lacks the required column sighting_id; its header is '\\ufeffsighting_id"):
        parse_header("\ufeff\ufeffsighting_id,brand,date,time\n".encode(), "s3://b/f.csv", contract)


@pytest.mark.parametrize("header", [True, False])
def test_utf_16_without_its_mark_is_refused_with_or_without_a_header(contract, tmp_path, header):
    form = {"encoding": "UTF-16", "header": header}
    contract = contract.model_copy(update={"csv": contract.csv.model_copy(update=form)})
    (tmp_path / "a.csv").write_bytes("sighting_id,brand,date,time\n".encode("utf-16-be"))
    (tmp_path / "b.csv").write_bytes("sighting_id,brand,date,time\n".encode("utf-16"))
    assert read_headers(LocalObjectStore(), contract, [f"{tmp_path.as_uri()}/b.csv"])
    with pytest.raises(InputError, match=r"a\.csv does not begin with a byte order mark"):
        read_headers(LocalObjectStore(), contract, [f"{tmp_path.as_uri()}/a.csv"])


def test_local_store_reads_what_it_wrote(tmp_path):
    store = LocalObjectStore()
    uri = f"{tmp_path.as_uri()}/runs/r1.json"
    store.write(uri, b"{}")
    (listed,) = store.list_files(f"{tmp_path.as_uri()}/runs/")
    assert (listed.uri, listed.size_bytes, store.read(uri), store.read(uri, 1)) == (uri, 2, b"{}", b"{")
