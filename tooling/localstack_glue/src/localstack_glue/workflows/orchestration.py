"""Fires triggers and continues workflow runs: the consequences of the end of a crawl or a job run (G1-G7)."""

import copy
import logging
import secrets
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from glue_triggers.conditions import End, Kind, Node, ended_since
from localstack_glue.crawlers.crawlers import Crawlers
from localstack_glue.jobs.jobs import Jobs
from localstack_glue.service.account_region import Scope
from localstack_glue.service.clock import Clock
from localstack_glue.service.errors import (
    ConcurrentRunsExceededException,
    EntityNotFoundException,
    GlueError,
    InvalidInputException,
)
from localstack_glue.service.models import (
    RUNNING_CRAWL_STATES,
    RUNNING_JOB_STATES,
    ActionRun,
    Crawl,
    CrawlState,
    JobRun,
    JobRunState,
    JsonDict,
    Origin,
    Predecessors,
    Trigger,
    Workflow,
    WorkflowRun,
    WorkflowRunStatus,
)
from localstack_glue.service.signals import CrawlSignals, JobSignals
from localstack_glue.workflows import resume
from localstack_glue.workflows.view import find_crawls, find_job_runs, newest_state, node_id
from localstack_glue.workflows.workflows import workflow_of

LOG = logging.getLogger(__name__)


