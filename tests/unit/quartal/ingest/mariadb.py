"""A MariaDB of the tests' own: Debian's binaries, a free port of this machine, a folder that goes with it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tenacity import Retrying, stop_after_delay, wait_fixed

from quartal.local.local_aws.server import free_port

_DEADLINE_S = 120
_PROGRAMS = ("mariadbd", "mariadb-install-db")


@dataclass(frozen=True)
class Server:
    """A running server with a database `shop`, which lets `clerk` in."""

    port: int
    driver: Any

    @property
    def url(self) -> str:
        """As a user types it."""
        return f"mysql://clerk:secret@127.0.0.1:{self.port}/shop"

    def run(self, *statements: str, socket: str | None = None) -> None:
        """Run statements one after another, through the socket as root."""
        clerk = {"host": "127.0.0.1", "port": self.port, "user": "clerk", "password": "secret"}
        place = {"unix_socket": socket, "user": "root"} if socket else clerk
        with self.driver.connect(autocommit=True, **place) as connection:
            for statement in statements:
                connection.cursor().execute(statement)


def program(name: str) -> str | None:
    """Where a program is: Debian puts the server outside an ordinary user's PATH."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")


@contextmanager
def running() -> Iterator[Server]:
    """A server for as long as the context lasts; the test is skipped where server or driver is not there."""
    driver = pytest.importorskip("pymysql", reason="no PyMySQL: uv pip install --python .nox/quartal pymysql")
    if not all(map(program, _PROGRAMS)):
        pytest.skip("no MariaDB on this machine: apt-get install mariadb-server")
    folder = Path(tempfile.mkdtemp(prefix="quartal-mariadb-"))
    user = ["--user=root"] if os.geteuid() == 0 else []
    try:
        subprocess.run(
            [
                program("mariadb-install-db"),
                "--no-defaults",
                f"--datadir={folder}/data",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                *user,
            ],
            check=True,
            capture_output=True,
            timeout=_DEADLINE_S,
        )
        server, socket = Server(free_port(), driver), str(folder / "socket")
        settings = [f"--datadir={folder}/data", f"--port={server.port}", f"--socket={socket}", *user]
        settings += ["--bind-address=127.0.0.1", "--innodb-flush-log-at-trx-commit=0", "--default-time-zone=+05:00"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen([program("mariadbd"), "--no-defaults", *settings], stdout=log, stderr=log)
        try:
            retrying = Retrying(stop=stop_after_delay(_DEADLINE_S), wait=wait_fixed(0.2), reraise=True)
            statements = ("create database shop", "create user clerk identified by 'secret'")
            statements += ("grant all on shop.* to clerk",)
            retrying(server.run, "select 1", socket=socket)
            server.run(*statements, socket=socket)
            yield server
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_DEADLINE_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
