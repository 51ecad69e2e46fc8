"""The tests of every module, of the root and of each environment pass, with no network."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.terraform.conftest import Terraform

INFRA = Path(__file__).resolve().parents[2] / "infra"


MODULES = [".", *sorted(f"modules/{path.parent.name}" for path in INFRA.glob("modules/*/main.tf"))]


@pytest.mark.parametrize("module", MODULES)
def test_module_passes_its_plan_tests(planning: Terraform, initialised_root: Path, module: str) -> None:
    folder = initialised_root / module
    if module != ".":
        planning.prepare(folder, initialised_root)
    planning.offline(folder, "test", "-filter=tests/plan.tftest.hcl")


@pytest.mark.nightly(touches=["infra/modules/*"])
@pytest.mark.parametrize("module", MODULES[1:])
def test_module_passes_its_plan_tests_with_the_newest_provider(
    terraform: Terraform, tmp_path: Path, module: str
) -> None:
    """Of those that its constraint allows and Terraform can reach; the root is locked to one."""
    shutil.copytree(INFRA / "modules", tmp_path / "modules", ignore=shutil.ignore_patterns(".terraform"))
    terraform.init(tmp_path / module)
    terraform.offline(tmp_path / module, "test", "-filter=tests/plan.tftest.hcl")


@pytest.mark.parametrize("module", MODULES)
def test_module_passes_its_validation_tests(terraform: Terraform, tmp_path: Path, module: str) -> None:
    """Variables alone need no provider, whose start would cost a second for each of many rules."""
    source = INFRA / module
    shutil.copytree(source / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("plan.tftest.hcl"))
    shutil.copyfile(source / "variables.tf", tmp_path / "variables.tf")
    tests = tmp_path / "tests" / "validation.tftest.hcl"
    tests.write_text(re.sub(r"^mock_provider .*?^}\n", "", tests.read_text(), flags=re.DOTALL | re.MULTILINE))
    terraform.init(tmp_path)
    terraform.offline(tmp_path, "test")


def test_whole_configuration_is_valid(planning: Terraform, initialised_root: Path) -> None:
    planning.offline(initialised_root, "validate")


@pytest.mark.parametrize("environment", sorted(path.stem for path in INFRA.glob("environments/*.tfvars")))
def test_environment_plans_the_pipeline(planning: Terraform, initialised_root: Path, environment: str) -> None:
    variables = f"-var-file=environments/{environment}.tfvars"
    planning.offline(initialised_root, "test", "-test-directory=tests/environments", variables)


@pytest.mark.parametrize("environment", sorted(path.stem for path in INFRA.glob("environments/*.tfvars")))
def test_environment_configures_its_state_location(environment: str) -> None:
    files = [INFRA / "environments" / f"{environment}{ending}" for ending in (".s3.tfbackend", ".backend.tf")]
    assert sum(file.is_file() for file in files) == 1


def test_lock_file_is_kept_by_init(lock_after_init: str) -> None:
    assert lock_after_init == (INFRA / ".terraform.lock.hcl").read_text()
