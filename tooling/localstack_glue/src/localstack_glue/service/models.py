"""The service's stored data: plain and picklable, one store per account and region.

Databases, tables, partitions, security configurations and tags stay in moto's backend. Resources with a state of their
own (connections, crawlers, jobs, triggers, workflows and their runs) are kept here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from glue_triggers.conditions import End, Node, Predicate
from glue_triggers.trigger_types import TriggerType
from localstack_glue.data_quality.models import EvaluationRun
from localstack_glue.service.stores import AccountRegionBundle, BaseStore, kept_by_region

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import ActionUnionTypeDef, EventBatchingConditionTypeDef

JsonDict = dict[str, Any]
Predecessors = tuple[tuple[str, str], ...]  # job and run id of the runs that met a predicate


class CrawlerState(StrEnum):
    """The state of a crawler; STOPPING also while a crawl that has read everything writes to the catalog (G13)."""

    READY = "READY"
    RUNNING = "RUNNING"
    STOPPING = "STOPPING"


class CrawlState(StrEnum):
    """The state of one crawl; the words are those of `Crawl.State` in a workflow graph."""

    RUNNING = "RUNNING"
    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    ERROR = "ERROR"


class JobRunState(StrEnum):
    """The state of one attempt of a job run (G26)."""

    STARTING = "STARTING"
    RUNNING = "RUNNING"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMEOUT = "TIMEOUT"
    ERROR = "ERROR"
    WAITING = "WAITING"
    EXPIRED = "EXPIRED"


class TriggerState(StrEnum):
    """Whether a trigger fires by itself; triggers on demand and by events stay CREATED (G3)."""

    CREATED = "CREATED"
    ACTIVATED = "ACTIVATED"
    DEACTIVATED = "DEACTIVATED"


class WorkflowRunStatus(StrEnum):
    """The state of a workflow run; COMPLETED does not mean that its jobs succeeded (G7)."""

    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"
    ERROR = "ERROR"


RUNNING_CRAWL_STATES = frozenset({CrawlState.RUNNING, CrawlState.CANCELLING})
RUNNING_JOB_STATES = frozenset({JobRunState.WAITING, JobRunState.STARTING, JobRunState.RUNNING, JobRunState.STOPPING})
RUNNING_WORKFLOW_STATES = frozenset({WorkflowRunStatus.RUNNING, WorkflowRunStatus.STOPPING})


@dataclass(frozen=True, slots=True)
class Origin:
    """Who started a crawl or a job run. Without a trigger, no conditional trigger fires on its end (G1, G2)."""

    trigger_name: str | None = None
    workflow_name: str | None = None
    workflow_run_id: str | None = None


BY_HAND = Origin()


@dataclass
class Classifier:
    """A custom classifier; `kind` is the request's member, such as `CsvClassifier`."""

    name: str
    kind: str
    definition: JsonDict
    created_on: datetime
    updated_on: datetime
    version: int = 1


@dataclass
class Crawl:
    """One pass of a crawler over its targets."""

    crawl_id: str
    crawler_name: str
    origin: Origin
    started_on: datetime
    state: CrawlState = CrawlState.RUNNING
    ended_on: datetime | None = None
    runtime_s: float = 0.0
    error_message: str | None = None
    log_group: str = "/aws-glue/crawlers"
    tables_created: int = 0
    tables_updated: int = 0
    tables_deleted: int = 0
    summary: str | None = None
    is_writing: bool = False  # to the catalog: it cannot be cancelled any more

    @property
    def is_running(self) -> bool:
        """Whether the crawl has not ended yet."""
        return self.state in RUNNING_CRAWL_STATES


