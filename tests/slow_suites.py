"""Suites that play every night, and before that where a change touches what they are about.

A test says `@pytest.mark.nightly(touches=["infra/**"])`. `pytest --nightly` plays all of them. Otherwise one is played
where a path that git finds changed since QUARTAL_CHANGED_SINCE (a commit) fits one of its patterns; without that
variable it is skipped, by name.
"""

import os
import subprocess
from collections.abc import Iterable, Sequence
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--nightly", action="store_true", help="play the suites that are marked as nightly, too")


def pytest_collection_modifyitems(config: pytest.Config, items: Iterable[pytest.Item]) -> None:
    if config.getoption("--nightly"):
        return
    changed = changed_since(os.environ.get("QUARTAL_CHANGED_SINCE", ""))
    for item in items:
        mark = item.get_closest_marker("nightly")
        if mark is not None and not is_touched(changed, mark.kwargs["touches"]):
            item.add_marker(pytest.mark.skip(reason="plays every night; here with --nightly"))


def changed_since(commit: str) -> list[str]:
    """The paths that differ from where the branch left that commit; none where no commit is named."""
    if not commit:
        return []
    found = subprocess.run(
        ["git", "diff", "--name-only", f"{commit}...HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if found.returncode != 0:
        raise pytest.UsageError(f"QUARTAL_CHANGED_SINCE={commit}: {found.stderr.strip()}")
    return found.stdout.splitlines()


def is_touched(changed: Iterable[str], patterns: Sequence[str]) -> bool:
    """Whether a path fits one of the patterns, in which a star takes slashes too."""
    return any(fnmatch(path, pattern) for path in changed for pattern in patterns)
