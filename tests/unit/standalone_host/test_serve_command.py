"""`glue-local serve` if it cannot start: one line with a remedy."""

import socket
import sys

import pytest

from localstack_glue.hosts.standalone import server
from localstack_glue.hosts.standalone.__main__ import main


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield str(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--port", "{taken}"], "port {taken} is taken; use --port 0 for any free port"),
        (
            ["--port", "0", "--state", "{file}"],
            "{file} cannot be written: File exists; name another folder with --state",
        ),
        (["--port", "0", "--work-dir", "{file}/w"], "{file}/w cannot be written: Not a directory; name another folder"),
        (["--port", "0", "--backend", "127.0.0.1:5000"], "127.0.0.1:5000 is not the URL of a server"),
        (["--port", "0", "--host", "::1"], "::1 is not an IPv4 address"),
    ],
)
def test_start_that_fails_is_one_line_with_a_remedy(taken, tmp_path, capsys, options, words):
    (tmp_path / "file").touch()
    fill = {"taken": taken, "file": tmp_path / "file"}
    assert main(["serve", *(option.format(**fill) for option in options)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    (line,) = told.err.splitlines()
    assert line.startswith(f"glue-local cannot start: {words.format(**fill)}")


@pytest.mark.parametrize("port", ["65536", "-1", "80x", "٤", ""])
def test_number_that_is_no_port_is_refused(capsys, port):
    with pytest.raises(SystemExit):
        main(["serve", f"--port={port}"])
    assert "is not a port; use a number from 0 to 65535" in capsys.readouterr().err


def test_distribution_without_its_server_names_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "moto.moto_server.werkzeug_app", None)
    monkeypatch.delitem(sys.modules, server.__name__)
    assert main(["serve", "--port", "0"]) == 2
    assert "moto is missing: install glue-local with [standalone]" in capsys.readouterr().err


def test_options_win_over_variables_and_each_port_has_a_folder(tmp_path, monkeypatch):
    for variable in ("LOCALSTACK_GLUE_STATE_DIR", "LOCALSTACK_GLUE_WORK_DIR"):
        monkeypatch.setenv(variable, str(tmp_path / "variable"))
    started = server.serve(0, tmp_path / "work", "http://127.0.0.1:9", tmp_path / "state")
    settings = started.apis["glue"].settings
    started.close()
    assert (settings.work_dir, settings.state_dir) == (tmp_path / "work", tmp_path / "state")
    monkeypatch.delenv("LOCALSTACK_GLUE_WORK_DIR")
    started = server.serve(0, None, "http://127.0.0.1:9")
    settings = started.apis["glue"].settings
    started.close()
    assert settings.work_dir.name == f"glue-local-{started.url.rpartition(':')[2]}"
    assert settings.state_dir == tmp_path / "variable"
