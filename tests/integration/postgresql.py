"""A PostgreSQL of the tests' own: Debian's binaries, a free port of this machine, a folder that goes with it."""

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

import psycopg
import pytest
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from quartal.local.local_aws.server import free_port

USER, PASSWORD = "clerk", "p@ss/w:rd-of-the-test"
_DEADLINE_S = 120


@dataclass(frozen=True)
class Server:
    """A running server with a database `shop`."""

    port: int

    @property
    def url(self) -> str:
        """As a user types it, with the password's characters escaped."""
        return f"postgresql://{USER}:p%40ss%2Fw%3Ard-of-the-test@127.0.0.1:{self.port}/shop"

    def connect(self, database: str = "shop") -> psycopg.Connection:
        """A connection in which each statement is a transaction of its own."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, dbname=database, autocommit=True
        )

    def run(self, *statements: str) -> None:
        """Run statements one after another."""
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement)


def binaries() -> Path | None:
    """The folder of PostgreSQL's programs: Debian puts them outside PATH, one folder per version."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


def require_binaries() -> Path:
    """The programs; without them the test is skipped, or fails where they are required."""
    found = binaries()
    if found is None:
        reason = "no PostgreSQL on this machine: apt-get install postgresql"
        if os.environ.get("QUARTAL_POSTGRESQL") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def running(programs: Path) -> Iterator[Server]:
    """A server for as long as the context lasts. Root is refused: then its package's user runs it."""
    import pwd  # not on Windows, which has no root either

    user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    folder = Path(tempfile.mkdtemp(prefix="quartal-postgresql-"))
    try:
        (folder / "password").write_text(PASSWORD)
        if user:
            for path in (folder, folder / "password"):
                os.chown(path, user.pw_uid, user.pw_gid)
        options = ["--auth=scram-sha-256", f"--username={USER}", f"--pwfile={folder / 'password'}", "--no-sync"]
        subprocess.run(
            [programs / "initdb", "-D", folder / "data", "--encoding=UTF8", "--locale=C.UTF-8", *options],
            check=True,
            capture_output=True,
            cwd=folder,
            timeout=_DEADLINE_S,
            **who,
        )
        server = Server(free_port())
        settings = ["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [programs / "postgres", "-D", folder / "data", "-p", str(server.port), *settings],
                stdout=log,
                stderr=log,
                cwd=folder,
                **who,
            )
        try:
            _await(server)
            with server.connect("postgres") as connection:
                connection.execute("create database shop")
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown: sessions are ended
            process.wait(_DEADLINE_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _await(server: Server) -> None:
    """Wait until it lets somebody in."""
    retrying = Retrying(
        retry=retry_if_exception_type(psycopg.OperationalError),
        stop=stop_after_delay(_DEADLINE_S),
        wait=wait_fixed(0.2),
        reraise=True,
    )
    retrying(lambda: server.connect("postgres").close())
