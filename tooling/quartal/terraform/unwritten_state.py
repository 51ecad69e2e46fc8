"""A state that Terraform could not write where it belongs: it leaves `errored.tfstate` in the folder where it ran.

Where the disk is full it cannot write that file either: it is empty or cut, and the state is in one line of Terraform's
progress alone. That line is kept, in another folder if need be.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from pathlib import Path

from quartal.core import private_files
from quartal.core.errors import TerraformError

_NAME = "errored.tfstate"
_LOCAL = "terraform.tfstate"


def keep_dumped_state(folder: Path, line: str) -> None:
    """Keep the state of a line of Terraform's progress, where that holds one and `errored.tfstate` does not.

    Where it can be kept nowhere, nothing is raised: the state is still to be told of, by `refuse_unwritten_state`.
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
            private_files.write(place, json.dumps(state, indent=2) + "\n")
            if place != path:
                path.unlink(missing_ok=True)
                path.symlink_to(place)
            return


def refuse_unwritten_state(folder: Path, *, exit_code: int = 1, details: tuple[str, ...] = ()) -> None:
    """Stop where such a state waits: a plan without it would make anew what stands already.

    Raises:
        TerraformError: it waits; it is kept, for its owner alone to read, and the remedy says how to write it. Or it is
            lost, and the remedy says what then has to be looked for.
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
    """Whether a state is there from its beginning to its end."""
    try:
        return isinstance(json.loads(path.read_text("utf-8")), dict)
    except (OSError, ValueError, RecursionError):
        return False
