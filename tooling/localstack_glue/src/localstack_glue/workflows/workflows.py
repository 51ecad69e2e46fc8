"""Workflows and their runs (G5-G9)."""

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.clock import Clock
from localstack_glue.service.errors import (
    AlreadyExistsException,
    EntityNotFoundException,
    IllegalWorkflowStateException,
)
from localstack_glue.service.models import JsonDict, Trigger, Workflow, WorkflowRun, WorkflowRunStatus
from localstack_glue.service.pagination import page
from localstack_glue.service.tagging import Tagger
from localstack_glue.workflows import view

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import (
        BatchGetWorkflowsRequestTypeDef,
        CreateWorkflowRequestTypeDef,
        DeleteWorkflowRequestTypeDef,
        GetWorkflowRequestTypeDef,
        GetWorkflowRunPropertiesRequestTypeDef,
        GetWorkflowRunRequestTypeDef,
        GetWorkflowRunsRequestTypeDef,
        ListWorkflowsRequestTypeDef,
        PutWorkflowRunPropertiesRequestTypeDef,
        ResumeWorkflowRunRequestTypeDef,
        StartWorkflowRunRequestTypeDef,
        StopWorkflowRunRequestTypeDef,
        UpdateWorkflowRequestTypeDef,
    )


class RunStarter(Protocol):
    """Starts and stops workflow runs."""

    def start_workflow_run(self, scope: Scope, workflow: Workflow, properties: dict[str, str]) -> WorkflowRun:
        """Start a run."""
        ...

    def resume_workflow_run(
        self, scope: Scope, workflow: Workflow, previous: WorkflowRun, node_ids: Sequence[str]
    ) -> tuple[WorkflowRun, list[str]]:
        """Run parts of a run again."""
        ...

    def stop_workflow_run(self, scope: Scope, run: WorkflowRun) -> None:
        """Stop a run."""
        ...


