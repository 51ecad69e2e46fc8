"""Rows judged as they are read and rows judged by Spark alone end up as the same staged rows and the same counts."""

import gzip
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F  # noqa: N812

from etl_job import raw_parts
from etl_job.accounting import count_outcomes, delivery_outcomes
from etl_job.catalog import Delivery
from etl_job.contract import Contract
from etl_job.contract_document import parse_contract
from etl_job.extent import Extent
from etl_job.few_outcomes import outcomes_of_deliveries, with_broken_rows
from etl_job.intake import Staging, read_headers, stage_by_spark, stage_plain
from etl_job.object_store import LocalObjectStore
from etl_job.plain_rows import can_judge
from etl_job.rules import rules_of
from etl_job.schemas import BLOCK, BROKEN, BROKEN_ROWS, KIND, LINE, PLAIN_ROWS, ROW, VALID_ROWS, value_column
from etl_job.staging import Meeting, broken_files, read_counts, read_staged, suspects_of

from .conftest import CONTRACT

PRICES = """
apiVersion: v3.2.0
kind: DataContract
id: prices
version: 1.0.0
status: active
schema:
  - name: prices
    logicalType: object
    properties:
      - { name: shop, required: true, primaryKey: true, logicalTypeOptions: { maxLength: 5 } }
      - { name: item, logicalType: integer, required: true, primaryKey: true }
      - name: at
        logicalType: timestamp
        required: true
        logicalTypeOptions: { format: "yyyy-MM-dd HH:mm", minimum: "1950-01-01" }
        customProperties: [{ property: otherFormats, value: ["d.M.yyyy HH:mm"] }, { property: timeZone, value: UTC }]
      - name: price
        logicalType: number
        logicalTypeOptions: { minimum: 0 }
        customProperties: [{ property: decimalSeparator, value: "," }]
      - { name: note }
    customProperties:
      - { property: csv, value: { delimiter: ";", quoteSymbol: "'" } }
      - { property: conflicts, value: quarantineBoth }
      - property: features
        value:
          entity: [shop, item]
          eventTime: { timestamp: at }
          count: offers
          measures: [{ column: price, aggregates: [sum, last] }]
"""
SIGHTINGS = CONTRACT.read_text()
HEADERS = {"vehicle_sightings": b"sighting_id,brand,date,time", "prices": b"shop;item;at;price;other;note"}
GOOD = {
    "vehicle_sightings": [
        *(b"k1,Opel,2024-01-01,10:00:00", b"k2,Kia,2024-01-01,10:59:59", b"k2,Kia,2024-01-02,00:00:00"),
        *(b"k3,\xc3\xbc\xe6\x9d\xb1,2024-02-29,23:00:00", b"k1,Opel,2024-01-01,10:00:00"),
    ],
    "prices": [
        *(b"a;1;2024-01-01 10:00;1,5;;x", b"a;1;2024-01-01 10:00;2;;x", b"b;01;1969-12-31 23:59;;y;"),
        *(b"c;7;1.1.2024 10:00;0,000001;;", b"\xc3\xbc;-7;2024-02-29 00:00;9;'z';"),
    ],
}
BAD = {
    "vehicle_sightings": [
        *(b"k4,,2024-01-01,10:00:00", b"k?,Opel,2024-01-01,10:00:00", b"k5,Opel,2023-02-29,10:00:00", b"k6,Opel"),
        *(b'k7,"Opel, old",2024-01-01,10:00:00', b'"k8",Kia,2024-01-01,1:00:00', b"k9,Opel,2999-01-01,10:00:00"),
        *(
            b"k1,Op\xffel,2024-01-01,10:00:00",
            b"\xc3,,",
            b",,,",
            b" ",
            b'"',
            b"\xef\xbb\xbfk1,Opel,2024-01-01,10:00:00",
        ),
    ],
    "prices": [
        *(b"a;1;1949-12-31 23:59;1;;", b"a;1.0;2024-01-01 10:00;1;;", b"a;1;2024-01-01 10:00;-1;;", b"a;1"),
        *(b"'a;1;2024-01-01 10:00;1;;", b"'a''b';1;2024-01-01 10:00;'1,5';;", b"too long;1;2024-01-01 10:00;1;;\xff"),
    ],
}
CONTRACTS = {"vehicle_sightings": SIGHTINGS, "prices": PRICES}


def lines(dataset: str) -> st.SearchStrategy[bytes]:
    good, bad = st.sampled_from(GOOD[dataset]), st.sampled_from([*BAD[dataset], b"", HEADERS[dataset]])
    return st.one_of(good, good, bad)


@st.composite
def feeds(draw) -> tuple[str, list[list[bytes]], bytes]:
    dataset = draw(st.sampled_from(sorted(CONTRACTS)))
    files = draw(st.lists(st.lists(lines(dataset), max_size=40), min_size=1, max_size=2))
    return dataset, files, draw(st.sampled_from([b"\n", b"\r\n", b"\r"]))


