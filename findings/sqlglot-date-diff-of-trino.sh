#!/usr/bin/env bash
# SQL of Trino or Athena that sqlglot translates for DuckDB counts other days: Trino's date_diff counts whole units that have
# passed, DuckDB's counts the boundaries that were crossed, and the translation keeps the name.
#
# sqlglot 30.30.0, duckdb 2.0.0. From 23:00 to 01:00 of the next day Trino's manual and a Trino server say 0 days.
#
# Output seen: SELECT DATE_DIFF('DAY', ...) -> 1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check sqlglot==30.30.0 duckdb==2.0.0
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import duckdb
import sqlglot

query = "SELECT date_diff('day', timestamp '2024-01-01 23:00:00', timestamp '2024-01-02 01:00:00')"
(translated,) = sqlglot.transpile(query, read="trino", write="duckdb")
((days,),) = duckdb.sql(translated).fetchall()
print(translated, "->", days)
assert days == 1
assert duckdb.sql(translated.replace("DATE_DIFF", "DATE_SUB")).fetchall() == [(0,)]
PY
