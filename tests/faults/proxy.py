"""A proxy on loopback before S3 and Glue, which makes calls fail by a fault plan.

All clients of the product use HTTP: boto3, PyIceberg's Arrow in C++, and the uploader's own connections. The faults
here are those that they may see in production.
"""

from __future__ import annotations

import http.client
import io
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from localstack_glue.faults.answers import build_refusal
from localstack_glue.faults.calls import parse_call
from localstack_glue.faults.plan import Call, FaultPlan, Mode


@dataclass(frozen=True)
class Request:
    """An incoming request."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """A response. `length` is the length that a HEAD request announces."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


Backend = Callable[[Request], Answer]
_OF_CONNECTION = {"connection", "transfer-encoding", "keep-alive", "date", "server"}


@dataclass
class FaultProxy:
    """The server and its current plan. Without a plan, every call passes.

    ``meanwhile`` is called with each call before the response, for other events at that time.
    """

    backend: Backend
    plan: FaultPlan | None = None
    meanwhile: Callable[[Call], None] = lambda _: None
    delay: Callable[[float], object] = field(default=threading.Event().wait)

    def __post_init__(self) -> None:
        proxy = self

        class Handler(_Handler):
            of = proxy

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect: tests do that on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    of: FaultProxy

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def handle_expect_100(self) -> bool:
        """Answer `Expect: 100-continue` at once: clients wait a second for it."""
        self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.wfile.flush()
        return True

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self._body(headers))
        call = parse_call(request.method, request.target, headers, request.body)
        self.of.meanwhile(call)
        plan = self.of.plan
        rule = plan.decide(call) if plan else None
        mode = rule.mode if rule else None
        if mode is Mode.RESET_BEFORE:
            self._reset()
            return
        if mode is None or mode.is_done:
            answer = self.of.backend(request)
        if mode is Mode.LOSE_ANSWER:
            self._reset()
            return
        if rule is not None and mode is Mode.DELAY:
            self.of.delay(rule.delay_s)
        if mode is not None and mode.is_refusal:
            refusal = build_refusal(call, mode)
            answer = Answer(refusal.status, [("Content-Type", refusal.content_type)], refusal.body)
        self._send(answer, mode)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve  # noqa: N815

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(headers.get("content-length", 0)))
        content = io.BytesIO()
        while size := int(self.rfile.readline().split(b";")[0], 16):
            content.write(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        headers["content-length"] = str(content.tell())
        return content.getvalue()

    def _send(self, answer: Answer, mode: Mode | None) -> None:
        body, length = answer.body, len(answer.body)
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            if name.lower() not in _OF_CONNECTION and (name.lower() != "content-length" or self.command == "HEAD"):
                self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command == "HEAD":
            return
        if mode in (Mode.RESET_MID_ANSWER, Mode.TRUNCATE):
            self.wfile.write(body[: length // 2])
            self.close_connection = True
            if mode is Mode.RESET_MID_ANSWER:
                self._reset()
            return
        self.wfile.write(body)

    def _reset(self) -> None:
        """Abort the connection like a machine that failed: RST instead of FIN, if nothing is waiting to be sent."""
        self.close_connection = True
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def over_http(endpoint: str) -> Backend:
    """A backend at an endpoint, such as LocalStack."""
    address = urlsplit(endpoint)
    local = threading.local()

    def ask(request: Request) -> Answer:
        connection = getattr(local, "connection", None)
        if connection is None:
            connection = local.connection = http.client.HTTPConnection(address.hostname or "", address.port)
        headers = {name: value for name, value in request.headers.items() if name not in _OF_CONNECTION}
        headers["content-length"] = str(len(request.body))
        try:
            connection.request(request.method, request.target, request.body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read())
        except OSError:
            del local.connection
            raise

    return ask


def wsgi(application: Callable[..., Any]) -> Backend:
    """A WSGI application in this process as backend, such as moto."""

    def ask(request: Request) -> Answer:
        address = urlsplit(request.target)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(address.path, "latin-1"),
            "RAW_URI": request.target,
            "REQUEST_URI": request.target,
            "QUERY_STRING": address.query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_LENGTH": str(len(request.body)),
            "CONTENT_TYPE": request.headers.get("content-type", ""),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(request.body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in request.headers.items():
            if name not in ("content-length", "content-type", "transfer-encoding"):
                environ["HTTP_" + name.upper().replace("-", "_")] = value
        told: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
            told[:] = [int(status.split()[0]), headers]

        body = b"".join(application(environ, start_response))
        return Answer(told[0], told[1], body)

    return ask
