#!/usr/bin/env bash
# A gzip file with zeros behind its last member, as tapes and some appliances leave them, is read by gunzip and by Python's
# gzip module, and refused by Arrow and DuckDB.
#
# pyarrow 22.0.0, duckdb 2.0.0. RFC 1952 does not speak of padding; GNU gzip documents that it ignores trailing zeros. Files of
# several members without padding are read by all four.
#
# Output seen: gzip module 2 rows; Arrow OSError: zlib inflate failed: unknown compression method; DuckDB IOException
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyarrow==22.0.0 duckdb==2.0.0
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import gzip

import duckdb
import pyarrow as pa

members = gzip.compress(b"a\n1\n") + gzip.compress(b"2\n")
padded = members + bytes(512)
assert pa.input_stream(pa.py_buffer(members), compression="gzip").read() == b"a\n1\n2\n"
assert gzip.decompress(padded) == b"a\n1\n2\n"
with open("padded.csv.gz", "wb") as file:
    file.write(padded)


def failure(read):
    try:
        read()
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    raise SystemExit("changed: it is read now")


arrow = failure(lambda: pa.input_stream(pa.py_buffer(padded), compression="gzip").read())
duck = failure(lambda: duckdb.sql("select * from read_csv('padded.csv.gz')").fetchall())
print(f"gzip module 2 rows; Arrow {arrow}; DuckDB {duck}")
PY
