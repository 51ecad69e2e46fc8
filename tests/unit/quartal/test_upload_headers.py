"""Files whose beginning does not match the contract are refused before anything is sent."""

import bz2
import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quartal.contracts.model import Contract, FileFormat
from quartal.core.errors import ConfigurationError, UploadError
from quartal.deliver.upload.destinations import plan_upload
from quartal.deliver.upload.first_rows import broken_beginnings
from quartal.deliver.upload.header_check import HeaderRule, check_headers

PROJECT = Path(__file__).parents[3]


def make_rule(
    required: tuple[str, ...] = ("id", "brand"), optional: tuple[str, ...] = (), **said: object
) -> HeaderRule:
    """The rule of a contract with these columns of text, and a day, which no test's file needs."""
    form = FileFormat(said.pop("format", FileFormat.CSV))
    columns = [{"name": f"c{n}", "physicalName": name, "required": True} for n, name in enumerate(required)]
    columns += [{"name": f"o{n}", "physicalName": name} for n, name in enumerate(optional)]
    content: dict[str, object] = {
        "version": "1",
        "dataset": "cars",
        "columns": columns,
        "files": {"format": form},
        "features": {"entity": ["c0"], "eventTime": {"date": "c0"}, "count": "cars"},
    }
    columns[0] |= {"logicalType": "date", "logicalTypeOptions": {"format": "yyyy-MM-dd"}}
    return HeaderRule(Contract.model_validate(content | ({"csv": said} if form is FileFormat.CSV else {})))


RULE = make_rule()


def make_items(folder: Path):
    return plan_upload([folder], raw_prefix="raw/", delivery="2024Q1")


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"id,brand\n1,BMW\n", id="plain"),
        pytest.param(b"\xef\xbb\xbfid,brand\n", id="byte order mark"),
        pytest.param(b"brand,id,colour\r\n", id="other order, more columns, other line end"),
        pytest.param(b'"id" , brand\n', id="quoted and spaced"),
        pytest.param(b"id,brand", id="no line end"),
        pytest.param(b"id,brand\r1,BMW\r", id="carriage returns alone, which end a line for the job too"),
        pytest.param(b"id,brand\n1,\xff\xfe\n", id="a bad row is for the quarantine"),
    ],
)
def test_header_that_the_job_can_read_passes(head: bytes):
    assert RULE.find_problem(head) is None


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        pytest.param(
            b"id;brand\n", "line 1 lacks the required column id, brand; its header is 'id;brand'", id="delimiter"
        ),
        pytest.param(b"1,BMW\n", "line 1 lacks the required column id, brand", id="no header"),
        pytest.param(b"\nid,brand\n", "line 1 lacks the required column id, brand", id="blank first line"),
        pytest.param(b"id,brand,id\n", "line 1 has the column id twice", id="twice"),
        pytest.param(b"id,br\xe4nd\n", "line 1 is not UTF-8 (byte 0xe4)", id="latin-1"),
        pytest.param("id,brand\n".encode("utf-16"), "is UTF-16, not UTF-8", id="utf-16"),
        pytest.param(b"id,br\0and\n", "line 1 holds NUL bytes", id="NUL"),
        pytest.param(
            b"id\r1\r", "line 1 lacks the required column brand; its header is 'id'", id="carriage returns alone"
        ),
        pytest.param(b"PK\x03\x04\x14\0\0\0", "is a ZIP archive", id="zip"),
        pytest.param(b"PAR1\x15\0", "is Parquet", id="parquet"),
        pytest.param(gzip.compress(b"id,brand\n"), "is compressed with gzip, and its name does not end", id="gzip"),
    ],
)
def test_unsuitable_header_is_reported_with_its_line(head: bytes, problem: str):
    assert (RULE.find_problem(head) or "").startswith(problem)


@pytest.mark.parametrize(
    ("form", "head", "problem"),
    [
        pytest.param("parquet", b"PAR1\x15\x04", None, id="parquet"),
        pytest.param(
            "parquet", b"id,brand\n", "is not Parquet, but the contract expects Parquet", id="csv for parquet"
        ),
        pytest.param("jsonLines", b'{"id": 1}\n{"id": 2}\n', None, id="json lines"),
        pytest.param("jsonLines", b'\xef\xbb\xbf {"brand": "x"', None, id="json lines that are for the job to judge"),
        pytest.param("jsonLines", b"[\n", "line 1 is no JSON object: '['", id="one json document"),
        pytest.param("jsonLines", b"PAR1\x15\x04", "is Parquet, but the contract expects text", id="parquet"),
    ],
)
def test_beginning_of_other_formats_matches_the_contract(form: str, head: bytes, problem: str | None):
    assert make_rule(format=FileFormat(form)).find_problem(head) == problem


