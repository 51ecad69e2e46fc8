"""The lake's workflow: moto starts its runs. Each runs for a few polls and then ends as configured."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from moto.backends import get_backend
from rich.console import Console as RichConsole

from quartal.core.aws import AwsConnection
from quartal.core.console import Console
from quartal.core.settings import Settings
from quartal.terraform.outputs import Deployment
from quartal.workspace import Workspace
from tests.unit.quartal.manifest_examples import empty_manifest

from .names import ACCOUNT, BUCKET, DATABASE, DATASET, REGION, WORKFLOW
from .proxy import Answer, Backend, Request

CRAWLER, JOB = "crawler", "job"
MANIFESTS = "runs/watched/"  # of its runs, apart from those of the thin job
_LOOKS = 2


@dataclass
class Workflow:
    """The progress and results of its runs.

    Attributes:
        fails: whether the next runs' job fails.
        leave: puts the manifest of a run that has succeeded where its job would.
    """

    leave: Callable[[str, bytes], None]
    fails: bool = False
    _looks: dict[str, int] = field(default_factory=dict)

    def before(self, backend: Backend) -> Backend:
        """A backend that returns the state of runs, which stays RUNNING in moto, and passes all other calls on."""

        def ask(request: Request) -> Answer:
            if request.headers.get("x-amz-target") != "AWSGlue.GetWorkflowRun":
                return backend(request)
            answer = backend(request)
            body = json.loads(answer.body)
            if answer.status == 200:
                body["Run"] |= self._seen(json.loads(request.body)["RunId"])
            return Answer(answer.status, answer.headers, json.dumps(body).encode())

        return ask

    def _seen(self, run_id: str) -> dict[str, Any]:
        looks = self._looks[run_id] = self._looks.get(run_id, 0) + 1
        ended = "FAILED" if self.fails else "SUCCEEDED"
        state = ended if looks > _LOOKS else "RUNNING"
        if state == "SUCCEEDED":
            self.leave(f"{MANIFESTS}{run_id}.json", json.dumps(empty_manifest(run_id=run_id)).encode())
        crawl = {"State": "SUCCEEDED", "StartedOn": 1.0, "CompletedOn": 2.0}
        job = {"Id": "jr_1", "JobRunState": state, "StartedOn": 2.0, "Attempt": 0}
        nodes = [
            {"Type": "CRAWLER", "Name": CRAWLER, "CrawlerDetails": {"Crawls": [crawl]}},
            {"Type": "JOB", "Name": JOB, "JobDetails": {"JobRuns": [job]}},
        ]
        return {"Status": "COMPLETED" if looks > _LOOKS else "RUNNING", "Graph": {"Nodes": nodes}}


def runs_there() -> dict[str, dict[str, str]]:
    """The properties of all runs, without a call."""
    workflow = get_backend("glue")[ACCOUNT][REGION].workflows.get(WORKFLOW)
    return {run_id: dict(run.properties) for run_id, run in workflow.runs.items()} if workflow else {}


def make_workspace(connection: AwsConnection) -> Workspace:
    """A workspace with the parts that commands on runs need."""
    deployment = Deployment(
        region=REGION,
        lake_bucket=BUCKET,
        dataset="watched",
        raw_prefix=f"raw/{DATASET}/",
        database=DATABASE,
        crawler=CRAWLER,
        job=JOB,
        workflow=WORKFLOW,
        schedule="",
        log_groups={"crawler": "c", "job_output": "o", "job_error": "e"},
    )
    settings = SimpleNamespace(is_local=True, naming_options=lambda: ())
    silent = RichConsole(file=io.StringIO())
    workspace = Workspace(cast(Settings, settings), Console(out=silent, err=silent))
    vars(workspace).update(deployment=deployment, connection=connection)  # which it would look up
    return workspace
