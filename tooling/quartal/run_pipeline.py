"""`quartal run`: starts the workflow, shows what happens, and says what came of it, then or later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quartal.console import Console, WaitingLine
from quartal.diagnosis import explain_failure
from quartal.errors import ConfigurationError, InterruptedCommandError, PipelineError
from quartal.manifests import read_manifest
from quartal.polling import Waiter
from quartal.run_logs import PROGRESS_MARK, LogFollower, all_lines
from quartal.run_report import show_manifest
from quartal.workflow_run import (
    Outcome,
    Step,
    WorkflowRun,
    latest_run,
    read_run,
    selection_of,
    start_workflow_run,
    wait_for_run,
)
from quartal.workspace import Workspace


def run_pipeline(
    workspace: Workspace, *, deliveries: tuple[str, ...], timeout_s: float, withdrawn: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Run the workflow to its end and return the run's manifest.

    Raises:
        InterruptedCommandError: the watching was interrupted.
        PipelineError: the crawl or the job failed; message, log lines and remedy say why.
        WaitTimeoutError: it goes on longer than `timeout_s` seconds.
    """
    return follow_run(workspace, start_run(workspace, deliveries, withdrawn), timeout_s=timeout_s)


def start_run(workspace: Workspace, deliveries: tuple[str, ...], withdrawn: tuple[str, ...] = ()) -> str:
    """Start the workflow and return the run's id; it processes `deliveries` and takes `withdrawn` out of the tables.

    Raises:
        PipelineError: a run is going already.
    """
    workflow = workspace.deployment.workflow
    selected = {"delivery": deliveries, "withdraw": withdrawn}
    properties = {name: ",".join(names) for name, names in selected.items() if names}
    run_id = start_workflow_run(workspace.connection.glue(), workflow, properties)
    workspace.console.say(f"Workflow {workflow}, run {run_id}")
    return run_id


def newest_run(workspace: Workspace) -> str:
    """Id of the workflow's newest run.

    Raises:
        PipelineError: it never ran.
    """
    deployment = workspace.deployment
    glue = workspace.connection.glue()
    run = latest_run(glue, deployment.workflow, crawler=deployment.crawler, job=deployment.job)
    if run is None:
        raise PipelineError(f"Workflow {deployment.workflow} has never run.", remedy="Start it: `quartal run`.")
    return run.run_id


def follow_run(workspace: Workspace, run_id: str, *, timeout_s: float) -> dict[str, Any]:
    """Watch a run to its end, whoever started it, and return its manifest; an interruption ends the watching alone.

    Raises:
        InterruptedCommandError: the watching was interrupted.
        PipelineError: the crawl or the job failed; message, log lines and remedy say why.
        WaitTimeoutError: it goes on longer than `timeout_s` seconds.
    """
    deployment, connection = workspace.deployment, workspace.connection
    glue, logs = connection.glue(), connection.logs()
    with workspace.console.waiting("waiting for the trigger to start the crawler") as line:
        follower = RunFollower(
            workspace.console,
            line,
            lambda step: LogFollower(logs, deployment.log_groups["job_output"], step.run_id),
        )
        try:
            run = wait_for_run(
                glue,
                deployment.workflow,
                run_id,
                crawler=deployment.crawler,
                job=deployment.job,
                waiter=Waiter(
                    timeout_s=timeout_s, initial_s=0.5, longest_s=2.0 if workspace.settings.is_local else 15.0
                ),
                on_state=follower.show,
            )
        except KeyboardInterrupt as interrupt:
            again = typed_command(workspace, "status", "--follow")
            raise InterruptedCommandError(
                f"Stopped watching. Run {run_id} goes on: {again} watches it again."
            ) from interrupt
    if not run.succeeded:
        raise explanation_of(workspace, run)
    return read_manifest(connection.s3(), deployment.lake_bucket, deployment.manifest_key(run_id))


def explanation_of(workspace: Workspace, run: WorkflowRun) -> PipelineError:
    """Why a run that is done did not succeed, and the command that takes it up again."""
    deployment, connection = workspace.deployment, workspace.connection
    selected = selection_of(connection.glue(), deployment.workflow, run.run_id)
    resume = typed_command(workspace, "run", *(f"--{option} {name}" for option, name in selected))
    return explain_failure(connection.logs(), run, log_groups=deployment.log_groups, resume=resume)


