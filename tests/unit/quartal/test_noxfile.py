"""What the nox sessions run. nox has its own environment, so a module with what the file uses stands in for it."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import uv

NOXFILE = Path(__file__).parents[3] / "noxfile.py"


class Session:
    """Records what a session would run."""

    def __init__(self, *posargs: str) -> None:
        self.posargs = list(posargs)
        self.env: dict[str, str] = {}
        self.ran: list[tuple[list[str], dict[str, Any]]] = []

    def run(self, *arguments: str, **options: Any) -> None:
        self.ran.append(([Path(arguments[0]).name, *arguments[1:]], options))

    def of_quartal(self) -> list[tuple[list[str], dict[str, Any]]]:
        return [(arguments[1:], options) for arguments, options in self.ran if arguments[0] == "quartal"]


@pytest.fixture
def sessions(monkeypatch) -> ModuleType:
    nox = ModuleType("nox")
    nox.options = SimpleNamespace()
    nox.Session = Session
    nox.session = lambda **_: lambda function: function
    nox.parametrize = lambda *_: lambda function: function
    nox.param = lambda value, **_: value
    monkeypatch.setitem(sys.modules, "nox", nox)
    monkeypatch.setenv("PATH", f"{Path(uv.find_uv_bin()).parent}{os.pathsep}{os.environ['PATH']}")
    spec = importlib.util.spec_from_file_location("noxfile", NOXFILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("form", [["--env", "dev"], ["--env=dev"], ["-e", "dev"], ["-edev"]])
def test_another_environment_in_any_form_starts_no_local_stack(sessions, monkeypatch, form):
    monkeypatch.delenv("QUARTAL_ENV", raising=False)
    session = Session("--out", "a.md", *form, "--approve=data")
    sessions.start_local_stack(session)
    assert session.ran == []


@pytest.mark.parametrize(
    ("posargs", "environ"), [([], {}), (["--env=localstack"], {"QUARTAL_ENV": "dev"}), ([], {"QUARTAL_ENV": ""})]
)
def test_local_environment_starts_local_stack(sessions, monkeypatch, posargs, environ):
    monkeypatch.delenv("QUARTAL_ENV", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    session = Session(*posargs)
    sessions.start_local_stack(session)
    assert [arguments for arguments, _ in session.of_quartal()] == [["localstack", "start", "--if-needed"]]


def test_environment_variable_counts_where_no_option_does(sessions, monkeypatch):
    monkeypatch.setenv("QUARTAL_ENV", "dev")
    session = Session("--format", "markdown")
    sessions.start_local_stack(session)
    assert session.ran == []


@pytest.mark.parametrize(
    ("posargs", "codes"),
    [([], [0, 1]), (["status"], [0, 1]), (["status", "--json"], [0, 1]), (["start"], [0]), (["stop"], [0])],
)
def test_only_the_question_for_a_local_stack_may_end_with_1(sessions, posargs, codes):
    session = Session(*posargs)
    sessions.localstack(session)
    ((arguments, options),) = session.of_quartal()
    assert arguments == ["localstack", *(posargs or ["status"])]
    assert options["success_codes"] == codes


def test_command_has_minutes_to_end_after_an_interrupt(sessions):
    session = Session("--env=dev")
    sessions.deploy(session)
    ((_, options),) = session.of_quartal()
    assert options["interrupt_timeout"] >= 60
    assert options["terminate_timeout"] >= 60


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (None, "localstack"),
        ('environment = "dev"\n', "dev"),
        ('dataset = "a"\n', "localstack"),
        ("no toml", "localstack"),
    ],
)
def test_environment_of_the_project_file_is_the_default(sessions, tmp_path, text, meant):
    if text is not None:
        (tmp_path / "quartal.toml").write_text(text)
    assert sessions.environment_of_project(tmp_path) == meant


@pytest.mark.parametrize(
    ("posargs", "environments"), [([], ["localstack"]), (["--nightly"], ["localstack", "standalone-tests"])]
)
def test_service_is_tested_without_localstack_each_night(sessions, posargs, environments):
    session = Session(*posargs)
    sessions.service_tests(session)
    played = [arguments[2] for arguments, _ in session.of_quartal() if arguments[:2] == ["toolchain", "python"]]
    assert played == environments
