"""Repeats requests that change nothing while their errors are transient."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_delay, wait_exponential_jitter

from quartal.core.failed_calls import CUT_OFF, NEVER_SENT, THROTTLED

T = TypeVar("T")

_FINAL = (FileNotFoundError, PermissionError, BrokenPipeError)  # kinds of OSError that would occur again


def is_transient(error: BaseException) -> bool:
    """Whether a repetition may succeed: after throttling, an error of AWS itself, or a broken connection."""
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return code in THROTTLED or code.startswith("Internal") or status == 429 or status >= 500
    from botocore.parsers import ResponseParserError  # slow to load, and only needed after an error

    return isinstance(error, (*NEVER_SENT, *CUT_OFF, ResponseParserError)) and not isinstance(error, _FINAL)


def retry_transient(
    request: Callable[[], T],
    *,
    outage_s: float,
    is_worth_it: Callable[[BaseException], bool] = is_transient,
    sleep: Callable[[float], None] = time.sleep,
    on_first_error: Callable[[BaseException], None] = lambda _: None,
) -> T:
    """Call `request`, and again while its error is transient; pauses grow up to half a minute.

    Args:
        request: the call; it must change nothing.
        outage_s: seconds without an answer, or of pauses alone, after which the last error is raised.
        is_worth_it: whether to repeat after an error.
        sleep: the function that pauses; tests pass one that takes no time.
        on_first_error: called with the first error.
    """

    def report_first(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if state.attempt_number == 1 and error is not None:
            on_first_error(error)

    by_the_clock = stop_after_delay(outage_s)
    retrying = Retrying(
        retry=retry_if_exception(is_worth_it),
        wait=wait_exponential_jitter(multiplier=1, max=30, jitter=1),
        stop=lambda state: state.idle_for >= outage_s or by_the_clock(state),
        sleep=sleep,
        before_sleep=report_first,
        reraise=True,
    )
    return retrying(request)
