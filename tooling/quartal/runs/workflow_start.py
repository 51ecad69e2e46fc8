"""Starts a workflow run once; if the answer is lost, finds the run by a token among its properties."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, ResponseStreamingError

from quartal.core.errors import AwsError, PipelineError, UnknownOutcomeError
from quartal.core.failed_calls import Effect, call_effect, describe_error
from quartal.core.retries import retry_transient
from quartal.runs.workflow_run import ENDED, no_such_workflow

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_glue.type_defs import WorkflowRunTypeDef

START_TOKEN = "quartal_start"  # noqa: S105  # property of a run; it names the call that started it, and nothing secret
_ATTEMPTS = 4
_LOOKS = 4
_FIRST_PAUSE_S = 1.0
_READ_PATIENCE_S = 60.0
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

    Starting the crawler itself would never start the job (G1, G2): only the workflow's trigger does. A call whose
    answer is lost may have started it: then the run is looked up, and the call is repeated only if there is none.

    Args:
        starter: a client that sends each request once.
        reader: a client that may repeat requests.
        workflow: name of the workflow.
        properties: of the run.
        show: the command that shows the newest run.
        sleep: what pauses between attempts.
        new_token: makes a token that is unique to this start.

    Raises:
        NotDeployedError: there is no such workflow, as after `destroy --keep-data`.
        PipelineError: another run is in progress, and the workflow allows no second one (G8).
        AwsError: it was not started; the message has the reason.
        UnknownOutcomeError: it is not known whether it was started, or whether a run in progress is this one.
    """
    token = new_token()
    pause_s = _FIRST_PAUSE_S
    was_lost = False
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            answer = starter.start_workflow_run(Name=workflow, RunProperties={**properties, START_TOKEN: token})
            if run_id := answer.get("RunId"):
                return run_id
            failure: Exception = ResponseStreamingError(error="the answer to StartWorkflowRun was cut off")
            effect = Effect.UNKNOWN
        except Exception as error:  # after any error, the list of runs decides
            failure, effect = error, call_effect(error)
        code = failure.response.get("Error", {}).get("Code", "") if isinstance(failure, ClientError) else ""
        was_lost = was_lost or effect is Effect.UNKNOWN
        if was_lost:
            found = _look_for(reader, workflow, token, failure, show, sleep)
            if found is not None:
                return found
        if code == "EntityNotFoundException":
            raise no_such_workflow(workflow) from failure
        if code == _ANOTHER_RUNS and was_lost and not _is_another_shown(reader, workflow):
            raise UnknownOutcomeError(
                f"Workflow {workflow} is running, and the run may be the one that this command started: an answer to "
                "its first attempts was lost, and Glue does not show the run yet.",
                remedy=f"{show} shows the newest run. Start another only if that run is not yours.",
            ) from failure
        if code == _ANOTHER_RUNS:
            raise PipelineError(
                f"Workflow {workflow} is already running.",
                remedy="Watch that run to its end with `quartal status --follow`, then start this one again.",
            ) from failure
        if effect is Effect.REFUSED or attempt == _ATTEMPTS:
            break
        sleep(pause_s)
        pause_s *= 2
    raise AwsError(
        f"Workflow {workflow} was not started: {describe_error(failure)}.",
        remedy=_remedy_for(failure, show),
    ) from failure


def _look_for(
    reader: GlueClient,
    workflow: str,
    token: str,
    failure: Exception,
    show: str,
    sleep: Callable[[float], None],
) -> str | None:
    """The run with this token; None if repeated look-ups do not find it.

    Raises:
        UnknownOutcomeError: the runs cannot be listed.
    """
    pause_s = _FIRST_PAUSE_S
    for look in range(_LOOKS):
        if look:
            sleep(pause_s)
            pause_s *= 2
        try:
            found = retry_transient(lambda: _find_run(reader, workflow, token), outage_s=_READ_PATIENCE_S, sleep=sleep)
        except Exception as error:
            raise UnknownOutcomeError(
                f"It is not known whether workflow {workflow} was started: the answer was lost "
                f"({describe_error(failure)}), and its runs could not be listed afterwards ({describe_error(error)}).",
                remedy=f"{show} shows the newest run. Start another only if that run is not yours.",
            ) from failure
        if found is not None:
            return found
    return None


def _find_run(reader: GlueClient, workflow: str, token: str) -> str | None:
    runs = _runs(reader, workflow)
    named = (run["WorkflowRunId"] for run in runs if run.get("WorkflowRunProperties", {}).get(START_TOKEN) == token)
    return next(named, None)


def _runs(reader: GlueClient, workflow: str) -> Iterator[WorkflowRunTypeDef]:
    """All runs of the workflow: AWS does not document in which order it lists them."""
    pages = reader.get_paginator("get_workflow_runs").paginate(Name=workflow)
    return (run for page in pages for run in page.get("Runs", []))


def _is_another_shown(reader: GlueClient, workflow: str) -> bool:
    """Whether Glue shows a run in progress; ours was looked for before. False if the runs cannot be listed."""
    try:
        return any(run.get("Status") not in ENDED for run in _runs(reader, workflow))
    except Exception:  # the outcome is then reported as unknown
        return False


def _remedy_for(failure: Exception, show: str) -> str:
    from quartal.core.aws import as_aws_error

    known = as_aws_error(failure).remedy
    return f"{known} {show} shows the runs."
