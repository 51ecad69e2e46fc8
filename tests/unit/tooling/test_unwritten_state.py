import stat
import sys

import pytest

from quartal.core.errors import TerraformError
from quartal.terraform.program import Terraform
from quartal.terraform.remedies import explain
from quartal.terraform.working_copy import StagedRoot


@pytest.fixture
def terraform(tmp_path, stand_in):
    folder = tmp_path / "staged"
    folder.mkdir()
    return Terraform(
        stand_in / "terraform", StagedRoot(folder, "environments/dev.tfvars", (), tmp_path / "p.tfplan"), {}
    )


@pytest.mark.parametrize("command", ["plan", "apply_plan"])
def test_state_that_was_not_written_stops_terraform_is_kept_and_told(terraform, tmp_path, stand_in, command):
    path = tmp_path / "staged" / "errored.tfstate"
    path.write_text("{}")
    with pytest.raises(TerraformError, match="could not be written to the state") as error:
        getattr(terraform, command)(lambda _: None)
    assert "terraform state push errored.tfstate" in error.value.remedy
    assert path.read_text() == "{}"
    assert not (stand_in / "log").exists()
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="no such permissions")
def test_folder_of_plan_and_state_is_private(terraform, tmp_path):
    terraform.plan(lambda _: None)
    assert stat.S_IMODE((tmp_path / "p.tfplan").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "staged").stat().st_mode) == 0o700


def test_lock_that_could_not_be_released_is_not_called_somebody_elses():
    told = explain("Error releasing the state lock\n\nError message: reset", variables="v", folder="/f")
    assert told is not None
    assert "may still be locked" in told.message
    assert "force-unlock" in told.remedy
