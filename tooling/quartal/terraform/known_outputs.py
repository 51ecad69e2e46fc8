"""The outputs that Terraform read last, for as long as the state is the same file.

`terraform output` takes about a second, in which it hashes the provider, and almost every command asks for the outputs.
Only a local state is looked at: one in a bucket may have been changed by another machine.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from quartal.core.whole_files import write_whole
from quartal.terraform.working_copy import StagedRoot


def state_hash(staged: StagedRoot) -> str | None:
    """The hash of the state that Terraform reads here; None if it is not a local file, or does not exist."""
    try:
        working = staged.folder / ".terraform"
        if (working / "environment").exists():  # another workspace may have been selected by hand
            return None
        # what the last `init` connected; without a path, the state is beside the configuration
        backend = json.loads((working / "terraform.tfstate").read_text(encoding="utf-8"))["backend"]
        if backend["type"] != "local" or any(value is not None for value in backend["config"].values()):
            return None
        return hashlib.sha256((staged.folder / "terraform.tfstate").read_bytes()).hexdigest()
    except (OSError, ValueError, AttributeError, KeyError, TypeError, RecursionError):
        return None


def read_outputs(staged: StagedRoot) -> dict[str, Any] | None:
    """The outputs of the present state, name to value; None if Terraform has to be asked."""
    of = state_hash(staged)
    if of is None:
        return None
    try:
        fields = json.loads(_file(staged).read_text(encoding="utf-8"))
        return dict(fields["outputs"]) if fields["state_sha256"] == of else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def write_outputs(staged: StagedRoot, outputs: dict[str, Any], *, of: str | None) -> None:
    """Keep the outputs of a state.

    Args:
        staged: where Terraform ran.
        outputs: name to value.
        of: the state's hash before Terraform read it; outputs of a state that has changed since are not kept.
    """
    if of is None or state_hash(staged) != of:
        return
    with suppress(OSError):
        text = json.dumps({"state_sha256": of, "outputs": outputs}, indent=2) + "\n"
        write_whole(_file(staged), text, owner_only=True)


def _file(staged: StagedRoot) -> Path:
    return staged.plan_file.with_suffix(".outputs.json")
