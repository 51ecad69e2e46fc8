"""Commands of Quartal in messages, as they are typed for the environment and the feed that a command works in.

Without these options, what a message advises would be done in another environment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# tests hold both against the commands' options
# fmt: off
OF_ENVIRONMENT = frozenset({
    "adopt", "apply", "bootstrap", "cost", "deliveries", "destroy", "diff", "doctor", "drift", "explain", "export",
    "history", "ingest", "logs", "maintenance", "plan", "quarantine", "query", "report", "run", "schedule", "status",
    "tag", "tags", "upload",
})
OF_FEED = OF_ENVIRONMENT - {"adopt", "apply", "bootstrap", "destroy", "doctor", "drift", "plan", "schedule"}
# fmt: on

_COMMAND = re.compile(r"`quartal (?P<name>[a-z]+)(?P<rest>[^`]*)`")
_options: ContextVar[tuple[str, ...]] = ContextVar("options", default=())


@contextmanager
def without_options() -> Iterator[None]:
    """Begin without options; those that are set within the block end with it."""
    token = _options.set(())
    try:
        yield
    finally:
        _options.reset(token)


def name_in_messages(options: Iterable[str]) -> None:
    """Set the options that each command in a message gets if it has them, such as `--env dev`."""
    _options.set(tuple(options))


def as_typed(text: str, options: Iterable[str] | None = None) -> str:
    """A text in which each command of Quartal in backticks has these options, or else those that are set."""
    wanted = _options.get() if options is None else tuple(options)

    def typed(command: re.Match[str]) -> str:
        name, rest = command["name"], command["rest"]
        known = [
            option
            for option in wanted
            if name in (OF_FEED if option.startswith("--dataset") else OF_ENVIRONMENT)
            and option.partition(" ")[0] not in rest.split()
        ]
        return f"`{' '.join(('quartal', name, *known))}{rest}`"

    return _COMMAND.sub(typed, text) if wanted else text
