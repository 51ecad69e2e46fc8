"""doctor."""

from __future__ import annotations

import os
from dataclasses import asdict

import typer

from quartal.cli.options import EnvironmentOption, JsonOption
from quartal.core.console import Console
from quartal.core.errors import EXIT_USAGE
from quartal.core.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="This machine")(doctor)


def doctor(env: EnvironmentOption = None, as_json: JsonOption = False) -> None:
    """Show which tools were found, their version and origin, and how to get those that are missing."""
    from quartal.local.toolchain.doctor import examine

    console = Console(as_json=as_json)
    found = examine(Settings.from_env(os.environ, environment=env))
    console.table(
        "",
        ("", "tool", "version", "from", "where"),
        [("ok" if tool.ok else "MISSING", tool.name, tool.version, tool.source, tool.location) for tool in found],
        data={"ok": all(tool.ok for tool in found), "tools": [asdict(tool) for tool in found]},
    )
    if not as_json:
        for tool in found:
            if tool.remedy:
                console.note(f"{tool.name}: {tool.remedy}")
    if not all(tool.ok for tool in found):
        raise typer.Exit(EXIT_USAGE)
