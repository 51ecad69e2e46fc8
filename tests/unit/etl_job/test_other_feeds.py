"""A feed of another shape through the whole job by its contract alone, cell by cell against DuckDB on the raw files."""

import re
from pathlib import Path

import duckdb
import pytest
from pyiceberg.catalog.glue import GlueCatalog

import etl_job
from etl_job.arguments import parse_arguments
from etl_job.notify.progress import Progress
from etl_job.run import run
from feed_generator.charging import generate_charging

from .conftest import DATABASE, Lake

FEATURES = Path(__file__).with_name("charging_features.sql")
KEPT = FEATURES.with_name("charging_kept.sql")
MODULES = sorted(Path(etl_job.__file__).parent.rglob("*.py"), key=lambda path: (len(path.parts), path))


class ChargingLake(Lake):
    def __init__(self, root: Path) -> None:
        super().__init__(root, "charging_sessions")
        self.columns = ["session_id", "site", "plug", "ended_at", "energy_kwh", "duration_s", "member"]


@pytest.fixture
def lake(tmp_path, moto_catalog):
    return ChargingLake(tmp_path)


def run_job(lake, *extra: str):
    return run(parse_arguments([*lake.arguments, *extra]), {}, Progress(lambda line: None))


def assert_features_equal(database: duckdb.DuckDBPyConnection) -> None:
    """Compare the published features with those of the database's table of kept rows."""
    features = GlueCatalog("test").load_table(f"{DATABASE}.charging_sessions_features").scan().to_arrow()
    database.execute(FEATURES.read_text())
    expected = database.sql("select * from expected order by site, plug, day").to_arrow_table()
    columns = expected.column_names
    assert sorted(columns) == sorted(features.column_names)
    got = features.select(columns).sort_by([(name, "ascending") for name in ("site", "plug", "day")])
    for name in columns:
        assert got.column(name).to_pylist() == expected.column(name).to_pylist(), name


def test_feed_with_measures_and_offsets_in_gzip_equals_duckdb_in_two_steps_and_with_a_correction(spark, lake):
    summaries = generate_charging(lake.raw, rows=4_000, months=3)
    later = lake.raw / "delivery=2024-02"
    later.rename(lake.root / "held-back")
    lake.crawl()
    first = run_job(lake, "--run_id", "one")
    assert [each.delivery for each in first.deliveries] == ["2024-01", "2024-03"]
    (lake.root / "held-back").rename(later)
    lake.crawl()
    second = run_job(lake, "--run_id", "two")
    database = duckdb.connect()
    database.execute("set variable files = ?", [str(lake.raw / "*" / "*.csv.gz")])
    database.execute(KEPT.read_text())
    assert_features_equal(database)
    counted = {each.delivery: each for each in (*first.deliveries, *second.deliveries)}
    assert {name: (each.rows_in, each.quarantined, each.duplicates) for name, each in counted.items()} == {
        each.delivery: (each.rows, each.bad_rows, each.duplicates) for each in summaries
    }
    assert set().union(*(each.violations for each in counted.values())) == {
        "session_id.format",
        "plug.enum",
        "ended_at.format",
        "energy_kwh.format",
        "energy_kwh.minimum",
        "duration_s.format",
        "member.format",
        "row.field_count",
    }


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(MODULES[0].parent)))
def test_job_contains_no_feed_names(module):
    assert not re.search("brand|sighting|charging", module.read_text(), re.IGNORECASE)
