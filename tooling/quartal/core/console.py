"""The output for people: results on standard output, progress and messages on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console as RichConsole
from rich.console import ConsoleOptions, RenderableType
from rich.live import Live
from rich.markup import escape as escape_markup
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
from rich.prompt import Prompt
from rich.segment import Segment
from rich.table import Table

from plan_review.errors import ReviewError
from quartal.core import json_output
from quartal.core.errors import ConfigurationError, QuartalError, error_code
from quartal.core.passwords import without_passwords
from quartal.core.terminal_tables import Column, fitted
from quartal.core.typed_commands import as_typed
from quartal.core.visible import visible

_PIPE_WIDTH = 200


def escape(text: str) -> str:
    """Text from elsewhere for a line with markup: its brackets are brackets, and its control characters are seen."""
    return escape_markup(visible(text))


def _safe(text: str) -> str:
    """A message for a line with markup: as `escape`, without the passwords of URLs, with commands as they are typed."""
    return escape(as_typed(without_passwords(text)))


class SafeConsole(RichConsole):
    """Rich's console, but no control character of a printed text reaches the terminal."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Rich's segments, with control characters of texts escaped; Rich's own control segments stay."""
        for segment in super().render(renderable, options):
            shown = segment.text if segment.control else visible(segment.text)
            yield segment if shown == segment.text else Segment(shown, segment.style, segment.control)


