"""Keys that a run shares with other deliveries are noticed, whichever file of theirs holds them."""

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from etl_job.contract.schemas import DELIVERY, KEY_1
from etl_job.duplicates import shared_hashes
from etl_job.duplicates.shared_hashes import RegisterFile, may_share_keys
from etl_job.lake.files import LocalObjectStore


@pytest.fixture
def register(tmp_path: Path):
    def write(name: str, *rows: tuple[int, str], of: str = "d1 d2 d3") -> RegisterFile:
        columns = {KEY_1: pa.array([key for key, _ in rows], pa.int64()), DELIVERY: [delivery for _, delivery in rows]}
        parquet.write_table(pa.table(columns), tmp_path / name)
        return RegisterFile(f"file://{tmp_path / name}", frozenset(of.split()))

    return write


def test_a_key_in_common_is_found_in_any_file_and_only_there(spark, register):
    own = [register("own-1", (1, "d1"), (-5, "d1")), register("own-2", (7, "d1"))]
    others = [register(f"other-{n}", (n + 100, "d2"), (n + 200, "d3")) for n in range(5)]
    assert not may_share_keys(spark, LocalObjectStore(), own, others)
    assert may_share_keys(spark, LocalObjectStore(), own, [*others, register("with", (3, "d2"), (-5, "d2"))])
    assert may_share_keys(spark, LocalObjectStore(), own, [register("first", (7, "d2")), *others])


def test_rows_of_other_deliveries_in_the_same_file_do_not_count(spark, register):
    own = [register("own", (1, "d1"), (2, "d2"), of="d1")]
    others = [register("other", (2, "d3"), (1, "d1"), of="d3")]
    assert not may_share_keys(spark, LocalObjectStore(), own, others)


@pytest.mark.parametrize("statistics", [True, False], ids=["with-statistics", "without"])
@pytest.mark.parametrize(
    ("meant", "shared"), [("d1", True), ("d2", False), ("d1 d2", True), ("d3", False), ("d2 d3", False)]
)
def test_selected_deliveries_are_found_by_file_statistics_or_rows(spark, register, tmp_path, statistics, meant, shared):
    other = register("other", (1, "d1"), (2, "d2"), of=meant)
    rows = parquet.read_table(tmp_path / "other")
    parquet.write_table(rows, tmp_path / "other", row_group_size=1, write_statistics=statistics)
    assert may_share_keys(spark, LocalObjectStore(), [register("own", (1, "d4"), of="d4")], [other]) is shared


def test_without_keys_on_either_side_nothing_is_shared(spark, register):
    file = register("one", (1, "d1"))
    assert not may_share_keys(spark, LocalObjectStore(), [], [file])
    assert not may_share_keys(spark, LocalObjectStore(), [file], [])


def test_keys_beyond_the_limit_are_left_to_spark(spark, register, monkeypatch):
    monkeypatch.setattr(shared_hashes, "_MOST_HASHES", 1)
    assert may_share_keys(
        spark, LocalObjectStore(), [register("own", (1, "d1"), (2, "d1"))], [register("other", (3, "d2"))]
    )


def test_large_registers_are_searched_in_parts(spark, register, monkeypatch):
    monkeypatch.setattr(shared_hashes, "_MOST_HASHES", 2)
    own = [register("own", (1, "d1"), (2, "d1"))]
    others = [register(f"other-{n}", (n + 100, "d2"), (n + 200, "d3")) for n in range(5)]
    assert not may_share_keys(spark, LocalObjectStore(), own, others)
    assert may_share_keys(spark, LocalObjectStore(), own, [*others, register("last", (2, "d2"))])
