import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from quartal.core import process
from quartal.core.errors import CommandError, ToolchainError
from quartal.local.local_aws import server
from quartal.local.toolchain import environments


def test_both_streams_are_drained_however_much_comes():
    flood = "import sys\nfor _ in range(20000): print('o' * 20); print('e' * 20, file=sys.stderr)"
    result = process.run([sys.executable, "-c", flood])
    assert result.stdout.count("\n") == 20000
    assert result.stderr.count("\n") == 20000


def test_unexpected_exit_code_carries_the_last_lines():
    with pytest.raises(CommandError) as error:
        process.run([sys.executable, "-c", "import sys; print('reason', file=sys.stderr); sys.exit(7)"])
    assert error.value.command_exit_code == 7
    assert error.value.details == ("reason",)


def test_exit_code_that_is_expected_is_no_error():
    assert process.run([sys.executable, "-c", "raise SystemExit(2)"], success_codes=(0, 2)).exit_code == 2


def test_missing_program_is_named():
    with pytest.raises(ToolchainError, match="no-such-program"):
        process.run(["no-such-program"])


def test_program_that_times_out_is_killed():
    with pytest.raises(CommandError, match="more than"):
        process.run([sys.executable, "-c", "import time; time.sleep(60)"], timeout_s=0.5)


def test_lines_are_handed_on_as_they_come():
    lines: list[str] = []
    process.run([sys.executable, "-c", "print('a'); print('b')"], on_stdout_line=lines.append)
    assert lines == ["a", "b"]


def test_failing_line_handler_is_reported_and_the_program_runs_to_its_end():
    flood = "for number in range(20000): print(number, 'o' * 20)"

    def refuse(line: str) -> None:
        raise ValueError(line)

    with pytest.raises(ValueError, match=r"^0 o"):
        process.run([sys.executable, "-c", flood], on_stdout_line=refuse, timeout_s=30)


def test_lines_that_are_taken_slowly_are_all_taken(monkeypatch):
    # as by a terminal that its user holds; the last lines of Terraform say why it failed
    monkeypatch.setattr(process, "_IDLE_S", 0.01)
    lines: list[str] = []

    def take(line: str) -> None:
        threading.Event().wait(0.1)
        lines.append(line)

    process.run([sys.executable, "-c", "print('a'); print('b')"], on_stdout_line=take)
    assert lines == ["a", "b"]


@pytest.mark.skipif(sys.platform == "win32", reason="a shell's own background")
def test_output_that_somebody_else_keeps_open_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(process, "_IDLE_S", 0.1)
    result = process.run(["sh", "-c", "echo a; sleep 20 & echo $!"])
    os.kill(int(result.stdout.split()[1]), signal.SIGKILL)
    assert result.stdout.split()[0] == "a"


def test_interrupt_reaches_the_program_once_and_its_end_is_waited_for(tmp_path: Path):
    # Terraform drops its state file on a second interrupt, so exactly one may arrive
    script = (
        "import signal, sys, time\n"
        "count = []\n"
        "def handler(*_):\n"
        "    count.append(1)\n"
        "signal.signal(signal.SIGINT, handler)\n"
        f"open({str(tmp_path / 'up')!r}, 'w').close()\n"
        "deadline = time.time() + 20\n"
        "while not count and time.time() < deadline: time.sleep(0.01)\n"
        "time.sleep(0.3)\n"
        f"open({str(tmp_path / 'count')!r}, 'w').write(str(len(count)))\n"
    )

    def interrupt_when_up() -> None:
        while not (tmp_path / "up").exists():
            threading.Event().wait(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt_when_up, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        process.run([sys.executable, "-c", script])
    assert (tmp_path / "count").read_text() == "1"


class InterruptedStart(subprocess.Popen):  # type: ignore[type-arg]
    """Ctrl-C comes when the program runs already, but nobody waits for it yet."""

    started: ClassVar[list[subprocess.Popen[str]]] = []

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.started.append(self)
        signal.raise_signal(signal.SIGINT)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[str]]]:
    monkeypatch.setattr(subprocess, "Popen", InterruptedStart)
    InterruptedStart.started.clear()
    yield InterruptedStart.started
    for left in InterruptedStart.started:
        left.kill()
        left.wait()


def test_program_is_ended_by_an_interrupt_that_comes_while_it_is_started(started):
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(KeyboardInterrupt):
        process.run([sys.executable, "-c", "import time; time.sleep(60)"])
    assert [each.poll() for each in started] != [None]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_localstack_is_stopped_by_an_interrupt_that_comes_while_it_is_started(started, settings, monkeypatch):
    (settings.root / "localstack" / "runtime").mkdir(parents=True)
    (settings.root / "localstack" / "runtime" / "main.py").write_text("import time; time.sleep(60)")
    monkeypatch.setattr(environments, "ensure", lambda *_: sys.executable)
    monkeypatch.setattr(server, "_environment", lambda *_args, **_options: {"PYTHONPATH": str(settings.root)})
    with pytest.raises(KeyboardInterrupt):
        server.start(settings, port=server.free_port(), announce=print)
    assert [each.poll() for each in started] != [None]
    assert server.running_server(settings) is None


def test_interrupt_while_a_program_that_does_not_exist_is_started_is_an_interrupt(monkeypatch):
    def fail(*_arguments: Any, **_options: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        raise FileNotFoundError(2, "No such file")

    monkeypatch.setattr(subprocess, "Popen", fail)
    with pytest.raises(KeyboardInterrupt):
        process.run(["no-such-program"])
