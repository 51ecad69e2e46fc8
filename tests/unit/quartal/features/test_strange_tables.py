"""Tables of features to which other programs have written: what cannot be read is one message, and nothing is lost."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.typedef import Record
from pyiceberg.types import DateType, ListType, LongType, NestedField, StringType

from quartal.cli.app import run
from quartal.features.diff import diff_features
from tests.unit.quartal.features.lake import SCHEMA, features

DAY = date(2024, 3, 31)


def append_rows(catalog, tag: str, rows: list[dict], schema: pa.Schema = SCHEMA) -> None:
    table = catalog.load_table("db.feed_features")
    table.append(pa.Table.from_pylist(rows, schema))
    table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, tag).commit()


def append_equality_deletes(catalog, tag: str) -> None:
    """As Flink does: rows of these values are deleted, which PyIceberg cannot apply."""
    table = catalog.load_table("db.feed_features")
    deletes = DataFile.from_args(
        content=DataFileContent.EQUALITY_DELETES,
        file_path=f"{table.location()}/deletes.parquet",
        file_format=FileFormat.PARQUET,
        partition=Record(),
        record_count=1,
        file_size_in_bytes=1,
        equality_ids=[1],
    )
    deletes.spec_id = PartitionSpec().spec_id
    with table.transaction() as change, change.update_snapshot().fast_append() as append:
        append.append_data_file(deletes)
    table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, tag).commit()


@pytest.mark.parametrize(
    "arguments",
    [
        ["query", "select * from features"],
        ["tags"],
        ["diff", "2024Q2", "flink"],
        ["export", "--tag", "flink", "--out", "out"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_deletes_that_cannot_be_applied_are_one_message(command_line, catalog, capsys, arguments):
    append_equality_deletes(catalog, "flink")
    assert run(arguments) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "Table db.feed_features was written in a way that PyIceberg does not read: " in told
    assert "equality deletes" in told
    assert not Path("out").exists()


METADATA = [
    pytest.param(None, "The metadata of db.feed_features could not be read", id="missing"),
    pytest.param("", "cannot be read as an Iceberg table: Invalid JSON", id="empty"),
    pytest.param('"format-version":9', "cannot be read as an Iceberg table: Input tag '9'", id="of a later version"),
]


@pytest.mark.parametrize(("metadata", "told"), METADATA)
@pytest.mark.parametrize("arguments", [["tags"], ["query", "select * from features"], ["diff", "2024Q2", "2024Q3"]])
def test_metadata_that_cannot_be_read_is_one_message(command_line, catalog, capsys, metadata, told, arguments):
    file = Path(catalog.load_table("db.feed_features").metadata_location.removeprefix("file://"))
    if metadata is None:
        file.unlink()
    else:
        file.write_text(file.read_text().replace('"format-version":2', metadata) if metadata else "")
    assert run(arguments) == 1
    assert told in " ".join(capsys.readouterr().err.split())


def test_table_that_another_program_has_put_in_its_place_is_one_message(command_line, catalog, capsys):
    catalog.drop_table("db.feed_features")
    catalog.glue.create_table(DatabaseName="db", TableInput={"Name": "feed_features"})
    assert run(["tags"]) == 1
    assert "Table db.feed_features cannot be read as an Iceberg table" in capsys.readouterr().err


@pytest.mark.parametrize("quarter", [None, "../../2024Q1", "2024-1"])
def test_rows_of_no_quarter_are_not_left_out_of_an_export(command_line, catalog, capsys, quarter):
    append_rows(catalog, "strange", [{"brand": "zed", "day": DAY, "quarter": quarter, "n": 1, "mean": 1.0}])
    assert run(["export", "--tag", "strange", "--out", "out"]) == 1
    assert f"1 row of which the quarter is {repr(quarter) if quarter else 'none'}" in capsys.readouterr().err
    assert not Path("out").exists()


def test_column_that_csv_cannot_hold_is_named(command_line, catalog, capsys):
    table = catalog.load_table("db.feed_features")
    with table.update_schema() as update:
        update.add_column("shares", ListType(element_id=99, element=LongType(), element_required=False))
    assert run(["export", "--tag", "2024Q3", "--out", "early", "--format", "csv"]) == 0
    row = {"brand": "zed", "day": DAY, "quarter": "2024Q1", "n": 1, "mean": 1.0, "shares": [1]}
    append_rows(catalog, "listed", [row], SCHEMA.append(pa.field("shares", pa.list_(pa.int64()))))
    assert run(["export", "--tag", "listed", "--out", "out", "--format", "csv"]) == 2
    assert "The features cannot be written as CSV" in capsys.readouterr().err
    assert not Path("out").exists()


def test_tags_of_a_table_whose_day_is_a_text_have_no_last_day(command_line, catalog, capsys):
    catalog.drop_table("db.feed_features")
    fields = (NestedField(1, "day", StringType()), NestedField(2, "other", DateType()))
    location = catalog.load_table("db.feed_curated").location().replace("curated", "texts")
    catalog.create_table("db.feed_features", Schema(*fields), location=location)
    append_rows(
        catalog, "2024Q1", [{"day": "soon", "other": DAY}], pa.schema({"day": pa.string(), "other": pa.date32()})
    )
    assert run(["tags"]) == run(["query", "select * from features", "--as-of", "2024Q1"]) == 0
    assert "soon" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("kind", "values", "changed"),
    [
        (pa.string(), ["1", "two"], 1),
        (pa.decimal128(10, 2), [1, 2], 0),
        (pa.timestamp("us", "UTC"), [datetime(2024, 1, 1, tzinfo=UTC)] * 2, 2),
    ],
)
def test_diff_compares_values_of_a_column_whose_type_has_changed(kind, values, changed):
    before = features(("acme", 0, 1, None), ("bolt", 0, 2, None))
    after = before.set_column(3, "n", pa.array(values, kind))
    found = diff_features(before, after)
    assert (found.changed, diff_features(after, before).changed) == (changed, changed)
    assert diff_features(after, after).is_empty


def test_diff_matches_rows_by_an_entity_whose_type_has_changed():
    before = features(("7", 0, 1, None), ("8", 0, 2, None))
    after = before.set_column(0, "brand", pa.array([7, 9]))
    found = diff_features(before, after)
    assert (found.added, found.removed, found.changed) == (1, 1, 0)
