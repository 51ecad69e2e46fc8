"""A review in the form that somebody asked for, on standard output or in a file."""

from __future__ import annotations

from pathlib import Path

from quartal.cli.infrastructure import Format
from quartal.core import private_files
from quartal.core.console import Console
from quartal.core.errors import ConfigurationError
from quartal.core.visible import visible
from quartal.plan_review.render_json import as_data
from quartal.plan_review.render_markdown import render_markdown
from quartal.plan_review.render_text import render_text
from quartal.plan_review.review import Review


def print_review(console: Console, made: Review, form: Format) -> None:
    """Write the review to standard output."""
    if form is Format.JSON:
        console.json(as_data(made))
    else:
        console.document(_rendered(console, made, form))


def write_review(console: Console, made: Review, file: Path, form: Format) -> None:
    """Write the review to a file.

    Raises:
        ConfigurationError: it cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        text = _rendered(console, made, form)
        if form is Format.JSON:  # a plan's values, for programs
            private_files.write(file, text)
        else:
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"The review cannot be written to '{file}': {error.strerror or error}.",
            remedy="Give --out another file. The plan is saved all the same.",
        ) from error
    console.done(f"{file}")


def _rendered(console: Console, made: Review, form: Format) -> str:
    if form is Format.JSON:
        return console.json_text(as_data(made))
    if form is Format.HTML:
        from quartal.plan_review.page import render_page

        return render_page(made)
    return visible({Format.TEXT: render_text, Format.MARKDOWN: render_markdown}[form](made))
