"""What a program costs: wall and processor time of its process tree, and the most memory it held at once."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_EVERY_S = 0.1
TIMEOUT_S = 3600


class BenchmarkError(Exception):
    """A tool failed, or tools disagree: then there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One run. ``peak_rss_mb`` is sampled over the whole process tree, the others are exact."""

    wall_s: float
    cpu_s: float
    peak_rss_mb: float


def run(command: Sequence[str], env: Mapping[str, str], log: Path) -> tuple[Cost, str]:
    """Run a program to its end; return its cost and what it wrote to stdout. Raises BenchmarkError if it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.with_suffix(".out").open("w+") as out, log.with_suffix(".err").open("w+") as err:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        peak, ended = [0], threading.Event()
        sampler = threading.Thread(target=_sample, args=(process.pid, peak, ended), daemon=True)
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
        return Cost(wall_s, usage.ru_utime + usage.ru_stime, peak[0] / 2**20), out.read()


def _sample(pid: int, peak: list[int], ended: threading.Event) -> None:
    while not ended.wait(SAMPLE_EVERY_S):
        total = 0
        try:
            top = psutil.Process(pid)
            for process in [top, *top.children(recursive=True)]:
                total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
        peak[0] = max(peak[0], total)
