"""A limit on how many bytes go up per second, over all connections."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class BandwidthLimit:
    """Makes senders wait so that no more than `bytes_per_s` pass; a burst of a quarter of a second may pass at once.

    Args:
        bytes_per_s: the limit.
        clock: seconds that only grow.
        sleep: the function that waits; tests pass one that takes no time.
    """

    def __init__(
        self,
        bytes_per_s: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._bytes_per_s = bytes_per_s
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free_at = clock()

    def pass_bytes(self, count: int) -> None:
        """Wait until `count` more bytes may be sent."""
        with self._lock:
            now = self._clock()
            # unused time does not count beyond the burst
            self._free_at = max(self._free_at, now - 0.25) + count / self._bytes_per_s
            wait_s = self._free_at - now
        if wait_s > 0:
            self._sleep(wait_s)