@dataclass
class Crawler:
    """A crawler, its definition in the API's own words, and its crawls."""

    name: str
    definition: JsonDict
    created_on: datetime
    updated_on: datetime
    schedule: str | None = None
    is_scheduled: bool = False
    scheduled_since: datetime | None = None
    version: int = 1
    crawls: list[Crawl] = field(default_factory=list)

    @property
    def current_crawl(self) -> Crawl | None:
        """The crawl that runs now."""
        last = self.crawls[-1] if self.crawls else None
        return last if last is not None and last.is_running else None

    @property
    def last_crawl(self) -> Crawl | None:
        """The newest crawl that has ended."""
        return next((crawl for crawl in reversed(self.crawls) if not crawl.is_running), None)

    @property
    def state(self) -> CrawlerState:
        """The crawler's state, by its newest crawl (G13)."""
        current = self.current_crawl
        if current is None:
            return CrawlerState.READY
        is_ending = current.is_writing or current.state is CrawlState.CANCELLING
        return CrawlerState.STOPPING if is_ending else CrawlerState.RUNNING


@dataclass
class Job:
    """A job, its definition in the API's own words."""

    name: str
    definition: JsonDict
    created_on: datetime
    modified_on: datetime


@dataclass
class JobRun:
    """One run of a job. `plan` is the job's definition as it was when the run started."""

    run_id: str
    job_name: str
    origin: Origin
    plan: JsonDict
    arguments: dict[str, str]
    started_on: datetime
    modified_on: datetime
    attempt: int = 0
    previous_run_id: str | None = None
    state: JobRunState = JobRunState.STARTING
    completed_on: datetime | None = None
    execution_time_s: int = 0
    timeout_min: int | None = None
    error_message: str | None = None
    log_group: str = "/aws-glue/jobs"
    predecessors: Predecessors = ()

    @property
    def is_running(self) -> bool:
        """Whether the run has not ended yet."""
        return self.state in RUNNING_JOB_STATES

    @property
    def is_waiting(self) -> bool:
        """Whether the run is queued: it counts towards no limit yet."""
        return self.state is JobRunState.WAITING

    def _move(self, state: JobRunState, now: datetime) -> None:
        self.state, self.modified_on = state, now

    def mark_waiting(self, now: datetime) -> None:
        """Queue a run that has not started."""
        self._move(JobRunState.WAITING, now)

    def mark_starting(self, now: datetime) -> None:
        """Let a queued run start."""
        if self.is_waiting:
            self._move(JobRunState.STARTING, now)

    def mark_running(self, now: datetime) -> None:
        """STARTING to RUNNING; a run that is being stopped stays so."""
        if self.state is JobRunState.STARTING:
            self._move(JobRunState.RUNNING, now)

    def mark_stopping(self, now: datetime) -> None:
        """Begin to stop a run that runs."""
        if self.is_running:
            self._move(JobRunState.STOPPING, now)

    def mark_ended(self, state: JobRunState, now: datetime, execution_time_s: int, error: str | None) -> None:
        """Enter a final state, once."""
        if self.is_running:
            self._move(state, now)
            self.completed_on, self.execution_time_s, self.error_message = now, execution_time_s, error


