"""The examples plan: the two in each module's README, those of infra/examples, and two pipelines in one account."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.terraform.conftest import stage_infra

if TYPE_CHECKING:
    from tests.terraform.conftest import Terraform

INFRA = Path(__file__).resolve().parents[2] / "infra"
MODULES = sorted(path.parent for path in INFRA.glob("modules/*/main.tf"))
EXAMPLES = [(module.name, kind) for module in MODULES for kind in ("Minimal", "Full")]
FOLDERS = sorted(path.parent.name for path in INFRA.glob("examples/*/main.tf"))
PIPELINES = ("first-team", "second-team")

# Attributes that name a resource in its account, in the order in which they are looked for.
_NAMED_BY = ("data_set_id", "data_source_id", "name", "alarm_name", "bucket")
_OWNERS = {"aws_cloudwatch_event_rule", "aws_glue_crawler", "aws_s3_bucket"}

_FENCE = r"## {kind}\n+```hcl\n(?P<code>.*?)# plans (?P<count>\d+) resources\n```"
_PROVIDER = """
provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}
"""


@pytest.fixture(scope="session")
def planned(
    planning: Terraform, initialised_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    """What one plan of all examples, and of two pipelines beside each other, creates."""
    folder = tmp_path_factory.mktemp("examples")
    _drop_providers(stage_infra(folder / "infra"))
    calls = [_PROVIDER]
    for module, kind in EXAMPLES:
        label = _label(module, kind)
        (folder / label).mkdir()
        (folder / label / "main.tf").write_text(
            example(module, kind)["code"].replace("./modules/", "../infra/modules/")
        )
        calls.append(f'module "{label}" {{\n  source = "./{label}"\n}}\n')
    calls += [f'module "{name}" {{\n  source = "./infra/examples/{name}"\n}}\n' for name in FOLDERS]
    calls += [_pipeline(prefix) for prefix in PIPELINES]
    (folder / "main.tf").write_text("\n".join(calls))
    _write_example_artifacts(folder / "artifacts")

    planning.prepare(folder, initialised_root)
    planning.offline(folder, "plan", "-out=examples.tfplan")
    plan = json.loads(planning.offline(folder, "show", "-json", "examples.tfplan"))
    return [change for change in plan["resource_changes"] if change["change"]["actions"] == ["create"]]


@pytest.fixture(scope="session")
def planned_resources(planned: list[dict[str, Any]]) -> Counter[str]:
    """How many resources each example makes."""
    return Counter(change["module_address"].split(".")[1] for change in planned)


@pytest.mark.parametrize(("module", "kind"), EXAMPLES)
def test_readme_example_plans_the_resources_it_lists(planned_resources: Counter[str], module: str, kind: str) -> None:
    assert planned_resources[_label(module, kind)] == int(example(module, kind)["count"])


@pytest.mark.parametrize("name", FOLDERS)
def test_example_folder_plans_something_of_every_module_that_it_uses(planned: list[dict[str, Any]], name: str) -> None:
    used = set(re.findall(r'^module "(\w+)"', (INFRA / "examples" / name / "main.tf").read_text(), re.MULTILINE))
    start = f"module.{name}."
    made = {change["module_address"].split(".")[3] for change in planned if change["address"].startswith(start)}
    assert made == used


@pytest.mark.parametrize("name", FOLDERS)
def test_example_folder_plans_its_inventory(planned: list[dict[str, Any]], name: str) -> None:
    """How many of each type, and of some resources the attributes that the wiring decides.

    QUARTAL_WRITE_EXPECTED=1 writes the counts anew.
    """
    start, file = f"module.{name}.", INFRA / "tests" / "inventories" / f"{name}.yaml"
    made = {change["address"].removeprefix(start): change for change in planned if change["address"].startswith(start)}
    counts = dict(sorted(Counter(change["type"] for change in made.values()).items()))
    inventory = yaml.safe_load(file.read_text())
    if os.environ.get("QUARTAL_WRITE_EXPECTED"):
        inventory["counts"] = counts
        file.write_text(yaml.safe_dump(inventory, sort_keys=False, width=120))
    assert inventory["counts"] == counts
    expected = inventory["resources"]
    attributes = {address: made[address]["change"]["after"] for address in expected}
    found = {
        address: {attribute: attributes[address].get(attribute) for attribute in values}
        for address, values in expected.items()
    }
    assert found == expected


@pytest.mark.parametrize("name", FOLDERS)
def test_example_folder_states_its_purpose(name: str) -> None:
    text = (INFRA / "examples" / name / "README.md").read_text()
    assert text.startswith(f"# {name}\n\n")


def test_pipelines_of_an_account_share_no_name(planned: list[dict[str, Any]]) -> None:
    names = {prefix: _names(planned, f"module.{prefix}.") for prefix in PIPELINES}
    first, second = names.values()
    assert len(first) > 30
    assert len(first) == len(second)
    assert first & second == set()


def test_feeds_of_a_pipeline_share_no_name(planned: list[dict[str, Any]]) -> None:
    counted = Counter(_names(planned, f"module.{PIPELINES[0]}.", as_list=True))
    assert [name for name, count in counted.items() if count > 1] == []


def _names(planned: list[dict[str, Any]], module: str, *, as_list: bool = False) -> Any:
    """What an account tells resources apart by: the type, and the name or whatever stands for it."""
    found = []
    for change in planned:
        after = change["change"]["after"]
        kind = next((kind for kind in _NAMED_BY if kind in after and isinstance(after[kind], str)), None)
        belongs_to_another = {"role", "rule", "bucket"} & set(after) and change["type"] not in _OWNERS
        if change["address"].startswith(module) and kind is not None and not belongs_to_another:
            database = after.get("database_name") or after.get("database") or ""
            found.append(f"{change['type']} {database} {after[kind]}")
    return found if as_list else set(found)


def _pipeline(prefix: str) -> str:
    """A call of the root module, as another team in the account would make one too, with two feeds."""
    return f"""
