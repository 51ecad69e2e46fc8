#!/usr/bin/env bash
# A table to which PyIceberg has appended a dictionary-encoded column, and then the same column plain, cannot be read as Arrow
# any more.
#
# pyiceberg 0.12.0, pyarrow 22.0.0. Both appends succeed; Parquet files keep Arrow's dictionary in their metadata, and the scan
# concatenates tables of two types. pandas categoricals come as such columns. Decoding before the append avoids it.
#
# Output seen: ArrowTypeError: Unable to merge: Field s has incompatible types: string vs dictionary<...>
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'pyiceberg[pyarrow,sql-sqlite]==0.12.0' pyarrow==22.0.0
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import logging
import os

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

logging.disable()
catalog = SqlCatalog("local", uri="sqlite://", warehouse=f"file://{os.getcwd()}")
catalog.create_namespace("lake")
plain = pa.table({"s": ["c"]})


def read(*appended):
    name = f"lake.t{len(catalog.list_tables('lake'))}"
    table = catalog.create_table(name, plain.schema)
    for rows in appended:
        table.append(rows)
    return table.scan().to_arrow().num_rows


encoded = pa.table({"s": pa.array(["a", "b"]).dictionary_encode()})
assert read(plain, plain) == 2
try:
    read(encoded, plain)
except pa.ArrowTypeError as error:
    print("ArrowTypeError:", str(error)[:90])
else:
    raise SystemExit("changed: both are read")
PY
