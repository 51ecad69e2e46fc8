"""Fixtures of the Glue service's tests: real rules, with fakes for crawls and processes."""

import importlib.util
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

# The service's packages are in the environments of its hosts; these tests cannot be collected elsewhere. In Quartal's
# own, the folder that the service lies in is found under its name, which is not the package.
_found = importlib.util.find_spec("localstack_glue")
if _found is None or _found.origin is None:
    collect_ignore_glob = ["test_*.py", "hosts/*"]

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class FakeClock:
    """A clock that stands still until a test moves it."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


@dataclass
class FakeTagger:
    """Keeps tags in a dictionary."""

    tags: dict[str, dict[str, str]] = field(default_factory=dict)

    def tag(self, scope: Any, arn: str, tags: Any) -> None:
        if tags:
            self.tags[arn] = dict(tags)

    def forget(self, scope: Any, arn: str) -> None:
        self.tags.pop(arn, None)

    def having(self, scope: Any, kind: str, names: Any, tags: Any) -> list[str]:
        wanted = dict(tags or {}).items()
        return [name for name in names if wanted <= self.tags.get(scope.arn(kind, name), {}).items()]


@dataclass
class FakeJobExecutor:
    """Holds started runs until a test ends them."""

    clock: FakeClock
    started: list[tuple[Any, Any, dict[str, str], Any]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    expected: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def start(self, scope: Any, run: Any, merged: Any, ended: Any) -> None:
        run.mark_running(self.clock.now())
        self.started.append((scope, run, dict(merged), ended))

    def stop(self, run: Any) -> None:
        self.stopped.append(run.run_id)

    def expect(self, scope: Any, name: str, plan: Any, merged: Any) -> None:
        self.expected.append((name, dict(merged)))


@dataclass
class FakeCrawlExecutor:
    """Holds started crawls until a test ends them."""

    clock: FakeClock
    started: list[tuple[Any, Any, Any]] = field(default_factory=list)

    def start(self, scope: Any, crawler: Any, origin: Any, ended: Any) -> Any:
        from localstack_glue.service.models import Crawl

        crawl = Crawl(f"crawl-{len(self.started)}", crawler.name, origin, self.clock.now())
        crawler.crawls.append(crawl)
        self.started.append((scope, crawl, ended))
        return crawl

    def stop(self, crawl: Any) -> None:
        from localstack_glue.service.models import CrawlState

        if crawl.state is CrawlState.RUNNING:
            crawl.state = CrawlState.CANCELLING


def play_encryption(scope: Any, key: str, password: str) -> str:
    """Stand in for KMS."""
    return f"{key}:{password[::-1]}"


def put_nothing(_scope: Any, uri: str, _content: bytes) -> None:
    """Stand in for S3 where nothing is written."""
    raise AssertionError(f"{uri} was written")


class GlueHarness:
    """The service's parts wired together, with fakes for what takes time."""

    def __init__(self) -> None:
        from localstack_glue.crawlers.classifiers import Classifiers
        from localstack_glue.crawlers.crawlers import Crawlers
        from localstack_glue.data_catalog.catalog import Catalog
        from localstack_glue.jobs.jobs import Jobs
        from localstack_glue.service.account_region import Scope
        from localstack_glue.service.signals import CrawlSignals, JobSignals
        from localstack_glue.workflows.event_triggers import EventTriggers
        from localstack_glue.workflows.orchestration import Orchestrator
        from localstack_glue.workflows.triggers import Triggers
        from localstack_glue.workflows.workflows import Workflows
        from tests.unit.localstack_glue.answer_checks import check_answers

        self.clock = FakeClock()
        self.scope = Scope("000000000000", "us-east-1")
        self.job_executor = FakeJobExecutor(self.clock)
        self.crawl_executor = FakeCrawlExecutor(self.clock)
        lock, tagger = threading.RLock(), FakeTagger()
        self.crawl_signals, self.job_signals = CrawlSignals(), JobSignals()
        self.schedules_changed = threading.Event()
        self.objects: dict[str, bytes] = {}  # that the catalog has written to S3
        self.catalog = Catalog(self.clock, lock, tagger, play_encryption, self._put)
        self.classifiers = Classifiers(self.clock, lock)
        self.jobs = Jobs(self.clock, lock, self.job_executor, tagger, self.job_signals)
        self.crawlers = Crawlers(
            self.clock, lock, self.crawl_executor, tagger, self.crawl_signals, self.schedules_changed
        )
        self.orchestrator = Orchestrator(
            self.clock, lock, self.crawlers, self.jobs, self.crawl_signals, self.job_signals
        )
        self.event_triggers = EventTriggers(self.clock, lock, self.orchestrator, self.schedules_changed)
        self.triggers = Triggers(self.clock, lock, tagger, self.orchestrator.fire, self.schedules_changed)
        self.workflows = Workflows(self.clock, lock, tagger, self.orchestrator)
        for part in (self.classifiers, self.crawlers, self.jobs, self.triggers, self.workflows, *self.catalog._parts):
            check_answers(part)

    def _put(self, _scope: Any, uri: str, content: bytes) -> None:
        self.objects[uri] = content

    def scheduler(self, clock: Any, lock: Any = None) -> Any:
        """A scheduler over these parts, ticked by the test."""
        from localstack_glue.workflows.scheduler import Scheduler

        return Scheduler(
            clock,
            lock or threading.RLock(),
            self.orchestrator,
            self.crawlers,
            self.jobs,
            self.event_triggers,
            self.schedules_changed,
        )

    @property
    def store(self) -> Any:
        return self.scope.store

    def add_job(self, name: str, **definition: Any) -> None:
        command = {"Name": "glueetl", "ScriptLocation": "s3://code/job.py"}
        self.jobs.create(self.scope, {"Name": name, "Role": "etl", "Command": command, **definition})

    def add_crawler(self, name: str, **definition: Any) -> None:
        targets = {"S3Targets": [{"Path": "s3://lake/raw/"}]}
        self.crawlers.create(self.scope, {"Name": name, "Role": "etl", "Targets": targets, **definition})

    def add_trigger(self, name: str, kind: str, actions: list[dict[str, Any]], **definition: Any) -> None:
        self.triggers.create(self.scope, {"Name": name, "Type": kind, "Actions": actions, **definition})

    def add_quarterly_workflow(self, **workflow: Any) -> None:
        """Add the pipeline of the tests: a crawler, and a job that follows its success."""
        self.add_crawler("raw")
        self.add_job("etl")
        self.workflows.create(self.scope, {"Name": "quarterly", **workflow})
        self.add_trigger("start", "ON_DEMAND", [{"CrawlerName": "raw"}], WorkflowName="quarterly")
        self.add_trigger(
            "then",
            "CONDITIONAL",
            [{"JobName": "etl"}],
            WorkflowName="quarterly",
            StartOnCreation=True,
            Predicate={"Conditions": [{"LogicalOperator": "EQUALS", "CrawlerName": "raw", "CrawlState": "SUCCEEDED"}]},
        )

    def start_workflow_run(self, name: str = "quarterly", **request: Any) -> str:
        run_id: str = self.workflows.start_run(self.scope, {"Name": name, **request})["RunId"]
        return run_id

    def workflow_run(self, run_id: str, name: str = "quarterly") -> dict[str, Any]:
        request = {"Name": name, "RunId": run_id, "IncludeGraph": True}
        answer: dict[str, Any] = self.workflows.get_run(self.scope, request)["Run"]
        return answer

    def end_crawl(self, state: str = "SUCCEEDED") -> None:
        """End the most recent crawl."""
        from localstack_glue.service.models import CrawlState

        scope, crawl, ended = self.crawl_executor.started[-1]
        crawl.state, crawl.ended_on = CrawlState(state), self.clock.now()
        ended(scope, crawl)

    def end_job(self, state: str = "SUCCEEDED", error: str | None = None, position: int = -1) -> None:
        """End a started job run."""
        from localstack_glue.service.models import JobRunState

        scope, run, _, ended = self.job_executor.started[position]
        run.mark_ended(JobRunState(state), self.clock.now(), 1, error)
        ended(scope, run)

    @property
    def started_jobs(self) -> list[str]:
        return [run.job_name for _, run, _, _ in self.job_executor.started]

    @property
    def started_crawls(self) -> list[str]:
        return [crawl.crawler_name for _, crawl, _ in self.crawl_executor.started]


