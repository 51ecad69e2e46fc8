"""The commands that the GitHub workflows and the documented GitLab pipeline type are taken by the command line."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from quartal.cli.app import app
from quartal.cli.deploy import Approval
from quartal.deploy.git_state import refuse_unpublished

PROJECT = Path(__file__).parents[3]
WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
QUARTAL = ([".nox/quartal/bin/quartal"], ["./nox", "-s", "quartal", "--"])

# What the variables of the scripts stand for, in every value that they can have.
VALUES = {"APPROVE": [level.value for level in Approval], "ENVIRONMENT": ["dev", "prod"]}


def scripts(part: Any) -> Iterator[str]:
    """Every shell script of a workflow or pipeline: what stands under `run` or `script`."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name in {"run", "script"} and not isinstance(value, dict):
                yield from [value] if isinstance(value, str) else value
            else:
                yield from scripts(value)
    elif isinstance(part, list):
        for value in part:
            yield from scripts(value)


def quartal_commands(script: str) -> Iterator[list[str]]:
    """The arguments of each call of Quartal in a script, the variables still in them."""
    for line in script.replace("\\\n", " ").splitlines():
        words = shlex.shlex(line, posix=True, punctuation_chars=True)
        words.whitespace_split = True
        command: list[str] = []
        for word in [*words, ";"]:
            if word[0] not in "();<>|&":
                command.append(word)
                continue
            yield from (command[len(typed) :] for typed in QUARTAL if command[: len(typed)] == typed)
            command = []


def refusal(arguments: list[str]) -> str | None:
    """Why the command line would not take these arguments, without running anything."""
    command, rest = typer.main.get_command(app), arguments
    while subcommands := getattr(command, "commands", None):
        if not rest or rest[0] not in subcommands:
            return f"no command {' '.join(arguments)}"
        command, rest = subcommands[rest[0]], rest[1:]
    try:
        command.make_context(" ".join(arguments), list(rest))
    except Exception as error:  # whatever the library that parses the options raises
        return str(error)
    return None


def with_values(arguments: list[str]) -> Iterator[list[str]]:
    """The arguments with each value of each of their variables."""
    variable = re.search(r"\$\{?(\w+)\}?", " ".join(arguments))
    if variable is None:
        yield arguments
        return
    for value in VALUES[variable[1]]:
        yield from with_values([argument.replace(variable[0], value) for argument in arguments])


def written_files(script: str) -> Iterator[str]:
    """The files that a script with a call of Quartal leaves in the checkout."""
    commands = list(quartal_commands(script))
    for command in commands:
        yield from (value for name, value in pairwise(command) if name == "--out")
    if commands:
        yield from re.findall(r">>? *\"?([^\s\"$&>]+)", script)


def gitlab_pipeline() -> Any:
    """The pipeline that the docs show."""
    page = (PROJECT / "docs" / "how-to" / "infrastructure.md").read_text()
    example = re.search(r"### The same on GitLab\n.*?```yaml\n(.*?)```", page, re.DOTALL)
    assert example
    return yaml.safe_load(example[1])


PIPELINES = {**{path.name: yaml.safe_load(path.read_text()) for path in WORKFLOWS}, "GitLab": gitlab_pipeline()}
USED = {
    "GitLab": {"plan", "apply", "drift"},
    "apply.yml": {"plan", "apply"},
    "drift.yml": {"drift"},
    "plan.yml": {"plan"},
}


def test_files_written_by_a_pipeline_leave_the_tree_clean_for_prod(tmp_path: Path):
    checkout = tmp_path / "checkout"
    remote = tmp_path / "remote"
    git("init", "--quiet", "--bare", str(remote))
    git("clone", "--quiet", str(remote), str(checkout))
    (checkout / ".gitignore").write_text((PROJECT / ".gitignore").read_text())
    git("-C", str(checkout), "add", ".")
    git("-C", str(checkout), "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "first")
    git("-C", str(checkout), "push", "--quiet", "origin", "HEAD")
    written = [
        file for pipeline in PIPELINES.values() for script in scripts(pipeline) for file in written_files(script)
    ]
    assert len(written) >= 5
    for file in written:
        path = checkout / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a review")
    refuse_unpublished(checkout, "prod", allowed=False)


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True)


@pytest.mark.parametrize("name", [name for name in PIPELINES if USED.get(name)])
def test_pipeline_plans_each_environment_once_per_event(name: str):
    plans = [c for script in scripts(PIPELINES[name]) for c in quartal_commands(script) if c[0] == "plan"]
    assert len(plans) == len(set(map(str, plans))) <= (2 if name == "GitLab" else 1)


@pytest.mark.parametrize("name", PIPELINES)
def test_pipeline_types_only_what_the_command_line_takes(name: str):
    typed = [command for script in scripts(PIPELINES[name]) for command in quartal_commands(script)]
    typed = [command for command in typed if command != ["--version"]]  # that installs it
    assert {command[0] for command in typed} == USED.get(name, set())
    refused = {" ".join(c): refusal(c) for command in typed for c in with_values(command) if refusal(c)}
    assert refused == {}


def test_levels_that_a_person_may_choose_are_those_of_the_command_line():
    dispatch = PIPELINES["apply.yml"][True]["workflow_dispatch"]  # YAML takes the key `on` for true
    assert dispatch["inputs"]["approve"]["options"] == [level.value for level in Approval]


@pytest.mark.parametrize(
    "line",
    [
        '.nox/quartal/bin/quartal drift --environment "$ENVIRONMENT" > .quartal/drift.txt',
        'mkdir x && ./nox -s quartal -- plan --env "$ENVIRONMENT" --detail > review.md',
        "./nox -s quartal -- plan --format pdf || status=$?",
        "./nox -s quartal -- apply \\\n  --approve everything",
        "./nox -s quartal -- deploy",
        "./nox -s quartal -- drift dev",
    ],
)
def test_unknown_command_in_a_page_is_found(line: str):
    (command,) = quartal_commands(line)
    assert all(refusal(arguments) for arguments in with_values(command))
