"""A state that Terraform could not write where it belongs: it leaves `errored.tfstate` in the folder where it ran."""

from __future__ import annotations

from pathlib import Path

from quartal.core.errors import TerraformError

_NAME = "errored.tfstate"


def refuse_unwritten_state(folder: Path, *, exit_code: int = 1, details: tuple[str, ...] = ()) -> None:
    """Stop where such a state waits: a plan without it would make anew what stands already.

    Raises:
        TerraformError: it waits; it is kept, for its owner alone to read, and the remedy says how to write it.
    """
    path = folder / _NAME
    if not path.is_file():
        return
    path.chmod(0o600)
    raise TerraformError(
        f"What an apply has changed could not be written to the state. It is kept in {path}.",
        exit_code=exit_code,
        remedy=f"Write it once the state can be reached: `terraform state push {_NAME}` in {folder}; "
        "then move that file away and run `quartal plan`. Do not delete it before.",
        details=details,
    )
