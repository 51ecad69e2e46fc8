"""Simulates a year of a pipeline: schedules fire, everything succeeds, and conditional triggers follow (G1-G8, G27)."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from glue_triggers.conditions import SUCCEEDED, End, Kind, Node, ended_since
from glue_triggers.cron import Cron, CronError
from glue_triggers.pipeline import Crawler, Job, Pipeline, Trigger
from glue_triggers.reach import is_ready
from glue_triggers.trigger_types import TriggerType

YEAR = timedelta(days=365)
ASSUMED_JOB_MIN = 10.0
ASSUMED_CRAWL_MIN = 2.0
MOST_DATES = 1000  # of one schedule: three days of every five minutes, three years of every day
MOST_STARTS_OF_ONE = 500  # starts of one date; with more, the chain is endless
MOST_STARTS = 20_000
FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Start:
    """A job run or crawl that begins, or is refused because its limit is met.

    Attributes:
        node: the job or crawler; None if a whole workflow run is refused.
        by: the trigger; None for a crawler's own schedule.
        root: the date, and the name of what started the chain.
        is_refused: whether the limit of concurrent runs was met.
        behind: for a refused start, when the run in its way began, and that run's root.
    """

    at: datetime
    node: Node | None
    by: Trigger | None
    root: tuple[datetime, str]
    is_refused: bool = False
    behind: tuple[datetime, tuple[datetime, str]] | None = None
    workflow: str = ""


@dataclass(slots=True)
class _Run:
    """A workflow run, or the runs outside any workflow."""

    workflow: str
    root: tuple[datetime, str]
    started_on: datetime
    ends: list[End] = field(default_factory=list)
    fired: set[str] = field(default_factory=set)
    running: int = 0


Event = Callable[[datetime], None]


class Simulation:
    """Plays starts in their order, and records them in `starts`."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.starts: list[Start] = []
        self._jobs = {job.name: job for job in pipeline.jobs}
        self._limits = {workflow.name: workflow.max_concurrent_runs for workflow in pipeline.workflows}
        self._watching: dict[tuple[str, Node], list[Trigger]] = {}
        for trigger in filter(is_ready, pipeline.triggers):
            for node in trigger.watch.nodes:
                self._watching.setdefault((trigger.workflow, node), []).append(trigger)
        self.is_endless = False
        self._events: list[tuple[datetime, int, int, Event]] = []
        self._order = count()
        self._running: dict[Node, list[tuple[datetime, tuple[datetime, str]]]] = {}
        self._runs: dict[str, list[_Run]] = {}
        self._ended: dict[str, dict[Node, End]] = {}

    def add(self, at: datetime, source: Trigger | Crawler) -> None:
        """Add a date on which a starting trigger or a crawler's own schedule fires."""
        root = (at, source.name)
        if isinstance(source, Trigger):
            self._put(at, lambda now: self._come_due(source, root, now))
        else:
            node = Node(Kind.CRAWLER, source.name)
            self._put(at, lambda now: self._start(node, None, root, None, now))

    def play(self, most: int) -> list[Start]:
        """Play everything to its end; with more than `most` starts, stop and set `is_endless`."""
        while self._events:
            if len(self.starts) > most:
                self.is_endless = True
                break
            at, _, _, event = heapq.heappop(self._events)
            event(at)
        return self.starts

    def _put(self, at: datetime, event: Event, *, is_end: bool = False) -> None:
        # an end at the same minute comes first, since it makes room for a start
        heapq.heappush(self._events, (at, 0 if is_end else 1, next(self._order), event))

    def _come_due(self, trigger: Trigger, root: tuple[datetime, str], now: datetime) -> None:
        if not trigger.workflow:
            self._fire(trigger, root, None, now)
            return
        runs = self._runs.setdefault(trigger.workflow, [])
        runs[:] = [run for run in runs if run.running]
        limit = self._limits.get(trigger.workflow)
        if limit and len(runs) >= limit:  # G8
            behind = (runs[-1].started_on, runs[-1].root)
            self.starts.append(Start(now, None, trigger, root, True, behind, trigger.workflow))
            return
        run = _Run(trigger.workflow, root, now)
        runs.append(run)
        self._fire(trigger, root, run, now)

    def _fire(self, trigger: Trigger, root: tuple[datetime, str], run: _Run | None, now: datetime) -> None:
        if run is not None:
            run.fired.add(trigger.name)
        for node in trigger.actions:
            self._start(node, trigger, root, run, now)

    def _start(
        self, node: Node, by: Trigger | None, root: tuple[datetime, str], run: _Run | None, now: datetime
    ) -> None:
        running = self._running.setdefault(node, [])
        job = self._jobs.get(node.name) if node.kind is Kind.JOB else None
        limit = job.max_concurrent_runs if job else 1
        workflow = run.workflow if run else ""
        if len(running) >= limit and (job.refuses if job else node.kind is Kind.CRAWLER):
            self.starts.append(Start(now, node, by, root, True, running[-1], workflow))
            if job and by is not None:  # the job run exists and is FAILED at once (G27); a refused crawl does not exist
                self._advance(End(node, FAILED), root, run, now)
            return
        self.starts.append(Start(now, node, by, root, workflow=workflow))
        entry = (now, root)
        running.append(entry)
        if run is not None:
            run.running += 1

        def end(at: datetime) -> None:
            running.remove(entry)
            if run is not None:
                run.running -= 1
            if by is not None:  # a crawl by its own schedule fires no conditional trigger (G2)
                self._advance(End(node, SUCCEEDED), root, run, at)

        self._put(now + timedelta(minutes=run_minutes(node, job)), end, is_end=True)

    def _advance(self, end: End, root: tuple[datetime, str], run: _Run | None, now: datetime) -> None:
        if run is None:
            for trigger in self._watching.get(("", end.node), ()):
                known, met_by = ended_since(self._ended.get(trigger.name, {}), trigger.watch, end)
                self._ended[trigger.name] = known
                if met_by is not None:
                    self._fire(trigger, root, None, now)
            return
        run.ends.append(end)
        for trigger in self._watching.get((run.workflow, end.node), ()):
            if trigger.name not in run.fired and trigger.watch.holds(run.ends):
                self._fire(trigger, root, run, now)


