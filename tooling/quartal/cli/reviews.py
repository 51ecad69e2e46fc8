"""review: any plan, of any stack, without a project."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from quartal.cli.infrastructure import Format, RulesOption, form_of
from quartal.cli.options import JsonOption
from quartal.core.console import Console
from quartal.core.errors import EXIT_CHANGES


class Gate(StrEnum):
    """How much may pass; each includes those before it."""

    NONE = "none"
    CHANGE = "change"
    ACCESS = "access"
    DESTROY = "destroy"
    DATA = "data"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Infrastructure")(review)


def review(
    file: Annotated[
        str,
        typer.Argument(
            help="A saved plan of Terraform or OpenTofu, or what `show -json` says of it; - reads standard input."
        ),
    ],
    out: Annotated[
        list[Path] | None,
        typer.Option(
            "--out",
            help="Write the review to this file too: .txt, .md, .html or .json; may be repeated.",
            show_default=False,
        ),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="Form of the review on standard output.")] = Format.TEXT,
    rules: RulesOption = None,
    approve: Annotated[
        Gate | None,
        typer.Option(
            "--approve",
            help="Exit with 3 where the plan needs more consent than this, or is blocked. Default: only show it.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", help="What the plan is for: rules of that environment count. Default: the file's name."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Review any saved plan, of any stack and provider: no project and no network is needed."""
    from quartal.cli import review_forms
    from quartal.deploy.review import review_any
    from quartal.plan_review.policies import Level
    from quartal.terraform.plan_file import STDIN, read_plan_file

    console = Console(as_json=as_json)
    targets = [(target, form_of(target)) for target in out or ()]
    plan = read_plan_file(file, sys.stdin.buffer, os.environ)
    made = review_any(plan, name or ("standard input" if file == STDIN else Path(file).stem), rules)
    review_forms.print_review(console, made, Format.JSON if as_json else form)
    for target, target_form in targets:
        review_forms.write_review(console, made, target, target_form)
    if approve is None:
        return
    given = Level.NOTE if approve is Gate.NONE else Level[approve.value.upper()]
    if not made.verdict.is_approved_by(given):
        raise typer.Exit(EXIT_CHANGES)
