#!/usr/bin/env bash
# A column that was dropped from an Iceberg table stays among the columns of its Glue table.
#
# pyiceberg 0.12.0 with moto's Glue; Iceberg's own Java code writes the same (IcebergToGlueConverter). The column is marked
# `iceberg.field.current=false`. Whoever takes the columns of an Iceberg table from GetTable, as for Hive tables, sees columns
# that no query can read.
#
# Output seen: [('id', 'true'), ('old', 'false')]
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'pyiceberg[pyarrow,glue]==0.12.0' 'moto[glue,s3]==5.2.5' boto3==1.44.5
cd "$work"
AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 \
"$work/venv/bin/python" -W ignore - <<'PY'
import os

import boto3
import pyarrow as pa
from moto import mock_aws
from pyiceberg.catalog.glue import GlueCatalog

with mock_aws():
    glue = boto3.client("glue")
    glue.create_database(DatabaseInput={"Name": "lake"})
    catalog = GlueCatalog("glue", client=glue)
    schema = pa.schema([("id", pa.int64()), ("old", pa.string())])
    table = catalog.create_table("lake.orders", schema, location=f"file://{os.getcwd()}/orders")
    with table.update_schema() as change:
        change.delete_column("old")
    columns = glue.get_table(DatabaseName="lake", Name="orders")["Table"]["StorageDescriptor"]["Columns"]
    told = [(column["Name"], column["Parameters"]["iceberg.field.current"]) for column in columns]
    print(told)
    assert told == [("id", "true"), ("old", "false")]
    assert table.schema().column_names == ["id"]
PY
