"""What `quartal apply` shows while Terraform works: a bar over the resources of the plan, the last ones above it."""

from __future__ import annotations

import io
from dataclasses import fields
from types import SimpleNamespace

import pytest

from quartal.core.console import Console, SafeConsole
from quartal.core.errors import TerraformError
from quartal.deploy import change
from quartal.terraform.events import TerraformEvent
from quartal.terraform.failed_apply import ApplyProgress, read_failed_apply
from quartal.terraform.saved_plan import ReviewRecord

EVENTS = [
    TerraformEvent("apply_start", "", "aws_s3_bucket.a", "create"),
    TerraformEvent("apply_start", "", "aws_s3_bucket.b", "create"),
    TerraformEvent("apply_complete", "", "aws_s3_bucket.a", "create", 2.4),
    TerraformEvent("apply_errored", "", "aws_s3_bucket.b", "create", 3),
]


def record(summary: str) -> ReviewRecord:
    said = {field.name: "" for field in fields(ReviewRecord)}
    return ReviewRecord(**said | {"summary": summary, "is_destroy": False, "reasons": ()})


def shown(monkeypatch, *, is_terminal: bool) -> str:
    """What standard error holds of an apply of these events, of a plan of three resources."""
    text = io.StringIO()
    console = Console(err=SafeConsole(file=text, force_terminal=is_terminal, width=100, highlight=False))
    for name in ("refuse_another_plan", "discard", "forget_failed_apply"):
        monkeypatch.setattr(change, name, lambda *_: None)
    terraform = SimpleNamespace(apply_plan=lambda on_event: [on_event(event) for event in EVENTS])
    settings = SimpleNamespace(is_local=False)
    workspace = SimpleNamespace(console=console, terraform=terraform, staged=None, settings=settings)
    change.apply_plan(workspace, record("3 to create"))
    return text.getvalue()


def test_terminal_has_a_bar_with_the_count_and_what_is_done_now(monkeypatch):
    text = shown(monkeypatch, is_terminal=True)
    assert "2/3" in text
    assert "create aws_s3_bucket.b" in text
    assert "create   aws_s3_bucket.a (2 s)" in text


def test_elsewhere_there_are_plain_lines_and_nothing_that_moves(monkeypatch):
    assert shown(monkeypatch, is_terminal=False).splitlines() == [
        "terraform apply ...",
        "  create   aws_s3_bucket.a (2 s)",
    ]


@pytest.mark.parametrize(
    ("summary", "steps"),
    [
        ("57 to create, 2 to update, 1 to delete", 60),
        ("1 to replace (create first), 3 to move", 2),
        ("1 to replace (forget the old one), 1 to forget", 1),
        ("only outputs change: name", None),
    ],
)
def test_bar_is_as_long_as_the_plan_has_changes(summary, steps):
    assert change._count_steps(record(summary)) == steps


def test_failed_apply_reports_its_reason_although_progress_cannot_be_written(tmp_path, monkeypatch):
    staged = SimpleNamespace(plan_file=tmp_path / "no such folder" / "a.tfplan")
    monkeypatch.setattr(change, "discard", lambda *_: None)

    def fail(on_event) -> None:
        on_event(EVENTS[0])
        raise TerraformError("The state is kept in errored.tfstate.", exit_code=1)

    console = Console(err=SafeConsole(file=io.StringIO()))
    terraform, settings = SimpleNamespace(apply_plan=fail), SimpleNamespace(is_local=False)
    workspace = SimpleNamespace(console=console, terraform=terraform, staged=staged, settings=settings)
    with pytest.raises(TerraformError, match="kept in"):
        change.apply_plan(workspace)


def test_progress_of_an_apply_that_failed_is_for_its_owner_alone(tmp_path):
    staged = SimpleNamespace(plan_file=tmp_path / "a.tfplan")
    progress = ApplyProgress()
    for event in EVENTS:
        progress.note(event)
    progress.write(staged)
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    found = read_failed_apply(staged)
    assert found is not None
    assert (found.done, found.begun) == (("aws_s3_bucket.a",), ("aws_s3_bucket.b",))
