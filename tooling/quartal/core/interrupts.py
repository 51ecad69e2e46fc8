"""Interrupts deferred while a program is started, so that no unknown program is left running."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class DeferredInterrupts:
    """Defers Ctrl-C and requests to terminate until they are released, at the latest at the end of the block.

    Nothing is deferred outside the main thread, since only that thread receives them, nor if the process ignores them
    or has the default handler: programs inherit that.
    """

    def __init__(self) -> None:
        self._came: list[int] = []
        self._handlers: dict[int, Callable[[int, FrameType | None], Any]] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                handler = signal.getsignal(number)
                if callable(handler):
                    self._handlers[number] = handler
                    signal.signal(number, lambda came, _frame: self._came.append(came))
        return self

    def release(self) -> None:
        """Deliver the interrupts that arrived, and defer no more.

        Raises:
            KeyboardInterrupt: from the handler of an interrupt that arrived.
        """
        while self._handlers:
            signal.signal(*self._handlers.popitem())
        came, self._came = self._came, []
        for number in came[:1]:  # more would interrupt what the first one has begun
            signal.raise_signal(number)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()
