"""The page for the ML run: its blocks for PyIceberg and DuckDB give the features of the tag."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from moto import mock_aws
from pyiceberg.catalog.glue import GlueCatalog

from quartal.core.aws import AwsConnection
from quartal.features.export import ExportFormat, export_features
from quartal.features.tags import State

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "for-ml.md"
EARLY = pa.table({"brand": ["acme", "bolt"], "day": [date(2024, 1, 1)] * 2, "quarter": ["2024Q1"] * 2, "n": [1, 2]})
LATE = pa.table({"brand": ["acme"], "day": [date(2024, 4, 1)], "quarter": ["2024Q2"], "n": [3]})


def blocks(heading: str) -> list[str]:
    section = PAGE.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"```python\n(.*?)```", section, re.DOTALL)


@pytest.fixture
def published(tmp_path, monkeypatch):
    """The state tagged 2024Q1 and one after it; its export lies in the current folder."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "eu-central-1")
    monkeypatch.setenv("PYICEBERG_HOME", str(tmp_path))  # no configuration of the machine's user
    monkeypatch.chdir(tmp_path)
    with mock_aws():
        catalog = GlueCatalog("test", client=AwsConnection("eu-central-1", None, "test", "test").glue())
        catalog.create_namespace("db")
        table = catalog.create_table("db.feed_features", EARLY.schema, location=f"file://{tmp_path}/lake")
        table.append(EARLY)
        snapshot = table.current_snapshot().snapshot_id
        table.manage_snapshots().create_tag(snapshot, "2024Q1").commit()
        table.append(LATE)
        export_features(table, State("2024Q1", snapshot), tmp_path / "features-2024Q1", ExportFormat.PARQUET)
        yield


def test_blocks_for_pyiceberg_and_duckdb_read_the_tag_and_not_the_newest_state(published):
    (pyiceberg,), (on_table, on_export) = blocks("PyIceberg"), blocks("DuckDB")
    assert "to_pandas" in pyiceberg
    names: dict = {}
    filled = pyiceberg.replace("<database>", "db").replace("<dataset>", "feed").replace("to_pandas", "to_arrow")
    exec(filled, names)  # noqa: S102  # the page's own code
    assert names["features"].sort_by("brand").to_pylist() == EARLY.to_pylist()
    for block in (on_table, on_export):
        names.pop("answer", None)
        exec(block, names)  # noqa: S102
        assert names["answer"] == [("2024Q1", 2)]


def test_every_block_is_of_three_lines_at_most():
    found = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(found) == 6
    assert [block for block in found if len([line for line in block.splitlines() if line]) > 3] == []
