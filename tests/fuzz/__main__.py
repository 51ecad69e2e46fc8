"""Fuzzes each reader for a time and prints failures: `python -m tests.fuzz --seconds 600 [NAME ...]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .readers import KEYS, OF_DOCUMENTS, OF_FILES, TOLD, documents, raw_keys


def main(arguments: list[str]) -> int:
    """Run the fuzzing. Returns 1 if a reader raised anything but its own errors."""
    parser = argparse.ArgumentParser(prog="fuzz")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each reader")
    parser.add_argument("names", nargs="*", help="of readers; without them all")
    options = parser.parse_args(arguments)
    broken = 0
    with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
        for name, (reader, strategy) in _targets(Path(scratch)).items():
            if options.names and name not in options.names:
                continue
            tried, found = _try(reader, strategy, options.seconds)
            broken += len(found)
            sys.stdout.write(f"{name}: {tried:,} documents, {len(found)} kinds of unexpected errors\n")
            for place, (example, trace) in found.items():
                sys.stdout.write(f"  {place}\n  {example!r:.300}\n{trace}\n")
            sys.stdout.flush()
    return 1 if broken else 0


def _targets(scratch: Path) -> dict[str, tuple[Callable[[Any], None], st.SearchStrategy[Any]]]:
    targets: dict[str, tuple[Callable[[Any], None], st.SearchStrategy[Any]]] = {
        name: (reader, documents(document)) for name, (reader, document) in OF_DOCUMENTS.items()
    }
    for name, (of_file, document) in OF_FILES.items():
        targets[name] = (lambda content, read=of_file: read(content, scratch), documents(document))  # type: ignore[misc]
    return {**targets, "raw keys": (raw_keys, KEYS)}


def _try(
    reader: Callable[[Any], None], strategy: st.SearchStrategy[Any], seconds: float
) -> tuple[int, dict[str, tuple[Any, str]]]:
    """The number of tried documents, and one example for each place of failure."""
    ends = time.monotonic() + seconds
    tried: Counter[str] = Counter()
    found: dict[str, tuple[Any, str]] = {}

    def once(content: Any) -> None:
        tried["all"] += 1
        try:
            reader(content)
        except TOLD:
            return
        except Exception as error:
            place = f"{type(error).__name__} at {traceback.extract_tb(error.__traceback__)[-1]}"
            found.setdefault(place, (content, traceback.format_exc(limit=-4)))

    seed = 0
    while time.monotonic() < ends:
        seed += 1
        run = settings(
            max_examples=500,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            derandomize=False,
            suppress_health_check=list(HealthCheck),
        )(given(strategy)(once))
        run()
    return tried["all"], found


sys.exit(main(sys.argv[1:]))
