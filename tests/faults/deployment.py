"""A deployment on its own LocalStack, whose calls can be made to fail, used through `quartal` as users do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
import psutil

from quartal.core.console import Console
from quartal.core.settings import Settings
from quartal.local.toolchain.terraform_binary import require_terraform
from quartal.terraform.working_copy import staged_root
from quartal.workspace import Workspace, terraform_environment

TIMEOUT_S = 600.0
_QUARTAL = [sys.executable, "-c", "from quartal.cli import main; main()"]


@dataclass(frozen=True)
class Ended:
    """An ended command and all of its output."""

    code: int
    output: str

    @property
    def has_traceback(self) -> bool:
        return "Traceback" in self.output


@dataclass
class Running:
    """A running command, whose output is followed."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    heard: threading.Event = field(default_factory=threading.Event)

    def follow(self) -> None:
        """Read its output to the end, on a separate thread."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.rstrip())
                self.changed.notify_all()
        self.process.wait()  # its output ends a moment before it does
        self.heard.set()
        with self.changed:
            self.changed.notify_all()

    def wait_for(self, mark: str, times: int) -> None:
        """Wait until this number of lines begin with the mark. The command must not end before."""
        with self.changed:
            self.changed.wait_for(lambda: self._count(mark) >= times or self.process.poll() is not None, TIMEOUT_S)
        assert self._count(mark) >= times, "\n".join(self.lines)

    def terraform(self) -> psutil.Process:
        """Its running Terraform process."""
        below = psutil.Process(self.process.pid).children(recursive=True)
        return next(
            each for each in below if Path(each.exe()).name.startswith("terraform") and "apply" in each.cmdline()
        )

    def ended(self) -> Ended:
        """Wait for its end and its whole output. The last lines, with the reason, may arrive after the end."""
        code = self.process.wait(TIMEOUT_S)
        assert self.heard.wait(TIMEOUT_S), "somebody else keeps its output open"
        return Ended(code, "\n".join(self.lines))

    def _count(self, mark: str) -> int:
        return sum(line.strip().startswith(mark) for line in self.lines)


@dataclass(frozen=True)
class Deployment:
    """One project folder, deployed on one LocalStack."""

    project: Path
    endpoint: str

    @property
    def settings(self) -> Settings:
        """The settings that commands read."""
        return Settings.from_env(self._environ(), environment="localstack", cwd=self.project)

    @property
    def prefix(self) -> str:
        """The prefix of the names of all deployed resources."""
        text = (self.project / "infra" / "environments" / "localstack.tfvars").read_text()
        return next(line.split('"')[1] for line in text.splitlines() if line.startswith("prefix"))

    @property
    def region(self) -> str:
        """The region of the deployment."""
        text = (self.project / "infra" / "environments" / "localstack.tfvars").read_text()
        return next(line.split('"')[1] for line in text.splitlines() if line.startswith("region"))

    def start(self, *arguments: str) -> Running:
        """Start a command as a user's shell would."""
        running = Running(
            subprocess.Popen(
                [*_QUARTAL, *arguments],
                cwd=self.project,
                env=self._environ(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        )
        threading.Thread(target=running.follow, daemon=True).start()
        return running

    @property
    def terraform_folder(self) -> Path:
        """The folder in which Terraform runs and keeps its state."""
        return staged_root(self.settings).folder

    def terraform(self, *arguments: str) -> str:
        """Run a command of Terraform in the folder that remedies name. It must succeed."""
        workspace = Workspace(self.settings, Console())
        done = subprocess.run(
            [str(require_terraform(self.settings)), *arguments],
            cwd=self.terraform_folder,
            env=terraform_environment(self.settings, workspace.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def quartal(self, *arguments: str) -> Ended:
        """Run a command to its end."""
        running = self.start(*arguments)
        return running.ended()

    def done(self, *arguments: str) -> str:
        """Run a command that must succeed, and return its output."""
        ended = self.quartal(*arguments)
        assert ended.code == 0, ended.output
        return ended.output

    def client(self, service: str) -> Any:
        """A client of its LocalStack."""
        return boto3.Session("test", "test", region_name=self.region).client(service, endpoint_url=self.endpoint)

    def faults(self, method: str, plan: Any = None) -> dict[str, Any]:
        """Set, read or lift the faults of the LocalStack."""
        body = json.dumps(plan).encode() if plan is not None else None
        with urlopen(Request(f"{self.endpoint}/_glue/faults", data=body, method=method)) as answer:
            return dict(json.load(answer))

    def _environ(self) -> dict[str, str]:
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "QUARTAL_"))}
        return {**environ, "AWS_ENDPOINT_URL": self.endpoint, "COLUMNS": "200"}


def end(process: psutil.Process, number: signal.Signals) -> None:
    """End the process with a signal and wait for its end."""
    below = process.children(recursive=True)
    process.send_signal(number)
    wait_until_gone(process, below)


def wait_until_gone(process: psutil.Process, below: Sequence[psutil.Process]) -> None:
    """Wait until the process has ended by itself. Idle children, such as Terraform's provider, are ended too."""
    gone = threading.Event()
    for _ in range(int(TIMEOUT_S * 10)):
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            break
        gone.wait(0.1)
    else:
        raise AssertionError(f"{process} goes on")
    for each in below:
        with suppress(psutil.NoSuchProcess):
            each.kill()
