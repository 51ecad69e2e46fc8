"""Errors that no other test provokes: each ends in its type, in a message that names the cause, and in a remedy."""

from __future__ import annotations

import gzip
import subprocess
import sys
import urllib.error
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pyarrow as pa
import pytest
import sqlalchemy
from botocore.exceptions import NoCredentialsError, ProxyConnectionError
from botocore.response import StreamingBody
from botocore.stub import Stubber
from moto import mock_aws
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import CommitFailedException

from quartal import infrastructure, maintenance, process, reviewing, saved_plan
from quartal.aws import AwsConnection, as_aws_error
from quartal.cli import environments as environments_cli
from quartal.cli.app import run as quartal
from quartal.console import Console
from quartal.contracts.compatibility import contracts_at
from quartal.contracts.drafting.sources import sample_of
from quartal.contracts.linting import read_text
from quartal.deployment import Deployment
from quartal.drift import find_drift
from quartal.ephemeral import EphemeralRun, run_ephemeral
from quartal.errors import (
    AwsError,
    ConfigurationError,
    IngestError,
    InterruptedCommandError,
    NotDeployedError,
    PipelineError,
    QuartalError,
    ToolchainError,
    UploadError,
)
from quartal.example_feed import generate_feed
from quartal.feature_diff import feature_key
from quartal.ingesting.database import open_database
from quartal.ingesting.record import check_bounds
from quartal.ingests import IngestOptions
from quartal.ingests import deliver as ingest
from quartal.lake_files import LakeFile, LocalFiles, S3Files
from quartal.local_stack import server
from quartal.manifests import read_manifest
from quartal.plan_review.checkov import run_checkov
from quartal.plan_review.policies import Level
from quartal.plan_review.prices import load_prices
from quartal.project_file import read_project_file
from quartal.query import published_table, run_query
from quartal.settings import Settings
from quartal.staging import stage
from quartal.toolchain.terraform_binary import require_terraform
from quartal.uploading.delivery_manifest import ManifestStore, UploadRecord
from quartal.uploading.object_writer import BucketAddress, ObjectWriter
from quartal.uploading.transfer import _as_upload_error
from quartal.uploads import plan_upload
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


@pytest.fixture
def place(tmp_path: Path, settings: Settings) -> Place:
    folder = tmp_path / "place"
    folder.mkdir()
    return Place(folder, settings)


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


def ingest_of(place: Place, **named: str) -> None:
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
    empty = {"files": {}, "uploads": []}
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
    reviewing.review_saved_plan(place.workspace, plan, reviewing.ReviewOptions(policies=False))


def record_of_another_version(place: Place) -> None:
    staged = stage(place.settings)
    staged.plan_file.write_text("plan")
    said = {"made_at": "", "summary": "", "is_destroy": False}
    record = saved_plan.write_record(staged, decision="maybe", approval="change", **said)
    reviewing.verdict_of(record)


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
        maintenance.maintain(lake, racing, LocalFiles(), later, dry_run=False, sleep=lambda _: None)


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
    vars(workspace).update(terraform=SimpleNamespace(apply_plan=interrupt), staged=stage(place.settings))
    infrastructure.apply_plan(workspace)


def local_stack_that_ends_at_once(place: Place) -> None:
    program = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    program.wait(timeout=60)
    place.file("localstack.log", "port is taken\n")
    started = server.LocalStackServer(program.pid, 0.0, 4566, str(place.folder))
    server._wait_until_healthy(started, program)


def file_of_an_upload_that_s3_refuses(place: Place) -> None:
    (item,) = plan_upload([place.file("a.csv", "x")], raw_prefix="raw/", delivery="2024Q1")
    refused = UploadError("s3 key raw/a.csv was not stored: 503", remedy="Run the same command again.")
    raise _as_upload_error(item, refused)


