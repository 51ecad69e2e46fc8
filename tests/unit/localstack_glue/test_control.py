"""Who may use the control endpoints."""

import ipaddress
import json
from types import SimpleNamespace
from typing import Any

import pytest

from localstack_glue import __version__
from localstack_glue.service.control_endpoints import ControlEndpoints, is_served_host, may_control
from localstack_glue.service.settings import Settings
from tests.unit.localstack_glue.http_request import request

BRIDGE = "172.17.0.1"
BRIDGES = ipaddress.ip_network("172.16.0.0/12")


@pytest.mark.parametrize(
    ("remote_addr", "origin", "allowed", "expected"),
    [
        pytest.param("127.0.0.1", None, (), True, id="this-machine"),
        pytest.param("::1", None, (), True, id="this-machine-v6"),
        pytest.param(BRIDGE, None, (), False, id="through-a-published-port"),
        pytest.param(BRIDGE, None, (BRIDGES,), True, id="allowed"),
        pytest.param("127.0.0.1", "http://page", (), False, id="page-in-a-browser"),
        pytest.param(BRIDGE, "http://page", (BRIDGES,), False, id="page-in-a-browser-though-allowed"),
        pytest.param(None, None, (), False, id="nobody-knows"),
        pytest.param("unix", None, (), False, id="no-address"),
    ],
)
def test_control_endpoints_allow_only_these_callers(remote_addr, origin, allowed, expected):
    assert may_control(remote_addr, origin, allowed) is expected


def endpoints(**provider: Any) -> ControlEndpoints:
    return ControlEndpoints(SimpleNamespace(guard=None, **provider))  # type: ignore[arg-type]


def test_health_shows_strangers_only_the_version():
    answer = endpoints().health(request("GET", "/_glue/health", remote_addr=BRIDGE))
    assert (answer.status_code, json.loads(answer.data)) == (200, {"status": "running", "version": __version__})


@pytest.mark.parametrize("endpoint", ["clock", "reset", "iam"])
def test_other_callers_get_no_other_endpoint(endpoint):
    answer = getattr(endpoints(), endpoint)(request("POST", f"/_glue/{endpoint}", remote_addr=BRIDGE))
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("method", "name", "status"),
    [
        ("GET", "health", 200),
        ("HEAD", "health", 200),
        ("POST", "health", 405),
        ("GET", "reset", 405),  # a page that is only loaded must not reset anything
        ("DELETE", "clock", 405),
        ("GET", "iam", 403),
        ("GET", "nothing", 404),
        ("GET", "_answer", 404),
    ],
)
def test_address_answers_its_own_methods_only(method, name, status):
    answer = endpoints().answer(name, request(method, f"/_glue/{name}", remote_addr=BRIDGE))
    assert answer.status_code == status
    assert status != 405 or answer.headers["Allow"]


def test_iam_endpoint_shows_whether_roles_are_enforced():
    answer = endpoints().iam(request("GET", "/_glue/iam", remote_addr="127.0.0.1"))
    assert json.loads(answer.data) == {"enforced": False, "roles": {}}


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:4566",
        "LOCALHOST:4566",
        "127.0.0.1:4566",
        "127.1.2.3",
        "[::1]:4566",
        "[::1]",
        "localhost.localstack.cloud:4566",
        "LocalHost.LocalStack.cloud.:4566",
    ],
)
def test_names_of_this_machine_are_served(host):
    assert is_served_host(host, (), ())


@pytest.mark.parametrize(
    "host",
    [
        "rebound.example.com:4566",
        "localhost.example.com",
        "127.0.0.1.example.com:4566",
        "evil-localhost.localstack.cloud",
        "localhost.localstack.cloud.example.com",
        "192.168.1.7:4566",
        "172.17.0.2:4566",
        "2130706433:4566",
        "0.0.0.0:4566",
        "[::]:4566",
        "[::1",
        "[::1]x",
        "::1",
        "localhost:4566, rebound.example.com",
        "user@localhost",
        "localhost/..",
        "localhost:port",
        "",
        " ",
    ],
)
def test_other_hosts_are_not_served(host):
    assert not is_served_host(host, (), ())


def test_hosts_that_settings_name_are_served():
    assert is_served_host("localstack:4566", ("localstack",), ())
    assert is_served_host("172.17.0.2:4566", (), (BRIDGES,))
    assert not is_served_host("rebound.example.com", ("localstack",), (BRIDGES, ipaddress.ip_network("0.0.0.0/0")))


@pytest.mark.parametrize("endpoint", ["health", "clock", "reset", "iam"])
@pytest.mark.parametrize("remote_addr", ["127.0.0.1", BRIDGE])
def test_page_of_a_rebound_name_gets_nothing(endpoint, remote_addr):
    control = ControlEndpoints(SimpleNamespace(guard=None), (BRIDGES,))  # type: ignore[arg-type]
    headers = {"Host": "rebound.example.com:4566"}
    answer = getattr(control, endpoint)(request("GET", f"/_glue/{endpoint}", headers=headers, remote_addr=remote_addr))
    assert answer.status_code == 403
    message = json.loads(answer.data)["message"]
    assert "rebound.example.com" in message
    assert "LOCALSTACK_GLUE_CONTROL_HOSTS" in message
    assert "\n" not in message


def test_iam_answers_a_name_that_settings_give():
    control = ControlEndpoints(SimpleNamespace(guard=None), (BRIDGES,), ("localstack",))  # type: ignore[arg-type]
    asked = request("GET", "/_glue/iam", headers={"Host": "localstack:4566"}, remote_addr=BRIDGE)
    assert control.iam(asked).status_code == 200


def test_settings_name_hosts_besides_loopback(tmp_path):
    environ = {"LOCALSTACK_GLUE_CONTROL_HOSTS": "localstack, Glue.Internal.", "LOCALSTACK_HOST": "ls.test:4566"}
    assert Settings.from_env(environ, tmp_path).control_hosts == ("localstack", "glue.internal", "ls.test")
    assert Settings.from_env({}, tmp_path).control_hosts == ()
