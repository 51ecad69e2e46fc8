"""contract lint, show, init."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from quartal.cli.options import JsonOption
from quartal.console import Console
from quartal.errors import EXIT_PIPELINE_FAILED, ConfigurationError

app = typer.Typer(help="Data contracts: what a feed holds, and what is made of it.", no_args_is_help=True)


@app.command(name="lint")
def lint_files(
    files: Annotated[list[Path], typer.Argument(help="Contracts, YAML files.", show_default=False)],
    against: Annotated[
        str | None, typer.Option("--against", help="Also refuse what breaks readers of this git revision's tables.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say everything that is wrong with contracts; exit code 1 if the job would refuse one, or readers would break."""
    from quartal.contracts.compatibility import changes_since
    from quartal.contracts.linting import Problem, Severity, lint, read_text

    console = Console(as_json=as_json)
    problems: list[Problem] = []
    sound = {}
    for file in files:
        linted = lint(read_text(file), str(file))
        problems += linted.problems
        if not linted.problems:
            sound[file] = linted.contracts
    if against is not None:
        problems += changes_since(against, sound)
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    if problems or as_json:
        columns = ("severity", "file", "field", "what is wrong", "what to do")
        rows = [
            (str(p.severity), f"{p.file}:{p.line}" if p.line else p.file, p.field, p.message, p.remedy)
            for p in problems
        ]
        console.table("", columns, rows, data=[asdict(problem) for problem in problems])
    else:
        console.done(f"{len(files)} contract{'s' if len(files) > 1 else ''}: nothing wrong")
    if errors:
        raise typer.Exit(EXIT_PIPELINE_FAILED)


@app.command()
def show(
    file: Annotated[Path, typer.Argument(help="A contract.", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """Columns, rules and features of a contract, and the tables that come of it."""
    from quartal.contracts import showing
    from quartal.contracts.linting import lint, read_text

    console, linted = Console(as_json=as_json), lint(read_text(file), str(file))
    if linted.problems:
        first = linted.problems[0]
        raise ConfigurationError(
            f"{file}: {first.field}: {first.message}", remedy=f"quartal contract lint {file} lists all that is wrong."
        )
    contracts = list(linted.contracts.values())
    if as_json:
        console.json([showing.as_record(contract) for contract in contracts])
        return
    for contract in contracts:
        columns = ("column", "type", "required", "role", "rules")
        console.table(
            f"{contract.dataset} {contract.version}: the feed", columns, showing.column_rows(contract), data=()
        )
        console.table("features", ("setting", "value"), showing.feature_rows(contract), data=())
        for name, published in showing.published_tables(contract).items():
            console.table(name, ("column", "type"), [(column.name, column.kind) for column in published], data=())


@app.command()
def init(
    feed: Annotated[Path, typer.Argument(help="A CSV file of the feed, gzipped or not.", show_default=False)],
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="Name of the dataset. Default: made from the file's name.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write, which must not exist. Default: standard output.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Draft a contract from the head of a CSV file: types and formats, and guesses for key, entity and event time."""
    from quartal.contracts.drafting import draft

    console, name = Console(as_json=as_json), dataset or _dataset_of(feed)
    text = draft(feed, name)
    if out is None:
        if as_json:
            console.json({"dataset": name, "contract": text, "file": None})
        else:
            console.document(text)
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigurationError(
            f"{out} cannot be written: {error.strerror}.", remedy="Name another with --out."
        ) from error
    console.done(f"{out}: a draft. Read it, then: quartal contract lint {out}")
    if as_json:
        console.json({"dataset": name, "contract": text, "file": str(out)})


def _dataset_of(feed: Path) -> str:
    # raw files lie in <dataset>/delivery=<name>/; elsewhere their own name is all there is
    folder = feed.resolve().parent
    source = folder.parent.name if folder.name.startswith("delivery=") else feed.name.split(".")[0]
    name = re.sub(r"[^a-z0-9]+", "_", source.lower()).strip("_")
    return name if re.match(r"[a-z_]", name) else f"feed_{name}".rstrip("_")
