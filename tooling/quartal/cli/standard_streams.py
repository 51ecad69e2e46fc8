"""Standard input, output and error of a command, even if one is full, closed or no longer read.

A result that cannot be written is an error of the command. Progress that cannot be written does not end it: the
run or the apply that it reports continues.
"""

from __future__ import annotations

import errno
import os
import sys
from io import TextIOWrapper
from typing import TextIO

from quartal.core.errors import BrokenOutputError, OutputError


class OutputStream(TextIOWrapper):
    """Standard output that raises one error if it cannot be written; later output is dropped."""

    def write(self, text: str, /) -> int:
        """Write.

        Raises:
            OutputError: nothing can be written there.
        """
        try:
            return super().write(text)
        except OSError as error:
            raise self._output_error(error) from error

    def flush(self) -> None:
        """Flush the buffer.

        Raises:
            OutputError: nothing can be written there.
        """
        try:
            super().flush()
        except OSError as error:
            raise self._output_error(error) from error

    def _output_error(self, error: OSError) -> OutputError:
        _lead_nowhere(1)
        if error.errno == errno.EPIPE:
            return BrokenOutputError(
                "The reader of standard output has stopped reading.", remedy="Let it read to the end."
            )
        return OutputError(
            f"Standard output cannot be written: {error.strerror or error}.",
            remedy="Redirect it to a place with free space. Everything else that the command did has taken effect.",
        )


class ProgressStream(TextIOWrapper):
    """Standard error that falls silent when it cannot be written."""

    def write(self, text: str, /) -> int:
        """Write, if possible."""
        try:
            return super().write(text)
        except OSError:
            _lead_nowhere(2)
            return len(text)

    def flush(self) -> None:
        """Flush the buffer, if possible."""
        try:
            super().flush()
        except OSError:
            _lead_nowhere(2)


def prepare_streams() -> None:
    """Replace the process's streams; open a closed one, so that no file gets its number."""
    # read-only in place of a closed standard output: a lost result is an error, as with the shell's own commands
    for number, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # the lowest free number, which is this one
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = _as(OutputStream, sys.stdout, 1)
    sys.stderr = _as(ProgressStream, sys.stderr, 2)


def close_output() -> None:
    """Flush standard output.

    Raises:
        OutputError: it cannot be written.
    """
    sys.stdout.flush()
    sys.stderr.flush()


def _as(kind: type[TextIOWrapper], stream: TextIO | None, number: int) -> TextIOWrapper:
    if stream is None:
        return kind(open(number, "wb", closefd=False), "utf-8", "backslashreplace", line_buffering=True)
    # a character outside the encoding is no reason to fail
    return kind(
        stream.buffer,
        stream.encoding,
        "backslashreplace",
        line_buffering=number == 2 or stream.isatty(),
        write_through=number == 2,
    )


def _lead_nowhere(number: int) -> None:
    """Point a descriptor at the null device, so that its buffer can be dropped without another error."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
