"""What `--help` promises: an example of each command, taken as it stands there, and a document of JSON with --json."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from jsonschema import Draft202012Validator

from quartal.cli.app import app, run
from quartal.cli.examples import EXAMPLES, EXAMPLES_IN_GROUPS
from tests.json_output import SCHEMAS, find_problems, schema_path

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # the root is a group
SINGLE = sorted(name for name, command in COMMANDS.items() if not hasattr(command, "commands"))


def test_every_command_has_examples():
    assert sorted(EXAMPLES) == SINGLE
    in_groups = {" ".join(path) for path in leaves(typer.main.get_command(app)) if len(path) > 1}
    assert set(EXAMPLES_IN_GROUPS) == in_groups


@pytest.mark.parametrize("example", [example for examples in EXAMPLES.values() for example in examples])
def test_example_is_taken_by_the_command_line(example: str):
    program, name, *arguments = shlex.split(example)
    assert program == "quartal"
    COMMANDS[name].make_context(name, arguments)


@pytest.mark.parametrize("example", [example for examples in EXAMPLES_IN_GROUPS.values() for example in examples])
def test_example_of_a_group_is_taken_by_the_command_line(example: str, capsys, monkeypatch):
    _, group, name, *arguments = shlex.split(example)
    COMMANDS[group].commands[name].make_context(name, arguments)
    monkeypatch.setenv("COLUMNS", "200")
    assert run([group, name, "--help"]) == 0
    assert example in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("name", SINGLE)
def test_help_shows_examples_and_describes_every_option(name: str, capsys, monkeypatch):
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


def test_every_command_with_json_has_a_published_schema_and_no_schema_is_left_over():
    with_json = {" ".join(path) for path, options in leaves(typer.main.get_command(app)).items() if "--json" in options}
    assert {schema_path(command).name for command in with_json} == {file.name for file in SCHEMAS.glob("*.json")}
    for command in with_json:
        schema = json.loads(schema_path(command).read_text())
        Draft202012Validator.check_schema(schema)
        assert schema["properties"]["command"] == {"const": command}


def test_document_that_breaks_its_schema_is_found():
    envelope = {"version": 1, "command": "logs", "result": {"run_id": 7, "job_run_id": "j", "lines": []}, "error": None}
    assert find_problems(envelope) == ["$.result.run_id: 7 is not of type 'string'"]
    assert find_problems(envelope | {"result": None, "command": "lgos"}) == ["'lgos' has no schema"]


def test_mistyped_command_is_json_in_the_envelope_and_old_keys_stay_beside_the_result(capsys, monkeypatch):
    assert run(["stauts", "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert (told["version"], told["command"], told["result"], told["error"]["exit_code"]) == (1, "stauts", None, 2)
    assert run(["contract", "lint", "--json", "x.yaml", "--no-such-option"]) == 2
    assert json.loads(capsys.readouterr().out)["command"] == "contract lint"
    assert run(["doctor", "--json"]) in (0, 2)
    told = json.loads(capsys.readouterr().out)
    assert told["result"]["tools"] == told["tools"]
    monkeypatch.setenv("QUARTAL_JSON", "0")
    assert run(["doctor", "--json"]) in (0, 2)
    assert json.loads(capsys.readouterr().out).keys() == told["result"].keys()


def test_interruption_is_json_too(capsys, monkeypatch):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("quartal.local.toolchain.doctor.examine", interrupted)
    assert run(["doctor", "--json"]) == 130
    assert json.loads(capsys.readouterr().out)["error"]["exit_code"] == 130


def test_reference_is_grouped_as_the_help_and_has_examples_before_options():
    command = [sys.executable, Path(__file__).parents[3] / "docs" / ".site" / "command_reference.py"]
    page = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    panels = [line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")]
    assert panels == list(dict.fromkeys(command.rich_help_panel for command in COMMANDS.values()))
    for path in leaves(typer.main.get_command(app)):
        own = page.partition(f"### `quartal {' '.join(path)}`\n")[2].partition("\n### ")[0]
        example = (EXAMPLES | EXAMPLES_IN_GROUPS)[" ".join(path)][0]
        assert own.index(example) < (own.index("|---|") if "|---|" in own else len(own))
