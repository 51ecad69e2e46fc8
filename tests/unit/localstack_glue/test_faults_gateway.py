"""Faults in the gateway: what a client gets, and whether the call had its effect."""

import json
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from localstack_glue.faults.gateway import Connection, Faults, FaultyApplication
from localstack_glue.faults.plan import FaultPlan, Mode, Rule
from localstack_glue.service.control_endpoints import ControlEndpoints
from tests.unit.localstack_glue.http_request import request

WHOLE = b"0123456789"


class Client:
    """One call through the gateway: what it did, what was sent, and how the connection ended."""

    def __init__(self, faults: Faults) -> None:
        self.did: list[bytes] = []
        self.ended: list[str] = []
        self.status, self.length, self.body = "", "", b""
        gone = threading.Event()
        ends = {name: self._end(name, gone) for name in ("abort", "close")}
        self._application = FaultyApplication(self._gateway, faults, Connection(ends["abort"], ends["close"], gone))

    def _end(self, name: str, gone: threading.Event) -> Any:
        def end() -> None:
            self.ended.append(name)
            gone.set()

        return end

    def _gateway(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.did.append(environ["wsgi.input"].read())
        start_response("200 OK", [("Transfer-Encoding", "chunked"), ("X-Kept", "yes")])
        return [WHOLE[:4], WHOLE[4:]]

    def call(self, **more: Any) -> "Client":
        from io import BytesIO

        def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
            self.status, self.length = status, dict(headers).get("Content-Length", "")

        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/",
            "RAW_URI": "/",
            "HTTP_X_AMZ_TARGET": "AWSGlue.UpdateTable",
            "wsgi.input": BytesIO(b'{"DatabaseName": "lake", "TableInput": {"Name": "curated"}}'),
            **more,
        }
        self.body = b"".join(self._application(environ, start_response))
        return self


def client_under(mode: Mode | None, **rule: Any) -> Client:
    plan = FaultPlan([Rule(mode, "glue", "UpdateTable", "lake.curated", **rule)]) if mode else None
    return Client(Faults(plan, sleep=lambda _: None))


@pytest.mark.parametrize("mode", [None, Mode.DELAY])
def test_call_without_a_fault_is_unchanged(mode):
    client = client_under(mode).call()
    assert (client.status, client.body, client.ended, len(client.did)) == ("200 OK", WHOLE, [], 1)
    assert client.did[0].startswith(b'{"DatabaseName"')


@pytest.mark.parametrize(
    ("mode", "did"),
    [(Mode.FAIL_BEFORE, 0), (Mode.FAIL_AFTER, 1), (Mode.THROTTLE, 0), (Mode.EXPIRE, 0), (Mode.DENY, 0), (Mode.HIDE, 0)],
)
def test_refusal_is_a_modelled_error(mode, did):
    client = client_under(mode).call()
    assert client.status.split()[0] in ("400", "500")
    assert "injected" in json.loads(client.body)["message"]
    assert (len(client.did), client.ended) == (did, [])


@pytest.mark.parametrize(("mode", "did"), [(Mode.LOSE_ANSWER, 1), (Mode.RESET_BEFORE, 0)])
def test_lost_response_is_no_answer(mode, did):
    client = client_under(mode).call()
    assert (client.status, client.body, client.ended, len(client.did)) == ("", b"", ["abort"], did)


@pytest.mark.parametrize(("mode", "end"), [(Mode.TRUNCATE, "close"), (Mode.RESET_MID_ANSWER, "abort")])
def test_truncated_response_announces_its_full_length(mode, end):
    client = client_under(mode).call()
    assert (client.length, client.body, client.ended) == ("10", WHOLE[:5], [end])


@pytest.mark.parametrize("path", ["/_glue/clock", "/_localstack/health"])
def test_own_addresses_are_left_alone(path):
    client = client_under(Mode.FAIL_BEFORE).call(PATH_INFO=path)
    assert client.body == WHOLE


def test_calls_between_services_are_left_alone():
    assert client_under(Mode.FAIL_BEFORE).call(HTTP_X_LOCALSTACK_DATA="{}").body == WHOLE


PLAN = {"seed": 1, "rules": [{"mode": "throttle", "service": "s3"}]}


def ask(faults: Faults | None, method: str, body: bytes = b"", remote: str = "127.0.0.1", **headers: str):
    control = ControlEndpoints(SimpleNamespace(guard=None), faults=faults)  # type: ignore[arg-type]
    headers = {"Host": "localhost", **headers}
    answer = control.faults(request(method, "/_glue/faults", body=body, remote_addr=remote, headers=headers))
    return answer.status_code, json.loads(answer.data)


def test_plan_is_set_shown_and_removed():
    faults = Faults()
    assert ask(faults, "GET") == (200, {"seed": None, "rules": [], "struck": []})
    assert ask(faults, "POST", json.dumps(PLAN).encode())[0] == 200
    assert faults.plan is not None
    status, told = ask(faults, "GET")
    assert (status, told["rules"][0]["mode"], told["rules"][0]["seen"]) == (200, "throttle", 0)
    assert ask(faults, "DELETE")[0] == 200
    assert faults.plan is None


def test_faults_are_off_by_default():
    status, told = ask(None, "POST", json.dumps(PLAN).encode())
    assert status == 404
    assert "LOCALSTACK_GLUE_FAULTS" in told["message"]


@pytest.mark.parametrize(
    "body", [b"", b"[", b"[]", b'{"rules": []}', b"[" * 99_000, b'"' + b"x" * 100_001 + b'"', b"\xff"]
)
def test_invalid_plan_changes_nothing(body):
    faults = Faults(FaultPlan.parse(PLAN))
    assert ask(faults, "POST", body)[0] == 400
    assert faults.plan is not None


@pytest.mark.parametrize(
    ("remote", "headers"),
    [("172.17.0.1", {}), ("127.0.0.1", {"Origin": "http://page"}), ("127.0.0.1", {"Host": "rebound.example.com"})],
)
def test_for_this_machine_only(remote, headers):
    faults = Faults()
    assert ask(faults, "POST", json.dumps(PLAN).encode(), remote, **headers)[0] == 403
    assert faults.plan is None


def test_networks_that_may_use_other_endpoints_may_not_use_this_one():
    import ipaddress

    networks = (ipaddress.ip_network("172.16.0.0/12"),)
    control = ControlEndpoints(SimpleNamespace(guard=None), networks, faults=Faults())  # type: ignore[arg-type]
    asked = request("GET", "/_glue/faults", headers={"Host": "172.17.0.2:4566"}, remote_addr="172.17.0.1")
    assert control.faults(asked).status_code == 403


def test_clock_refuses_json_nested_without_end():
    control = ControlEndpoints(SimpleNamespace(guard=None))  # type: ignore[arg-type]
    nested = request("POST", "/_glue/clock", body=b"[" * 99_000, headers={"Host": "localhost"}, remote_addr="127.0.0.1")
    assert control.clock(nested).status_code == 400
