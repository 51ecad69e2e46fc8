from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber

from quartal.core.errors import ConfigurationError
from quartal.core.settings import Settings
from quartal.terraform.state_backend import STATE_BUCKET_VARIABLE, backend_settings, with_state_bucket

ACCOUNT = "123456789012"
NAME = f"quartal-state-{ACCOUNT}-eu-central-1"


def dev(project: Path, backend: str, **environ: str) -> Settings:
    (project / "infra/environments/dev.tfvars").touch()
    (project / "infra/environments/dev.s3.tfbackend").write_text(backend)
    return Settings.from_env(environ, environment="dev", cwd=project)


def clients(status: int | None):
    """STS that knows the account, and S3 that answers for the bucket with this status; None where none may be asked."""
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "eu-central-1"}
    sts, s3 = boto3.client("sts", **keys), boto3.client("s3", **keys)
    for client in (sts_stub := Stubber(sts), s3_stub := Stubber(s3)):
        client.activate()
    if status is not None:
        sts_stub.add_response("get_caller_identity", {"Account": ACCOUNT})
        if status == 200:
            s3_stub.add_response("head_bucket", {}, {"Bucket": NAME})
        else:
            s3_stub.add_client_error("head_bucket", str(status), http_status_code=status)
    return sts, s3


def test_bucket_is_found_by_its_name(project):
    settings = with_state_bucket(dev(project, 'region = "eu-central-1"\n'), *clients(200))
    assert settings.environ[STATE_BUCKET_VARIABLE] == NAME


@pytest.mark.parametrize(
    ("backend", "environ"),
    [
        pytest.param('bucket = "states"\n', {}, id="named by the file"),
        pytest.param("", {STATE_BUCKET_VARIABLE: "states"}, id="named by the variable"),
    ],
)
def test_bucket_that_is_named_is_not_looked_up(project, backend, environ):
    settings = dev(project, backend, **environ)
    assert with_state_bucket(settings, *clients(None)) == settings


@pytest.mark.parametrize(
    ("status", "message", "remedy"),
    [
        (404, f"no bucket {NAME} yet", "quartal bootstrap --env dev"),
        (403, f"may not use the bucket {NAME}", STATE_BUCKET_VARIABLE),
        (301, f"{NAME} is in another region", "region"),
    ],
)
def test_unusable_bucket_is_reported_with_a_remedy(project, status, message, remedy):
    with pytest.raises(ConfigurationError, match=message) as error:
        with_state_bucket(dev(project, 'region = "eu-central-1"\n'), *clients(status))
    assert remedy in error.value.remedy


def test_environment_without_an_s3_backend_has_no_bucket(settings):
    assert backend_settings(settings) is None
