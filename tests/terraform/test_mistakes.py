"""Terraform's messages for mistakes are those that the unit tests of the command assume."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.terraform.conftest import stage_infra
from tests.unit.tooling.mistakes import MISTAKES, Mistake

if TYPE_CHECKING:
    from tests.terraform.conftest import Terraform


@pytest.fixture(scope="module")
def local_root(terraform: Terraform, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root with the local environment's backend."""
    folder = stage_infra(tmp_path_factory.mktemp("mistakes") / "infra")
    shutil.copyfile(folder / "environments" / "localstack.backend.tf", folder / "backend_override.tf")
    terraform.init(folder, backend=True)
    return folder


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_terraform_reports_a_mistake_as_the_command_explains_it(
    terraform: Terraform, local_root: Path, mistake: Mistake
) -> None:
    environment = (local_root / "environments" / "localstack.tfvars").read_text()
    if mistake.without:
        environment = re.sub(rf"^{mistake.without} .*\n", "", environment, flags=re.MULTILINE)
    (local_root / "environment.tfvars").write_text(environment)
    (local_root / "mistake.tfvars").write_text(mistake.variables)
    if mistake.contract is not None:
        name, text = mistake.contract
        (local_root / "artifacts" / "contracts" / name).write_text(text)
    files = ["-var-file=environment.tfvars", "-var-file=mistake.tfvars"]
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    done = subprocess.run(
        [terraform.binary, "plan", "-json", "-input=false", *files],
        cwd=local_root,
        env=terraform.environ | keys,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    events = [json.loads(line) for line in done.stdout.splitlines()]
    said = [event["diagnostic"] for event in events if event["type"] == "diagnostic"]
    errors = {(entry["summary"], entry["detail"].split("\n\n")[0]) for entry in said if entry["severity"] == "error"}
    lines = re.compile(r"(?<=\.tf:)\d+,\d+-\d+")  # where the variable stands is of no interest
    assert (mistake.summary, lines.sub("N", mistake.detail)) in {
        (summary, lines.sub("N", detail)) for summary, detail in errors
    }
