"""Progress on stdout, one line per stage, and how long each stage took."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from etl_job.failure_reasons import one_line
from etl_job.manifest.model import Stage


class Progress:
    """Writes ``[quartal] stage=<name> <facts> seconds=<s>`` lines and keeps the timings."""

    def __init__(self, write: Callable[[str], object] = sys.stdout.write) -> None:
        self._write = write
        self._stages: list[Stage] = []

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Every stage that has ended, in order."""
        return tuple(self._stages)

    @contextmanager
    def stage(self, name: str) -> Iterator[dict[str, object]]:
        """Time a stage, even if it fails. Entries that the caller adds to the mapping appear on its line."""
        facts: dict[str, object] = {}
        start = time.monotonic()
        try:
            yield facts
        except Exception:
            self._end(name, start, failed=True, **facts)
            raise
        self._end(name, start, **facts)

    def _end(self, name: str, start: float, **facts: object) -> None:
        seconds = round(time.monotonic() - start, 2)
        self._stages.append(Stage(stage=name, seconds=seconds))
        self.log(name, **facts, seconds=seconds)

    def log(self, stage: str, **facts: object) -> None:
        """Log one line without timing. If it cannot be written, the run continues: its result does not depend on it."""
        words = " ".join(f"{name}={one_line(value)}" for name, value in facts.items())
        with suppress(OSError, ValueError):
            self._write(f"[quartal] stage={stage} {words}\n")
        _flush()


def _flush() -> None:
    try:
        sys.stdout.flush()
    except (OSError, ValueError):  # a full disk or a closed pipe: without this the process would end with that error
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
