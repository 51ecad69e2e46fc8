"""The features computed a second time, by DuckDB over the raw files, to compare the published ones with."""

from __future__ import annotations

from pathlib import Path

import duckdb

_HOURS = [f"hour_{hour:02d}" for hour in range(24)]


def expected_tables(feed: Path) -> duckdb.DuckDBPyConnection:
    """A database with `expected` (features), `kept`, `valid` and `raw` of the feed below a folder."""
    database = duckdb.connect()
    script = (Path(__file__).parent / "expected_features.sql").read_text()
    script = script.replace(
        "{hours}", ",\n    ".join(f"count(*) filter (hour = {i}) as {name}" for i, name in enumerate(_HOURS))
    ).replace("{filled_hours}", ",\n    ".join(f"coalesce({name}, 0) as {name}" for name in _HOURS))
    database.execute("set variable files = ?", [str(feed / "**" / "*.csv")])
    database.execute(script)
    return database
