"""Starts a workflow run once, and finds it where the answer was lost: by a token among its properties."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, ResponseStreamingError

from quartal.core.call_effects import Effect, effect_of, may_pass, reason_of
from quartal.core.errors import AwsError, PipelineError, UnknownOutcomeError
from quartal.core.polling import ask_patiently
from quartal.runs.workflow_run import gone

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

START_TOKEN = "quartal_start"  # noqa: S105  # property of a run; it names the call that started it, and nothing secret
_ATTEMPTS = 4
_LOOKS = 4
_FIRST_PAUSE_S = 1.0
_READ_PATIENCE_S = 60.0
_RUNS = 25  # the most that GetWorkflowRuns gives at once
_ANOTHER_RUNS = "ConcurrentRunsExceededException"


def start_workflow_run(
    starter: GlueClient,
    reader: GlueClient,
    workflow: str,
    properties: dict[str, str],
    *,
    show: str = "`quartal status`",
    sleep: Callable[[float], None] = time.sleep,
    new_token: Callable[[], str] = lambda: uuid.uuid4().hex,
) -> str:
    """Start the workflow on demand and return the run's id.

    Starting the crawler itself would never start the job (G1, G2): only the workflow's own trigger does. A call whose
    answer is lost may have started it: then its run is looked for, and only where there is none is it called again.

    Args:
        starter: sends each request once.
        reader: looks for the run; may repeat itself.
        workflow: name of the workflow.
        properties: of the run.
        show: the command that shows the newest run.
        sleep: what pauses between attempts.
        new_token: makes the token that tells this start from all others.

    Raises:
        NotDeployedError: there is no such workflow, as after `destroy --keep-data`.
        PipelineError: another run is going, and the workflow allows no second one (G8).
        AwsError: it was not started, for the reason that the message says.
        UnknownOutcomeError: whether it was started cannot be told.
    """
    token = new_token()
    pause_s = _FIRST_PAUSE_S
    was_lost = False
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            answer = starter.start_workflow_run(Name=workflow, RunProperties={**properties, START_TOKEN: token})
            if run_id := answer.get("RunId"):
                return run_id
            failure: Exception = ResponseStreamingError(error="the answer to StartWorkflowRun broke off")
            effect = Effect.UNKNOWN
        except Exception as error:  # whatever it was, the list of runs decides
            failure, effect = error, effect_of(error)
        code = failure.response.get("Error", {}).get("Code", "") if isinstance(failure, ClientError) else ""
        if code == "EntityNotFoundException":
            raise gone(workflow) from failure
        was_lost = was_lost or effect is Effect.UNKNOWN
        if was_lost:
            found = _look_for(reader, workflow, token, failure, show, sleep)
            if found is not None:
                return found
        if code == _ANOTHER_RUNS:
            raise PipelineError(
                f"Workflow {workflow} is running already.",
                remedy="Watch that run to its end: `quartal status --follow`; then start this one again.",
            ) from failure
        if effect is Effect.REFUSED or attempt == _ATTEMPTS:
            break
        sleep(pause_s)
        pause_s *= 2
    raise AwsError(
        f"Workflow {workflow} was not started: {reason_of(failure)}.",
        remedy=_remedy_of(failure, show),
    ) from failure


def _look_for(
    reader: GlueClient,
    workflow: str,
    token: str,
    failure: Exception,
    show: str,
    sleep: Callable[[float], None],
) -> str | None:
    """The run of this token; None where several looks do not find it."""
    pause_s = _FIRST_PAUSE_S
    for look in range(_LOOKS):
        if look:
            sleep(pause_s)
            pause_s *= 2
        try:
            found = ask_patiently(
                lambda: _run_of(reader, workflow, token), may_pass, outage_s=_READ_PATIENCE_S, sleep=sleep
            )
        except Exception as error:
            raise UnknownOutcomeError(
                f"Whether workflow {workflow} was started is not known: the answer was lost ({reason_of(failure)}), "
                f"and its runs could not be listed afterwards ({reason_of(error)}).",
                remedy=f"{show} shows the newest run: start it again only where that is none of yours.",
            ) from failure
        if found is not None:
            return found
    return None


def _run_of(reader: GlueClient, workflow: str, token: str) -> str | None:
    runs = reader.get_workflow_runs(Name=workflow, MaxResults=_RUNS).get("Runs", [])
    named = [run["WorkflowRunId"] for run in runs if run.get("WorkflowRunProperties", {}).get(START_TOKEN) == token]
    return named[0] if named else None


def _remedy_of(failure: Exception, show: str) -> str:
    from quartal.core.aws import as_aws_error

    known = as_aws_error(failure).remedy
    return f"{known} {show} shows the runs."
