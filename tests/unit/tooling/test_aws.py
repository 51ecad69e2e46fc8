from botocore.exceptions import ClientError, EndpointConnectionError

from quartal.aws import AwsConnection, as_aws_error, aws_environment
from quartal.settings import Settings


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


def test_refused_call_names_operation_reason_and_remedy():
    error = as_aws_error(ClientError({"Error": {"Code": "ExpiredToken", "Message": "expired"}}, "GetJob"))
    assert error.message == "GetJob: expired (ExpiredToken)"
    assert "sign in" in error.remedy


def test_silent_endpoint_points_to_doctor():
    error = as_aws_error(EndpointConnectionError(endpoint_url="http://127.0.0.1:9"))
    assert "127.0.0.1:9" in error.message
    assert "quartal doctor" in error.remedy
