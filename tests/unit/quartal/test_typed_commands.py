"""Commands in messages act on the environment and the feed that the message is about."""

from __future__ import annotations

import json

import pytest
import typer

from quartal.cli.app import app, run
from quartal.core.console import Console
from quartal.core.errors import ConfigurationError
from quartal.core.settings import Settings
from quartal.core.typed_commands import OF_ENVIRONMENT, OF_FEED, as_typed
from quartal.workspace import Workspace


@pytest.mark.parametrize(("option", "known"), [("--env", OF_ENVIRONMENT), ("--dataset", OF_FEED)])
def test_commands_that_take_an_option_are_those_that_have_it(option, known):
    commands = typer.main.get_command(app).commands
    assert {name for name, each in commands.items() if any(option in p.opts for p in each.params)} == known


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("Start it: `quartal run`.", "Start it: `quartal run --env dev --dataset shop`."),
        (
            "`quartal plan`, then `quartal tag x`",
            "`quartal plan --env dev`, then `quartal tag --env dev --dataset shop x`",
        ),
        ("`quartal run --env prod`", "`quartal run --dataset shop --env prod`"),
        (
            "`quartal localstack stop`, `quartal contract lint x`",
            "`quartal localstack stop`, `quartal contract lint x`",
        ),
        ("quartal run", "quartal run"),
    ],
)
def test_command_gets_the_options_that_it_has_and_lacks(text, typed):
    assert as_typed(text, ("--env dev", "--dataset shop")) == typed


@pytest.fixture
def in_dev(project, monkeypatch) -> None:
    (project / "infra/environments/dev.tfvars").touch()
    monkeypatch.chdir(project)


def test_remedy_of_a_failed_command_is_typed_for_its_environment(in_dev, monkeypatch, capsys):
    def fail(_: Workspace) -> None:
        raise ConfigurationError("Nothing is there.", remedy="Start it: `quartal run`.")

    monkeypatch.setattr(Workspace, "deployment", property(fail))
    assert run(["deliveries", "--env", "dev", "--json"]) == 2
    told = capsys.readouterr()
    assert json.loads(told.out)["error"]["remedy"] == "Start it: `quartal run --env dev`."
    assert "`quartal run --env dev`" in told.err
    assert run(["deliveries"]) == 2
    assert "Start it: `quartal run`." in capsys.readouterr().err, "the next command has options of its own"


def test_command_without_a_feed_is_not_typed_with_one(in_dev, project):
    settings = Settings.from_env({"QUARTAL_DATASET": "shop"}, environment="dev", cwd=project)
    workspace = Workspace(settings, Console())
    assert workspace.command_line("apply") == "`quartal apply --env dev`"
    assert workspace.command_line("run", "--ephemeral") == "`quartal run --env dev --dataset shop --ephemeral`"
