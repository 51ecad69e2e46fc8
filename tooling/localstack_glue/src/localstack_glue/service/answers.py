"""Turns stored data into responses of the API."""

from typing import Any

from localstack_glue.service.models import Classifier, Crawl, Crawler, CrawlState, Job, JobRun, JsonDict, Trigger

QUEUED = "Max concurrent job runs per job exceeded"
_HISTORY_STATES = {
    CrawlState.RUNNING: "RUNNING",
    CrawlState.CANCELLING: "RUNNING",
    CrawlState.CANCELLED: "STOPPED",
    CrawlState.SUCCEEDED: "COMPLETED",
}


def present(**members: Any) -> JsonDict:
    """Keep the members that have a value: AWS leaves the others out."""
    return {key: value for key, value in members.items() if value is not None}


def classifier(stored: Classifier) -> JsonDict:
    """Classifier."""
    answer = stored.definition | {
        "CreationTime": stored.created_on,
        "LastUpdated": stored.updated_on,
        "Version": stored.version,
    }
    return {stored.kind: answer}


def crawler(stored: Crawler, elapsed_ms: int) -> JsonDict:
    """Crawler (G13)."""
    definition = {key: value for key, value in stored.definition.items() if key not in ("Schedule", "Tags")}
    schedule = None
    if stored.schedule:
        schedule = {
            "ScheduleExpression": stored.schedule,
            "State": "SCHEDULED" if stored.is_scheduled else "NOT_SCHEDULED",
        }
    last = stored.last_crawl
    return definition | present(
        Name=stored.name,
        State=stored.state.value,
        Schedule=schedule,
        CrawlElapsedTime=elapsed_ms,
        CreationTime=stored.created_on,
        LastUpdated=stored.updated_on,
        LastCrawl=last_crawl(last) if last else None,
        Version=stored.version,
    )


def last_crawl(crawl: Crawl) -> JsonDict:
    """LastCrawlInfo (G13)."""
    status = "FAILED" if crawl.state is CrawlState.ERROR else crawl.state.value
    return present(
        Status=status,
        ErrorMessage=crawl.error_message,
        LogGroup=crawl.log_group,
        LogStream=crawl.crawler_name,
        MessagePrefix=crawl.crawl_id,
        StartTime=crawl.started_on,
    )


def crawler_history(crawl: Crawl) -> JsonDict:
    """CrawlerHistory, as ListCrawls answers."""
    return present(
        CrawlId=crawl.crawl_id,
        State=_HISTORY_STATES.get(crawl.state, "FAILED"),
        StartTime=crawl.started_on,
        EndTime=crawl.ended_on,
        Summary=crawl.summary,
        ErrorMessage=crawl.error_message,
        LogGroup=crawl.log_group,
        LogStream=crawl.crawler_name,
        MessagePrefix=crawl.crawl_id,
        DPUHour=round(crawl.runtime_s / 3600, 3),
    )


def graph_crawl(crawl: Crawl) -> JsonDict:
    """Crawl, as a workflow's graph shows it (G9)."""
    return present(
        State=crawl.state.value,
        StartedOn=crawl.started_on,
        CompletedOn=crawl.ended_on,
        ErrorMessage=crawl.error_message,
        LogGroup=crawl.log_group,
        LogStream=crawl.crawler_name,
    )


def job(stored: Job) -> JsonDict:
    """Job."""
    return stored.definition | {
        "Name": stored.name,
        "CreatedOn": stored.created_on,
        "LastModifiedOn": stored.modified_on,
    }


def job_run(run: JobRun) -> JsonDict:
    """JobRun (G26, G29)."""
    plan = run.plan
    return present(
        Id=run.run_id,
        Attempt=run.attempt,
        PreviousRunId=run.previous_run_id,
        TriggerName=run.origin.trigger_name,
        JobName=run.job_name,
        JobMode=plan.get("JobMode"),
        JobRunQueuingEnabled=plan.get("JobRunQueuingEnabled"),
        StateDetail=QUEUED if run.is_waiting else None,
        StartedOn=run.started_on,
        LastModifiedOn=run.modified_on,
        CompletedOn=run.completed_on,
        JobRunState=run.state.value,
        Arguments=run.arguments or None,
        ErrorMessage=run.error_message,
        PredecessorRuns=[{"JobName": job, "RunId": run_id} for job, run_id in run.predecessors],
        AllocatedCapacity=plan.get("AllocatedCapacity"),
        ExecutionTime=run.execution_time_s,
        Timeout=run.timeout_min,
        MaxCapacity=plan.get("MaxCapacity"),
        WorkerType=plan.get("WorkerType"),
        NumberOfWorkers=plan.get("NumberOfWorkers"),
        SecurityConfiguration=plan.get("SecurityConfiguration"),
        LogGroupName=run.log_group,
        NotificationProperty=plan.get("NotificationProperty"),
        GlueVersion=plan.get("GlueVersion"),
        ExecutionClass=plan.get("ExecutionClass"),
        MaintenanceWindow=plan.get("MaintenanceWindow"),
    )


def trigger(stored: Trigger) -> JsonDict:
    """Trigger (G3)."""
    return present(
        Name=stored.name,
        WorkflowName=stored.workflow_name,
        Type=stored.type,
        State=stored.state.value,
        Description=stored.description,
        Schedule=stored.schedule,
        Actions=stored.actions,
        Predicate=stored.predicate,
        EventBatchingCondition=stored.event_batching,
    )
