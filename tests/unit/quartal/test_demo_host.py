"""Which local AWS a demo uses."""

from __future__ import annotations

import pytest

from quartal.cli.app import run
from quartal.cli.options import open_workspace
from quartal.core.settings import LOCALSTACK_ENVIRONMENT
from quartal.local.local_aws.endpoint import Endpoint
from quartal.local.local_aws.hosts import chosen_host
from quartal.scenarios.demo import run_demo


class StartedError(Exception):
    """Its text is the host that was to be started."""


def test_demo_on_a_host_by_name_is_refused_where_another_already_answers(project, monkeypatch, capsys):
    monkeypatch.chdir(project)
    running = Endpoint("http://127.0.0.1:4566", "already running")
    monkeypatch.setattr("quartal.scenarios.demo.find_endpoint", lambda _: running)
    assert run(["demo", "--host", "standalone"]) == 2
    error = capsys.readouterr().err
    assert "A local AWS already answers at http://127.0.0.1:4566 (already running)" in error
    assert "`quartal localstack stop`" in error


@pytest.mark.parametrize(
    ("option", "environ", "host"),
    [("standalone", {}, "standalone"), (None, {"QUARTAL_HOST": "localemu"}, "localemu"), (None, {}, "localstack")],
    ids=["option", "variable", "default"],
)
def test_demo_starts_the_host_that_is_named(project, monkeypatch, option, environ, host):
    def start(settings, *, host, **_):
        raise StartedError(chosen_host(settings, host).name)

    monkeypatch.chdir(project)
    monkeypatch.delenv("QUARTAL_HOST", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("quartal.scenarios.demo.find_endpoint", lambda _: None)
    monkeypatch.setattr("quartal.scenarios.demo.server.start", start)
    with pytest.raises(StartedError, match=host):
        run_demo(open_workspace(LOCALSTACK_ENVIRONMENT), rows=1000, seed=1, keep=True, host=option)
