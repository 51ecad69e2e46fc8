#!/usr/bin/env bash
# A commit to a Glue catalog whose answer is lost ends with a table that nobody can read, where commit.retry.num-retries is 0:
# PyIceberg deletes the manifests of the snapshot that is now current.
#
# pyiceberg 0.12.0. With retries left it looks whether the commit has landed, without them it does not. botocore sends UpdateTable again when the connection breaks before the answer comes; the first call has
# taken effect, so Glue answers the second with ConcurrentModificationException, which PyIceberg turns into
# CommitFailedException and takes for "did not land". The second call is played here by a wrapper around moto's Glue.
# Two commits without such a loss are read well by the same code.
#
# Output seen: CommitFailedException, then FileNotFoundError from table.scan()
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
from pyiceberg.exceptions import CommitFailedException

ONE_TRY = {"commit.retry.num-retries": "0"}
rows = pa.table({"id": [1, 2]})
with mock_aws():
    glue = boto3.client("glue")
    glue.create_database(DatabaseInput={"Name": "lake"})
    catalog = GlueCatalog("glue", client=glue)
    table = catalog.create_table("lake.orders", rows.schema, location=f"file://{os.getcwd()}/orders", properties=ONE_TRY)
    table.append(rows)
    assert catalog.load_table("lake.orders").scan().to_arrow().num_rows == 2

    update = glue.update_table

    def answer_is_lost(**request):
        update(**request)  # it takes effect, and its answer is lost; what botocore sends again is refused:
        refusal = {"Error": {"Code": "ConcurrentModificationException", "Message": "Update table failed"}}
        raise glue.exceptions.ConcurrentModificationException(refusal, "UpdateTable")

    glue.update_table = answer_is_lost
    try:
        table.append(rows)
    except CommitFailedException:
        first = "CommitFailedException"
    glue.update_table = update
    try:
        catalog.load_table("lake.orders").scan().to_arrow()
    except FileNotFoundError:
        print(f"{first}, then FileNotFoundError from table.scan()")
    else:
        raise SystemExit("changed: the table can be read")
PY
