"""Ctrl-C and an order to terminate, sent to a real `quartal` that is applying."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

QUARTAL = [sys.executable, "-c", "from quartal.cli import main; main()"]


@pytest.mark.parametrize(
    ("command", "sent", "remedy"),
    [
        (["apply", "--no-policies", "--approve", "data"], signal.SIGINT, "`quartal plan --env dev` shows what is left"),
        (
            ["apply", "--no-policies", "--approve", "data"],
            signal.SIGTERM,
            "`quartal plan --env dev` shows what is left",
        ),
        (["destroy", "--approve", "data"], signal.SIGINT, "Run `quartal destroy --env dev` again: it removes"),
    ],
)
def test_interrupted_change_exits_with_130_lists_what_remains_and_leaves_no_process(
    stand_in: Path, project: Path, command, sent, remedy
):
    (stand_in / "busy").touch()
    (project / ".quartal" / "terraform" / "dev" / "infra").mkdir(parents=True)  # a command before made it
    quartal = subprocess.Popen(
        [*QUARTAL, *command],
        cwd=project,
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        pid = _terraform(stand_in, quartal)
        quartal.send_signal(sent)
        output, errors = quartal.communicate(timeout=120)
    finally:
        quartal.kill()
    assert quartal.returncode == 130, errors
    assert output == ""
    assert "Interrupted. Terraform has ended" in errors
    assert remedy in " ".join(errors.split())
    assert "Run the command again" not in errors, "one message, not two that differ"
    assert "Traceback" not in errors
    assert not psutil.pid_exists(pid)
    assert not list((project / ".quartal").rglob("*.tfplan")), "a plan that was applied in part cannot be applied again"


def _terraform(stand_in: Path, quartal: subprocess.Popen[str]) -> int:
    """The pid of the program in Terraform's place, once it applies."""
    ended = threading.Event()
    for _ in range(1200):
        text = (stand_in / "applying").read_text() if (stand_in / "applying").exists() else ""
        if text or quartal.poll() is not None:
            break
        ended.wait(0.05)
    assert quartal.poll() is None, quartal.communicate()
    return int(text)
