"""demo."""

from __future__ import annotations

from typing import Annotated

import typer

from quartal.cli.options import HostOption, JsonOption, open_workspace
from quartal.core.settings import LOCALSTACK_ENVIRONMENT


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Pipeline")(demo)


def demo(
    rows: Annotated[int, typer.Option("--rows", min=1000, help="Rows of the example feed.")] = 1_000_000,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the example feed.")] = 7,
    keep: Annotated[
        bool,
        typer.Option(
            "--keep/--teardown",
            help="Leave the deployment and its local AWS running, or remove both at the end.",
        ),
    ] = True,
    host: HostOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the whole pipeline on this machine: LocalStack, Terraform, upload, crawl, trigger, Spark, features."""
    from quartal.scenarios.demo import run_demo

    run_demo(open_workspace(LOCALSTACK_ENVIRONMENT, as_json=as_json), rows=rows, seed=seed, keep=keep, host=host)
