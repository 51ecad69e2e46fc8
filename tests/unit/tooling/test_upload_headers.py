"""Files that do not begin as the contract says are refused before anything is sent."""

import gzip
from pathlib import Path

import pytest

from quartal.errors import ConfigurationError, UploadError
from quartal.uploading.header_check import HeaderRule, check_headers
from quartal.uploading.plan import plan_upload

PROJECT = Path(__file__).parents[3]
RULE = HeaderRule(("id", "brand"))


def items_of(folder: Path):
    return plan_upload([folder], raw_prefix="raw/", delivery="2024Q1")


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"id,brand\n1,BMW\n", id="plain"),
        pytest.param(b"\xef\xbb\xbfid,brand\n", id="byte order mark"),
        pytest.param(b"brand,id,colour\r\n", id="other order, more columns, other line end"),
        pytest.param(b'"id" , brand\n', id="quoted and spaced"),
        pytest.param(b"id,brand", id="no line end"),
        pytest.param(b"id,brand\n1,\xff\xfe\n", id="a bad row is for the quarantine"),
    ],
)
def test_header_that_the_job_can_read_passes(head: bytes):
    assert RULE.problem_of(head) is None


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        pytest.param(b"id;brand\n", "line 1 lacks id, brand: expected id,brand, found 'id;brand'", id="delimiter"),
        pytest.param(b"1,BMW\n", "line 1 lacks id, brand", id="no header"),
        pytest.param(b"\nid,brand\n", "line 1 lacks id, brand", id="blank first line"),
        pytest.param(b"id,brand,id\n", "line 1 names id twice", id="twice"),
        pytest.param(b"id,br\xe4nd\n", "line 1 is not UTF-8 (byte 0xe4)", id="latin-1"),
        pytest.param("id,brand\n".encode("utf-16"), "line 1 holds NUL bytes", id="utf-16"),
    ],
)
def test_header_that_does_not_fit_is_told_with_its_line(head: bytes, problem: str):
    assert (RULE.problem_of(head) or "").startswith(problem)


def test_first_bad_file_is_named_and_the_others_listed(tmp_path: Path):
    (tmp_path / "a.csv").write_text("id,brand\n")
    (tmp_path / "b.csv").write_text("id\n")
    (tmp_path / "c.csv").touch()
    with pytest.raises(UploadError, match=r"b\.csv: line 1 lacks brand.* Nothing was uploaded") as error:
        check_headers(items_of(tmp_path), RULE)
    assert [line.split(": ")[1] for line in error.value.details] == ["is empty"]


def test_compressed_file_is_looked_into(tmp_path: Path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"id,brand\n" * 100_000))
    check_headers(items_of(tmp_path), RULE)
    (tmp_path / "b.csv.gz").write_bytes(b"id,brand\n")
    with pytest.raises(UploadError, match=r"b\.csv\.gz: cannot be read"):
        check_headers(items_of(tmp_path), RULE)


def test_rule_comes_from_the_contract_of_the_dataset():
    rule = HeaderRule.of_dataset(PROJECT / "data" / "contracts", "vehicle_sightings")
    assert rule == HeaderRule(("sighting_id", "brand", "date", "time"), ",", '"')
    check_headers(items_of(PROJECT / "data" / "sample" / "vehicle_sightings" / "delivery=2024Q1"), rule)


def test_dataset_without_a_contract_is_named(tmp_path: Path):
    with pytest.raises(ConfigurationError, match=r"No data contract in .* is about dataset sightings"):
        HeaderRule.of_dataset(tmp_path, "sightings")
    (tmp_path / "broken.yaml").write_text("schema: [{name: }")
    with pytest.raises(ConfigurationError, match=r"broken\.yaml is no data contract"):
        HeaderRule.of_dataset(tmp_path, "sightings")
