"""data generate."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from quartal.cli.options import JsonOption
from quartal.core.console import Console
from quartal.core.settings import Settings
from quartal.scenarios.example_feed import DEFAULT_FEED, FEEDS, generate_feed

app = typer.Typer(help="Generate raw data of the example feeds.", no_args_is_help=True)


@app.command()
def generate(
    rows: Annotated[int, typer.Option("--rows", min=1, help="Total rows of all deliveries.")] = 1_000_000,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes.")] = 7,
    feed: Annotated[str, typer.Option("--feed", help=f"Which feed: {' or '.join(FEEDS)}.")] = DEFAULT_FEED,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder to write to. Default: data/generated/<feed>."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write an example feed with bad rows and duplicates; by default two years, one delivery per quarter."""
    settings, console = Settings.from_env(os.environ), Console(as_json=as_json)
    target = out or settings.root / "data" / "generated" / feed
    generate_feed(console, target, rows=rows, seed=seed, feed=feed)
