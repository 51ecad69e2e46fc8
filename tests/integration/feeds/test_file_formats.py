"""Feeds of JSON lines and of Parquet by their contracts alone: recognized by a real crawl, read by a real job."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quartal.features.query import iceberg_catalog
from tests.integration.deployment import Pipeline

pytestmark = pytest.mark.nightly(
    touches=[
        "etl_job/deliveries/*",
        "etl_job/reading/*",
        "infra/*",
        "tests/integration/feeds/*",
        "tooling/localstack_glue/src/localstack_glue/crawlers/*",
    ]
)
ROWS = 400
SESSIONS = [
    {
        "session_id": number,
        "site": ("BE-1", "HH-7")[number % 2],
        "plug": ("ccs", "type2")[number % 3 == 0],
        "ended_at": datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=5 * number),
        "energy_kwh": Decimal(number * 7919 % 400_000) / 1000,
        "duration_s": number,
        "member": number % 2 == 0,
    }
    for number in range(1, ROWS + 1)
]


@dataclass(frozen=True)
class Published:
    """What a run of one feed left."""

    table: dict[str, Any]
    totals: dict[str, int]
    features: pa.Table


def run_feed(of_feed: Pipeline, folder: Path) -> Published:
    dataset = of_feed.workspace.settings.dataset
    of_feed.upload(folder)
    manifest = of_feed.run()
    connection, database = of_feed.workspace.connection, of_feed.workspace.deployment.database
    table = connection.glue().get_table(DatabaseName=database, Name=dataset)["Table"]
    features = iceberg_catalog(connection).load_table((database, f"{dataset}_features")).scan().to_arrow()
    order = [("site", "ascending"), ("plug", "ascending"), ("day", "ascending")]
    return Published(table, manifest["totals"], features.sort_by(order))


def test_feeds_of_json_lines_and_of_parquet_are_crawled_and_come_to_the_same_features(
    feed_pipeline: Callable[[str], Pipeline], tmp_path: Path
):
    lines, columns = (tmp_path / name / "delivery=2024Q1" for name in ("lines", "columns"))
    lines.mkdir(parents=True)
    columns.mkdir(parents=True)
    rows = [*SESSIONS, SESSIONS[0]]
    texts = [
        json.dumps({**row, "ended_at": row["ended_at"].isoformat(), "energy_kwh": float(row["energy_kwh"])})
        for row in rows
    ]
    (lines / "part-1.jsonl").write_text("\n".join([*texts, '{"session_id": 90001, "site": "nowhere"}']))
    pq.write_table(pa.Table.from_pylist(rows), columns / "part-1.parquet")

    from_lines = run_feed(feed_pipeline("charging_json"), lines.parent)
    from_columns = run_feed(feed_pipeline("charging_parquet"), columns.parent)

    assert from_lines.table["Parameters"]["classification"] == "json"
    assert from_columns.table["Parameters"]["classification"] == "parquet"
    counts = {"kept": ROWS, "duplicates": 1}
    assert from_lines.totals | counts | {"rows_in": ROWS + 2, "quarantined": 1} == from_lines.totals
    assert from_columns.totals | counts | {"rows_in": ROWS + 1, "quarantined": 0} == from_columns.totals
    assert from_lines.features.equals(from_columns.features)
    published = from_lines.features.to_pydict()
    assert sum(published["sessions"]) == ROWS
    assert sum(published["energy_kwh_sum"]) == pytest.approx(float(sum(row["energy_kwh"] for row in SESSIONS)))
