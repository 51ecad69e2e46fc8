"""The hash of a contract, which changes only with the parts that decide about rows."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def hash_of(content: dict[str, Any], defaults: Mapping[str, Any]) -> str:
    """SHA-256 of a contract as JSON, without the parts that equal ``defaults``."""
    _leave_out_unsaid(content, defaults)
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _leave_out_unsaid(content: dict[str, Any], defaults: Mapping[str, Any]) -> None:
    """Remove unset fields that later versions introduced, so that the hashes of older contracts stay the same."""
    event_time, csv = content["features"]["event_time"], content["csv"]
    for part, name in ((content, "files"), (csv, "max_record_bytes")):
        if part[name] == defaults[name]:
            del part[name]
    of_rules = ("other_formats", "missing_values", "rounding", "notation", "thousands_separator")
    for part, names in (
        (content, ("quality", "missing_values")),
        (csv, ("multi_line", "escape")),
        (event_time, ("time_zone",)),
        *((column, ("physical_name",)) for column in content["columns"]),
        *((column["rules"], of_rules) for column in content["columns"]),
    ):
        for name in names:
            if part[name] in (None, [], ()) or part[name] is False:  # but rounding to 0 decimals counts as set
                del part[name]
