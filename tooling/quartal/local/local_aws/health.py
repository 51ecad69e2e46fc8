"""Reads the health of a LocalStack endpoint."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass

_HOSTS = ("_localstack", "_localemu")


@dataclass(frozen=True, slots=True)
class Health:
    """A LocalStack, a LocalEmu or a stand-alone Glue service that answers.

    Attributes:
        version: its version.
        has_glue: whether a Glue service that runs crawls and jobs is installed in it.
    """

    version: str
    has_glue: bool


def read_health(endpoint_url: str, *, timeout_s: float = 3.0) -> Health | None:
    """Ask an endpoint what it is; None if neither a known emulator nor a Glue service answers."""
    glue = _get_json(f"{endpoint_url}/_glue/health", timeout_s)
    for host in _HOSTS:
        answer = _get_json(f"{endpoint_url}/{host}/health", timeout_s)
        if answer is not None and "services" in answer:
            return Health(str(answer.get("version", "")), glue is not None)
    if glue is not None and glue.get("status") == "running":  # the stand-alone service
        return Health(str(glue.get("version", "")), True)
    return None


def _get_json(url: str, timeout_s: float) -> dict[str, object] | None:
    if not url.startswith(("http://", "https://")):
        return None
    try:
        # requests to the loopback interface must not go through a proxy of the environment
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=timeout_s) as response:
            answer = json.load(response)
    except (urllib.error.URLError, OSError, ValueError):
        return None
    return answer if isinstance(answer, dict) else None
