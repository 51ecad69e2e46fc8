"""The runs in progress of a whole deployment, which has a workflow for each feed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quartal.core.errors import ConfigurationError, NotDeployedError
from quartal.runs.workflow_run import WorkflowRun, all_runs
from quartal.terraform.outputs import Deployment

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient


def runs_in_progress(glue: GlueClient, outputs: dict[str, Any]) -> tuple[WorkflowRun, ...]:
    """Every run that has not ended, of all feeds of a deployment that has these outputs.

    Raises:
        BotoCoreError, ClientError: Glue could not be asked.
        PipelineError: Glue gives a state that is not known.
    """
    found: list[WorkflowRun] = []
    for dataset in sorted(outputs.get("feeds") or ()):
        try:
            feed = Deployment.from_outputs(outputs, dataset=dataset)
        except (ConfigurationError, NotDeployedError):  # half deployed: it has no workflow yet
            continue
        found += (run for run in all_runs(glue, feed.workflow, crawler=feed.crawler, job=feed.job) if not run.is_done)
    return tuple(found)
