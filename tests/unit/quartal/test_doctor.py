"""`quartal doctor` in a checkout, and in the container image, which holds a part of one."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from quartal.local.toolchain import environments
from quartal.local.toolchain.doctor import examine


class _LocalStack(BaseHTTPRequestHandler):
    """Answers what a LocalStack with the Glue service answers when it is asked how it is."""

    health, version = "/_localstack/health", "4.13.1"

    def do_GET(self) -> None:  # http.server's name
        known = {
            self.health: {"version": self.version, "services": {"s3": "available", "glue": "available"}},
            "/_glue/health": {"status": "running", "version": "0.1.0"},
        }
        body = json.dumps(known.get(self.path, {})).encode()
        self.send_response(200 if self.path in known else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class _LocalEmu(_LocalStack):
    health, version = "/_localemu/health", "1.3.2"


@pytest.fixture(params=[_LocalStack, _LocalEmu], ids=["LocalStack", "LocalEmu"])
def endpoint_url(request: pytest.FixtureRequest) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), request.param) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def image(settings):
    """A project without the sources of the Glue service, as docker/quartal/Dockerfile copies it."""
    (settings.root / "tooling/localstack_glue/pyproject.toml").unlink()
    return settings


def test_localstack_is_not_needed_where_another_answers(image, endpoint_url):
    found = {tool.name: tool for tool in examine(replace(image, endpoint_url=endpoint_url))}
    assert found["localstack endpoint"].ok
    assert found["localstack endpoint"].version in ("4.13.1", "1.3.2")
    assert found["localstack"].ok
    assert found["localstack"].source == f"not needed: {endpoint_url} answers"
    assert found["glue host"].ok


def test_doctor_reports_missing_localstack_if_none_responds_or_can_be_installed(image):
    found = {tool.name: tool for tool in examine(replace(image, environ={"LOCALSTACK_HOST": "127.0.0.1:1"}))}
    assert not found["localstack"].ok
    assert "pyproject.toml is missing" in found["localstack"].source


def test_doctor_lists_the_runtime_of_glue_6_with_its_python(settings, tmp_path):
    def runtime(**environ):
        environ = {"LOCALSTACK_HOST": "127.0.0.1:1", "PYENV_ROOT": str(tmp_path / "none"), **environ}
        found = examine(replace(settings, environ=environ))
        return next(tool for tool in found if tool.name == "glue-runtime 6.0")

    missing = runtime(PATH="/nowhere")
    assert (missing.ok, missing.version) == (True, f"Spark {environments.SPARK_4_VERSION}")
    assert missing.source == "made by the first job of 6.0, with a Python 3.13 that uv downloads"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3.13").touch()
    assert runtime(PATH=str(tmp_path / "bin")).source.endswith(f"with {tmp_path / 'bin' / 'python3.13'}")


def check_host(settings, **environ):
    found = examine(replace(settings, environ={"LOCALSTACK_HOST": "127.0.0.1:1", **environ}))
    return next(tool for tool in found if tool.name == "glue host")


def test_host_is_named_with_who_chose_it(settings):
    for module in ("localstack_glue", "glue_triggers"):
        (settings.root / "tooling" / module / "pyproject.toml").write_text("")
    for lock in ("localstack", "localstack-tests", "localemu", "glue-local"):
        (settings.root / "requirements" / f"{lock}.txt").write_text("")
    assert check_host(settings).version == "LocalStack"
    assert check_host(settings).source == "the default; will be installed on first use"
    chosen = check_host(settings, QUARTAL_HOST="standalone")
    assert (chosen.ok, chosen.version) == (True, "glue-local")
    assert chosen.source == "QUARTAL_HOST; will be installed on first use"
    other = check_host(settings, QUARTAL_HOST="localemu")
    assert (other.ok, other.version) == (True, "LocalEmu")
    assert other.location.startswith(str(settings.tools_dir / "localemu-"))


def test_doctor_reports_an_unknown_host_name(settings):
    found = check_host(settings, QUARTAL_HOST="moto")
    assert (found.ok, found.source) == (False, "QUARTAL_HOST")
    assert "localstack, localemu, standalone" in found.remedy


def test_doctor_reports_why_an_installed_host_cannot_start(settings):
    for module in ("localstack_glue", "glue_triggers"):
        (settings.root / "tooling" / module / "pyproject.toml").write_text("")
    (settings.root / "requirements/glue-local.txt").write_text("")
    environment = environments.glue_local_environment(settings)
    python = environments.environment_python(settings, environment)
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)  # a Python without the server
    (environments.environment_folder(settings, environment) / "ready").touch()
    found = check_host(settings, QUARTAL_HOST="standalone")
    assert not found.ok
    assert "No module named 'localstack_glue" in found.source
    assert str(environments.environment_folder(settings, environment)) in found.remedy
