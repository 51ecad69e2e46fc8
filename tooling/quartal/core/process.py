"""The one place that starts other programs: it drains their output, passes on interrupts and checks exit codes."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from quartal.core.errors import CommandError, ToolchainError
from quartal.core.interrupts import DeferredInterrupts

LineHandler = Callable[[str], None]
_IDLE_S = 5.0  # the wait for output that a surviving program keeps open


@dataclass(frozen=True, slots=True)
class CompletedCommand:
    """A program that has ended, with all it printed."""

    arguments: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str


def run(
    arguments: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    success_codes: Collection[int] | None = (0,),
    timeout_s: float | None = None,
    on_stdout_line: LineHandler | None = None,
) -> CompletedCommand:
    """Run a program to its end and return what it printed.

    The program gets a process group of its own, so that Ctrl-C reaches it exactly once, through us: Terraform treats a
    second interrupt as an order to drop everything.

    Args:
        arguments: program and arguments; never a shell line.
        cwd: working folder.
        env: the whole environment of the program.
        success_codes: exit codes that are not an error; None accepts every one.
        timeout_s: seconds after which the program is killed.
        on_stdout_line: called with each line of standard output as it comes.

    Raises:
        ToolchainError: the program does not exist or cannot be started.
        CommandError: it ended with another exit code, or took too long.
        KeyboardInterrupt: Ctrl-C was pressed; the program has ended.
        Exception: the first error of `on_stdout_line`; the program has ended.
    """
    with DeferredInterrupts() as interrupts:
        try:
            process = subprocess.Popen(
                list(arguments),
                cwd=cwd,
                env=dict(env) if env is not None else None,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=sys.platform != "win32",
            )
        except OSError as error:
            raise ToolchainError(
                f"Cannot start {arguments[0]}: {error.strerror or error}.",
                remedy="`quartal doctor` shows which programs are used, and which are missing.",
            ) from error

        stdout, stderr = cast(IO[str], process.stdout), cast(IO[str], process.stderr)  # both are pipes
        out, err = _Output(stdout, on_stdout_line), _Output(stderr)
        try:
            interrupts.release()
            exit_code = process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.wait()
            raise CommandError(
                f"{arguments[0]} took more than {timeout_s:.0f} s.",
                exit_code=-1,
                remedy="The program was stopped. Run the command again when the machine and the network are less busy.",
            ) from error
        except KeyboardInterrupt:
            _interrupt(process)
            raise
        finally:
            for each in (out, err):
                each.read_to_its_end()
    if out.failure is not None:
        raise out.failure
    result = CompletedCommand(tuple(arguments), exit_code, "".join(out.lines), "".join(err.lines))
    if success_codes is not None and exit_code not in success_codes:
        last_lines = (result.stderr or result.stdout).strip().splitlines()[-15:]
        raise CommandError(
            f"{Path(arguments[0]).name} ended with exit code {exit_code}.",
            exit_code=exit_code,
            remedy="The reason is in its last lines, shown above.",
            details=tuple(last_lines),
        )
    return result


class _Output:
    """Reads a program's output on a separate thread, even if a line cannot be handled: a full pipe would block it."""

    def __init__(self, stream: IO[str], on_line: LineHandler | None = None) -> None:
        self.lines: list[str] = []
        self.failure: Exception | None = None
        self._stream, self._on_line = stream, on_line
        self._taken = 0
        self._reader = threading.Thread(target=self._drain, daemon=True)
        self._reader.start()

    def read_to_its_end(self) -> None:
        """Wait for the last line, which may hold the reason, but not for output that no program writes."""
        read = -1
        while self._reader.is_alive() and (self._taken < len(self.lines) or read < len(self.lines)):
            read = len(self.lines)
            self._reader.join(timeout=_IDLE_S)

    def _drain(self) -> None:
        for line in self._stream:
            self.lines.append(line)
            if self._on_line is not None and self.failure is None:
                try:
                    self._on_line(line.rstrip("\n"))
                except Exception as error:
                    self.failure = error
            self._taken = len(self.lines)


def _interrupt(process: subprocess.Popen[str]) -> None:
    """Wait for the program to end by itself. A second Ctrl-C is passed on too, a third kills it."""
    for _ in range(2):
        if sys.platform == "win32":
            process.terminate()
        else:
            process.send_signal(signal.SIGINT)
        try:
            process.wait()
        except KeyboardInterrupt:
            continue
        return
    process.kill()
    process.wait()
