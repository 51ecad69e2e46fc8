"""Finds a run of the workflow: the newest, one by its id, or the manifest of one that Glue no longer knows."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from quartal.core.errors import ConfigurationError, PipelineError
from quartal.runs.manifests import manifest_keys, read_latest_manifests, read_manifest
from quartal.runs.workflow_run import WorkflowRun, all_runs, latest_run, read_run
from quartal.workspace import Workspace

if TYPE_CHECKING:
    from etl_job.manifest.model import RunManifest

_JOB_RUN = "jr_"  # so do Glue's ids of job runs begin


def newest_run(workspace: Workspace) -> str:
    """Id of the workflow's newest run.

    Raises:
        PipelineError: it never ran.
    """
    run_id = _newest_of_glue(workspace)
    if run_id is None:
        raise _never_ran(workspace)
    return run_id


def run_to_explain(workspace: Workspace) -> str:
    """Id of the newest run; if Glue no longer knows it, from its manifest.

    Raises:
        PipelineError: it never ran, or the newest manifest cannot be read.
    """
    run_id = _newest_of_glue(workspace)
    if run_id is None:
        s3, deployment = workspace.connection.s3(), workspace.deployment
        kept = read_latest_manifests(s3, deployment.lake_bucket, deployment.manifests_prefix(), 1)
        for unread in kept.unread:
            raise unread.error
        if not kept.found:
            raise _never_ran(workspace)
        run_id = kept.found[0].run_id
    return run_id


def _newest_of_glue(workspace: Workspace) -> str | None:
    deployment = workspace.deployment
    glue = workspace.connection.glue()
    run = latest_run(glue, deployment.workflow, crawler=deployment.crawler, job=deployment.job)
    return run.run_id if run is not None else None


def _never_ran(workspace: Workspace) -> PipelineError:
    return PipelineError(f"Workflow {workspace.deployment.workflow} has never run.", remedy="Start it: `quartal run`.")


def job_run_alone(workspace: Workspace, run_id: str) -> str:
    """Id of a job run that no workflow started, by its id or, if it left a manifest, by the beginning of its id.

    Raises:
        ConfigurationError: there is no such run, or several begin with its id.
        PipelineError: it was a workflow's, which Glue no longer knows.
    """
    glue, job = workspace.connection.glue(), workspace.deployment.job
    if run_id.startswith(_JOB_RUN):
        with suppress(glue.exceptions.EntityNotFoundException):
            return glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]["Id"]
    found = kept_manifest(workspace, run_id).run_id
    if not found.startswith(_JOB_RUN):
        raise PipelineError(
            f"Glue no longer knows run {found}, so the log of its job cannot be found.",
            remedy=f"{workspace.command_line('explain', found)} shows the run by its manifest.",
        )
    return found


def find_run(workspace: Workspace, run_id: str) -> WorkflowRun | None:
    """A run by its id or the beginning of its id; None if Glue does not know it, or no longer.

    Raises:
        ConfigurationError: several runs begin with it.
    """
    deployment, glue = workspace.deployment, workspace.connection.glue()
    try:
        return read_run(glue, deployment.workflow, run_id, crawler=deployment.crawler, job=deployment.job)
    except glue.exceptions.EntityNotFoundException as error:
        runs = all_runs(glue, deployment.workflow, crawler=deployment.crawler, job=deployment.job)
        matches = [run for run in runs if run_id and run.run_id.startswith(run_id)]
        if len(matches) > 1:
            raise _no_such_run(workspace, run_id, len(matches)) from error
        return matches[0] if matches else None


def kept_manifest(workspace: Workspace, run_id: str) -> RunManifest:
    """The manifest of a run that Glue no longer knows, or that no workflow started.

    Raises:
        ConfigurationError: there is no such run, or several begin with it.
    """
    s3, deployment = workspace.connection.s3(), workspace.deployment
    found = manifest_keys(s3, deployment.lake_bucket, deployment.manifests_prefix(), run_id)
    if len(found) != 1:
        raise _no_such_run(workspace, run_id, len(found))
    return read_manifest(s3, deployment.lake_bucket, found[0])


def _no_such_run(workspace: Workspace, run_id: str, matches: int) -> ConfigurationError:
    what = f"has {matches} runs whose ids begin with" if matches else "has no run"
    return ConfigurationError(
        f"Workflow {workspace.deployment.workflow} {what} '{run_id}'.",
        remedy=f"{workspace.command_line('history')} lists the runs.",
    )
