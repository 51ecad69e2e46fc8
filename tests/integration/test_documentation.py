"""Every command of the tutorial and of the how-to pages named below, typed in their order in a checkout of their own.

In the pages' Markdown, `<!-- shows: TEXT -->` after a block is what its output must hold, and before a block
`<!-- not run: REASON -->` leaves it out.
"""

from __future__ import annotations

import os
import re
import secrets
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.deployment import PROJECT

DOCS = PROJECT / "docs"
PAGES = [  # in this order: each goes on where the one before it ends
    DOCS / "tutorial" / "first-features.md",
    *(DOCS / "how-to" / f"{name}.md" for name in ("backfill-and-withdraw", "cost", "failed-run", "production")),
    DOCS / "how-to" / "your-own-data.md",
]
pytestmark = pytest.mark.nightly(touches=["docs/how-to/*", "docs/tutorial/*", "tooling/quartal/*", "infra/*"])
_BLOCK = re.compile(
    r"(?:<!-- not run: (?P<reason>[^>]+?) -->\s*\n)?"
    r"^```sh\n(?P<commands>.*?)^```"
    r"(?P<shows>(?:\s*\n<!-- shows: [^>]+? -->)*)",
    re.MULTILINE | re.DOTALL,
)
_SHOWS = re.compile(r"<!-- shows: ([^>]+?) -->")
# the sessions that only hand on to the command: a nox in the copy would make its environments once more
_NOX = """#!/bin/sh
session=$2; shift 2; [ "$1" = -- ] && shift
case $session in
    quartal) exec quartal "$@" ;;
    localstack) exec quartal localstack "$@" ;;
    deploy) exec quartal apply "$@" ;;
    plan | destroy) exec quartal "$session" "$@" ;;
    *) echo "the tests know no session $session" >&2; exit 2 ;;
esac
"""


@dataclass(frozen=True)
class Block:
    """A block of commands, what its output must hold, and why it is not run, if so."""

    commands: str
    shows: tuple[str, ...]
    reason: str | None


def find_blocks(page: Path) -> list[Block]:
    return [
        Block(found["commands"], tuple(_SHOWS.findall(found["shows"])), found["reason"])
        for found in _BLOCK.finditer(page.read_text("utf-8"))
    ]


@pytest.fixture(scope="module")
def checkout(project: Path, endpoint_url: str) -> Iterator[Path]:
    shutil.copytree(PROJECT / "data" / "sample", project / "data" / "sample")
    for name in ("requirements", "tooling", "pyproject.toml"):
        (project / name).symlink_to(PROJECT / name)
    nox = project / "nox"
    nox.write_text(_NOX)
    nox.chmod(nox.stat().st_mode | stat.S_IXUSR)
    (project / ".nox").mkdir()
    (project / ".nox" / "quartal").symlink_to(Path(sys.prefix), target_is_directory=True)
    yield project
    done = typed("quartal destroy --auto-approve", project, endpoint_url)
    assert done.returncode == 0, done.stdout


def typed(script: str, checkout: Path, endpoint_url: str) -> subprocess.CompletedProcess[str]:
    """What somebody types in the checkout, with all that it prints."""
    environ = {**os.environ, "AWS_ENDPOINT_URL": endpoint_url, "NO_COLOR": "1", "COLUMNS": "160"}
    for name in ("QUARTAL_STATE_DIR", "QUARTAL_PROJECT_DIR", "QUARTAL_ENV"):  # the user's own are not for tests
        environ.pop(name, None)
    environ["PATH"] = os.pathsep.join([str(Path(sys.prefix) / "bin"), environ["PATH"]])
    environ["QUARTAL_TOOLS_DIR"] = environ.get("QUARTAL_TOOLS_DIR", str(PROJECT / ".quartal" / "tools"))
    return subprocess.run(
        ["bash", "-c", script],
        cwd=checkout,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=900,
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_of_page_work_in_their_order(page: Path, checkout: Path, endpoint_url: str):
    blocks = [block for block in find_blocks(page) if block.reason is None]
    assert blocks
    mark = f"block-{secrets.token_hex(8)}"
    script = "set -euo pipefail\n" + "".join(f"echo {mark}\n{block.commands}\n" for block in blocks)
    done = typed(script, checkout, endpoint_url)
    outputs = done.stdout.split(f"{mark}\n")[1:]
    last = shlex.quote(blocks[max(len(outputs) - 1, 0)].commands.strip())
    assert done.returncode == 0, f"{page.name}: {last} ended with {done.returncode}\n{done.stdout[-4000:]}"
    for block, output in zip(blocks, outputs, strict=True):
        for text in block.shows:
            assert text in " ".join(output.split()), f"{page.name}: {block.commands}\ndoes not show {text!r}\n{output}"
