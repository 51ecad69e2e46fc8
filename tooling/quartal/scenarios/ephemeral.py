"""`quartal run --ephemeral`: deploys, uploads, runs, exports, removes everything but the data, and shows the cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from etl_job.findings.wording import count
from plan_review.cost import CostReview
from plan_review.errors import ReviewError
from plan_review.levels import Level
from plan_review.prices import load_prices
from plan_review.render_text import render_text
from plan_review.review import Review
from quartal.core.aws import as_aws_error
from quartal.core.errors import (
    ConfigurationError,
    InterruptedCommandError,
    NotDeployedError,
    QuartalError,
    UnknownOutcomeError,
    WaitTimeoutError,
)
from quartal.core.failed_calls import describe_error
from quartal.deliver.upload.uploads import UploadOptions, deliver
from quartal.deploy import change
from quartal.deploy.review import ReviewOptions, prices_folder, refuse_unapproved, review_saved_plan
from quartal.features.export import Export, ExportFormat, export_features, refuse_used_folder
from quartal.features.query import iceberg_catalog, published_table
from quartal.features.tags import State, list_tags
from quartal.report.cost import RunCost, job_run_cost, price_basis
from quartal.runs.in_progress import runs_in_progress
from quartal.runs.outcome import show_manifest
from quartal.runs.start_and_follow import follow_run, start_run
from quartal.runs.workflow_run import read_run
from quartal.terraform import saved_plan
from quartal.terraform.retained_data import standing
from quartal.workspace import Workspace

if TYPE_CHECKING:
    from etl_job.manifest.model import RunManifest

_RUN_MAY_CONTINUE = (InterruptedCommandError, UnknownOutcomeError, WaitTimeoutError)
# a run costs the same whether or not the rest stays deployed between the runs
_PER_RUN = frozenset({"aws_glue_crawler", "aws_glue_job"})


@dataclass(frozen=True, slots=True)
class EphemeralRun:
    """The options of an ephemeral run.

    Attributes:
        deliveries: process these; empty for all new or changed ones. A single one is also the delivery of `sources`
            that are not in a folder of a delivery.
        withdrawn: withdraw these from the tables.
        sources: files and folders to upload first.
        out: folder for the features; None for one under the state folder, named after the run.
        timeout_s: for the run only.
        approved: the level that the user approves.
        policies: whether checkov judges the deployment; None for "where it matters".
    """

    deliveries: tuple[str, ...]
    withdrawn: tuple[str, ...]
    sources: tuple[Path, ...]
    out: Path | None
    timeout_s: float
    approved: Level
    policies: bool | None = None


@dataclass(frozen=True, slots=True)
class EphemeralCost:
    """US dollars, at the prices of the region; None if there is no price.

    Attributes:
        job_usd: the charge for the job run.
        job_dpu_seconds: the quantity that it is charged for.
        job_measured: where that quantity comes from.
        crawl_usd: an estimate for the crawl, whose quantity Glue does not report.
        standing_usd_per_month: the cost of the whole deployment without runs.
        kept_usd_per_month: the part of that for the data, which stays.
        basis: the basis of the numbers per month.
    """

    job_usd: float | None
    job_dpu_seconds: float | None
    job_measured: str
    crawl_usd: float | None
    standing_usd_per_month: float | None
    kept_usd_per_month: float | None
    basis: str

    def sentences(self) -> tuple[str, ...]:
        """For a person."""
        job = f"{_usd(self.job_usd)} for {self.job_dpu_seconds or 0:,.0f} DPU-seconds ({self.job_measured})"
        return (
            f"This run: job {job}; crawl about {_usd(self.crawl_usd)}.",
            f"Between runs, per month: {_usd(self.kept_usd_per_month)} for the data that stays; "
            f"if everything stayed deployed, {_usd(self.standing_usd_per_month)}.",
            f"Basis: {self.basis}.",
        )


@dataclass(frozen=True, slots=True)
class EphemeralResult:
    """The results: the run's manifest, the export (None if no features are published) and the cost."""

    manifest: RunManifest
    folder: Path
    export: Export | None
    cost: EphemeralCost
    removed: str

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        export = {"folder": str(self.folder), **self.export.as_record()} if self.export is not None else None
        return {
            "run_id": self.manifest.run_id,
            "manifest": self.manifest.model_dump(mode="json"),
            "export": export,
            "removed": self.removed,
            "cost": asdict(self.cost),
        }