class Orchestrator:
    """Starts the actions that follow from ended runs."""

    def __init__(
        self,
        clock: Clock,
        lock: threading.RLock,
        crawlers: Crawlers,
        jobs: Jobs,
        crawl_signals: CrawlSignals,
        job_signals: JobSignals,
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._crawlers = crawlers
        self._jobs = jobs
        crawl_signals.ended.add(self.crawl_ended)
        job_signals.run_ended.add(self.job_run_ended)
        job_signals.retried.add(self.job_run_retried)

    def fire(self, scope: Scope, trigger: Trigger) -> None:
        """Fire a starting trigger; one that belongs to a workflow starts a run of it (G5).

        Raises:
            EntityNotFoundException: its workflow was deleted, or outside a workflow a job or crawler that it starts.
        """
        workflow = workflow_of(scope, trigger)
        if workflow is not None:
            self.start_workflow_run(scope, workflow, {})
        else:
            _check_actions(scope, trigger)
            self._fire(scope, trigger, None)

    def fire_unattended(
        self,
        scope: Scope,
        trigger: Trigger,
        properties: Mapping[str, str] | None = None,
        batch: JsonDict | None = None,
    ) -> None:
        """Fire a starting trigger without a caller: at the workflow's limit, a run in ERROR is recorded (G8).

        That is the only error that a run can have at its start: `WorkflowRun.ErrorMessage` in the API reference.

        Raises:
            EntityNotFoundException: its workflow was deleted.
        """
        workflow = workflow_of(scope, trigger)
        if workflow is None:
            self._fire(scope, trigger, None)
            return
        with self._lock:
            try:
                self.start_workflow_run(scope, workflow, dict(properties or {}), batch)
            except ConcurrentRunsExceededException as error:
                LOG.warning("trigger %s could not start a run: %s", trigger.name, error.message)
                run = self._new_run(scope, workflow, dict(properties or {}), batch)
                run.status, run.error_message, run.completed_on = WorkflowRunStatus.ERROR, error.message, run.started_on
                workflow.runs.append(run)

    def start_workflow_run(
        self, scope: Scope, workflow: Workflow, properties: dict[str, str], batch: JsonDict | None = None
    ) -> WorkflowRun:
        """Start a run over a snapshot of the triggers (G6).

        Raises:
            InvalidInputException: no trigger starts the workflow.
            ConcurrentRunsExceededException: it has as many runs as it may have (G8).
        """
        with self._lock:
            _check_limit(workflow)
            run = self._new_run(scope, workflow, properties, batch)
            start = next((trigger for trigger in run.triggers.values() if trigger.starts_a_chain), None)
            if start is None:
                raise InvalidInputException(f"Workflow {workflow.name} does not have a starting trigger")
            workflow.runs.append(run)
            self._fire(scope, start, run)
            self._end_if_done(scope, run)
            return run

    def _new_run(
        self, scope: Scope, workflow: Workflow, properties: dict[str, str], batch: JsonDict | None
    ) -> WorkflowRun:
        return WorkflowRun(
            run_id=f"wr_{secrets.token_hex(32)}",
            workflow_name=workflow.name,
            properties={**workflow.default_run_properties, **properties},
            started_on=self._clock.now(),
            triggers={
                name: copy.deepcopy(trigger)
                for name, trigger in scope.store.triggers.items()
                if trigger.workflow_name == workflow.name
            },
            starting_event_batch=batch,
        )

    def resume_workflow_run(
        self, scope: Scope, workflow: Workflow, previous: WorkflowRun, node_ids: Sequence[str]
    ) -> tuple[WorkflowRun, list[str]]:
        """Run some nodes of an ended run again, and all that follow them, in a new run over its triggers (G9)."""
        with self._lock:
            plan = resume.plan(previous, node_ids)
            _check_limit(workflow)
            run = WorkflowRun(
                run_id=f"wr_{secrets.token_hex(32)}",
                workflow_name=workflow.name,
                properties=dict(previous.properties),
                started_on=self._clock.now(),
                triggers=copy.deepcopy(previous.triggers),
                previous_run_id=previous.run_id,
                fired=set(plan.fired),
                actions=[copy.deepcopy(action) for action in previous.actions if _node(action) not in plan.again],
            )
            workflow.runs.append(run)
            refused: list[JobRun] = []
            for node in plan.starts:
                former = next(action for action in previous.actions if _node(action) == node)
                trigger = run.triggers[former.trigger_name]
                action = next(action for action in trigger.actions if Node.from_request(action) == node)
                refused += self._start(scope, trigger, action, run)
            for job_run in refused:
                self.job_run_ended(scope, job_run)
            self._end_if_done(scope, run)
            return run, [node_id(node.kind.value, workflow.name, node.name) for node in plan.starts]

    def stop_workflow_run(self, scope: Scope, run: WorkflowRun) -> None:
        """Stop all running actions and start no more (G7)."""
        with self._lock:
            run.status = WorkflowRunStatus.STOPPING
            for action in run.actions:
                for job_run in find_job_runs(scope.store, action):
                    self._jobs.stop_run(scope, job_run)
                for crawl in find_crawls(scope.store, action):
                    self._crawlers.stop_crawl(crawl)
            self._end_if_done(scope, run)

    def crawl_ended(self, scope: Scope, crawl: Crawl) -> None:
        """Fire the triggers that wait for this crawl, unless it was started by hand or by its own schedule (G1, G2)."""
        with self._lock:
            end = End(Node(Kind.CRAWLER, crawl.crawler_name), crawl.state.value)
            self._advance(scope, crawl.origin, end, crawl.crawl_id, crawl.state)

    def job_run_ended(self, scope: Scope, run: JobRun) -> None:
        """Fire the triggers that wait for this job, unless it was started by hand (G1)."""
        with self._lock:
            end = End(Node(Kind.JOB, run.job_name), run.state.value, run.run_id)
            self._advance(scope, run.origin, end, run.run_id, run.state)

    def job_run_retried(self, scope: Scope, retry: JobRun) -> None:
        """Count a new attempt to the action of the failed one."""
        with self._lock:
            workflow_run = _find_run(scope, retry.origin)
            for action in workflow_run.actions if workflow_run else ():
                if retry.previous_run_id in action.run_ids:
                    action.run_ids.append(retry.run_id)

    def _advance(self, scope: Scope, origin: Origin, end: End, run_id: str, state: JobRunState | CrawlState) -> None:
        if origin.trigger_name is None:
            return  # started by hand or by a crawler's schedule: no conditional trigger fires (G1, G2)
        if origin.workflow_run_id is None:
            self._advance_outside(scope, end)
            return
        run = _find_run(scope, origin)
        if run is None:
            return
        for action in run.actions:
            if run_id in action.run_ids:
                action.ended_as = state
        if run.status is WorkflowRunStatus.RUNNING:
            for trigger in run.triggers.values():
                if not trigger.is_waiting or trigger.name in run.fired:
                    continue
                ends = _ends_in(scope, run)  # read again: what a trigger started may have been refused at once
                if trigger.watch.holds(ends):
                    self._fire(scope, trigger, run, _job_runs(trigger.watch.met_by(ends).values()))
        self._end_if_done(scope, run)

    def _advance_outside(self, scope: Scope, end: End) -> None:
        for trigger in list(scope.store.triggers.values()):
            if trigger.workflow_name is not None or not trigger.is_waiting:
                continue  # what runs outside a workflow fires nothing inside one (G5)
            trigger.ended, met_by = ended_since(trigger.ended, trigger.watch, end)
            if met_by is not None:
                self._fire(scope, trigger, None, _job_runs(met_by))

    def _fire(self, scope: Scope, trigger: Trigger, run: WorkflowRun | None, predecessors: Predecessors = ()) -> None:
        """Start all actions of a trigger; an action that cannot be started is recorded and does not stop the others."""
        LOG.info("trigger %s fires", trigger.name)
        if run is not None:
            run.fired.add(trigger.name)
        refused: list[JobRun] = []
        for action in trigger.actions:
            refused += self._start(scope, trigger, action, run, predecessors)
        for job_run in refused:
            self.job_run_ended(scope, job_run)

    def _start(
        self,
        scope: Scope,
        trigger: Trigger,
        action: Mapping[str, Any],
        run: WorkflowRun | None,
        predecessors: Predecessors = (),
    ) -> list[JobRun]:
        """Start one action of a trigger; return the job run if it was refused at once (G27)."""
        origin = Origin(trigger.name, run.workflow_name if run else None, run.run_id if run else None)
        node = Node.from_request(action)
        record = ActionRun(trigger.name, node.kind.value, node.name)
        if run is not None:
            run.actions.append(record)
        try:
            if node.kind is Kind.CRAWLER:
                record.run_ids.append(self._crawlers.start_crawl(scope, node.name, origin).crawl_id)
                return []
            job_run = self._jobs.start_run_for_trigger(scope, node.name, action, origin, predecessors)
            record.run_ids.append(job_run.run_id)
            return [] if job_run.is_running else [job_run]
        except GlueError as error:
            LOG.warning("trigger %s could not start %s: %s", trigger.name, node.name, error.message)
            record.error_message = error.message
            return []

    def _end_if_done(self, scope: Scope, run: WorkflowRun) -> None:
        """End a run if nothing of it runs any more. Possible next steps have been started before (G7)."""
        if not run.is_running or any(_is_running(newest_state(scope.store, action)) for action in run.actions):
            return
        is_stopping = run.status is WorkflowRunStatus.STOPPING
        run.status = WorkflowRunStatus.STOPPED if is_stopping else WorkflowRunStatus.COMPLETED
        run.completed_on = self._clock.now()
        LOG.info("run %s of workflow %s: %s", run.run_id, run.workflow_name, run.status)


def _check_actions(scope: Scope, trigger: Trigger) -> None:
    """Refuse to start what is not there, as on AWS where somebody does: hashicorp/terraform-provider-aws, issue 23070.

    Raises:
        EntityNotFoundException: there is no such job or crawler.
    """
    for node in map(Node.from_request, trigger.actions):
        if node.kind is Kind.JOB and node.name not in scope.store.jobs:
            raise EntityNotFoundException(f"Trigger {trigger.name} starts a job that does not exist: {node.name}")
        if node.kind is Kind.CRAWLER and node.name not in scope.store.crawlers:
            raise EntityNotFoundException(f"Trigger {trigger.name} starts a crawler that does not exist: {node.name}")


def _check_limit(workflow: Workflow) -> None:
    limit = workflow.max_concurrent_runs
    if limit and sum(run.is_running for run in workflow.runs) >= limit:
        raise ConcurrentRunsExceededException(f"Concurrent runs exceeded for workflow: {workflow.name}")


def _node(action: ActionRun) -> Node:
    return Node(Kind(action.kind), action.name)


def _ends_in(scope: Scope, run: WorkflowRun) -> list[End]:
    """The states of the actions of a workflow run, each by its newest attempt (G5), if they are states of ends."""
    return [
        End(_node(action), newest_state(scope.store, action).value, action.run_ids[-1] if action.kind == "JOB" else "")
        for action in run.actions
        if action.run_ids
    ]


def _job_runs(ends: Iterable[End]) -> Predecessors:
    return tuple((end.node.name, end.run_id) for end in ends if end.run_id)


def _is_running(state: JobRunState | CrawlState) -> bool:
    return state in RUNNING_JOB_STATES or state in RUNNING_CRAWL_STATES


def _find_run(scope: Scope, origin: Origin) -> WorkflowRun | None:
    workflow = scope.store.workflows.get(origin.workflow_name or "")
    runs = workflow.runs if workflow else []
    return next((run for run in runs if run.run_id == origin.workflow_run_id), None)
