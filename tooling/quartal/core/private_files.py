"""Files that their owner alone may read: states, logs, and what may hold values of either."""

from __future__ import annotations

import os
from pathlib import Path

_OWNER = 0o600


def opener(path: str, flags: int) -> int:
    """For `open`: the file is its owner's alone from the moment it is there, one of an earlier version as well."""
    descriptor = os.open(path, flags, _OWNER)
    if hasattr(os, "fchmod"):  # pragma: no branch
        os.fchmod(descriptor, _OWNER)
    return descriptor


def write(path: Path, text: str) -> None:
    """Write a text that its owner alone may read."""
    with open(path, "w", encoding="utf-8", opener=opener) as file:
        file.write(text)
