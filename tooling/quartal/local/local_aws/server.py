"""Starts, finds and stops LocalStack in host mode. Listens on the loopback interface only."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import uv

from quartal.core import private_files
from quartal.core.errors import ConfigurationError, QuartalError
from quartal.core.interrupts import DeferredInterrupts
from quartal.core.polling import Waiter
from quartal.core.settings import Settings
from quartal.core.whole_files import write_whole
from quartal.local.local_aws.health import Health, read_health
from quartal.local.local_aws.hosts import chosen_host
from quartal.local.toolchain import class_archive, environments, glue_6
from quartal.local.toolchain.environments import Announce
from quartal.local.toolchain.java import find_system_java, java_options

_START_TIMEOUT_S = 120.0
_STOP_TIMEOUT_S = 30.0
# the variables that LocalStack inherits; others of the user's environment could change its behaviour
_INHERITED = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SYSTEMROOT",
    "JAVA_HOME",
    "UV_CACHE_DIR",
    "XDG_CACHE_HOME",
)
_OF_INSTALLERS = (
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "https_proxy",
    "http_proxy",
    "no_proxy",
)


@dataclass(frozen=True, slots=True)
class LocalStackServer:
    """A LocalStack that Quartal started.

    Attributes:
        pid: process id, also the id of its process group.
        created: when that process started, in seconds since the epoch: a reused pid has another.
        port: where it listens on 127.0.0.1.
        folder: its volume and its log.
    """

    pid: int
    created: float
    port: int
    folder: str

    @property
    def endpoint_url(self) -> str:
        """The one endpoint of all services."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_file(self) -> Path:
        """The log of the process."""
        return Path(self.folder) / "localstack.log"


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def running_server(settings: Settings) -> LocalStackServer | None:
    """The LocalStack that was started from this state folder and is still running."""
    record = _record_file(settings)
    if not record.is_file():
        return None
    server = _recorded(record)
    return server if server and _find_process(server) else None


