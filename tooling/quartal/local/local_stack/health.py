"""What a LocalStack endpoint says of itself."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Health:
    """A LocalStack that answers.

    Attributes:
        version: LocalStack's version.
        has_glue: whether a Glue service that runs crawls and jobs is installed in it.
    """

    version: str
    has_glue: bool


def read_health(endpoint_url: str, *, timeout_s: float = 3.0) -> Health | None:
    """Ask an endpoint what it is; None when neither a LocalStack nor a Glue service of its own answers."""
    answer = _get_json(f"{endpoint_url}/_localstack/health", timeout_s)
    glue = _get_json(f"{endpoint_url}/_glue/health", timeout_s)
    if answer is not None and "services" in answer:
        return Health(str(answer.get("version", "")), glue is not None)
    if glue is not None and glue.get("status") == "running":  # the service as a server of its own
        return Health(str(glue.get("version", "")), True)
    return None


def _get_json(url: str, timeout_s: float) -> dict[str, object] | None:
    if not url.startswith(("http://", "https://")):
        return None
    try:
        # a proxy from the environment must not stand between us and the loopback interface
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=timeout_s) as response:
            answer = json.load(response)
    except (urllib.error.URLError, OSError, ValueError):
        return None
    return answer if isinstance(answer, dict) else None