def explain_run(workspace: Workspace, run_id: str) -> None:
    """Print how a run went: its manifest, where it is, or why it failed and what to do."""
    deployment, connection, console = workspace.deployment, workspace.connection, workspace.console
    run = read_run(connection.glue(), deployment.workflow, run_id, crawler=deployment.crawler, job=deployment.job)
    if run.succeeded:
        show_manifest(console, read_manifest(connection.s3(), deployment.lake_bucket, deployment.manifest_key(run_id)))
        return
    if not run.is_done:
        watch = typed_command(workspace, "status", "--follow")
        console.result(
            f"Run {run_id} is going on: {run.describe()}. Watch it: {watch}",
            data={"run_id": run_id, "status": run.status, "succeeded": None, "remedy": f"Watch it: {watch}"},
        )
        return
    error = explanation_of(workspace, run)
    console.result(
        "\n".join((error.message, *(f"  │ {line}" for line in error.details), f"What to do: {error.remedy}")),
        data={
            "run_id": run_id,
            "status": run.status,
            "succeeded": False,
            "message": error.message,
            "details": list(error.details),
            "remedy": error.remedy,
        },
    )


def show_logs(workspace: Workspace, run_id: str, *, errors: bool) -> None:
    """Print every line that the job of a run wrote so far, of its output or of its error stream.

    Raises:
        ConfigurationError: there is no such run.
        PipelineError: the run's job has not started.
    """
    deployment, connection = workspace.deployment, workspace.connection
    glue = connection.glue()
    try:
        run = read_run(glue, deployment.workflow, run_id, crawler=deployment.crawler, job=deployment.job)
    except glue.exceptions.EntityNotFoundException as error:
        raise ConfigurationError(
            f"Workflow {deployment.workflow} has no run '{run_id}'.",
            remedy=f"{typed_command(workspace, 'history')} lists the runs.",
        ) from error
    if not run.job.run_id:
        raise PipelineError(
            f"The job of run {run_id} has not started: {run.describe()}.",
            remedy=f"Why: {typed_command(workspace, 'explain', run_id)}.",
        )
    lines = all_lines(connection.logs(), deployment.log_groups["job_error" if errors else "job_output"], run.job.run_id)
    workspace.console.result(
        "\n".join(lines), data={"run_id": run_id, "job_run_id": run.job.run_id, "lines": list(lines)}
    )


class RunFollower:
    """Prints each change of a run once, and the job's own progress lines between them."""

    def __init__(self, console: Console, line: WaitingLine, follow: Callable[[Step], LogFollower]) -> None:
        self._console = console
        self._line = line
        self._follow = follow
        self._seen: dict[str, Outcome] = {}
        self._job_log: LogFollower | None = None

    def show(self, run: WorkflowRun) -> None:
        """Print what has changed since the last call."""
        if self._job_log is None and run.job.run_id:
            self._job_log = self._follow(run.job)
        if self._job_log is not None:
            for text in self._job_log.new_lines():
                if text.startswith(PROGRESS_MARK):
                    self._console.say(f"    {text.removeprefix(PROGRESS_MARK).strip()}")
        for step in (run.crawl, run.job):
            if step.outcome is not Outcome.NOT_STARTED and self._seen.get(step.kind) is not step.outcome:
                self._seen[step.kind] = step.outcome
                self._announce(step)
        self._line.update(
            f"waiting for the {'job' if run.crawl.outcome is Outcome.SUCCEEDED else 'crawl'}: {run.describe()}"
        )

    def _announce(self, step: Step) -> None:
        if step.outcome is Outcome.SUCCEEDED:
            self._console.done(f"{step.kind} {step.name} {step.outcome} in {step.seconds or 0:.0f} s")
        else:
            self._console.say(f"  {step.kind} {step.name} {step.outcome}")


def typed_command(workspace: Workspace, *words: str) -> str:
    """A command of ours as a user would type it for this environment."""
    environment = () if workspace.settings.is_local else (f"--env {workspace.settings.environment}",)
    return f"`{' '.join(('quartal', words[0], *environment, *words[1:]))}`"