module "{prefix}" {{
  source = "./infra"

  alerting           = {{}}
  artifacts_folder   = "${{path.root}}/infra/tests/artifacts"
  athena             = {{}}
  contracts          = {{ plain = {{}}, toll_bookings = {{}} }}
  dataset            = "plain"
  environment        = "test"
  job                = {{ number_of_workers = 2 }}
  log_retention_days = 30
  prefix             = "{prefix}"
  quicksight         = {{ readers = [] }}
  region             = "eu-central-1"
  schedule           = {{ ml_run = {{ first_month = 1, day = 15 }}, lead_time_days = 7 }}
}}
"""


def _drop_providers(infra: Path) -> None:
    """Have the root and the examples use the provider of who calls them: it would start for each of them."""
    for file in (infra / "providers.tf", *infra.glob("examples/*/versions.tf")):
        text, count = re.subn(
            r'^provider "aws" {\n  region = var\.region\n.*?^}\n', "", file.read_text(), flags=re.M | re.S
        )
        assert count == 1, f"{file} configures no provider by its region"
        file.write_text(text)


def _label(module: str, kind: str) -> str:
    return f"{module}-{kind.lower()}"


def example(module: str, kind: str) -> re.Match[str]:
    readme = next(path for path in MODULES if path.name == module) / "README.md"
    found = re.search(_FENCE.format(kind=kind), readme.read_text(), re.DOTALL)
    assert found, f"{readme} has no example '{kind}' that ends in '# plans N resources'"
    return found


def _write_example_artifacts(folder: Path) -> None:
    (folder / "contracts").mkdir(parents=True)
    for name in ("main.py", "etl_job.zip", "etl_job.gluewheels.zip", "contracts/orders.yaml"):
        (folder / name).write_text("")
