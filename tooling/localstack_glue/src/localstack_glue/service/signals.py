"""Signals: one part of the service announces what has happened, without knowing the listeners."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from localstack_glue.service.account_region import Scope
from localstack_glue.service.models import Crawl, Job, JobRun

T = TypeVar("T")
Listener = Callable[[Scope, T], None]


class Signal(Generic[T]):
    """An event that can happen repeatedly.

    Listeners are called on the thread that sends, in the order in which they were added. Their exceptions reach the
    sender.
    """

    def __init__(self) -> None:
        self._listeners: list[Listener[T]] = []

    def add(self, listener: Listener[T]) -> None:
        """Call a listener each time from now on."""
        self._listeners.append(listener)

    def send(self, scope: Scope, what: T) -> None:
        """Call the listeners with the account, the region and the subject of the event."""
        for listener in self._listeners:
            listener(scope, what)


@dataclass(frozen=True, slots=True)
class CrawlSignals:
    """Events of crawls.

    Attributes:
        started: a crawl has started.
        ended: a crawl has ended, in whatever state.
    """

    started: Signal[Crawl] = field(default_factory=Signal)
    ended: Signal[Crawl] = field(default_factory=Signal)


@dataclass(frozen=True, slots=True)
class JobSignals:
    """Events of jobs and their runs.

    Attributes:
        defined: a job was created or updated.
        deleted: the job of this name was deleted.
        started: an attempt of a run has started.
        attempt_ended: an attempt has ended, whether or not another one follows.
        retried: another attempt replaces a failed one, which its `previous_run_id` names.
        run_ended: the last attempt of a run has ended (G27).
    """

    defined: Signal[Job] = field(default_factory=Signal)
    deleted: Signal[str] = field(default_factory=Signal)
    started: Signal[JobRun] = field(default_factory=Signal)
    attempt_ended: Signal[JobRun] = field(default_factory=Signal)
    retried: Signal[JobRun] = field(default_factory=Signal)
    run_ended: Signal[JobRun] = field(default_factory=Signal)
