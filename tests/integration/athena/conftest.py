"""The Athena under test, and environments with third-party clients.

By default this is LocalStack, as for the other tests. With `ATHENA_TEST_BUCKET` it is AWS, with the current credentials
and region; each run uses its own folder in that bucket and empties it.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import uv
from botocore.exceptions import ClientError
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

ROOT = Path(__file__).parents[3]
# dbt's adapter needs an older PyAthena
ENVIRONMENTS = {
    "clients": ("awswrangler==3.17.1", "PyAthena[sqlalchemy]==4.2.1"),
    "dbt": ("dbt-core>=1.11,<1.12", "dbt-athena==1.11.1"),
}
DONE = {"SUCCEEDED", "FAILED", "CANCELLED"}


@dataclass(frozen=True)
class Place:
    """The Athena under test: an endpoint or AWS, and a folder and a database of the tests."""

    endpoint_url: str | None
    region: str
    location: str
    database: str
    keys: Mapping[str, str] | None = None  # of a session; otherwise the current ones

    def client(self, service: str) -> Any:
        """A boto3 client."""
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"} if self.endpoint_url else {}
        keys = dict(self.keys or keys)
        return boto3.client(service, endpoint_url=self.endpoint_url, region_name=self.region, **keys)

    def environ(self) -> dict[str, str]:
        """The environment variables for a client in another process."""
        own = {
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "ATHENA_DATABASE": self.database,
            "ATHENA_LOCATION": self.location,
        }
        if self.endpoint_url:
            own |= {"AWS_ENDPOINT_URL": self.endpoint_url}
            own |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        return {**os.environ, **own}

    def ask(self, sql: str) -> list[list[str | None]]:
        """Run a statement and return its rows, with the header first.

        Raises:
            AssertionError: the statement failed, with Athena's reason.
        """
        athena = self.client("athena")
        query_id = athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": self.database},
            ResultConfiguration={"OutputLocation": f"{self.location}results/"},
        )["QueryExecutionId"]
        waiting = Retrying(
            retry=retry_if_result(lambda found: found["State"] not in DONE),
            wait=wait_fixed(0.1),
            stop=stop_after_delay(120),
        )
        status = waiting(lambda: athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"])
        assert status["State"] == "SUCCEEDED", status.get("StateChangeReason")
        pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=query_id)
        rows = [row["Data"] for page in pages for row in page["ResultSet"]["Rows"]]
        return [[value.get("VarCharValue") for value in row] for row in rows]


@pytest.fixture(scope="module")
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    name, bucket = f"athena_{secrets.token_hex(4)}", os.environ.get("ATHENA_TEST_BUCKET")
    if bucket:
        made = Place(None, os.environ["AWS_DEFAULT_REGION"], f"s3://{bucket}/{name}/", name)
    else:
        bucket = name.replace("_", "-")
        made = Place(request.getfixturevalue("endpoint_url"), "eu-central-1", f"s3://{bucket}/{name}/", name)
        made.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    made.client("glue").create_database(DatabaseInput={"Name": name})
    yield made
    with suppress(ClientError):
        made.client("glue").delete_database(Name=name)
    s3 = made.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{name}/"):
        for entry in page.get("Contents", ()):
            s3.delete_object(Bucket=bucket, Key=entry["Key"])


@pytest.fixture(scope="session")
def clients() -> Path:
    """The programs of an environment with awswrangler, PyAthena and SQLAlchemy."""
    return ensure_programs("clients")


@pytest.fixture(scope="session")
def dbt() -> Path:
    """The programs of an environment with dbt."""
    return ensure_programs("dbt")


def ensure_programs(name: str) -> Path:
    """The programs of an environment, which uv creates on first use."""
    if os.environ.get("QUARTAL_ATHENA_CLIENTS") != "all":
        pytest.skip("QUARTAL_ATHENA_CLIENTS=all installs the clients and asks by them")
    folder, packages = ROOT / ".quartal" / "athena-clients" / name, ENVIRONMENTS[name]
    programs, note = folder / "bin", folder / "installed.txt"
    if not note.exists() or note.read_text("utf-8") != "\n".join(packages):
        program = uv.find_uv_bin()
        subprocess.run([program, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True)
        install = [program, "pip", "install", "--quiet", "--python", programs / "python", *packages]
        subprocess.run(install, check=True)
        note.write_text("\n".join(packages), "utf-8")
    return programs
