"""Terraform's messages for mistakes are those that the unit tests of the command assume."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.terraform.conftest import copy_of_root
from tests.unit.quartal.mistakes import MISTAKES, Mistake

if TYPE_CHECKING:
    from tests.terraform.conftest import Terraform


@pytest.fixture(scope="module")
def roots(planning: Terraform, initialised_root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The root's variables alone, whose rules need no provider; and the whole root, for the rules of modules."""
    whole = copy_of_root(initialised_root, tmp_path_factory.mktemp("mistakes"))
    planning.prepare(whole, initialised_root)
    variables = tmp_path_factory.mktemp("variables")
    shutil.copyfile(whole / "variables.tf", variables / "variables.tf")
    (variables / "artifacts").symlink_to(whole / "artifacts", target_is_directory=True)
    return variables, whole


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_terraform_reports_a_mistake_as_the_command_explains_it(
    planning: Terraform, roots: tuple[Path, Path], mistake: Mistake
) -> None:
    variables, whole = roots
    environment = (whole / "environments" / "localstack.tfvars").read_text()
    if mistake.without:
        environment = re.sub(rf"^{mistake.without} .*\n", "", environment, flags=re.MULTILINE)
    for root in roots:
        (root / "environment.tfvars").write_text(environment)
        (root / "mistake.tfvars").write_text(mistake.variables)
    if mistake.contract is not None:
        name, text = mistake.contract
        (whole / "artifacts" / "contracts" / name).write_text(text)
    errors = errors_of_plan(planning, variables) or errors_of_plan(planning, whole)
    lines = re.compile(r"(?<=\.tf:)\d+,\d+-\d+")  # where the variable stands is of no interest
    assert (mistake.summary, lines.sub("N", mistake.detail)) in {
        (summary, lines.sub("N", detail)) for summary, detail in errors
    }


def errors_of_plan(terraform: Terraform, folder: Path) -> set[tuple[str, str]]:
    """Summary and first paragraph of each error; empty if the plan succeeds."""
    done = subprocess.run(
        [terraform.binary, "plan", "-json", "-input=false", "-var-file=environment.tfvars", "-var-file=mistake.tfvars"],
        cwd=folder,
        env=terraform.environ | {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
        capture_output=True,
        text=True,
        check=False,
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    said = [event["diagnostic"] for event in events if event["type"] == "diagnostic"]
    errors = {(entry["summary"], entry["detail"].split("\n\n")[0]) for entry in said if entry["severity"] == "error"}
    assert bool(errors) == (done.returncode != 0), done.stderr
    return errors