EVERYTHING = [(name, [[*GOOD[name], *BAD[name]], [*BAD[name], b"", HEADERS[name]]], b"\r\n") for name in CONTRACTS]


@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(feed=feeds(), chunk=st.integers(20, 500))
@example(feed=EVERYTHING[0], chunk=100)
@example(feed=EVERYTHING[1], chunk=100_000)
def test_plain_rows_are_staged_and_counted_as_spark_does_it(spark, tmp_path_factory, feed, chunk):
    dataset, files, line_end = feed
    contract = parse_contract(CONTRACTS[dataset], "contract.yaml", dataset)
    assert can_judge(contract)
    folder = tmp_path_factory.mktemp("feed")
    for number, content in enumerate(files):
        header = b"\xef\xbb\xbf" + HEADERS[dataset] if number else HEADERS[dataset]
        (folder / f"{number}.csv").write_bytes(line_end.join([header, *content]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(raw_parts, "PART_BYTES", 300)
        patch.setattr(raw_parts, "CHUNK_BYTES", chunk)
        plain = staged_by(stage_plain, spark, contract, folder, "plain")
    by_spark = staged_by(stage_by_spark, spark, contract, folder, "spark")
    assert plain == by_spark


def staged_by(stage, spark, contract: Contract, folder: Path, name: str) -> tuple[object, ...]:
    """The staged rows apart from the parts they were read in, their order in each file, counts, and rows read."""
    store = LocalObjectStore()
    delivery = Delivery("d1", store.list_files(f"file://{folder}"))
    rules, staged_in = rules_of(contract), f"file://{folder}-{name}"
    headers = read_headers(store, contract, [delivery])
    intake = stage(Staging(spark, store, contract, rules, headers, [delivery], staged_in))
    staged = read_staged(spark, store, staged_in, contract.features)
    suspects = suspects_of(staged, intake.repeated, contract, rules, Meeting())
    counts = read_counts(spark, store, staged_in, contract.features)
    outcomes = count_outcomes(staged, suspects, contract, counts)
    rows = staged.withColumn(KIND, F.when(F.col(KIND) == PLAIN_ROWS, VALID_ROWS).otherwise(F.col(KIND))).collect()
    in_order = sorted(rows, key=lambda row: (row["_file"], row[BLOCK], row[ROW]))
    if intake.extent is not None:  # None where rows that were set aside turned out to be valid
        of_entity = [value_column(column) for column in contract.features.entity]
        assert staged.where(F.col(BROKEN) == 0).select(*of_entity).distinct().count() <= intake.extent.entities
        at_most = staged.where(F.col(KIND) != PLAIN_ROWS).count() + (counts.count() if counts else 0)
        assert at_most + (suspects.count() if suspects else 0) <= intake.extent.lines
    if intake.outcomes is not None:
        lines = with_broken_rows(intake.outcomes.lines, store, broken_files(store, staged_in))
        assert outcomes_of_deliveries(lines, rules, ["d1"]) == delivery_outcomes(outcomes, rules, ["d1"])
    compared = [tuple(value for key, value in row.asDict().items() if key not in (BLOCK, ROW)) for row in in_order]
    kept = Counter(tuple(row) for row in outcomes.orderBy(outcomes.columns).collect())
    return compared, kept, len(rows)


def test_most_rows_are_plain_and_what_is_set_aside_is_judged_with_its_text(spark, tmp_path):
    contract = parse_contract(SIGHTINGS, "contract.yaml", "vehicle_sightings")
    content = b"\n".join([HEADERS["vehicle_sightings"], *GOOD["vehicle_sightings"], b"k9,Opel,2024-01-01"])
    (tmp_path / "part.csv.gz").write_bytes(gzip.compress(content))
    store, staged_in = LocalObjectStore(), f"file://{tmp_path}/staged"
    delivery = Delivery("d1", store.list_files(f"file://{tmp_path}"))
    headers = read_headers(store, contract, [delivery])
    intake = stage_plain(Staging(spark, store, contract, rules_of(contract), headers, [delivery], staged_in))
    staged = read_staged(spark, store, staged_in, contract.features)
    assert Counter(row[KIND] for row in staged.collect()) == {PLAIN_ROWS: 5, BROKEN_ROWS: 1}
    assert [row[LINE] for row in staged.where(F.col(KIND) == BROKEN_ROWS).collect()] == ["k9,Opel,2024-01-01"]
    assert (intake.read.rows, intake.read.size_bytes, intake.repeated.count) == (6, len(content), 2)
    # Four lines of counts, one row that was set aside, and four that share their keys.
    assert (intake.repeated.rows, intake.extent) == (4, Extent(lines=4 + 1 + 4, entities=3, files=1))
