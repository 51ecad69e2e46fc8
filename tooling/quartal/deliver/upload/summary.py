"""The report of an upload besides its numbers: which other files the next run reads, and which it does not."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path

from etl_job.findings.wording import count
from quartal.core.console import Console
from quartal.deliver.upload.delivery_contents import Likeness
from quartal.deliver.upload.destinations import UploadItem

_SHOWN = 5


def warn_of_contents(
    console: Console,
    prefix: str,
    *,
    left_out: Iterable[Path],
    without_bytes: Iterable[UploadItem],
    likenesses: tuple[Likeness, ...],
    others: tuple[str, ...],
) -> None:
    """Report the other files that the next run reads, and the uploaded ones that it does not read.

    Args:
        console: the output.
        prefix: key prefix of the dataset, which is omitted from each key.
        left_out: files of operating systems and tools, which were not uploaded.
        without_bytes: empty files.
        likenesses: files that seem to exist under another name as well.
        others: keys of further files of the deliveries.
    """
    if named := _named(path.name for path in left_out):
        console.warn(f"Left out, because operating systems and tools create them and readers skip them: {named}.")
    if named := _named(item.key.removeprefix(prefix) for item in without_bytes):
        console.warn(f"Empty, so a run reads no rows from it: {named}.")
    for each in likenesses[:_SHOWN]:
        new, other = each.key.removeprefix(prefix), each.other.removeprefix(prefix)
        path = other.partition("/")[2] if other.startswith("delivery=") else other
        like = "has the same content as" if each.is_same else "is named like a version of"
        console.warn(
            f"{new} {like} {other}, and the next run reads both. If it replaces that one: `quartal upload --delivery "
            f"{other.partition('=')[2].partition('/')[0]} --remove {shlex.quote(path)}`."
        )
    if len(likenesses) > _SHOWN:
        more = len(likenesses) - _SHOWN
        alike = "file looks like another of its delivery" if more == 1 else "files look like others of their deliveries"
        console.warn(f"{more:,} more {alike}.")
    if others:
        console.warn(
            f"The next run also reads {count(len(others), 'file')} delivered before: "
            f"{_named(key.removeprefix(prefix) for key in others)}. With --replace a delivery consists of what "
            "is uploaded alone."
        )


def megabytes(size_bytes: int) -> str:
    """A size in millions of bytes, with one decimal; only 0 bytes read as 0.0."""
    shown = f"{size_bytes / 1e6:.1f}"
    return "<0.1" if size_bytes and shown == "0.0" else shown


def _named(names: Iterable[str]) -> str:
    known = list(names)
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return f"{', '.join(known[:_SHOWN])}{more}"
