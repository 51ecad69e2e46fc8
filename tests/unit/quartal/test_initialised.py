"""`terraform init` runs again only where something that it depends on has changed since the last one."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from quartal.cli.app import run as quartal

BACKEND = "infra/environments/dev.s3.tfbackend"
MIRRORED = "registry.terraform.io/hashicorp/aws"


@pytest.fixture
def initialised(stand_in: Path, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of which a plan was made, with its state in a bucket and the provider in a mirror."""
    (tmp_path / "mirror" / MIRRORED / "1.0.0" / "linux_amd64").mkdir(parents=True)
    monkeypatch.setenv("QUARTAL_TERRAFORM_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setenv("QUARTAL_STATE_BUCKET", "states")
    (project / BACKEND).write_text("use_lockfile = true\n")
    (project / "infra/.terraform.lock.hcl").write_text("# hashes\n")
    assert times_initialised(stand_in) == 1
    return project


def times_initialised(stand_in: Path) -> int:
    """How often a plan runs `terraform init`."""
    (stand_in / "log").unlink(missing_ok=True)
    quartal(["plan", "--no-policies"])
    return (stand_in / "log").read_text().split().count("init")


def working_folder(project: Path) -> Path:
    return project / ".quartal" / "terraform" / "dev" / "infra" / ".terraform"


def append(file: str) -> Callable[[Path], object]:
    def change(project: Path) -> None:
        path = project / file
        path.parent.mkdir(exist_ok=True)
        path.write_text((path.read_text() if path.exists() else "") + "# changed\n")

    return change


@pytest.mark.parametrize(
    "file",
    [
        pytest.param("infra/environments/dev.tfvars", id="variables"),
        pytest.param("etl_job/main.py", id="the job"),
        pytest.param("data/contracts/sightings.yaml", id="a contract"),
    ],
)
def test_plan_after_a_change_that_init_does_not_read_initialises_nothing(initialised, stand_in, file):
    append(file)(initialised)
    assert times_initialised(stand_in) == 0


@pytest.mark.parametrize(
    "file",
    [
        pytest.param("infra/main.tf", id="the root"),
        pytest.param("infra/modules/lake/new.tf.json", id="a module"),
        pytest.param("infra/.terraform.lock.hcl", id="the lock file"),
        pytest.param(BACKEND, id="the backend"),
    ],
)
def test_plan_after_a_change_that_init_reads_initialises_again(initialised, stand_in, file):
    append(file)(initialised)
    assert times_initialised(stand_in) == 1
    assert times_initialised(stand_in) == 0


def test_plan_with_another_state_bucket_initialises_again(initialised, stand_in, monkeypatch):
    monkeypatch.setenv("QUARTAL_STATE_BUCKET", "other-states")
    assert times_initialised(stand_in) == 1


def test_plan_with_another_mirror_initialises_again(initialised, stand_in, tmp_path, monkeypatch):
    (tmp_path / "mirror").rename(tmp_path / "moved")
    monkeypatch.setenv("QUARTAL_TERRAFORM_MIRROR", str(tmp_path / "moved"))
    assert times_initialised(stand_in) == 1


def test_plan_with_another_terraform_initialises_again(initialised, stand_in):
    (stand_in / "terraform").write_text((stand_in / "terraform").read_text() + "# a newer one\n")
    assert times_initialised(stand_in) == 1


def test_plan_initialises_again_when_a_linked_provider_is_gone(initialised, stand_in, tmp_path):
    link = working_folder(initialised) / "providers" / MIRRORED / "1.0.0" / "linux_amd64"
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "mirror" / MIRRORED / "1.0.0" / "linux_amd64", target_is_directory=True)
    assert times_initialised(stand_in) == 0
    link.unlink()
    link.symlink_to(tmp_path / "nowhere", target_is_directory=True)
    assert times_initialised(stand_in) == 1


@pytest.mark.parametrize("command", ["init", "plan"])
def test_plan_after_a_failed_command_initialises_again(initialised, stand_in, command):
    program, append_main = stand_in / "terraform", append("infra/main.tf")
    whole = program.read_text()
    append_main(initialised)
    program.write_text(whole.replace(f"\n{command})\n", f"\n{command})\n    exit 1\n"))
    assert times_initialised(stand_in) == 1
    assert times_initialised(stand_in) == 1
    program.write_text(whole)
    assert times_initialised(stand_in) == 1
    assert times_initialised(stand_in) == 0


def test_plan_without_its_provider_initialises_and_plans_again(initialised, stand_in, capsys):
    program, missing = stand_in / "terraform", {"severity": "error", "summary": "Required plugins are not installed"}
    (stand_in / "said").write_text(json.dumps({"type": "diagnostic", "diagnostic": missing}))
    text = program.read_text() + "# damaged\n"
    text = text.replace("\ninit)\n", '\ninit)\n    : >"$here/mended"\n')
    refuse = '    [ -e "$here/mended" ] || { cat "$here/said"; exit 1; }'
    program.write_text(text.replace("\nplan)\n", f"\nplan)\n{refuse}\n"))
    assert times_initialised(stand_in) == 1  # it is another Terraform
    (stand_in / "mended").unlink()
    capsys.readouterr()
    assert times_initialised(stand_in) == 1
    assert (stand_in / "log").read_text().split() == ["version", "plan", "init", "plan", "show"]
    assert "1 to update" in capsys.readouterr().out
