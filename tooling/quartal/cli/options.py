"""Options that several commands share, and the set-up that every command begins with."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from quartal.core.console import Console
from quartal.core.errors import ConfigurationError
from quartal.core.settings import Settings
from quartal.core.typed_commands import name_in_messages
from quartal.workspace import Workspace


def _environments(incomplete: str) -> list[str]:
    """The environments whose names start with the text, for shell completion; none outside a project."""
    try:
        return [name for name in Settings.known_environments(os.environ) if name.startswith(incomplete)]
    except ConfigurationError:
        return []


EnvironmentOption = Annotated[
    str | None,
    typer.Option(
        "--env",
        "-e",
        help="Environment: the name of a file infra/environments/<name>.tfvars.",
        envvar="QUARTAL_ENV",
        autocompletion=_environments,
    ),
]
DatasetOption = Annotated[
    str | None,
    typer.Option(
        "--dataset",
        "-d",
        help="Dataset, if the pipeline has several feeds. Default: the pipeline's "
        "variable dataset, else the first by name.",
        envvar="QUARTAL_DATASET",
        show_default=False,
    ),
]
WideOption = Annotated[bool, typer.Option("--wide", help="Show every column in full, even if the terminal is narrow.")]
HostOption = Annotated[
    str | None,
    typer.Option("--host", help="Host of the Glue service: localstack (the default), localemu or standalone."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]


def open_workspace(environment: str | None, *, dataset: str | None = None, as_json: bool = False) -> Workspace:
    """The workspace of an environment, as named on the command line, by `QUARTAL_ENV` or by quartal.toml."""
    settings = Settings.from_env(os.environ, environment=environment, dataset=dataset)
    name_in_messages(settings.naming_options())
    return Workspace(settings, Console(as_json=as_json))
