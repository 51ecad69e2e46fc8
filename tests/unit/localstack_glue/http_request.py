"""Requests as a host's gateway passes them to the service's own endpoints."""

from collections.abc import Mapping

from werkzeug import Request
from werkzeug.test import create_environ


def request(
    method: str, path: str, *, remote_addr: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Request:
    """A request from that address; without a Host header unless one is given."""
    environ = create_environ(path, method=method, data=body, environ_overrides={"REMOTE_ADDR": remote_addr})
    del environ["HTTP_HOST"]
    environ.update({f"HTTP_{name.upper().replace('-', '_')}": value for name, value in (headers or {}).items()})
    return Request(environ)
