"""Logs that only their owner may read; files that are written as a whole are those of whole_files.py."""

from __future__ import annotations

import os

_OWNER = 0o600


def opener(path: str, flags: int) -> int:
    """An opener for `open`: only the owner may read the file, whether it is new or existed before."""
    descriptor = os.open(path, flags, _OWNER)
    if hasattr(os, "fchmod"):  # pragma: no branch
        os.fchmod(descriptor, _OWNER)
    return descriptor
