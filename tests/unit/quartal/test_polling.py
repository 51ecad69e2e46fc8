import itertools

import pytest

from quartal.core.errors import WaitTimeoutError
from quartal.core.polling import Waiter


def test_answer_that_is_done_ends_the_wait_without_a_pause():
    pauses: list[float] = []
    waiter: Waiter[str] = Waiter(timeout_s=10, sleep=pauses.append)
    assert waiter.wait_until(lambda: "READY", is_done=lambda _: True, describe=str, waiting_for="it") == "READY"
    assert pauses == []


def test_pauses_grow_up_to_the_longest():
    pauses: list[float] = []
    answers = itertools.count()
    waiter: Waiter[int] = Waiter(timeout_s=1000, initial_s=1, longest_s=4, sleep=pauses.append)
    waiter.wait_until(lambda: next(answers), is_done=lambda n: n == 6, describe=str, waiting_for="it")
    assert len(pauses) == 6
    assert pauses[0] < 2.01
    assert max(pauses) <= 4
    assert pauses[-1] == 4


def test_deadline_raises_with_what_was_last_seen_and_the_remedy():
    waiter: Waiter[str] = Waiter(timeout_s=0.05, initial_s=0.01, longest_s=0.02)
    with pytest.raises(WaitTimeoutError, match="for the crawl; last seen: RUNNING") as error:
        waiter.wait_until(
            lambda: "RUNNING", is_done=lambda _: False, describe=str, waiting_for="the crawl", remedy="look at it"
        )
    assert error.value.exit_code == 4
    assert error.value.remedy == "look at it"


def test_error_of_the_probe_is_not_swallowed():
    waiter: Waiter[str] = Waiter(timeout_s=10)

    def probe() -> str:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        waiter.wait_until(probe, is_done=lambda _: True, describe=str, waiting_for="it")
