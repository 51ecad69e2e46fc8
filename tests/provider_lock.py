"""The provider's lock file without hashes, for scratch copies of the configuration.

Terraform hashes the provider, 700 MB, on each command, and three times on `init`. Here it would be the same file each
time: tests/terraform/test_modules.py checks it by the committed lock.
"""

from __future__ import annotations

import re
from pathlib import Path

_HASHES = re.compile(r"^  hashes = \[$.*?^  \]\n", re.DOTALL | re.MULTILINE)


def drop_hashes(folder: Path) -> None:
    """Remove the hashes from the lock files below a folder; versions stay locked."""
    for lock in folder.rglob(".terraform.lock.hcl"):
        lock.write_text(_HASHES.sub("", lock.read_text()))
