"""plan, apply, destroy."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plan_review.cli import FormatOption, OutOption, RulesOption
from plan_review.output_formats import Format, select_format
from quartal.cli.options import EnvironmentOption, JsonOption, open_workspace
from quartal.core.errors import EXIT_CHANGES
from quartal.deploy.git_state import refuse_unpublished

if TYPE_CHECKING:
    from plan_review.levels import Level

_PANEL = "Infrastructure"


class Approval(StrEnum):
    """Levels of approval; each includes those before it."""

    CHANGE = "change"
    ACCESS = "access"
    DESTROY = "destroy"
    DATA = "data"


AutoApproveOption = Annotated[
    bool,
    typer.Option("--auto-approve", help="The same as --approve data. The localstack environment needs no approval."),
]
ApproveOption = Annotated[
    Approval | None,
    typer.Option("--approve", help="Approve what the review finds, up to this level."),
]
PoliciesOption = Annotated[
    bool | None,
    typer.Option(
        "--policies/--no-policies",
        help="Run checkov on the plan. Default: in every environment except localstack.",
        show_default=False,
    ),
]
UsageOption = Annotated[
    Path | None,
    typer.Option(
        "--usage", help="YAML file with the monthly usage that the cost is computed from. Default: an estimate."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (plan, apply, destroy):
        app.command(rich_help_panel=_PANEL)(command)


def plan(
    env: EnvironmentOption = None,
    out: OutOption = None,
    form: FormatOption = Format.TEXT,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 3 if the plan has changes.")
    ] = False,
    policies: PoliciesOption = None,
    rules: RulesOption = None,
    usage: UsageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Review what `apply` would change, without changing anything; `apply` then applies exactly this plan."""
    from quartal.cli import plan_and_apply

    workspace = open_workspace(env, as_json=as_json)
    targets = [(file, select_format(file)) for file in out or ()]
    found = plan_and_apply.show_plan(workspace, Format.JSON if as_json else form, targets, policies, rules, usage)
    if detailed_exitcode and not found.plan.is_empty:
        raise typer.Exit(EXIT_CHANGES)


def apply(
    env: EnvironmentOption = None,
    approve: ApproveOption = None,
    auto_approve: AutoApproveOption = False,
    allow_dirty: Annotated[
        bool, typer.Option("--allow-dirty", help="Apply prod even with changes that are not committed and pushed.")
    ] = False,
    policies: PoliciesOption = None,
    rules: RulesOption = None,
    usage: UsageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Deploy the pipeline: apply the plan that `plan` reviewed, or plan, review and apply in one go."""
    from quartal.cli import plan_and_apply

    workspace = open_workspace(env, as_json=as_json)
    refuse_unpublished(workspace.settings.root, workspace.settings.environment, allowed=allow_dirty)
    plan_and_apply.apply(workspace, approved_level(approve, auto_approve), policies, rules, usage)


def destroy(
    env: EnvironmentOption = None,
    approve: ApproveOption = None,
    auto_approve: AutoApproveOption = False,
    allow_dirty: Annotated[
        bool, typer.Option("--allow-dirty", help="Destroy prod even with changes that are not committed and pushed.")
    ] = False,
    keep_data: Annotated[
        bool,
        typer.Option(
            "--keep-data", help="Keep the lake with its key, the catalog and the logs; a later `apply` uses them again."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove everything that `apply` deployed, or everything except the data."""
    from quartal.cli import plan_and_apply

    workspace = open_workspace(env, as_json=as_json)
    refuse_unpublished(workspace.settings.root, workspace.settings.environment, allowed=allow_dirty)
    plan_and_apply.destroy(workspace, approved_level(approve, auto_approve), keep_data=keep_data)


def approved_level(approve: Approval | None, auto_approve: bool = False) -> Level:
    """The level that the options approve."""
    from plan_review.levels import Level

    if auto_approve:
        return Level.DATA
    return Level[approve.value.upper()] if approve is not None else Level.NOTE
