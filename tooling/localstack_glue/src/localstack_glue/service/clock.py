"""The time the service lives by. Tests move it; without them it is the machine's."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """A source of the current time, in UTC."""

    def now(self) -> datetime:
        """Return the current time, timezone-aware."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's time."""
        return datetime.now(UTC)


class MovableClock:
    """A clock that follows another one until it is frozen, set or advanced."""

    def __init__(self, source: Clock | None = None) -> None:
        self._source = source or SystemClock()
        self._offset = timedelta()
        self._frozen_at: datetime | None = None
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """Return the time on this clock."""
        with self._lock:
            return self._frozen_at or self._source.now() + self._offset

    @property
    def is_frozen(self) -> bool:
        """Whether the clock is stopped."""
        return self._frozen_at is not None

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` each time the clock is moved by hand."""
        self._listeners.append(listener)

    def set(self, moment: datetime) -> None:
        """Go to a moment, forwards or backwards."""
        with self._lock:
            if self._frozen_at is not None:
                self._frozen_at = moment
            self._offset = moment - self._source.now()
        self._notify()

    def advance(self, by: timedelta) -> None:
        """Move by a span of time."""
        self.set(self.now() + by)

    def freeze(self) -> None:
        """Stop the clock."""
        with self._lock:
            self._frozen_at = self._frozen_at or self._source.now() + self._offset
        self._notify()

    def unfreeze(self) -> None:
        """Let the clock run again from its current time."""
        with self._lock:
            if self._frozen_at is not None:
                self._offset = self._frozen_at - self._source.now()
                self._frozen_at = None
        self._notify()

    def reset(self) -> None:
        """Follow the source again."""
        with self._lock:
            self._offset, self._frozen_at = timedelta(), None
        self._notify()

    def _notify(self) -> None:
        for listener in self._listeners:
            listener()