def run_minutes(node: Node, job: Job | None) -> float:
    """How long a run takes, in minutes: the job's median, or an assumption."""
    if node.kind is Kind.CRAWLER:
        return ASSUMED_CRAWL_MIN
    return job.median_min if job and job.median_min else ASSUMED_JOB_MIN


@dataclass(frozen=True, slots=True)
class Source:
    """A trigger or crawler that starts a chain, and its dates.

    Attributes:
        address: the trigger or crawler.
        expression: its schedule; empty if a person or an event starts it.
        how: "schedule", "event" or "hand".
        dates: how many times it fires within a year.
        next_dates: the first of them, in UTC.
        starts: the jobs and crawlers that it starts when everything succeeds, in order.
    """

    address: str
    expression: str
    how: str
    dates: int = 0
    next_dates: tuple[datetime, ...] = ()
    starts: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Year:
    """The starts of a year.

    Attributes:
        sources: what starts chains.
        starts: every start that was played.
        once: the starts of a single firing of each source, by the source's address.
        endless: addresses of sources whose chains never end.
        is_whole: whether all dates were simulated; for very frequent schedules only the first are.
    """

    since: datetime
    until: datetime
    sources: tuple[Source, ...]
    starts: tuple[Start, ...]
    once: Mapping[str, tuple[Start, ...]]
    endless: frozenset[str] = frozenset()
    is_whole: bool = True


_SHOWN_DATES = 5


def simulate(pipeline: Pipeline, now: datetime) -> Year:
    """Simulate the year after a moment; for very frequent schedules only the first 1,000 dates."""
    until = now + YEAR
    whole = Simulation(pipeline)
    found: list[tuple[Trigger | Crawler, str, str, list[datetime]]] = []
    once: dict[str, tuple[Start, ...]] = {}
    endless = set()
    dates_by: dict[str, list[datetime]] = {}
    listed = list(_sources(pipeline))
    most = min(MOST_DATES, max(50, MOST_STARTS // max(1, len(listed))))
    is_whole = True
    for source, expression, how in listed:
        if expression not in dates_by:
            dates_by[expression] = list(_dates(expression, now, until))
        dates = dates_by[expression]
        alone = Simulation(pipeline)
        alone.add(dates[0] if dates else now, source)
        once[source.address] = tuple(alone.play(MOST_STARTS_OF_ONE))
        if alone.is_endless:
            endless.add(source.address)
        else:
            for date in dates[:most]:
                whole.add(date, source)
            is_whole = is_whole and len(dates) <= most
        found.append((source, expression, how, dates))
    starts = whole.play(MOST_STARTS)
    by_source: dict[str, dict[Node, None]] = {}
    for start in starts:
        if start.node is not None and not start.is_refused:
            by_source.setdefault(start.root[1], {})[start.node] = None
    return Year(
        now,
        until,
        tuple(
            Source(
                source.address,
                expression,
                how,
                len(dates),
                tuple(dates[:_SHOWN_DATES]),
                tuple(dict.fromkeys([*_nodes(once[source.address]), *by_source.get(source.name, ())])),
            )
            for source, expression, how, dates in found
        ),
        tuple(starts),
        once,
        frozenset(endless),
        is_whole and not whole.is_endless,
    )


def _nodes(starts: Iterable[Start]) -> list[Node]:
    return [start.node for start in starts if start.node is not None and not start.is_refused]


def _sources(pipeline: Pipeline) -> Iterator[tuple[Trigger | Crawler, str, str]]:
    for trigger in pipeline.triggers:
        if not trigger.starts_a_chain or trigger.refusal is not None:
            continue
        if trigger.type is TriggerType.SCHEDULED and trigger.is_active:
            yield trigger, trigger.schedule, "schedule"
        elif trigger.type is TriggerType.EVENT:
            yield trigger, "", "event"
        elif trigger.type is TriggerType.ON_DEMAND or trigger.workflow:
            yield trigger, "", "hand"
    for crawler in pipeline.crawlers:
        if crawler.schedule:
            yield crawler, crawler.schedule, "schedule"


def _dates(expression: str, now: datetime, until: datetime) -> Iterator[datetime]:
    if expression:
        try:
            yield from Cron.parse(expression).between(now, until)
        except CronError:
            return
