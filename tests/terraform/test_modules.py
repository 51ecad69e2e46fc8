"""The tests of every module, of the root and of each environment pass, with no network."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.terraform.conftest import copy_of_root

if TYPE_CHECKING:
    from tests.terraform.conftest import Terraform

INFRA = Path(__file__).resolve().parents[2] / "infra"


MODULES = [".", *sorted(f"modules/{path.parent.name}" for path in INFRA.glob("modules/*/main.tf"))]
ENVIRONMENTS = sorted(path.stem for path in INFRA.glob("environments/*.tfvars"))
PLAN = "tests/plan.tftest.hcl"


@pytest.fixture(scope="module")
def plan_tests(planning: Terraform, initialised_root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What failed in the plan tests of each module and environment; empty where all passed.

    One `terraform test` plays all of them, with the root as their folder: each would read the provider's schema anew.
    """
    folder = copy_of_root(initialised_root, tmp_path_factory.mktemp("plans"))
    (folder / "tests").mkdir()
    (folder / "tests" / "artifacts").symlink_to(INFRA / "tests" / "artifacts", target_is_directory=True)
    for module in MODULES:
        text = (initialised_root / module / PLAN).read_text()
        if module != ".":
            shutil.copytree(INFRA / module / "tests", folder / module / "tests")
            source = f'module {{\n    source = "./{module}"\n  }}'
            text = re.sub(r'^run "\w+" {$', rf"\g<0>\n  {source}", text, flags=re.MULTILINE)
            text = text.replace('"tests/', f'"{module}/tests/')
        (folder / _file(module)).write_text(text)
    for environment in ENVIRONMENTS:
        values = (INFRA / "environments" / f"{environment}.tfvars").read_text()
        (test,) = (initialised_root / "tests" / "environments").glob("*.tftest.hcl")
        (folder / _file(environment)).write_text(f"{test.read_text()}\nvariables {{\n{values}}}\n")
    planning.prepare(folder, initialised_root)
    return planning.failed_tests(folder)


def _file(tested: str) -> str:
    return f"tests/{'root' if tested == '.' else tested.replace('/', '-')}.tftest.hcl"


@pytest.mark.parametrize("tested", [*MODULES, *ENVIRONMENTS])
def test_module_and_environment_pass_their_plan_tests(plan_tests: dict[str, str], tested: str) -> None:
    assert plan_tests[_file(tested)] == ""


@pytest.mark.nightly(touches=["infra/modules/*"])
@pytest.mark.parametrize("module", MODULES[1:])
def test_module_passes_its_plan_tests_with_the_newest_provider(
    terraform: Terraform, tmp_path: Path, module: str
) -> None:
    """Of those that its constraint allows and Terraform can reach; the root is locked to one."""
    shutil.copytree(INFRA / "modules", tmp_path / "modules", ignore=shutil.ignore_patterns(".terraform"))
    terraform.init(tmp_path / module)
    terraform.offline(tmp_path / module, "test", f"-filter={PLAN}")


@pytest.mark.parametrize("module", [*MODULES, "bootstrap"])
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


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_environment_configures_its_state_location(environment: str) -> None:
    files = [INFRA / "environments" / f"{environment}{ending}" for ending in (".s3.tfbackend", ".backend.tf")]
    assert sum(file.is_file() for file in files) == 1


def test_lock_file_is_kept_by_init(lock_after_init: str) -> None:
    assert lock_after_init == (INFRA / ".terraform.lock.hcl").read_text()
