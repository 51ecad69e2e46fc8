"""Many items at once, in order, without holding more than a window of them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from localstack_glue.crawlers.crawling.bounded_work import map_in_order


def test_results_come_in_order_and_no_more_than_the_window_is_taken_ahead():
    taken: list[int] = []

    def items():
        for number in range(50):
            taken.append(number)
            yield number

    with ThreadPoolExecutor(4) as pool:
        for position, result in enumerate(map_in_order(pool, lambda number: number * 2, items(), 8)):
            assert result == position * 2
            assert len(taken) <= position + 8


def test_first_failure_ends_the_rest():
    started = threading.Semaphore(0)

    def fail(number: int) -> int:
        started.release()
        raise ValueError(number)

    with ThreadPoolExecutor(2) as pool, pytest.raises(ValueError, match="0"):
        list(map_in_order(pool, fail, range(1000), 8))
    assert started._value <= 16
