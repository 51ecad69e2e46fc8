"""Runs that a stopped service left behind: they end without starting anything."""

from datetime import datetime

from localstack_glue.data_quality.models import RunStatus
from localstack_glue.service.models import (
    Crawl,
    CrawlState,
    GlueStore,
    JobRun,
    JobRunState,
    WorkflowRun,
    WorkflowRunStatus,
)
from localstack_glue.workflows.view import newest_state

JOB_MESSAGE = "Job run was interrupted: the service was stopped"
EVALUATION_MESSAGE = "Evaluation run was interrupted: the service was stopped"
CRAWL_MESSAGE = "Crawl was interrupted: the service was stopped"


def end_what_ran(store: GlueStore, now: datetime) -> int:
    """End all runs that are still recorded as running; return their number."""
    job_runs = [run for run in store.job_runs.values() if run.is_running]
    crawls = [crawl for crawler in store.crawlers.values() for crawl in crawler.crawls if crawl.is_running]
    workflow_runs = [run for workflow in store.workflows.values() for run in workflow.runs if run.is_running]
    evaluations = [run for run in store.quality_runs.values() if run.is_running]
    for evaluation in evaluations:
        evaluation.mark_ended(RunStatus.FAILED, now, EVALUATION_MESSAGE)
    for run in job_runs:
        _end_job_run(run, now)
    for crawl in crawls:
        _end_crawl(crawl, now)
    for workflow_run in workflow_runs:
        _end_workflow_run(workflow_run, now)
        for action in workflow_run.actions:
            state = newest_state(store, action)
            action.ended_as = JobRunState.STOPPED if state is JobRunState.STOPPING else state  # deleted while it ran
    return len(job_runs) + len(crawls) + len(workflow_runs) + len(evaluations)


def _end_job_run(run: JobRun, now: datetime) -> None:
    seconds = max(0, round((now - run.started_on).total_seconds()))
    run.mark_ended(JobRunState.FAILED, now, seconds, JOB_MESSAGE)


def _end_crawl(crawl: Crawl, now: datetime) -> None:
    crawl.state, crawl.error_message = CrawlState.FAILED, CRAWL_MESSAGE
    crawl.ended_on, crawl.runtime_s = now, max(0.0, (now - crawl.started_on).total_seconds())


def _end_workflow_run(run: WorkflowRun, now: datetime) -> None:
    is_stopping = run.status is WorkflowRunStatus.STOPPING
    run.status = WorkflowRunStatus.STOPPED if is_stopping else WorkflowRunStatus.COMPLETED  # G7: not a success
    run.completed_on = now
