"""The modules in stacks as others write them: beside what they use, several times, in another region, with nulls.

What such a stack makes itself, a key, a bucket for logs, roles, is known only after the apply. A plan needs to know the
keys of maps and whether an optional object is null, and nothing else.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.terraform.test_readme_examples import EXAMPLES, INFRA, example

if TYPE_CHECKING:
    from tests.terraform.conftest import Terraform

STACK = (Path(__file__).parent / "stack.tf").read_text()
MODULES = sorted({module for module, _ in EXAMPLES})


@pytest.fixture(scope="module")
def created(
    planning: Terraform, initialised_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    """What one plan of such a stack, and of each README's least example with nulls for what is optional, creates."""
    folder = tmp_path_factory.mktemp("stack")
    artifacts = folder / "artifacts" / "contracts"
    artifacts.mkdir(parents=True)
    for name in ("../main.py", "../etl_job.zip", "../etl_job.gluewheels.zip", "orders.yaml"):
        (artifacts / name).write_text("")
    (folder / "modules").symlink_to(INFRA / "modules", target_is_directory=True)
    (folder / "main.tf").write_text(STACK)
    for module in MODULES:
        code = example(module, "Minimal")["code"]
        called = re.sub(r'^module "\w+" {', f'module "null_{module}" {{', code, flags=re.MULTILINE)
        settings = "".join(f"  {name} = null\n" for name in _optional(module) if f"\n  {name} " not in called)
        called = called.rstrip().removesuffix("}") + f"{settings}\n  providers = {{ aws = aws.frankfurt }}\n}}\n"
        (folder / f"null_{module}.tf").write_text(called)
    planning.prepare(folder, initialised_root)
    planning.offline(folder, "plan", "-out=stack.tfplan")
    plan = json.loads(planning.offline(folder, "show", "-json", "stack.tfplan"))
    return [change for change in plan["resource_changes"] if change["change"]["actions"] == ["create"]]


def test_stack_of_what_is_known_only_after_the_apply_is_planned(created: list[dict[str, Any]]) -> None:
    of_module = Counter(change.get("module_address", "").split(".")[-1].split("[")[0] for change in created)
    # network-access makes nothing of its own
    used = set(re.findall(r'^module "(\w+)"', STACK, re.MULTILINE)) - {"network_access"}
    assert used - of_module.keys() == set()


def test_what_the_stack_has_is_not_made_again(created: list[dict[str, Any]]) -> None:
    made = [change["address"] for change in created if not change["address"].startswith("module.null_")]
    again = ("aws_s3_bucket.log", "aws_kms_key.", "aws_iam_openid_connect_provider.")
    assert [address for address in made if any(name in address for name in again)] == []


def test_role_is_destroyed_whatever_policies_it_has(created: list[dict[str, Any]]) -> None:
    """Terraform detaches what it attached, and the rest if it is told to; IAM deletes no role with policies."""
    roles = [change for change in created if change["type"] == "aws_iam_role"]
    assert [role["address"] for role in roles if not role["change"]["after"]["force_detach_policies"]] == []
    assert len({role["module_address"].split("[")[0] for role in roles}) > 7
    attached = Counter(
        change["module_address"].split("[")[0]
        for change in created
        if change["type"] == "aws_iam_role_policy_attachment"
    )
    assert (attached["module.catalog"], attached["module.job"]) == (2, 2)


@pytest.mark.parametrize("module", MODULES)
def test_null_for_all_that_is_optional_is_like_leaving_it_out(created: list[dict[str, Any]], module: str) -> None:
    made = sum(change["address"].startswith(f"module.null_{module}.") for change in created)
    assert made == int(example(module, "Minimal")["count"])


def _optional(module: str) -> list[str]:
    code = (INFRA / "modules" / module / "variables.tf").read_text()
    blocks = re.findall(r'^variable "(\w+)" {\n(.*?)^}', code, re.DOTALL | re.MULTILINE)
    return [name for name, body in blocks if re.search(r"^  default ", body, re.MULTILINE)]
