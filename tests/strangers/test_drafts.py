"""What `contract init` makes of public data sets, without a word from anybody."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from quartal.contracts.drafting import Draft, draft, draft_contract
from quartal.contracts.drafting.database_source import table_sample
from quartal.contracts.linting import lint
from quartal.core.errors import ConfigurationError
from tests.strangers.packages import DataSet, corpus

CORPUS = list(corpus())
DRAFTED = [data for data in CORPUS if data.asks is None]
FileOf = Callable[[DataSet], Path]


def data_set_name(data: DataSet) -> str:
    return data.name


def data_set(name: str) -> DataSet:
    return next(data for data in CORPUS if data.name == name)


def test_most_of_the_corpus_is_drafted():
    assert len(CORPUS) >= 25
    assert len(DRAFTED) >= 22


@pytest.mark.parametrize("data", DRAFTED, ids=data_set_name)
def test_draft_keeps_every_row_that_has_a_day(data: DataSet, file_of: FileOf):
    drafted = draft(file_of(data), data.name)
    linted = lint(drafted.text, data.path)
    assert linted.problems == ()
    contract, verdict = linted.contracts[data.name], drafted.verdict
    day = contract.event_column
    assert verdict.quarantined == data.without == verdict.broken.get(f"{day.name}.required", 0), verdict.broken
    assert verdict.duplicates == 0
    if data.rows is not None:
        assert (verdict.kept, verdict.rows) == (data.rows, data.rows + data.without)
    if data.entity is not None:
        assert ",".join(contract.features.entity) == ("" if data.entity == "none" else data.entity)


@pytest.mark.parametrize("data", [data for data in CORPUS if data.asks], ids=data_set_name)
def test_failed_draft_names_the_column(data: DataSet, file_of: FileOf):
    with pytest.raises(ConfigurationError, match=data.asks):
        draft(file_of(data), data.name)


def assert_all_kept(drafted: Draft, rows: int) -> None:
    assert lint(drafted.text, "draft").problems == ()
    assert (drafted.verdict.kept, drafted.verdict.rows) == (rows, rows)


@pytest.mark.parametrize(
    ("name", "form", "ending"),
    [
        pytest.param("vega_datasets_seattle_weather", "format parquet", "parquet", id="Parquet"),
        pytest.param("vega_datasets_iowa_electricity", "format json", "json", id="JSON lines"),
        pytest.param("bokeh_sampledata_stocks", "format json, compression gzip", "json.gz", id="JSON lines in gzip"),
        pytest.param("nycflights13_weather", "format csv, delimiter ';'", "csv", id="semicolons"),
    ],
)
def test_same_rows_in_another_form_are_drafted_as_well(
    name: str, form: str, ending: str, file_of: FileOf, tmp_path: Path
):
    data, target = data_set(name), tmp_path / f"feed.{ending}"
    texts = "all_varchar=true" if ending == "csv" else "nullstr='NA'"
    duckdb.sql(f"copy (from read_csv('{file_of(data)}', {texts})) to '{target}' ({form})")
    assert_all_kept(draft(target, "feed"), data.rows or 0)


def test_folder_of_files_is_drafted_as_a_whole(file_of: FileOf, tmp_path: Path):
    data = data_set("bokeh_sampledata_stocks")
    for ticker in ("AAPL", "FB", "GOOG", "IBM", "MSFT"):
        rows = f"from read_csv('{file_of(data)}', all_varchar=true) where \"Ticker\" = '{ticker}'"
        duckdb.sql(f"copy ({rows}) to '{tmp_path}/{ticker}.csv'")
    assert_all_kept(draft(tmp_path, "feed"), data.rows or 0)


def test_table_of_a_database_is_drafted(file_of: FileOf, tmp_path: Path):
    data = data_set("vega_datasets_la_riots")
    rows = duckdb.sql(f"from read_csv('{file_of(data)}')")
    with sqlite3.connect(tmp_path / "feed.db") as database:
        database.execute(f"create table feed ({', '.join(json.dumps(name) for name in rows.columns)})")
        texts = [
            tuple(str(value) if index == 5 else value for index, value in enumerate(row)) for row in rows.fetchall()
        ]
        database.executemany(f"insert into feed values ({', '.join('?' * len(rows.columns))})", texts)
    drafted = draft_contract(table_sample(f"sqlite:///{tmp_path}/feed.db", "feed"), "feed")
    assert_all_kept(drafted, data.rows or 0)
