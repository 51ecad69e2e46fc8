"""Every mistake that a user can make ends in one message with a remedy, and in the exit code that the docs promise."""

import json
import socket
from pathlib import Path

import psutil
import pytest

from quartal.cli.app import run
from quartal.core.errors import EXIT_USAGE, ConfigurationError, PipelineError, QuartalError, WaitTimeoutError


@pytest.fixture
def in_project(project: Path, monkeypatch, tmp_path: Path) -> Path:
    for name in ("AWS_ENDPOINT_URL", "QUARTAL_ENV", "QUARTAL_STATE_DIR", "QUARTAL_TERRAFORM_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    # no LocalStack of the machine may answer for the one that a test means
    monkeypatch.setenv("LOCALSTACK_HOST", f"127.0.0.1:{free_port()}")
    monkeypatch.chdir(project)
    return project


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("arguments", "message", "remedy"),
    [
        pytest.param(["plan", "--env", "nowhere"], "no environment 'nowhere'", "localstack", id="wrong environment"),
        pytest.param(["status"], "No LocalStack", "quartal localstack start", id="no LocalStack"),
        pytest.param(["run"], "No LocalStack", "AWS_ENDPOINT_URL", id="run without LocalStack"),
    ],
)
def test_wrong_configuration_ends_with_2_and_the_remedy(in_project, capsys, arguments, message, remedy):
    assert run(arguments) == 2
    printed = capsys.readouterr().err
    assert message in printed
    assert remedy in printed
    assert "Traceback" not in printed


def test_endpoint_that_does_not_answer_is_named(in_project, capsys, monkeypatch):
    url = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    assert run(["status"]) == 2
    assert f"AWS_ENDPOINT_URL={url}" in capsys.readouterr().err


def test_busy_port_is_refused_before_anything_is_started(in_project, capsys):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert run(["localstack", "start", "--port", str(port)]) == 2
    assert f"Port {port} is in use" in capsys.readouterr().err
    assert not (in_project / ".quartal" / "localstack" / "server.json").exists()


def test_folder_that_is_no_project_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QUARTAL_PROJECT_DIR", raising=False)
    assert run(["doctor"]) == 2
    assert "QUARTAL_PROJECT_DIR" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["plan", "--frobnicate"],
        ["upload"],
        ["ingest", "--delivery", "2024Q1"],
        ["data", "generate", "--rows", "0"],
    ],
)
def test_wrong_usage_ends_with_2(in_project, capsys, arguments):
    assert run(arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(PipelineError("x"), 1, id="the pipeline failed"),
        pytest.param(ConfigurationError("x"), 2, id="usage or configuration"),
        pytest.param(WaitTimeoutError("x"), 4, id="waiting timed out"),
    ],
)
def test_exit_code_follows_from_the_kind_of_error(error: QuartalError, code: int):
    assert error.exit_code == code


def test_failure_is_json_too_where_a_machine_reads_and_a_message_all_the_same(in_project, capsys):
    assert run(["status", "--json"]) == 2
    captured = capsys.readouterr()
    told = json.loads(captured.out)["error"]
    assert told["message"] in captured.err
    assert told["exit_code"] == 2
    assert "quartal localstack start" in told["remedy"]


def test_doctor_prints_valid_json_and_nothing_else(in_project, capsys):
    code = run(["doctor", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert {tool["name"] for tool in report["tools"]} >= {"terraform", "java", "localstack", "glue-runtime"}
    assert code == (0 if report["ok"] else 2)


def test_doctor_reports_a_broken_mirror_and_exits_with_2(in_project, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTAL_TERRAFORM_MIRROR", str(tmp_path))
    assert run(["doctor"]) == 2
    assert "terraform providers mirror" in capsys.readouterr().err


def test_doctor_in_an_incomplete_checkout_names_the_missing_file(in_project, capsys):
    (in_project / "requirements/localstack.txt").unlink()
    assert run(["doctor"]) == 2
    assert "localstack.txt is missing" in capsys.readouterr().out


def test_generate_writes_a_feed_once_and_uses_it_again(in_project, capsys, tmp_path):
    target = tmp_path / "feed"
    arguments = ["data", "generate", "--rows", "500", "--out", str(target), "--json"]
    assert run(arguments) == 0
    made = json.loads(capsys.readouterr().out)
    written = {path: path.stat().st_mtime_ns for path in target.rglob("*.csv")}
    assert len(made["deliveries"]) == len({path.parent for path in written}) == 8
    assert run(arguments) == 0
    assert {path: path.stat().st_mtime_ns for path in target.rglob("*.csv")} == written


def test_generate_refuses_a_folder_that_holds_something_else(in_project, capsys, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "mine.txt").write_text("keep me")
    assert run(["data", "generate", "--rows", "500", "--out", str(tmp_path / "letters")]) == 2
    assert "--out" in capsys.readouterr().err
    assert (tmp_path / "letters" / "mine.txt").read_text() == "keep me"


def test_version_and_help_are_no_errors(in_project, capsys):
    assert run(["--version"]) == 0
    assert run(["--help"]) == 0
    assert "doctor" in capsys.readouterr().out


def test_interrupt_names_the_local_stack_that_still_runs_and_ends_with_130(in_project, capsys, monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("quartal.cli.local_aws.find_endpoint", interrupted)
    assert run(["localstack", "status"]) == 130
    assert "LocalStack is still running" not in capsys.readouterr().err
    folder = in_project / ".quartal" / "localstack"
    me = psutil.Process()
    record = {"pid": me.pid, "created": me.create_time(), "port": 4577, "folder": str(folder / "4577")}
    (folder / "server.json").write_text(json.dumps(record))
    assert run(["localstack", "status"]) == 130
    assert f"LocalStack is still running at http://127.0.0.1:4577 (pid {me.pid})" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["status", "--bogus", "--json"], ["stauts", "--json"], ["--json"]])
def test_usage_error_is_json_where_a_machine_reads(arguments, capsys):
    assert run(arguments) == EXIT_USAGE
    told = json.loads(capsys.readouterr().out)["error"]
    assert told["exit_code"] == EXIT_USAGE
    assert told["message"]
    assert "--help" in told["remedy"]
