"""Wires the service together and names the operation that serves each call."""

import logging
import threading

from localstack_glue.crawlers.classifiers import Classifiers
from localstack_glue.crawlers.crawlers import Crawlers
from localstack_glue.crawlers.execution import CrawlExecutor, ReadInProcess, requests_only
from localstack_glue.data_catalog.catalog import Catalog
from localstack_glue.data_catalog.connections import encrypt_by_kms
from localstack_glue.data_catalog.iceberg_tables import put_by_s3
from localstack_glue.data_quality.evaluation_runs import EvaluationRuns
from localstack_glue.events.bus import EventBus
from localstack_glue.jobs.bookmarks import JobBookmarks
from localstack_glue.jobs.execution import JobExecutor
from localstack_glue.jobs.job_processes import JobRunner
from localstack_glue.jobs.jobs import Jobs
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import GlueApi
from localstack_glue.service.clients import ClientFactory
from localstack_glue.service.clock import MovableClock
from localstack_glue.service.models import glue_stores
from localstack_glue.service.resource_tags import ResourceTags
from localstack_glue.service.settings import Settings
from localstack_glue.service.signals import CrawlSignals, JobSignals
from localstack_glue.service.state_files import StateFile
from localstack_glue.service.tagging import MotoTagger
from localstack_glue.workflows.event_triggers import EventTriggers
from localstack_glue.workflows.orchestration import Orchestrator
from localstack_glue.workflows.orphaned_runs import end_what_ran
from localstack_glue.workflows.scheduler import Scheduler
from localstack_glue.workflows.triggers import Triggers
from localstack_glue.workflows.upcoming_jobs import UpcomingJobs
from localstack_glue.workflows.workflows import Workflows

LOG = logging.getLogger(__name__)


class GlueProvider(GlueApi):
    """The Glue service of one host."""

    def __init__(
        self,
        settings: Settings,
        clients: ClientFactory,
        runner: JobRunner,
        read_in_process: ReadInProcess = requests_only,
    ) -> None:
        self.settings = settings
        self.guard = clients.guard
        self.clock = MovableClock()
        self._lock = threading.RLock()
        tagger = MotoTagger()
        crawl_signals, job_signals, schedules_changed = CrawlSignals(), JobSignals(), threading.Event()
        self.job_executor = JobExecutor(self.clock, self._lock, settings, clients, runner)
        self.crawl_executor = CrawlExecutor(self.clock, self._lock, clients, read_in_process)
        self.catalog = Catalog(self.clock, self._lock, tagger, encrypt_by_kms(clients), put_by_s3(clients))
        self.classifiers = Classifiers(self.clock, self._lock)
        self.jobs = Jobs(self.clock, self._lock, self.job_executor, tagger, job_signals)
        self.crawlers = Crawlers(self.clock, self._lock, self.crawl_executor, tagger, crawl_signals, schedules_changed)
        # listeners are called in their order of creation: an end is reported before its consequences start
        self.events = EventBus(clients, crawl_signals, job_signals)
        self.state = StateFile(settings.state_dir, self._lock) if settings.state_dir else None
        crawl_signals.started.add(self._touch)
        crawl_signals.ended.add(self._touch)
        job_signals.started.add(self._touch)
        job_signals.attempt_ended.add(self._touch)
        self._upcoming_jobs = UpcomingJobs(settings.warm_jvm, self.jobs, crawl_signals, job_signals)
        self.bookmarks = JobBookmarks(settings.bookmarks_dir, job_signals)
        self.quality_runs = EvaluationRuns(self.clock, self._lock, clients)
        self.quality_runs.ended.add(self._touch)
        orchestrator = Orchestrator(self.clock, self._lock, self.crawlers, self.jobs, crawl_signals, job_signals)
        self.triggers = Triggers(self.clock, self._lock, tagger, orchestrator.fire, schedules_changed)
        self.workflows = Workflows(self.clock, self._lock, tagger, orchestrator)
        self.event_triggers = EventTriggers(self.clock, self._lock, orchestrator, schedules_changed)
        self.scheduler = Scheduler(
            self.clock, self._lock, orchestrator, self.crawlers, self.jobs, self.event_triggers, schedules_changed
        )
        super().__init__(
            self.catalog,
            self.classifiers,
            self.crawlers,
            self.jobs,
            self.bookmarks,
            self.triggers,
            self.workflows,
            self.quality_runs,
            ResourceTags(),
        )

    def notify_event(self, scope: Scope, workflow_name: str, event_id: str) -> None:
        """Take an event that EventBridge delivers to a workflow; raise a GlueError where it starts nothing."""
        self.event_triggers.notify(scope, workflow_name, event_id)
        if self.state is not None:
            self.state.touch()

    def start(self) -> None:
        """Take up what was stored before, and begin to serve schedules."""
        if self.state is not None:
            if self.state.load():
                self._end_what_ran()
            else:
                self.bookmarks.forget_all()
            self.state.start()
        else:
            self.bookmarks.forget_all()  # of deleted jobs: left by another service in this folder
        self.scheduler.start()

    def close(self) -> None:
        """End all runs, without leaving processes behind."""
        self.events.close()
        if self.state is not None:
            self.state.close()
        self.scheduler.close()
        self.quality_runs.drain()
        self.crawl_executor.close()
        self.job_executor.close()

    def reset(self) -> None:
        """Stop what runs, forget everything, and follow the machine's clock again."""
        with self._lock:
            for regions in glue_stores.values():
                for store in regions.values():
                    store.triggers.clear()
                    store.workflows.clear()
        self.quality_runs.drain()
        self.crawl_executor.drain()
        self.job_executor.drain()
        with self._lock:
            glue_stores.reset()
            self.catalog.reset()
            self.bookmarks.forget_all()
        self.job_executor.forget_expected()  # now that no job is left that could be expected again
        if self.guard is not None:
            self.guard.ledger.clear()
        self.clock.reset()
        if self.state is not None:
            self.state.touch()

    def _end_what_ran(self) -> None:
        with self._lock:
            for account_id, regions in glue_stores.items():
                for region, store in regions.items():
                    if count := end_what_ran(store, self.clock.now()):
                        LOG.warning("%s runs in %s %s were interrupted", count, account_id, region)
        if self.state is not None:
            self.state.touch()

    def _touch(self, _scope: Scope, _what: object) -> None:
        if self.state is not None:
            self.state.touch()
