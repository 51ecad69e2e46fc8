"""The bucket of the state, and a bucket that is there already, by the real Terraform on LocalStack."""

from __future__ import annotations

import json
import os
import re
import secrets
from pathlib import Path

import boto3
import pytest

from quartal.cli.app import run as quartal
from quartal.core import aws
from quartal.core.console import Console
from quartal.core.settings import Settings
from quartal.terraform.outputs import Deployment
from quartal.workspace import Workspace

pytestmark = pytest.mark.usefixtures("typed")


@pytest.fixture
def typed(project: Path, endpoint_url: str, monkeypatch) -> None:
    """The environment in which a user types `quartal`: an account of its own, so that nobody else's bucket is met."""
    kept = {"QUARTAL_TOOLS_DIR", "QUARTAL_TERRAFORM", "QUARTAL_TERRAFORM_MIRROR"}
    for name in [name for name in os.environ if name.startswith(("AWS_", "QUARTAL_")) and name not in kept]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint_url)
    monkeypatch.setenv("QUARTAL_PROJECT_DIR", str(project))


@pytest.fixture
def account(project: Path, monkeypatch) -> str:
    number = f"{secrets.randbelow(10**12):012}"
    for environment in ("dev", "prod"):
        variables = project / "infra" / "environments" / f"{environment}.tfvars"
        text, count = re.subn(
            r'allowed_account_ids = \["\d{12}"\]', f'allowed_account_ids = ["{number}"]', variables.read_text()
        )
        assert count == 1
        variables.write_text(text)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", number)  # LocalStack takes twelve digits for the account
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    aws._session.cache_clear()  # a command signs in once; here many run in one process, as different accounts
    return number


@pytest.fixture
def s3(endpoint_url: str):
    def client(access_key: str, region: str):
        return boto3.client(
            "s3",
            endpoint_url=endpoint_url,
            region_name=region,
            aws_access_key_id=access_key,
            aws_secret_access_key="test",
        )

    return client


def test_bootstrap_makes_the_bucket_once_and_a_second_one_changes_nothing(account, s3, capsys):
    assert quartal(["plan", "--env", "dev", "--no-policies"]) == 2
    assert "quartal bootstrap --env dev" in capsys.readouterr().err

    assert quartal(["bootstrap", "--env", "dev", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)["result"]
    assert made == {"bucket": f"quartal-state-{account}-eu-central-1", "summary": "6 to create"}
    client, bucket = s3(account, "eu-central-1"), made["bucket"]
    assert client.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert all(client.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    rule = client.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert "aws:SecureTransport" in client.get_bucket_policy(Bucket=bucket)["Policy"]
    keys = [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == ["quartal/bootstrap/terraform.tfstate"]  # its own state has moved in

    assert quartal(["bootstrap", "--env", "prod", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["result"]["summary"] == "no changes"

    assert quartal(["plan", "--env", "dev", "--no-policies"]) == 0  # finds it by its name
    assert "to create" in capsys.readouterr().out


def test_machine_that_did_not_deploy_finds_the_deployment_by_its_state(project, account, s3, tmp_path, monkeypatch):
    client, bucket = s3(account, "eu-central-1"), f"quartal-state-{account}-eu-central-1"  # as `bootstrap` names it
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    others = {"log_groups", "ml_run", "quarantine_share_limit", "region"}
    names = set(Deployment.__slots__) - others
    state = {
        "version": 4,
        "terraform_version": "1.10.0",
        "serial": 1,
        "lineage": "deployed-elsewhere",
        "outputs": {
            **{name: {"value": name, "type": "string"} for name in names},
            "log_groups": {
                "value": dict.fromkeys(["crawler", "job_error", "job_output"], "/logs"),
                "type": ["map", "string"],
            },
            "ml_run": {"value": None, "type": "dynamic"},
            "quarantine_share_limit": {"value": 0.05, "type": "number"},
            "region": {"value": "eu-central-1", "type": "string"},
        },
        "resources": [],
    }
    backend = (project / "infra" / "environments" / "dev.s3.tfbackend").read_text()
    key = re.search(r'^key\s*=\s*"(.+)"', backend, re.MULTILINE)[1]
    client.put_object(Bucket=bucket, Key=key, Body=json.dumps(state).encode())
    monkeypatch.setenv("QUARTAL_STATE_DIR", str(tmp_path / "another machine"))
    workspace = Workspace(Settings.from_env(os.environ, environment="dev"), Console())
    assert workspace.deployment.lake_bucket == "lake_bucket"


def test_bootstrap_of_an_environment_with_a_local_state_is_refused(capsys):
    assert quartal(["bootstrap"]) == 2
    assert "needs no bucket" in capsys.readouterr().err


def test_adoption_imports_the_bucket_and_destroys_nothing(project: Path, s3, capsys):
    bucket = f"adopted-{secrets.token_hex(4)}"
    client = s3("test", "us-east-1")
    client.create_bucket(Bucket=bucket)
    client.put_object(Bucket=bucket, Key="raw/keep", Body=b"me")
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    variables = project / "infra" / "environments" / "localstack.tfvars"
    text = variables.read_text()
    assert "lake = {\n" in text
    variables.write_text(text.replace("lake = {\n", f'lake = {{\n  bucket_name = "{bucket}"\n'))
    try:
        assert quartal(["adopt", bucket]) == 2
    finally:
        variables.write_text(text)
    printed = capsys.readouterr().err
    assert "Nothing was imported yet" in printed
    assert "--approve" in printed
    assert "module.data_lake.aws_s3_bucket.this" in printed
    assert "module.data_lake.aws_s3_bucket_versioning.this" in printed
    assert "to delete" not in printed
    assert client.get_object(Bucket=bucket, Key="raw/keep")["Body"].read() == b"me"


def test_adoption_under_another_name_would_destroy_and_is_refused(s3, capsys):
    bucket = f"adopted-{secrets.token_hex(4)}"
    s3("test", "us-east-1").create_bucket(Bucket=bucket)
    assert quartal(["adopt", bucket]) == 2
    printed = capsys.readouterr().err
    assert "would destroy: module.data_lake.aws_s3_bucket.this" in printed
    assert f'bucket_name = "{bucket}"' in printed


def test_adoption_of_a_missing_bucket_is_refused(capsys):
    assert quartal(["adopt", "no-such-bucket-anywhere"]) == 2
    assert "There is no bucket no-such-bucket-anywhere" in capsys.readouterr().err
