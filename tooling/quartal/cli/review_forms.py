"""A review in the form that somebody asked for, on standard output or in a file."""

from __future__ import annotations

from pathlib import Path

from plan_review import forms
from plan_review.forms import Format
from plan_review.render_json import as_data
from plan_review.review import Review
from quartal.core.console import Console


def print_review(console: Console, made: Review, form: Format) -> None:
    """Write the review to standard output."""
    if console.as_json:
        console.json(as_data(made))
    else:
        console.document(forms.rendered(made, form))


def write_review(console: Console, made: Review, file: Path, form: Format) -> None:
    """Write the review to a file.

    Raises:
        ReviewInputError: it cannot be written.
    """
    forms.write_review(made, file, form)
    console.done(f"{file}")
