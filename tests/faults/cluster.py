"""A standalone Spark cluster on this machine, whose workers cannot see some folders."""

import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyspark

WORKERS = 2
START_S = 60


def namespace_command() -> list[str] | None:
    """The command that starts a program in its own mount namespace; None if this machine does not allow it."""
    for command in (["unshare", "--mount"], ["unshare", "--mount", "--map-root-user"]):
        if (
            shutil.which(command[0])
            and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
        ):
            return command
    return None


@contextmanager
def standalone_cluster(
    namespace: Sequence[str], hidden: Sequence[Path], folder: Path, env: Mapping[str, str]
) -> Iterator[str]:
    """Run a master and two workers, for which the hidden folders are empty. Yields the master's URL."""
    folder.mkdir()
    port = _free_port()
    own = {**env, "SPARK_HOME": str(Path(pyspark.__file__).parent), "SPARK_LOCAL_IP": "127.0.0.1"}
    spark_class = str(Path(pyspark.__file__).parent / "bin" / "spark-class")
    master = [spark_class, "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(port)]
    worker = [spark_class, "org.apache.spark.deploy.worker.Worker", "--cores", "1", "--memory", "1g"]
    mounts = [f"mount -t tmpfs none {shlex.quote(str(each))}" for each in hidden]
    with ExitStack() as running:
        running.enter_context(_program([*master, "--webui-port", "0"], own, folder / "master.log"))
        _wait_for(port, folder / "master.log")
        url = f"spark://127.0.0.1:{port}"
        for number in range(WORKERS):
            place = folder / f"worker-{number}"
            start = shlex.join([*worker, "--webui-port", "0", "--work-dir", str(place), url])
            script = " && ".join([*mounts, f"exec {start}"])
            log = folder / f"worker-{number}.log"
            running.enter_context(_program([*namespace, "sh", "-c", script], {**own, "PWD": "/"}, log))
        yield url


@contextmanager
def _program(command: Sequence[str], env: Mapping[str, str], log: Path) -> Iterator[None]:
    with (
        log.open("w") as out,
        subprocess.Popen(
            command, env=dict(env), cwd="/", stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            yield
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(port: int, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(log.read_text()[-2000:])
