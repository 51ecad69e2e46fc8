"""The command tree, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import os
import signal
import sys
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from quartal import __version__
from quartal.aws import as_aws_error
from quartal.cli import (
    contract,
    data,
    demo,
    diagnose,
    environments,
    infrastructure,
    local_stack,
    maintenance,
    pipeline,
    reporting,
    results,
    toolchain,
)
from quartal.cli.examples import add_examples
from quartal.console import Console
from quartal.errors import (
    EXIT_INTERRUPTED,
    EXIT_USAGE,
    ConfigurationError,
    InterruptedCommandError,
    QuartalError,
)
from quartal.settings import LOCALSTACK_ENVIRONMENT, Settings

app = typer.Typer(
    name="quartal",
    help="ML-ready features once a quarter: deploys, feeds, runs and explains a pipeline on AWS Glue.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
infrastructure.register(app)
environments.register(app)
pipeline.register(app)
results.register(app)
reporting.register(app)
maintenance.register(app)
diagnose.register(app)
demo.register(app)
add_examples(app)
app.add_typer(contract.app, name="contract", rich_help_panel="Data")
app.add_typer(data.app, name="data", rich_help_panel="Data")
app.add_typer(local_stack.app, name="localstack", rich_help_panel="This machine")
app.add_typer(toolchain.app, name="toolchain", rich_help_panel="This machine")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"quartal {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line and end the process with the exit code that the documentation promises."""
    signal.signal(signal.SIGTERM, _interrupt)  # an order to terminate ends a command as Ctrl-C does
    sys.exit(run(sys.argv[1:]))


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; every failure is one message, never a traceback."""
    console = Console(as_json="--json" in arguments)
    try:
        code = typer.main.get_command(app).main(arguments, prog_name="quartal", standalone_mode=False)
    except typer.TyperException as error:
        error.show()  # type: ignore[attr-defined]  # every usage error has it; the public base class does not say so
        return EXIT_USAGE
    except typer.Abort:
        code = EXIT_INTERRUPTED
    except InterruptedCommandError as error:
        console.warn(f"{error.message} {error.remedy}".rstrip())
        _say_what_still_runs(console)
        return error.exit_code
    except QuartalError as error:
        console.error(error)
        return error.exit_code
    except (BotoCoreError, ClientError) as error:
        aws_error = as_aws_error(error)
        console.error(aws_error)
        return aws_error.exit_code
    except BrokenPipeError:  # the reader of our output has gone: `quartal query ... | head`
        sys.stderr.close()
        return 0
    if code == EXIT_INTERRUPTED:  # typer's answer to Ctrl-C
        console.warn("Interrupted. The programs that the command was running have ended; type it again to go on.")
        _say_what_still_runs(console)
    return code if isinstance(code, int) else 0


def _say_what_still_runs(console: Console) -> None:
    """Name the LocalStack of this project, which outlives the command that started it."""
    from quartal.local_stack.server import running_server

    try:
        running = running_server(Settings.from_env(os.environ, environment=LOCALSTACK_ENVIRONMENT))
    except (ConfigurationError, OSError, ValueError):  # the command was not about a project
        return
    if running is not None:
        console.warn(
            f"LocalStack still runs at {running.endpoint_url} (pid {running.pid}): `quartal localstack stop` ends it."
        )
