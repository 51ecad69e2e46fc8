"""Compare the deployment with Terraform's state."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from plan_review.model import Action, Plan, ResourceChange
from plan_review.parse import parse_plan
from plan_review.rules import load_rules
from plan_review.values import plain, shown
from plan_review.verdict import drift_findings
from quartal.core.errors import NotDeployedError
from quartal.local.toolchain.terraform_binary import require_terraform
from quartal.terraform.program import Terraform
from quartal.terraform.working_copy import stage
from quartal.workspace import Workspace, terraform_environment


def find_drift(workspace: Workspace) -> Plan:
    """Compare the state with reality, without changing either; a saved plan stays.

    Raises:
        ConfigurationError: the local AWS has a deployment of another checkout under the same names.
        NotDeployedError: nothing has been deployed.
        TerraformError: Terraform refused.
    """
    if not workspace.staged.folder.is_dir() and workspace.settings.is_local:
        raise NotDeployedError("Nothing is deployed in this environment.", remedy="Deploy it: `quartal apply`.")
    with suppress(NotDeployedError):  # a part of a deployment drifts too
        workspace.refuse_deployment_of_another_checkout()
    stage(workspace.located)
    staged = replace(workspace.staged, plan_file=workspace.staged.plan_file.with_suffix(".drift"))
    terraform = Terraform(
        require_terraform(workspace.settings), staged, terraform_environment(workspace.settings, workspace.env)
    )
    try:
        with workspace.console.waiting("terraform plan -refresh-only") as line:
            line.update()
            if not terraform.is_initialised:
                terraform.init()
            terraform.plan(lambda _: None, refresh_only=True)
        return parse_plan(terraform.show_plan())
    finally:
        staged.plan_file.unlink(missing_ok=True)


def render_drift(environment: str, plan: Plan) -> str:
    """The differences for a person."""
    if not plan.drift:
        lines = [f"{environment}: reality is what Terraform made of it."]
    else:
        counted = "1 resource was" if len(plan.drift) == 1 else f"{len(plan.drift)} resources were"
        lines = [f"{environment}: {counted} changed outside Terraform."]
    for change in plan.drift:
        lines.append(f"  {change.address}  {_what(change)}")
        lines += [f"      {item.path}: {shown(item.before)} -> {shown(item.after)}" for item in _differences(change)]
    lines += [f"  {finding.address}: {finding.sentence}" for finding in drift_findings(plan, load_rules())]
    if plan.drift:
        lines.append(
            "`quartal plan` says what an apply would set back; to keep a change, put it into the configuration."
        )
    if plan.computed_drift:
        names = ", ".join(change.address for change in plan.computed_drift)
        lines.append(f"Also differs, in what the configuration says nothing of: {names}")
    return "\n".join(lines)


def drift_as_data(environment: str, plan: Plan) -> dict[str, Any]:
    """The differences for a machine."""

    def entry(change: ResourceChange) -> dict[str, Any]:
        return {
            "address": change.address,
            "gone": change.action is Action.DELETE,
            "attributes": [
                {"path": item.path, "before": plain(item.before), "after": plain(item.after)}
                for item in _differences(change)
            ],
        }

    return {
        "environment": environment,
        "drift": [entry(change) for change in plan.drift],
        "computed": [entry(change) for change in plan.computed_drift],
        "access": [
            {"address": finding.address, "sentence": finding.sentence} for finding in drift_findings(plan, load_rules())
        ],
    }


def _what(change: ResourceChange) -> str:
    return "is gone" if change.action is Action.DELETE else "differs"


def _differences(change: ResourceChange) -> list[Any]:
    return [] if change.action is Action.DELETE else list(change.attributes)
