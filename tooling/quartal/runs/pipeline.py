"""`quartal run`: starts the workflow, shows what happens, and says what came of it, then or later."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import RenderableType

from quartal.core.call_effects import is_expired, is_missing, reason_of
from quartal.core.console import Console
from quartal.core.errors import (
    ConfigurationError,
    InterruptedCommandError,
    OutputError,
    PipelineError,
    QuartalError,
    WaitTimeoutError,
    WatchingError,
)
from quartal.core.polling import Waiter
from quartal.runs.diagnosis import explain_failure
from quartal.runs.diagram import as_table, picture_of, typical_seconds
from quartal.runs.logs import PROGRESS_MARK, LogFollower, all_lines
from quartal.runs.manifests import find_manifest, manifest_keys, read_latest_manifests, read_manifest
from quartal.runs.outcome import Standing, explain_manifest, show_manifest, top_reasons
from quartal.runs.workflow_run import (
    Outcome,
    Step,
    WorkflowRun,
    all_runs,
    latest_run,
    read_run,
    selection_of,
    wait_for_run,
)
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
        PipelineError: the crawl or the job failed; message, log lines and remedy say why.
        UnknownOutcomeError: whether it started, or how it ended, cannot be told; it may go on.
        WaitTimeoutError: it goes on longer than `timeout_s` seconds.
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
        InterruptedCommandError: the starting was interrupted, so it may have started.
        PipelineError: a run is going already.
        UnknownOutcomeError: whether it started cannot be told.
    """
    workflow, connection = workspace.deployment.workflow, workspace.connection
    selected = {"delivery": deliveries, "withdraw": withdrawn}
    properties = {name: ",".join(names) for name, names in selected.items() if names}
    show = typed_command(workspace, "status")
    try:
        starter, reader = connection.glue_once(), connection.glue()
        run_id = start_workflow_run(starter, reader, workflow, properties, show=show, sleep=sleep)
    except KeyboardInterrupt as interrupt:
        raise InterruptedCommandError(
            f"Interrupted while workflow {workflow} was being started: it may run.", remedy=f"{show} shows it."
        ) from interrupt
    workspace.console.say(f"Workflow {workflow}, run {run_id}")
    return run_id


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
    """Id of the newest run, also of one that Glue has forgotten, which its manifest tells of.

    Raises:
        PipelineError: it never ran.
    """
    run_id = _newest_of_glue(workspace)
    if run_id is None:
        s3, deployment = workspace.connection.s3(), workspace.deployment
        kept = read_latest_manifests(s3, deployment.lake_bucket, deployment.manifests_prefix(), 1)
        if not kept:
            raise _never_ran(workspace)
        run_id = kept[0].run_id
    return run_id


def _newest_of_glue(workspace: Workspace) -> str | None:
    deployment = workspace.deployment
    glue = workspace.connection.glue()
    run = latest_run(glue, deployment.workflow, crawler=deployment.crawler, job=deployment.job)
    return run.run_id if run is not None else None


def _never_ran(workspace: Workspace) -> PipelineError:
    return PipelineError(f"Workflow {workspace.deployment.workflow} has never run.", remedy="Start it: `quartal run`.")


def follow_newest_run(workspace: Workspace, *, timeout_s: float) -> RunManifest:
    """Watch the newest run to its end and return its manifest.

    Raises:
        WatchingError: it could not be looked up, or not be watched to its end.
        InterruptedCommandError, PipelineError, WaitTimeoutError: see follow_run.
    """
    try:
        run_id = newest_run(workspace)
    except (BotoCoreError, ClientError) as error:
        again = typed_command(workspace, "status", "--follow")
        raise WatchingError(
            f"The newest run of workflow {workspace.deployment.workflow} could not be looked up: {reason_of(error)}.",
            remedy=f"{_sign_in(error)}What runs goes on; follow it with {again}.",
        ) from error
    return follow_run(workspace, run_id, timeout_s=timeout_s)


def follow_run(
    workspace: Workspace, run_id: str, *, timeout_s: float, sleep: Callable[[float], None] = time.sleep
) -> RunManifest:
    """Watch a run to its end, whoever started it, and return its manifest.

    What ends the watching alone, whether an interruption or an error, says nothing of the run, which goes on.

    Raises:
        InterruptedCommandError: the watching was interrupted.
        PipelineError: the crawl or the job failed; message, log lines and remedy say why.
        WaitTimeoutError: it goes on longer than `timeout_s` seconds.
        WatchingError: it could not be watched to its end, or has succeeded and what it did could not be read.
    """
    again = typed_command(workspace, "status", "--follow")
    try:
        run = _watch(workspace, run_id, again, timeout_s, sleep)
    except KeyboardInterrupt as interrupt:
        raise InterruptedCommandError(
            f"Stopped watching. Run {run_id} goes on.", remedy=f"{again} watches it again."
        ) from interrupt
    except (BrokenPipeError, OutputError, WaitTimeoutError):
        raise
    except Exception as error:  # none of them is the run's own
        raise WatchingError(
            f"Run {run_id} could not be watched any longer: {reason_of(error)}.",
            remedy=f"{typed_command(workspace, 'status')} shows what is deployed: was it removed meanwhile?"
            if is_missing(error)
            else f"{_sign_in(error)}It goes on; follow it with {again}.",
        ) from error
    if not run.succeeded:
        raise _failure_of(workspace, run)
    return _manifest_of(workspace, run_id)


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
        # a small run takes half a minute here: to learn of its end two seconds late would be a good part of that
        first_s, longest_s = (0.25, 0.5) if workspace.settings.is_local else (0.5, 15.0)
        return wait_for_run(
            glue,
            deployment.workflow,
            run_id,
            crawler=deployment.crawler,
            job=deployment.job,
            waiter=Waiter(timeout_s=timeout_s, initial_s=first_s, longest_s=longest_s, sleep=sleep),
            on_state=follower.show,
            on_trouble=lambda error: console.say(f"  no answer for now, trying on: {reason_of(error)}"),
            watch=again,
        )


