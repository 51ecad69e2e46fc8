"""A run may take longer than its credentials live: files are opened with those of now. No Spark, no service."""

from datetime import UTC, date, datetime, timedelta
from functools import partial

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.credentials import RefreshableCredentials
from botocore.session import get_session

from etl_job.contract.schemas import TableColumn
from etl_job.tables.catalog import open_catalog
from etl_job.tables.snapshot_change import Replacement, is_one_of
from etl_job.tables.table_commit import PublishedIceberg

from .conftest import DATABASE

COLUMNS = (TableColumn("delivery", "string"), TableColumn("day", "date"))
KEY = "s3.access-key-id"


@pytest.fixture
def signed_in(lake):
    """A session whose credentials have been renewed once for each entry of a list that grows."""
    keys: list[str] = []

    def renew() -> dict[str, str]:
        keys.append(f"KEY{len(keys)}")
        ends = datetime.now(UTC) + timedelta(seconds=1)  # so soon that each use renews them
        return {"access_key": keys[-1], "secret_key": "s", "token": f"of {keys[-1]}", "expiry_time": ends.isoformat()}

    core = get_session()
    core._credentials = RefreshableCredentials.create_from_metadata(renew(), renew, "test")
    return boto3.Session(botocore_session=core, region_name="eu-central-1"), keys


def test_commit_opens_files_with_the_credentials_of_now(lake, signed_in):
    session, keys = signed_in
    catalog = open_catalog(session, session.client("glue"), {})
    location = f"file://{lake.root}/counts"

    def change(run_id: str) -> Replacement:
        path = lake.root / f"{run_id}.parquet"
        pq.write_table(pa.table({"delivery": ["d1"], "day": [date(2024, 1, 1)]}), path)
        return Replacement(is_one_of("delivery", ["d1"]), [f"file://{path}"], run_id)

    open_table = partial(PublishedIceberg, location=location, columns=COLUMNS, by="delivery")
    open_table(catalog, DATABASE, "counts").replace(change("one"))
    table = open_table(catalog, DATABASE, "counts")
    loaded_with = table._table.io.properties[KEY]
    table.replace(change("two"))
    committed_with = table._table.io.properties
    assert keys.index(committed_with[KEY]) > keys.index(loaded_with)
    assert committed_with["s3.session-token"] == f"of {committed_with[KEY]}"
