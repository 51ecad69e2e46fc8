"""Files that only their owner may read: Terraform states, logs, and files with values from either."""

from __future__ import annotations

import os
from pathlib import Path

_OWNER = 0o600


def opener(path: str, flags: int) -> int:
    """An opener for `open`: only the owner may read the file, whether it is new or existed before."""
    descriptor = os.open(path, flags, _OWNER)
    if hasattr(os, "fchmod"):  # pragma: no branch
        os.fchmod(descriptor, _OWNER)
    return descriptor


def write(path: Path, text: str) -> None:
    """Write a text file that only its owner may read."""
    with open(path, "w", encoding="utf-8", opener=opener) as file:
        file.write(text)