def start(settings: Settings, *, port: int, announce: Announce, host: str | None = None) -> LocalStackServer:
    """Start the Glue service in a host of its own, in the background, and wait until it answers.

    ``host`` is a name of ``hosts.HOSTS``; without it the environment decides.

    Raises:
        ConfigurationError: the port is taken, this state folder already has one running, or there is no such host.
        QuartalError: it ended while starting; the message holds its last lines.
    """
    chosen = chosen_host(settings, host)
    running = running_server(settings)
    if running is not None:
        raise ConfigurationError(
            f"A local AWS is already running at {running.endpoint_url} (pid {running.pid}).",
            remedy="Use it, or stop it with `quartal localstack stop`.",
        )
    _refuse_busy_port(port)
    python = environments.ensure(settings, chosen.environment(settings), announce)
    runtime = environments.ensure(settings, environments.glue_runtime_environment(settings), announce)

    folder = settings.state_dir / "localstack" / str(port)
    shutil.rmtree(folder, ignore_errors=True)  # community LocalStack keeps no state over a restart
    folder.mkdir(parents=True)
    folder.chmod(0o700)  # what jobs log may hold rows
    with DeferredInterrupts() as interrupts:
        with open(folder / "localstack.log", "w", opener=private_files.opener) as log:
            process = subprocess.Popen(
                [str(python), *chosen.command(port, folder)],
                cwd=folder,
                env=_environment(settings, port=port, folder=folder, job_python=runtime),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        server = LocalStackServer(process.pid, psutil.Process(process.pid).create_time(), port, str(folder))
        write_whole(_record_file(settings), json.dumps(asdict(server)), owner_only=True)
        try:
            interrupts.release()
            _wait_until_healthy(server, process, chosen.title)
        except BaseException:
            stop(settings, server)
            raise
    return server


def stop(settings: Settings, server: LocalStackServer) -> None:
    """Stop a LocalStack and everything that it started; its log stays."""
    process = _find_process(server)
    if process is not None:
        family = [process, *process.children(recursive=True)]
        process.send_signal(signal.SIGTERM)
        try:
            psutil.wait_procs(family, timeout=_STOP_TIMEOUT_S)
        finally:  # also after a second Ctrl-C, which ends the wait
            alive = [survivor for survivor in family if survivor.is_running()]
            for survivor in alive:
                with contextlib.suppress(psutil.NoSuchProcess):
                    survivor.kill()
            psutil.wait_procs(alive, timeout=5)
    record = _record_file(settings)
    if record.is_file() and _recorded(record) in (server, None):
        record.unlink()


def follow(settings: Settings, server: LocalStackServer, *, on_line: Announce) -> None:
    """Show the log until the server ends or Ctrl-C is pressed, then stop a server that still runs."""
    try:
        with server.log_file.open(errors="replace") as log:
            while True:
                line = log.readline()
                if line:
                    on_line(line.rstrip())
                elif _find_process(server) is None:
                    return
                else:
                    time.sleep(0.2)
    finally:
        stop(settings, server)


def last_log_lines(server: LocalStackServer, count: int = 15) -> tuple[str, ...]:
    """The end of the server's log."""
    if not server.log_file.is_file():
        return ()
    return tuple(server.log_file.read_text(errors="replace").splitlines()[-count:])


def _recorded(record: Path) -> LocalStackServer | None:
    """The record of an earlier command; None if it is damaged, for example because the disk was full."""
    try:
        found = LocalStackServer(**json.loads(record.read_text()))
    except (ValueError, TypeError, RecursionError):
        return None
    kinds = (type(found.pid), type(found.created), type(found.port), type(found.folder))
    return found if kinds == (int, float, int, str) and 0 < found.pid < 2**31 else None


def _record_file(settings: Settings) -> Path:
    folder = settings.state_dir / "localstack"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "server.json"


def _find_process(server: LocalStackServer) -> psutil.Process | None:
    try:
        process = psutil.Process(server.pid)
        same = abs(process.create_time() - server.created) < 1.0
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def _refuse_busy_port(port: int) -> None:
    with socket.socket() as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ConfigurationError(
                f"Port {port} is in use by another program.",
                remedy="Choose another with --port, or --port 0 for any free one.",
            ) from error


def _environment(settings: Settings, *, port: int, folder: Path, job_python: Path) -> dict[str, str]:
    env = {
        name: value
        for name, value in settings.environ.items()
        if name in _INHERITED or name.startswith("LOCALSTACK_GLUE_")
    }
    # pip and uv get the settings of a private index and its certificates; LocalStack itself and scripts do not
    of_installers = {
        name: value
        for name, value in settings.environ.items()
        if name in _OF_INSTALLERS or name.startswith(("PIP_", "UV_"))
    }
    if of_installers:
        env.setdefault("LOCALSTACK_GLUE_INSTALLER_ENVIRONMENT", json.dumps(of_installers))
    java = find_system_java(settings)
    if java.ok:
        env["LOCALSTACK_GLUE_JAVA_HOME"] = java.location
    env.setdefault("LOCALSTACK_GLUE_JAVA_OPTIONS", java_options(settings.root))
    archive = class_archive.archive_path(settings)
    if archive.is_file():
        env.setdefault("LOCALSTACK_GLUE_CLASS_ARCHIVE", str(archive))
    if "LOCALSTACK_GLUE_6_PYTHON" not in env:
        env |= glue_6.variables(settings)
    uv_folder = str(Path(uv.find_uv_bin()).parent)
    return env | {
        "PATH": os.pathsep.join([env.get("PATH", os.defpath), uv_folder]),
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "FILESYSTEM_ROOT": str(folder / "volume"),
        # where the machine itself is a container, LocalStack would take its image's folders and share them with every
        # other LocalStack there: each start and stop empties them
        "OVERRIDE_IN_DOCKER": "0",
        "LOCALSTACK_GLUE_WORK_DIR": str(folder / "glue"),
        "LOCALSTACK_GLUE_PYTHON": str(job_python),
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DISABLE_EVENTS": "1",
        "PYTHONUNBUFFERED": "1",
    }


def _wait_until_healthy(server: LocalStackServer, process: subprocess.Popen[bytes], title: str) -> None:
    def probe() -> Health | None:
        if process.poll() is not None:
            raise QuartalError(
                f"{title} ended with exit code {process.returncode} while starting.",
                remedy=f"Its log is {server.log_file}.",
                details=last_log_lines(server),
            )
        return read_health(server.endpoint_url)

    Waiter[Health | None](timeout_s=_START_TIMEOUT_S, initial_s=0.1, longest_s=0.5, sleep=time.sleep).wait_until(
        probe,
        is_done=lambda health: health is not None,
        describe=lambda _: "no answer yet",
        waiting_for=f"{title} at {server.endpoint_url}",
        remedy=f"Its log is {server.log_file}.",
    )
