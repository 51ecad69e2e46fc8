"""Files of tables, written by Spark's tasks or by the driver: the same rows, sorted, none with two partitions."""

from datetime import date
from urllib.parse import unquote

import pyarrow.parquet as pq
import pytest

from etl_job.contract.schemas import TableColumn, ddl
from etl_job.lake.files import LocalObjectStore, local_path
from etl_job.publishing import parquet_files
from etl_job.publishing.parquet_files import FileLayout, write_table_files
from etl_job.spark.session import get_session

COLUMNS = (
    TableColumn("delivery", "string"),
    TableColumn("brand", "string"),
    TableColumn("day", "date"),
    TableColumn("rows", "long"),
    TableColumn("share", "double"),
)
DELIVERIES, BRANDS = ("2024Q1", "a/b=ü %"), ("Opel", "Ä", "東京", "")
ROWS = [
    (delivery, brand, date(2024, 1, day), day, None if day == 2 else 0.1 * day)
    for day in (3, 1, 2)
    for brand in BRANDS
    for delivery in DELIVERIES
]


@pytest.fixture
def written(spark, tmp_path, monkeypatch):
    get_session({})  # Spark keeps the order of rows only with the settings that a run has

    def written(in_one_task: bool, rows=ROWS, limit: int = 5) -> list[tuple[str, list[tuple]]]:
        monkeypatch.setattr(parquet_files, "rows_per_file", lambda _columns: limit)
        frame = spark.createDataFrame(rows, ddl(COLUMNS)).repartition(3)
        folder = f"file://{tmp_path}/{in_one_task}"
        layout = FileLayout(COLUMNS, "delivery", ["brand", "day"])
        files = write_table_files(frame, layout, folder, LocalObjectStore(), in_one_task=in_one_task)
        tables = [(uri, pq.ParquetFile(local_path(uri)).read()) for uri in files]
        assert all(table.column_names == [column.name for column in COLUMNS] for _, table in tables)
        return [(uri, list(zip(*table.to_pydict().values(), strict=True))) for uri, table in tables]

    return written


@pytest.mark.parametrize("in_one_task", [True, False])
def test_files_hold_all_rows_in_order_and_no_more_than_is_allowed_of_one_partition(written, in_one_task):
    files = written(in_one_task)
    assert sorted(row for _, rows in files for row in rows if row[4]) == sorted(row for row in ROWS if row[4])
    assert sum(len(rows) for _, rows in files) == len(ROWS)
    for uri, rows in files:
        assert {row[0] for row in rows} == {unquote(uri.split("delivery_part=")[1].split("/")[0])}
        assert len(rows) <= 5
        assert [row[1:3] for row in rows] == sorted(
            (row[1:3] for row in rows), key=lambda key: (key[0].encode(), key[1])
        )
    assert len(files) == 6  # twelve rows of each delivery, five to a file


def test_driver_writes_what_tasks_write(written):
    assert [rows for _, rows in written(True)] == [rows for _, rows in written(False)]


def test_no_rows_are_no_files(written):
    assert written(True, rows=[]) == []
