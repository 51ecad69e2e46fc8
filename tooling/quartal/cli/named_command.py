"""The command tree for one call: only the command that it names, because typer takes long to build all of them."""

from __future__ import annotations

from copy import copy
from typing import Any

import typer
from typer.main import get_command, get_command_name


def command_for(app: typer.Typer, arguments: list[str]) -> Any:
    """The command tree with only the command or group that comes first; all of them if none does.

    ``--help`` lists them all, and a name that is none of them gets similar ones.
    """
    commands = [each for each in app.registered_commands if _is_named(each, arguments)]
    groups = [each for each in app.registered_groups if _is_named(each, arguments)]
    if not commands and not groups:
        return get_command(app)
    alone = copy(app)
    alone.registered_commands, alone.registered_groups = commands, groups
    return get_command(alone)


def _is_named(command: Any, arguments: list[str]) -> bool:
    name = command.name or (get_command_name(command.callback.__name__) if command.callback else "")
    return bool(arguments) and name == arguments[0]
