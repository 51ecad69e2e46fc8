"""Fires triggers and carries workflow runs on: what follows from the end of a crawl or a job run (G1-G7)."""

import copy
import logging
import secrets
import threading
from collections.abc import Mapping

from localstack_glue.crawlers.crawlers import Crawlers
from localstack_glue.jobs.jobs import Jobs
from localstack_glue.service.account_region import Scope
from localstack_glue.service.clock import Clock
from localstack_glue.service.errors import ConcurrentRunsExceededException, GlueError, InvalidInputException
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
    TriggerState,
    Workflow,
    WorkflowRun,
    WorkflowRunStatus,
)
from localstack_glue.workflows import resume, trigger_rules
from localstack_glue.workflows.trigger_rules import TriggerType, is_starting
from localstack_glue.workflows.view import action_target, crawls_of, job_runs_of, node_id, state_of

LOG = logging.getLogger(__name__)


class Orchestrator:
    """Knows what starts what."""

    def __init__(self, clock: Clock, lock: threading.RLock, crawlers: Crawlers, jobs: Jobs) -> None:
        self._clock = clock
        self._lock = lock
        self._crawlers = crawlers
        self._jobs = jobs
        crawlers.on_crawl_ended = self.crawl_ended
        jobs.on_run_ended = self.job_run_ended
        jobs.on_run_retried = self.job_run_retried

    def fire(self, scope: Scope, trigger: Trigger) -> None:
        """Fire a starting trigger; one that belongs to a workflow starts a run of it (G5)."""
        workflow = scope.store.workflows.get(trigger.workflow_name or "")
        if workflow is not None:
            self.start_workflow_run(scope, workflow, {})
        else:
            self._fire(scope, trigger, None)

    def fire_unattended(
        self,
        scope: Scope,
        trigger: Trigger,
        properties: Mapping[str, str] | None = None,
        batch: JsonDict | None = None,
    ) -> None:
        """Fire a starting trigger that nobody waits for: a workflow's limit leaves a run in ERROR (G8).

        That is the only error a run can tell of its start: `WorkflowRun.ErrorMessage` in the API reference.
        """
        workflow = scope.store.workflows.get(trigger.workflow_name or "")
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
        """Start a run over a snapshot of the triggers (G6); raise above the limit (G8)."""
        with self._lock:
            _check_limit(workflow)
            run = self._new_run(scope, workflow, properties, batch)
            start = next((trigger for trigger in run.triggers.values() if is_starting(trigger)), None)
            if start is None:
                raise InvalidInputException(f"Workflow {workflow.name} does not have a starting trigger")
            workflow.runs.append(run)
            self._fire(scope, start, run)
            self._settle(scope, run)
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
        self, scope: Scope, workflow: Workflow, previous: WorkflowRun, node_ids: list[str]
    ) -> tuple[WorkflowRun, list[str]]:
        """Run some nodes of an ended run again, and all behind them, in a new run over its triggers (G9)."""
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
                actions=[copy.deepcopy(action) for action in previous.actions if _target(action) not in plan.again],
            )
            workflow.runs.append(run)
            refused: list[JobRun] = []
            for target in plan.starts:
                former = next(action for action in previous.actions if _target(action) == target)
                trigger = run.triggers[former.trigger_name]
                action = next(action for action in trigger.actions if action_target(action) == target)
                refused += self._start(scope, trigger, action, run)
            for job_run in refused:
                self.job_run_ended(scope, job_run)
            self._settle(scope, run)
            return run, [node_id(kind, workflow.name, name) for kind, name in plan.starts]

    def stop_workflow_run(self, scope: Scope, run: WorkflowRun) -> None:
        """Stop what runs and start nothing more (G7)."""
        with self._lock:
            run.status = WorkflowRunStatus.STOPPING
            for action in run.actions:
                for job_run in job_runs_of(scope.store, action):
                    self._jobs.stop_run(scope, job_run)
                for crawl in crawls_of(scope.store, action):
                    self._crawlers.stop_crawl(crawl)
            self._settle(scope, run)

    def crawl_ended(self, scope: Scope, crawl: Crawl) -> None:
        """Fire what waits for this crawl, unless it was started by hand or by its own schedule (G1, G2)."""
        with self._lock:
            self._advance(scope, crawl.origin, {"CrawlerName": crawl.crawler_name, "CrawlState": crawl.state.value})

    def job_run_ended(self, scope: Scope, run: JobRun) -> None:
        """Fire what waits for this job, unless it was started by hand (G1)."""
        with self._lock:
            event = {"JobName": run.job_name, "State": run.state.value, "RunId": run.run_id}
            self._advance(scope, run.origin, event)

    def job_run_retried(self, scope: Scope, failed: JobRun, retry: JobRun) -> None:
        """Count a new attempt to the action of the failed one."""
        with self._lock:
            workflow_run = _find_run(scope, failed.origin)
            for action in workflow_run.actions if workflow_run else ():
                if failed.run_id in action.run_ids:
                    action.run_ids.append(retry.run_id)

    def _advance(self, scope: Scope, origin: Origin, event: JsonDict) -> None:
        if origin.trigger_name is None:
            return  # started by hand or by a crawler's schedule: no conditional trigger fires (G1, G2)
        if origin.workflow_run_id is None:
            self._advance_outside(scope, event)
            return
        run = _find_run(scope, origin)
        if run is None:
            return
        if run.status is WorkflowRunStatus.RUNNING:
            for trigger in run.triggers.values():
                if not _waits(trigger) or trigger.name in run.fired:
                    continue
                met = _met_in(scope, run, trigger)
                if trigger_rules.holds(trigger.predicate or {"Conditions": []}, met):
                    self._fire(scope, trigger, run, tuple(runs for runs in met.values() if runs))
        self._settle(scope, run)

    def _advance_outside(self, scope: Scope, event: JsonDict) -> None:
        for trigger in list(scope.store.triggers.values()):
            if trigger.workflow_name is not None or not _waits(trigger):
                continue  # what runs outside a workflow fires nothing inside one (G5)
            predicate = trigger.predicate or {"Conditions": []}
            touched = False
            for position, condition in enumerate(predicate["Conditions"]):
                if action_target(condition) != action_target(event):
                    continue
                others = tuple(met for met in trigger.met_by if met[0] != position)
                watched = condition.get("State") or condition.get("CrawlState")
                if watched == (event.get("State") or event.get("CrawlState")):
                    trigger.met_conditions.add(position)
                    touched = True
                    if "RunId" in event:
                        others = tuple(sorted((*others, (position, event["JobName"], event["RunId"]))))
                else:
                    trigger.met_conditions.discard(position)  # its newest run ended otherwise
                trigger.met_by = others
            if touched and trigger_rules.holds(predicate, trigger.met_conditions):
                predecessors = tuple((job, run_id) for _, job, run_id in trigger.met_by)
                trigger.met_conditions.clear()
                trigger.met_by = ()
                self._fire(scope, trigger, None, predecessors)

    def _fire(self, scope: Scope, trigger: Trigger, run: WorkflowRun | None, predecessors: Predecessors = ()) -> None:
        """Start all actions of a trigger; what cannot be started is recorded and keeps nothing else from starting."""
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
        action: JsonDict,
        run: WorkflowRun | None,
        predecessors: Predecessors = (),
    ) -> list[JobRun]:
        """Start one action of a trigger; return the job run if it was refused at once (G27)."""
        origin = Origin(trigger.name, run.workflow_name if run else None, run.run_id if run else None)
        kind, name = action_target(action)
        record = ActionRun(trigger.name, kind, name)
        if run is not None:
            run.actions.append(record)
        try:
            if kind == "CRAWLER":
                record.run_ids.append(self._crawlers.start_crawl(scope, name, origin).crawl_id)
                return []
            job_run = self._jobs.start_run_for_trigger(scope, name, action, origin, predecessors)
            record.run_ids.append(job_run.run_id)
            return [] if job_run.is_running else [job_run]
        except GlueError as error:
            LOG.warning("trigger %s could not start %s: %s", trigger.name, name, error.message)
            record.error_message = error.message
            return []

    def _settle(self, scope: Scope, run: WorkflowRun) -> None:
        """End a run when nothing of it runs any more: what could follow has been started before (G7)."""
        if not run.is_running or any(_is_running(state_of(scope.store, action)) for action in run.actions):
            return
        is_stopping = run.status is WorkflowRunStatus.STOPPING
        run.status = WorkflowRunStatus.STOPPED if is_stopping else WorkflowRunStatus.COMPLETED
        run.completed_on = self._clock.now()
        LOG.info("run %s of workflow %s: %s", run.run_id, run.workflow_name, run.status)


