"""`quartal review`: any saved plan, without a project, as a gate."""

import io
import json
import sys
from pathlib import Path

import pytest

from quartal.cli.app import run
from tests.unit.plan_review.resource_changes import change

PLANS = Path(__file__).parents[1] / "plan_review" / "plans"
PLAN = {
    "format_version": "1.2",
    "resource_changes": [change("aws_s3_bucket", {"force_destroy": False}, {"force_destroy": True})],
}
HARMLESS = {"format_version": "1.2", "resource_changes": [change("aws_s3_bucket", {"tags": {}}, {"tags": {"a": "b"}})]}
NOTHING = {"format_version": "1.2", "resource_changes": []}


@pytest.fixture
def elsewhere(tmp_path, monkeypatch) -> Path:
    """A folder that is no project."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QUARTAL_PROJECT_DIR", raising=False)
    return tmp_path


def saved(folder: Path, plan: dict, encoding: str = "utf-8") -> str:
    (folder / "plan.json").write_text(json.dumps(plan), encoding=encoding)
    return str(folder / "plan.json")


def from_stdin(monkeypatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_plan_of_any_stack_is_shown_without_a_project(elsewhere, capsys, encoding):
    assert run(["review", saved(elsewhere, PLAN, encoding)]) == 0
    out = capsys.readouterr().out
    assert "Plan for plan: 1 to update" in out
    assert "needs approval (--approve data)" in out


def test_plan_is_read_from_standard_input(elsewhere, capsys, monkeypatch):
    from_stdin(monkeypatch, json.dumps(PLAN).encode())
    assert run(["review", "-", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"]["approval"] == "data"


@pytest.mark.parametrize(
    ("plan", "level", "code"),
    [
        pytest.param(PLAN, "destroy", 3, id="too little"),
        pytest.param(PLAN, "data", 0, id="enough"),
        pytest.param(HARMLESS, "none", 0, id="harmless"),
        pytest.param(NOTHING, "none", 0, id="nothing"),
        pytest.param(PLAN | {"errored": True}, "data", 3, id="blocked"),
    ],
)
def test_gate_lets_pass_what_the_consent_covers(elsewhere, plan, level, code):
    assert run(["review", saved(elsewhere, plan), "--approve", level]) == code


def test_review_is_written_in_every_requested_format(elsewhere):
    files = [str(elsewhere / f"review.{suffix}") for suffix in ("txt", "md", "html", "json")]
    assert run(["review", saved(elsewhere, PLAN), *(text for file in files for text in ("--out", file))]) == 0
    assert all("aws_s3_bucket.this" in Path(file).read_text() for file in files)


def test_own_rules_and_rules_of_an_environment_count(elsewhere):
    (elsewhere / "rules.yaml").write_text(
        "rules:\n"
        "  - {id: bucket-becomes-emptyable, types: [aws_s3_bucket], level: note, sentence: x}\n"
        "  - {id: goes-without-asking, types: [aws_s3_bucket], level: blocked, environments: [live], sentence: x}\n"
    )
    plan = saved(elsewhere, PLAN)
    assert run(["review", plan, "--rules", "rules.yaml", "--approve", "data"]) == 0
    assert run(["review", plan, "--rules", "rules.yaml", "--approve", "data", "--name", "live"]) == 3


def test_plan_that_was_saved_by_a_program_is_shown_by_it(elsewhere, capsys, monkeypatch):
    """Where the folder was initialised, as it needs the providers there."""
    (elsewhere / "stack" / ".terraform").mkdir(parents=True)
    program = elsewhere / "bin" / "tofu"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n[ -d .terraform ] && [ $1 = show ] && echo '{json.dumps(PLAN)}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    (elsewhere / "saved.tfplan").write_bytes(b"PK\x03\x04")
    assert run(["review", "saved.tfplan"]) == 0
    assert "Plan for saved: 1 to update" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "not the JSON of a plan", id="empty"),
        pytest.param(b"[" * 100_000, "not the JSON of a plan", id="nested without end"),
        pytest.param(b"Terraform will perform the following actions", "not the JSON of a plan", id="text"),
        pytest.param(b'{"format_version": "1.2"}\n{"format_version": "1.2"}', "Extra data", id="two plans"),
        pytest.param(
            b'{"format_version": "1.2", "resource_changes": [1], "resource_changes": []}',
            "'resource_changes' occurs twice",
            id="a part that hides another",
        ),
        pytest.param('{"format_version": "1.2"}'.encode("utf-16-le"), "not the JSON of a plan", id="UTF-16 unmarked"),
        pytest.param(b'{"@level":"info"}\n{"@level":"info"}\n', "log", id="messages"),
        pytest.param(b'{"version": 4, "lineage": "x"}', "a state", id="state file"),
        pytest.param(b'{"format_version": "1.0", "values": {}}', "a state", id="state"),
        pytest.param(b'{"a": 1}', "other JSON", id="something else"),
        pytest.param(b'{"format_version": "1.0", "provider_schemas": {}}', "other JSON", id="schemas"),
        pytest.param(b'{"format_version": "1.0", "valid": true}', "other JSON", id="validation"),
        pytest.param(b"PK\x03\x04", "saved plan", id="saved plan"),
    ],
)
def test_invalid_plan_is_refused_by_name(elsewhere, capsys, monkeypatch, content, message):
    from_stdin(monkeypatch, content)
    assert run(["review", "-"]) == 2
    assert message in capsys.readouterr().err


def test_lines_that_a_wrapper_has_written_around_the_plan_are_left_out(elsewhere, capsys, monkeypatch):
    from_stdin(
        monkeypatch, b"[command]/usr/bin/terraform show -json x\n" + json.dumps(PLAN).encode() + b"\n\n::debug::0\n"
    )
    assert run(["review", "-"]) == 0
    assert "1 to update" in capsys.readouterr().out


def test_incomplete_character_in_a_plan_is_shown_escaped(elsewhere, capsys, monkeypatch):
    """JSON can write it; no file and no link can hold it."""
    half = change("aws_s3_bucket", {"bucket": "a"}, None) | {"address": "aws_s3_bucket.a\ud800"}
    plan = {"format_version": "1.2", "resource_changes": [half], "output_changes": {"o\udc00": {"actions": ["no-op"]}}}
    from_stdin(monkeypatch, json.dumps(plan).encode())
    files = [str(elsewhere / f"review.{suffix}") for suffix in ("txt", "md", "html", "json")]
    assert run(["review", "-", *(text for file in files for text in ("--out", file))]) == 0
    assert "aws_s3_bucket.a\\ud800" in capsys.readouterr().out


def test_file_that_is_not_there_is_refused_by_name(elsewhere, capsys):
    assert run(["review", "missing.json"]) == 2
    assert "missing.json" in capsys.readouterr().err


def test_unreadable_saved_plan_is_reported_with_how_to_make_it_readable(elsewhere, capsys, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    (elsewhere / "saved.tfplan").write_bytes(b"PK\x03\x04")
    assert run(["review", "saved.tfplan"]) == 2
    assert "show -json" in capsys.readouterr().err