def _manifest_of(workspace: Workspace, run_id: str) -> RunManifest:
    deployment, s3 = workspace.deployment, workspace.connection.s3()
    try:
        return read_manifest(s3, deployment.lake_bucket, deployment.manifest_key(run_id))
    except (BotoCoreError, ClientError, PipelineError) as error:  # what the last one says is not of the run's end
        tells = f"{_sign_in(error)}{typed_command(workspace, 'explain', run_id)} tells it."
        raise WatchingError(
            f"Run {run_id} has succeeded, but what it did could not be read: {reason_of(error)}.",
            remedy=error.remedy if isinstance(error, PipelineError) else tells,
        ) from error


def _failure_of(workspace: Workspace, run: WorkflowRun) -> PipelineError:
    """Why a run failed; where that cannot be read, that it failed all the same."""
    try:
        return explanation_of(workspace, run)
    except (BotoCoreError, ClientError) as error:
        return PipelineError(
            f"Run {run.run_id} did not succeed: {run.describe()}. Why could not be read: {reason_of(error)}.",
            remedy=f"{_sign_in(error)}{typed_command(workspace, 'explain', run.run_id)} tells it.",
        )


def _sign_in(error: BaseException) -> str:
    return "The AWS credentials have expired: sign in again. " if is_expired(error) else ""


def explanation_of(workspace: Workspace, run: WorkflowRun) -> PipelineError:
    """Why a run that is done did not succeed, and the command that takes it up again."""
    deployment, connection = workspace.deployment, workspace.connection
    selected = selection_of(connection.glue(), deployment.workflow, run.run_id)
    resume = typed_command(workspace, "run", *(f"--{option} {name}" for option, name in selected))
    manifest = find_manifest(connection.s3(), deployment.lake_bucket, deployment.manifest_key(run.run_id))
    reasons = top_reasons(manifest) if manifest else ()
    return explain_failure(connection.logs(), run, log_groups=deployment.log_groups, resume=resume, reasons=reasons)


def explain_run(
    workspace: Workspace, run_id: str, standing_after: Callable[[str], Standing] = lambda _: Standing()
) -> None:
    """Print how a run went: its manifest, where it is, or why it failed and what to do; and how things stand then."""
    deployment, connection, console = workspace.deployment, workspace.connection, workspace.console
    run = _found_run(workspace, run_id)
    if run is None:
        explain_manifest(console, _kept_manifest(workspace, run_id), resume=typed_command(workspace, "run"))
        return
    run_id = run.run_id  # it may have been named by its beginning
    if run.succeeded:
        manifest = read_manifest(connection.s3(), deployment.lake_bucket, deployment.manifest_key(run_id))
        show_manifest(console, manifest, standing=standing_after(run_id))
        return
    if not run.is_done:
        watch = typed_command(workspace, "status", "--follow")
        console.result(
            f"Run {run_id} is going on: {run.describe()}. Watch it: {watch}",
            data={
                "run_id": run_id,
                "status": run.status,
                "state": run.status,
                "succeeded": None,
                "remedy": f"Watch it: {watch}",
            },
        )
        return
    error, standing = explanation_of(workspace, run), standing_after(run_id)
    told = (error.message, *(f"  │ {line}" for line in error.details), f"What to do: {error.remedy}")
    console.result(
        "\n".join((*told, *standing.lines)),
        data={
            "run_id": run_id,
            "status": run.status,
            "state": run.status,
            "succeeded": False,
            "message": error.message,
            "details": list(error.details),
            "remedy": error.remedy,
            **standing.data,
        },
    )


def show_logs(workspace: Workspace, run_id: str, *, errors: bool) -> None:
    """Print every line that the job of a run wrote so far, of its output or of its error stream.

    Raises:
        ConfigurationError: there is no such run.
        PipelineError: the run's job has not started.
    """
    deployment, connection = workspace.deployment, workspace.connection
    run = _known_run(workspace, run_id)
    run_id = run.run_id  # it may have been named by its beginning
    if not run.job.run_id:
        raise PipelineError(
            f"The job of run {run_id} has not started: {run.describe()}.",
            remedy=f"Why: {typed_command(workspace, 'explain', run_id)}.",
        )
    lines = all_lines(connection.logs(), deployment.log_groups["job_error" if errors else "job_output"], run.job.run_id)
    workspace.console.result(
        "\n".join(lines), data={"run_id": run_id, "job_run_id": run.job.run_id, "lines": list(lines)}
    )


