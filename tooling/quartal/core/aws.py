"""The one place that makes AWS clients; everything else takes a client as its first argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    SSOError,
    TokenRetrievalError,
)

from quartal.core.errors import AwsError, ConfigurationError
from quartal.core.settings import Settings

if TYPE_CHECKING:
    import boto3
    from botocore.credentials import Credentials
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient

# LocalStack takes any credentials; the access key "test" stands for account 000000000000
_LOCAL_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
_USER_SETTINGS = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CA_BUNDLE",
)
_DEFAULT_REGION = "eu-central-1"
SIGNED_OUT = (CredentialRetrievalError, SSOError, TokenRetrievalError)  # errors of a session that is over


def aws_environment(settings: Settings, endpoint_url: str | None) -> dict[str, str]:
    """The process environment for a program that calls AWS, or LocalStack if there is an endpoint.

    For LocalStack the user's own credentials are left out, so that a rehearsal cannot reach their account.
    """
    env = dict(settings.environ)
    if settings.is_local:
        for name in _USER_SETTINGS:
            env.pop(name, None)
        env |= _LOCAL_CREDENTIALS
        env["AWS_EC2_METADATA_DISABLED"] = "true"
    if endpoint_url is not None:
        env["AWS_ENDPOINT_URL"] = endpoint_url
    region = env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or _DEFAULT_REGION
    return env | {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}


@dataclass(frozen=True, slots=True)
class AwsConnection:
    """Makes clients for a region, an endpoint and credentials.

    Attributes:
        region: AWS region.
        endpoint_url: endpoint of every service; None for AWS's own.
        access_key_id: None to use the default chain of boto3.
        secret_access_key: goes with the access key.
        ca_bundle: file of trusted certificates; None for the usual ones.
        profile: of the AWS configuration; None for the default chain of boto3.
    """

    region: str
    endpoint_url: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = None
    ca_bundle: str | None = None
    profile: str | None = None

    @classmethod
    def from_environment(cls, env: Mapping[str, str], *, region: str | None = None, local: bool) -> AwsConnection:
        """A connection from what `aws_environment` returned; `region` takes precedence."""
        return cls(
            region=region or env["AWS_REGION"],
            endpoint_url=env.get("AWS_ENDPOINT_URL") or None,
            access_key_id=env["AWS_ACCESS_KEY_ID"] if local else None,
            secret_access_key=env["AWS_SECRET_ACCESS_KEY"] if local else None,
            ca_bundle=env.get("AWS_CA_BUNDLE") or None,
            # boto3 takes keys of the environment before a profile of the environment, but not before one it is given
            profile=None if local or env.get("AWS_ACCESS_KEY_ID") else env.get("AWS_PROFILE") or None,
        )

    def glue(self) -> GlueClient:
        """A client for AWS Glue."""
        return cast("GlueClient", self._client("glue"))

    def glue_once(self) -> GlueClient:
        """A client for AWS Glue that sends each request once, for calls that must not be repeated unseen."""
        return cast("GlueClient", self._client("glue", attempts=1))

    def kms(self) -> KMSClient:
        """A client for the Key Management Service."""
        return cast("KMSClient", self._client("kms"))

    def logs(self) -> CloudWatchLogsClient:
        """A client for CloudWatch Logs."""
        return cast("CloudWatchLogsClient", self._client("logs"))

    def s3(self) -> S3Client:
        """A client for S3, with connections enough for parallel transfers."""
        return cast("S3Client", self._client("s3"))

    def s3_once(self) -> S3Client:
        """A client for S3 that sends each request once, for calls that must not be repeated unseen."""
        return cast("S3Client", self._client("s3", attempts=1))

    def sts(self) -> STSClient:
        """A client for the Security Token Service, which says who is signed in."""
        return cast("STSClient", self._client("sts"))

    def credentials(self) -> Credentials:
        """The credentials that sign requests; temporary ones renew themselves.

        Raises:
            AwsError: nobody is signed in.
        """
        found = self._session().get_credentials()
        if found is None:
            raise as_aws_error(NoCredentialsError())
        return found

    def _session(self) -> boto3.Session:
        return _session(self.access_key_id, self.secret_access_key, self.region, self.profile)

    def _client(self, service: str, attempts: int = 5) -> Any:
        return _client(self._session(), self, service, attempts)


@lru_cache(maxsize=4)
def _session(
    access_key_id: str | None, secret_access_key: str | None, region: str, profile: str | None
) -> boto3.Session:
    """One session for all clients: each new one would read the services' descriptions again, for a tenth of a second.

    Raises:
        ConfigurationError: the AWS configuration has no such profile.
    """
    import boto3  # takes a fifth of a second, which commands without a call to AWS save
    from botocore.exceptions import ProfileNotFound
    from botocore.session import get_session

    from etl_job.lake.complete_answers import refuse_half_answers

    core = get_session()
    core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_timestamp)
    refuse_half_answers(core)
    try:
        return boto3.Session(
            botocore_session=core,
            aws_access_key_id=access_key_id,
            aws_secret_access_key=secret_access_key,
            region_name=region,
            profile_name=profile,
        )
    except ProfileNotFound as error:
        raise ConfigurationError(
            f"The AWS configuration has no profile '{profile}'.",
            remedy="Create it with `aws configure sso`, or name another profile in AWS_PROFILE or quartal.toml.",
        ) from error


@lru_cache(maxsize=32)
def _client(session: boto3.Session, connection: AwsConnection, service: str, attempts: int) -> Any:
    """One client for all that ask for the same: to make one takes longer than most calls, and threads may share it."""
    from botocore.config import Config

    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=5,
        read_timeout=60,
        max_pool_connections=32,
        s3={"addressing_style": "path"} if connection.endpoint_url else None,
    )
    return session.client(service, endpoint_url=connection.endpoint_url, config=config)  # type: ignore[call-overload]


def _timestamp(value: Any) -> datetime:
    """A time in an answer. A listing has one per object, and botocore's parser takes 0.03 ms for each."""
    if isinstance(value, str) and "T" in value and value.endswith("Z"):
        return datetime.fromisoformat(value)
    from botocore.utils import parse_timestamp

    parsed: datetime = parse_timestamp(value)
    return parsed


_TRY_AGAIN = "Try again; `quartal doctor` shows the endpoint and the tools in use."


def as_aws_error(error: Exception) -> AwsError:
    """A failed call in one sentence, with what a user can do about it."""
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        text = error.response.get("Error", {}).get("Message", "")
        remedies = {
            "AccessDenied": "The signed-in identity lacks this permission.",
            "AccessDeniedException": "The signed-in identity lacks this permission.",
            "ExpiredToken": "The AWS credentials have expired: sign in again.",
            "ExpiredTokenException": "The AWS credentials have expired: sign in again.",
            "NoSuchBucket": "The lake no longer exists. Deploy it again: `quartal apply`.",
            "EntityNotFoundException": "If LocalStack was restarted since then, deploy again: `quartal apply`.",
        }
        return AwsError(f"{error.operation_name}: {text or code} ({code})", remedy=remedies.get(code, _TRY_AGAIN))
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError | ReadTimeoutError):
        return AwsError(str(error), remedy="Check the endpoint with `quartal doctor`.")
    if isinstance(error, NoCredentialsError):
        return AwsError("No AWS credentials.", remedy="Sign in to AWS, or set AWS_PROFILE.")
    if isinstance(error, SIGNED_OUT):
        return AwsError(str(error).strip(), remedy="Sign in again, then run the command again.")
    return AwsError(str(error), remedy=_TRY_AGAIN)
