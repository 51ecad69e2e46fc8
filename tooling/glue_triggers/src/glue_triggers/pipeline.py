"""Jobs, crawlers, triggers and workflows as data, parsed from requests of Glue's API."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from glue_triggers.conditions import Kind, Node, Predicate
from glue_triggers.trigger_types import RefusedTriggerError, TriggerType, check, drop_crawlers_from_job_conditions

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Job:
    """The attributes of a job that matter for when it runs.

    Attributes:
        address: where it is defined, for findings.
        timeout_min: minutes after which Glue ends a run; None if it is not set.
        median_min: median duration of runs in minutes; None if it is not known.
        command: glueetl, gluestreaming, pythonshell or glueray.
        is_queued: whether a run that meets a limit waits instead of failing.
    """

    name: str
    address: str
    max_concurrent_runs: int = 1
    timeout_min: float | None = None
    median_min: float | None = None
    glue_version: str = ""
    command: str = "glueetl"
    is_queued: bool = False

    @property
    def is_streaming(self) -> bool:
        """Whether its runs have no end: schedules that start it again keep it alive."""
        return self.command == "gluestreaming"

    @property
    def refuses(self) -> bool:
        """Whether a start above its limit is a mistake."""
        return not self.is_queued and not self.is_streaming


@dataclass(frozen=True, slots=True)
class Crawler:
    """A crawler; `schedule` is its own, and empty if it has none or is paused."""

    name: str
    address: str
    schedule: str = ""


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow; `max_concurrent_runs` is None without a limit."""

    name: str
    address: str
    max_concurrent_runs: int | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger.

    Attributes:
        actions: what it starts, in order.
        with_arguments: those that it passes arguments of its own.
        timeouts_min: the timeouts that its actions set for jobs, by the job's name.
        watch: the predicate of a conditional one.
        workflow: the workflow that it belongs to; empty outside any.
        is_active: whether it is switched on; an on-demand or event trigger always is.
        without_effect: what is set but ignored for its type: a schedule or a predicate.
        starts_when_created: whether creating it also starts it, as with Terraform's enabled on-demand triggers.
        refusal: why AWS does not accept it; None if it does. The exception's class and rule tell the kinds apart.
    """

    name: str
    address: str
    type: TriggerType
    actions: tuple[Node, ...] = ()
    with_arguments: frozenset[Node] = frozenset()
    timeouts_min: Mapping[str, float] = field(default_factory=dict)
    schedule: str = ""
    watch: Predicate = field(default_factory=Predicate)
    workflow: str = ""
    is_active: bool = True
    without_effect: tuple[str, ...] = ()
    starts_when_created: bool = False
    refusal: ValueError | None = None

    @classmethod
    def from_request(cls, request: Mapping[str, Any], address: str, *, is_active: bool) -> Trigger:
        """Read a trigger from a request to CreateTrigger or an answer of GetTriggers.

        Raises:
            ValueError: its type is none of Glue's.
        """
        kind = TriggerType(request["Type"])
        actions = list(request.get("Actions") or ())
        workflow = request.get("WorkflowName") or ""
        return cls(
            name=request["Name"],
            address=address,
            type=kind,
            actions=tuple(node for action in actions if (node := Node.from_request(action)).name),
            with_arguments=frozenset(Node.from_request(action) for action in actions if action.get("Arguments")),
            timeouts_min={
                action["JobName"]: float(action["Timeout"])
                for action in actions
                if action.get("JobName") and action.get("Timeout")
            },
            schedule=request.get("Schedule") or "" if kind is TriggerType.SCHEDULED else "",
            watch=_watch(request) if kind is TriggerType.CONDITIONAL else Predicate(),
            workflow=workflow,
            is_active=is_active or kind in (TriggerType.ON_DEMAND, TriggerType.EVENT),
            without_effect=tuple(_without_effect(kind, request)),
            refusal=_refusal(request, actions, workflow),
        )

    @property
    def starts_a_chain(self) -> bool:
        """Whether it starts a chain rather than continues one (G1)."""
        return self.type is not TriggerType.CONDITIONAL


def _without_effect(kind: TriggerType, request: Mapping[str, Any]) -> Iterator[str]:
    if request.get("Schedule") and kind is not TriggerType.SCHEDULED:
        yield "schedule"
    if (request.get("Predicate") or {}).get("Conditions") and kind is not TriggerType.CONDITIONAL:
        yield "predicate"


def _watch(request: Mapping[str, Any]) -> Predicate:
    predicate = request.get("Predicate")
    return Predicate.from_request(drop_crawlers_from_job_conditions(predicate)) if predicate else Predicate()


def _refusal(request: Mapping[str, Any], actions: Sequence[Mapping[str, Any]], workflow: str) -> ValueError | None:
    try:
        check(
            request["Type"],
            actions=actions,
            schedule=request.get("Schedule"),
            predicate=request.get("Predicate"),
            workflow_name=workflow or None,
        )
    except ValueError as error:
        return error
    if request.get("StartOnCreation") and request["Type"] in (TriggerType.ON_DEMAND, TriggerType.EVENT):
        return RefusedTriggerError(f"StartOnCreation is not supported for {request['Type']} triggers")
    return None


@dataclass(frozen=True)
class Pipeline:
    """The jobs of an account or a plan, and what starts them.

    Attributes:
        is_all: whether this is everything, as in an account; a plan may lack what others manage.
        unread: addresses of what could not be read, and why.
    """

    jobs: tuple[Job, ...] = ()
    crawlers: tuple[Crawler, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    workflows: tuple[Workflow, ...] = ()
    is_all: bool = False
    unread: tuple[tuple[str, str], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it has no jobs, crawlers, triggers and workflows."""
        return not (self.jobs or self.crawlers or self.triggers or self.workflows or self.unread)

    def job(self, name: str) -> Job | None:
        """The job of a name."""
        return self._jobs.get(name)

    def crawler(self, name: str) -> Crawler | None:
        """The crawler of a name."""
        return self._crawlers.get(name)

    def workflow(self, name: str) -> Workflow | None:
        """The workflow of a name."""
        return next((workflow for workflow in self.workflows if workflow.name == name), None)

    def knows(self, node: Node) -> bool:
        """Whether the job or crawler is among those that are known."""
        return node.name in (self._jobs if node.kind is Kind.JOB else self._crawlers)

    def find_address(self, node: Node) -> str:
        """The address of a job or crawler in the configuration; its kind and name if it is unknown."""
        found = self.job(node.name) if node.kind is Kind.JOB else self.crawler(node.name)
        return found.address if found else str(node)

    def scope(self, workflow: str) -> tuple[Trigger, ...]:
        """The triggers of a workflow, or those outside any: only these fire each other (G5)."""
        return self._scopes.get(workflow, ())

    @property
    def scopes(self) -> tuple[str, ...]:
        """The workflows that triggers name, and the empty name for those outside any."""
        return tuple(self._scopes)

    def starting(self, node: Node) -> tuple[Trigger, ...]:
        """The triggers that start a job or crawler, wherever they are."""
        return self._starting.get(node, ())

    @cached_property
    def _jobs(self) -> dict[str, Job]:
        return {job.name: job for job in self.jobs}

    @cached_property
    def _crawlers(self) -> dict[str, Crawler]:
        return {crawler.name: crawler for crawler in self.crawlers}

    @cached_property
    def _scopes(self) -> dict[str, tuple[Trigger, ...]]:
        return _grouped((trigger.workflow, trigger) for trigger in self.triggers)

    @cached_property
    def _starting(self) -> dict[Node, tuple[Trigger, ...]]:
        pairs = ((node, trigger) for trigger in self.triggers for node in dict.fromkeys(trigger.actions))
        return _grouped(pairs)


def _grouped(pairs: Iterable[tuple[Key, Trigger]]) -> dict[Key, tuple[Trigger, ...]]:
    found: dict[Key, list[Trigger]] = {}
    for key, trigger in pairs:
        found.setdefault(key, []).append(trigger)
    return {key: tuple(triggers) for key, triggers in found.items()}
