"""Processes of job runs: real ones, small ones (G26, G29)."""

import sys
import time
import uuid
from pathlib import Path

import psutil
import pytest

from localstack_glue.jobs.job_processes import RUN_ID_VARIABLE, JobProcess, Launch, SubprocessRunner, kill_runs
from localstack_glue.jobs.runtime import bootstrap
from localstack_glue.jobs.runtime.preparation import REASON_FILE, read_reason
from localstack_glue.service.log_stream import LogStream


class StartedJob:
    """A script that was started through the bootstrap."""

    def __init__(self, folder: Path, script: str, *arguments: str) -> None:
        file = folder / "job.py"
        file.write_text(script)
        self.folder, self.out, self.err = folder, [], []  # type: ignore[var-annotated]
        command = [sys.executable, bootstrap.__file__, str(folder / REASON_FILE), str(file), *arguments]
        launch = Launch(f"jr_{uuid.uuid4()}", command, {"PATH": "/usr/bin:/bin"}, folder)
        self.process: JobProcess = SubprocessRunner().start(launch, self.out.append, self.err.append)  # type: ignore[assignment]
        self.run_id = launch.run_id

    def left_behind(self) -> list[int]:
        found = []
        for process in psutil.process_iter():
            try:
                if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(RUN_ID_VARIABLE) == self.run_id:
                    found.append(process.pid)
            except psutil.Error:
                continue
        return found

    def wait_for_output(self, text: str) -> None:
        deadline = time.monotonic() + 60
        while text not in self.out:
            assert time.monotonic() < deadline, self.err
            self.process._readers[0].join(0.01)


def outcome(folder: Path, script: str) -> tuple[int, str | None]:
    job = StartedJob(folder, script)
    return job.process.wait(60), read_reason(folder)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param("print('fine')", (0, None), id="succeeds"),
        pytest.param("import sys; sys.exit()", (0, None), id="exits"),
        pytest.param("import sys; sys.exit(3)", (3, "SystemExit: 3"), id="exits-with-a-code"),
        pytest.param("import sys; sys.exit('no')", (1, "SystemExit: no"), id="exits-with-a-text"),
        pytest.param("1 / 0", (1, "ZeroDivisionError: division by zero"), id="raises"),
        pytest.param("class E(Exception): pass\nraise E('a\\nb')", (1, "E: a"), id="raises-its-own"),
        pytest.param("raise ValueError", (1, "ValueError"), id="raises-without-a-text"),
        pytest.param("def f(:", (1, "SyntaxError: invalid syntax"), id="is-no-python"),
        pytest.param("import os; os._exit(7)", (7, None), id="ends-hard"),
        pytest.param("import os; os.kill(os.getpid(), 9)", (-9, None), id="is-killed"),
    ],
)
def test_end_of_a_script_leaves_its_code_and_reason(tmp_path, script, expected):
    assert outcome(tmp_path, script) == expected  # G29


def test_java_error_has_the_message_of_java():
    error_type = type("Py4JJavaError", (Exception,), {"__module__": "py4j.protocol", "__qualname__": "Py4JJavaError"})
    error = error_type("An error occurred while calling o1.x.\n: java.lang.Oops: no\n\tat a.b")

    expected = "Py4JJavaError: An error occurred while calling o1.x. java.lang.Oops: no"
    assert bootstrap.reason(error) == expected  # G29


def test_script_runs_as_the_main_module_with_its_arguments(tmp_path):
    script = "import sys, __main__\nprint(__name__, sys.argv[1:], __main__.__file__ == __file__, sys.path[0])"
    job = StartedJob(tmp_path, script, "--a", "1")
    job.process.wait(60)

    assert job.out == [f"__main__ ['--a', '1'] True {tmp_path}"]


def test_traceback_begins_in_the_script(tmp_path):
    job = StartedJob(tmp_path, "def f():\n    raise ValueError('no')\nf()\n")
    job.process.wait(60)

    assert job.err[0] == "Traceback (most recent call last):"
    assert f'File "{tmp_path / "job.py"}", line 3' in job.err[1]
    assert job.err[-1] == "ValueError: no"
    assert not any("bootstrap" in line for line in job.err)


def test_output_arrives_while_the_script_runs(tmp_path):
    job = StartedJob(tmp_path, "import time\nprint('first', flush=True)\ntime.sleep(600)")
    job.wait_for_output("first")

    with pytest.raises(TimeoutError):
        job.process.wait(0.01)
    job.process.stop()
    assert job.process.wait(60) != 0


def test_processes_left_by_a_script_are_ended(tmp_path):
    script = """
import subprocess
subprocess.Popen(["sleep", "600"], start_new_session=True)
subprocess.Popen(["sleep", "600"])
"""
    job = StartedJob(tmp_path, script)

    assert job.process.wait(60) == 0
    assert job.left_behind() == []


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param("import os; os._exit(137)", (137, None), id="ends-as-if-killed"),
        pytest.param("import os; os.close(1); os.close(2)", (0, None), id="closes-its-output"),
        pytest.param(
            "import os; os.close(1); os.close(2); 1 / 0", (120, "ZeroDivisionError: division by zero"), id="fails"
        ),
        pytest.param("import sys; sys.stdout.close(); sys.exit(5)", (5, "SystemExit: 5"), id="closes-stdout-and-exits"),
    ],
)
def test_abnormal_end_of_a_script_is_reported_as_it_was(tmp_path, script, expected):
    assert outcome(tmp_path, script) == expected  # G26, G29


