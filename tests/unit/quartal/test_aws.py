from datetime import UTC, datetime
from io import BytesIO

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from quartal.core.aws import AwsConnection, as_aws_error, aws_environment
from quartal.core.settings import Settings


def test_local_environment_hides_the_users_own_credentials(project):
    settings = Settings.from_env({"AWS_PROFILE": "production", "AWS_SESSION_TOKEN": "secret"}, cwd=project)
    env = aws_environment(settings, "http://127.0.0.1:4566")
    assert "AWS_PROFILE" not in env
    assert "AWS_SESSION_TOKEN" not in env
    assert (env["AWS_ACCESS_KEY_ID"], env["AWS_ENDPOINT_URL"]) == ("test", "http://127.0.0.1:4566")


def test_real_environment_keeps_them(project):
    (project / "infra/environments/dev.tfvars").touch()
    settings = Settings.from_env({"AWS_PROFILE": "production"}, environment="dev", cwd=project)
    env = aws_environment(settings, None)
    assert env["AWS_PROFILE"] == "production"
    assert "AWS_ENDPOINT_URL" not in env
    assert "AWS_ACCESS_KEY_ID" not in env


def test_both_region_variables_agree(project):
    env = aws_environment(Settings.from_env({"AWS_DEFAULT_REGION": "us-west-2"}, cwd=project), None)
    assert env["AWS_REGION"] == env["AWS_DEFAULT_REGION"] == "us-west-2"


def test_clients_talk_to_the_endpoint():
    connection = AwsConnection("us-east-1", "http://127.0.0.1:9", "test", "test")
    assert connection.glue().meta.endpoint_url == "http://127.0.0.1:9"
    assert connection.s3().meta.endpoint_url == "http://127.0.0.1:9"


def test_client_is_made_once_for_each_endpoint_service_and_number_of_attempts():
    here, there = (AwsConnection("us-east-1", f"http://127.0.0.1:{port}", "test", "test") for port in (8, 9))
    assert here.s3() is AwsConnection("us-east-1", "http://127.0.0.1:8", "test", "test").s3()
    clients = [here.s3(), here.s3_once(), here.glue(), here.glue_once(), here.logs(), here.sts(), there.s3()]
    assert len({id(client) for client in clients}) == len(clients)
    assert here.s3_once().meta.config.retries["total_max_attempts"] == 1
    assert here.s3().meta.config.retries["total_max_attempts"] > 1


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-28T23:59:58.000Z",
        "2026-02-28T23:59:58Z",
        "20260228T235958Z",
        "2026-02-28T23:59:58+00:00",
        "Sat, 28 Feb 2026 23:59:58 GMT",
        "1772323198",
    ],
)
def test_times_in_answers_are_read_in_every_form_that_services_write(text):
    def answer(request, **_):
        entry = f"<Key>k</Key><Size>1</Size><ETag>e</ETag><LastModified>{text}</LastModified>"
        content = f"<R><IsTruncated>false</IsTruncated><Contents>{entry}</Contents></R>"
        return AWSResponse(request.url, 200, {}, _Raw(content.encode()))

    s3 = AwsConnection("us-east-1", "http://127.0.0.1:9", "test", "test").s3()
    s3.meta.events.register("before-send.s3.ListObjectsV2", answer)
    try:
        (entry,) = s3.list_objects_v2(Bucket="lake")["Contents"]
    finally:
        s3.meta.events.unregister("before-send.s3.ListObjectsV2", answer)
    assert entry["LastModified"] == datetime(2026, 2, 28, 23, 59, 58, tzinfo=UTC)


class _Raw(BytesIO):
    def stream(self):
        yield self.read()


def test_refused_call_names_operation_reason_and_remedy():
    error = as_aws_error(ClientError({"Error": {"Code": "ExpiredToken", "Message": "expired"}}, "GetJob"))
    assert error.message == "GetJob: expired (ExpiredToken)"
    assert "sign in" in error.remedy


@pytest.mark.parametrize(
    "error",
    [
        CredentialRetrievalError(provider="custom-process", error_msg="session ended\n"),
        UnauthorizedSSOTokenError(),
        TokenRetrievalError(provider="sso", error_msg="Token has expired"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_expired_session_asks_to_sign_in_again(error):
    told = as_aws_error(error)
    assert (str(told), told.remedy[:13]) == (str(error).strip(), "Sign in again")


def test_silent_endpoint_points_to_doctor():
    error = as_aws_error(EndpointConnectionError(endpoint_url="http://127.0.0.1:9"))
    assert "127.0.0.1:9" in error.message
    assert "quartal doctor" in error.remedy
