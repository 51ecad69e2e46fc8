"""Emulators of AWS that are installed from PyPI: what of each, how it is started, and when it answers."""

from __future__ import annotations

import ipaddress
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from quartal.local.toolchain.environments import LOCALEMU_PYTHONS, find_python

_START_S = 60.0


class OpenToOthersError(RuntimeError):
    """An emulator answers other machines, too."""


@dataclass(frozen=True)
class Emulator:
    """An emulator.

    Attributes:
        name: as the table has it.
        requirements: what pip installs.
        command: what starts it, with ``{bin}`` for the programs of its environment and ``{port}``.
        env: variables that it is started with, ``{port}`` among them.
        python: the version that it needs, where this one may be too old for it.
    """

    name: str
    requirements: tuple[str, ...]
    command: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()
    python: str | None = None


OTHERS = (
    Emulator("moto 5.2.5", ("moto[server,all]==5.2.5",), ("{bin}/moto_server", "-p", "{port}")),
    Emulator(
        "LocalEmu 1.3.2 alone",
        ("localemu==1.3.2",),
        ("{bin}/python", "-m", "localemu.runtime.main"),
        (("GATEWAY_LISTEN", "127.0.0.1:{port}"), ("FILESYSTEM_ROOT", "{folder}/volume")),
        python=LOCALEMU_PYTHONS[0],
    ),
    Emulator(
        "MiniStack 1.5.33",
        ("ministack==1.5.33",),
        ("{bin}/ministack",),
        (("BIND_HOST", "127.0.0.1"), ("GATEWAY_PORT", "{port}")),  # it listens on every address otherwise
    ),
)


def install(emulator: Emulator, folder: Path) -> Path:
    """Make an environment for an emulator, once; return its folder of programs."""
    home = folder / emulator.name.lower().replace(" ", "-")
    programs = home / ("Scripts" if os.name == "nt" else "bin")
    if not (home / "ready").exists():
        found = find_python(emulator.python, os.environ) if emulator.python else Path(sys.executable)
        if found is None:
            raise FileNotFoundError(f"{emulator.name} needs Python {emulator.python}; put one on PATH")
        subprocess.run([str(found), "-m", "venv", "--clear", str(home)], check=True)
        subprocess.run([str(programs / "pip"), "install", "--quiet", *emulator.requirements], check=True)
        (home / "ready").touch()
    return programs


@contextmanager
def running(emulator: Emulator, folder: Path) -> Iterator[str]:
    """Start an emulator on a free port of 127.0.0.1 and give its URL.

    Raises:
        OpenToOthersError: it also answers other machines. It is stopped.
        TimeoutError: it does not answer within a minute.
    """
    programs = install(emulator, folder)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    fill = {"bin": str(programs), "port": str(port), "folder": str(programs.parent)}
    env = {**os.environ, **{name: value.format(**fill) for name, value in emulator.env}}
    env.pop("AWS_ENDPOINT_URL", None)
    with (folder / f"{programs.parent.name}.log").open("w") as log:
        process = subprocess.Popen(
            [part.format(**fill) for part in emulator.command], env=env, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, process)
        refuse_open(emulator.name, listening_addresses(process.pid))
        yield url
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def listening_addresses(pid: int) -> frozenset[str]:
    """The addresses that a process and its children listen on."""
    top = psutil.Process(pid)
    return frozenset(
        connection.laddr.ip
        for process in (top, *top.children(recursive=True))
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    )


def refuse_open(name: str, addresses: frozenset[str]) -> None:
    """Refuse an emulator that other machines can reach.

    Raises:
        OpenToOthersError: one of the addresses is not this machine's own.
    """
    if reachable := sorted(each for each in addresses if not ipaddress.ip_address(each).is_loopback):
        raise OpenToOthersError(
            f"{name} listens on {', '.join(reachable)}, where other machines reach it. Name the variable or option by "
            "which it listens on 127.0.0.1 only in benchmarks/emulators/emulators.py."
        )


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + _START_S
    while time.monotonic() < ends and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2)  # noqa: S310 - a URL of ours
        except urllib.error.HTTPError:
            return  # an answer, if a refusal
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(f"nothing answers at {url}")
