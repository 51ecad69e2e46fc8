"""Runs a command in its own process group, and leaves none of its processes behind."""

import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

import psutil

LOG = logging.getLogger(__name__)
RUN_ID_VARIABLE = "LOCALSTACK_GLUE_RUN_ID"
TERMINATION_GRACE_S = 5.0
READER_GRACE_S = 30.0  # the pipes end with the last process; only a busy machine takes longer to read them
POLL_S = 0.05
MAX_LINE_CHARS = 64_000

LineSink = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Launch:
    """A command and the environment that it gets; nothing else of the service's environment reaches it."""

    run_id: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path


class RunningJob(Protocol):
    """A job's process while it runs."""

    def wait(self, timeout_s: float | None) -> int:
        """Return the exit code.

        Raises:
            TimeoutError: it takes longer.
        """
        ...

    def stop(self, grace_s: float = TERMINATION_GRACE_S) -> None:
        """End the process and its children, and wait for their end."""
        ...


class JobRunner(Protocol):
    """Starts jobs."""

    def start(self, launch: Launch, stdout: LineSink, stderr: LineSink) -> RunningJob:
        """Start a command; its output goes to the sinks line by line while it runs."""
        ...


class SubprocessRunner:
    """Starts jobs as processes of this machine."""

    def start(self, launch: Launch, stdout: LineSink, stderr: LineSink) -> RunningJob:
        """Start a command; its output goes to the sinks line by line while it runs."""
        process = subprocess.Popen(
            list(launch.command),
            cwd=launch.folder,
            env={**launch.environment, RUN_ID_VARIABLE: launch.run_id},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        return JobProcess(launch.run_id, process, stdout, stderr)


class JobProcess:
    """A started command."""

    def __init__(self, run_id: str, process: subprocess.Popen[bytes], stdout: LineSink, stderr: LineSink) -> None:
        self._run_id = run_id
        self._process = process
        self._stop_lock = threading.Lock()
        self._readers = [
            threading.Thread(target=_pump, args=(pipe, sink), name=f"glue-log-{run_id}", daemon=True)
            for pipe, sink in ((process.stdout, stdout), (process.stderr, stderr))
            if pipe is not None  # both are pipes; for the type checker
        ]
        for reader in self._readers:
            reader.start()

    def wait(self, timeout_s: float | None) -> int:
        """Return the exit code.

        Raises:
            TimeoutError: it takes longer.
        """
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"{self._run_id} runs longer than {timeout_s} s") from error
        # the script has ended: its remaining children, which may hold the pipes, end too. They are not
        # asked first: Spark's Java would spend a second on files that are removed anyway
        self._kill()
        for reader in self._readers:
            reader.join(READER_GRACE_S)
        return code

    def stop(self, grace_s: float = TERMINATION_GRACE_S) -> None:
        """End the process and its children: with a signal first, then by force."""
        with self._stop_lock:
            family = self._family()
            if not family:
                return
            self._signal_all(family, signal.SIGTERM)
            deadline = time.monotonic() + grace_s
            # polled, not waited for: psutil would take the exit code that `wait` is to return
            while time.monotonic() < deadline and self._family():
                time.sleep(POLL_S)
        self._kill()

    def _kill(self) -> None:
        with self._stop_lock:
            while family := self._family():
                self._signal_all(family, signal.SIGKILL)
                time.sleep(POLL_S)

    def _signal_all(self, family: Collection[psutil.Process], number: signal.Signals) -> None:
        """Signal each process once: a second request to stop would interrupt the clean-up that the first began."""
        outside = [member for member in family if not self._is_in_group(member)]
        try:
            os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):
            LOG.debug("the process group %s has already ended", self._process.pid)
        for member in outside:
            _signal(member, number)

    def _family(self) -> list[psutil.Process]:
        """Find the live processes of the run, even those that left its group: they carry its id."""
        own = os.getpid()
        return [
            process
            for process in psutil.process_iter()
            if process.pid != own and _is_alive(process) and self._belongs(process)
        ]

    def _belongs(self, process: psutil.Process) -> bool:
        if self._is_in_group(process):
            return True
        try:
            marker: str | None = process.environ().get(RUN_ID_VARIABLE)
        except (psutil.Error, OSError):
            return False
        return marker == self._run_id

    def _is_in_group(self, process: psutil.Process) -> bool:
        try:
            return os.getpgid(process.pid) == self._process.pid
        except OSError:
            return False


def kill_runs(run_ids: Collection[str]) -> None:
    """Kill the processes of runs of a service that was itself killed."""
    for process in psutil.process_iter():
        try:
            is_left_behind = bool(run_ids) and process.environ().get(RUN_ID_VARIABLE) in run_ids
        except (psutil.Error, OSError):
            continue
        if is_left_behind:
            _signal(process, signal.SIGKILL)


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.Error:
        LOG.debug("process %s is gone", process.pid)


def _pump(pipe: IO[bytes], sink: LineSink) -> None:
    """Pass on lines. A line without an end is cut instead of being collected."""
    with pipe:
        while line := pipe.readline(MAX_LINE_CHARS):
            sink(line.decode("utf-8", errors="replace").rstrip("\r\n"))
