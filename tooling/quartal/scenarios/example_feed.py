"""Generates the example feeds on disk, and again only for another number of rows or another seed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from quartal.core.console import Console
from quartal.core.errors import ConfigurationError


class Delivered(Protocol):
    """A generator's report on a delivery."""

    @property
    def delivery(self) -> str: ...  # noqa: D102
    @property
    def rows(self) -> int: ...  # noqa: D102
    @property
    def bad_rows(self) -> int: ...  # noqa: D102
    @property
    def duplicates(self) -> int: ...  # noqa: D102
    @property
    def size_bytes(self) -> int: ...  # noqa: D102


def _sightings(folder: Path, rows: int, seed: int, on_rows: Callable[[int], None]) -> Sequence[Delivered]:
    from feed_generator import generate  # takes its time, and few commands need it

    return generate(folder, rows, seed, on_rows=on_rows).deliveries


def _charging(folder: Path, rows: int, seed: int, on_rows: Callable[[int], None]) -> Sequence[Delivered]:
    from feed_generator import generate_charging

    return generate_charging(folder, rows, seed, on_rows=on_rows)


Generator = Callable[[Path, int, int, Callable[[int], None]], Sequence[Delivered]]
FEEDS: Mapping[str, Generator] = MappingProxyType({"vehicle_sightings": _sightings, "charging_sessions": _charging})
DEFAULT_FEED = "vehicle_sightings"


def generate_feed(console: Console, target: Path, *, rows: int, seed: int, feed: str = DEFAULT_FEED) -> Path:
    """Write a feed of `FEEDS` below `target`, unless it exists there with the same arguments.

    Raises:
        ConfigurationError: there is no such feed; the folder holds something else, or cannot be written.
    """
    if feed not in FEEDS:
        raise ConfigurationError(f"There is no feed '{feed}'.", remedy=f"Name one of {', '.join(FEEDS)}.")
    arguments = {"feed": feed, "rows": rows, "seed": seed}
    summary_file = target.with_name(f".{target.name}.feed.json")  # next to it, since the whole folder is uploaded
    if summary_file.is_file() and target.is_dir():
        summary = json.loads(summary_file.read_text())
        if summary["arguments"] == arguments:
            console.result(f"{target}: {_sentence(summary)}, unchanged", data=summary)
            return target
        shutil.rmtree(target)
    elif target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConfigurationError(
            f"{target} exists and was not written by this generator.",
            remedy="Name another folder with --out.",
        )
    # written next to it and moved into place, so that an interruption leaves no feed that looks complete
    unfinished = target.with_name(target.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    written = 0
    try:
        with console.waiting(f"generating {rows:,} rows") as line:

            def on_rows(count: int) -> None:
                nonlocal written
                written += count
                line.update(f"generating {written:,} of {rows:,} rows")

            generated = FEEDS[feed](unfinished, rows, seed, on_rows)
        summary = {
            "arguments": arguments,
            "folder": str(target),
            "rows": sum(delivery.rows for delivery in generated),
            "bad_rows": sum(delivery.bad_rows for delivery in generated),
            "duplicates": sum(delivery.duplicates for delivery in generated),
            "size_bytes": sum(delivery.size_bytes for delivery in generated),
            "deliveries": [delivery.delivery for delivery in generated],
        }
        if target.exists():
            target.rmdir()
        summary_file.write_text(json.dumps(summary))
        unfinished.rename(target)
    except OSError as error:
        raise ConfigurationError(
            f"Cannot write to {target}: {error.strerror}.", remedy="Name another folder with --out."
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    console.result(f"{target}: {_sentence(summary)}", data=summary)
    return target


def _sentence(summary: dict[str, Any]) -> str:
    return (
        f"{summary['rows']:,} rows in {len(summary['deliveries'])} deliveries ({summary['size_bytes'] / 1e6:.1f} MB), "
        f"with {summary['bad_rows']:,} bad rows and {summary['duplicates']:,} duplicates"
    )
