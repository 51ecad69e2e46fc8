"""What `--help` promises: an example of each command, taken by the command line as it stands there."""

from __future__ import annotations

import shlex

import pytest
import typer

from quartal.cli.app import app, run
from quartal.cli.examples import EXAMPLES

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # the root is a group
SINGLE = sorted(name for name, command in COMMANDS.items() if not hasattr(command, "commands"))


def test_every_command_has_examples():
    assert sorted(EXAMPLES) == SINGLE


@pytest.mark.parametrize("example", [example for examples in EXAMPLES.values() for example in examples])
def test_example_is_taken_by_the_command_line(example: str):
    program, name, *arguments = shlex.split(example)
    assert program == "quartal"
    COMMANDS[name].make_context(name, arguments)


@pytest.mark.parametrize("name", SINGLE)
def test_help_shows_the_examples_and_every_option_says_what_it_is_for(name: str, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert run([name, "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert all(example in shown for example in EXAMPLES[name])
    assert [p.name for p in COMMANDS[name].params if not getattr(p, "help", "")] == []


def leaves(command, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], list[str]]:
    """Every command below this one, and its options."""
    if not hasattr(command, "commands"):
        return {path: [option for parameter in command.params for option in parameter.opts]}
    return {
        key: found for name, inner in command.commands.items() for key, found in leaves(inner, (*path, name)).items()
    }


def test_every_command_prints_json_but_those_that_hand_on_to_another_program():
    without = {path for path, options in leaves(typer.main.get_command(app)).items() if "--json" not in options}
    assert without == {("toolchain", "exec"), ("toolchain", "python")}


def test_output_that_is_no_terminal_has_no_colour(capsys, monkeypatch):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert run(["query"]) == 2
    captured = capsys.readouterr()
    assert "\x1b[" not in captured.out + captured.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script_is_offered_for_each_shell(shell: str, capsys, monkeypatch):
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    assert run(["--show-completion", shell]) == 0
    assert "_QUARTAL_COMPLETE" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "offered"), [("quartal plan --env ", ["dev", "localstack"]), ("quartal tag", ["tag"])]
)
def test_shell_completes_commands_and_environments(typed: str, offered: list[str], project, capsys, monkeypatch):
    (project / "infra/environments/dev.tfvars").touch()
    monkeypatch.chdir(project)
    words = typed.split(" ")
    monkeypatch.setenv("_QUARTAL_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    assert run([]) == 0
    assert set(offered) <= set(capsys.readouterr().out.split())
