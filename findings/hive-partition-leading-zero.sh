#!/usr/bin/env bash
# The partition `delivery=01` is the number 1 to Arrow and the text 01 to DuckDB.
#
# pyarrow 22.0.0, duckdb 2.0.0, the same folder, both with their own inference of Hive partitions. A month or a store that is
# written with leading zeros does not join between the two, and Arrow merges `delivery=01` with `delivery=1`.
#
# Output seen: Arrow [1, 1] of int32; DuckDB ['01', '1']
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyarrow==22.0.0 duckdb==2.0.0
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import os

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

for value in ("01", "1"):
    os.makedirs(f"lake/delivery={value}")
    pq.write_table(pa.table({"x": [1]}), f"lake/delivery={value}/part.parquet")
arrow = ds.dataset("lake", partitioning="hive").to_table()["delivery"]
duck = duckdb.sql("select delivery from read_parquet('lake/*/*.parquet') order by 1").fetchall()
print(f"Arrow {arrow.to_pylist()} of {arrow.type}; DuckDB {[row[0] for row in duck]}")
assert (arrow.to_pylist(), str(arrow.type)) == ([1, 1], "int32")
assert [row[0] for row in duck] == ["01", "1"]
PY
