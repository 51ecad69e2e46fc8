"""Tables of two runs in moto's Glue catalog, and the command line on them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws
from pyiceberg.catalog.glue import GlueCatalog

from etl_job.tables.property_names import RUN, SOURCE_SNAPSHOT
from quartal.core.aws import AwsConnection
from quartal.workspace import Workspace
from tests.unit.tooling.results.lake import DEPLOYMENT, EARLY, LATE, SCHEMA


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[GlueCatalog]:
    """Curated, then features of two runs: the first tagged 2024Q2, the second 2024Q3."""
    with mock_aws():
        made = GlueCatalog("test", client=AwsConnection("eu-central-1", None, "test", "test").glue())
        made.create_namespace("db")
        curated = made.create_table("db.feed_curated", SCHEMA, location=f"file://{tmp_path}/lake/curated")
        table = made.create_table("db.feed_features", SCHEMA, location=f"file://{tmp_path}/lake/features")
        for state, quarter, run_id in ((EARLY, "2024Q2", "wr_1"), (LATE, "2024Q3", "wr_2")):
            curated.overwrite(state)
            source = curated.current_snapshot().snapshot_id
            table.overwrite(state, snapshot_properties={RUN: run_id, SOURCE_SNAPSHOT: str(source)})
            table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, quarter).commit()
        yield made


@pytest.fixture
def command_line(catalog, project, monkeypatch) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setattr(Workspace, "deployment", DEPLOYMENT)
    monkeypatch.setattr(Workspace, "connection", AwsConnection("eu-central-1", None, "test", "test"))
    monkeypatch.setattr("quartal.cli.features.iceberg_catalog", lambda _: catalog)