class Console:
    """Writes for a person; with `as_json` results are JSON for a machine, and progress stays on standard error.

    Args:
        as_json: whether a program reads the results.
        out: where results go instead of standard output.
        err: where everything else goes instead of standard error.
    """

    def __init__(
        self, *, as_json: bool = False, out: RichConsole | None = None, err: RichConsole | None = None
    ) -> None:
        self.as_json = as_json
        # a pipe has no width: tables must not be folded to a guess of 80 columns
        width = None if sys.stdout.isatty() else _PIPE_WIDTH
        self._out = out or SafeConsole(highlight=False, emoji=False, soft_wrap=True, width=width)
        self._err = err or SafeConsole(stderr=True, highlight=False, emoji=False, soft_wrap=True)

    @property
    def is_terminal(self) -> bool:
        """Whether progress is watched by a person."""
        return self._err.is_terminal

    def result(self, text: str, *, data: Any) -> None:
        """Print a command's result: the text for a person, the data as JSON for a machine."""
        if self.as_json:
            self.json(data)
        else:
            self._out.print(_safe(text))

    def json(self, data: Any) -> None:
        """Print a command's result as JSON to standard output, in the envelope of all commands."""
        self.json_document(json_output.result_envelope(data))

    def json_document(self, data: Any) -> None:
        """Print JSON to standard output as it is."""
        sys.stdout.write(json_output.as_text(data))
        sys.stdout.flush()

    def document(self, text: str) -> None:
        """Print a text that a program may read, such as CSV; on a terminal its control characters are escaped."""
        sys.stdout.write(visible(text) if sys.stdout.isatty() else text)
        sys.stdout.flush()

    def table(
        self,
        title: str,
        columns: Sequence[str | Column],
        rows: Sequence[Sequence[Any]],
        *,
        data: Any,
        wide: bool = False,
    ) -> None:
        """Print rows as a table, or the data as JSON. On a narrow terminal, columns are left out and named.

        Args:
            title: above the table; empty for none.
            columns: the headings. Columns with names only are left out first, from the right.
            rows: the values.
            data: the value to print as JSON.
            wide: show every column in full, as when the output is no terminal.
        """
        if self.as_json:
            self.json(data)
            return
        known = [c if isinstance(c, Column) else Column(c, optional=i) for i, c in enumerate(columns)]
        wide = wide or not self._out.is_terminal
        table, left_out = fitted(known, rows, self._out.width, title=title, escape=escape, wide=wide)
        self._out.print(table, crop=False)
        if left_out:
            self.note(f"  Columns that did not fit: {', '.join(left_out)}. Use a wider terminal, or --json.")

    def heading(self, text: str) -> None:
        """Announce the next part of a longer command."""
        self._err.print(f"\n[bold]{_safe(text)}[/bold]")

    def note(self, text: str) -> None:
        """One line of progress."""
        self._err.print(_safe(text))

    def done(self, text: str) -> None:
        """One line about a step that has succeeded."""
        self._err.print(f"[green]✓[/green] {_safe(text)}")

    def warn(self, text: str) -> None:
        """One line that deserves a look."""
        self._err.print(f"[yellow]![/yellow] {_safe(text)}")

    def error(self, error: QuartalError | ReviewError) -> None:
        """A failure: what happened, the lines that matter, and the remedy; for a machine on standard output as well."""
        if self.as_json:
            fields = {
                "code": error_code(error),
                "message": as_typed(without_passwords(error.message)),
                "details": [as_typed(without_passwords(line)) for line in error.details],
                "remedy": as_typed(without_passwords(error.remedy)),
            }
            self.json_document(json_output.error_envelope(fields | {"exit_code": error.exit_code}))
        self._err.print(
            f"[bold red]Error[/bold red] [dim]({error_code(error)})[/dim][bold red]:[/bold red] {_safe(error.message)}"
        )
        for line in error.details:
            self._err.print(f"  [dim]│[/dim] {_safe(line)}")
        if error.remedy:
            self._err.print(f"[bold]What to do:[/bold] {_safe(error.remedy)}")

    def choose(self, question: str, answers: Sequence[tuple[str, str]], default: str) -> str:
        """Ask for one of several answers, each shown with its evidence; an empty input means the default.

        Raises:
            ConfigurationError: there is no terminal to ask.
        """
        table = Table(title=escape(question), title_justify="left", title_style="bold", show_header=False)
        for answer, evidence in answers:
            table.add_row(escape(answer), escape(evidence))
        self._err.print(table)
        try:
            return Prompt.ask("", console=self._err, choices=[answer for answer, _ in answers], default=default)
        except EOFError as error:
            raise ConfigurationError(
                f"There is no terminal to ask: {question}",
                remedy="Run the command in a terminal, or without --interactive.",
            ) from error

    @contextmanager
    def waiting(self, text: str) -> Iterator[WaitingLine]:
        """Show the awaited event with the seconds so far; plain lines without a terminal."""
        if not self._err.is_terminal:
            self.note(f"{text} ...")
            yield WaitingLine(None, text)
            return
        with self._err.status(_safe(text)) as status:
            yield WaitingLine(status, text)

    @contextmanager
    def steps(self, text: str, total: int | None) -> Iterator[StepsLine]:
        """A progress bar over steps, which the caller reports; plain lines without a terminal.

        Args:
            text: what is done.
            total: the number of steps; None if it is not known.
        """
        if not self._err.is_terminal:
            self.note(f"{text} ...")
            yield StepsLine(None)
            return
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=self._err, transient=True) as progress:
            progress.add_task(_safe(text), total=total)
            yield StepsLine(progress)

    @contextmanager
    def live(self) -> Iterator[Callable[[RenderableType], None] | None]:
        """Keep a picture at the end of the terminal, redrawn with each call; None without a terminal."""
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
            progress.add_task(_safe(text), total=total_bytes)
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
            progress.add_task(_safe(text), total=None)
            yield progress


class StepsLine:
    """The line with a bar over steps."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress

    def begin(self, text: str) -> None:
        """Show the current step."""
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], description=_safe(text))

    def done(self) -> None:
        """A step has ended."""
        if self._progress is not None:
            self._progress.advance(self._progress.task_ids[0])


class WaitingLine:
    """The line that shows the awaited event."""

    def __init__(self, status: Any, text: str) -> None:
        self._status = status
        self._text = text
        self._since = time.monotonic()

    def update(self, text: str | None = None) -> None:
        """Show another text, or only refresh the seconds."""
        self._text = text or self._text
        if self._status is not None:
            self._status.update(f"{_safe(self._text)} [dim]{time.monotonic() - self._since:.0f} s[/dim]")
