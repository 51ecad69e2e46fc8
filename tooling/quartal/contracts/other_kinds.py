"""Files that a command cannot read: streams, and files of other kinds than the job reads."""

from __future__ import annotations

from pathlib import Path

from etl_job.reading.other_kinds import (
    GZIP,
    LOOKED_AT_BYTES,
    MARKS_OF_UTF_16,
    OtherKind,
    other_kind,
    problem_of_text,
)
from quartal.core.errors import ConfigurationError

__all__ = ["LOOKED_AT_BYTES", "MARKS_OF_UTF_16", "problem_of_text", "refuse_other_kind", "refuse_stream"]


def refuse_stream(path: Path) -> None:
    """Raise ConfigurationError for a pipe, a terminal or a device, which can be read only once."""
    if path.exists() and not path.is_file():
        raise ConfigurationError(
            f"{path} is a stream or a device, which can be read only once.",
            remedy="Write its content to a file first, and name that file: zcat FILE > NEW.",
        )


def refuse_other_kind(path: Path, beginning: bytes) -> None:
    """Raise ConfigurationError if the beginning of a file shows that the job does not read it."""
    found = other_kind(beginning)
    if beginning.startswith(GZIP) and not path.name.endswith(".gz"):
        found = OtherKind(
            "compressed with gzip, but its name does not end in .gz", "rename it so that its name ends in .gz"
        )
    if found is not None:
        remedy = found.remedy[0].upper() + found.remedy[1:]
        raise ConfigurationError(f"The job cannot read {path}: it is {found.what}.", remedy=f"{remedy}.")
