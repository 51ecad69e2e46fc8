"""Another emulator as the backend: requests are handed on to its URL, and its answers back, piece by piece."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
from collections.abc import Iterator
from typing import IO
from urllib.parse import urlsplit

from moto.core.request import Request
from werkzeug import Response
from werkzeug.exceptions import HTTPException

from localstack_glue.service.account_region import Scope
from localstack_glue.service.errors import ServiceError

_TIMEOUT_S = 300
_PIECE = 1 << 16
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-connection"}
_OURS = {"date", "server"}  # this server's own answers have them
_ANSWERED = {"expect"}  # `Expect: 100-continue` has been answered already


class ForwardingBackend:
    """Answers by another server. Neither a body nor an answer is held in memory as a whole."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise ValueError(f"{url} is not the URL of a server; use one such as http://127.0.0.1:5000")
        if parts.path.strip("/") or parts.query:
            raise ValueError(
                f"{url} has a path, but each request of AWS has its own; use {parts.scheme}://{parts.netloc}"
            )
        self.url = f"{parts.scheme}://{parts.netloc}"
        self._is_tls = parts.scheme == "https"
        self._address = parts.netloc
        self._place = (parts.hostname, parts.port or (443 if self._is_tls else 80))

    def leads_to(self, address: str, port: int) -> bool:
        """Whether it is the server at an address of this machine."""
        host, its_port = self._place
        if its_port != port:
            return False
        try:
            found = {ipaddress.ip_address(each[4][0]) for each in socket.getaddrinfo(host, its_port, socket.AF_INET)}
        except OSError:
            return False
        own = ipaddress.ip_address(address)
        return own in found or (own.is_unspecified and any(each.is_loopback for each in found))

    def answer(self, request: Request, _scope: Scope) -> Response:
        """Forward a request and return the response.

        Raises:
            ServiceError: there is no response.
        """
        kind = http.client.HTTPSConnection if self._is_tls else http.client.HTTPConnection
        connection = kind(self._address, timeout=_TIMEOUT_S, blocksize=_PIECE)
        dropped = _HOP_BY_HOP | _ANSWERED
        headers = {name: value for name, value in request.headers.items() if name.lower() not in dropped}
        query = request.query_string.decode("latin-1")
        target = request.raw_path + (f"?{query}" if query else "")
        try:
            body = _body(request)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may answer before it has read all
                connection.request(request.method, target, body=body, headers=headers)
            answer = connection.getresponse()
        except HTTPException as gone:  # the client, in the middle: the backend hears of no end either
            connection.close()
            return Response(gone.description, status=gone.code)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise ServiceError("BadGateway", f"{self.url}, the backend, does not answer: {error!r}", 502) from error
        return _handed_back(answer, connection)


def _body(request: Request) -> bytes | IO[bytes] | None:
    """The part of the body that was already read, or else its stream."""
    body: bytes | IO[bytes] | None = None
    if "_cached_data" in vars(request):
        body = request.get_data()
    elif request.content_length or request.environ.get("wsgi.input_terminated"):
        body = request.stream
    return body


def _handed_back(answer: http.client.HTTPResponse, connection: http.client.HTTPConnection) -> Response:
    dropped = _HOP_BY_HOP | _OURS
    kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in dropped]
    response = Response(_pieces(answer), status=f"{answer.status} {answer.reason}", headers=kept)
    if all(name.lower() != "content-type" for name, _ in kept):
        del response.headers["Content-Type"]  # werkzeug adds one
    response.call_on_close(connection.close)
    return response


def _pieces(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    while piece := answer.read(_PIECE):
        yield piece
