"""Java for Spark runs, started by the service: while the run is prepared, or ahead of it."""

import logging
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from localstack_glue.jobs.job_processes import RUN_ID_VARIABLE, JobProcess, LineSink
from localstack_glue.jobs.runtime import ready_gateway, warm_up
from localstack_glue.jobs.runtime.environment import RunEnvironment, conf_folder, scratch_folder
from localstack_glue.jobs.runtime.preparation import lay_out
from localstack_glue.jobs.runtime.spark_conf import DEFAULTS_FILE
from localstack_glue.service.account_region import Scope
from localstack_glue.service.clients import Credentials
from localstack_glue.service.settings import WarmJvm

LOG = logging.getLogger(__name__)
ADDRESS_FILE, ANNOUNCED_FILE = "gateway", "gateway-of-java"
ADDRESS_VARIABLE = "_PYSPARK_DRIVER_CONN_INFO_PATH"  # as PySpark names it to Spark's gateway server
HELD_LINES = 1000
# an unused Java ends after this time; its credentials last twelve hours
IDLE_S: Mapping[WarmJvm, float] = {WarmJvm.CRAWL: 600, WarmJvm.ALWAYS: 3600}


class SparkJvm:
    """A gateway server of Spark as PySpark would start it, in the folder and with the environment of a run.

    It carries the folder's name as the run's mark: whatever ends the run's processes ends it too. When the service
    dies, its standard input ends, and with that it ends itself.
    """

    def __init__(self, spark_home: Path, folder: Path, run_environment: RunEnvironment, *, is_ahead: bool) -> None:
        self.folder = folder
        self.run_environment = run_environment
        self._out, self._err = _HeldLines(), _HeldLines()
        self._address_file = folder / ADDRESS_FILE
        self._is_closed = False
        announced = folder / ANNOUNCED_FILE if is_ahead else self._address_file
        marks = {RUN_ID_VARIABLE: folder.name, ADDRESS_VARIABLE: str(announced)}
        self._process = subprocess.Popen(
            java_command(spark_home, conf_folder(folder)),
            cwd=scratch_folder(folder),
            env=java_environment({**run_environment.environment, **marks}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._job = JobProcess(folder.name, self._process, self._out, self._err)
        if is_ahead:
            self._warm_up(announced, {**run_environment.environment, **marks})
        threading.Thread(target=self._reap, name=f"glue-jvm-{folder.name[:16]}", daemon=True).start()

    @property
    def is_running(self) -> bool:
        """Whether it could still serve a run."""
        return self._process.poll() is None

    @property
    def is_ready(self) -> bool:
        """Whether a script could connect now."""
        return self._address_file.is_file()

    def attach(self, stdout: LineSink, stderr: LineSink) -> Mapping[str, str]:
        """Pass on its output from the start. Returns the variables with which a script finds it."""
        self._out.attach(stdout)
        self._err.attach(stderr)
        return {
            ready_gateway.FILE_VARIABLE: str(self._address_file),
            ready_gateway.PID_VARIABLE: str(self._process.pid),
        }

    def close(self) -> None:
        """End it, and wait until it has ended and all its output has been passed on."""
        if not self._is_closed:
            self._job.stop(0)
            self._job.wait(None)
            self._is_closed = True

    def _warm_up(self, announced: Path, environment: Mapping[str, str]) -> None:
        python = environment["PYSPARK_PYTHON"]
        helper = subprocess.Popen(
            [python, warm_up.__file__, str(announced), str(self._address_file), str(self._process.pid)],
            cwd=scratch_folder(self.folder),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        threading.Thread(target=helper.wait, name="glue-warm-up", daemon=True).start()

    def _reap(self) -> None:
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()


def java_command(spark_home: Path, conf: Path) -> list[str]:
    """The command that starts Spark's gateway server with the properties of a configuration folder."""
    return [str(spark_home / "bin" / "spark-submit"), "--properties-file", str(conf / DEFAULTS_FILE), "pyspark-shell"]


def java_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """That of a run, without its configuration folder: on the class path it would keep Java from a class archive."""
    return {name: value for name, value in environment.items() if name != "SPARK_CONF_DIR"}


class _HeldLines:
    """Keeps the first lines until there is a consumer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: deque[str] = deque()
        self._sink: LineSink | None = None

    def __call__(self, line: str) -> None:
        with self._lock:
            if self._sink is not None:
                self._sink(line)
            elif len(self._lines) < HELD_LINES:
                self._lines.append(line)

    def attach(self, sink: LineSink) -> None:
        with self._lock:
            while self._lines:
                sink(self._lines.popleft())
            self._sink = sink


class WaitingJvm:
    """A Java that was started ahead, for a run of this role in this place."""

    def __init__(self, jvm: SparkJvm, scope: Scope, role_arn: str, credentials: Credentials) -> None:
        self.jvm = jvm
        self.scope = scope
        self.role_arn = role_arn
        self.credentials = credentials

    def discard(self) -> None:
        """End it, with its folder."""
        self.jvm.close()
        shutil.rmtree(self.jvm.folder, ignore_errors=True)


class WaitingJvms:
    """At most one Java that waits for a run: it holds memory. It is used once, or dropped after a time."""

    def __init__(self, idle_s: float) -> None:
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._waiting: WaitingJvm | None = None
        self._timer: threading.Timer | None = None
        self._era = 0

    @property
    def era(self) -> int:
        """Changes with each `drop`, so that earlier starts are discarded."""
        return self._era

    @property
    def state(self) -> str | None:
        """`starting`, `ready`, or None if none waits."""
        waiting = self._waiting
        if waiting is None or not waiting.jvm.is_running:
            return None
        return "ready" if waiting.jvm.is_ready else "starting"

    def put(self, waiting: WaitingJvm, era: int) -> None:
        """Have one wait, in place of another."""
        with self._lock:
            unused: WaitingJvm | None = waiting
            if era == self._era:
                unused, self._waiting = self._waiting, waiting
                self._set_timer()
        if unused is not None:
            unused.discard()

    def take(self, fits: Callable[[WaitingJvm], bool]) -> WaitingJvm | None:
        """Take the waiting Java, if it fits and still runs. It is then exclusive to the caller."""
        with self._lock:
            waiting = self._waiting
            if waiting is None or not waiting.jvm.is_running or not fits(waiting):
                return None
            self._waiting = None
            self._set_timer()
            return waiting

    def has(self, fits: Callable[[WaitingJvm], bool]) -> bool:
        """Whether one waits that fits."""
        with self._lock:
            return self._waiting is not None and self._waiting.jvm.is_running and fits(self._waiting)

    def drop(self) -> None:
        """End the waiting Java and all starts in progress."""
        with self._lock:
            self._era += 1
            waiting, self._waiting = self._waiting, None
            self._set_timer()
        if waiting is not None:
            LOG.info("ending the Java that was started ahead")
            waiting.discard()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(self._idle_s, self.drop) if self._waiting else None
        if self._timer is not None:
            self._timer.daemon = True
            self._timer.start()


def start(spark_home: Path, folder: Path, run_environment: RunEnvironment, *, is_ahead: bool = False) -> SparkJvm:
    """Write a run's configuration into its folder and start its Java; ahead of a run it is also warmed up."""
    lay_out(folder, run_environment)
    return SparkJvm(spark_home, folder, run_environment, is_ahead=is_ahead)
