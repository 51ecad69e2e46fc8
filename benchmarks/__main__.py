"""`./nox -s bench -- NAME`: each benchmark compares with a named peer in one run and prints ratios."""

from __future__ import annotations

import dataclasses
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks import athena as athena_benchmark
from benchmarks import job_start as job_start_benchmark
from benchmarks import plan_review as plan_review_benchmark
from benchmarks import upload as upload_benchmark
from benchmarks.etl import legs, report
from benchmarks.etl.measuring import BenchmarkError
from benchmarks.etl.session import open_bench
from benchmarks.etl.tools import NAIVE

ALL_SIZES = "1000000,10000000,40000000"

app = typer.Typer(help=__doc__, no_args_is_help=True)


@app.callback()
def _root() -> None:
    pass


@app.command("emulators")
def emulators(
    patience_s: Annotated[int, typer.Option(min=1, help="How long others are waited for, a test.")] = 30,
    only: Annotated[list[str] | None, typer.Option(help="An emulator or host of the table; several times.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the outcomes, and write the scoreboard's page.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print each test's outcome as JSON.")] = False,
) -> None:
    """The conformance suite against moto, MiniStack and this Glue service on each host, counted by area."""
    from benchmarks.emulators import command, page

    found = command.compare(patience_s, tuple(only or ()))
    if keep:
        patience = {name: command.OWN_PATIENCE_S if name.startswith(page.OWN) else patience_s for name in found}
        page.keep(found, patience, datetime.now(UTC).date())
    typer.echo(command.as_json(found) if as_json else page.table(found))


