"""A script's PySpark connects to the Java that was started for it, if its own would have been no other."""

import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from localstack_glue.jobs.runtime import bootstrap, ready_gateway

PYSPARK = """
import os
def launch_gateway(conf=None, popen_kwargs=None):
    return os.environ.get("PYSPARK_GATEWAY_PORT"), os.environ.get("PYSPARK_GATEWAY_SECRET")
"""
CONF = "type('Conf', (), {{'getAll': lambda self: {0}}})()"


@pytest.fixture
def java():
    """A process that stands for Java."""
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def run_script(folder: Path, java: subprocess.Popen[bytes], script: str) -> list[str]:
    """Run a script through the bootstrap, beside a package that stands for PySpark."""
    package = folder / "library" / "pyspark"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "java_gateway.py").write_text(PYSPARK)
    address = folder / "gateway"
    address.write_bytes(struct.pack("!ii", 4321, 6) + b"secret")
    (folder / "script.py").write_text(script)
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": str(folder / "library"),
        ready_gateway.FILE_VARIABLE: str(address),
        ready_gateway.PID_VARIABLE: str(java.pid),
    }
    command = [sys.executable, bootstrap.__file__, str(folder / "reason"), str(folder / "script.py")]
    answer = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    return answer.stdout.splitlines()


IMPORT = "from pyspark.java_gateway import launch_gateway\nimport os\n"


def test_pyspark_gets_the_running_java_and_nothing_else_sees_it(tmp_path, java):
    script = IMPORT + "print(launch_gateway())\nprint(sorted(name for name in os.environ if 'GATEWAY' in name))"

    assert run_script(tmp_path, java, script) == ["('4321', 'secret')", "[]"]
    assert java.poll() is None


def test_second_gateway_of_a_script_is_its_own(tmp_path, java):
    script = IMPORT + "print(launch_gateway())\nprint(launch_gateway())"

    assert run_script(tmp_path, java, script) == ["('4321', 'secret')", "(None, None)"]


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(f"launch_gateway({CONF.format([('spark.driver.memory', '4g')])})", id="heap"),
        pytest.param(f"launch_gateway({CONF.format([('spark.jars.packages', 'a:b:1')])})", id="packages"),
        pytest.param(f"launch_gateway({CONF.format([('spark.master', 'yarn')])})", id="master"),
        pytest.param("launch_gateway(None, {'stdout': 1})", id="process-options"),
        pytest.param("os.environ.update(A='1') or launch_gateway()", id="environment"),
        pytest.param("os.chdir('/') or launch_gateway()", id="folder"),
    ],
)
def test_script_that_requests_another_java_starts_it_and_the_unused_one_ends(tmp_path, java, call):
    assert run_script(tmp_path, java, f"{IMPORT}print({call})") == ["(None, None)"]
    assert java.wait(60) == -signal.SIGKILL


def test_session_settings_do_not_request_another_java():
    assert not ready_gateway.needs_own_java({"spark.sql.shuffle.partitions": "4", "spark.master": "local[2]"})
    assert ready_gateway.needs_own_java({"spark.driver.extraJavaOptions": "-Dx=1"})


def test_script_whose_java_has_ended_starts_its_own(tmp_path, java):
    java.kill()
    java.wait(60)
    script = f"os.remove({str(tmp_path / 'gateway')!r})\nprint(launch_gateway())"

    assert run_script(tmp_path, java, IMPORT + script) == ["(None, None)"]


def test_script_without_spark_is_not_disturbed(tmp_path, java):
    assert run_script(tmp_path, java, "import sys\nprint('pyspark' in sys.modules)") == ["False"]
