"""What `plan`, `apply` and `destroy` do, apart from their options: the review and its libraries load with it."""

from __future__ import annotations

from pathlib import Path

from plan_review.forms import Format
from plan_review.policies import Level
from plan_review.render_json import as_data
from plan_review.render_text import render_text
from plan_review.review import Review
from plan_review.verdict import Decision
from quartal.cli.review_forms import print_review, write_review
from quartal.core.errors import ConfigurationError
from quartal.deploy import change
from quartal.deploy.review import ReviewOptions, refuse_unapproved, review_saved_plan, verdict_of
from quartal.terraform import saved_plan
from quartal.terraform.working_copy import stage
from quartal.workspace import Workspace


def show_plan(
    workspace: Workspace,
    form: Format,
    targets: list[tuple[Path, Format]],
    policies: bool | None,
    rules: Path | None,
    usage: Path | None,
) -> Review:
    """Plan and review; print the review in one form, and write it to files in theirs."""
    made = review_saved_plan(
        workspace, change.save_plan(workspace), ReviewOptions(policies=policies, rules=rules, usage=usage)
    )
    print_review(workspace.console, made, form)
    for file, file_form in targets:
        write_review(workspace.console, made, file, file_form)
    return made


def apply(workspace: Workspace, given: Level, policies: bool | None, rules: Path | None, usage: Path | None) -> None:
    """Apply the reviewed plan that waits, or plan, review and apply.

    Raises:
        ConfigurationError: nobody has seen the plan, or the consent is too small.
        TerraformError: Terraform refused or failed.
    """
    options = ReviewOptions(policies=policies, rules=rules, usage=usage)
    record = _waiting_plan(workspace)
    if record is not None:
        if options != ReviewOptions():
            record = _judged_anew(workspace, options)
        if record.decision == Decision.NOTHING:
            saved_plan.discard(workspace.staged)
            workspace.console.result(
                f"{workspace.settings.environment}: {record.summary}",
                data={"summary": record.summary, "reviewed_at": record.made_at, "seconds": 0.0},
            )
            return
        workspace.console.say(f"Applying the plan that was reviewed at {record.made_at}: {record.summary}")
        refuse_unapproved(workspace, verdict_of(record), given)
        seconds = change.apply_plan(workspace, record)
        workspace.console.result(
            f"{workspace.settings.environment}: {record.summary}, applied in {seconds:.0f} s",
            data={"summary": record.summary, "reviewed_at": record.made_at, "seconds": round(seconds, 1)},
        )
        return
    made = _reviewed(workspace, options)
    if not made.plan.is_empty and not workspace.settings.is_local and given < Level.CHANGE:
        raise ConfigurationError(
            f"Nobody has seen this plan for '{workspace.settings.environment}' before. Nothing was applied.",
            remedy="Read the review above and run the same command again, or give --approve LEVEL in the first place.",
        )
    refuse_unapproved(workspace, made.verdict, given)
    _apply_reviewed(workspace, made)


def destroy(workspace: Workspace, given: Level, *, keep_data: bool) -> None:
    """Remove what is deployed, or all of it but the data.

    Raises:
        ConfigurationError: the consent is too small.
        TerraformError: Terraform refused or failed.
    """
    made = _reviewed(workspace, ReviewOptions(policies=False, is_destroy=True, keep_data=keep_data))
    try:
        refuse_unapproved(workspace, made.verdict, given)
    except ConfigurationError:
        saved_plan.discard(workspace.staged)
        raise
    _apply_reviewed(workspace, made)


def _reviewed(workspace: Workspace, options: ReviewOptions) -> Review:
    """Plan and review, and show the review beside the result, which standard output is for."""
    made = review_saved_plan(
        workspace,
        change.save_plan(workspace, destroy=options.is_destroy, keep_data=options.keep_data),
        options,
    )
    workspace.console.say(render_text(made))
    return made


def _judged_anew(workspace: Workspace, options: ReviewOptions) -> saved_plan.ReviewRecord:
    """The record of the plan that waits, after a review of this very plan by other options."""
    workspace.console.say("These options judge the plan that waits anew:")
    made = review_saved_plan(workspace, workspace.terraform.show_plan(), options)
    workspace.console.say(render_text(made))
    return saved_plan.require_record(workspace.staged)


def _apply_reviewed(workspace: Workspace, made: Review) -> None:
    record = saved_plan.read_record(workspace.staged)
    seconds = 0.0 if made.plan.is_empty else change.apply_plan(workspace, record)
    applied = "" if made.plan.is_empty else f", applied in {seconds:.0f} s"
    workspace.console.result(
        f"{workspace.settings.environment}: {made.plan.summary()}{applied}",
        data=as_data(made) | {"seconds": round(seconds, 1)},
    )


def _waiting_plan(workspace: Workspace) -> saved_plan.ReviewRecord | None:
    """The reviewed plan that waits, unless the configuration has moved on since."""
    record = saved_plan.read_record(workspace.staged)
    if record is None or record.is_destroy:
        return None
    stage(workspace.located)
    if saved_plan.configuration_hash(workspace.staged.folder) == record.configuration_sha256:
        return record
    workspace.console.warn(
        f"The configuration has changed since the review of {record.made_at}: that plan is dropped, this is another."
    )
    saved_plan.discard(workspace.staged)
    return None
