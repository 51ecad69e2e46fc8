"""What a program costs: wall and processor time of its process tree, and the most memory it held at once."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_EVERY_S = 0.1
TIMEOUT_S = 3600


class BenchmarkError(Exception):
    """A tool failed, or tools disagree: then there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One run.

    Attributes:
        wall_s: from its start to its end.
        cpu_s: of its process tree. Exact for what was waited for; Spark's Python workers, for which nobody waits, count
            as they were last seen.
        peak_rss_mb: of its process tree, as two samples in a row had it.
    """

    wall_s: float
    cpu_s: float
    peak_rss_mb: float


def run(command: Sequence[str], env: Mapping[str, str], log: Path) -> tuple[Cost, str]:
    """Run a program to its end; return its cost and what it wrote to stdout. Raises BenchmarkError if it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.with_suffix(".out").open("w+") as out, log.with_suffix(".err").open("w+") as err:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        seen, ended = _Seen(process.pid), threading.Event()
        sampler = threading.Thread(target=seen.sample_until, args=(ended,), daemon=True)
        sampler.start()
        timer = threading.Timer(TIMEOUT_S, process.kill)
        timer.start()
        try:
            # Only wait4 tells the time of this very child; it includes the descendants that were waited for.
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            timer.cancel()
            ended.set()
        wall_s = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        sampler.join()
        out.seek(0)
        err.seek(0)
        if process.returncode != 0:
            raise BenchmarkError(f"{' '.join(command)} ended with {process.returncode}:\n{err.read()[-3000:]}")
        cpu_s = max(usage.ru_utime + usage.ru_stime, sum(seen.cpu_s.values()))
        return Cost(wall_s, cpu_s, seen.peak_bytes / 2**20), out.read()


class _Seen:
    """What a process tree was seen to take: the most memory at once, and the processor time of each process."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._last_bytes = 0
        self.peak_bytes = 0
        self.cpu_s: dict[tuple[int, float], float] = {}

    def sample_until(self, ended: threading.Event) -> None:
        """Look again and again."""
        while not ended.wait(SAMPLE_EVERY_S):
            with suppress(psutil.NoSuchProcess):
                top = psutil.Process(self._pid)
                self._sample([top, *top.children(recursive=True)])

    def _sample(self, tree: Sequence[psutil.Process]) -> None:
        rss = 0
        for process in tree:
            with suppress(psutil.NoSuchProcess), process.oneshot():
                rss += process.memory_info().rss
                times = process.cpu_times()
                self.cpu_s[process.pid, process.create_time()] = times.user + times.system
        self._see(rss)

    def _see(self, rss: int) -> None:
        """Take a reading for the peak as far as the one before bears it out.

        A child that Java starts shares all of Java's memory for the millisecond until it becomes its own program: a
        reading that falls into it counts that memory twice.
        """
        self.peak_bytes = max(self.peak_bytes, min(rss, self._last_bytes))
        self._last_bytes = rss
