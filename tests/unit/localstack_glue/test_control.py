"""Who may use the control endpoints."""

import ipaddress
import json
from types import SimpleNamespace
from typing import Any

import pytest
from localstack.http import Request

from localstack_glue import __version__
from localstack_glue.control import ControlEndpoints, may_control

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
def test_who_may_control(remote_addr, origin, allowed, expected):
    assert may_control(remote_addr, origin, allowed) is expected


def endpoints(**provider: Any) -> ControlEndpoints:
    return ControlEndpoints(SimpleNamespace(guard=None, **provider))  # type: ignore[arg-type]


def test_health_tells_others_the_version_and_no_more():
    answer = endpoints().health(Request("GET", "/_glue/health", remote_addr=BRIDGE))
    assert (answer.status_code, json.loads(answer.data)) == (200, {"status": "running", "version": __version__})


@pytest.mark.parametrize("endpoint", ["clock", "reset", "iam"])
def test_others_get_nothing_else(endpoint):
    answer = getattr(endpoints(), endpoint)(Request("POST", f"/_glue/{endpoint}", remote_addr=BRIDGE))
    assert answer.status_code == 403


def test_iam_tells_whether_it_is_enforced():
    answer = endpoints().iam(Request("GET", "/_glue/iam", remote_addr="127.0.0.1"))
    assert json.loads(answer.data) == {"enforced": False, "roles": {}}
