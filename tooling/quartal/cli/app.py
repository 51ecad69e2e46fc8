"""The command tree, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import os
import signal
import sys
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from plan_review.errors import ReviewError
from quartal import __version__
from quartal.cli import (
    contract,
    data,
    deliver,
    demo,
    deploy,
    doctor,
    environments,
    features,
    local_aws,
    maintenance,
    quarantine,
    report,
    review,
    runs,
    toolchain,
)
from quartal.cli.blank_arguments import refuse_blank_arguments
from quartal.cli.examples import add_examples
from quartal.cli.named_command import command_for
from quartal.cli.standard_streams import close_output, prepare_streams
from quartal.core.aws import as_aws_error
from quartal.core.console import Console
from quartal.core.errors import (
    EXIT_INTERRUPTED,
    EXIT_USAGE,
    BrokenOutputError,
    ConfigurationError,
    InterruptedCommandError,
    OutputError,
    QuartalError,
)
from quartal.core.json_output import labelled_with
from quartal.core.passwords import without_passwords
from quartal.core.settings import LOCALSTACK_ENVIRONMENT, Settings
from quartal.core.typed_commands import without_options
from quartal.core.visible import visible

_DUCKDB_INTERRUPTED = "Query interrupted"  # all that DuckDB says of Ctrl-C

app = typer.Typer(
    name="quartal",
    help="Deploy, feed, run and explain a pipeline on AWS Glue that computes ML-ready features every quarter.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
deploy.register(app)
review.register(app)
environments.register(app)
deliver.register(app)
runs.register(app)
features.register(app)
quarantine.register(app)
report.register(app)
maintenance.register(app)
doctor.register(app)
demo.register(app)
add_examples(app)
for _group, _commands in (
    ("contract", contract.app),
    ("data", data.app),
    ("localstack", local_aws.app),
    ("toolchain", toolchain.app),
):
    add_examples(_commands, _group)
app.add_typer(contract.app, name="contract", rich_help_panel="Data")
app.add_typer(data.app, name="data", rich_help_panel="Data")
app.add_typer(local_aws.app, name="localstack", rich_help_panel="This machine")
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
    signal.signal(signal.SIGTERM, _interrupt)  # a request to terminate ends a command as Ctrl-C does
    prepare_streams()
    code = run(sys.argv[1:])
    try:
        close_output()
    except OutputError as error:
        code = _failed(error, code)
    sys.exit(code)


def _failed(error: OutputError, code: int) -> int:
    """The exit code if the last of the output was lost; an earlier failure keeps its own."""
    if not isinstance(error, BrokenOutputError):
        Console().error(error)
    return code or error.exit_code


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; every failure is one message, never a traceback."""
    console = Console(as_json="--json" in arguments)
    with labelled_with(_command_in(arguments)), without_options():
        return _run_and_report(arguments, console)


def _command_in(arguments: list[str]) -> str:
    """The command's name; for a command in a group, both names."""
    words = [argument for argument in arguments if not argument.startswith("-")]
    groups = {group.name for group in app.registered_groups}
    return " ".join(words[: 2 if words and words[0] in groups else 1])


def _run_and_report(arguments: list[str], console: Console) -> int:
    try:
        return _run(arguments, console)
    except BrokenOutputError as error:  # while a failure was being reported
        return error.exit_code
    except (QuartalError, ReviewError) as error:
        console.error(error)
        return error.exit_code
    except Exception as error:  # the one place where unexpected errors become a message
        from quartal.cli.unexpected import as_storage_error, as_unexpected

        known = as_storage_error(error) or as_unexpected(error, arguments)
        console.error(known)
        return known.exit_code


def _run(arguments: list[str], console: Console) -> int:
    try:
        refuse_blank_arguments(arguments)
        code = command_for(app, arguments).main(arguments, prog_name="quartal", standalone_mode=False)
    except typer.TyperException as error:
        error.message = visible(without_passwords(error.message))
        if console.as_json:
            remedy = "`quartal --help` lists the commands, `quartal COMMAND --help` the options of a command."
            console.error(ConfigurationError(error.message, remedy=remedy))
            return EXIT_USAGE
        error.show()  # type: ignore[attr-defined]  # every usage error has it; the public base class does not say so
        return EXIT_USAGE
    except typer.Abort:
        code = EXIT_INTERRUPTED
    except InterruptedCommandError as error:
        if console.as_json:
            console.error(error)
        else:
            console.warn(f"{error.message} {error.remedy}".rstrip())
        _name_running_localstack(console)
        return error.exit_code
    except BrokenOutputError as error:  # the reader of the output has closed the pipe: `quartal query ... | head`
        return error.exit_code
    except (QuartalError, ReviewError) as error:
        console.error(error)
        return error.exit_code
    except (BotoCoreError, ClientError) as error:
        aws_error = as_aws_error(error)
        console.error(aws_error)
        return aws_error.exit_code
    except RuntimeError as error:
        if str(error) != _DUCKDB_INTERRUPTED:
            raise
        code = EXIT_INTERRUPTED
    except SystemExit as end:
        if isinstance(end.__context__, OSError):  # typer takes every broken pipe for that of the output: it is not
            raise end.__context__ from None
        code = end.code if isinstance(end.code, int) else 0
    if code == EXIT_INTERRUPTED:  # typer's answer to Ctrl-C
        notice = "Interrupted. The programs that the command had started have ended. Run the command again to continue."
        if console.as_json:
            console.error(InterruptedCommandError("Interrupted.", remedy="Run the command again to continue."))
        else:
            console.warn(notice)
        _name_running_localstack(console)
    return code if isinstance(code, int) else 0


def _name_running_localstack(console: Console) -> None:
    """Name the LocalStack of this project, which outlives the command that started it."""
    from quartal.local.local_aws.server import running_server

    try:
        running = running_server(Settings.from_env(os.environ, environment=LOCALSTACK_ENVIRONMENT))
    except (ConfigurationError, OSError, ValueError):  # the command was not about a project
        return
    if running is not None:
        console.warn(
            f"LocalStack is still running at {running.endpoint_url} (pid {running.pid}). "
            "Stop it: `quartal localstack stop`."
        )
