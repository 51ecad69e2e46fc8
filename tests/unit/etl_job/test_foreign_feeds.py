"""Feeds as others write them: names that are none of a table's, texts for missing values, numbers with many decimals.

And a single series, of which there is one row a day, since it has no entity.
"""

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog.glue import GlueCatalog

from etl_job.contract.document import parse_contract
from etl_job.contract.model import Contract
from etl_job.errors import ContractError
from etl_job.judging.values import read_values

from .conftest import DATABASE, Lake
from .read_texts import texts_in
from .test_other_feeds import run_job

CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
version: 1.0.0
schema:
- name: surface
  properties:
  - {name: sold_on, physicalName: Sold On, logicalType: date, required: true, logicalTypeOptions: {format: yyyy-MM-dd}}
  - name: size_cm
    physicalName: Größe.(cm)
    logicalType: number
    customProperties:
    - {property: rounding, value: 2}
    - {property: notation, value: free}
    - {property: missingValues, value: ["-"]}
  - {name: note}
  customProperties:
  - {property: missingValues, value: [NA]}
  - {property: files, value: {format: csv}}
  - property: features
    value:
      entity: []
      eventTime: {date: sold_on}
      count: events
      measures: [{column: size_cm, aggregates: [sum, mean, last]}]
      share: true
      rollingMeanDays: [2]
      lagDays: [1]
"""
FIRST = """Sold On,,Größe.(cm),note,size_cm
2024-01-01,1,1.005,NA,9
2024-01-01,2,1.0049999999999999,x,9
2024-01-02,3,NA,,9
2024-01-02,4,-,,9
2024-01-04,5,1e+02,,9
2024-01-04,6,.5,"quoted, and so left to Spark",9
2024-01-04,7,2e-09,,9
2024-01-05,8,n/a,,9
NA,9,1,,9
2024-01-05,10,1e+40,,9
"""
SECOND = "Sold On,Größe.(cm)\n2023-12-31,2.345\n2024-01-05,7\n"
VALUES = {"sold_on": "2024-01-01", "size_cm": "1.25", "note": None}


def make_contract(form: str) -> Contract:
    return parse_contract(CONTRACT.replace("{format: csv}", f"{{format: {form}}}"), "surface.yaml", "surface")


@pytest.fixture
def lake(tmp_path: Path, moto_catalog: None) -> Lake:
    lake = Lake(tmp_path, "surface")
    lake.columns = ["Sold On", "_c1", "Größe.(cm)", "note"]
    return lake


def published(lake: Lake) -> list[dict[str, Any]]:
    features = GlueCatalog("test").load_table(f"{DATABASE}.surface_features").scan().to_arrow()
    return features.sort_by("day").to_pylist()


def test_single_series_with_names_of_files_missing_values_and_rounded_numbers_is_published(spark, lake):
    (lake.root / "surface.yaml").write_text(CONTRACT)
    arguments = ["--contract", str(lake.root / "surface.yaml")]
    lake.deliver("one", FIRST)
    counted = run_job(lake, *arguments, "--run_id", "one").deliveries[0]
    assert (counted.rows_in, counted.quarantined) == (10, 3)
    assert counted.violations == {"sold_on.required": 1, "size_cm.format": 2}
    rows = published(lake)
    assert [(row["day"].day, row["events"], row["size_cm_sum"], row["share"]) for row in rows] == [
        (1, 2, 2.01, 1.0),  # 1.005 and 1.00499... are rounded before they are added up
        (2, 2, 0.0, 1.0),
        (3, 0, 0.0, None),
        (4, 3, 100.5, 1.0),
    ]
    lake.deliver("two", SECOND)
    run_job(lake, *arguments, "--run_id", "two")
    rows = published(lake)
    assert [(row["day"], row["events"], row["events_lag_1d"], row["events_mean_2d"]) for row in rows] == [
        (date(2023, 12, 31), 1, None, 1.0),
        (date(2024, 1, 1), 2, 1, 1.5),
        (date(2024, 1, 2), 2, 2, 2.0),
        (date(2024, 1, 3), 0, 2, 1.0),
        (date(2024, 1, 4), 3, 0, 1.5),
        (date(2024, 1, 5), 1, 3, 2.0),
    ]
    assert rows[0]["size_cm_sum"] == 2.35


def values_in(folder: Path, contract: Contract) -> list[dict[str, Any]]:
    names = [column.name for column in contract.columns]
    return [dict(zip(names, row, strict=True)) for row in texts_in(folder, contract)]


def test_members_of_json_are_found_by_the_names_of_files(tmp_path):
    contract, file = make_contract("jsonLines"), tmp_path / "a.json"
    rows = [{"Sold On": "2024-01-01", "Größe.(cm)": 1.25, "note": "NA", "size_cm": 9}, {"Größe.(cm)": "-"}]
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
    found = values_in(tmp_path, contract)
    assert found == [VALUES, {"sold_on": None, "size_cm": None, "note": None}]


@pytest.mark.parametrize(
    "days",
    [
        pytest.param(lambda: pa.array([date(2024, 1, 1)] * 2), id="dates"),
        pytest.param(
            lambda: pa.array([datetime(2024, 1, 1)] * 2, pa.timestamp("ns")), id="midnights, as pandas writes"
        ),
    ],
)
def test_columns_of_parquet_are_found_by_the_names_of_files(tmp_path, days: Callable[[], pa.Array]):
    contract = make_contract("parquet")
    sizes = pa.array([1.25, 1.00499999999999])
    table = pa.table({"Sold On": days(), "Größe.(cm)": sizes, "note": pa.nulls(2)})
    pq.write_table(table, tmp_path / "a.parquet")
    found = values_in(tmp_path, contract)
    assert found == [VALUES, {**VALUES, "size_cm": "1"}]


def test_timestamp_other_than_midnight_is_not_a_date(tmp_path):
    contract = make_contract("parquet")
    pq.write_table(pa.table({"Sold On": pa.array([datetime(2024, 1, 1, 0, 0, 1)])}), tmp_path / "a.parquet")
    (found,) = values_in(tmp_path, contract)
    assert found["sold_on"] == "2024-01-01 00:00:01"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("value: 2", "value: 7", "rounding", id="more decimals than are kept"),
        pytest.param("    - {property: rounding, value: 2}\n", "", "notation: free needs rounding", id="no rounding"),
        pytest.param('["-"]', '["-", "-"]', "list each text once", id="a text twice"),
        pytest.param('["-"]', '["-", ""]', "the empty text, which always counts as missing", id="the empty text"),
        pytest.param("Größe.(cm)", "Sold On", "two columns have the name Sold On in files", id="a name of files twice"),
        pytest.param("Größe.(cm)", '"a\\nb"', "is blank or contains control characters", id="a name with a line break"),
    ],
)
def test_contract_that_contradicts_itself_is_refused(old, new, message):
    with pytest.raises(Exception, match=message):
        parse_contract(CONTRACT.replace(old, new), "surface.yaml", "surface")


def test_unused_field_leaves_the_contract_hash_unchanged():
    plain = parse_contract(CONTRACT, "surface.yaml", "surface")
    without = CONTRACT.replace("{property: rounding, value: 2}", "{property: rounding, value: 0}")
    assert parse_contract(without, "surface.yaml", "surface").hash != plain.hash
    assert plain.column("size_cm").rules.rounding == 2


SEEN = """
apiVersion: v3.2.0
kind: DataContract
version: 1.0.0
schema:
- name: seen
  properties:
  - {name: at, logicalType: timestamp, required: true, logicalTypeOptions: {format: epochMilliseconds}}
  - {name: price, logicalType: number, customProperties: [{property: thousandsSeparator, value: ","}]}
  - {name: count, logicalType: integer, customProperties: [{property: thousandsSeparator, value: "'"}]}
  customProperties:
  - {property: files, value: {format: jsonLines}}
  - {property: features, value: {entity: [], eventTime: {timestamp: at}, count: events}}
