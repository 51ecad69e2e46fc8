"""Plan, apply and destroy of one environment, with progress worth reading."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from plan_review.model import Plan
from plan_review.parse import parse_plan
from quartal.core.aws import AwsConnection
from quartal.core.console import Console, StepsLine, WaitingLine
from quartal.core.errors import ConfigurationError, InterruptedCommandError, NotDeployedError, TerraformError
from quartal.terraform import local_deployment
from quartal.terraform.account import refuse_another_account
from quartal.terraform.events import TerraformEvent
from quartal.terraform.failed_apply import ApplyProgress, forget_failed_apply
from quartal.terraform.retained_data import standing
from quartal.terraform.saved_plan import ReviewRecord, discard, refuse_another_plan
from quartal.terraform.working_copy import stage
from quartal.workspace import Workspace

# Terraform warns of -target, which only `destroy --keep-data` uses, and on purpose
_OF_TARGETS = frozenset({"Resource targeting is in effect", "Applied changes may be incomplete"})


def make_plan(workspace: Workspace, *, destroy: bool = False) -> Plan:
    """Save a plan and return it parsed; see `save_plan`."""
    return parse_plan(save_plan(workspace, destroy=destroy))


def save_plan(
    workspace: Workspace, *, destroy: bool = False, keep_data: bool = False, prepare: Callable[[], None] | None = None
) -> dict[str, Any]:
    """Stage the configuration, initialise Terraform if needed, save a plan, and return it as `terraform show -json`.

    Args:
        workspace: the environment.
        destroy: plan the removal of everything.
        keep_data: with `destroy`, keep the data.
        prepare: stages the configuration to plan, instead of the usual staging.

    Raises:
        ConfigurationError: the local AWS has a deployment of another checkout under the same names.
        NotDeployedError: there is nothing to destroy.
        TerraformError: Terraform refused; the details are its own diagnostics.
    """
    if destroy and not workspace.staged.has_remote_state and not workspace.staged.folder.is_dir():
        raise NotDeployedError("Nothing is deployed in this environment.", remedy="There is nothing to destroy.")
    if prepare is None:
        stage(workspace.located)
    else:
        prepare()
    discard(workspace.staged)  # an earlier plan is no longer the last reviewed one
    if not workspace.terraform.is_initialised:
        with workspace.console.waiting("terraform init") as line:
            line.update()
            workspace.terraform.init()
    targets = _all_but_data(workspace) if destroy and keep_data else ()
    with workspace.console.waiting("terraform plan") as line:
        workspace.terraform.plan(
            lambda event: _show_plan_event(event, workspace.console, line), destroy=destroy, targets=targets
        )
    planned = workspace.terraform.show_plan()
    if targets and not planned.get("deferred_changes"):
        # Terraform calls every plan with targets incomplete. These are all that was wanted, and yet not all there is.
        planned.pop("complete", None)
    if workspace.settings.is_local and workspace.endpoint is not None:
        try:
            local_deployment.check_plan(planned, workspace.endpoint, workspace.staged, _connection(workspace))
        except ConfigurationError:
            discard(workspace.staged)
            raise
    return planned


def _connection(workspace: Workspace) -> AwsConnection:
    return workspace.account_connection(workspace.region)


def _all_but_data(workspace: Workspace) -> tuple[str, ...]:
    targets = tuple(resource.address for resource in standing(workspace.terraform.resources()))
    if not targets:  # a plan without targets would be the end of everything
        raise NotDeployedError(
            "Nothing but data is deployed in this environment.",
            remedy="There is nothing to destroy; `quartal destroy` without --keep-data removes the data too.",
        )
    return targets


def discard_plan(workspace: Workspace) -> None:
    """Forget the saved plan."""
    discard(workspace.staged)


def apply_plan(workspace: Workspace, record: ReviewRecord | None = None) -> float:
    """Apply the saved plan, which must be that of the record, if one is passed. Returns the duration in seconds.

    Raises:
        ConfigurationError: the saved plan is not the one of the record, or was made in another account; or the local
            AWS has a deployment of another checkout under the same names.
        InterruptedCommandError: it was interrupted, and Terraform has ended.
        TerraformError: Terraform refused or failed; also when the state has changed since the plan was made.
    """
    if record is not None:
        refuse_another_plan(workspace.staged, record)
        if record.account and not workspace.settings.is_local:
            refuse_another_account(workspace.account_connection(record.region).sts(), record)
    if workspace.settings.is_local and workspace.endpoint is not None:
        local_deployment.begin_apply(workspace.endpoint, workspace.staged, _connection(workspace))
    started = time.monotonic()
    progress = ApplyProgress()

    def on_event(event: TerraformEvent) -> None:
        progress.note(event)
        _show_apply_event(event, workspace.console, line)

    with workspace.console.steps("terraform apply", _count_steps(record)) as line:
        try:
            workspace.terraform.apply_plan(on_event)
        except KeyboardInterrupt as interrupt:
            progress.write(workspace.staged)
            raise _interrupted(workspace, record) from interrupt
        except TerraformError:
            progress.write(workspace.staged)
            raise
        finally:
            discard(workspace.staged)
    forget_failed_apply(workspace.staged)
    if workspace.settings.is_local:
        local_deployment.end_apply(workspace.staged)
    return time.monotonic() - started


def _interrupted(workspace: Workspace, record: ReviewRecord | None) -> InterruptedCommandError:
    """The error of an interrupted apply, which leaves a part of the changes, and at worst a lock."""
    lock = workspace.staged.folder / ".terraform.tfstate.lock.info"  # of a local state
    remains = (
        f"The state is still locked: {lock}."
        if lock.is_file()
        else "It unlocks the state when it ends by itself; where it did not, the next command names the lock."
    )
    return InterruptedCommandError(
        f"Interrupted. Terraform has ended; its changes up to then are in the state. {remains}",
        remedy="Run `quartal destroy` again: it removes what is left."
        if record is not None and record.is_destroy
        else "`quartal plan` shows what is left to do.",
    )


def _show_plan_event(event: TerraformEvent, console: Console, line: WaitingLine) -> None:
    if event.kind == "refresh_start":
        line.update(f"terraform plan: reading {event.address}")
    else:
        _warn(event, console)


def _count_steps(record: ReviewRecord | None) -> int | None:
    """How many resources the reviewed plan creates, updates or deletes; one that is replaced is both."""
    if record is None:
        return None
    counts = re.findall(r"(\d+) to (?:create|update|delete|replace( \((?:destroy|create) first\))?)", record.summary)
    return sum(int(count) * (2 if is_both else 1) for count, is_both in counts) or None


def _show_apply_event(event: TerraformEvent, console: Console, line: StepsLine) -> None:
    if event.kind in {"apply_start", "apply_progress"}:
        line.begin(f"{event.action} {event.address}")
    elif event.kind in {"apply_complete", "apply_errored"}:
        line.done()
        if event.kind == "apply_complete":
            console.note(f"  {event.action:<8} {event.address} ({event.elapsed_s:.0f} s)")
    else:
        _warn(event, console)


def _warn(event: TerraformEvent, console: Console) -> None:
    """Show Terraform's warnings, such as one about an undeclared variable."""
    if event.kind == "diagnostic" and event.diagnostic is not None and not event.diagnostic.is_error:
        if event.diagnostic.summary in _OF_TARGETS:
            return
        console.warn(" ".join(event.diagnostic.lines()))
