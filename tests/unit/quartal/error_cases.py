"""What a user can do wrong in one call: each makes the error that the table of test_errors.py expects."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pyarrow as pa
import pytest
import sqlalchemy
from botocore.response import StreamingBody
from botocore.stub import Stubber
from moto import mock_aws
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import CommitFailedException

from etl_job.lake.files import LocalObjectStore
from plan_review.levels import Level
from quartal.contracts.compatibility import contracts_at
from quartal.core.aws import AwsConnection
from quartal.core.console import Console
from quartal.core.errors import (
    QuartalError,
    UploadError,
)
from quartal.core.settings import Settings
from quartal.deliver.ingest.database import open_database
from quartal.deliver.ingest.ingests import IngestOptions
from quartal.deliver.ingest.ingests import deliver as ingest
from quartal.deliver.upload.delivery_manifest import ManifestStore, UploadRecord
from quartal.deliver.upload.object_writer import BucketAddress, ObjectWriter
from quartal.deliver.upload.transfer import _as_upload_error
from quartal.deliver.upload.uploads import plan_upload
from quartal.deploy import change, review
from quartal.features import maintenance
from quartal.features.query import run_query
from quartal.local.local_aws import server
from quartal.scenarios.ephemeral import EphemeralRun, run_ephemeral
from quartal.scenarios.example_feed import generate_feed
from quartal.terraform import saved_plan
from quartal.terraform.outputs import Deployment
from quartal.terraform.working_copy import stage
from quartal.workspace import Workspace

KEYS = {"region_name": "eu-central-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
DEPLOYMENT = Deployment("eu-central-1", "lake", "feed", "raw/feed/", "db", "crawler", "job", "flow", "", {})


@dataclass(frozen=True)
class Place:
    """Where a test does its mischief."""

    folder: Path
    settings: Settings

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.settings, Console())

    def file(self, name: str, content: str | bytes = "") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def program(self, script: str) -> Path:
        """A program that does what a shell's script says."""
        if sys.platform == "win32":
            pytest.skip("the program is a shell's script")
        path = self.file("program", f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path


def stubbed(service: str, *answers: tuple[str, dict[str, Any] | str]) -> Any:
    """A client that gives these answers; text is the code of an error."""
    client = boto3.client(service, **KEYS)
    stub = Stubber(client)
    for operation, answer in answers:
        if isinstance(answer, str):
            stub.add_client_error(operation, answer)
        else:
            stub.add_response(operation, answer)
    stub.activate()
    return client


# ---------------------------------------------------------------------------- what each of them does wrong


def contract_that_was_none(place: Place) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run([*git, "init", "-q"], cwd=place.folder, check=True)
    path = place.file("feed.yaml", "kind: DataContract\n")
    subprocess.run([*git, "add", "."], cwd=place.folder, check=True)
    subprocess.run([*git, "commit", "-q", "-m", "first"], cwd=place.folder, check=True)
    contracts_at("HEAD", path.resolve())


def feed_into_a_file(place: Place) -> None:
    generate_feed(Console(), place.file("taken") / "feed", rows=1000, seed=1)


def run_ingest(place: Place, **named: str) -> None:
    ingest(
        place.workspace,
        "sqlite://",
        table=named.get("table"),
        query=named.get("query"),
        key=(),
        name=None,
        delivery="2024Q1",
        options=IngestOptions(),
    )


def manifest_that_others_keep_writing(_: Place) -> None:
    empty = {"version": 1, "files": {}, "uploads": []}
    body = f"{empty}".replace("'", '"').encode()
    answers = []
    for _attempt in range(20):
        answers += [
            ("get_object", {"Body": StreamingBody(BytesIO(body), len(body)), "ETag": "e"}),
            ("put_object", "PreconditionFailed"),
        ]
    record = UploadRecord("u", "2026-01-01T00:00:00Z", "somebody")
    ManifestStore(stubbed("s3", *answers), "lake", "deliveries/").record("2024Q1", {}, record)


def object_where_nobody_answers(_: Place) -> None:
    client = boto3.client("s3", endpoint_url="http://127.0.0.1:9", **KEYS)
    credentials = AwsConnection("eu-central-1", "http://127.0.0.1:9", "test", "test").credentials()
    writer = ObjectWriter(BucketAddress.of(client, "lake"), credentials, sleep=lambda _: None)
    writer.put("key", lambda: b"x", size_bytes=1, checksum="AAAAAAAAAAA=")


def plan_without_a_region(place: Place) -> None:
    stage(place.settings).plan_file.write_text("plan")
    plan = {"format_version": "1.2", "resource_changes": []}
    review.review_saved_plan(place.workspace, plan, review.ReviewOptions(policies=False))


def record_of_another_version(place: Place) -> None:
    staged = stage(place.settings)
    staged.plan_file.write_text("plan")
    said = {"made_at": "", "summary": "", "is_destroy": False}
    record = saved_plan.write_record(staged, decision="maybe", approval="change", **said)
    review.read_verdict(record)


def maintenance_while_a_run_commits(place: Place) -> None:
    with mock_aws():
        catalog = GlueCatalog("test", client=boto3.client("glue", **KEYS))
        catalog.create_namespace("db")
        rows = pa.table({"value": pa.array([1], pa.int64())})
        table = catalog.create_table("db.feed_features", rows.schema, location=f"file://{place.folder}/features")
        table.overwrite(rows)
        table.overwrite(rows)

        class Racing(GlueCatalog):
            def commit_table(self, *_: Any, **__: Any) -> Any:
                raise CommitFailedException("the table has moved on")

        racing = Racing("test", client=boto3.client("glue", **KEYS))
        lake = maintenance.Lake(f"file://{place.folder}", "db", "feed", ("feed_features",))
        later = maintenance.datetime.now(maintenance.UTC) + maintenance.timedelta(hours=1)
        maintenance.maintain(lake, racing, LocalObjectStore(), later, dry_run=False, sleep=lambda _: None)


def query_of_a_catalog_without(place: Place, sql: str, *, database: bool = True) -> None:
    with mock_aws():
        catalog = GlueCatalog("test", client=boto3.client("glue", **KEYS))
        if database:
            catalog.create_namespace("db")
        run_query(sql, DEPLOYMENT, catalog)


def ephemeral_that_is_interrupted(place: Place) -> None:
    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    console = Console()
    console.heading = interrupt  # type: ignore[method-assign]
    wanted = EphemeralRun((), (), (), None, 60, Level.DATA)
    run_ephemeral(Workspace(place.settings, console), wanted)


def terraform_that_is_interrupted(place: Place) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    workspace = place.workspace
    terraform = SimpleNamespace(apply_plan=interrupt)
    vars(workspace).update(terraform=terraform, staged=stage(place.settings), endpoint=None)
    change.apply_plan(workspace)


def local_stack_that_ends_at_once(place: Place) -> None:
    program = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    program.wait(timeout=60)
    place.file("localstack.log", "port is taken\n")
    started = server.LocalStackServer(program.pid, 0.0, 4566, str(place.folder))
    server._wait_until_healthy(started, program, "LocalStack")


def file_of_an_upload_that_s3_refuses(place: Place) -> None:
    (item,) = plan_upload([place.file("a.csv", "x")], raw_prefix="raw/", delivery="2024Q1")
    refused = UploadError("s3 key raw/a.csv was not stored: 503", remedy="Run the same command again.")
    raise _as_upload_error(item, refused)


def _raised(error: QuartalError) -> None:
    raise error


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _read(url: str, sql: str) -> None:
    with (
        open_database(url, connections=1) as database,
        database.errors("it could not be read"),
        database.engine.connect() as connection,
    ):
        connection.execute(sqlalchemy.text(sql))
