"""Makes calls fail in a host's gateway, by the plan set through `/_glue/faults`.

Every client passes here, the service's own crawlers and jobs too. What the host asks itself, its own addresses
and the control endpoints are left alone. The answer is made by the host first where the plan says that the call has
its effect; then it is kept back, cut, or replaced.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from localstack_glue.faults.answers import Refusal, build_refusal
from localstack_glue.faults.calls import parse_call
from localstack_glue.faults.plan import FaultPlan, Mode

SWITCH = "LOCALSTACK_GLUE_FAULTS"
_OWN = ("/_glue", "/_localstack", "/_localemu", "/_aws")
# on calls of one of LocalStack's or LocalEmu's services to another
_INTERNAL = ("HTTP_X_LOCALSTACK_DATA", "HTTP_X_LOCALEMU_DATA")
_CLOSED_WITHIN_S = 10.0  # the client's end of a connection that was cut, until it is known to be closed


@dataclass
class Faults:
    """The plan that holds; none until one is given."""

    plan: FaultPlan | None = None
    sleep: Callable[[float], object] = field(default=time.sleep)


@dataclass
class Connection:
    """The client's connection, as far as faults need it.

    Attributes:
        abort: closes it at once.
        close: closes it after the written data has been sent.
        gone: set when it has been closed.
    """

    abort: Callable[[], object]
    close: Callable[[], object]
    closed: threading.Event

    def end(self, how: Callable[[], object]) -> None:
        """End it, and wait for that: the server would answer otherwise."""
        how()
        self.closed.wait(_CLOSED_WITHIN_S)


class FaultyApplication:
    """The gateway as a WSGI application, for one request."""

    def __init__(self, application: Callable[..., Iterable[bytes]], faults: Faults, connection: Connection) -> None:
        self._application, self._faults, self._connection = application, faults, connection

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer, or do not."""
        plan, path = self._faults.plan, environ.get("PATH_INFO", "")
        if plan is None or path.startswith(_OWN) or any(each in environ for each in _INTERNAL):
            return self._application(environ, start_response)
        call = parse_call(environ["REQUEST_METHOD"], _target(environ), _headers(environ), _body(environ))
        rule = plan.decide(call)
        if rule is None:
            return self._application(environ, start_response)
        mode = rule.mode
        if mode is Mode.DELAY:
            self._faults.sleep(rule.delay_s)
            return self._application(environ, start_response)
        answered = _Answer()
        if mode.is_done:
            answered.take(self._application(environ, answered.start))
        if mode.is_refusal:
            return _refuse(build_refusal(call, mode), start_response)
        if mode in (Mode.LOSE_ANSWER, Mode.RESET_BEFORE):
            self._connection.end(self._connection.abort)
            return []
        return self._cut(answered, mode, start_response)

    def _cut(self, answered: _Answer, mode: Mode, start_response: Callable[..., Any]) -> Iterator[bytes]:
        """Half of a response that announces its full length."""
        names = [(name, value) for name, value in answered.headers if name.lower() not in _LENGTHS]
        start_response(answered.status, [*names, ("Content-Length", str(len(answered.body)))])
        half = answered.body[: len(answered.body) // 2]
        if half:
            yield half
        self._connection.end(self._connection.close if mode is Mode.TRUNCATE else self._connection.abort)


_LENGTHS = ("content-length", "transfer-encoding")


@dataclass
class _Answer:
    """The gateway's response."""

    status: str = "500 Internal Server Error"
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def start(self, status: str, headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], None]:
        self.status, self.headers = status, headers
        return self._write

    def take(self, parts: Iterable[bytes]) -> None:
        self.body += b"".join(parts)
        close = getattr(parts, "close", None)
        if close is not None:
            close()

    def _write(self, data: bytes) -> None:
        self.body += data


def _refuse(refusal: Refusal, start_response: Callable[..., Any]) -> list[bytes]:
    length = str(len(refusal.body))
    start_response(
        f"{refusal.status} {refusal.code}", [("Content-Type", refusal.content_type), ("Content-Length", length)]
    )
    return [refusal.body]


def _target(environ: dict[str, Any]) -> str:
    query = environ.get("QUERY_STRING", "")
    return str(environ.get("RAW_URI") or environ.get("PATH_INFO", "") + (f"?{query}" if query else ""))


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    return {
        name.removeprefix("HTTP_").lower().replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }


def _body(environ: dict[str, Any]) -> bytes:
    """The body, if it identifies the call's resource; S3 does that in address and headers."""
    is_form = "x-www-form-urlencoded" in environ.get("CONTENT_TYPE", "")
    if "HTTP_X_AMZ_TARGET" not in environ and not is_form:
        return b""
    body: bytes = environ["wsgi.input"].read()
    environ["wsgi.input"] = BytesIO(body)
    return body
