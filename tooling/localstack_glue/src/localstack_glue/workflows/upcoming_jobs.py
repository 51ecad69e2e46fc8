"""The jobs that a success would start: those after the actions that a trigger has just started (G1, G4-G6)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from glue_triggers.conditions import SUCCEEDED, End, Kind, Node
from localstack_glue.jobs.jobs import Jobs
from localstack_glue.service.account_region import Scope
from localstack_glue.service.models import Crawl, GlueStore, Job, JobRun, Origin, Trigger
from localstack_glue.service.settings import WarmJvm
from localstack_glue.service.signals import CrawlSignals, JobSignals

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import ActionUnionTypeDef


class UpcomingJobs:
    """Prepares a JVM for job runs that are likely to come, as far as the setting allows."""

    def __init__(self, mode: WarmJvm, jobs: Jobs, crawl_signals: CrawlSignals, job_signals: JobSignals) -> None:
        self._jobs = jobs
        if mode is not WarmJvm.OFF:
            crawl_signals.started.add(self._expect_after_crawl)
            job_signals.started.add(self._expect_after_run)
        if mode is WarmJvm.ALWAYS:
            job_signals.defined.add(self._expect_first)
            job_signals.attempt_ended.add(self._expect_again)

    def _expect_after_crawl(self, scope: Scope, crawl: Crawl) -> None:
        for action in jobs_after(scope.store, crawl.origin, Node(Kind.CRAWLER, crawl.crawler_name)):
            self._jobs.expect_run(scope, action["JobName"], action)

    def _expect_after_run(self, scope: Scope, run: JobRun) -> None:
        for action in jobs_after(scope.store, run.origin, Node(Kind.JOB, run.job_name)):
            self._jobs.expect_run(scope, action["JobName"], action)

    def _expect_first(self, scope: Scope, job: Job) -> None:
        self._jobs.expect_run(scope, job.name, {})

    def _expect_again(self, scope: Scope, run: JobRun) -> None:
        self._jobs.expect_run(scope, run.job_name, {"Arguments": run.arguments})


def jobs_after(store: GlueStore, origin: Origin, node: Node) -> "Iterator[ActionUnionTypeDef]":
    """Yield the actions of triggers that start a job once this crawler or job has succeeded."""
    success = End(node, SUCCEEDED)
    for trigger in _triggers(store, origin):
        if trigger.is_waiting and trigger.watch.waits_for(success):
            yield from (action for action in trigger.actions if action.get("JobName"))


def _triggers(store: GlueStore, origin: Origin) -> list[Trigger]:
    if origin.trigger_name is None:
        return []  # by hand: nothing follows (G1, G2)
    if origin.workflow_run_id is None:
        return [trigger for trigger in store.triggers.values() if trigger.workflow_name is None]  # G5
    workflow = store.workflows.get(origin.workflow_name or "")
    runs = workflow.runs if workflow else []
    run = next((run for run in runs if run.run_id == origin.workflow_run_id), None)
    return [trigger for trigger in run.triggers.values() if trigger.name not in run.fired] if run else []
