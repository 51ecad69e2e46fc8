"""A call builds the command that it names, which is the same as among all commands."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from quartal.cli.app import app, run
from quartal.cli.named_command import command_for

ALL = typer.main.get_command(app).commands


def described(command: Any) -> tuple[Any, ...]:
    """The texts and parameters of a command, and those of the commands in its group."""
    parameters = [(each.name, each.opts, each.secondary_opts, each.required, each.default) for each in command.params]
    in_group = {name: described(each) for name, each in getattr(command, "commands", {}).items()}
    return command.help, command.epilog, parameters, in_group


@pytest.mark.parametrize("name", ALL)
def test_named_command_is_built_alone_and_is_the_same_as_among_all(name):
    root = command_for(app, [name, "--help"])
    assert list(root.commands) == [name]
    assert described(root.commands[name]) == described(ALL[name])


@pytest.mark.parametrize("arguments", [[], ["--help"], ["--version"], ["exprot"], ["--json", "export"]])
def test_call_that_names_no_command_first_builds_all(arguments):
    assert command_for(app, arguments).commands.keys() == ALL.keys()


def test_command_that_does_not_exist_is_refused_with_similar_ones(capsys):
    assert run(["exprot"]) == 2
    assert "export" in capsys.readouterr().err
