import json
import re
import stat
import sys

import pytest

from quartal.core.errors import TerraformError
from quartal.core.whole_files import write_whole
from quartal.terraform.program import Terraform
from quartal.terraform.remedies import explain
from quartal.terraform.unwritten_state import keep_dumped_state, refuse_unwritten_state
from quartal.terraform.working_copy import StagedRoot


@pytest.fixture
def terraform(tmp_path, stand_in):
    folder = tmp_path / "staged"
    folder.mkdir()
    return Terraform(
        stand_in / "terraform", StagedRoot(folder, "environments/dev.tfvars", (), tmp_path / "p.tfplan"), {}
    )


@pytest.mark.parametrize("command", ["plan", "apply_plan"])
def test_unwritten_state_stops_terraform_and_is_kept_and_reported(terraform, tmp_path, stand_in, command):
    path = tmp_path / "staged" / "errored.tfstate"
    path.write_text("{}")
    with pytest.raises(TerraformError, match="could not be written to the state") as error:
        getattr(terraform, command)(lambda _: None)
    assert "terraform state push errored.tfstate" in error.value.remedy
    assert path.read_text() == "{}"
    assert not (stand_in / "log").exists()
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


STATE = {"version": 4, "serial": 7, "lineage": "l", "resources": []}
DUMP = json.dumps({"@level": "info", "@message": "Emergency state dump", "state": STATE})


@pytest.mark.parametrize("cut", [None, "", '{"version": 4, "ser'])
def test_state_that_only_a_line_of_progress_holds_is_kept(tmp_path, cut):
    path = tmp_path / "errored.tfstate"
    if cut is not None:
        path.write_text(cut)
    keep_dumped_state(tmp_path, DUMP)
    with pytest.raises(TerraformError, match="could not be written to the state"):
        refuse_unwritten_state(tmp_path)
    assert json.loads(path.read_text()) == STATE


def test_state_with_an_unwritable_folder_is_kept_elsewhere_and_found_again(tmp_path, monkeypatch):
    folder, other = tmp_path / "dev" / "infra", tmp_path / "tmp"
    folder.mkdir(parents=True)
    other.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(other))

    def without_room(path, text, *, owner_only):
        if path.parent == folder:
            raise OSError(28, "No space left on device")
        write_whole(path, text, owner_only=owner_only)

    monkeypatch.setattr("quartal.terraform.unwritten_state.write_whole", without_room)
    keep_dumped_state(folder, DUMP)
    kept = other / "quartal-dev-infra-errored.tfstate"
    with pytest.raises(TerraformError, match=re.escape(f"They are kept in {kept}")):
        refuse_unwritten_state(folder)
    assert json.loads(kept.read_text()) == STATE


def test_state_that_could_not_be_kept_is_reported_as_lost(tmp_path):
    (tmp_path / "errored.tfstate").write_text('{"version": 4, "ser')
    with pytest.raises(TerraformError, match="which is incomplete") as error:
        refuse_unwritten_state(tmp_path)
    assert "`import` blocks" in error.value.remedy


def test_whole_state_that_terraform_kept_itself_is_not_replaced(tmp_path):
    (tmp_path / "errored.tfstate").write_text('{"version": 4, "serial": 8}')
    keep_dumped_state(tmp_path, DUMP)
    assert json.loads((tmp_path / "errored.tfstate").read_text())["serial"] == 8


def test_truncated_local_state_does_not_replace_the_complete_one(tmp_path):
    (tmp_path / "errored.tfstate").write_text(json.dumps(STATE))
    (tmp_path / "terraform.tfstate").write_text('{"version": 4, "ser')
    with pytest.raises(TerraformError, match="could not be written"):
        refuse_unwritten_state(tmp_path)
    assert (tmp_path / "terraform.tfstate.cut").read_text() == '{"version": 4, "ser'
    assert not (tmp_path / "terraform.tfstate").exists()


def test_full_disk_is_not_reported_as_a_lock_of_somebody_else():
    text = "Error acquiring the state lock\n\nwrite .terraform.tfstate.lock.info: no space left on device"
    told = explain(text, variables="v", folder="/f")
    assert told is not None
    assert "disk is full" in told.message


@pytest.mark.skipif(sys.platform == "win32", reason="no such permissions")
def test_folder_of_plan_and_state_is_private(terraform, tmp_path):
    terraform.plan(lambda _: None)
    assert stat.S_IMODE((tmp_path / "p.tfplan").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "staged").stat().st_mode) == 0o700


def test_unreleased_own_lock_is_not_attributed_to_others():
    told = explain("Error releasing the state lock\n\nError message: reset", variables="v", folder="/f")
    assert told is not None
    assert "may still be locked" in told.message
    assert "force-unlock" in told.remedy