@pytest.mark.parametrize(("ending", "code"), [("", 0), ("; raise ValueError('no')", 1)])
def test_script_that_removes_its_own_folders_ends_by_its_exit_code(tmp_path, ending, code):
    folder = tmp_path / "run"
    folder.mkdir()
    job = StartedJob(folder, f"import shutil; shutil.rmtree({str(folder)!r}){ending}")

    assert job.process.wait(60) == code
    assert read_reason(folder) is None
    assert job.left_behind() == []


def test_processes_that_outlive_a_script_in_every_way_of_forking_are_ended(tmp_path):
    script = """
import os, time
for detach in (False, True):
    for depth in (1, 2):
        pid = os.fork()
        if pid:
            os.waitpid(pid, 0) if depth == 2 else None
            continue
        if detach:
            os.setsid()
        if depth == 2 and os.fork():
            os._exit(0)  # its child has no parent now
        os.close(1)
        os.close(2)
        time.sleep(600)
"""
    job = StartedJob(tmp_path, script)

    assert job.process.wait(60) == 0
    assert job.left_behind() == []


def test_flood_of_output_is_kept_neither_in_memory_nor_in_the_log(tmp_path, monkeypatch):
    monkeypatch.setattr("localstack_glue.service.log_stream.MAX_STREAM_CHARS", 100_000)
    stream = LogStream(None, "group", "stream")
    file = tmp_path / "job.py"
    file.write_text("line = 'x' * 999\nfor _ in range(20_000):\n    print(line)")
    command = [sys.executable, bootstrap.__file__, str(tmp_path / REASON_FILE), str(file)]
    launch = Launch(f"jr_{uuid.uuid4()}", command, {"PATH": "/usr/bin:/bin"}, tmp_path)

    assert SubprocessRunner().start(launch, stream.write, stream.write).wait(60) == 0

    kept = [text for _, text in stream._pending]
    assert sum(map(len, kept)) < 101_000
    assert "the rest was dropped" in kept[-1]


def test_script_that_ignores_the_request_to_stop_is_killed(tmp_path):
    script = """
import signal, subprocess, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen(["sleep", "600"], start_new_session=True)
print("deaf", flush=True)
time.sleep(600)
"""
    job = StartedJob(tmp_path, script)
    job.wait_for_output("deaf")

    job.process.stop(grace_s=0.2)

    assert job.process.wait(60) == -9
    assert job.left_behind() == []


def test_script_gets_time_to_clean_up(tmp_path):
    script = """
import os, signal, sys, time
# not by print: the signal may come while another print is under way, which a second one must not interrupt
signal.signal(signal.SIGTERM, lambda *_: (os.write(1, b"cleaned\\n"), sys.exit(0)))
print("ready", flush=True)
time.sleep(600)
"""
    job = StartedJob(tmp_path, script)
    job.wait_for_output("ready")

    job.process.stop(grace_s=60)
    job.process.wait(60)

    assert job.out == ["ready", "cleaned"]


@pytest.mark.parametrize("new_session", [False, True], ids=["in-the-group", "outside-the-group"])
def test_each_process_gets_one_stop_signal(tmp_path, new_session):
    counting = """
import os, signal, time
asked = []
def count(*_):
    asked.append(1)
    os.write(1, b"asked %d\\n" % len(asked))  # not by print, which may be under way
signal.signal(signal.SIGTERM, count)
print("ready", flush=True)
while not asked:
    time.sleep(0.05)
time.sleep(0.5)  # for a second request
"""
    script = f"""
import signal, subprocess, sys
signal.signal(signal.SIGTERM, lambda *_: None)
subprocess.run([sys.executable, "-c", {counting!r}], start_new_session={new_session}, check=False)
"""
    job = StartedJob(tmp_path, script)
    job.wait_for_output("ready")

    job.process.stop(grace_s=60)
    job.process.wait(60)

    assert job.out == ["ready", "asked 1"]


def test_runs_of_a_killed_service_are_killed_by_their_id(tmp_path):
    job = StartedJob(tmp_path, "import time\nprint('on', flush=True)\ntime.sleep(600)")
    job.wait_for_output("on")

    kill_runs({"jr_of_someone_else"})
    assert job.left_behind() != []
    kill_runs({job.run_id})

    assert job.process.wait(60) == -9


def test_line_without_an_end_is_cut(tmp_path):
    job = StartedJob(tmp_path, "print('x' * 200_000)")
    job.process.wait(60)

    assert "".join(job.out) == "x" * 200_000
    assert max(map(len, job.out)) == 64_000


def test_bytes_that_are_no_text_do_not_stop_the_log(tmp_path):
    job = StartedJob(tmp_path, "import sys\nsys.stdout.buffer.write(b'\\xff\\n')\nprint('after')")
    job.process.wait(60)

    assert job.out == ["\ufffd", "after"]