def price_list_out_of_reach(_: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(environments_cli.urllib.request, "urlopen", refuse)
    environments_cli._fetch("https://pricing.us-east-1.amazonaws.com/offers")


ERRORS: dict[str, tuple[Callable[[Place], object], type[QuartalError], str, str]] = {
    "no credentials": (
        lambda _: _raised(as_aws_error(NoCredentialsError())),
        AwsError,
        "No AWS credentials",
        "Sign in",
    ),
    "a failure of botocore's own": (
        lambda _: _raised(as_aws_error(ProxyConnectionError(proxy_url="http://127.0.0.1:9"))),
        AwsError,
        "127.0.0.1:9",
        "quartal doctor",
    ),
    "manifest that is missing": (
        lambda _: read_manifest(stubbed("s3", ("get_object", "NoSuchKey")), "lake", "runs/feed/wr_1.json"),
        PipelineError,
        "s3://lake/runs/feed/wr_1.json",
        "quartal logs",
    ),
    "object that S3 does not delete": (
        lambda _: S3Files(
            stubbed("s3", ("delete_objects", {"Errors": [{"Key": "tmp/a", "Message": "Access Denied"}]}))
        ).delete([LakeFile("lake/tmp/a", 1, maintenance.datetime.now(maintenance.UTC))]),
        AwsError,
        "s3://lake/tmp/a was not deleted",
        "s3:DeleteObject",
    ),
    "outputs of another version": (
        lambda _: Deployment.from_outputs({"region": "eu-central-1"}),
        NotDeployedError,
        "lake_bucket",
        "quartal apply",
    ),
    "drift of nothing": (lambda p: find_drift(p.workspace), NotDeployedError, "Nothing is deployed", "quartal apply"),
    "destroy of nothing": (
        lambda p: infrastructure.make_plan(p.workspace, destroy=True),
        NotDeployedError,
        "Nothing is deployed",
        "nothing to destroy",
    ),
    "contract that a revision did not hold": (contract_that_was_none, ConfigurationError, "at HEAD", "later revision"),
    "contract that is missing": (
        lambda p: read_text(p.folder / "none.yaml"),
        ConfigurationError,
        "none.yaml cannot be read",
        "YAML",
    ),
    "feed file that is cut off": (
        lambda p: sample_of(p.file("cut.csv.gz", gzip.compress(b"a,b\n1,2\n")[:-6])),
        ConfigurationError,
        "cut.csv.gz cannot be read",
        "gzip",
    ),
    "feed that nobody generates": (
        lambda p: generate_feed(Console(), p.folder / "feed", rows=1000, seed=1, feed="weather"),
        ConfigurationError,
        "no feed 'weather'",
        "vehicle_sightings",
    ),
    "feed into a file": (feed_into_a_file, ConfigurationError, "Cannot write to", "--out"),
    "table that is no features": (
        lambda _: feature_key(("brand", "n")),
        ConfigurationError,
        "brand, n are not those of features",
        "quartal run",
    ),
    "ingest of nothing": (lambda p: ingest_of(p), ConfigurationError, "What is to be read?", "--query"),
    "ingest of two things": (
        lambda p: ingest_of(p, table="a", query="select 1"),
        ConfigurationError,
        "What is to be read?",
        "--table",
    ),
    "database that refuses": (
        lambda _: _read("sqlite://", "select * from sales"),
        IngestError,
        "it could not be read: no such table: sales",
        "the same command again",
    ),
    "URL that the database does not take": (
        lambda _: _read("sqlite://host/sales.db", "select 1"),
        ConfigurationError,
        "A connection to 'sqlite' takes no such URL",
        "postgresql://",
    ),
    "key of a type that is not cut": (
        lambda _: check_bounds(((True,),), ("paid",)),
        ConfigurationError,
        "paid is of type bool",
        "--key",
    ),
    "prices that lack one": (
        lambda _: replace_prices("eu-central-1").usd("glue_job_dpu_hour"),
        ConfigurationError,
        "lack 'glue_job_dpu_hour'",
        "quartal cost eu-central-1 --refresh",
    ),
    "checkov that fails": (
        lambda p: run_checkov(p.program("exit 3"), {}, p.folder, {}),
        ToolchainError,
        "checkov did not get through",
        "--no-policies",
    ),
    "project file that is a folder": (
        lambda p: read_project_file(_made(p.folder / "quartal.toml").parent),
        ConfigurationError,
        "quartal.toml cannot be read",
        "UTF-8",
    ),
    "query that is no SQL": (
        lambda p: query_of_a_catalog_without(p, "select"),
        ConfigurationError,
        "The query was refused",
        "features, curated",
    ),
    "query without a database": (
        lambda p: query_of_a_catalog_without(p, "select * from others", database=False),
        NotDeployedError,
        "no database db",
        "quartal apply",
    ),
    "query of an unknown table": (
        lambda p: query_of_a_catalog_without(p, "select * from others"),
        ConfigurationError,
        "no Iceberg table 'others'",
        "features or curated",
    ),
    "plan without a region": (plan_without_a_region, ConfigurationError, "no variable 'region'", "infra/variables.tf"),
    "record of another version": (record_of_another_version, ConfigurationError, "cannot be read", "quartal plan"),
    "plan that somebody took away": (
        lambda p: saved_plan.require_record(stage(p.settings)),
        ConfigurationError,
        "The reviewed plan is gone",
        "quartal plan",
    ),
    "delivery that others keep recording": (
        manifest_that_others_keep_writing,
        UploadError,
        "delivery 2024Q1 could not be written",
        "same command again",
    ),
    "object where nobody answers": (object_where_nobody_answers, UploadError, "key was not stored", "the same command"),
    "file that S3 refuses": (
        file_of_an_upload_that_s3_refuses,
        UploadError,
        "a.csv: s3 key raw/a.csv was not stored: 503",
        "the same command",
    ),
    "LocalStack that ends at once": (
        local_stack_that_ends_at_once,
        QuartalError,
        "LocalStack ended with exit code 3",
        "localstack.log",
    ),
    "file with a control character": (
        lambda p: plan_upload([p.file("a\nb.csv", "x").parent], raw_prefix="raw/", delivery="2024Q1"),
        ConfigurationError,
        "control character",
        "Rename",
    ),
    "folder without files": (
        lambda p: plan_upload([p.folder], raw_prefix="raw/", delivery="2024Q1"),
        ConfigurationError,
        "holds no files",
        "Name the folder",
    ),
    "snapshots while a run commits": (
        maintenance_while_a_run_commits,
        PipelineError,
        "db.feed_features was changed meanwhile",
        "quartal maintenance",
    ),
    "ephemeral run that is interrupted": (ephemeral_that_is_interrupted, InterruptedCommandError, "Interrupted", ""),
    "apply that is interrupted": (
        terraform_that_is_interrupted,
        InterruptedCommandError,
        "Terraform has ended",
        "quartal plan",
    ),
    "program that cannot be started": (
        lambda p: process.run([str(p.folder / "none")]),
        ToolchainError,
        "Cannot start",
        "quartal doctor",
    ),
}


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


def replace_prices(region: str) -> Any:
    prices = load_prices(region)
    assert prices is not None
    return prices.model_copy(update={"prices": {}})


@pytest.mark.parametrize("name", ERRORS)
def test_error_names_its_cause_and_what_to_do(name: str, place: Place):
    provoke, kind, message, remedy = ERRORS[name]
    with pytest.raises(kind) as error:
        provoke(place)
    assert message in error.value.message
    assert remedy in error.value.remedy
    assert error.value.remedy or kind is InterruptedCommandError


def test_price_list_out_of_reach_leaves_the_prices_of_the_checkout(place: Place, monkeypatch):
    with pytest.raises(AwsError, match="no route to host") as error:
        price_list_out_of_reach(place, monkeypatch)
    assert "stay in use" in error.value.remedy


def test_terraform_that_is_nowhere_is_said_with_how_to_get_it(settings, monkeypatch):
    def missing(_: str) -> str:
        raise terraform_binary.metadata.PackageNotFoundError

    from quartal.toolchain import terraform_binary

    monkeypatch.setattr(terraform_binary.metadata, "version", missing)
    with pytest.raises(ToolchainError, match="No usable Terraform") as error:
        require_terraform(replace(settings, environ={"PATH": ""}))
    assert error.value.remedy


def test_contract_that_is_wrong_is_not_shown(tmp_path, capsys):
    path = tmp_path / "feed.yaml"
    path.write_text("kind: DataContract\n")
    assert quartal(["contract", "show", str(path)]) == 2
    assert "quartal contract lint" in capsys.readouterr().err


def test_plan_that_nobody_has_seen_is_shown_and_not_applied(stand_in, capsys):
    assert quartal(["apply", "--no-policies"]) == 2
    assert "Nobody has seen this plan for 'dev' before" in capsys.readouterr().err


def test_features_without_a_state_cannot_be_tagged(project, monkeypatch, capsys):
    with mock_aws():
        catalog = GlueCatalog("test", client=boto3.client("glue", **KEYS))
        catalog.create_namespace("db")
        catalog.create_table("db.feed_features", pa.schema([("n", pa.int64())]), location=f"file://{project}/features")
        monkeypatch.chdir(project)
        monkeypatch.setattr(Workspace, "deployment", DEPLOYMENT)
        monkeypatch.setattr(Workspace, "connection", None)
        monkeypatch.setattr("quartal.cli.results.iceberg_catalog", lambda _: catalog)
        assert published_table(catalog, DEPLOYMENT, "features").current_snapshot() is None
        assert quartal(["tag", "model-1"]) == 2
    assert "no published state yet" in capsys.readouterr().err