def _check_limit(workflow: Workflow) -> None:
    limit = workflow.max_concurrent_runs
    if limit and sum(run.is_running for run in workflow.runs) >= limit:
        raise ConcurrentRunsExceededException(f"Concurrent runs exceeded for workflow: {workflow.name}")


def _target(action: ActionRun) -> tuple[str, str]:
    return action.kind, action.name


def _waits(trigger: Trigger) -> bool:
    """Only an activated conditional trigger can fire on an event (G3)."""
    return trigger.type == TriggerType.CONDITIONAL and trigger.state is TriggerState.ACTIVATED


def _met_in(scope: Scope, run: WorkflowRun, trigger: Trigger) -> dict[int, tuple[str, str] | None]:
    """The conditions that are met by what has ended in a trigger's own workflow run (G5), with the job run of each."""
    predicate = trigger.predicate or {"Conditions": []}
    met: dict[int, tuple[str, str] | None] = {}
    for position, condition in enumerate(predicate["Conditions"]):
        watched = condition.get("State") or condition.get("CrawlState")
        actions = [action for action in run.actions if (action.kind, action.name) == action_target(condition)]
        for action in actions:
            if action.run_ids and state_of(scope.store, action).value == watched:
                met[position] = (action.name, action.run_ids[-1]) if action.kind == "JOB" else None
    return met


def _is_running(state: JobRunState | CrawlState) -> bool:
    return state in RUNNING_JOB_STATES or state in RUNNING_CRAWL_STATES


def _find_run(scope: Scope, origin: Origin) -> WorkflowRun | None:
    workflow = scope.store.workflows.get(origin.workflow_name or "")
    runs = workflow.runs if workflow else []
    return next((run for run in runs if run.run_id == origin.workflow_run_id), None)