def _known_run(workspace: Workspace, run_id: str) -> WorkflowRun:
    run = _found_run(workspace, run_id)
    if run is None:
        raise _no_such_run(workspace, run_id, 0)
    return run


def _found_run(workspace: Workspace, run_id: str) -> WorkflowRun | None:
    """A run by its id or the beginning of it; None where Glue knows none, or none any longer."""
    deployment, glue = workspace.deployment, workspace.connection.glue()
    try:
        return read_run(glue, deployment.workflow, run_id, crawler=deployment.crawler, job=deployment.job)
    except glue.exceptions.EntityNotFoundException as error:
        runs = all_runs(glue, deployment.workflow, crawler=deployment.crawler, job=deployment.job)
        begin_so = [run for run in runs if run_id and run.run_id.startswith(run_id)]
        if len(begin_so) > 1:
            raise _no_such_run(workspace, run_id, len(begin_so)) from error
        return begin_so[0] if begin_so else None


def _kept_manifest(workspace: Workspace, run_id: str) -> RunManifest:
    """The manifest of a run that Glue has forgotten, or that no workflow started."""
    s3, deployment = workspace.connection.s3(), workspace.deployment
    found = manifest_keys(s3, deployment.lake_bucket, deployment.manifests_prefix(), run_id)
    if len(found) != 1:
        raise _no_such_run(workspace, run_id, len(found))
    return read_manifest(s3, deployment.lake_bucket, found[0])


def _no_such_run(workspace: Workspace, run_id: str, begin_so: int) -> ConfigurationError:
    what = f"has {begin_so} runs that begin with" if begin_so else "has no run"
    return ConfigurationError(
        f"Workflow {workspace.deployment.workflow} {what} '{run_id}'.",
        remedy=f"{typed_command(workspace, 'history')} lists the runs.",
    )


def _typical(workspace: Workspace) -> str:
    """How long the last runs that had something to do took; nothing where that cannot be read."""
    deployment = workspace.deployment
    try:
        manifests = read_latest_manifests(
            workspace.connection.s3(), deployment.lake_bucket, deployment.manifests_prefix(), 8
        )
    except (BotoCoreError, ClientError, QuartalError):
        return ""
    return typical_seconds([each.seconds for each in manifests if each.deliveries and not each.reason][:5])


class RunFollower:
    """Shows a run: as a picture where there is a terminal, else each change once, and the job's stages between them.

    Args:
        console: where to.
        follow: makes the reader of a job run's log.
        draw: draws a picture; None where there is no terminal.
        typical: how long the job usually takes, in words.
    """

    def __init__(
        self,
        console: Console,
        follow: Callable[[Step], LogFollower],
        *,
        draw: Callable[[RenderableType], None] | None = None,
        typical: str = "",
    ) -> None:
        self._console = console
        self._follow = follow
        self._draw = draw
        self._typical = typical
        self._seen: dict[tuple[str, str], Outcome] = {}
        self._logs: dict[str, LogFollower] = {}
        self._stages: dict[str, list[str]] = {}

    def show(self, run: WorkflowRun) -> None:
        """Show the run as it is now."""
        new = self._new_stages(run.job) if run.job.run_id else []
        if self._draw is not None:
            stages = tuple(self._stages.get(run.job.run_id, ()))
            self._draw(as_table(picture_of(run, datetime.now(UTC), stages, self._typical)))
            return
        for text in new:
            self._console.say(f"    {text}")
        for step in (run.crawl, run.job):
            # a retry is a job run of its own
            key = (step.kind, step.run_id)
            if step.outcome is not Outcome.NOT_STARTED and self._seen.get(key) is not step.outcome:
                self._seen[key] = step.outcome
                self._announce(step)

    def _new_stages(self, job: Step) -> list[str]:
        if job.run_id not in self._logs:
            self._logs[job.run_id] = self._follow(job)
        try:
            lines = self._logs[job.run_id].new_lines()
        except (BotoCoreError, ClientError):  # the run is what is watched; its log is read again the next time
            return []
        new = [text.removeprefix(PROGRESS_MARK).strip() for text in lines if text.startswith(PROGRESS_MARK)]
        self._stages.setdefault(job.run_id, []).extend(new)
        return new

    def _announce(self, step: Step) -> None:
        if step.outcome is Outcome.SUCCEEDED:
            self._console.done(f"{step.kind} {step.name} {step.outcome} in {step.seconds or 0:.0f} s")
        else:
            self._console.say(f"  {step.kind} {step.name} {step.outcome}")


def typed_command(workspace: Workspace, *words: str) -> str:
    """A command of ours as a user would type it for this environment and feed."""
    return f"`{' '.join(('quartal', words[0], *workspace.settings.naming_options(), *words[1:]))}`"
