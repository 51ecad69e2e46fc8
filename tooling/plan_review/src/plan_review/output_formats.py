"""The output formats of a review, and the levels of a gate."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from plan_review.errors import ReviewInputError
from plan_review.whole_files import write_whole

if TYPE_CHECKING:
    from plan_review.review import Review


class Format(StrEnum):
    """The output formats of a review."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"


class Gate(StrEnum):
    """The highest level that passes; each includes those before it."""

    NONE = "none"
    CHANGE = "change"
    ACCESS = "access"
    DESTROY = "destroy"
    DATA = "data"


_SUFFIXES = {".txt": Format.TEXT, ".md": Format.MARKDOWN, ".html": Format.HTML, ".json": Format.JSON}


def select_format(file: Path) -> Format:
    """The format for a file's suffix.

    Raises:
        ReviewInputError: the suffix has no format.
    """
    if file.suffix not in _SUFFIXES:
        raise ReviewInputError(
            f"The suffix of '{file}' is not one of the review's formats.",
            remedy=f"Use one of {', '.join(_SUFFIXES)}. --format sets the format on standard output.",
        )
    return _SUFFIXES[file.suffix]


def rendered(reviewed: Review, form: Format) -> str:
    """The whole review in a form."""
    if form is Format.JSON:
        from plan_review.render_json import as_data

        return json.dumps(as_data(reviewed), indent=2) + "\n"
    if form is Format.HTML:
        from plan_review.render_html import render_page

        return render_page(reviewed)
    from plan_review.render_markdown import render_markdown
    from plan_review.render_text import render_text
    from plan_review.visible import visible

    return visible({Format.TEXT: render_text, Format.MARKDOWN: render_markdown}[form](reviewed))


def write_review(reviewed: Review, file: Path, form: Format) -> None:
    """Write the review to a file, whole or not at all. A JSON review holds a plan's values: only its owner may read it.

    Raises:
        ReviewInputError: it cannot be written.
    """
    text = rendered(reviewed, form)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, text, owner_only=form is Format.JSON)
    except OSError as error:
        raise ReviewInputError(
            f"The review cannot be written to '{file}': {error.strerror or error}.",
            remedy="Name another file with --out. A saved plan is not affected.",
        ) from error
