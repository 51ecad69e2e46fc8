"""`quartal explain` and `quartal logs`: what a run did, or why it failed and what to do, then or later."""

from __future__ import annotations

from collections.abc import Callable

from quartal.core.errors import PipelineError
from quartal.core.typed_commands import as_typed
from quartal.runs.diagnosis import diagnose
from quartal.runs.logs import all_lines
from quartal.runs.lookup import find_run, job_run_alone, kept_manifest
from quartal.runs.manifests import find_manifest, read_manifest
from quartal.runs.outcome import Attention, explain_manifest, show_manifest, top_reasons
from quartal.runs.workflow_run import WorkflowRun, selected_options
from quartal.workspace import Workspace


def explained_failure(workspace: Workspace, run: WorkflowRun) -> PipelineError:
    """Why a finished run did not succeed, and the command that tries again."""
    deployment, connection = workspace.deployment, workspace.connection
    selected = selected_options(connection.glue(), deployment.workflow, run.run_id)
    resume = workspace.command_line("run", *(f"--{option} {name}" for option, name in selected))
    manifest = find_manifest(connection.s3(), deployment.lake_bucket, deployment.manifest_key(run.run_id))
    reasons = top_reasons(manifest) if manifest else ()
    return diagnose(connection.logs(), run, log_groups=deployment.log_groups, resume=resume, reasons=reasons)


def explain_run(
    workspace: Workspace, run_id: str, attention_after: Callable[[str], Attention] = lambda _: Attention()
) -> None:
    """Print how a run went: its manifest, its progress, or why it failed and what to do; and what needs attention.

    Raises:
        ConfigurationError: there is no such run, or several begin with its id.
        PipelineError: its manifest cannot be read.
    """
    deployment, connection, console = workspace.deployment, workspace.connection, workspace.console
    run = find_run(workspace, run_id)
    if run is None:
        explain_manifest(console, kept_manifest(workspace, run_id), resume=workspace.command_line("run"))
        return
    run_id = run.run_id  # the user may have typed only its first characters
    if run.succeeded:
        manifest = read_manifest(connection.s3(), deployment.lake_bucket, deployment.manifest_key(run_id))
        show_manifest(console, manifest, attention=attention_after(run_id))
        return
    if not run.is_done:
        watch = workspace.command_line("status", "--follow")
        console.result(
            f"Run {run_id} is in progress: {run.describe()}. Watch it: {watch}",
            data={
                "run_id": run_id,
                "status": run.status,
                "state": run.status,
                "succeeded": None,
                "remedy": f"Watch it: {watch}",
            },
        )
        return
    error, attention = explained_failure(workspace, run), attention_after(run_id)
    lines = (error.message, *(f"  │ {line}" for line in error.details), f"What to do: {error.remedy}")
    console.result(
        "\n".join((*lines, *attention.lines)),
        data={
            "run_id": run_id,
            "status": run.status,
            "state": run.status,
            "succeeded": False,
            "message": error.message,
            "details": list(error.details),
            "remedy": as_typed(error.remedy),
            **attention.data,
        },
    )


def show_logs(workspace: Workspace, run_id: str, *, errors: bool) -> None:
    """Print every line that the job of a run wrote so far, of its output or of its error stream.

    Raises:
        ConfigurationError: there is no such run.
        PipelineError: the run's job has not started, or Glue no longer knows the run.
    """
    deployment, connection = workspace.deployment, workspace.connection
    run = find_run(workspace, run_id)
    job_run_id = run.job.run_id if run is not None else job_run_alone(workspace, run_id)
    run_id = run.run_id if run is not None else job_run_id  # the user may have typed only its first characters
    if run is not None and not job_run_id:
        raise PipelineError(
            f"The job of run {run_id} has not started: {run.describe()}.",
            remedy=f"See why: {workspace.command_line('explain', run_id)}.",
        )
    group = deployment.log_groups["job_error" if errors else "job_output"]
    lines = all_lines(connection.logs(), group, job_run_id)
    if not lines:
        workspace.console.note(
            f"No line of job run {job_run_id} in {group}: the job wrote none yet, or its log has expired."
        )
    workspace.console.result("\n".join(lines), data={"run_id": run_id, "job_run_id": job_run_id, "lines": list(lines)})
