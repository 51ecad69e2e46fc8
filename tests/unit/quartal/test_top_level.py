"""Every command ends with one message and a documented exit code, even if its output is full or closed."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quartal.cli import app as cli_app
from quartal.cli.unexpected import command_without_secrets
from quartal.core.errors import ConfigurationError
from quartal.deliver.ingest.database import open_database
from quartal.workspace import Workspace
from tests.unit.quartal.report.example import example_report

QUARTAL = [sys.executable, "-m", "quartal"]
EXIT_CODES = {0, 1, 2, 3, 4, 5, 130, 141}
unix = pytest.mark.skipif(sys.platform != "linux", reason="/dev/full and closed descriptors are Linux's")


def shell(project: Path, line: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("QUARTAL_", "AWS_"))}
    return subprocess.run(
        ["bash", "-c", f'{line}; echo "code ${{PIPESTATUS[0]}}" > code'],
        cwd=project,
        env=environ | {"QUARTAL": " ".join(QUARTAL), "LOCALSTACK_HOST": "127.0.0.1:9"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def run_status(project: Path) -> int:
    return int((project / "code").read_text().split()[1])


@unix
@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        pytest.param("$QUARTAL --version > /dev/full", 1, "No space left on device", id="version, full"),
        pytest.param("$QUARTAL --help > /dev/full", 1, "No space left on device", id="help, full"),
        pytest.param("$QUARTAL status --json > /dev/full", 1, "No space left on device", id="JSON of an error, full"),
        pytest.param("$QUARTAL --version >&-", 1, "Bad file descriptor", id="closed from the start"),
        pytest.param("$QUARTAL --help | true", 141, "", id="reader that has gone"),
        pytest.param("$QUARTAL status --json | true", 141, "", id="reader of JSON that has gone"),
        pytest.param("$QUARTAL status 2> /dev/full", 2, "", id="messages, full"),
        pytest.param("$QUARTAL --version 2>&-", 0, "", id="messages closed"),
        pytest.param("$QUARTAL status <&- >&- 2>&-", 2, "", id="all closed"),
        pytest.param("$QUARTAL frobnicate 2> /dev/full", 2, "", id="wrong usage, messages full"),
    ],
)
def test_output_that_cannot_be_written_ends_cleanly(project, line, code, told):
    ended = shell(project, line)
    assert run_status(project) == code
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr
    assert len(ended.stderr.splitlines()) <= 3 if told else "Error" not in ended.stderr


@pytest.mark.parametrize("as_json", [False, True])
def test_unexpected_error_is_one_message_and_a_private_log(project, monkeypatch, capsys, as_json):
    monkeypatch.setenv("QUARTAL_STATE_DIR", str(project / ".quartal"))
    monkeypatch.chdir(project)

    def fail(*_: object) -> int:
        raise ZeroDivisionError("while reading postgresql://u:p@ss@host/db\nand more")

    monkeypatch.setattr(cli_app, "_run", fail)
    arguments = ["ingest", "postgresql://u:p@ss@host/db", "--password", "geheim", *(["--json"] if as_json else [])]
    assert cli_app.run(arguments) == 1
    printed = capsys.readouterr()
    (log,) = (project / ".quartal" / "unexpected").iterdir()
    assert str(log) in printed.err
    assert "ZeroDivisionError: while reading postgresql://***@host/db and more" in printed.err
    assert "Traceback" not in printed.err
    written = log.read_text()
    assert "Traceback" in written
    assert "command: quartal ingest" in written
    for secret in ("p@ss", "ss@host", "geheim"):
        assert secret not in printed.out + printed.err + written
    if sys.platform != "win32":
        assert stat.S_IMODE(log.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.EROFS, "Read-only file system", "/state/a"), "/state/a cannot be used: Read-only file system."),
        (OSError(errno.ENOSPC, "No space left on device"), "A file cannot be used: No space left on device."),
        (
            PermissionError(errno.EACCES, "Permission denied", b"/state/b\x1b"),
            "/state/b\\x1b cannot be used: Permission",
        ),
        (
            shutil.Error([("infra/a.tf", "/state/a.tf", "[Errno 28] No space left on device: 'a' -> 'b'")] * 30),
            "/state/a.tf cannot be used: No space left on device.",
        ),
    ],
    ids=["read-only", "full", "denied", "many files"],
)
def test_unwritable_disk_is_not_an_internal_error(project, monkeypatch, capsys, error, told):
    monkeypatch.setenv("QUARTAL_STATE_DIR", str(project / ".quartal"))
    monkeypatch.chdir(project)

    def fail(*_: object) -> int:
        raise error

    monkeypatch.setattr(cli_app, "_run", fail)
    assert cli_app.run(["plan"]) == 2
    printed = capsys.readouterr().err
    assert told in printed.replace("\n", " ")
    assert "QUARTAL_STATE_DIR and TMPDIR name other folders" in " ".join(printed.split())
    assert "unexpected" not in printed
    assert not (project / ".quartal").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
@pytest.mark.parametrize(
    "command",
    [["contract", "init", "{}"], ["review", "{}"], ["contract", "lint", "{}"], ["report", "--out", "{}"]],
    ids=lambda command: " ".join(command[:-1]),
)
@pytest.mark.parametrize("path", ["loop", "n" * 300, "loop/within"])
def test_path_that_leads_nowhere_is_one_clear_error(project, monkeypatch, capsys, command, path):
    monkeypatch.setattr("quartal.report.writing.make_report", lambda *_, **__: example_report())
    monkeypatch.setattr(Workspace, "deployment", SimpleNamespace(quarantine_share_limit=None))
    monkeypatch.chdir(project)
    (project / "loop").symlink_to("loop")
    assert cli_app.run([part.format(path) for part in command]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert path[:200] in told.replace(" ", "")
    assert "What to do" in told
    assert "unexpected" not in told


def test_query_that_is_interrupted_is_no_internal_error(project, monkeypatch, capsys):
    def interrupt(*_: object, **__: object) -> None:
        raise RuntimeError("Query interrupted")  # DuckDB's answer to Ctrl-C

    monkeypatch.setattr("quartal.cli.features.run_query", interrupt)
    monkeypatch.setattr("quartal.cli.features.iceberg_catalog", lambda _: None)
    monkeypatch.setattr(Workspace, "deployment", None)
    monkeypatch.setattr(Workspace, "connection", None)
    monkeypatch.chdir(project)
    assert cli_app.run(["query", "select 1"]) == 130
    assert "Interrupted." in capsys.readouterr().err


def test_unwritable_log_is_reported(project, monkeypatch, capsys):
    (project / "file").touch()
    monkeypatch.setenv("QUARTAL_STATE_DIR", str(project / "file"))
    monkeypatch.chdir(project)
    monkeypatch.setattr(cli_app, "_run", lambda *_: 1 // 0)
    assert cli_app.run(["status"]) == 1
    printed = capsys.readouterr().err
    assert "ZeroDivisionError" in printed
    assert "QUARTAL_STATE_DIR" in printed


def test_command_in_the_log_has_no_secrets():
    shown = command_without_secrets(["x", "--token=a", "--password", "b", "redis://:c@h", "--db-secret", "d", "e f"])
    assert shown == "quartal x --token=*** --password *** 'redis://***@h' --db-secret *** 'e f'"


@pytest.mark.parametrize("url", ["postgresql://u:p@ss@host/db", "postgresql://u:p@s/s@host/db"])
def test_address_with_an_at_in_its_password_is_refused_before_a_part_of_it_is_shown(url):
    with pytest.raises(ConfigurationError, match="not escaped") as error, open_database(url, connections=1):
        pass
    assert "s@" not in f"{error.value.message} {error.value.remedy}"


def test_usage_error_repeats_no_password(capsys):
    assert cli_app.run(["ingest", "a", "postgresql://u:p@ss@host/db", "b"]) == 2
    printed = capsys.readouterr()
    assert "ss@" not in printed.out + printed.err


WORDS = st.one_of(
    st.sampled_from(
        ["--json", "--help", "--env", "contract", "lint", "--version", "--", "-", "-e", "data", "cost", "--refresh", ""]
    ),
    st.text(max_size=8),
    st.text("\x00\x1b[]{}\\/'\"%\n\u202e", max_size=6),
)


@pytest.mark.parametrize("command", [["contract", "lint"], ["contract", "show"], ["cost"], ["toolchain"], []])
def test_any_arguments_end_in_a_documented_exit_code(command, project, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # no project: a command that would do something has nothing to do it to
    monkeypatch.delenv("QUARTAL_PROJECT_DIR", raising=False)
    monkeypatch.setenv("QUARTAL_STATE_DIR", str(tmp_path / "state"))

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(WORDS, max_size=4))
    def holds(words: list[str]) -> None:
        assert cli_app.run([*command, *words]) in EXIT_CODES - {1}
        assert not (tmp_path / "state" / "unexpected").exists(), next((tmp_path / "state").rglob("*.log")).read_text()

    holds()
