"""localstack start, stop, status."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from quartal.cli.options import HostOption, JsonOption
from quartal.core.console import Console
from quartal.core.errors import ConfigurationError
from quartal.core.settings import DEFAULT_LOCALSTACK_PORT, LOCALSTACK_ENVIRONMENT, Settings
from quartal.local.local_aws.endpoint import find_endpoint
from quartal.local.local_aws.health import read_health

app = typer.Typer(help="Start and stop a local AWS: LocalStack with the Glue service.", no_args_is_help=True)
PortOption = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port on 127.0.0.1; 0 takes any free one.")]


def _settings() -> Settings:
    return Settings.from_env(os.environ, environment=LOCALSTACK_ENVIRONMENT)


@app.command()
def start(
    port: PortOption = DEFAULT_LOCALSTACK_PORT,
    foreground: Annotated[
        bool, typer.Option("--foreground", "-f", help="Stay in the foreground and show the log; Ctrl-C stops it.")
    ] = False,
    host: HostOption = None,
    if_needed: Annotated[bool, typer.Option("--if-needed", help="Do nothing if one is already running.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Start LocalStack in the background; its state is lost when it stops."""
    from quartal.local.local_aws import server
    from quartal.local.local_aws.hosts import chosen_host

    settings, console = _settings(), Console(as_json=as_json)
    if if_needed and (endpoint := find_endpoint(settings)) is not None:
        console.done(f"A local AWS answers at {endpoint.url} ({endpoint.source})")
        if as_json:
            console.json({"endpoint_url": endpoint.url, "source": endpoint.source, "started": False})
        return
    title = chosen_host(settings, host).title
    with console.waiting(f"starting {title}") as line:
        started = server.start(
            settings,
            port=port or server.free_port(),
            announce=line.update if console.is_terminal else console.note,
            host=host,
        )
    console.done(f"{title} at {started.endpoint_url} (pid {started.pid}), log {started.log_file}")
    if as_json:
        log = str(started.log_file)
        console.json({"endpoint_url": started.endpoint_url, "pid": started.pid, "log_file": log, "started": True})
    if foreground:
        server.follow(settings, started, on_line=console.note)


@app.command()
def stop(as_json: JsonOption = False) -> None:
    """Stop the LocalStack that this project started."""
    from quartal.local.local_aws import server

    settings, console = _settings(), Console(as_json=as_json)
    running = server.running_server(settings)
    if running is None:
        console.note("No LocalStack of this project is running.")
    else:
        server.stop(settings, running)
        console.done(f"Stopped LocalStack at {running.endpoint_url}")
    if as_json:
        console.json({"stopped": running.endpoint_url if running is not None else None})


@app.command()
def status(as_json: JsonOption = False) -> None:
    """Show which LocalStack the commands use, and whether it has the Glue service."""
    settings, console = _settings(), Console(as_json=as_json)
    try:
        endpoint = find_endpoint(settings)
    except ConfigurationError as error:
        console.error(error)
        raise typer.Exit(error.exit_code) from error
    if endpoint is None:
        console.result("No LocalStack answers. Start one: `quartal localstack start`", data={"running": False})
        raise typer.Exit(1)
    health = read_health(endpoint.url)
    data = {
        "running": True,
        "endpoint_url": endpoint.url,
        "source": endpoint.source,
        "version": health.version if health else "",
        "glue": bool(health and health.has_glue),
    }
    console.result(
        f"LocalStack {data['version']} at {endpoint.url} ({endpoint.source}), "
        f"Glue service: {'yes' if data['glue'] else 'no'}",
        data=data,
    )