class Workflows:
    """The workflow calls of the API."""

    def __init__(self, clock: Clock, lock: threading.RLock, tagger: Tagger, starter: RunStarter) -> None:
        self._clock = clock
        self._lock = lock
        self._tagger = tagger
        self._starter = starter

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "BatchGetWorkflows": self.batch_get,
            "CreateWorkflow": self.create,
            "DeleteWorkflow": self.delete,
            "GetWorkflow": self.get,
            "GetWorkflowRun": self.get_run,
            "GetWorkflowRunProperties": self.get_run_properties,
            "GetWorkflowRuns": self.get_runs,
            "ListWorkflows": self.list_names,
            "PutWorkflowRunProperties": self.put_run_properties,
            "ResumeWorkflowRun": self.resume_run,
            "StartWorkflowRun": self.start_run,
            "StopWorkflowRun": self.stop_run,
            "UpdateWorkflow": self.update,
        }

    def create(self, scope: Scope, request: "CreateWorkflowRequestTypeDef") -> JsonDict:
        """CreateWorkflow."""
        name, now = request["Name"], self._clock.now()
        with self._lock:
            if name in scope.store.workflows:
                raise AlreadyExistsException(f"Workflow {name} already exists")
            scope.store.workflows[name] = Workflow(
                name=name,
                created_on=now,
                modified_on=now,
                description=request.get("Description"),
                default_run_properties=dict(request.get("DefaultRunProperties") or {}),
                max_concurrent_runs=request.get("MaxConcurrentRuns"),
            )
            self._tagger.tag(scope, scope.arn("workflow", name), request.get("Tags"))
        return {"Name": name}

    def get(self, scope: Scope, request: "GetWorkflowRequestTypeDef") -> JsonDict:
        """GetWorkflow."""
        workflow, with_graph = self._find(scope, request["Name"]), bool(request.get("IncludeGraph"))
        return {"Workflow": view.workflow(scope.store, workflow, with_graph=with_graph)}

    def batch_get(self, scope: Scope, request: "BatchGetWorkflowsRequestTypeDef") -> JsonDict:
        """BatchGetWorkflows."""
        workflows, names, with_graph = scope.store.workflows, request["Names"], bool(request.get("IncludeGraph"))
        return {
            "Workflows": [
                view.workflow(scope.store, workflows[name], with_graph=with_graph)
                for name in names
                if name in workflows
            ],
            "MissingWorkflows": [name for name in names if name not in workflows],
        }

    def list_names(self, scope: Scope, request: "ListWorkflowsRequestTypeDef") -> JsonDict:
        """ListWorkflows."""
        found, token = page(
            sorted(scope.store.workflows), request.get("NextToken"), request.get("MaxResults"), default=25, key=str
        )
        return {"Workflows": found, "NextToken": token}

    def update(self, scope: Scope, request: "UpdateWorkflowRequestTypeDef") -> JsonDict:
        """UpdateWorkflow: given members replace, others stay."""
        with self._lock:
            workflow = self._find(scope, request["Name"])
            workflow.description = request.get("Description", workflow.description)
            if "DefaultRunProperties" in request:
                workflow.default_run_properties = dict(request["DefaultRunProperties"])
            workflow.max_concurrent_runs = request.get("MaxConcurrentRuns", workflow.max_concurrent_runs)
            workflow.modified_on = self._clock.now()
        return {"Name": workflow.name}

    def delete(self, scope: Scope, request: "DeleteWorkflowRequestTypeDef") -> JsonDict:
        """DeleteWorkflow; as on AWS, deleting a workflow that does not exist is not an error."""
        with self._lock:
            scope.store.workflows.pop(request["Name"], None)
            self._tagger.forget(scope, scope.arn("workflow", request["Name"]))
        return {"Name": request["Name"]}

    def start_run(self, scope: Scope, request: "StartWorkflowRunRequestTypeDef") -> JsonDict:
        """StartWorkflowRun."""
        workflow = self._find(scope, request["Name"])
        run = self._starter.start_workflow_run(scope, workflow, dict(request.get("RunProperties") or {}))
        return {"RunId": run.run_id}

    def get_run(self, scope: Scope, request: "GetWorkflowRunRequestTypeDef") -> JsonDict:
        """GetWorkflowRun (G7, G9)."""
        run, with_graph = self._find_run(scope, request["Name"], request["RunId"]), bool(request.get("IncludeGraph"))
        with self._lock:
            return {"Run": view.workflow_run(scope.store, run, with_graph=with_graph)}

    def get_runs(self, scope: Scope, request: "GetWorkflowRunsRequestTypeDef") -> JsonDict:
        """GetWorkflowRuns, newest first."""
        runs, with_graph = self._find(scope, request["Name"]).runs[::-1], bool(request.get("IncludeGraph"))
        found, token = page(runs, request.get("NextToken"), request.get("MaxResults"), key=lambda run: run.run_id)
        with self._lock:
            shown = [view.workflow_run(scope.store, run, with_graph=with_graph) for run in found]
        return {"Runs": shown, "NextToken": token}

    def get_run_properties(self, scope: Scope, request: "GetWorkflowRunPropertiesRequestTypeDef") -> JsonDict:
        """GetWorkflowRunProperties (G10)."""
        return {"RunProperties": self._find_run(scope, request["Name"], request["RunId"]).properties}

    def put_run_properties(self, scope: Scope, request: "PutWorkflowRunPropertiesRequestTypeDef") -> JsonDict:
        """PutWorkflowRunProperties: adds and replaces, keeps the others (G10)."""
        with self._lock:
            self._find_run(scope, request["Name"], request["RunId"]).properties.update(request["RunProperties"])
        return {}

    def resume_run(self, scope: Scope, request: "ResumeWorkflowRunRequestTypeDef") -> JsonDict:
        """ResumeWorkflowRun: a new run that begins in the middle (G9); only of a run that is COMPLETED."""
        with self._lock:
            workflow = self._find(scope, request["Name"])
            previous = self._find_run(scope, workflow.name, request["RunId"])
            if previous.status is not WorkflowRunStatus.COMPLETED:
                raise IllegalWorkflowStateException(
                    f"Workflow run {previous.run_id} is {previous.status.value}; only a COMPLETED run can be resumed"
                )
            run, restarted = self._starter.resume_workflow_run(scope, workflow, previous, request["NodeIds"])
        return {"RunId": run.run_id, "NodeIds": restarted}

    def stop_run(self, scope: Scope, request: "StopWorkflowRunRequestTypeDef") -> JsonDict:
        """StopWorkflowRun (G7)."""
        with self._lock:
            run = self._find_run(scope, request["Name"], request["RunId"])
            if run.status is not WorkflowRunStatus.RUNNING:
                raise IllegalWorkflowStateException(f"Workflow run {run.run_id} is not running")
            self._starter.stop_workflow_run(scope, run)
        return {}

    def _find(self, scope: Scope, name: str) -> Workflow:
        if name not in scope.store.workflows:
            raise EntityNotFoundException("Entity not found")
        return scope.store.workflows[name]

    def _find_run(self, scope: Scope, name: str, run_id: str) -> WorkflowRun:
        workflow = self._find(scope, name)
        for run in workflow.runs:
            if run.run_id == run_id:
                return run
        raise EntityNotFoundException("Entity not found")


def workflow_of(scope: Scope, trigger: Trigger) -> Workflow | None:
    """The workflow that a trigger belongs to; None for one outside any workflow.

    Raises:
        EntityNotFoundException: the workflow was deleted. AWS does not say what its triggers do then: they start
            nothing.
    """
    if trigger.workflow_name is None:
        return None
    workflow = scope.store.workflows.get(trigger.workflow_name)
    if workflow is None:
        raise EntityNotFoundException(
            f"Workflow {trigger.workflow_name} not found: trigger {trigger.name} belongs to it and cannot be started;"
            " delete the trigger, or create the workflow again"
        )
    return workflow
