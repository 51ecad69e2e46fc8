"""Offers a script's PySpark the Java that the service started for it.

Loaded by the bootstrap, in the job's Python: it may use the standard library only. PySpark takes a running Java by two
environment variables. They are set while it connects, and only if its own Java would have been no other: nothing that
Java takes at its start alone was asked for, and what Java would inherit is as it was.
"""

import contextlib
import importlib.abc
import importlib.util
import os
import signal
import struct
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

FILE_VARIABLE, PID_VARIABLE = "LOCALSTACK_GLUE_GATEWAY_FILE", "LOCALSTACK_GLUE_GATEWAY_PID"
MODULE = "pyspark.java_gateway"
LONGEST_WAIT_S, POLL_S = 120.0, 0.01
# settings that spark-submit uses before a session exists
LAUNCH_SETTINGS = (
    "spark.archives",
    "spark.driver.defaultJavaOptions",
    "spark.driver.extra",  # ClassPath, JavaOptions, LibraryPath
    "spark.driver.memory",
    "spark.driver.userClassPathFirst",
    "spark.files",
    "spark.jars",
    "spark.kubernetes.",
    "spark.pyspark.",
    "spark.submit.",
    "spark.yarn.",
)


def install() -> None:
    """Have PySpark use the Java that the environment names, if it names one."""
    file, pid = os.environ.pop(FILE_VARIABLE, ""), os.environ.pop(PID_VARIABLE, "")
    if file and pid:
        sys.meta_path.insert(0, _Finder(Gateway(Path(file), int(pid))))


class Gateway:
    """A Java that was started for this script; used once."""

    def __init__(self, file: Path, pid: int) -> None:
        self._file = file
        self._pid = pid
        self._inherited = _inherited()
        self._is_open = True

    def launch(self, original: Any, conf: Any = None, popen_kwargs: Any = None) -> Any:
        """Replace PySpark's `launch_gateway`."""
        if not self._is_open:
            return original(conf, popen_kwargs)
        self._is_open = False
        settings = dict(conf.getAll()) if conf else {}
        if popen_kwargs is None and _inherited() == self._inherited and not needs_own_java(settings):
            address = self._address()
            if address is not None:
                os.environ.update(address)
                try:
                    return original(conf)
                finally:
                    for name in address:
                        del os.environ[name]
        with contextlib.suppress(OSError):
            os.kill(self._pid, signal.SIGKILL)  # it will not be used
        return original(conf, popen_kwargs)

    def _address(self) -> dict[str, str] | None:
        """Wait for Java to announce its address; None if it does not start."""
        return read_address(self._file.read_bytes()) if wait_for(self._file, self._pid) else None


def wait_for(file: Path, pid: int) -> bool:
    """Wait until a file exists; False if the process that is to write it ends before, or takes too long."""
    deadline = time.monotonic() + LONGEST_WAIT_S
    while not file.is_file():
        if time.monotonic() > deadline or not _runs(pid):
            return False
        time.sleep(POLL_S)
    return True


def needs_own_java(settings: Mapping[str, str]) -> bool:
    """Whether a session has settings that Java can only get when it starts."""
    master = settings.get("spark.master", "local")
    return not master.startswith("local") or any(name.startswith(LAUNCH_SETTINGS) for name in settings)


def read_address(content: bytes) -> dict[str, str]:
    """Parse the output of Spark's gateway server: its port, the length of its secret, and the secret."""
    port, length = struct.unpack_from("!ii", content)
    secret = content[8 : 8 + length].decode()
    return {"PYSPARK_GATEWAY_PORT": str(port), "PYSPARK_GATEWAY_SECRET": secret}


class _Finder(importlib.abc.MetaPathFinder):
    """Replaces `launch_gateway` in PySpark's module as soon as that is imported."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def find_spec(self, fullname: str, path: Iterable[str] | None, target: Any = None) -> Any:  # noqa: ARG002
        if fullname != MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self._gateway)
        return spec


class _Loader(importlib.abc.Loader):
    def __init__(self, loader: Any, gateway: Gateway) -> None:
        self._loader = loader
        self._gateway = gateway

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        original = module.launch_gateway

        def launch_gateway(conf: Any = None, popen_kwargs: Any = None) -> Any:
            return self._gateway.launch(original, conf, popen_kwargs)

        launch_gateway.__doc__ = original.__doc__
        module.launch_gateway = launch_gateway


def _inherited() -> tuple[dict[str, str], Path | None]:
    """The state that a process started now would inherit."""
    try:
        folder = Path.cwd()
    except FileNotFoundError:  # a script may remove where it runs
        folder = None
    return dict(os.environ), folder


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