@pytest.fixture
def glue() -> Iterator[GlueHarness]:
    from localstack_glue.service.models import glue_stores

    glue_stores.reset()
    yield GlueHarness()
    glue_stores.reset()


@pytest.fixture
def lake() -> Iterator[Any]:
    """A bucket and a catalog of moto, and Athena over both."""
    from moto import mock_aws

    from tests.unit.localstack_glue.athena_lake import Lake

    with mock_aws():
        yield Lake()


@pytest.fixture
def iceberg(lake: Any, tmp_path: Path) -> Any:
    """The lake with an Iceberg table of two rows, written by one commit."""
    from tests.unit.localstack_glue.athena_lake import run

    run(
        lake,
        "CREATE TABLE ice (id int COMMENT 'the key', name string, at timestamp) PARTITIONED BY (name) "
        f"LOCATION 'file://{tmp_path}/ice' TBLPROPERTIES ('table_type'='ICEBERG', 'format'='parquet')",
    )
    run(
        lake,
        "INSERT INTO ice VALUES (1, 'a', timestamp '2024-01-01 10:00:00'), (2, 'b', timestamp '2024-01-02 00:00:00')",
    )
    return lake


@pytest.fixture
def athena() -> Iterator[Any]:
    """Athena's API on empty stores, with a fake in place of its engine."""
    from moto import mock_aws

    from localstack_glue.athena.models import athena_stores
    from tests.unit.localstack_glue.athena_api import Athena

    with mock_aws():
        athena_stores.reset()
        yield Athena()
        athena_stores.reset()