def test_first_bad_file_is_named_and_the_others_listed(tmp_path: Path):
    (tmp_path / "a.csv").write_text("id,brand\n")
    (tmp_path / "b.csv").write_text("id\n")
    (tmp_path / "c.csv").touch()
    with pytest.raises(
        UploadError, match=r"b\.csv: line 1 lacks the required column brand.* Nothing was uploaded"
    ) as error:
        check_headers(make_items(tmp_path), RULE)
    assert [line.split(": ")[1] for line in error.value.details] == ["is empty"]


def test_compressed_file_is_looked_into(tmp_path: Path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"id,brand\n" * 100_000))
    check_headers(make_items(tmp_path), RULE)
    (tmp_path / "b.csv.gz").write_bytes(b"id,brand\n")
    with pytest.raises(UploadError, match=r"b\.csv\.gz: cannot be read"):
        check_headers(make_items(tmp_path), RULE)


@pytest.mark.parametrize(
    "members",
    [
        pytest.param([b"", b"id,brand\n1,x\n"], id="first-empty"),
        pytest.param([b"id,br", b"and\n1,x\n"], id="first-ends-inside-the-header"),
    ],
)
def test_gzip_of_several_members_is_read_as_gunzip_reads_it(tmp_path: Path, members: list[bytes]):
    (tmp_path / "a.csv.gz").write_bytes(b"".join(gzip.compress(member) for member in members) + bytes(512))
    check_headers(make_items(tmp_path), RULE)


def test_gzip_of_nothing_has_no_header(tmp_path: Path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"") * 2)
    with pytest.raises(UploadError, match=r"a\.csv\.gz: is empty: it has no header"):
        check_headers(make_items(tmp_path), RULE)


def test_file_without_bytes_is_no_parquet_and_may_be_json_lines(tmp_path: Path):
    (tmp_path / "a").touch()
    check_headers(make_items(tmp_path), make_rule(("id",), format=FileFormat.JSON_LINES))
    check_headers(make_items(tmp_path), make_rule(("id",), header=False))
    with pytest.raises(UploadError, match="is empty: it is no Parquet"):
        check_headers(make_items(tmp_path), make_rule(("id",), format=FileFormat.PARQUET))


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        pytest.param(["id", "Brand", "note"], None, id="as the job reads them"),
        pytest.param(["id", "other", "OTHER", "brand"], None, id="unknown ones"),
        pytest.param(["id"], "lacks the required column brand; it has id", id="missing"),
        pytest.param(["id", "brand", "Brand"], "column brand appears twice", id="required, by case"),
        pytest.param(["id", "brand", "note", "note"], "column note appears twice", id="optional"),
    ],
)
def test_columns_of_parquet_are_looked_at(tmp_path: Path, names: list[str], problem: str | None):
    pq.write_table(pa.table([["x"]] * len(names), names=names), tmp_path / "a.parquet")
    rule = make_rule(format="parquet", optional=("note",))
    if problem is None:
        check_headers(make_items(tmp_path), rule)
        return
    with pytest.raises(UploadError, match=rf"a\.parquet: {problem}"):
        check_headers(make_items(tmp_path), rule)


def test_damaged_parquet_is_refused_by_name(tmp_path: Path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + bytes(40) + b"PAR1")
    with pytest.raises(UploadError, match=r"a\.parquet: is not a Parquet file, or it is damaged"):
        check_headers(make_items(tmp_path), make_rule(("id",), format=FileFormat.PARQUET))


def test_optional_column_that_comes_twice_is_refused():
    rule = make_rule(("id",), optional=("note",))
    assert (rule.find_problem(b"id,note,note\n") or "").startswith("line 1 has the column note twice")
    assert rule.find_problem(b"id,x,x,,\n") is None


