"""Waiting for something remote to end, with back-off, a deadline, and the last state in the message."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_result,
    stop_after_delay,
    wait_exponential_jitter,
)

from quartal.core.errors import WaitTimeoutError

T = TypeVar("T")


class Waiter(Generic[T]):
    """Polls until the answer is final.

    Attributes:
        timeout_s: seconds after which waiting ends with an error.
        initial_s: first pause; each further one is longer, with jitter, up to `longest_s`.
        longest_s: longest pause between two questions, in seconds.
        sleep: the function that pauses; tests pass one that takes no time.
    """

    def __init__(
        self,
        *,
        timeout_s: float,
        initial_s: float = 0.5,
        longest_s: float = 5.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.timeout_s = timeout_s
        self.initial_s = initial_s
        self.longest_s = longest_s
        self.sleep = sleep

    def wait_until(
        self,
        probe: Callable[[], T],
        *,
        is_done: Callable[[T], bool],
        describe: Callable[[T], str],
        waiting_for: str,
        remedy: str = "",
    ) -> T:
        """Call `probe` until `is_done` accepts its answer, and return that answer.

        Args:
            probe: reads the present state; its errors are not caught.
            is_done: whether a state is final.
            describe: the state in words, for the message when time runs out.
            waiting_for: the awaited event, for the same message.
            remedy: what a user can do when time runs out.

        Raises:
            WaitTimeoutError: the deadline passed; the message holds the last state.
        """

        def give_up(state: RetryCallState) -> T:
            last = describe(state.outcome.result()) if state.outcome else "no answer yet"
            raise WaitTimeoutError(
                f"Waited {self.timeout_s:.0f} s for {waiting_for}; last seen: {last}.", remedy=remedy
            )

        retrying = Retrying(
            retry=retry_if_result(lambda answer: not is_done(answer)),
            wait=wait_exponential_jitter(multiplier=self.initial_s, max=self.longest_s, jitter=self.initial_s),
            stop=stop_after_delay(self.timeout_s),
            sleep=self.sleep,
            retry_error_callback=give_up,
        )
        return retrying(probe)
