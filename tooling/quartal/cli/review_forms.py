"""Writes a review in the requested format, to standard output or to a file."""

from __future__ import annotations

from pathlib import Path

from plan_review import output_formats
from plan_review.output_formats import Format
from plan_review.render_json import as_data
from plan_review.review import Review
from quartal.core.console import Console


def print_review(console: Console, review: Review, form: Format) -> None:
    """Write the review to standard output."""
    if console.as_json:
        console.json(as_data(review))
    else:
        console.document(output_formats.rendered(review, form))


def write_review(console: Console, review: Review, file: Path, form: Format) -> None:
    """Write the review to a file.

    Raises:
        ReviewInputError: it cannot be written.
    """
    output_formats.write_review(review, file, form)
    console.done(f"{file}")