@pytest.mark.parametrize("rule", [RULE, make_rule(("id",), header=False)], ids=["header", "no-header"])
def test_name_for_which_spark_would_unpack_a_plain_file_is_refused(tmp_path: Path, rule: HeaderRule):
    (tmp_path / "a.csv.bz2").write_text("id,brand\n")
    with pytest.raises(UploadError, match=r"ends in \.bz2: use gzip, or rename it"):
        check_headers(make_items(tmp_path), rule)


def test_files_without_a_header_are_looked_at_too(tmp_path: Path):
    (tmp_path / "a.csv").write_bytes(b"PK\x03\x04")
    with pytest.raises(UploadError, match="is a ZIP archive"):
        check_headers(make_items(tmp_path), make_rule(("id",), header=False))


@pytest.mark.parametrize(
    ("name", "content", "cause"),
    [
        pytest.param("a.csv.bz2", bz2.compress(b"id,brand\n"), "is compressed with bzip2", id="bzip2"),
        pytest.param("a.csv.zst", b"\x28\xb5\x2f\xfd\x04\0", "is compressed with Zstandard", id="zstd"),
        pytest.param("a.csv.xz", b"\xfd7zXZ\0\0\x04", "is compressed with xz", id="xz"),
    ],
)
def test_compression_whose_header_the_job_cannot_read_is_named(tmp_path: Path, name: str, content: bytes, cause: str):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UploadError, match=cause) as error:
        check_headers(make_items(tmp_path), RULE)
    assert "compress it with gzip" in error.value.message


def test_suffix_in_capitals_is_gzip_too_and_its_key_ends_as_readers_know_it(tmp_path: Path):
    (tmp_path / "A.CSV.GZ").write_bytes(gzip.compress(b"id,brand\n"))
    (item,) = make_items(tmp_path)
    check_headers((item,), RULE)
    assert item.key == "raw/delivery=2024Q1/A.CSV.gz"


def test_lines_that_end_with_cr_alone_are_lines_where_values_may_hold_line_breaks_too():
    rule = make_rule(("id",), multiLine=True)
    assert rule.find_problem(b"id\r1\r") is None
    assert rule.find_problem(b'"id","a\nb"\r\n1,2\r\n') is None


def test_utf_16_is_read_if_the_contract_declares_it():
    rule = make_rule(encoding="UTF-16")
    assert rule.find_problem("id,brand\n".encode("utf-16")) is None
    assert "byte order mark" in (rule.find_problem("id,brand\n".encode("utf-16-le")) or "")
    assert "lacks the required column brand" in (rule.find_problem("id\n".encode("utf-16")) or "")
    without_header = make_rule(encoding="UTF-16", header=False)
    assert without_header.find_problem("2024-01-01,x\n".encode("utf-16")) is None
    assert "byte order mark" in (without_header.find_problem("2024-01-01,x\n".encode("utf-16-be")) or "")


def test_parquet_columns_of_types_that_the_contract_excludes_are_refused(tmp_path: Path):
    pq.write_table(pa.table({"id": [1.5], "brand": ["x"]}), tmp_path / "a.parquet")
    with pytest.raises(UploadError, match=r"a\.parquet: column id has values of type double, but the contract expects"):
        check_headers(make_items(tmp_path), make_rule(format="parquet"))


def test_encoding_is_the_contracts():
    latin = make_rule(("id", "größe"), encoding="ISO-8859-1")
    assert latin.find_problem("id,größe\n".encode("iso-8859-1")) is None
    assert (latin.find_problem("id,größe\n".encode()) or "").startswith("line 1 lacks the required column größe")


def test_rule_is_the_one_that_the_job_will_follow(tmp_path: Path):
    contract = (PROJECT / "data" / "contracts" / "charging_sessions.yaml").read_text()
    (tmp_path / "c.yaml").write_text(contract.replace("header: true", "header: true, encoding: ISO-8859-1"))
    rule = HeaderRule.of_dataset(tmp_path, "charging_sessions")
    assert rule.find_problem("session_id;site;plug;ended_at;duration_s;größe\n".encode("iso-8859-1")) is None
    assert "lacks the required column plug" in (rule.find_problem(b"session_id;site;ended_at;duration_s\n") or "")
    (tmp_path / "c.yaml").write_text(contract.replace("header: true", "header: false"))
    assert HeaderRule.of_dataset(tmp_path, "charging_sessions").find_problem(b"1;2\n") is None
    (tmp_path / "c.yaml").write_text(contract.replace("header: true", "encoding: EBCDIC"))
    with pytest.raises(ConfigurationError, match=r"csv\.encoding: .*EBCDIC") as error:
        HeaderRule.of_dataset(tmp_path, "charging_sessions")
    assert "contract lint" in error.value.remedy


