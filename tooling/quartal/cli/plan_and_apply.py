"""The work of `plan`, `apply` and `destroy`, apart from their options; it loads the review and its libraries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from plan_review.levels import Level
from plan_review.model import Plan
from plan_review.output_formats import Format
from plan_review.render_json import as_data
from plan_review.render_text import render_text
from plan_review.review import Review
from plan_review.verdict import Decision
from quartal.cli.review_forms import print_review, write_review
from quartal.core.errors import ConfigurationError, PipelineError
from quartal.core.failed_calls import describe_error
from quartal.deploy import change
from quartal.deploy.review import ReviewOptions, read_verdict, refuse_unapproved, removed_outputs, review_saved_plan
from quartal.runs.in_progress import runs_in_progress
from quartal.terraform import saved_plan
from quartal.terraform.working_copy import stage
from quartal.workspace import Workspace

_NEEDED_BY_RUNS = frozenset(
    {"aws_glue_crawler", "aws_glue_job", "aws_glue_trigger", "aws_glue_workflow", "aws_iam_role", "aws_s3_bucket"}
)


def show_plan(
    workspace: Workspace,
    form: Format,
    targets: list[tuple[Path, Format]],
    policies: bool | None,
    rules: Path | None,
    usage: Path | None,
) -> Review:
    """Plan and review; print the review in one format, and write it to each file in the file's format."""
    review = review_saved_plan(
        workspace, change.save_plan(workspace), ReviewOptions(policies=policies, rules=rules, usage=usage)
    )
    print_review(workspace.console, review, form)
    for file, file_form in targets:
        write_review(workspace.console, review, file, file_form)
    return review


def apply(workspace: Workspace, approved: Level, policies: bool | None, rules: Path | None, usage: Path | None) -> None:
    """Apply the plan that was reviewed and not yet applied, or plan, review and apply.

    Raises:
        ConfigurationError: the plan has not been reviewed, or the approved level is too low.
        TerraformError: Terraform refused or failed.
    """
    options = ReviewOptions(policies=policies, rules=rules, usage=usage)
    record = _waiting_plan(workspace)
    if record is not None:
        if options != ReviewOptions():
            record = _reviewed_again(workspace, options)
        if record.decision == Decision.NOTHING:
            saved_plan.discard(workspace.staged)
            workspace.console.result(
                f"{workspace.settings.environment}: {record.summary}",
                data={"summary": record.summary, "reviewed_at": record.made_at, "seconds": 0.0},
            )
            return
        workspace.console.note(f"Applying the plan that was reviewed at {record.made_at}: {record.summary}")
        refuse_unapproved(workspace, read_verdict(record), approved)
        seconds = change.apply_plan(workspace, record)
        workspace.console.result(
            f"{workspace.settings.environment}: {record.summary}, applied in {seconds:.0f} s",
            data={"summary": record.summary, "reviewed_at": record.made_at, "seconds": round(seconds, 1)},
        )
        return
    review = _reviewed(workspace, options)
    if not review.plan.is_empty and not workspace.settings.is_local and approved < Level.CHANGE:
        raise ConfigurationError(
            f"This plan for '{workspace.settings.environment}' has not been reviewed yet. Nothing was applied.",
            remedy="Read the review above and run the command again, or approve plans in advance with --approve LEVEL.",
        )
    refuse_unapproved(workspace, review.verdict, approved)
    _apply_reviewed(workspace, review)


def destroy(workspace: Workspace, approved: Level, *, keep_data: bool) -> None:
    """Remove everything that is deployed, or everything except the data.

    Raises:
        ConfigurationError: the approved level is too low.
        TerraformError: Terraform refused or failed.
    """
    review = _reviewed(workspace, ReviewOptions(policies=False, is_destroy=True, keep_data=keep_data))
    try:
        refuse_unapproved(workspace, review.verdict, approved)
    except ConfigurationError:
        saved_plan.discard(workspace.staged)
        raise
    _apply_reviewed(workspace, review)


def _reviewed(workspace: Workspace, options: ReviewOptions) -> Review:
    """Plan and review, and show the review on standard error: standard output is for the result."""
    planned = change.save_plan(workspace, destroy=options.is_destroy, keep_data=options.keep_data)
    review = review_saved_plan(workspace, planned, options)
    workspace.console.note(render_text(review))
    _warn_of_runs(workspace, review.plan, removed_outputs(planned), is_destroy=options.is_destroy)
    return review


def _warn_of_runs(workspace: Workspace, plan: Plan, outputs: dict[str, Any], *, is_destroy: bool) -> None:
    """Warn of the runs that a plan may abort, because it removes or replaces what they need."""
    removed = {each.type for each in plan.destroys}
    if "region" not in outputs or not removed & _NEEDED_BY_RUNS:  # without outputs, only a part was ever deployed
        return
    next_apply = f"after the next {workspace.command_line('apply')}, " if is_destroy else ""
    after = (
        "If its job still writes while the lake is removed, run the command again."
        if "aws_s3_bucket" in removed
        else f"The published tables stay consistent; {next_apply}{workspace.command_line('run')} completes what the "
        "run leaves unfinished."
    )
    try:
        runs = runs_in_progress(workspace.account_connection(outputs["region"]).glue(), outputs)
    except (BotoCoreError, ClientError, PipelineError) as error:
        workspace.console.warn(f"It is not known whether a run is in progress: {describe_error(error)}.")
        return
    for run in runs:
        workspace.console.warn(
            f"Run {run.run_id} of workflow {run.workflow} is in progress ({run.describe()}). The removal may interrupt "
            f"it. {after}"
        )


def _reviewed_again(workspace: Workspace, options: ReviewOptions) -> saved_plan.ReviewRecord:
    """The record of the saved plan, after it was reviewed again with these options."""
    workspace.console.note("The reviewed plan, reviewed again with these options:")
    review = review_saved_plan(workspace, workspace.terraform.show_plan(), options)
    workspace.console.note(render_text(review))
    return saved_plan.require_record(workspace.staged)


def _apply_reviewed(workspace: Workspace, review: Review) -> None:
    record = saved_plan.read_record(workspace.staged)
    seconds = 0.0 if review.plan.is_empty else change.apply_plan(workspace, record)
    applied = "" if review.plan.is_empty else f", applied in {seconds:.0f} s"
    workspace.console.result(
        f"{workspace.settings.environment}: {review.plan.summary()}{applied}",
        data=as_data(review) | {"seconds": round(seconds, 1)},
    )


def _waiting_plan(workspace: Workspace) -> saved_plan.ReviewRecord | None:
    """The plan that was reviewed and not yet applied, unless the configuration has changed since."""
    record = saved_plan.read_record(workspace.staged)
    if record is None or record.is_destroy:
        return None
    stage(workspace.located)
    if saved_plan.configuration_hash(workspace.staged.folder) == record.configuration_sha256:
        return record
    workspace.console.warn(
        f"The configuration has changed since the review of {record.made_at}; a new plan replaces that one."
    )
    saved_plan.discard(workspace.staged)
    return None
