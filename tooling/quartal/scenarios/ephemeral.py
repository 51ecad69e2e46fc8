"""`quartal run --ephemeral`: deploys, uploads, runs, exports, removes all but the data, and says what it cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from plan_review.cost import CostReview
from plan_review.errors import ReviewError
from plan_review.policies import Level
from plan_review.prices import load_prices
from plan_review.render_text import render_text
from plan_review.review import Review
from quartal.core.aws import as_aws_error
from quartal.core.call_effects import reason_of
from quartal.core.errors import (
    ConfigurationError,
    InterruptedCommandError,
    NotDeployedError,
    QuartalError,
    UnknownOutcomeError,
    WaitTimeoutError,
)
from quartal.deliver.upload.uploads import UploadOptions, deliver
from quartal.deploy import change
from quartal.deploy.review import ReviewOptions, prices_folder, refuse_unapproved, review_saved_plan
from quartal.features.export import Export, ExportFormat, export_features, refuse_used_folder
from quartal.features.query import iceberg_catalog, published_table
from quartal.features.tags import State, tags_of
from quartal.report.cost import RunCost, job_run_cost, price_basis
from quartal.runs.outcome import show_manifest
from quartal.runs.pipeline import follow_run, start_run, typed_command
from quartal.runs.workflow_run import latest_run, read_run
from quartal.terraform import saved_plan
from quartal.terraform.retained_data import standing
from quartal.workspace import Workspace

if TYPE_CHECKING:
    from etl_job.manifest.model import RunManifest

_RUN_MAY_GO_ON = (InterruptedCommandError, UnknownOutcomeError, WaitTimeoutError)
# what a run costs is the same whether or not the rest stands between the runs
_PER_RUN = frozenset({"aws_glue_crawler", "aws_glue_job"})


@dataclass(frozen=True, slots=True)
class EphemeralRun:
    """What is wanted.

    Attributes:
        deliveries: process these; none for all that are new or changed. A single one is also the delivery of `sources`
            that lie in no folder of their own.
        withdrawn: take these out of the tables.
        sources: files and folders to upload first.
        out: folder for the features; None for one under the state folder, named after the run.
        timeout_s: for the run alone.
        given: the consent to what the reviews find.
        policies: whether checkov judges the deployment; None for "where it matters".
    """

    deliveries: tuple[str, ...]
    withdrawn: tuple[str, ...]
    sources: tuple[Path, ...]
    out: Path | None
    timeout_s: float
    given: Level
    policies: bool | None = None


@dataclass(frozen=True, slots=True)
class EphemeralCost:
    """US dollars, at the prices of the region; None where there is no price.

    Attributes:
        job_usd: what the job's run is billed.
        job_dpu_seconds: the quantity that it is billed for.
        job_measured: where that quantity comes from.
        crawl_usd: an estimate for the crawl, of which Glue tells no quantity.
        standing_usd_per_month: what the whole deployment costs by standing, runs left out.
        kept_usd_per_month: what stays of that, for the data.
        basis: what the numbers per month rest on.
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
            f"standing, all of it would be {_usd(self.standing_usd_per_month)}.",
            f"Basis: {self.basis}.",
        )


@dataclass(frozen=True, slots=True)
class EphemeralResult:
    """What came of it: the run's manifest, the export (None where no features are published) and the cost."""

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
    """Do all of it, and leave what stands where it fails, so that the failure can be looked into.

    The remedy of every error, and the message after an interruption, says what still stands and which command removes
    it. The same command takes it up again: what is deployed and uploaded is found, not made twice.

    Raises:
        ConfigurationError: the consent is too small, or the folder is not empty; nothing was done.
        InterruptedCommandError: it was interrupted.
        QuartalError: a step failed.
    """
    if not workspace.settings.is_local and wanted.given < Level.DESTROY:
        raise ConfigurationError(
            f"An ephemeral run of '{workspace.settings.environment}' ends with the removal of all but its data. "
            "Nothing was done.",
            remedy=f"Read `quartal plan`, then give --approve {Level.DESTROY.word}.",
        )
    if wanted.out is not None:
        refuse_used_folder(wanted.out)
    try:
        return _run(workspace, wanted)
    except KeyboardInterrupt as interrupt:
        raise InterruptedCommandError("Interrupted.", remedy=_what_stands(workspace)) from interrupt
    except (QuartalError, ReviewError) as error:
        stands = _what_stands(workspace, may_run=isinstance(error, _RUN_MAY_GO_ON))
        error.remedy = f"{error.remedy} {stands}".strip()
        raise
    except (BotoCoreError, ClientError) as error:
        known = as_aws_error(error)
        known.remedy = f"{known.remedy} {_what_stands(workspace)}".strip()
        raise known from error


def show_result(workspace: Workspace, result: EphemeralResult) -> None:
    """Print it; the manifest in full only where a machine reads."""
    console = workspace.console
    if console.as_json:
        console.json(result.as_record())
        return
    show_manifest(console, result.manifest)
    exported = (
        f"{result.folder}: {result.export.rows:,} rows of {result.export.table} at {result.export.tag}"
        if result.export is not None
        else "No features are published yet, so nothing was exported."
    )
    lines = (exported, f"{workspace.settings.environment}: {result.removed}; the data stays.", *result.cost.sentences())
    console.result("\n".join(lines), data=None)