@app.command("plan-review")
def plan_review(
    resources: Annotated[int, typer.Option(min=1, help="Size of the large plan.")] = 1000,
    page_resources: Annotated[int, typer.Option(min=1, help="Size of the plan whose page Chromium opens.")] = 10_000,
    rounds: Annotated[int, typer.Option(min=1, help="Reviews of the large plan; the quickest counts.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """`quartal plan` beside Terraform's text and tf-summarize on the same plans, and how long a large plan takes."""
    rows, size = plan_review_benchmark.compare(), plan_review_benchmark.measure_time(resources, rounds)
    opened = plan_review_benchmark.time_to_open(page_resources, rounds)
    seconds = {"review_s": size.review_s, "text_s": size.text_s, "page_s": size.page_s}
    if as_json:
        data = {
            "plans": [dataclasses.asdict(row) for row in rows],
            "resources": size.resources,
            **{name: round(value, 3) for name, value in seconds.items()},
            "page_resources": page_resources,
            "page_open_s": None if opened is None else round(opened.open_s, 3),
            "page_search_s": None if opened is None else round(opened.search_s, 3),
            "whole_page_open_s": None if opened is None else round(opened.whole_open_s, 3),
            "whole_page_search_s": None if opened is None else round(opened.whole_search_s, 3),
        }
        typer.echo(json.dumps(data, indent=2))
        return
    table = Table(
        "plan",
        "Terraform, lines",
        "tf-summarize, facts",
        "review, lines",
        "missing in the review",
        "only in the review",
    )
    for row in rows:
        sizes = (row.terraform_lines, row.tf_summarize_facts, row.review_lines)
        missing = ", ".join(row.missing + row.missing_of_tf_summarize) or "nothing"
        table.add_row(row.name, *map(str, sizes), missing, ", ".join(row.says_more))
    Console().print(table)
    for name, value in seconds.items():
        typer.echo(f"{size.resources} resources, {name} (CPU): {value:.3f}")
    if opened is None:
        typer.echo(f"{page_resources} resources, page in Chromium: not measured, there is no Chromium")
        return
    for verb, seconds_now, whole in (
        ("opened", opened.open_s, opened.whole_open_s),
        ("searched", opened.search_s, opened.whole_search_s),
    ):
        ratio = f"{seconds_now / whole:.2f} of a page that is written out whole"
        typer.echo(f"{page_resources} resources, page {verb} in Chromium (s): {seconds_now:.3f}, {ratio}")


@app.command()
def upload(
    rounds: Annotated[int, typer.Option(min=1, help="Runs of each tool; the median counts.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print the ratios as JSON.")] = False,
) -> None:
    """`quartal upload` against `aws s3 sync` and `s5cmd sync`, to LocalStack on this machine."""
    result = upload_benchmark.measure(rounds)
    if as_json:
        typer.echo(json.dumps(result.ratios(), indent=2))
        return
    table = Table("work", "tool", "median, s", "runs, s")
    for timing in result.timings:
        table.add_row(
            timing.work, timing.tool, f"{timing.median_s:.2f}", " · ".join(f"{s:.2f}" for s in timing.seconds)
        )
    Console().print(table)
    for name, value in result.ratios().items():
        typer.echo(f"{name} {value:.2f}")


@app.command()
def etl(
    rows: Annotated[str, typer.Option(help="Sizes of the feed, a comma list; empty for none.")] = ALL_SIZES,
    rounds: Annotated[int, typer.Option(min=1, help="Runs of each tool; the median counts.")] = 3,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="One round, and only the first size unless --rows names more; no naive peer."),
    ] = False,
    s3a: Annotated[
        bool | None, typer.Option("--s3a/--no-s3a", help="The job over S3A too. Default: unless --quick or --rows.")
    ] = None,
    deliveries: Annotated[
        bool | None,
        typer.Option("--deliveries/--no-deliveries", help="Five equal deliveries too. Default: as for --s3a."),
    ] = None,
    formats: Annotated[
        bool | None,
        typer.Option("--formats/--no-formats", help="The same rows in other spellings too. Default: as for --s3a."),
    ] = None,
    small: Annotated[
        bool | None,
        typer.Option("--small/--no-small", help="2,000 rows beside a bare session too. Default: as for --s3a."),
    ] = None,
    history: Annotated[
        bool | None,
        typer.Option(
            "--history/--no-history", help="The last of eight deliveries on the others too. Default: as for --s3a."
        ),
    ] = None,
    scratch: Annotated[
        Path, typer.Option(help="Keeps the generated feeds and, for as long as they are needed, all output.")
    ] = Path(".quartal/bench"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the ratios as JSON.")] = False,
) -> None:
    """The whole Spark job against a tuned and a naive Spark script and DuckDB, all on two cores."""
    everything = not quick and rows == ALL_SIZES
    named = [int(each) for each in rows.split(",") if each]
    sizes = named[:1] if quick and rows == ALL_SIZES else named
    rounds = 1 if quick else rounds
    scratch = scratch.resolve()
    scratch.mkdir(parents=True, exist_ok=True)

    def announce(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    result = legs.EtlResult()
    try:
        with open_bench(scratch, announce) as bench:
            for size in sizes:
                names = [name for name in legs.tools_for(size) if not (quick and name == NAIVE)]
                legs.sizes(bench, result, size, names, rounds, announce)
            if everything if small is None else small:
                legs.small(bench, result, rounds, announce)
            if everything if history is None else history:
                legs.on_history(bench, result, 10 * legs.MILLION, rounds, announce)
            if everything if s3a is None else s3a:
                largest = max((size for size in sizes if size <= 10 * legs.MILLION), default=legs.MILLION)
                legs.over_s3a(bench, result, largest, rounds, announce)
            if everything if formats is None else formats:
                for size in [size for size in sizes if size <= 5 * legs.MILLION] or [legs.MILLION]:
                    legs.formats(bench, result, size, rounds, announce)
            if everything if deliveries is None else deliveries:
                legs.deliveries(bench, result, legs.MILLION, rounds, announce)
    except BenchmarkError as error:
        raise SystemExit(f"{error}") from error
    found = report.ratios(result)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    Console(width=None if sys.stdout.isatty() else 140).print(report.table(result))
    for name, value in found.items():
        typer.echo(f"{name} {value:g}")
    for line in report.absent(found):
        typer.echo(line)


@app.command("job-start")
def job_start(
    rounds: Annotated[int, typer.Option(min=1, help="Runs in each way; the shortest counts.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print seconds and ratios as JSON.")] = False,
) -> None:
    """From StartJobRun to the Spark session: Java started by the script, with the run, and ahead of it."""
    starts = job_start_benchmark.measure(rounds)
    if as_json:
        typer.echo(json.dumps(job_start_benchmark.ratios(starts), indent=2))
        return
    table = Table("Java is", "shortest, s", "runs, s")
    for start in starts:
        table.add_row(start.way, f"{start.least_s:.2f}", " · ".join(f"{s:.2f}" for s in start.seconds))
    Console().print(table)
    for name, value in job_start_benchmark.ratios(starts).items():
        typer.echo(f"{name} {value:.2f}")


@app.command()
def athena(
    rows: Annotated[int, typer.Option(min=1, help="Rows of the Parquet file.")] = athena_benchmark.ROWS,
    rounds: Annotated[int, typer.Option(min=1, help="Questions to each; the median counts.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print seconds and ratios as JSON.")] = False,
) -> None:
    """Athena on LocalStack against plain DuckDB on the same file, and how long `select 1` takes by boto3."""
    result = athena_benchmark.measure(rows, rounds)
    if as_json:
        typer.echo(json.dumps(result.figures(), indent=2))
        return
    table = Table("question", "tool", "runs, s")
    for question, tool, seconds in (
        (f"group {rows} rows", "Athena on LocalStack", result.scan_s),
        (f"group {rows} rows", "DuckDB", result.duckdb_s),
        ("select 1", "Athena on LocalStack", result.one_s),
    ):
        table.add_row(question, tool, " · ".join(f"{s:.2f}" for s in seconds))
    Console().print(table)
    for name, value in result.figures().items():
        typer.echo(f"{name} {value:.2f}")


if __name__ == "__main__":
    app()
