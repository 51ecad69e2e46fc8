"""Two states of features, and how a test asks for a sum."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
from pyiceberg.catalog.glue import GlueCatalog

from quartal.features.query import run_query
from quartal.terraform.outputs import Deployment

DEPLOYMENT = Deployment(
    "eu-central-1",
    "lake",
    "feed",
    "raw/feed/",
    "db",
    "crawler",
    "job",
    "workflow",
    "",
    {"job_output": "", "crawler": ""},
)
SCHEMA = pa.schema(
    [("brand", pa.string()), ("day", pa.date32()), ("quarter", pa.string()), ("n", pa.int64()), ("mean", pa.float64())]
)
FIRST = date(2024, 3, 31)


def features(*rows: tuple[str, int, int | None, float | None]) -> pa.Table:
    """Rows of brand, days after the first, count, mean."""
    days = [FIRST + timedelta(days=row[1]) for row in rows]
    quarters = [f"{day.year}Q{(day.month + 2) // 3}" for day in days]
    records = [
        {"brand": brand, "day": day, "quarter": quarter, "n": n, "mean": mean}
        for (brand, _, n, mean), day, quarter in zip(rows, days, quarters, strict=True)
    ]
    return pa.Table.from_pylist(records, SCHEMA)


EARLY = features(("acme", 0, 1, 0.5), ("bolt", 0, 2, None), ("bolt", 1, 4, 1.0))
LATE = features(("acme", 0, 1, 0.75), ("bolt", 0, 3, 2.0), ("bolt", 2, 5, 1.0), ("acme", 1, 7, 7.0))


def query_sum(table: str, catalog: GlueCatalog, as_of: str | None) -> int:
    return run_query(f"select sum(n) from {table}", DEPLOYMENT, catalog, as_of=as_of).rows[0][0]