def test_rule_comes_from_the_contract_of_the_dataset():
    rule = HeaderRule.of_dataset(PROJECT / "data" / "contracts", "vehicle_sightings")
    assert "lacks the required column sighting_id, date" in (rule.find_problem(b"brand,time\n") or "")
    check_headers(make_items(PROJECT / "data" / "sample" / "vehicle_sightings" / "delivery=2024Q1"), rule)


def test_dataset_without_a_contract_is_named(tmp_path: Path):
    with pytest.raises(ConfigurationError, match=r"has no data contract for the dataset sightings"):
        HeaderRule.of_dataset(tmp_path, "sightings")
    (tmp_path / "broken.yaml").write_text("schema: [{name: }")
    with pytest.raises(ConfigurationError, match=r"broken\.yaml is not a data contract"):
        HeaderRule.of_dataset(tmp_path, "sightings")


# ------------------------------------------------------------------- first rows


def first_rows(folder: Path, rule: HeaderRule) -> list[str]:
    return [str(each).removeprefix(f"{folder}/") for each in broken_beginnings(make_items(folder), rule.contract)]


def test_feed_with_invalid_first_rows_is_reported_with_an_example(tmp_path: Path):
    (tmp_path / "good.csv").write_text("id,brand\n2024-01-01,x\nyesterday,x\n")
    (tmp_path / "wrong.csv").write_text("id,brand\n" + "".join(f"0{n}.01.2024,x\n" for n in range(1, 8)))
    (tmp_path / "short.csv").write_text("id,brand\n01.01.2024,x\n")
    assert first_rows(tmp_path, RULE) == [
        "short.csv: the first row breaks c0.format, such as '01.01.2024'",
        "wrong.csv: of the first 7 rows 7 break c0.format, such as '01.01.2024'",
    ]


@pytest.mark.parametrize("write", [lambda p, c: p.write_bytes(c), lambda p, c: p.write_bytes(gzip.compress(c))])
def test_first_rows_are_those_of_a_large_file_and_a_last_line_that_is_cut_is_none(tmp_path: Path, write):
    packed = write(tmp_path / "a", b"")  # gzip writes a header even for nothing
    (tmp_path / "a").unlink()
    name = "a.csv.gz" if packed else "a.csv"
    write(tmp_path / name, b"id,brand\n" + b"2024-01-01,x\n" * 100_000)
    assert first_rows(tmp_path, RULE) == []
    write(tmp_path / name, b"id,brand\n" + b"2024-01-01\n" * 100_000)
    (found,) = first_rows(tmp_path, RULE)
    assert "break row.field_count" in found


@pytest.mark.parametrize(("form", "suffix"), [("jsonLines", "json"), ("parquet", "parquet")])
def test_first_rows_of_other_formats_are_judged_too(tmp_path: Path, form: str, suffix: str):
    if form == "parquet":
        pq.write_table(pa.table({"id": ["x", "y"], "brand": ["a", "b"]}), tmp_path / "a.parquet")
    else:
        (tmp_path / "a.json").write_text('{"id": "x", "brand": "a"}\n{"id": "y", "brand": "b"}\n')
    assert first_rows(tmp_path, make_rule(format=form)) == [
        f"a.{suffix}: of the first 2 rows 2 break c0.format, such as 'x'"
    ]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_few_bad_rows_are_not_reported(tmp_path: Path, name: str):
    """Rows that are read in different ways come in batches of their own, the odd ones first."""
    content = b"id,brand\n" + b'2024-01-01,x\n2024-01-01\n2024-01-01,"x ""y"""\n' + b"2024-01-01,x\n" * 50_000
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert first_rows(tmp_path, RULE) == []


def test_first_rows_of_utf_16_are_judged(tmp_path: Path):
    for days, told in ((["2024-01-01"] * 9, []), (["1.1.24"] * 9, ["a.csv: of the first 9 rows 9 break c0.format"])):
        (tmp_path / "a.csv").write_bytes(("id,brand\n" + "".join(f"{day},x\n" for day in days)).encode("utf-16"))
        assert [each.partition(", such")[0] for each in first_rows(tmp_path, make_rule(encoding="UTF-16"))] == told
