"""`quartal run` and `quartal status --follow`: starts the workflow, and watches a run to its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from quartal.core.errors import (
    InterruptedCommandError,
    OutputError,
    PipelineError,
    QuartalError,
    WaitTimeoutError,
    WatchingError,
)
from quartal.core.failed_calls import describe_error, is_expired, is_missing
from quartal.core.polling import Waiter
from quartal.runs.diagram import typical_seconds
from quartal.runs.explain import explained_failure
from quartal.runs.follower import RunFollower
from quartal.runs.logs import LogFollower
from quartal.runs.lookup import newest_run
from quartal.runs.manifests import read_latest_manifests, read_manifest
from quartal.runs.workflow_run import WorkflowRun, wait_for_run
from quartal.runs.workflow_start import start_workflow_run
from quartal.workspace import Workspace

if TYPE_CHECKING:
    from etl_job.manifest.model import RunManifest


def run_pipeline(
    workspace: Workspace, *, deliveries: tuple[str, ...], timeout_s: float, withdrawn: tuple[str, ...] = ()
) -> RunManifest:
    """Run the workflow to its end and return the run's manifest.

    Raises:
        InterruptedCommandError: the watching was interrupted.
        PipelineError: the crawl or the job failed; message, log lines and remedy have the reason.
        UnknownOutcomeError: it is not known whether it started or how it ended; it may still be running.
        WaitTimeoutError: it takes longer than `timeout_s` seconds.
    """
    return follow_run(workspace, start_run(workspace, deliveries, withdrawn), timeout_s=timeout_s)


def start_run(
    workspace: Workspace,
    deliveries: tuple[str, ...],
    withdrawn: tuple[str, ...] = (),
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Start the workflow and return the run's id; it processes `deliveries` and takes `withdrawn` out of the tables.

    Raises:
        AwsError: it was not started.
        ConfigurationError: a delivery is not there; nothing was started.
        InterruptedCommandError: the start was interrupted; the run may have started.
        PipelineError: a run is already in progress.
        UnknownOutcomeError: it is not known whether it started.
    """
    workflow, connection = workspace.deployment.workflow, workspace.connection
    if deliveries or withdrawn:
        from quartal.runs.named_deliveries import refuse_unknown_deliveries  # which help need not load

        refuse_unknown_deliveries(
            workspace.deployment,
            connection.s3(),
            connection.glue(),
            processed=deliveries,
            withdrawn=withdrawn,
            typed=workspace.command_line,
        )
    selected = {"delivery": deliveries, "withdraw": withdrawn}
    properties = {name: ",".join(names) for name, names in selected.items() if names}
    show = workspace.command_line("status")
    try:
        starter, reader = connection.glue_once(), connection.glue()
        run_id = start_workflow_run(starter, reader, workflow, properties, show=show, sleep=sleep)
    except KeyboardInterrupt as interrupt:
        raise InterruptedCommandError(
            f"Interrupted while workflow {workflow} was being started; it may be running.", remedy=f"{show} shows it."
        ) from interrupt
    workspace.console.note(f"Workflow {workflow}, run {run_id}")
    return run_id


def follow_newest_run(workspace: Workspace, *, timeout_s: float) -> RunManifest:
    """Watch the newest run to its end and return its manifest.

    Raises:
        WatchingError: it could not be looked up, or not be watched to its end.
        InterruptedCommandError: as in follow_run.
        PipelineError: as in follow_run, or the workflow never ran.
        WaitTimeoutError: as in follow_run.
    """
    try:
        run_id = newest_run(workspace)
    except (BotoCoreError, ClientError) as error:
        again = workspace.command_line("status", "--follow")
        raise WatchingError(
            f"The newest run of workflow {workspace.deployment.workflow} could not be looked up: "
            f"{describe_error(error)}.",
            remedy=f"{_sign_in(error)}A run in progress continues; watch it with {again}.",
        ) from error
    return follow_run(workspace, run_id, timeout_s=timeout_s)


