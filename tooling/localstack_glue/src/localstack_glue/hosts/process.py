"""What a host sets for its whole process, so that starting, first calls and stopping take little processor time."""

import atexit
import functools
import gc
import os
import sys
from typing import Any

# a collection of the youngest after this many new objects, of the older after ten of those, of all after ten of these
_THRESHOLDS = (20_000, 10, 10)


def save_time() -> None:
    """Collect garbage seldom, and read AWS's endpoints once. For programs: a library's process is not its own."""
    _collect_seldom()
    _read_endpoints_once()


def _collect_seldom() -> None:
    """Set the garbage collector's thresholds, and have it do nothing at the end.

    Modules and API models are half a million objects that stay. With Python's own thresholds, the collector walks
    through them a dozen times while the services load, and again when Python takes its modules apart: a third of the
    processor time of a server that is started for a few calls.
    """
    gc.set_threshold(*_THRESHOLDS)
    atexit.register(_leave_all)  # what is registered later is done before


def _leave_all() -> None:
    """Have Python free no objects at its end, and DuckDB not report that as leaks, the last that is written."""
    gc.freeze()
    if "_duckdb" in sys.modules:
        sys.stderr.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _read_endpoints_once() -> None:
    """Have all sessions of this process share AWS's endpoints, which nothing changes.

    LocalStack and moto make a dozen sessions while their services load; each would parse the same megabyte of JSON.
    """
    from botocore.loaders import JSONFileLoader

    load = JSONFileLoader.load_file
    read: dict[str, Any] = {}

    @functools.wraps(load)
    def load_once(self: Any, file_path: str) -> Any:
        if not file_path.endswith("endpoints"):
            return load(self, file_path)
        if file_path not in read:
            read[file_path] = load(self, file_path)
        return read[file_path]

    JSONFileLoader.load_file = load_once
