"""Tables of two runs in moto's Glue catalog, and the command line on them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from pyiceberg.catalog.glue import GlueCatalog

from etl_job.tables.property_names import RUN, SOURCE_SNAPSHOT
from quartal.core.aws import AwsConnection
from quartal.workspace import Workspace
from tests.lake_made_once import LakeMadeOnce
from tests.unit.quartal.features.lake import DEPLOYMENT, EARLY, LATE, SCHEMA

CONNECTION = AwsConnection("eu-central-1", None, "test", "test")


def make_tables(folder: Path) -> None:
    """Curated, then features of two runs: the first tagged 2024Q2, the second 2024Q3."""
    made = GlueCatalog("test", client=CONNECTION.glue())
    made.create_namespace("db")
    curated = made.create_table("db.feed_curated", SCHEMA, location=f"file://{folder}/curated")
    table = made.create_table("db.feed_features", SCHEMA, location=f"file://{folder}/features")
    for state, quarter, run_id in ((EARLY, "2024Q2", "wr_1"), (LATE, "2024Q3", "wr_2")):
        curated.overwrite(state)
        source = curated.current_snapshot().snapshot_id
        table.overwrite(state, snapshot_properties={RUN: run_id, SOURCE_SNAPSHOT: str(source)})
        table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, quarter).commit()


@pytest.fixture(scope="session")
def lake_of_two_runs(tmp_path_factory: pytest.TempPathFactory) -> LakeMadeOnce:
    return LakeMadeOnce(tmp_path_factory.mktemp("two-runs"), "eu-central-1", make_tables)


@pytest.fixture(scope="session")
def glue() -> Any:
    """A client for all tests: to make one takes longer than most calls."""
    return CONNECTION.glue()


@pytest.fixture
def catalog(lake_of_two_runs: LakeMadeOnce, glue: Any) -> Iterator[GlueCatalog]:
    """The catalog of the lake of two runs."""
    with mock_aws():
        lake_of_two_runs.lay_out()
        yield GlueCatalog("test", client=glue)


@pytest.fixture
def command_line(catalog, project, monkeypatch) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setattr(Workspace, "deployment", DEPLOYMENT)
    monkeypatch.setattr(Workspace, "connection", CONNECTION)
    monkeypatch.setattr("quartal.cli.features.iceberg_catalog", lambda _: catalog)
