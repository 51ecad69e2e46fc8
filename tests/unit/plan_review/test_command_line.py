"""`plan-review`: any saved plan, as a gate, without the rest of Quartal."""

import errno
import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from plan_review import cli

PLANS = Path(__file__).parent / "plans"


def run(*arguments: str, stdin: bytes | None = None):
    return CliRunner().invoke(cli.app, list(arguments), input=stdin)


def test_plan_is_reported_and_passes_without_a_gate():
    ended = run(str(PLANS / "access.json"))
    assert ended.exit_code == 0
    assert "Plan for access" in ended.stdout
    assert "AdministratorAccess" in ended.stdout


@pytest.mark.parametrize(
    ("plan", "gate", "code"),
    [("access", "data", 3), ("destroy", "access", 3), ("destroy", "data", 0), ("unchanged", "none", 0)],
)
def test_gate_lets_pass_what_the_consent_covers(plan, gate, code):
    assert run(str(PLANS / f"{plan}.json"), "--approve", gate).exit_code == code


def test_one_failing_plan_of_several_fails_the_gate():
    files = [str(PLANS / f"{name}.json") for name in ("access", "unchanged")]
    ended = run(*files, "--approve", "change")
    assert ended.exit_code == 3
    assert "Plan for unchanged" in ended.stdout


def test_plan_is_read_from_standard_input_and_written_as_files(tmp_path):
    page = tmp_path / "out" / "review.html"
    ended = run("-", "--format", "json", "--out", str(page), stdin=(PLANS / "update.json").read_bytes())
    assert ended.exit_code == 0
    assert json.loads(ended.stdout)["environment"] == "standard input"
    assert "<!doctype html>" in page.read_text("utf-8").lower()


@pytest.mark.parametrize("arguments", [("--out", "x.html"), ("--format", "json"), ("--format", "html")])
def test_several_plans_in_one_document_are_refused(arguments):
    ended = run(str(PLANS / "update.json"), str(PLANS / "access.json"), *arguments)
    assert ended.exit_code == 2
    assert "one plan at a time" in ended.stderr


def test_invalid_plan_file_is_reported_with_a_remedy_and_as_json_for_programs(tmp_path):
    (tmp_path / "state.json").write_text('{"version": 4, "lineage": "x"}')
    ended = run(str(tmp_path / "state.json"), "--format", "json")
    assert ended.exit_code == 2
    assert "What to do" in ended.stderr
    assert json.loads(ended.stdout)["error"]["exit_code"] == 2


def test_plan_that_opentofu_has_encrypted_is_shown_by_it_or_refused(tmp_path, monkeypatch):
    """OpenTofu writes an encrypted plan as JSON, which is not that of a plan."""
    encrypted = tmp_path / "saved.tfplan"
    encrypted.write_bytes(
        b'{"meta":{"key_provider.pbkdf2.a":"eyJ9"},"encrypted_data":"AAA=","encryption_version":"v0"}'
    )
    tofu = tmp_path / "bin" / "tofu"
    tofu.parent.mkdir()
    monkeypatch.setenv("PATH", f"{tofu.parent}:/bin")
    refused = run(str(encrypted)), run("-", stdin=encrypted.read_bytes())
    assert [ended.exit_code for ended in refused] == [2, 2]
    assert "The saved plan 'saved.tfplan' cannot be read here" in refused[0].stderr
    assert "Standard input holds a saved plan" in refused[1].stderr
    tofu.write_text(f"#!/bin/sh\n[ $1 = show ] && cat {PLANS / 'unchanged.json'}\n")
    tofu.chmod(0o755)
    assert "Plan for saved: no changes" in run(str(encrypted)).stdout


def test_unwritable_output_is_reported(monkeypatch, capsys):
    class Full:
        def write(self, _: str) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    assert cli.app([str(PLANS / "update.json")], standalone_mode=False) == 2
    assert "No space left" in capsys.readouterr().err
