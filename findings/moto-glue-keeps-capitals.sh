#!/usr/bin/env bash
# moto's Glue keeps capitals in names of databases, tables and columns; AWS Glue folds them to lower case when they are made,
# and finds them by any case.
#
# moto 5.2.5. A test against moto that creates `Orders` and reads `orders` fails where AWS serves it, and one that expects
# `OrderId` among the columns passes where AWS has `orderid`. AWS: "For Hive compatibility, this name is entirely lowercase"
# (Glue API, Table) and "folded to lowercase when it is stored" (Database).
#
# Output seen: Orders ['OrderId'], then EntityNotFoundException for orders
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'moto[glue]==5.2.5' boto3==1.44.5
cd "$work"
AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 \
"$work/venv/bin/python" -W ignore - <<'PY'
import boto3
from moto import mock_aws

with mock_aws():
    glue = boto3.client("glue")
    glue.create_database(DatabaseInput={"Name": "Lake"})
    storage = {"Columns": [{"Name": "OrderId", "Type": "bigint"}]}
    glue.create_table(DatabaseName="Lake", TableInput={"Name": "Orders", "StorageDescriptor": storage})
    (table,) = glue.get_tables(DatabaseName="Lake")["TableList"]
    columns = [column["Name"] for column in table["StorageDescriptor"]["Columns"]]
    try:
        glue.get_table(DatabaseName="lake", Name="orders")
    except glue.exceptions.EntityNotFoundException:
        print(f"{table['Name']} {columns}, then EntityNotFoundException for orders")
    else:
        raise SystemExit("changed: names are found by any case")
    assert (table["Name"], columns) == ("Orders", ["OrderId"])
PY
