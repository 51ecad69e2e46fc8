"""What `--json` prints: one envelope for every command, version 1.

`version`, `command`, and either `result` or `error`; the other one is null. A time is a text in ISO 8601 under a name
that ends in `_at`, a duration a number of `seconds`, how something stands its `state`, an id a text. The schema of what
each command prints is in docs/reference/json.

Until version 0.2 a result that is an object has its keys beside `result` as well, as they were before there
was an envelope, and QUARTAL_JSON=0 prints what was printed then.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from typing import Any

VERSION = 1
OLD_FORM = "QUARTAL_JSON"
_SNAPSHOT_ID = "snapshot_id"  # how the keys end that hold one
_command: ContextVar[str] = ContextVar("command", default="")


@contextmanager
def of_command(name: str) -> Iterator[None]:
    """What is printed meanwhile is the result, or the error, of this command, as `contract lint`."""
    token = _command.set(name)
    try:
        yield
    finally:
        _command.reset(token)


def as_text(data: Any) -> str:
    """JSON as it is printed. Ids of snapshots are strings: many readers of JSON keep only 53 bits of a number."""
    return json.dumps(_ids_as_strings(data), indent=2, default=_plain) + "\n"


def of_result(data: Any) -> Any:
    """The envelope of a result."""
    return _enveloped(data, None)


def of_error(told: Mapping[str, Any]) -> Any:
    """The envelope of an error."""
    return _enveloped(None, told)


def _enveloped(result: Any, error: Mapping[str, Any] | None) -> Any:
    if os.environ.get(OLD_FORM) == "0":
        return result if error is None else {"error": error}
    envelope = {"version": VERSION, "command": _command.get(), "result": result, "error": error}
    return (
        envelope | {key: value for key, value in result.items() if key not in envelope}
        if (isinstance(result, Mapping))
        else envelope
    )


def _ids_as_strings(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {
            key: str(value)
            if isinstance(value, int) and str(key).endswith(_SNAPSHOT_ID) and not isinstance(value, bool)
            else _ids_as_strings(value)
            for key, value in data.items()
        }
    return [_ids_as_strings(each) for each in data] if isinstance(data, list | tuple) else data


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)
