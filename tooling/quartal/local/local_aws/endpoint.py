"""Finds the LocalStack to use: the one at AWS_ENDPOINT_URL, else one that is running, else none."""

from __future__ import annotations

from dataclasses import dataclass

from quartal.core.errors import ConfigurationError
from quartal.core.settings import DEFAULT_LOCALSTACK_PORT, Settings
from quartal.local.local_aws.health import read_health


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint and how it was found.

    Attributes:
        url: its address.
        source: how it was found, for messages.
        pid: its process, if this checkout started it.
        is_named: whether `AWS_ENDPOINT_URL` names it.
    """

    url: str
    source: str
    pid: int | None = None
    is_named: bool = False


def find_endpoint(settings: Settings) -> Endpoint | None:
    """The LocalStack to use, in the order: `AWS_ENDPOINT_URL`, one this project started, one on the standard port.

    Raises:
        ConfigurationError: `AWS_ENDPOINT_URL` is set and nothing answers there.
    """
    if settings.endpoint_url is not None:
        if read_health(settings.endpoint_url) is None:
            raise ConfigurationError(
                f"No LocalStack answers at AWS_ENDPOINT_URL={settings.endpoint_url}.",
                remedy="Start it, correct the variable, or unset it to use Quartal's own LocalStack.",
            )
        return Endpoint(settings.endpoint_url, "AWS_ENDPOINT_URL", is_named=True)
    from quartal.local.local_aws.server import running_server  # imports psutil, which a named endpoint does not need

    own = running_server(settings)
    if own is not None and read_health(own.endpoint_url) is not None:
        return Endpoint(own.endpoint_url, f"started by Quartal (pid {own.pid})", own.pid)

    from localstack_client.config import get_service_endpoint  # imports boto3, which few commands need this early

    host = settings.environ.get("LOCALSTACK_HOST") or f"127.0.0.1:{DEFAULT_LOCALSTACK_PORT}"
    url = get_service_endpoint("glue", localstack_host=host)
    if url is not None and (health := read_health(url)) is not None and health.has_glue:
        return Endpoint(url, "already running")
    return None


def require_endpoint(settings: Settings) -> Endpoint:
    """The LocalStack to use.

    Raises:
        ConfigurationError: none answers.
    """
    endpoint = find_endpoint(settings)
    if endpoint is None:
        raise ConfigurationError(
            "No LocalStack with the Glue service answers.",
            remedy="Start one: `quartal localstack start` (or `nox -s localstack -- start`); or set AWS_ENDPOINT_URL.",
        )
    return endpoint