def run_ephemeral(workspace: Workspace, wanted: EphemeralRun) -> EphemeralResult:
    """Do all steps; if one fails, leave the deployment in place, so that the failure can be examined.

    The remedy of every error, and the message after an interruption, says what is still deployed and which command
    removes it. The same command continues from there: what is deployed and uploaded is not created twice.

    Raises:
        ConfigurationError: the approved level is too low, or the folder is not empty; nothing was done.
        InterruptedCommandError: it was interrupted.
        QuartalError: a step failed.
        ReviewError: a plan could not be reviewed.
    """
    if not workspace.settings.is_local and wanted.approved < Level.DESTROY:
        raise ConfigurationError(
            f"An ephemeral run of '{workspace.settings.environment}' removes everything but the data at its end. "
            "Nothing was done.",
            remedy=f"Read `quartal plan`, then add --approve {Level.DESTROY.word}.",
        )
    if wanted.out is not None:
        refuse_used_folder(wanted.out)
    try:
        return _run(workspace, wanted)
    except KeyboardInterrupt as interrupt:
        raise InterruptedCommandError("Interrupted.", remedy=_what_stands(workspace)) from interrupt
    except (QuartalError, ReviewError) as error:
        stands = _what_stands(workspace, may_run=isinstance(error, _RUN_MAY_CONTINUE))
        error.remedy = f"{error.remedy} {stands}".strip()
        raise
    except (BotoCoreError, ClientError) as error:
        known = as_aws_error(error)
        known.remedy = f"{known.remedy} {_what_stands(workspace)}".strip()
        raise known from error


def show_result(workspace: Workspace, result: EphemeralResult) -> None:
    """Print the result; with --json including the whole manifest."""
    console = workspace.console
    if console.as_json:
        console.json(result.as_record())
        return
    show_manifest(console, result.manifest)
    exported = (
        f"{result.folder}: {count(result.export.rows, 'row')} of {result.export.table} at {result.export.tag}"
        if result.export is not None
        else "No features are published yet, so nothing was exported."
    )
    lines = (exported, f"{workspace.settings.environment}: {result.removed}; the data stays.", *result.cost.sentences())
    console.result("\n".join(lines), data=None)


def _run(workspace: Workspace, wanted: EphemeralRun) -> EphemeralResult:
    console = workspace.console
    console.heading("Deploy")
    deployed = _applied(workspace, ReviewOptions(policies=wanted.policies), wanted.approved)
    if wanted.sources:
        console.heading("Upload")
        only = wanted.deliveries[0] if len(wanted.deliveries) == 1 else None
        sent = deliver(workspace, wanted.sources, delivery=only, options=UploadOptions())
        console.done(f"{count(len(sent.uploaded), 'file')} uploaded, {len(sent.unchanged)} unchanged")
    console.heading("Run")
    run_id = start_run(workspace, wanted.deliveries, wanted.withdrawn)
    manifest = follow_run(workspace, run_id, timeout_s=wanted.timeout_s)
    console.heading("Export")
    folder = wanted.out or workspace.settings.state_dir / "exports" / workspace.settings.environment / run_id
    export = _export(workspace, folder)
    job = _job_cost(workspace, run_id)
    console.heading("Remove everything but the data")
    refuse_during_a_run(workspace)
    removed = _applied(workspace, ReviewOptions(policies=False, is_destroy=True, keep_data=True), wanted.approved)
    return EphemeralResult(
        manifest=manifest,
        folder=folder,
        export=export,
        cost=ephemeral_cost(workspace.deployment.region, job, deployed.cost, removed.cost),
        removed=removed.plan.summary(),
    )


def refuse_during_a_run(workspace: Workspace) -> None:
    """Stop unless the runs of all feeds have ended.

    Raises:
        UnknownOutcomeError: it is in progress, or that is not known; nothing was removed.
    """
    follow = workspace.command_line("status", "--follow")
    try:
        runs = runs_in_progress(workspace.connection.glue(), workspace.terraform.outputs())
    except (BotoCoreError, ClientError) as error:
        raise UnknownOutcomeError(
            f"It is not known whether a run is in progress, so nothing was removed: {describe_error(error)}.",
            remedy=f"{follow} watches the newest run.",
        ) from error
    for run in runs:
        raise UnknownOutcomeError(
            f"Run {run.run_id} of workflow {run.workflow} is in progress ({run.describe()}), so nothing was removed.",
            remedy=f"{follow} watches it.",
        )


