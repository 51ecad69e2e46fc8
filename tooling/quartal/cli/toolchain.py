"""toolchain exec, toolchain install: for the project's own tasks."""

from __future__ import annotations

import os
import subprocess
from typing import Annotated

import typer

from quartal.cli.options import JsonOption
from quartal.core.console import Console
from quartal.core.errors import ToolchainError
from quartal.core.settings import LOCALSTACK_ENVIRONMENT, Settings
from quartal.local.toolchain import class_archive, environments
from quartal.local.toolchain.terraform_binary import require_terraform
from quartal.workspace import terraform_environment

app = typer.Typer(help="Install and run the tools that Quartal uses.", no_args_is_help=True)


@app.command()
def install(as_json: JsonOption = False) -> None:
    """Install LocalStack, the stand-alone Glue service and the Glue runtime now instead of on first use."""
    settings, console = Settings.from_env(os.environ, environment=LOCALSTACK_ENVIRONMENT), Console(as_json=as_json)
    installed = {}
    for environment in (
        environments.localstack_environment(settings),
        environments.glue_local_environment(settings),
        environments.glue_runtime_environment(settings),
    ):
        python = environments.ensure(settings, environment, console.note)
        console.done(f"{environment.title}: {python}")
        installed[environment.name] = str(python)
    archive = class_archive.ensure(settings, console.note)
    if archive is not None:
        console.done(f"an archive of Spark's classes: {archive}")
    if as_json:
        console.json(installed)


@app.command("exec", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def execute(
    command: Annotated[list[str], typer.Argument(help="Program and arguments.", show_default=False)],
) -> None:
    """Run a program with Quartal's Terraform on PATH and its provider settings."""
    settings = Settings.from_env(os.environ, environment=LOCALSTACK_ENVIRONMENT)
    env = terraform_environment(settings, dict(os.environ))
    env["PATH"] = os.pathsep.join([str(require_terraform(settings).parent), env.get("PATH", os.defpath)])
    try:
        raise typer.Exit(subprocess.run(command, env=env, check=False).returncode)
    except OSError as error:
        raise ToolchainError(
            f"Cannot start {command[0]}: {error.strerror or error}.", remedy="Name a program on PATH, or its path."
        ) from error


@app.command("python", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def python(
    environment: Annotated[str, typer.Argument(help="Environment: localstack, standalone-tests or glue-runtime.")],
    arguments: Annotated[list[str], typer.Argument(help="Arguments for Python.", show_default=False)],
) -> None:
    """Run the Python of one of Quartal's environments, and install the environment first if needed."""
    settings, console = Settings.from_env(os.environ, environment=LOCALSTACK_ENVIRONMENT), Console()
    known = {
        tool_environment.name: tool_environment
        for tool_environment in (
            environments.localstack_environment(settings),
            environments.standalone_tests_environment(settings),
            environments.glue_runtime_environment(settings),
        )
    }
    if environment not in known:
        raise typer.BadParameter(f"one of: {', '.join(known)}", param_hint="ENVIRONMENT")
    interpreter = environments.ensure(settings, known[environment], console.note)
    environ = environments.environ_of_programs(settings.environ)
    raise typer.Exit(subprocess.run([str(interpreter), *arguments], env=environ, check=False).returncode)
