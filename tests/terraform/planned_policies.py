"""Writes what each role may do by the plan of everything, as JSON: `python -m tests.terraform.planned_policies FILE`.

The plan is an upgrade of a release's state, in which the key has its ARN already: so no policy is still unknown.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.terraform.conftest import found_terraform, plan_upgrade, stage_infra

# Everything that is optional, so that every role there can be is planned.
_EVERYTHING = {
    "alerting": {"budget_usd": 100, "emails": ["data-team@example.com"]},
    "encrypt_account_catalog": True,
    "lake": {"access_log": {}, "force_destroy": True, "key_deletion_window_days": 7},
    "quicksight": {"readers": ["arn:aws:quicksight:us-east-1:123456789012:group/default/analysts"]},
    "readers": {"trusted_principals": ["arn:aws:iam::123456789012:role/analysts"]},
}


def planned_policies(plan: dict[str, Any]) -> dict[str, str]:
    """The roles' policies of a plan, by address.

    Raises:
        ValueError: a policy is known only after the apply, so nobody could review it.
    """
    found: dict[str, str] = {}
    for change in plan["resource_changes"]:
        after = change["change"]["after"]
        if change["type"] != "aws_iam_role_policy" or after is None:
            continue
        if "policy" not in after:
            raise ValueError(f"{change['address']} is not known at plan")
        found[change["address"]] = after["policy"]
    return found


def main() -> None:
    """Plan everything and write the file that the first argument names."""
    state = max((Path(__file__).parent / "states").glob("*.localstack.json"))
    with found_terraform() as terraform, tempfile.TemporaryDirectory() as scratch:
        folder = stage_infra(Path(scratch) / "infra")
        (folder / "everything.tfvars.json").write_text(json.dumps(_EVERYTHING))
        plan = plan_upgrade(terraform, folder, state, "-var-file=everything.tfvars.json")
    policies = planned_policies(plan)
    if not policies:
        raise ValueError("no policy was planned at all")
    Path(sys.argv[1]).write_text(json.dumps(policies, indent=1))


if __name__ == "__main__":
    main()
