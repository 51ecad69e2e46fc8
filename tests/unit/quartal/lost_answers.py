"""A client whose calls fail as a network and AWS make them fail: before their effect, or after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, repeat
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError
from botocore.parsers import ResponseParserError

URL = "https://glue.example.invalid"


def refusal(code: str, status: int, operation: str = "UpdateTable") -> ClientError:
    answer = {"Error": {"Code": code, "Message": f"{code}!"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, operation)


def reset() -> Exception:
    return ConnectionClosedError(endpoint_url=URL)


def unreachable() -> Exception:
    return EndpointConnectionError(endpoint_url=URL)


def broken_off() -> Exception:
    return ResponseParserError("Unable to parse response")


def server_error() -> Exception:
    return refusal("InternalServiceException", 500)


def throttled() -> Exception:
    return refusal("ThrottlingException", 400)


def conflict() -> Exception:
    """What a repetition meets whose first call took effect."""
    return refusal("ConcurrentModificationException", 400)  # G35


def expired() -> Exception:
    return refusal("ExpiredTokenException", 400)


def denied() -> Exception:
    return refusal("AccessDeniedException", 400)


class Faulty:
    """A client some of whose calls fail.

    Args:
        client: the true one.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._plans: dict[str, Iterator[Callable[[Any], Any] | None]] = {}
        self.calls: list[str] = []

    def before(self, operation: str, error: Callable[[], Exception], times: int | None = 1) -> Faulty:
        """Let the next calls fail and do nothing; all of them where `times` is None."""

        def fail(_: Any) -> Any:
            raise error()

        return self._plan(operation, fail, times)

    def after(self, operation: str, error: Callable[[], Exception], times: int | None = 1) -> Faulty:
        """Let the next calls do what they should, and fail."""

        def fail(call: Any) -> Any:
            call()
            raise error()

        return self._plan(operation, fail, times)

    def _plan(self, operation: str, fail: Callable[[Any], Any], times: int | None) -> Faulty:
        planned = repeat(fail) if times is None else repeat(fail, times)
        self._plans[operation] = chain(self._plans.get(operation, iter(())), planned)
        return self

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if name.startswith("_") or not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            fail = next(self._plans.get(name, iter(())), None)
            return fail(lambda: found(*args, **kwargs)) if fail is not None else found(*args, **kwargs)

        return call
