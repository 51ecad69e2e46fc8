"""The command line: `plan-review FILE...`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from plan_review.errors import EXIT_NOT_APPROVED, ReviewError, ReviewInputError
from plan_review.output_formats import Format, Gate, rendered, select_format, write_review

FileArgument = Annotated[
    str,
    typer.Argument(
        help="A saved plan of Terraform or OpenTofu, or the output of `show -json`; - reads standard input."
    ),
]
OutOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--out",
        help="Also write the review to this file: .txt, .md, .html or .json. May be repeated.",
        show_default=False,
    ),
]
FormatOption = Annotated[Format, typer.Option("--format", help="Format of the review on standard output.")]
RulesOption = Annotated[
    Path | None, typer.Option("--rules", help="YAML file of rules that extend or replace the bundled ones.")
]
GateOption = Annotated[
    Gate | None,
    typer.Option(
        "--approve",
        help="Exit with 3 if the plan needs more consent than this, or is blocked. Default: only show the review.",
        show_default=False,
    ),
]
NameOption = Annotated[
    str | None,
    typer.Option("--name", help="The plan's environment, whose rules apply. Default: the file's name."),
]

app = typer.Typer(
    name="plan-review",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a character that a terminal lacks
    app()


@app.command()
def review(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Saved plans of Terraform or OpenTofu, or the outputs of `show -json`; - reads standard input.",
            show_default=False,
        ),
    ],
    out: OutOption = None,
    form: FormatOption = Format.TEXT,
    rules: RulesOption = None,
    approve: GateOption = None,
    name: NameOption = None,
) -> None:
    """Show what a Terraform plan does to access, exposure, data, schedules and cost, and what cannot be judged.

    Exit codes: 0 reviewed, 1 or 2 a plan, another file or an option cannot be used, 3 a plan does not pass --approve.
    """
    try:
        approved = _reviewed(files, out or [], form, rules, approve, name)
    except ReviewError as error:
        _print_error(error, as_json=form is Format.JSON)
        raise typer.Exit(error.exit_code) from error
    if not approved:
        raise typer.Exit(EXIT_NOT_APPROVED)


def _reviewed(
    files: list[str], out: list[Path], form: Format, rules: Path | None, approve: Gate | None, name: str | None
) -> bool:
    from plan_review.saved_plan_review import passes, review_file

    if len(files) > 1 and (out or form in (Format.JSON, Format.HTML)):
        raise ReviewInputError(
            "--out and the formats html and json take one plan, but several were given.",
            remedy="Review one plan at a time.",
        )
    targets = [(target, select_format(target)) for target in out]
    approved = True
    for file in files:
        reviewed = review_file(file, sys.stdin.buffer, os.environ, name=name, rules=rules)
        _print(rendered(reviewed, form))
        for target, target_form in targets:
            write_review(reviewed, target, target_form)
        approved = approved and (approve is None or passes(reviewed, approve))
    return approved


def _print(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has closed the pipe; typer handles this
        raise
    except OSError as error:
        raise ReviewInputError(
            f"Standard output cannot be written: {error.strerror or error}.",
            remedy="Redirect it to a place with free space, or write to a file with --out.",
        ) from error


def _print_error(error: ReviewError, *, as_json: bool) -> None:
    from plan_review.visible import visible

    if as_json:
        described = {"message": error.message, "details": list(error.details), "remedy": error.remedy}
        sys.stdout.write(json.dumps({"error": described | {"exit_code": error.exit_code}}, indent=2) + "\n")
    lines = [f"Error: {error.message}", *(f"  | {line}" for line in error.details)]
    lines += [f"What to do: {error.remedy}"] if error.remedy else []
    sys.stderr.write(visible("\n".join(lines)) + "\n")
