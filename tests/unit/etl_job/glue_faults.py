"""Faults between every boto3 client and moto's Glue: calls that fail before or after their effect, and old answers.

moto takes any VersionId: here one that a table was updated from is not the newest any more, as at AWS  # G35
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import boto3
import botocore.handlers
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError
from moto.core.models import botocore_stubber

RESET = "reset"  # the connection breaks, instead of an answer
CONCURRENT = "ConcurrentModificationException"
_SERVERS_OWN = {"InternalServiceException"}  # all other errors are refusals
ALWAYS = 10**6


@dataclass
class _Fault:
    operation: str
    answer: str
    after_effect: bool
    table: str
    left: int


@dataclass
class GlueFaults:
    """The faults that are left, and the operations that were sent."""

    faults: list[_Fault] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    _meanwhile: dict[str, Callable[[], object]] = field(default_factory=dict)
    _used_versions: set[tuple[str, str]] = field(default_factory=set)
    _tables_told: list[bytes] = field(default_factory=list)
    _old_answers: tuple[int, int] = (0, 0)

    def fail(
        self, operation: str, answer: str = RESET, *, after_effect: bool = False, table: str = "", times: int = 1
    ) -> None:
        """Answer the next calls so, about this table or any, in place of what was asked or after it was done."""
        self.faults.append(_Fault(operation, answer, after_effect, table, times))

    def meanwhile(self, operation: str, action: Callable[[], object]) -> None:
        """Something happens once, just before the next such call arrives."""
        self._meanwhile[operation] = action

    def tell_old_tables(self, times: int, *, age: int = 1) -> None:
        """The next answers to GetTable are one that was given before: the last, or an older one of that age."""
        self._old_answers = (times, age)

    def heal(self) -> None:
        """No fault any more."""
        self.faults.clear()
        self._old_answers = (0, 0)

    def before_send(self, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        """Botocore's hook: what is returned is the answer."""
        target = request.headers.get("X-Amz-Target", "")
        operation = (target.decode() if isinstance(target, bytes) else target).partition(".")[2]
        body = json.loads(request.body or b"{}")
        self.sent.append(operation)
        self._meanwhile.pop(operation, lambda: None)()
        name = body.get("TableInput", {}).get("Name") or body.get("Name", "")
        version = (name, body.get("VersionId", ""))
        fault = self._next(operation, name)
        if fault is not None and not fault.after_effect:
            return _answer(request, fault.answer)
        if operation == "UpdateTable" and version[1]:
            if version in self._used_versions:
                return _answer(request, CONCURRENT)
            self._used_versions.add(version)
        if fault is not None:
            botocore_stubber("before-send", request)
            return _answer(request, fault.answer)
        return self._table(request) if operation == "GetTable" else None

    def _table(self, request: AWSPreparedRequest) -> AWSResponse:
        left, age = self._old_answers
        if left and len(self._tables_told) >= age:
            self._old_answers = (left - 1, age)
            return _json(request, 200, self._tables_told[-age], {})
        answer = botocore_stubber("before-send", request)
        assert answer is not None
        if answer.status_code == 200 and answer.content != (self._tables_told or [b""])[-1]:
            self._tables_told.append(answer.content)
        return _json(request, answer.status_code, answer.content, answer.headers)

    def _next(self, operation: str, name: str) -> _Fault | None:
        for fault in self.faults:
            if fault.operation == operation and fault.left and fault.table in ("", name):
                fault.left -= 1
                return fault
        return None


def _answer(request: AWSPreparedRequest, answer: str) -> AWSResponse:
    if answer == RESET:
        raise ConnectionClosedError(endpoint_url=request.url)
    # moto sees every request that passes here: this one changes nothing.
    request.headers["X-Amz-Target"] = "AWSGlue.GetDatabases"
    request.body = b"{}"
    content = json.dumps({"__type": answer, "message": f"injected {answer}"}).encode()
    return _json(request, 500 if answer in _SERVERS_OWN else 400, content, {"x-amzn-errortype": answer})


def _json(request: AWSPreparedRequest, status: int, content: bytes, headers: Mapping[str, str]) -> AWSResponse:
    return AWSResponse(request.url, status, {**headers, "content-length": str(len(content))}, _Raw(content))


class _Raw(BytesIO):
    def stream(self, **_: Any) -> Any:
        """As urllib3's responses have it."""
        yield self.read()


def inject(monkeypatch: pytest.MonkeyPatch) -> GlueFaults:
    """Faults for all clients that are made from now on."""
    faults = GlueFaults()
    handlers = [*botocore.handlers.BUILTIN_HANDLERS, ("before-send.glue", faults.before_send)]
    monkeypatch.setattr(botocore.handlers, "BUILTIN_HANDLERS", handlers)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    return faults