def _applied(workspace: Workspace, options: ReviewOptions, approved: Level) -> Review:
    """Plan, review and apply in one go.

    Raises:
        ConfigurationError: the approved level is too low.
        TerraformError: Terraform refused or failed.
    """
    planned = change.save_plan(workspace, destroy=options.is_destroy, keep_data=options.keep_data)
    review = review_saved_plan(workspace, planned, options)
    console = workspace.console
    console.note(review.plan.summary() if workspace.settings.is_local else render_text(review))
    try:
        refuse_unapproved(workspace, review.verdict, approved)
    except ConfigurationError:
        saved_plan.discard(workspace.staged)
        raise
    if review.plan.is_empty:
        saved_plan.discard(workspace.staged)
    else:
        change.apply_plan(workspace, saved_plan.require_record(workspace.staged))
    return review


def _export(workspace: Workspace, folder: Path) -> Export | None:
    """Export the current features under the best name of their snapshot; None if none are published."""
    try:
        table = published_table(iceberg_catalog(workspace.connection), workspace.deployment, "features")
    except NotDeployedError:
        return None
    snapshot = table.current_snapshot()
    if snapshot is None:
        return None
    names = [tag.name for tag in list_tags(table) if tag.snapshot_id == snapshot.snapshot_id and tag.name != tag.run_id]
    name = max(names, default=str(snapshot.snapshot_id))
    return export_features(table, State(name, snapshot.snapshot_id), folder, ExportFormat.PARQUET)


def _job_cost(workspace: Workspace, run_id: str) -> RunCost | None:
    deployment, glue = workspace.deployment, workspace.connection.glue()
    run = read_run(glue, deployment.workflow, run_id, crawler=deployment.crawler, job=deployment.job)
    job_run = glue.get_job_run(JobName=deployment.job, RunId=run.job.run_id)["JobRun"]
    prices = load_prices(deployment.region, prices_folder(workspace))
    return job_run_cost(dict(job_run), price_basis(prices))


def ephemeral_cost(
    region: str, job: RunCost | None, deployed: CostReview | None, removed: CostReview | None
) -> EphemeralCost:
    """The cost of the run, and of keeping the deployment.

    Args:
        region: named in the message if it has no prices.
        job: of the job run; None if Glue reports no duration.
        deployed: of the plan that deployed, which contains every resource.
        removed: of the plan that removed everything but the data.
    """
    standing_usd = kept_usd = crawl_usd = None
    basis = f"there are no prices for {region}: `quartal cost {region} --refresh` fetches them"
    if deployed is not None and removed is not None:
        standing_usd = sum(line.after.per_month for line in deployed.lines if not _is_per_run(line.address))
        removed_usd = sum(line.before.per_month for line in removed.lines if not _is_per_run(line.address))
        kept_usd = standing_usd - removed_usd
        crawls = [line.after.per_run for line in deployed.lines if ".aws_glue_crawler." in f".{line.address}"]
        crawl_usd = crawls[0] if crawls else None
        basis = deployed.basis
    return EphemeralCost(
        job_usd=job.usd if job is not None else None,
        job_dpu_seconds=job.dpu_seconds if job is not None else None,
        job_measured=str(job.measured) if job is not None else "Glue reports no duration",
        crawl_usd=crawl_usd,
        standing_usd_per_month=standing_usd,
        kept_usd_per_month=kept_usd,
        basis=basis,
    )


def _is_per_run(address: str) -> bool:
    return any(f".{kind}." in f".{address}" for kind in _PER_RUN)


def _what_stands(workspace: Workspace, *, may_run: bool = False) -> str:
    """How many resources other than data are deployed, and the command that removes them; empty if there are none."""
    approval = () if workspace.settings.is_local else (f"--approve {Level.DESTROY.word}",)
    remove = workspace.command_line("destroy", "--keep-data", *approval)
    when = "once the run has ended, " if may_run else ""
    try:
        if not workspace.staged.is_connected:
            return ""
        left = standing(workspace.terraform.resources())
    except QuartalError:
        return f"What is still deployed cannot be read now; {when}{remove} removes it and keeps the data."
    if not left:
        return ""
    where = workspace.settings.environment
    return f"Still deployed in {where}: {count(len(left), 'resource')}; {when}{remove} removes them and keeps the data."


def _usd(value: float | None) -> str:
    return "an unknown sum" if value is None else f"{value:,.2f} USD"