"""


def judged_in(folder: Path, text: str) -> list[tuple[Any, ...]]:
    contract = parse_contract(text, "seen.yaml", "seen")
    rows = list(zip(*texts_in(folder, contract), strict=True))
    read = [
        read_values(c, pa.array(texts, pa.string())).to_pylist()
        for c, texts in zip(contract.columns, rows, strict=True)
    ]
    return list(zip(*read, strict=True))


def test_numbers_that_count_from_1970_on_are_read_from_json_and_from_parquet(tmp_path):
    (tmp_path / "json").mkdir()
    (tmp_path / "parquet").mkdir()
    (tmp_path / "json" / "a.json").write_text(
        '{"at": 1700000000500, "price": "1,234.5", "count": "1\'000"}\n{"at": "1700000001000", "price": 1234.5}\n'
    )
    expected = [(1_700_000_000, Decimal("1234.5"), 1_000), (1_700_000_001, Decimal("1234.5"), None)]
    assert judged_in(tmp_path / "json", SEEN) == expected
    columns = {
        "whole": pa.array([1_700_000_000_500, 1_700_000_001_000]),
        "with missing ones, as pandas writes": pa.array([1_700_000_000_500.0, 1_700_000_001_000.0]),
        "moments": pa.array([1_700_000_000_500, 1_700_000_001_000], pa.timestamp("ms", "UTC")),
    }
    for at in columns.values():
        table = pa.table({"at": at, "price": ["1,234.5", "1234.5"], "count": pa.array([1_000, None])})
        pq.write_table(table, tmp_path / "parquet" / "a.parquet")
        assert judged_in(tmp_path / "parquet", SEEN.replace("jsonLines", "parquet")) == expected


def test_fraction_in_parquet_is_no_thousand(tmp_path):
    text = SEEN.replace("jsonLines", "parquet").replace('value: "\'"', "value: '.'")
    table = pa.table({"at": [0, 0], "price": [1.5, 2.0], "count": [1.234, 7.0]})
    pq.write_table(table, tmp_path / "a.parquet")
    assert judged_in(tmp_path, text) == [(0, Decimal("1.5"), None), (0, 2, 7)]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (SEEN.replace('value: ","', 'value: "."'), "JSON uses the point as its decimal mark"),
        (SEEN.replace("logicalType: number", "logicalType: string"), "needs logicalType: integer or number"),
        (SEEN.replace("epochMilliseconds", "epochMillis"), "epochSeconds, epochMilliseconds, epochMicroseconds"),
        (SEEN.replace("epochMilliseconds", "epochSeconds, timeZone: UTC"), "timeZone has no effect"),
        (SEEN.replace("number, cust", 'number, logicalTypeOptions: {decimalSeparator: ","}, cust'), "are both ','"),
    ],
)
def test_numbers_and_times_that_could_mean_two_things_are_refused(said, message):
    with pytest.raises(ContractError, match=message):
        parse_contract(said, "seen.yaml", "seen")
