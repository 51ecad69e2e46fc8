"""Worker types, and the part of their resources that this machine can provide."""

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

MACHINE_SHARE = 0.4  # of the memory, for the heap of one run: a second run and the rest must live too
ALL_RUNS_SHARE = 0.8  # of the memory, for the heaps of all runs together
MIN_HEAP_MB = 512
_CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True, slots=True)
class WorkerType:
    """Size of one worker (G31), and the first major version of Glue and the fewest workers that a job can have of it.

    The versions are those of the API reference of CreateJob. The least number is in the message that AWS answers:
    aws-samples/cql-replicator, issue 181.
    """

    vcpus: int
    memory_gb: int
    dpus: float
    first_version: int = 0
    fewest: int = 2


WORKER_TYPES = {
    "Standard": WorkerType(4, 16, 1, fewest=1),
    "G.025X": WorkerType(2, 4, 0.25, 3),
    "G.1X": WorkerType(4, 16, 1),
    "G.2X": WorkerType(8, 32, 2),
    "G.4X": WorkerType(16, 64, 4, 3),
    "G.8X": WorkerType(32, 128, 8, 3),
    "G.12X": WorkerType(48, 192, 12, 4),
    "G.16X": WorkerType(64, 256, 16, 4),
    "R.1X": WorkerType(4, 32, 1, 4),
    "R.2X": WorkerType(8, 64, 2, 4),
    "R.4X": WorkerType(16, 128, 4, 4),
    "R.8X": WorkerType(32, 256, 8, 4),
    "Z.2X": WorkerType(8, 64, 2, 4, fewest=1),
}


def local_cores(worker_type: str, workers: int) -> int:
    """Threads for the local Spark master: as many as the workers have, at most the machine's."""
    return max(1, min(WORKER_TYPES[worker_type].vcpus * workers, usable_cores()))


def heap_mb(worker_type: str) -> int:
    """Memory for the driver, which is the whole local Spark: a worker's, at most a share of the machine's."""
    machine_mb = int(usable_memory_bytes() * MACHINE_SHARE / 1024**2)
    return max(MIN_HEAP_MB, min(WORKER_TYPES[worker_type].memory_gb * 1024, machine_mb))


def budget_mb(setting_mb: int | None) -> int:
    """Memory for the heaps of all runs: the setting, or else a share of the machine's."""
    return setting_mb or max(MIN_HEAP_MB, int(usable_memory_bytes() * ALL_RUNS_SHARE / 1024**2))


def usable_cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def usable_memory_bytes() -> int:
    """Memory of the machine, or of the container if that is less."""
    total: int = psutil.virtual_memory().total
    limit = _CONTAINER_LIMIT.read_text().strip() if _CONTAINER_LIMIT.is_file() else "max"
    return min(total, int(limit)) if limit.isdigit() else total
