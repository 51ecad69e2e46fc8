"""Writes what each role may do by the plan of everything, as JSON: `python -m tests.terraform.planned_policies FILE`.

The plan is an upgrade of a release's state, in which the key has its ARN already: so no policy is still unknown. The
roles that deploy it are planned beside it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.terraform.conftest import Terraform, found_terraform, plan_upgrade, stage_infra
from tests.terraform.plan_time_aws import ACCOUNT

# Everything that is optional, so that every role there can be is planned.
_EVERYTHING = {
    "alerting": {"budget_usd": 100, "emails": ["data-team@example.com"]},
    "encrypt_account_catalog": True,
    "lake": {"access_log": {}, "force_destroy": True, "key_deletion_window_days": 7},
    "permissions_boundary": f"arn:aws:iam::{ACCOUNT}:policy/boundary-quartal-localstack",
    "private_network": {
        "cidr_block": "10.20.0.0/24",
        "subnets": {"us-east-1a": "10.20.0.0/25", "us-east-1b": "10.20.0.128/25"},
    },
    "quicksight": {"readers": ["arn:aws:quicksight:us-east-1:123456789012:group/default/analysts"]},
    "readers": {"trusted_principals": ["arn:aws:iam::123456789012:role/analysts"]},
}

_DEPLOYER = f"""
module "deployer" {{
  source = "./modules/deployer"

  account                 = {{ id = "{ACCOUNT}", region = "us-east-1" }}
  encrypt_account_catalog = true
  github                  = {{ repository = "example/orders", environment = "dev" }}
  lake                    = {{ may_be_emptied = true }}
  prefix                  = "quartal-localstack"
  private_network         = true
  quicksight              = {{}}
  state                   = {{ bucket = "quartal-state", key = "quartal/localstack/terraform.tfstate" }}
}}
"""


def plan_everything(terraform: Terraform, folder: Path, initialised: Path | None = None) -> dict[str, Any]:
    """The plan, as JSON, of a pipeline with all that is optional, and of the roles that deploy it.

    Args:
        terraform: what plans.
        folder: a staged root module, which gets files of its own.
        initialised: an initialised root whose provider it gets; without one, it is initialised itself.
    """
    state = max((Path(__file__).parent / "states").glob("*.localstack.json"))
    (folder / "everything.tfvars.json").write_text(json.dumps(_EVERYTHING))
    (folder / "deployer.tf").write_text(_DEPLOYER)
    return plan_upgrade(terraform, folder, state, "-var-file=everything.tfvars.json", initialised=initialised)


def planned_policies(plan: dict[str, Any]) -> dict[str, str]:
    """The policies of a plan that say what roles may do, by address.

    Raises:
        ValueError: a policy is known only after the apply, so nobody could review it.
    """
    found: dict[str, str] = {}
    for change in plan["resource_changes"]:
        after = change["change"]["after"]
        if change["type"] not in {"aws_iam_policy", "aws_iam_role_policy"} or after is None:
            continue
        if "policy" not in after:
            raise ValueError(f"{change['address']} is not known at plan")
        found[change["address"]] = after["policy"]
    return found


def main() -> None:
    """Plan everything and write the file that the first argument names."""
    with found_terraform() as terraform, tempfile.TemporaryDirectory() as scratch:
        plan = plan_everything(terraform, stage_infra(Path(scratch) / "infra"))
    policies = planned_policies(plan)
    if not policies:
        raise ValueError("no policy was planned at all")
    Path(sys.argv[1]).write_text(json.dumps(policies, indent=1))


if __name__ == "__main__":
    main()
