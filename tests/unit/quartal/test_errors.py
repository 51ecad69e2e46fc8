"""Errors that users can cause: each has a type, a cause and a remedy."""

from __future__ import annotations

import gzip
import urllib.error
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pytest
from botocore.exceptions import NoCredentialsError, ProxyConnectionError
from moto import mock_aws
from pyiceberg.catalog.glue import GlueCatalog

from etl_job.lake.files import S3ObjectStore
from plan_review.errors import ReviewError, ReviewInputError
from plan_review.prices import load_prices
from quartal.cli import environments as environments_cli
from quartal.cli.app import run as quartal
from quartal.contracts.drafting.sources import read_sample
from quartal.contracts.linting import read_text
from quartal.core import process
from quartal.core.aws import as_aws_error
from quartal.core.console import Console
from quartal.core.errors import (
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
from quartal.core.project_file import read_project_file
from quartal.core.settings import Settings
from quartal.deliver.ingest.record import check_bounds
from quartal.deliver.upload.uploads import plan_upload
from quartal.deploy import change
from quartal.deploy.checkov import run_checkov
from quartal.deploy.drift import find_drift
from quartal.features.diff import feature_key
from quartal.features.lake_files import delete_files
from quartal.features.query import published_table
from quartal.local.toolchain.terraform_binary import require_terraform
from quartal.runs.manifests import read_manifest
from quartal.scenarios.example_feed import generate_feed
from quartal.terraform import saved_plan
from quartal.terraform.outputs import Deployment
from quartal.terraform.working_copy import stage
from quartal.workspace import Workspace
from tests.unit.quartal.error_cases import (
    DEPLOYMENT,
    KEYS,
    Place,
    _made,
    _raised,
    _read,
    contract_that_was_none,
    ephemeral_that_is_interrupted,
    feed_into_a_file,
    file_of_an_upload_that_s3_refuses,
    local_stack_that_ends_at_once,
    maintenance_while_a_run_commits,
    manifest_that_others_keep_writing,
    object_where_nobody_answers,
    plan_without_a_region,
    query_of_a_catalog_without,
    record_of_another_version,
    run_ingest,
    stubbed,
    terraform_that_is_interrupted,
)


@pytest.fixture
def place(tmp_path: Path, settings: Settings) -> Place:
    folder = tmp_path / "place"
    folder.mkdir()
    return Place(folder, settings)


def price_list_out_of_reach(_: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(environments_cli.urllib.request, "urlopen", refuse)
    environments_cli._fetch("https://pricing.us-east-1.amazonaws.com/offers")


ERRORS: dict[str, tuple[Callable[[Place], object], type[QuartalError | ReviewError], str, str]] = {
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
        lambda _: delete_files(
            S3ObjectStore(stubbed("s3", ("delete_objects", {"Errors": [{"Key": "a", "Message": "Access Denied"}]}))),
            ["s3://lake/a"],
        ),
        AwsError,
        "s3://lake/a was not deleted",
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
        lambda p: change.make_plan(p.workspace, destroy=True),
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
        lambda p: read_sample(p.file("cut.csv.gz", gzip.compress(b"a,b\n1,2\n")[:-6])),
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
    "ingest of nothing": (lambda p: run_ingest(p), ConfigurationError, "An ingest needs exactly one source", "--query"),
    "ingest of two things": (
        lambda p: run_ingest(p, table="a", query="select 1"),
        ConfigurationError,
        "An ingest needs exactly one source",
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
        "The URL does not fit a connection to 'sqlite'",
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
        ReviewInputError,
        "no price for 'glue_job_dpu_hour'",
        "price list",
    ),
    "checkov that fails": (
        lambda p: run_checkov(p.program("exit 3"), {}, p.folder, {}),
        ToolchainError,
        "checkov did not finish",
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
        "The reviewed plan no longer exists",
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
        "db.feed_features was changed in the meantime",
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


def test_missing_terraform_is_reported_with_how_to_install_it(settings, monkeypatch):
    def missing(_: str) -> str:
        raise terraform_binary.metadata.PackageNotFoundError

    from quartal.local.toolchain import terraform_binary

    monkeypatch.setattr(terraform_binary.metadata, "version", missing)
    with pytest.raises(ToolchainError, match="There is no usable Terraform") as error:
        require_terraform(replace(settings, environ={"PATH": ""}))
    assert error.value.remedy


def test_contract_that_is_wrong_is_not_shown(tmp_path, capsys):
    path = tmp_path / "feed.yaml"
    path.write_text("kind: DataContract\n")
    assert quartal(["contract", "show", str(path)]) == 2
    assert "quartal contract lint" in capsys.readouterr().err


def test_unreviewed_plan_is_shown_and_not_applied(stand_in, capsys):
    assert quartal(["apply", "--no-policies"]) == 2
    assert "This plan for 'dev' has not been reviewed yet" in capsys.readouterr().err


def test_features_without_a_state_cannot_be_tagged(project, monkeypatch, capsys):
    with mock_aws():
        catalog = GlueCatalog("test", client=boto3.client("glue", **KEYS))
        catalog.create_namespace("db")
        catalog.create_table("db.feed_features", pa.schema([("n", pa.int64())]), location=f"file://{project}/features")
        monkeypatch.chdir(project)
        monkeypatch.setattr(Workspace, "deployment", DEPLOYMENT)
        monkeypatch.setattr(Workspace, "connection", None)
        monkeypatch.setattr("quartal.cli.features.iceberg_catalog", lambda _: catalog)
        assert published_table(catalog, DEPLOYMENT, "features").current_snapshot() is None
        assert quartal(["tag", "model-1"]) == 2
    assert "no published state yet" in capsys.readouterr().err