@dataclass
class Trigger:
    """A trigger, with its definition in the API's own words.

    Attributes:
        ended: outside any workflow, the states in which the watched runs have ended since it last fired.
        waiting_events: ids of the events of an EVENT trigger's batch.
        first_event_on: when that batch began.
        watch: the predicate, to check whether it holds.
    """

    name: str
    type: str
    actions: "Sequence[ActionUnionTypeDef]"
    state: TriggerState = TriggerState.CREATED
    description: str | None = None
    schedule: str | None = None
    predicate: Mapping[str, Any] | None = None
    event_batching: "EventBatchingConditionTypeDef | None" = None
    workflow_name: str | None = None
    scheduled_since: datetime | None = None
    ended: dict[Node, End] = field(default_factory=dict)
    waiting_events: tuple[str, ...] = ()
    first_event_on: datetime | None = None
    watch: Predicate = field(init=False)

    def __post_init__(self) -> None:
        self._read_predicate()

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Load stored data; earlier versions kept the positions of the conditions that were met."""
        met, runs = state.pop("met_conditions", ()), dict(_run_ids(state.pop("met_by", ())))
        vars(self).update(state)
        self._read_predicate()
        if not hasattr(self, "ended"):
            conditions = [(at, self.watch.conditions[at]) for at in sorted(met)]
            self.ended = {each.node: End(each.node, each.state, runs.get(at, "")) for at, each in conditions}

    def _read_predicate(self) -> None:
        self.watch = Predicate.from_request(None if self.starts_a_chain else self.predicate)

    @property
    def starts_a_chain(self) -> bool:
        """Whether it starts a chain rather than continues one (G1)."""
        return self.type != TriggerType.CONDITIONAL

    @property
    def is_waiting(self) -> bool:
        """Whether it can fire when something ends: only an activated conditional trigger can (G3)."""
        return self.type == TriggerType.CONDITIONAL and self.state is TriggerState.ACTIVATED


def _run_ids(met_by: tuple[tuple[int, str, str], ...]) -> list[tuple[int, str]]:
    return [(position, run_id) for position, _, run_id in met_by]


@dataclass
class Workflow:
    """A workflow and the ids of its runs, oldest first."""

    name: str
    created_on: datetime
    modified_on: datetime
    description: str | None = None
    default_run_properties: dict[str, str] = field(default_factory=dict)
    max_concurrent_runs: int | None = None
    runs: list["WorkflowRun"] = field(default_factory=list)


@dataclass
class ActionRun:
    """One action of a workflow run: a run that a trigger started, or could not start."""

    trigger_name: str
    kind: str  # JOB or CRAWLER
    name: str
    run_ids: list[str] = field(default_factory=list)  # attempts of a job run, or one crawl
    error_message: str | None = None
    ended_as: JobRunState | CrawlState | None = None  # its runs are deleted with their job or crawler


@dataclass
class WorkflowRun:
    """One run of a workflow over the triggers as they were at its start (G6)."""

    run_id: str
    workflow_name: str
    properties: dict[str, str]
    started_on: datetime
    triggers: dict[str, Trigger]
    status: WorkflowRunStatus = WorkflowRunStatus.RUNNING
    completed_on: datetime | None = None
    previous_run_id: str | None = None
    error_message: str | None = None
    starting_event_batch: JsonDict | None = None  # the condition that an EVENT trigger's batch met
    fired: set[str] = field(default_factory=set)
    actions: list[ActionRun] = field(default_factory=list)

    @property
    def is_running(self) -> bool:
        """Whether the run has not ended yet."""
        return self.status in RUNNING_WORKFLOW_STATES


@dataclass
class Connection:
    """A connection, its definition in the API's own words."""

    name: str
    definition: JsonDict
    created_on: datetime
    updated_on: datetime


@dataclass
class Ruleset:
    """A data quality ruleset, with its rules as text."""

    name: str
    rules: str
    created_on: datetime
    modified_on: datetime
    description: str | None = None
    target_table: JsonDict | None = None


class GlueStore(BaseStore):
    """All of one account and region."""

    classifiers: dict[str, Classifier] = kept_by_region(dict)
    connections: dict[str, Connection] = kept_by_region(dict)
    crawlers: dict[str, Crawler] = kept_by_region(dict)
    jobs: dict[str, Job] = kept_by_region(dict)
    job_runs: dict[str, JobRun] = kept_by_region(dict)
    rulesets: dict[str, Ruleset] = kept_by_region(dict)
    quality_runs: dict[str, EvaluationRun] = kept_by_region(dict)
    quality_results: dict[str, JsonDict] = kept_by_region(dict)
    triggers: dict[str, Trigger] = kept_by_region(dict)
    workflows: dict[str, Workflow] = kept_by_region(dict)

    def list_runs(self, job_name: str) -> list[JobRun]:
        """List a job's runs, newest first."""
        return [run for run in reversed(self.job_runs.values()) if run.job_name == job_name]


glue_stores = AccountRegionBundle("glue", GlueStore)
