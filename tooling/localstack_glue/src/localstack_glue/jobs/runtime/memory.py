"""The memory that Spark runs may have: each its heap, all together no more than a share of the machine."""

import re
import threading
from collections.abc import Callable

from localstack_glue.jobs.runtime.files import JobPreparationError
from localstack_glue.jobs.runtime.workers import heap_mb

DRIVER_MEMORY = "spark.driver.memory"
CHECK_S = 0.5
_UNITS_MB = {"k": 1 / 1024, "m": 1.0, "g": 1024.0, "t": 1024.0**2}


def driver_heap_mb(worker_type: str, wanted: str | None, budget_mb: int) -> int:
    """The heap of a run: `--conf spark.driver.memory` or that of the worker, limited to the budget of all runs.

    Raises:
        JobPreparationError: what is asked for is no size.
    """
    if wanted is None:
        return min(heap_mb(worker_type), budget_mb)
    match = re.fullmatch(r"([0-9]{1,9})([kmgt]?)b?", wanted.strip().lower())
    if match is None or int(match[1]) == 0:
        raise JobPreparationError(f"--conf {DRIVER_MEMORY}={wanted} is not a size such as 4g or 512m")
    return max(1, min(int(int(match[1]) * _UNITS_MB[match[2] or "m"]), budget_mb))


class MemoryBudget:
    """Hands out memory to runs; who finds too little left waits for another to end."""

    def __init__(self, total_mb: int) -> None:
        self.total_mb = total_mb
        self._held: dict[str, int] = {}
        self._changed = threading.Condition()

    def take(
        self, run_id: str, wanted_mb: int, is_stopped: Callable[[], bool], announce: Callable[[str], None]
    ) -> bool:
        """Wait for enough memory and reserve it for a run. Returns False if the run was stopped meanwhile."""
        wanted_mb = min(wanted_mb, self.total_mb)
        is_announced = False
        with self._changed:
            while (held := sum(self._held.values())) + wanted_mb > self.total_mb:
                if is_stopped():
                    return False
                if not is_announced:
                    announce(f"glue-local: waiting for memory: other runs hold {held} of {self.total_mb} MB")
                    is_announced = True
                self._changed.wait(CHECK_S)
            self._held[run_id] = wanted_mb
            return True

    def give_back(self, run_id: str) -> None:
        """Release the memory of a run, if it had any."""
        with self._changed:
            self._held.pop(run_id, None)
            self._changed.notify_all()
