"""A `glue-local serve` in its own process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType

PYTHON_VARIABLE = "GLUE_LOCAL_PYTHON"  # of another environment, which has the server; else it is this one
START_S = 60.0
_END_S = 15.0
_URL = re.compile(r"http://127\.0\.0\.1:\d+")


class ServerStartError(RuntimeError):
    """The server did not start; the message has its output."""


class Server:
    """A server on any free port, with its files in a folder; it ends with the `with` block."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._folder = folder
        self._arguments = arguments
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> str:
        """Start it, and return its URL.

        Raises:
            ServerStartError: it ended, or printed nothing for a minute.
        """
        command = [
            os.environ.get(PYTHON_VARIABLE) or sys.executable,
            "-m",
            "localstack_glue.hosts.standalone",
            "serve",
            "--port",
            "0",
        ]
        command += ["--work-dir", str(self._folder / "work"), *self._arguments]
        log = self._folder / "glue-local.log"
        with log.open("w") as errors:
            # the interpreter and the module of this package; nothing of a test's
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        self._process = process
        said: list[str] = []
        reader = threading.Thread(target=lambda: said.append(process.stdout.readline() if process.stdout else ""))
        reader.daemon = True
        reader.start()
        reader.join(START_S)
        found = _URL.search(said[0]) if said else None
        if found is None:
            self._end()
            raise ServerStartError(f"glue-local did not start: {log.read_text()[-2000:] or 'it printed nothing'}")
        return found[0]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self._end()

    def _end(self) -> None:
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
