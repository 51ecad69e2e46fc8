"""The output of `--json`: one envelope for every command, version 1.

It holds `version`, `command`, and either `result` or `error`; the other one is null. Times are ISO 8601 texts under
names that end in `_at`, durations are numbers of `seconds`, states are called `state`, ids are texts. The schema of
each command's output is in docs/reference/json.

Until version 0.2 the keys of a result that is an object stand next to `result` as well, as before the envelope
existed; QUARTAL_JSON=0 prints the old form alone.
"""

from __future__ import annotations

import json
import math
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
def labelled_with(name: str) -> Iterator[None]:
    """Label everything printed within the block with this command, such as `contract lint`."""
    token = _command.set(name)
    try:
        yield
    finally:
        _command.reset(token)


def as_text(data: Any) -> str:
    """The data as JSON, with what JSON has no form for as text, such as snapshot ids, days and NaN.

    Snapshot ids become strings because many JSON parsers keep only 53 bits of a number.
    """
    return json.dumps(_for_json(data), indent=2, allow_nan=False, default=_plain) + "\n"


def nested_text(value: Any) -> Any:
    """A list, a struct or a map as JSON on one line, bytes as hexadecimal digits; any other value as it is."""
    if isinstance(value, bytes):
        return _plain(value)
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(_for_json(value), ensure_ascii=False, allow_nan=False, default=_plain)
    return value


def result_envelope(data: Any) -> Any:
    """The envelope of a result."""
    return _enveloped(data, None)


def error_envelope(fields: Mapping[str, Any]) -> Any:
    """The envelope of an error."""
    return _enveloped(None, fields)


def _enveloped(result: Any, error: Mapping[str, Any] | None) -> Any:
    if os.environ.get(OLD_FORM) == "0":
        return result if error is None else {"error": error}
    envelope = {"version": VERSION, "command": _command.get(), "result": result, "error": error}
    return (
        envelope | {key: value for key, value in result.items() if key not in envelope}
        if (isinstance(result, Mapping))
        else envelope
    )


def _for_json(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {
            _key(key): str(value)
            if isinstance(value, int) and str(key).endswith(_SNAPSHOT_ID) and not isinstance(value, bool)
            else _for_json(value)
            for key, value in data.items()
        }
    if isinstance(data, list | tuple):
        return [_for_json(each) for each in data]
    return _float(data) if isinstance(data, float) else data


def _key(key: Any) -> Any:
    """A map's key: the JSON library writes those of these types by itself."""
    if isinstance(key, float):
        return _float(key)
    return key if key is None or isinstance(key, str | int) else _plain(key)


def _float(value: float) -> float | str:
    """The number; a text if it is none, for which JSON has no form."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.hex() if isinstance(value, bytes) else str(value)
