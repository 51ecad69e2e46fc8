"""A workflow run in the API: statistics (G7) and graph (G9)."""

import hashlib
from collections.abc import Iterable

from glue_triggers.conditions import Node
from localstack_glue.service import answers
from localstack_glue.service.answers import present
from localstack_glue.service.models import (
    ActionRun,
    Crawl,
    CrawlState,
    GlueStore,
    JobRun,
    JobRunState,
    JsonDict,
    Trigger,
    Workflow,
    WorkflowRun,
)

_JOB_COUNTS = {
    JobRunState.SUCCEEDED: "SucceededActions",
    JobRunState.FAILED: "FailedActions",
    JobRunState.TIMEOUT: "TimeoutActions",
    JobRunState.STOPPED: "StoppedActions",
    JobRunState.ERROR: "ErroredActions",
    JobRunState.EXPIRED: "ErroredActions",  # it has no separate count
    JobRunState.WAITING: "WaitingActions",
}
_CRAWL_COUNTS = {
    CrawlState.SUCCEEDED: "SucceededActions",
    CrawlState.FAILED: "FailedActions",
    CrawlState.CANCELLED: "StoppedActions",
    CrawlState.ERROR: "ErroredActions",
}


def find_job_runs(store: GlueStore, action: ActionRun) -> list[JobRun]:
    """The attempts of a job that an action started."""
    if action.kind != "JOB":
        return []
    return [store.job_runs[run_id] for run_id in action.run_ids if run_id in store.job_runs]


def find_crawls(store: GlueStore, action: ActionRun) -> list[Crawl]:
    """The crawl that an action started."""
    crawler = store.crawlers.get(action.name) if action.kind == "CRAWLER" else None
    return [crawl for crawl in crawler.crawls if crawl.crawl_id in action.run_ids] if crawler else []


def newest_state(store: GlueStore, action: ActionRun) -> JobRunState | CrawlState:
    """The state of an action's newest attempt, also of a deleted one; one that could not be started is an error."""
    if found := find_job_runs(store, action) or find_crawls(store, action):
        return found[-1].state
    # a run that is deleted with its job has begun to stop: it has no end before it has stopped
    return action.ended_as or (JobRunState.STOPPING if action.run_ids else CrawlState.ERROR)


def statistics(store: GlueStore, run: WorkflowRun) -> JsonDict:
    """WorkflowRunStatistics (G7)."""
    counts = dict.fromkeys(
        (
            "TimeoutActions",
            "FailedActions",
            "StoppedActions",
            "SucceededActions",
            "RunningActions",
            "ErroredActions",
            "WaitingActions",
        ),
        0,
    )
    for action in run.actions:
        state = newest_state(store, action)
        counted = _JOB_COUNTS.get(state) if isinstance(state, JobRunState) else _CRAWL_COUNTS.get(state)
        counts[counted or "RunningActions"] += 1
    return {"TotalActions": sum(len(trigger.actions) for trigger in run.triggers.values()), **counts}


def workflow_run(store: GlueStore, run: WorkflowRun, *, with_graph: bool = False) -> JsonDict:
    """WorkflowRun."""
    return present(
        Name=run.workflow_name,
        WorkflowRunId=run.run_id,
        PreviousRunId=run.previous_run_id,
        WorkflowRunProperties=run.properties,
        StartedOn=run.started_on,
        CompletedOn=run.completed_on,
        Status=run.status.value,
        ErrorMessage=run.error_message,
        StartingEventBatchCondition=run.starting_event_batch,
        Statistics=statistics(store, run),
        Graph=graph(run.triggers.values(), store, run) if with_graph else None,
    )


def workflow(store: GlueStore, stored: Workflow, *, with_graph: bool = False) -> JsonDict:
    """Workflow."""
    triggers = [trigger for trigger in store.triggers.values() if trigger.workflow_name == stored.name]
    return present(
        Name=stored.name,
        Description=stored.description,
        DefaultRunProperties=stored.default_run_properties,
        CreatedOn=stored.created_on,
        LastModifiedOn=stored.modified_on,
        LastRun=workflow_run(store, stored.runs[-1], with_graph=with_graph) if stored.runs else None,
        Graph=graph(triggers, store, None) if with_graph else None,
        MaxConcurrentRuns=stored.max_concurrent_runs,
    )


def node_id(kind: str, workflow_name: str | None, name: str) -> str:
    """Name a node; the same node has the same id in every run."""
    digest = hashlib.sha256(f"{workflow_name}/{kind}/{name}".encode()).hexdigest()
    return f"wnode_{digest}"


def graph(triggers: Iterable[Trigger], store: GlueStore, run: WorkflowRun | None) -> JsonDict:
    """WorkflowGraph: triggers, the actions that they start and the ones that they watch, as nodes and edges (G9)."""
    nodes: dict[str, JsonDict] = {}
    edges: list[JsonDict] = []

    def add(kind: str, name: str, workflow_name: str | None) -> str:
        identifier = node_id(kind, workflow_name, name)
        if identifier not in nodes:
            nodes[identifier] = {"Type": kind, "Name": name, "UniqueId": identifier, **_details(kind, name, store, run)}
        return identifier

    for trigger in triggers:
        own = add("TRIGGER", trigger.name, trigger.workflow_name)
        nodes[own]["TriggerDetails"] = {"Trigger": answers.trigger(trigger)}
        for action in trigger.actions:
            node = Node.from_request(action)
            edges.append({"SourceId": own, "DestinationId": add(node.kind.value, node.name, trigger.workflow_name)})
        for condition in trigger.watch.conditions:
            node = condition.node
            edges.append({"SourceId": add(node.kind.value, node.name, trigger.workflow_name), "DestinationId": own})
    return {"Nodes": list(nodes.values()), "Edges": edges}


def _details(kind: str, name: str, store: GlueStore, run: WorkflowRun | None) -> JsonDict:
    actions = [action for action in run.actions if (action.kind, action.name) == (kind, name)] if run else []
    if kind == "JOB":
        return {"JobDetails": {"JobRuns": [shown for action in actions for shown in _shown_runs(store, action)]}}
    if kind == "CRAWLER":
        return {"CrawlerDetails": {"Crawls": [shown for action in actions for shown in _shown_crawls(store, action)]}}
    return {}


def _shown_runs(store: GlueStore, action: ActionRun) -> list[JsonDict]:
    """The attempts of a job; one that could not be started, as that of a deleted job, is a run in ERROR (G26)."""
    if action.run_ids:
        return [answers.job_run(run) for run in find_job_runs(store, action)]
    names = {"JobName": action.name, "TriggerName": action.trigger_name}
    return [names | present(JobRunState=JobRunState.ERROR.value, ErrorMessage=action.error_message)]


def _shown_crawls(store: GlueStore, action: ActionRun) -> list[JsonDict]:
    if action.run_ids:
        return [answers.graph_crawl(crawl) for crawl in find_crawls(store, action)]
    return [present(State=CrawlState.ERROR.value, ErrorMessage=action.error_message)]
