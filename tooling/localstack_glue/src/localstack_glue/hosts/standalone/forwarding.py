"""Another emulator as the backend: requests are handed on to its URL as they came."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

from moto.core.request import Request
from werkzeug import Response

from localstack_glue.service.account_region import Scope

_TIMEOUT_S = 300
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-connection"}


class ForwardingBackend:
    """Answers by another server, whose answers are handed back unchanged."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url} is no URL of a server; give one such as http://127.0.0.1:5000")
        self._is_tls = parts.scheme == "https"
        self._address = parts.netloc

    def answer(self, request: Request, _scope: Scope) -> Response:
        """Send a request on and hand its answer back; 502 where nobody answers."""
        kind = http.client.HTTPSConnection if self._is_tls else http.client.HTTPConnection
        connection = kind(self._address, timeout=_TIMEOUT_S)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
        body = request.get_data()
        query = request.query_string.decode("latin-1")
        target = request.environ.get("RAW_URI") or request.path + (f"?{query}" if query else "")
        try:
            connection.request(request.method, target, body=body, headers=headers)
            answer = connection.getresponse()
            content = answer.read()
        except OSError as error:
            return Response(f"{self._address} does not answer: {error}", status=502)
        finally:
            connection.close()
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP]
        return Response(content, status=answer.status, headers=kept)
