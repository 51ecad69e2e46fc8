"""Terraform is asked for its outputs again where the state has changed, or where it is not a file of this machine."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from quartal.core.errors import NotDeployedError
from quartal.core.settings import Settings
from quartal.terraform.program import Terraform
from quartal.terraform.working_copy import StagedRoot, stage

LOCAL: dict[str, Any] = {"type": "local", "config": {"path": None, "workspace_dir": None}}


@pytest.fixture
def staged(settings: Settings, stand_in: Path) -> StagedRoot:
    """A working copy with a local state, of which Terraform has been asked for the outputs once."""
    made = stage(settings)
    (made.folder / ".terraform").mkdir()
    connect(made, LOCAL)
    (made.folder / "terraform.tfstate").write_text('{"serial": 1}')
    assert ask(made, stand_in, "first") == {"lake_bucket": "first"}
    return made


def connect(staged: StagedRoot, backend: dict[str, Any] | None) -> None:
    """Record a backend as `terraform init` does."""
    record = {"version": 3, **({"backend": backend} if backend is not None else {})}
    (staged.folder / ".terraform" / "terraform.tfstate").write_text(json.dumps(record))


def ask(staged: StagedRoot, stand_in: Path, name: str, *, meanwhile: str = "") -> dict[str, Any]:
    """The outputs as commands read them, while Terraform would answer with this name of a bucket."""
    program = stand_in / "terraform"
    values = json.dumps({"lake_bucket": {"value": name}} if name else {})
    program.write_text(f"#!/bin/sh\n{meanwhile}\necho '{values}'\n")
    return Terraform(program, staged, {}).outputs()


def test_same_state_is_asked_for_its_outputs_once(staged, stand_in):
    assert ask(staged, stand_in, "second") == {"lake_bucket": "first"}


def test_outputs_are_kept_for_their_owner_only(staged):
    (kept,) = staged.plan_file.parent.glob("*.outputs.json")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_changed_state_is_asked_again(staged, stand_in):
    (staged.folder / "terraform.tfstate").write_text('{"serial": 2}')
    assert ask(staged, stand_in, "second") == {"lake_bucket": "second"}
    assert ask(staged, stand_in, "third") == {"lake_bucket": "second"}


def test_state_that_changes_while_it_is_read_is_asked_again(staged, stand_in):
    (staged.folder / "terraform.tfstate").write_text('{"serial": 2}')
    apply = "echo '{\"serial\": 3}' > terraform.tfstate"
    assert ask(staged, stand_in, "second", meanwhile=apply) == {"lake_bucket": "second"}
    (staged.folder / "terraform.tfstate").write_text('{"serial": 2}')
    assert ask(staged, stand_in, "third") == {"lake_bucket": "third"}


@pytest.mark.parametrize(
    "backend",
    [
        pytest.param({"type": "s3", "config": {"bucket": "states"}}, id="in a bucket"),
        pytest.param({"type": "local", "config": {"path": "elsewhere.tfstate"}}, id="in another file"),
        pytest.param({"type": "local"}, id="of an unknown form"),
        pytest.param(None, id="of no backend"),
    ],
)
def test_state_elsewhere_is_asked_each_time(staged, stand_in, backend):
    connect(staged, backend)
    assert ask(staged, stand_in, "second") == {"lake_bucket": "second"}
    assert ask(staged, stand_in, "third") == {"lake_bucket": "third"}


def test_state_of_a_workspace_selected_by_hand_is_asked_each_time(staged, stand_in):
    (staged.folder / ".terraform" / "environment").write_text("mine")
    assert ask(staged, stand_in, "second") == {"lake_bucket": "second"}
    assert ask(staged, stand_in, "third") == {"lake_bucket": "third"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"state_sha256": 1, "outputs": {}}', '{"outputs": 1}'])
def test_damaged_record_is_as_good_as_none(staged, stand_in, text):
    (kept,) = staged.plan_file.parent.glob("*.outputs.json")
    kept.write_text(text)
    assert ask(staged, stand_in, "second") == {"lake_bucket": "second"}


def test_state_without_outputs_is_not_deployed(staged, stand_in):
    (staged.folder / "terraform.tfstate").write_text('{"serial": 2}')
    for _ in range(2):
        with pytest.raises(NotDeployedError):
            ask(staged, stand_in, "")
