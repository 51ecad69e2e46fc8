"""Sends events to the default bus, asynchronously and on best effort, as on AWS (G30)."""

import json
import logging
import queue
import threading
from contextlib import closing
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localstack_glue.events import glue_events
from localstack_glue.events.glue_events import Event
from localstack_glue.service.account_region import Scope
from localstack_glue.service.clients import ClientFactory
from localstack_glue.service.models import Crawl, JobRun
from localstack_glue.service.signals import CrawlSignals, JobSignals

LOG = logging.getLogger(__name__)
SOURCE = "aws.glue"
MAX_WAITING = 10_000
SECONDS_PER_MINUTE = 60
_Item = tuple[Scope, Event] | None


class EventBus:
    """Takes events from any thread; one thread sends them. It begins with the first event."""

    def __init__(self, clients: ClientFactory, crawl_signals: CrawlSignals, job_signals: JobSignals) -> None:
        self._clients = clients
        self._waiting: queue.Queue[_Item] = queue.Queue(MAX_WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_closed = False
        crawl_signals.started.add(self.crawl_started)
        crawl_signals.ended.add(self.crawl_ended)
        job_signals.started.add(self.job_run_started)
        job_signals.attempt_ended.add(self.job_run_ended)

    def send(self, scope: Scope, event: Event | None) -> None:
        """Queue an event; if the queue is full it is dropped, and the caller never waits."""
        if event is None or self._is_closed:
            return
        try:
            self._waiting.put_nowait((scope, event))
        except queue.Full:
            LOG.warning("too many events are waiting; one was dropped: %s", event.detail_type)
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._send_all, name="glue-events", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Send nothing more."""
        self._is_closed = True
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            LOG.debug("the sender sees the end at its next event")

    def job_run_ended(self, scope: Scope, run: JobRun) -> None:
        """Send an event for the end of each attempt of a run."""
        self.send(scope, glue_events.job_run_ended(run))

    def job_run_started(self, scope: Scope, run: JobRun) -> None:
        """Send an event later if the run takes longer than its NotifyDelayAfter."""
        delay_min = (run.plan.get("NotificationProperty") or {}).get("NotifyDelayAfter")
        if not delay_min:
            return

        def send_delay_event() -> None:
            if run.is_running:
                self.send(scope, glue_events.job_run_delayed(run, delay_min))

        timer = threading.Timer(delay_min * SECONDS_PER_MINUTE, send_delay_event)
        timer.daemon = True
        timer.start()

    def crawl_started(self, scope: Scope, crawl: Crawl) -> None:
        """Send an event for the start of a crawl."""
        self.send(scope, glue_events.crawl_started(scope, crawl))

    def crawl_ended(self, scope: Scope, crawl: Crawl) -> None:
        """Send an event for the end of a crawl."""
        self.send(scope, glue_events.crawl_ended(scope, crawl))

    def catalog_changed(self, scope: Scope, operation: str, request: Any, answer: Any) -> None:
        """Send events for changes of databases, tables and partitions."""
        for event in glue_events.catalog_changed(scope, operation, request, answer):
            self.send(scope, event)

    def _send_all(self) -> None:
        while (item := self._waiting.get()) is not None and not self._is_closed:
            scope, event = item
            try:
                self._put(scope, event)
            except (BotoCoreError, ClientError) as error:
                LOG.warning("could not send %s: %s", event.detail_type, error)
            except Exception:  # a failed event must not stop the following ones
                LOG.exception("internal error while an event was sent")

    def _put(self, scope: Scope, event: Event) -> None:
        entry = {
            "Source": SOURCE,
            "DetailType": event.detail_type,
            "Detail": json.dumps(event.detail, default=str),
            "Resources": list(event.resources),
        }
        with closing(self._clients.of_account("events", scope)) as events:
            answer = events.put_events(Entries=[entry])
        if answer.get("FailedEntryCount"):
            LOG.warning("EventBridge refused %s: %s", event.detail_type, answer["Entries"])
