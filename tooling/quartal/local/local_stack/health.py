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
    """Ask an endpoint whether it is a LocalStack; None when nothing of that kind answers."""
    answer = _get_json(f"{endpoint_url}/_localstack/health", timeout_s)
    if answer is None or "services" not in answer:
        return None
    return Health(str(answer.get("version", "")), _get_json(f"{endpoint_url}/_glue/health", timeout_s) is not None)


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
