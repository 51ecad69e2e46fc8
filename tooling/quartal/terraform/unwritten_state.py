"""A state that Terraform could not write to its place, and left as `errored.tfstate` in its working folder.

If the disk is full, that file is empty or cut off as well, and the state is only in one line of Terraform's progress.
That line is saved, if necessary in another folder.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from pathlib import Path

from quartal.core.errors import TerraformError
from quartal.core.whole_files import write_whole

_NAME = "errored.tfstate"
_LOCAL = "terraform.tfstate"


def keep_dumped_state(folder: Path, line: str) -> None:
    """Save the state from a line of Terraform's progress, if the line has one and `errored.tfstate` has not.

    This raises nothing if the state cannot be saved anywhere: `refuse_unwritten_state` still has to report it.
    """
    if '"Emergency state dump"' not in line:
        return
    try:
        state = json.loads(line)["state"]
    except (ValueError, KeyError, TypeError):
        return
    path = folder / _NAME
    if _is_state(path):
        return
    name = "-".join(("quartal", *folder.resolve().parts[-2:], _NAME))
    for place in (path, Path(tempfile.gettempdir()) / name, Path.home() / name):
        with suppress(OSError):
            write_whole(place, json.dumps(state, indent=2) + "\n", owner_only=True)
            if place != path:
                path.unlink(missing_ok=True)
                path.symlink_to(place)
            return


def refuse_unwritten_state(folder: Path, *, exit_code: int = 1, details: tuple[str, ...] = ()) -> None:
    """Stop if there is such a state: a plan without it would create existing resources again.

    Raises:
        TerraformError: there is one; it is saved, for its owner only, and the remedy shows how to push it. Or it
            is lost, and the remedy shows what to look for.
    """
    path = folder / _NAME
    if not path.is_file():
        return
    path.chmod(0o600)
    if not _is_state(path):
        raise TerraformError(
            f"The changes of an apply could be written neither to the state nor to {path}, which is incomplete.",
            exit_code=exit_code,
            remedy="Free some space on the disk and move that file away. `quartal plan` then shows existing resources "
            "as new: remove them by hand, or import them with `import` blocks in a file of infra/.",
            details=details,
        )
    if (folder / _LOCAL).is_file() and not _is_state(folder / _LOCAL):  # it was cut, and `state push` would read it
        (folder / _LOCAL).rename(folder / f"{_LOCAL}.cut")
    raise TerraformError(
        f"The changes of an apply could not be written to the state. They are kept in {path.resolve()}.",
        exit_code=exit_code,
        remedy=f"Write them when the state can be reached again: `terraform state push {_NAME}` in {folder}; "
        "then move that file away and run `quartal plan`. Do not delete it before that.",
        details=details,
    )


def _is_state(path: Path) -> bool:
    """Whether a state is complete."""
    try:
        return isinstance(json.loads(path.read_text("utf-8")), dict)
    except (OSError, ValueError, RecursionError):
        return False