def follow_run(
    workspace: Workspace, run_id: str, *, timeout_s: float, sleep: Callable[[float], None] = time.sleep
) -> RunManifest:
    """Watch a run to its end, whoever started it, and return its manifest.

    An interruption or an error of the watching does not end the run.

    Raises:
        InterruptedCommandError: the watching was interrupted.
        PipelineError: the crawl or the job failed; message, log lines and remedy have the reason.
        BrokenPipeError: the reader of the output has stopped reading.
        OutputError: the progress cannot be written.
        WaitTimeoutError: it takes longer than `timeout_s` seconds.
        WatchingError: it could not be watched to its end, or it succeeded and its result could not be read.
    """
    again = workspace.command_line("status", "--follow")
    try:
        run = _watch(workspace, run_id, again, timeout_s, sleep)
    except KeyboardInterrupt as interrupt:
        raise InterruptedCommandError(
            f"Stopped watching. Run {run_id} continues.", remedy=f"{again} watches it again."
        ) from interrupt
    except (BrokenPipeError, OutputError, WaitTimeoutError):
        raise
    except Exception as error:  # none of them is the run's own
        raise WatchingError(
            f"Run {run_id} can no longer be watched: {describe_error(error)}.",
            remedy=f"The pipeline may have been removed, and a job that had begun may still run: "
            f"{workspace.command_line('status')} shows what there is."
            if is_missing(error)
            else f"{_sign_in(error)}The run continues; watch it with {again}.",
        ) from error
    if not run.succeeded:
        raise _failure(workspace, run)
    return _read_manifest(workspace, run_id)


def _watch(
    workspace: Workspace, run_id: str, again: str, timeout_s: float, sleep: Callable[[float], None]
) -> WorkflowRun:
    deployment, connection, console = workspace.deployment, workspace.connection, workspace.console
    glue, logs = connection.glue(), connection.logs()
    with console.live() as draw:
        follower = RunFollower(
            console,
            lambda step: LogFollower(logs, deployment.log_groups["job_output"], step.run_id),
            draw=draw,
            typical=_typical(workspace) if draw else "",
        )
        # a small run takes half a minute here, so pauses of seconds would noticeably delay its end
        first_s, longest_s = (0.25, 0.5) if workspace.settings.is_local else (0.5, 15.0)
        return wait_for_run(
            glue,
            deployment.workflow,
            run_id,
            crawler=deployment.crawler,
            job=deployment.job,
            waiter=Waiter(timeout_s=timeout_s, initial_s=first_s, longest_s=longest_s, sleep=sleep),
            on_state=follower.show,
            on_first_error=lambda error: console.note(
                f"  {'Glue does not show the run yet' if is_missing(error) else 'no answer'}, trying again: "
                f"{describe_error(error)}"
            ),
            watch=again,
        )


def _read_manifest(workspace: Workspace, run_id: str) -> RunManifest:
    deployment, s3 = workspace.deployment, workspace.connection.s3()
    try:
        return read_manifest(s3, deployment.lake_bucket, deployment.manifest_key(run_id))
    except (BotoCoreError, ClientError, PipelineError) as error:  # of the manifest, not of the run
        remedy = f"{_sign_in(error)}{workspace.command_line('explain', run_id)} shows it."
        raise WatchingError(
            f"Run {run_id} succeeded, but its result could not be read: {describe_error(error)}.",
            remedy=error.remedy if isinstance(error, PipelineError) else remedy,
        ) from error


def _failure(workspace: Workspace, run: WorkflowRun) -> PipelineError:
    """Why a run failed; if the reason cannot be read, the error says only that it failed."""
    try:
        return explained_failure(workspace, run)
    except (BotoCoreError, ClientError) as error:
        return PipelineError(
            f"Run {run.run_id} did not succeed: {run.describe()}. "
            f"The reason could not be read: {describe_error(error)}.",
            remedy=f"{_sign_in(error)}{workspace.command_line('explain', run.run_id)} shows it.",
        )


def _sign_in(error: BaseException) -> str:
    return "The AWS credentials have expired: sign in again. " if is_expired(error) else ""


def _typical(workspace: Workspace) -> str:
    """How long the last runs with deliveries took; empty if that cannot be read."""
    deployment = workspace.deployment
    try:
        latest = read_latest_manifests(
            workspace.connection.s3(), deployment.lake_bucket, deployment.manifests_prefix(), 8
        )
    except (BotoCoreError, ClientError, QuartalError):
        return ""
    return typical_seconds([each.seconds for each in latest.found if each.deliveries and not each.reason][:5])