def _run(workspace: Workspace, wanted: EphemeralRun) -> EphemeralResult:
    console = workspace.console
    console.heading("Deploy")
    deployed = _applied(workspace, ReviewOptions(policies=wanted.policies), wanted.given)
    if wanted.sources:
        console.heading("Upload")
        only = wanted.deliveries[0] if len(wanted.deliveries) == 1 else None
        sent = deliver(workspace, wanted.sources, delivery=only, options=UploadOptions())
        console.done(f"{len(sent.uploaded)} files uploaded, {len(sent.unchanged)} there already")
    console.heading("Run")
    run_id = start_run(workspace, wanted.deliveries, wanted.withdrawn)
    manifest = follow_run(workspace, run_id, timeout_s=wanted.timeout_s)
    console.heading("Export")
    folder = wanted.out or workspace.settings.state_dir / "exports" / workspace.settings.environment / run_id
    export = _export(workspace, folder)
    job = _job_cost(workspace, run_id)
    console.heading("Remove all but the data")
    refuse_while_a_run_goes_on(workspace)
    removed = _applied(workspace, ReviewOptions(policies=False, is_destroy=True, keep_data=True), wanted.given)
    return EphemeralResult(
        manifest=manifest,
        folder=folder,
        export=export,
        cost=ephemeral_cost(workspace.deployment.region, job, deployed.cost, removed.cost),
        removed=removed.plan.summary(),
    )


def refuse_while_a_run_goes_on(workspace: Workspace) -> None:
    """Stop unless the newest run of the workflow has ended.

    Raises:
        UnknownOutcomeError: it goes on, or nobody can tell; nothing was removed.
    """
    deployment, connection = workspace.deployment, workspace.connection
    follow = typed_command(workspace, "status", "--follow")
    try:
        run = latest_run(connection.glue(), deployment.workflow, crawler=deployment.crawler, job=deployment.job)
    except (BotoCoreError, ClientError) as error:
        raise UnknownOutcomeError(
            f"Whether a run goes on could not be looked up, so nothing was removed: {reason_of(error)}.",
            remedy=f"{follow} watches the newest run.",
        ) from error
    if run is not None and not run.is_done:
        raise UnknownOutcomeError(
            f"Run {run.run_id} goes on ({run.describe()}), so nothing was removed.", remedy=f"{follow} watches it."
        )


def _applied(workspace: Workspace, options: ReviewOptions, given: Level) -> Review:
    """Plan, review and apply in one go."""
    planned = change.save_plan(workspace, destroy=options.is_destroy, keep_data=options.keep_data)
    made = review_saved_plan(workspace, planned, options)
    console = workspace.console
    console.say(made.plan.summary() if workspace.settings.is_local else render_text(made))
    try:
        refuse_unapproved(workspace, made.verdict, given)
    except ConfigurationError:
        saved_plan.discard(workspace.staged)
        raise
    if made.plan.is_empty:
        saved_plan.discard(workspace.staged)
    else:
        change.apply_plan(workspace, saved_plan.require_record(workspace.staged))
    return made


def _export(workspace: Workspace, folder: Path) -> Export | None:
    """The features as they are now, under the best name of their snapshot; None where none are published."""
    try:
        table = published_table(iceberg_catalog(workspace.connection), workspace.deployment, "features")
    except NotDeployedError:
        return None
    snapshot = table.current_snapshot()
    if snapshot is None:
        return None
    names = [tag.name for tag in tags_of(table) if tag.snapshot_id == snapshot.snapshot_id and tag.name != tag.run_id]
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
    """The cost of the run against that of standing.

    Args:
        region: for the message where it has no prices.
        job: of the job's run; None where Glue says no duration.
        deployed: of the plan that deployed, which has every resource in it.
        removed: of the plan that removed all but the data, which has only what went.
    """
    standing_usd = kept_usd = crawl_usd = None
    basis = f"there are no prices for {region}: `quartal cost {region} --refresh` fetches them"
    if deployed is not None and removed is not None:
        standing_usd = sum(line.after.per_month for line in deployed.lines if not _is_per_run(line.address))
        gone_usd = sum(line.before.per_month for line in removed.lines if not _is_per_run(line.address))
        kept_usd = standing_usd - gone_usd
        crawls = [line.after.per_run for line in deployed.lines if ".aws_glue_crawler." in f".{line.address}"]
        crawl_usd = crawls[0] if crawls else None
        basis = deployed.basis
    return EphemeralCost(
        job_usd=job.usd if job is not None else None,
        job_dpu_seconds=job.dpu_seconds if job is not None else None,
        job_measured=str(job.measured) if job is not None else "Glue says no duration",
        crawl_usd=crawl_usd,
        standing_usd_per_month=standing_usd,
        kept_usd_per_month=kept_usd,
        basis=basis,
    )


def _is_per_run(address: str) -> bool:
    return any(f".{kind}." in f".{address}" for kind in _PER_RUN)


def _what_stands(workspace: Workspace, *, may_run: bool = False) -> str:
    """What is deployed beside data, and the command that removes it; empty where nothing is."""
    consent = () if workspace.settings.is_local else (f"--approve {Level.DESTROY.word}",)
    remove = typed_command(workspace, "destroy", "--keep-data", *consent)
    when = "once the run has ended, " if may_run else ""
    try:
        if not workspace.staged.is_connected:
            return ""
        left = standing(workspace.terraform.resources())
    except QuartalError:
        return f"What of it still stands cannot be read now; {when}{remove} removes it and keeps the data."
    if not left:
        return ""
    where = workspace.settings.environment
    return f"{len(left)} resources of {where} still stand: {when}{remove} removes them and keeps the data."


def _usd(value: float | None) -> str:
    return "an unknown sum" if value is None else f"{value:,.2f} USD"
