"""Whether tools did the same work: the counts they report and a checksum over every cell of their features."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

HOURS = ", ".join(f"hour_{hour:02d}::bigint" for hour in range(24))
# Doubles are rounded: two engines add up a mean in different orders.
CHECKSUM = f"""
select count(*), sum(hash(brand, day::date::varchar, quarter::varchar, sightings::bigint, round(share, 12), {HOURS},
    round(sightings_mean_7d, 9), round(sightings_mean_28d, 9),
    sightings_lag_1d::bigint, sightings_lag_7d::bigint, sightings_lag_28d::bigint,
    sightings_quarter_to_date::bigint)::hugeint)::varchar
from features
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Answer:
    """What came out of a run; equal for tools that did the same work."""

    rows_in: int
    kept: int
    quarantined: int
    duplicates: int
    feature_rows: int
    checksum: str


def answer(counts: dict[str, Any], features: Any) -> Answer:
    """From a tool's counts and its features: an Arrow table, or the folder of Parquet or CSV files it wrote."""
    with duckdb.connect() as database:
        if isinstance(features, Path):
            is_csv = any(features.rglob("*.csv"))
            reader = "read_csv" if is_csv else "read_parquet"
            pattern = str(features / "*" / ("*.csv" if is_csv else "*.parquet"))
            query = f"select * from {reader}('{pattern}', hive_partitioning = true)"  # noqa: S608
            database.execute(f"create temp table features as {query}")
        else:
            database.register("features", features)
        rows, checksum = database.execute(CHECKSUM).fetchall()[0]
    found = (int(counts[name]) for name in ("rows_in", "kept", "quarantined", "duplicates"))
    return Answer(*found, feature_rows=rows, checksum=checksum)
