"""What people see: results on standard output, progress and messages on standard error."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rich.console import Console as RichConsole
from rich.console import RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from quartal.errors import QuartalError

_PIPE_WIDTH = 200


class Console:
    """Writes for a person; with `as_json` results are JSON for a machine, and progress stays on standard error.

    Args:
        as_json: whether a machine reads.
        out: where results go, in place of standard output.
        err: where all else goes, in place of standard error.
    """

    def __init__(
        self, *, as_json: bool = False, out: RichConsole | None = None, err: RichConsole | None = None
    ) -> None:
        self.as_json = as_json
        # a pipe has no width: tables must not be folded to a guess of 80 columns
        width = None if sys.stdout.isatty() else _PIPE_WIDTH
        self._out = out or RichConsole(highlight=False, soft_wrap=True, width=width)
        self._err = err or RichConsole(stderr=True, highlight=False, soft_wrap=True)

    @property
    def is_terminal(self) -> bool:
        """Whether progress is watched by a person."""
        return self._err.is_terminal

    def result(self, text: str, *, data: Any) -> None:
        """Print a command's result: the text for a person, the data as JSON for a machine."""
        if self.as_json:
            self.json(data)
        else:
            self._out.print(escape(text))

    def json(self, data: Any) -> None:
        """Print JSON to standard output."""
        sys.stdout.write(self.json_text(data))
        sys.stdout.flush()

    @staticmethod
    def json_text(data: Any) -> str:
        """What `json` prints."""
        return json.dumps(data, indent=2, default=_plain) + "\n"

    def table(self, title: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]], *, data: Any) -> None:
        """Print rows as a table, or the data as JSON."""
        if self.as_json:
            self.json(data)
            return
        numeric = [
            all(isinstance(row[i], int | float | Decimal) for row in rows) and bool(rows) for i in range(len(columns))
        ]
        table = Table(title=title or None, title_justify="left", title_style="bold")
        for name, is_numeric in zip(columns, numeric, strict=True):
            table.add_column(name, justify="right" if is_numeric else "left", overflow="fold")
        for row in rows:
            table.add_row(*(escape(_cell(value)) for value in row))
        self._out.print(table)

    def heading(self, text: str) -> None:
        """Announce the next part of a longer command."""
        self._err.print(f"\n[bold]{escape(text)}[/bold]")

    def say(self, text: str) -> None:
        """One line of progress."""
        self._err.print(escape(text))

    def done(self, text: str) -> None:
        """One line about a step that has succeeded."""
        self._err.print(f"[green]✓[/green] {escape(text)}")

    def warn(self, text: str) -> None:
        """One line that deserves a look."""
        self._err.print(f"[yellow]![/yellow] {escape(text)}")

    def error(self, error: QuartalError) -> None:
        """A failure: what happened, the lines that matter, and the remedy; for a machine on standard output as well."""
        if self.as_json:
            told = {"message": error.message, "details": list(error.details), "remedy": error.remedy}
            self.json({"error": told | {"exit_code": error.exit_code}})
        self._err.print(f"[bold red]Error:[/bold red] {escape(error.message)}")
        for line in error.details:
            self._err.print(f"  [dim]│[/dim] {escape(line)}")
        if error.remedy:
            self._err.print(f"[bold]What to do:[/bold] {escape(error.remedy)}")

    @contextmanager
    def waiting(self, text: str) -> Iterator[WaitingLine]:
        """Show that something is waited for, with the seconds so far; plain lines where there is no terminal."""
        if not self._err.is_terminal:
            self.say(f"{text} ...")
            yield WaitingLine(None, text)
            return
        with self._err.status(escape(text)) as status:
            yield WaitingLine(status, text)

    @contextmanager
    def live(self) -> Iterator[Callable[[RenderableType], None] | None]:
        """Keep a picture at the end of the terminal, drawn anew with each call; None where there is no terminal."""
        if not self._err.is_terminal:
            yield None
            return
        with Live(console=self._err, auto_refresh=False) as live:
            yield lambda picture: live.update(picture, refresh=True)

    @contextmanager
    def transfer(self, text: str, total_bytes: int) -> Iterator[Progress]:
        """A progress bar for bytes; the caller advances task 0."""
        progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeElapsedColumn(),
            console=self._err,
            disable=not self._err.is_terminal,
        )
        with progress:
            progress.add_task(text, total=total_bytes)
            yield progress

    @contextmanager
    def counting(self, text: str) -> Iterator[Progress]:
        """A progress bar for rows; the caller sets the total of task 0, once it is known, and advances it."""
        progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._err,
            disable=not self._err.is_terminal,
        )
        with progress:
            progress.add_task(text, total=None)
            yield progress


class WaitingLine:
    """The line that says what is waited for."""

    def __init__(self, status: Any, text: str) -> None:
        self._status = status
        self._text = text
        self._since = time.monotonic()

    def update(self, text: str | None = None) -> None:
        """Say something else, or only refresh the seconds."""
        self._text = text or self._text
        if self._status is not None:
            self._status.update(f"{escape(self._text)} [dim]{time.monotonic() - self._since:.0f} s[/dim]")


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)
