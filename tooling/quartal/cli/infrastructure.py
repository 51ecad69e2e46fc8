"""plan, apply, destroy."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from quartal import infrastructure, reviewing, saved_plan
from quartal.cli.options import EnvironmentOption, JsonOption, open_workspace
from quartal.errors import EXIT_CHANGES, ConfigurationError
from quartal.git_state import refuse_unpublished
from quartal.plan_review.policies import Level
from quartal.plan_review.render_json import as_data
from quartal.plan_review.render_markdown import render_markdown
from quartal.plan_review.render_text import render_text
from quartal.plan_review.review import Review
from quartal.plan_review.verdict import Decision
from quartal.reviewing import ReviewOptions
from quartal.staging import stage
from quartal.workspace import Workspace

_PANEL = "Infrastructure"


class Format(StrEnum):
    """The forms of a review."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"


class Approval(StrEnum):
    """Levels of consent; each includes those before it."""

    CHANGE = "change"
    ACCESS = "access"
    DESTROY = "destroy"
    DATA = "data"


_SUFFIXES = {".txt": Format.TEXT, ".md": Format.MARKDOWN, ".html": Format.HTML, ".json": Format.JSON}

AutoApproveOption = Annotated[
    bool,
    typer.Option("--auto-approve", help="The same as --approve data. The localstack environment needs no approval."),
]
ApproveOption = Annotated[
    Approval | None,
    typer.Option("--approve", help="Consent to what the review finds, up to this level."),
]
PoliciesOption = Annotated[
    bool | None,
    typer.Option(
        "--policies/--no-policies",
        help="Run checkov on the plan. Default: everywhere but in the localstack environment.",
        show_default=False,
    ),
]
RulesOption = Annotated[
    Path | None, typer.Option("--rules", help="YAML file of rules that add to, or replace, the bundled ones.")
]
UsageOption = Annotated[
    Path | None, typer.Option("--usage", help="YAML file of what a month uses, for the cost, in place of the estimate.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (plan, apply, destroy):
        app.command(rich_help_panel=_PANEL)(command)


def plan(
    env: EnvironmentOption = None,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            "--out",
            help="Write the review to this file too: .txt, .md, .html or .json; may be repeated.",
            show_default=False,
        ),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="Form of the review on standard output.")] = Format.TEXT,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 3 when the plan has changes.")
    ] = False,
    policies: PoliciesOption = None,
    rules: RulesOption = None,
    usage: UsageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Review what `apply` would change, without changing anything; `apply` then takes this very plan."""
    workspace = open_workspace(env, as_json=as_json)
    targets = [(file, _form_of(file)) for file in out or ()]
    made = reviewing.review_saved_plan(
        workspace, infrastructure.save_plan(workspace), ReviewOptions(policies=policies, rules=rules, usage=usage)
    )
    _print(workspace, made, Format.JSON if as_json else form)
    for file, file_form in targets:
        _write(workspace, made, file, file_form)
    if detailed_exitcode and not made.plan.is_empty:
        raise typer.Exit(EXIT_CHANGES)


def apply(
    env: EnvironmentOption = None,
    approve: ApproveOption = None,
    auto_approve: AutoApproveOption = False,
    allow_dirty: Annotated[
        bool, typer.Option("--allow-dirty", help="Apply prod from a tree that is not committed and pushed.")
    ] = False,
    policies: PoliciesOption = None,
    rules: RulesOption = None,
    usage: UsageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Deploy the pipeline: apply the plan that `plan` reviewed, or plan, review and apply in one go."""
    workspace = open_workspace(env, as_json=as_json)
    refuse_unpublished(workspace.settings.root, workspace.settings.environment, allowed=allow_dirty)
    given = level_of(approve, auto_approve)
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
        reviewing.refuse_unapproved(workspace, reviewing.verdict_of(record), given)
        seconds = infrastructure.apply_plan(workspace, record)
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
    reviewing.refuse_unapproved(workspace, made.verdict, given)
    _apply_reviewed(workspace, made)


def destroy(
    env: EnvironmentOption = None,
    approve: ApproveOption = None,
    auto_approve: AutoApproveOption = False,
    allow_dirty: Annotated[
        bool, typer.Option("--allow-dirty", help="Destroy prod from a tree that is not committed and pushed.")
    ] = False,
    keep_data: Annotated[
        bool,
        typer.Option(
            "--keep-data", help="Leave the lake with its key, the catalog and the logs; `apply` goes on there."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove everything that `apply` deployed, or all of it but the data."""
    workspace = open_workspace(env, as_json=as_json)
    refuse_unpublished(workspace.settings.root, workspace.settings.environment, allowed=allow_dirty)
    made = _reviewed(workspace, ReviewOptions(policies=False, is_destroy=True, keep_data=keep_data))
    try:
        reviewing.refuse_unapproved(workspace, made.verdict, level_of(approve, auto_approve))
    except ConfigurationError:
        saved_plan.discard(workspace.staged)
        raise
    _apply_reviewed(workspace, made)


def _reviewed(workspace: Workspace, options: ReviewOptions) -> Review:
    """Plan and review, and show the review beside the result, which standard output is for."""
    made = reviewing.review_saved_plan(
        workspace,
        infrastructure.save_plan(workspace, destroy=options.is_destroy, keep_data=options.keep_data),
        options,
    )
    workspace.console.say(render_text(made))
    return made


def _judged_anew(workspace: Workspace, options: ReviewOptions) -> saved_plan.ReviewRecord:
    """The record of the plan that waits, after a review of this very plan by other options."""
    workspace.console.say("These options judge the plan that waits anew:")
    made = reviewing.review_saved_plan(workspace, workspace.terraform.show_plan(), options)
    workspace.console.say(render_text(made))
    return saved_plan.require_record(workspace.staged)


def _apply_reviewed(workspace: Workspace, made: Review) -> None:
    record = saved_plan.read_record(workspace.staged)
    seconds = 0.0 if made.plan.is_empty else infrastructure.apply_plan(workspace, record)
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


def level_of(approve: Approval | None, auto_approve: bool = False) -> Level:
    """The consent that the options give."""
    if auto_approve:
        return Level.DATA
    return Level[approve.value.upper()] if approve is not None else Level.NOTE


def _form_of(file: Path) -> Format:
    """The form that a file's suffix stands for."""
    if file.suffix not in _SUFFIXES:
        raise ConfigurationError(
            f"'{file}' does not say which form the review shall have.",
            remedy=f"Give a file that ends in {', '.join(_SUFFIXES)}; --format is for standard output.",
        )
    return _SUFFIXES[file.suffix]


def _write(workspace: Workspace, made: Review, file: Path, form: Format) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_rendered(workspace, made, form), encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"The review cannot be written to '{file}': {error.strerror or error}.",
            remedy="Give --out another file. The plan is saved all the same.",
        ) from error
    workspace.console.done(f"{file}")


def _print(workspace: Workspace, made: Review, form: Format) -> None:
    if form is Format.JSON:
        workspace.console.json(as_data(made))
    else:
        typer.echo(_rendered(workspace, made, form), nl=False)


def _rendered(workspace: Workspace, made: Review, form: Format) -> str:
    if form is Format.JSON:
        return workspace.console.json_text(as_data(made))
    if form is Format.HTML:
        from quartal.plan_review.page import render_page

        return render_page(made)
    return {Format.TEXT: render_text, Format.MARKDOWN: render_markdown}[form](made)
