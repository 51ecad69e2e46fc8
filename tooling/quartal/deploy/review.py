"""Review the plan that was just saved: collect the inputs of the review, and record the plan's hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from plan_review.levels import Level
from plan_review.parse import parse_plan
from plan_review.policy_report import PolicyReport, not_run
from plan_review.prices import load_prices
from plan_review.review import Basis, Review, review
from plan_review.rules import Finding, load_rules
from plan_review.saved_plan_review import find_region
from plan_review.usage import Usage, load_usage, with_history
from plan_review.verdict import UNREADABLE, Decision, Verdict
from quartal.core.aws import AwsConnection, as_aws_error
from quartal.core.errors import ConfigurationError
from quartal.deploy.checkov import run_checkov
from quartal.local.toolchain.environments import checkov_environment, ensure, environ_of_programs
from quartal.runs.manifests import read_latest_manifests
from quartal.terraform.account import planned_account
from quartal.terraform.failed_apply import read_failed_apply
from quartal.terraform.saved_plan import ReviewRecord, write_record
from quartal.workspace import Workspace

_HISTORY = 5


@dataclass(frozen=True, slots=True)
class ReviewOptions:
    """The options of a review.

    Attributes:
        policies: whether to run checkov; None for "where it matters": everywhere but in the local environment.
        rules: a file of rules that add to the bundled ones.
        usage: a file of usage that overrides the estimate.
        now: the moment from which the next dates count; None for the present.
        is_destroy: the plan is one that removes everything, asked for as such.
        keep_data: everything but the data.
    """

    policies: bool | None = None
    rules: Path | None = None
    usage: Path | None = None
    now: datetime | None = None
    is_destroy: bool = False
    keep_data: bool = False


def review_saved_plan(workspace: Workspace, data: dict[str, Any], options: ReviewOptions) -> Review:
    """Review the output of `terraform show -json` for the saved plan, and record its file.

    Raises:
        ConfigurationError: the rules or the usage cannot be read.
        ToolchainError: checkov was wanted and failed.
    """
    rules, usage = load_rules(options.rules), load_usage(options.usage)
    reviewed = review(
        parse_plan(data),
        Basis(
            environment=workspace.settings.environment,
            rules=rules,
            prices=load_prices(_variable(data, "region"), prices_folder(workspace)),
            usage=usage if options.usage is not None else _measured(workspace, data, usage),
            policies=_policies(workspace, data, wanted=options.policies),
            now=options.now or datetime.now(UTC),
            failed_apply=read_failed_apply(workspace.staged),
            refresh_prices="quartal cost {region} --refresh",
        ),
    )
    write_record(
        workspace.staged,
        made_at=reviewed.made_at.isoformat(timespec="seconds"),
        summary=reviewed.plan.summary(),
        decision=reviewed.verdict.decision.value,
        approval=reviewed.verdict.level.word,
        is_destroy=options.is_destroy,
        reasons=tuple(reason.model_dump(mode="json") for reason in reviewed.verdict.reasons),
        account=planned_account(data),
        region=find_region(data),
    )
    return reviewed


def deployed_outputs(data: dict[str, Any]) -> dict[str, Any]:
    """The current outputs; a plan's `prior_state` already contains the planned ones."""
    changes = data.get("output_changes") or {}
    return {name: change.get("before") for name, change in changes.items() if change.get("before") is not None}


def removed_outputs(data: dict[str, Any]) -> dict[str, Any]:
    """The outputs before a removal; one with targets, as with `--keep-data`, names them in the prior state alone."""
    before = ((data.get("prior_state") or {}).get("values") or {}).get("outputs") or {}
    return {name: output.get("value") for name, output in before.items()} | deployed_outputs(data)


def prices_folder(workspace: Workspace) -> Path:
    """The folder of refreshed prices."""
    return workspace.settings.state_dir / "prices"


def refuse_unapproved(workspace: Workspace, verdict: Verdict, consent: Level) -> None:
    """Stop unless the verdict and the consent given allow the apply.

    The local environment is disposable, so there only a plan that cannot be read is stopped.

    Raises:
        ConfigurationError: approval is missing, or the plan is blocked.
    """
    environment = workspace.settings.environment
    if verdict.decision is Decision.NOTHING or verdict.is_approved_by(consent):
        return
    if workspace.settings.is_local and not UNREADABLE & {reason.rule for reason in verdict.reasons}:
        return
    details = tuple(
        f"{reason.address + ': ' if reason.address else ''}{reason.sentence} [{reason.rule}]"
        for reason in verdict.reasons
        if reason.level > consent
    )
    if verdict.decision is Decision.BLOCKED:
        raise ConfigurationError(
            f"The plan for '{environment}' is blocked. Nothing was applied.",
            remedy="Change the configuration; or, if a rule is wrong for you, give it another level with --rules.",
            details=details,
        )
    raise ConfigurationError(
        f"The plan for '{environment}' needs approval. Nothing was applied.",
        remedy=f"Read the review, then run the command again with --approve {verdict.level.word}.",
        details=details,
    )


def read_verdict(record: ReviewRecord) -> Verdict:
    """The verdict of an earlier review, with its reasons.

    Raises:
        ConfigurationError: the record is not one that a review wrote.
    """
    try:
        reasons = tuple(Finding.model_validate(reason) for reason in record.reasons)
        return Verdict(Decision(record.decision), Level[record.approval.upper()], reasons)
    except (KeyError, ValueError) as error:
        raise ConfigurationError(
            "The record of the review cannot be read.", remedy="Plan and review again: `quartal plan`."
        ) from error


def _policies(workspace: Workspace, data: dict[str, Any], *, wanted: bool | None) -> PolicyReport:
    if wanted is False:
        return not_run("--no-policies")
    if wanted is None and workspace.settings.is_local:
        return not_run("off by default in the local environment; --policies runs checkov")
    console, settings = workspace.console, workspace.settings
    python = ensure(settings, checkov_environment(settings), console.note)
    with console.waiting("checkov") as line:
        line.update()
        return run_checkov(python, data, workspace.staged.folder, environ_of_programs(settings.environ))


def _measured(workspace: Workspace, data: dict[str, Any], usage: Usage) -> Usage:
    """The usage with the durations of earlier runs, if there are any; failures to read them are only reported."""
    outputs = deployed_outputs(data)
    bucket, dataset = outputs.get("lake_bucket"), outputs.get("dataset")
    if not bucket or not dataset:
        return usage
    connection = AwsConnection.from_environment(
        workspace.env, region=_variable(data, "region"), local=workspace.settings.is_local
    )
    s3 = connection.s3()
    try:
        latest = read_latest_manifests(s3, bucket, f"runs/{dataset}/", _HISTORY)
    except s3.exceptions.NoSuchBucket:  # the outputs are known before the bucket is made
        return usage
    except (ClientError, BotoCoreError) as error:
        workspace.console.warn(f"The cost is an estimate: {as_aws_error(error).message}")
        return usage
    if latest.unread:  # a manifest of another version stops no upgrade
        workspace.console.warn(f"The cost is an estimate: {latest.unread[0].error.message}")
    return with_history(usage, [each.seconds for each in latest.found if each.deliveries])


def _variable(data: dict[str, Any], name: str) -> str:
    value = ((data.get("variables") or {}).get(name) or {}).get("value")
    if not isinstance(value, str):
        raise ConfigurationError(
            f"The plan has no variable '{name}'.", remedy="The root module must keep it: infra/variables.tf."
        )
    return value
