"""Upload warns of a key that starts again in each file, before the rows of the second file are lost."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from quartal.contracts.drafting import draft
from quartal.contracts.model import Contract, parse_contract
from quartal.deliver.upload.destinations import plan_upload
from quartal.deliver.upload.repeated_keys import repeated_keys
from tests.unit.quartal.upload.bucket import RAW


def rows(year: int, first: int = 1, prefix: str = "") -> str:
    lines = [f"{prefix}{first + n},{year}-01-0{1 + n % 9},A,{n}" for n in range(40)]
    return "\n".join(["id,day,shop,amount", *lines]) + "\n"


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    (tmp_path / "feed.csv").write_text(rows(2023, prefix="R"))
    text = draft(tmp_path / "feed.csv", "feed").text
    return parse_contract(text, "feed.yaml", "feed")


def delivered(folder: Path, delivery: str, content: str | bytes, name: str = "a.csv") -> Path:
    place = folder / f"delivery={delivery}"
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return place


@pytest.mark.parametrize(
    ("content", "is_told"),
    [
        pytest.param(rows(2024, prefix="R"), True, id="counted anew"),
        pytest.param(rows(2024, 41, prefix="R"), False, id="goes on"),
        pytest.param(rows(2023, prefix="R"), False, id="the same rows once more"),
        pytest.param(rows(2024, prefix="S"), False, id="other codes"),
    ],
)
@pytest.mark.parametrize("is_packed", [False, True])
def test_second_delivery_with_restarted_keys_is_reported(
    connection, bucket, upload, tmp_path, contract, content, is_told, is_packed
):
    upload(plan_upload([delivered(tmp_path, "2023", rows(2023, prefix="R"))], raw_prefix=RAW, delivery=None))
    packed = gzip.compress(content.encode()) if is_packed else content
    name = "a.csv.gz" if is_packed else "a.csv"
    items = plan_upload([delivered(tmp_path, "2024", packed, name)], raw_prefix=RAW, delivery=None)
    found = repeated_keys(items, contract, connection.s3(), bucket, RAW)
    assert [
        "40 of the first 40 rows have the id of other rows in delivery=2023/a.csv" in str(each) for each in found
    ] == ([True] if is_told else [])


def test_deliveries_of_one_upload_are_compared_with_each_other(connection, bucket, tmp_path, contract):
    for year in (2023, 2024):
        delivered(tmp_path / "feed", str(year), rows(year, prefix="R"))
    items = plan_upload([tmp_path / "feed"], raw_prefix=RAW, delivery=None)
    (found,) = repeated_keys(items, contract, connection.s3(), bucket, RAW)
    assert (found.path.parent.name, "delivery=2023" in found.other) == ("delivery=2024", True)


def test_lake_that_may_not_be_read_stops_no_upload(connection, tmp_path, contract):
    items = plan_upload([delivered(tmp_path, "2024", rows(2024, prefix="R"))], raw_prefix=RAW, delivery=None)
    assert repeated_keys(items, contract, connection.s3(), "no-such-bucket", RAW) == ()
