"""contract lint, show, export, try, init."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from quartal.cli.options import EnvironmentOption, JsonOption, open_workspace
from quartal.core.console import Console
from quartal.core.errors import EXIT_PIPELINE_FAILED, ConfigurationError
from quartal.core.whole_files import write_new

if TYPE_CHECKING:
    from quartal.contracts.drafting.sample import Sample
    from quartal.contracts.model import Contract

app = typer.Typer(help="Draft, check, try and export data contracts.", no_args_is_help=True)
_FEW_CONFLICTS = 5
_MANY_CONFLICTS = 0.1  # of the rows


@app.command(name="lint")
def lint_files(
    files: Annotated[list[Path], typer.Argument(help="Contracts (YAML files).", show_default=False)],
    against: Annotated[
        str | None,
        typer.Option(
            "--against", help="Git revision to compare with: also refuse changes that break readers of the tables."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check contracts and list every problem; exit code 1 if the job would refuse one, or readers would break."""
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
        console.done(f"{len(files)} contract{'s' if len(files) > 1 else ''}: no problems found")
    if errors:
        raise typer.Exit(EXIT_PIPELINE_FAILED)


@app.command()
def show(
    file: Annotated[Path, typer.Argument(help="A contract (YAML file).", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """Show the columns, rules and features of a contract, and the tables that it produces."""
    from quartal.contracts import column_tables

    console, contracts = Console(as_json=as_json), list(_sound_contracts(file).values())
    if as_json:
        console.json([column_tables.as_record(contract) for contract in contracts])
        return
    for contract in contracts:
        columns = ("column", "type", "required", "role", "rules")
        console.table(
            f"{contract.dataset} {contract.version}: the feed", columns, column_tables.column_rows(contract), data=()
        )
        console.table("features", ("setting", "value"), column_tables.feature_rows(contract), data=())
        for name, published in column_tables.published_tables(contract).items():
            console.table(name, ("column", "type"), [(column.name, column.kind) for column in published], data=())


def _sound_contracts(file: Path) -> Mapping[str, Contract]:
    """The contracts of a file, by dataset.

    Raises:
        ConfigurationError: the file has a problem; the message is about the first one.
    """
    from quartal.contracts.linting import Severity, lint, read_text

    linted = lint(read_text(file), str(file))
    first = next((problem for problem in linted.problems if problem.severity is Severity.ERROR), None)
    if first is not None:
        raise ConfigurationError(
            f"{file}: {first.field}: {first.message}", remedy=f"`quartal contract lint {file}` lists every problem."
        )
    return linted.contracts


def _one_contract(file: Path, dataset: str | None) -> Contract:
    """The contract of a file, or of one of its datasets.

    Raises:
        ConfigurationError: the file has a problem, several datasets and none is named, or no such dataset.
    """
    found = _sound_contracts(file)
    name = dataset or next(iter(found))
    if name not in found or (dataset is None and len(found) > 1):
        raise ConfigurationError(
            f"{file} has the datasets {', '.join(found)}.", remedy="Name one of them with --dataset."
        )
    return found[name]


class RuleFormat(StrEnum):
    """The format of exported rules."""

    DQDL = "dqdl"


@app.command(name="export")
def export_rules(
    file: Annotated[Path, typer.Argument(help="A contract (YAML file).", show_default=False)],
    form: Annotated[RuleFormat, typer.Option("--format", help="Format of the rules.")] = RuleFormat.DQDL,
    dataset: Annotated[str | None, typer.Option("--dataset", help="Dataset, if the contract has several.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Print a contract's rules for AWS Glue Data Quality; rules without an equivalent there become comments."""
    from quartal.contracts.dqdl import build_ruleset

    console, contract = Console(as_json=as_json), _one_contract(file, dataset)
    ruleset = build_ruleset(contract)
    text = ruleset.document(f"{contract.dataset} {contract.version}")
    if not as_json:
        console.document(text)
        return
    left_out = [{"rule": name, "reason": reason} for name, reason in ruleset.left_out]
    rules = [{"rule": name, "dqdl": rule} for name, rule in ruleset.rules]
    console.json({"format": form, "ruleset": text, "rules": rules, "left_out": left_out})


@app.command(name="try")
def try_contract(
    files: Annotated[list[Path], typer.Argument(help="Files of a delivery.", show_default=False)],
    contract: Annotated[Path, typer.Option("--contract", help="A contract (YAML file).", show_default=False)],
    dataset: Annotated[str | None, typer.Option("--dataset", help="Dataset, if the contract has several.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Check files against a contract as a run would: rows kept and quarantined, the reasons, and the first days."""
    from etl_job.findings.wording import count  # which help need not load
    from quartal.contracts.trying import try_files

    console, named = Console(as_json=as_json), _one_contract(contract, dataset)
    trial = try_files(named, files)
    summary = (
        f"{count(trial.rows, 'row')}: {trial.kept:,} kept, {trial.quarantined:,} quarantined, "
        f"{count(trial.duplicates, 'duplicate')}"
    )
    if trial.conflicts:
        summary += f", of which {trial.conflicts:,} {'differs' if trial.conflicts == 1 else 'differ'}"
    if trial.unjudged:
        summary += f"; only a run can judge {', '.join(trial.unjudged)}"
    if trial.conflicts > max(_FEW_CONFLICTS, _MANY_CONFLICTS * trial.rows):
        console.warn(
            f"{trial.conflicts:,} rows have the {', '.join(named.key)} of another row and differ from it; a run keeps "
            "one of them. If each file starts its numbers again, the column is not a key: remove primaryKey from "
            "the contract."
        )
    if as_json:
        console.json(asdict(trial) | {"quarantined": trial.quarantined})
        return
    examples = [
        (each.rule, f"{trial.broken[each.rule]:,}", f"{each.file}:{each.place}", each.value or "", each.raw)
        for each in sorted(trial.examples, key=lambda each: (-trial.broken[each.rule], each.rule))
    ]
    if examples:
        console.table(summary, ("rule", "rows", "place", "value", "row"), examples, data=())
    else:
        console.done(summary)
    days = [(entity, day.isoformat(), f"{rows:,}") for entity, day, rows in trial.days]
    console.table("the first days", ("entity", "day", named.features.count), days, data=())


@app.command()
def init(
    feed: Annotated[
        Path | None,
        typer.Argument(
            help="A file of the feed, or a folder of such files: CSV or JSON lines, gzipped or not, or Parquet.",
            show_default=False,
        ),
    ] = None,
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="Name of the dataset. Default: derived from the file's name.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write, which must not exist. Default: standard output.")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(
            "--url", help="URL of a database to read instead of files; needs --table.", envvar="QUARTAL_INGEST_URL"
        ),
    ] = None,
    table: Annotated[str | None, typer.Option("--table", help="Table or view, as TABLE or SCHEMA.TABLE.")] = None,
    glue_table: Annotated[
        str | None, typer.Option("--glue-table", help="Table of the Glue catalog, as DATABASE.TABLE.")
    ] = None,
    event_time: Annotated[str | None, typer.Option("--event-time", help="Column with the time of the events.")] = None,
    entity: Annotated[
        list[str] | None,
        typer.Option("--entity", help="Column that the features describe, or 'none'; may be repeated."),
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option("--key", help="Column that identifies a row, or 'none'; may be repeated.")
    ] = None,
    date_order: Annotated[
        str | None, typer.Option("--date-order", help="Which comes first in 03/04/2024: day or month.")
    ] = None,
    decimal_mark: Annotated[
        str | None,
        typer.Option("--decimal-mark", help="Decimal mark, if 1,250 is ambiguous: comma or point."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Read all rows, not only the beginning, middle and end of large files.")
    ] = False,
    interactive: Annotated[
        bool, typer.Option("--interactive", "-i", help="Ask about each guess, and show the evidence for it.")
    ] = False,
    environment: EnvironmentOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draft a contract from sample data, and show what a run would do with its rows; comments list the guesses."""
    from quartal.contracts import drafting
    from quartal.contracts.drafting.questions import answered

    console = Console(as_json=as_json)
    if sum(source is not None for source in (feed, table, glue_table)) != 1 or (table is not None and url is None):
        raise ConfigurationError(
            "A draft needs exactly one source.",
            remedy="Name a file or a folder, or --url and --table, or --glue-table.",
        )
    if date_order not in (None, "day", "month"):
        raise ConfigurationError(
            f"--date-order is {date_order!r}.", remedy="Use day (31/12/2024) or month (12/31/2024)."
        )
    if decimal_mark not in (None, "comma", "point"):
        raise ConfigurationError(
            f"--decimal-mark is {decimal_mark!r}.", remedy="Use comma (1.234,5) or point (1,234.5)."
        )
    name = dataset or (_dataset_name(feed) if feed else _catalog_name((table or glue_table or "").rpartition(".")[2]))
    order: Literal["day", "month"] | None = None if date_order is None else "month" if date_order == "month" else "day"
    mark: Literal["comma", "point"] | None = None if decimal_mark is None else "comma"
    if decimal_mark == "point":
        mark = "point"
    choices = drafting.Choices(event_time, tuple(entity or ()), tuple(key or ()), order, mark)
    with _sampled(feed, url, table, glue_table, everything=everything, environment=environment) as sample:
        if interactive:
            choices = answered(sample, name, choices, console.choose)
        drafted = drafting.draft_contract(sample, name, choices)
    verdict = drafted.verdict
    for line in drafted.verdict_lines:
        (console.warn if verdict.quarantined else console.note)(line)
    for line in drafted.warnings:
        console.warn(line)
    result = {
        "dataset": name,
        "contract": drafted.text,
        "file": str(out) if out else None,
        "guesses": drafted.guesses,
        "rows": verdict.rows,
        "kept": verdict.kept,
        "duplicates": verdict.duplicates,
        "quarantined": verdict.quarantined,
        "broken": dict(verdict.broken),
    }
    if out is None:
        if as_json:
            console.json(result)
        else:
            console.document(drafted.text)
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_new(out, drafted.text)
    except OSError as error:
        raise ConfigurationError(
            f"{out} cannot be written: {error.strerror}.", remedy="Name another file with --out."
        ) from error
    console.done(f"{out}: draft written. Read it, then check it: `quartal contract lint {out}`")
    if as_json:
        console.json(result)


@contextmanager
def _sampled(
    feed: Path | None,
    url: str | None,
    table: str | None,
    glue_table: str | None,
    *,
    everything: bool,
    environment: str | None,
) -> Iterator[Sample]:
    """The sample of the source that the options name."""
    from quartal.contracts.drafting.sources import read_sample

    if feed is not None:
        yield read_sample(feed, everything=everything)
    elif url is not None and table is not None:
        from quartal.contracts.drafting.database_source import table_sample

        yield table_sample(url, table, everything=everything)
    elif glue_table is not None:
        from quartal.contracts.drafting.catalog_source import files_of_table

        with files_of_table(open_workspace(environment).connection, glue_table) as folder:
            yield replace(read_sample(folder, everything=everything), source=glue_table)


def _dataset_name(feed: Path) -> str:
    # raw files are in <dataset>/delivery=<name>/; elsewhere only their own name is available
    folder = feed.resolve().parent
    source = folder.parent.name if folder.name.startswith("delivery=") else feed.name.split(".")[0]
    return _catalog_name(source)


def _catalog_name(source: str) -> str:
    """A name that is valid in the catalog, of at most 30 characters."""
    name = re.sub(r"[^a-z0-9]+", "_", source.lower()).strip("_")
    return (name if re.match(r"[a-z]", name) else f"feed_{name}")[:30].strip("_")
