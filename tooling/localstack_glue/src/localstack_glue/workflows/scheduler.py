"""Fires scheduled triggers and crawlers, and ends the windows of event batches, when their time comes (G2, G3, G12)."""

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

from glue_triggers.cron import Cron
from glue_triggers.trigger_types import TriggerType
from localstack_glue.crawlers.crawlers import Crawlers
from localstack_glue.jobs.jobs import Jobs
from localstack_glue.service.account_region import Scope
from localstack_glue.service.clock import MovableClock
from localstack_glue.service.errors import GlueError
from localstack_glue.service.models import BY_HAND, Crawler, Trigger, TriggerState, glue_stores
from localstack_glue.workflows.event_triggers import EventTriggers
from localstack_glue.workflows.orchestration import Orchestrator

LOG = logging.getLogger(__name__)
LONGEST_WAIT_S = 30.0
MAX_STARTS = 10_000  # that are served at once; a year of a daily schedule has 365, of one every 5 minutes 105,000
Scheduled = tuple[Scope, Trigger | Crawler, str, datetime | None]


class Scheduler:
    """A thread that waits for the next time of any schedule, and serves everything that is due, in order.

    Others set ``schedules_changed`` to make it read the schedules again.
    """

    def __init__(
        self,
        clock: MovableClock,
        lock: threading.RLock,
        orchestrator: Orchestrator,
        crawlers: Crawlers,
        jobs: Jobs,
        event_triggers: EventTriggers,
        schedules_changed: threading.Event,
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._orchestrator = orchestrator
        self._crawlers = crawlers
        self._jobs = jobs
        self._event_triggers = event_triggers
        self._served_until = clock.now()
        self._ticking = threading.Lock()
        self._wake = schedules_changed
        self._is_closed = False
        self._thread = threading.Thread(target=self._loop, name="glue-scheduler", daemon=True)
        clock.on_change(self.wake)

    def start(self) -> None:
        """Begin to watch the clock."""
        self._thread.start()

    def wake(self) -> None:
        """Look at the schedules and the clock again."""
        self._wake.set()

    def close(self) -> None:
        """Stop watching."""
        self._is_closed = True
        self._wake.set()

    def tick(self) -> int:
        """Serve all times between the last tick and now, each once and in order; return how many there were."""
        with self._ticking:
            with self._lock:
                now = self._clock.now()
                since, self._served_until = self._served_until, now
                due = sorted(self._due(since, now), key=lambda entry: entry[:2])
            if len(due) > MAX_STARTS:  # the machine slept; who moves the clock is refused before
                LOG.warning("%s starts are due at once: only the newest %s run", len(due), MAX_STARTS)
                due = due[-MAX_STARTS:]
            for moment, _, start_it in due:
                with self._lock:  # between two starts others have their turn
                    LOG.info("the time %s has come", moment.isoformat())
                    start_it()
            for scope in _scopes():
                self._jobs.expire(scope)
            return len(due)

    def is_too_far(self, moment: datetime) -> bool:
        """Whether more starts are due until a time than are served at once."""
        with self._lock:
            coming = self._due(self._served_until, moment)
            return sum(1 for _ in islice(coming, MAX_STARTS + 1)) > MAX_STARTS

    def _due(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, int, Callable[[], None]]]:
        for position, (scope, item, expression, counts_from) in enumerate(self._scheduled()):
            start = max(since, counts_from) if counts_from else since
            for moment in Cron.parse(expression).between(start, until):
                yield moment, position, self._starter(scope, item)
        for position, (scope, trigger, end) in enumerate(self._windows()):
            if end <= until:
                yield end, position, self._window_ender(scope, trigger)

    def _loop(self) -> None:
        while not self._is_closed:
            self._wake.clear()
            try:
                self.tick()
                wait_s = self._seconds_to_next()
            except Exception:  # one broken schedule must not stop all others forever
                LOG.exception("the scheduler stumbled")
                wait_s = LONGEST_WAIT_S
            self._wake.wait(wait_s)

    def _seconds_to_next(self) -> float:
        if self._clock.is_frozen:
            return LONGEST_WAIT_S
        now = self._clock.now()
        with self._lock:
            coming = [Cron.parse(expression).next_after(now) for _, _, expression, _ in self._scheduled()]
            coming += [end for _, _, end in self._windows()]
        waits = [(moment - now).total_seconds() for moment in coming if moment is not None]
        return max(0.01, min([*waits, LONGEST_WAIT_S]))

    def _scheduled(self) -> Iterator[Scheduled]:
        for scope in _scopes():
            for trigger in list(scope.store.triggers.values()):
                is_active = trigger.state is TriggerState.ACTIVATED
                if trigger.type == TriggerType.SCHEDULED and trigger.schedule and is_active:
                    yield scope, trigger, trigger.schedule, trigger.scheduled_since
            for crawler in list(scope.store.crawlers.values()):
                if crawler.is_scheduled and crawler.schedule:
                    yield scope, crawler, crawler.schedule, crawler.scheduled_since

    def _windows(self) -> Iterator[tuple[Scope, Trigger, datetime]]:
        for scope in _scopes():
            for end, trigger in self._event_triggers.window_ends(scope):
                yield scope, trigger, end

    def _window_ender(self, scope: Scope, trigger: Trigger) -> Callable[[], None]:
        def end() -> None:
            if scope.store.triggers.get(trigger.name) is not trigger:
                return
            try:
                self._event_triggers.end_window(scope, trigger)
            except GlueError as error:
                LOG.warning("the events of %s could not start a run: %s", trigger.name, error.message)

        return end

    def _starter(self, scope: Scope, item: Trigger | Crawler) -> Callable[[], None]:
        def start() -> None:
            if not _is_still_there(scope, item):  # an earlier start, or a call in between, has changed it
                return
            try:
                if isinstance(item, Trigger):
                    self._orchestrator.fire_unattended(scope, item)
                else:
                    # by its own schedule: no conditional trigger will fire on its end (G2)
                    self._crawlers.start_crawl(scope, item.name, BY_HAND)
            except GlueError as error:
                LOG.warning("the schedule could not start %s: %s", item.name, error.message)

        return start


def _scopes() -> list[Scope]:
    return [Scope(account_id, region) for account_id, regions in list(glue_stores.items()) for region in list(regions)]


def _is_still_there(scope: Scope, item: Trigger | Crawler) -> bool:
    if isinstance(item, Trigger):
        return scope.store.triggers.get(item.name) is item and item.state is TriggerState.ACTIVATED
    return scope.store.crawlers.get(item.name) is item and item.is_scheduled
