"""Whole runs over deliveries that are empty, damaged, or worse than the contract allows."""

import gzip
import json

import polars as pl
import pytest

from etl_job.arguments import parse_arguments
from etl_job.deliveries.raw_table import Delivery
from etl_job.deliveries.selection import select_deliveries
from etl_job.errors import CatalogError, InputError, ThresholdError
from etl_job.notify.progress import Progress
from etl_job.run import run
from etl_job.spark import workload

from .conftest import CONTRACT, DATASET
from .test_run import HEADER, assert_features_match, published


@pytest.fixture
def start(spark, lake):
    def start(run_id: str, *extra: str):
        return run(parse_arguments([*lake.arguments, "--run_id", run_id, *extra]), {}, Progress(lambda line: None))

    return start


def quarantined(lake) -> dict[str, list[str]]:
    """Bad rows by the run that found them, as whoever queries the quarantine's table meets them."""
    found: dict[str, list[str]] = {}
    for file in sorted((lake.root / "quarantine" / DATASET).rglob("*.parquet")):
        run_id = file.parent.name.removeprefix("run_id=")
        found.setdefault(run_id, []).extend(pl.read_parquet(file)["raw"])
    return found


def staged(lake) -> list[str]:
    return [path.name for path in (lake.root / "curated" / DATASET / "keys").rglob("*.parquet")]


def test_quarantine_holds_the_rows_of_the_newest_run_of_each_delivery(lake, start):
    lake.deliver("d1", f"{HEADER}\nk1,Opel,2024-01-01,10:00:00\nbad1\n")
    lake.deliver("d2", f"{HEADER}\nk2,Opel,2024-01-02,10:00:00\nbad2\n")
    start("one")
    assert quarantined(lake) == {"one": ["bad1", "bad2"]}
    lake.deliver("d1", f"{HEADER}\nk1,Opel,2024-01-01,10:00:00\nworse\n")
    start("two")
    assert quarantined(lake) == {"one": ["bad2"], "two": ["worse"]}
    lake.deliver("d1", "")  # a correction: nothing is left of the delivery
    emptied = start("three")
    assert [(each.delivery, each.rows_in) for each in emptied.deliveries] == [("d1", 0)]
    assert quarantined(lake) == {"one": ["bad2"]}
    assert published("curated")["delivery"].to_list() == ["d2"]
    start("four", "--withdraw", "d2")
    assert quarantined(lake) == {}


def test_delivery_with_too_many_bad_rows_leaves_them_to_look_at_and_nothing_else(lake, start, tmp_path):
    strict = tmp_path / "strict.yaml"
    limit = "      - property: thresholds\n        value: { quarantinedShare: 0.1 }\n"
    text = CONTRACT.read_text()
    strict.write_text(text.replace("    customProperties:\n", f"    customProperties:\n{limit}"))
    lake.deliver("d1", f"{HEADER}\nk1,Opel,2024-01-01,10:00:00\nbad\n")
    with pytest.raises(
        ThresholdError,
        match=rf"50\.0%, .* `quartal quarantine --env dev --dataset {DATASET} --failed --delivery d1` shows the bad "
        r"rows, such as a row of part-00000\.csv \(row\.field_count brand\.required date\.required time\.required\); "
        rf"they are in \S+/quarantine/{DATASET}\.failed/delivery=d1/run_id=strict",
    ):
        start("strict", "--contract", str(strict), "--environment", "dev")
    manifest = json.loads((lake.root / "runs" / DATASET / "strict.json").read_text())
    (folder,) = manifest["quarantine"]
    rows = pl.read_parquet(f"{folder.removeprefix('file://')}/*.parquet")
    assert rows.select("raw", "reasons").rows()[0][0] == "bad"
    assert (manifest["status"], manifest["stages"][-1]["stage"]) == ("FAILED", "validate")
    assert (quarantined(lake), staged(lake)) == ({}, [])


def test_damaged_gzip_file_stops_the_run_by_its_name(lake, start):
    lake.deliver("d1")
    packed = gzip.compress("\n".join([HEADER, *(f"k{n},Opel,2024-01-01,10:00:00" for n in range(9_000))]).encode())
    (lake.raw / "delivery=d1" / "part-0.csv.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(InputError, match=r"delivery=d1/part-0\.csv\.gz cannot be unpacked"):
        start("damaged")
    assert staged(lake) == []


def test_named_delivery_without_files_is_an_error():
    with pytest.raises(CatalogError, match=r"delivery d1 has no files: upload them, or withdraw it"):
        select_deliveries([Delivery("d1", ())], named=["d1"], withdrawn=[], published={}, contract_hash="hash")


def test_wild_dates_make_no_calendar(lake, start):
    wild = ["k2,Opel,9999-12-31,10:00:00", "k3,Opel,2204-01-01,10:00:00", "k4,Opel,0001-01-01,10:00:00"]
    lake.deliver("d1", "\n".join([HEADER, "k1,Opel,2024-01-01,10:00:00", *wild]))
    manifest = start("wild")
    assert manifest.features.partitions == ("2024Q1",)
    assert manifest.deliveries[0].violations == {"date.future": 2, "date.minimum": 1}
    (lake.raw / "delivery=d1" / "part-00000.csv").write_text(f"{HEADER}\nk1,Opel,2024-01-01,10:00:00\n")
    assert_features_match(lake.raw)


@pytest.mark.parametrize("one_task_rows", [workload.ONE_TASK_ROWS, 0], ids=["in one task", "in many tasks"])
def test_delivery_whose_good_rows_all_contradict_each_other_is_all_quarantine(
    lake, start, tmp_path, monkeypatch, one_task_rows
):
    monkeypatch.setattr(workload, "ONE_TASK_ROWS", one_task_rows)
    both = tmp_path / "both.yaml"
    both.write_text(CONTRACT.read_text().replace("value: keepFirst", "value: quarantineBoth"))
    rows = ["k1,Opel,2024-01-01,10:00:00", "k1,Kia,2024-01-01,10:00:00"]
    lake.deliver("d1", "\n".join([HEADER, *rows, "bad"]))
    manifest = start("one", "--contract", str(both))
    assert (manifest.totals.kept, manifest.totals.quarantined, manifest.features) == (0, 3, None)
    assert sorted(quarantined(lake)["one"]) == sorted([*rows, "bad"])
    lake.deliver("d2", "\n".join([HEADER, "k2,Kia,2024-01-02,11:00:00"]))
    assert start("two", "--contract", str(both)).totals.kept == 1
    assert published("curated")["delivery"].to_list() == ["d2"]
