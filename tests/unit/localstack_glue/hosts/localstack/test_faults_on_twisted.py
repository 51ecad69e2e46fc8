"""Faults before a gateway that Twisted serves, as LocalStack's is: what comes over the wire, and what was done."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

# in a process of its own: a reactor runs once, and the gateway's class is changed for good
_SERVER = """
import sys, threading
from localstack_glue.faults.gateway import Faults
from localstack_glue.hosts.localstack.faulty_gateway import install
from localstack_glue.faults.plan import FaultPlan
faults = Faults()
install(faults)
from rolo.gateway import Gateway
from rolo.serving.twisted import TwistedGateway
from twisted.internet import reactor
done = []
def answer(chain, context, response):
    if context.request.path == "/_glue/plan":
        faults.plan = FaultPlan.parse({"rules": [{"mode": context.request.args["mode"], "service": "glue"}]})
        done.clear()
    elif context.request.path == "/_glue/done":
        response.set_json(len(done))
    else:
        done.append(context.request.get_data())
        response.set_json({"Runs": [1] * 100})
    chain.stop()
port = reactor.listenTCP(0, TwistedGateway(Gateway(request_handlers=[answer])), interface="127.0.0.1")
print(port.getHost().port, flush=True)
threading.Thread(target=lambda: (sys.stdin.read(), reactor.callFromThread(reactor.stop)), daemon=True).start()
reactor.run()
"""
_SIGNED = "AWS4-HMAC-SHA256 Credential=test/20240101/eu-central-1/glue/aws4_request, x"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    assert server.stdin is not None
    yield int(server.stdout.readline())
    server.stdin.close()
    server.wait(60)


def ask(port: int, path: str = "/") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"x-amz-target": "AWSGlue.GetWorkflowRuns", "authorization": _SIGNED}
    try:
        connection.request("POST", path, b'{"Name": "flow"}', headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("mode", "status", "done"),
    [("fail-before", 500, 0), ("fail-after", 500, 1), ("throttle", 400, 0), ("expire", 400, 0), ("delay", 200, 1)],
)
def test_answer_that_comes(port, mode, status, done):
    ask(port, f"/_glue/plan?mode={mode}")
    assert ask(port)[0] == status
    assert json.loads(ask(port, "/_glue/done")[1]) == done
    assert ask(port)[0] == 200  # once was asked for


@pytest.mark.parametrize(
    ("mode", "done"), [("lose-answer", 1), ("reset-before", 0), ("reset-mid-answer", 1), ("truncate", 1)]
)
def test_answer_that_does_not_come_or_breaks_off(port, mode, done):
    ask(port, f"/_glue/plan?mode={mode}")
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        ask(port)
    assert json.loads(ask(port, "/_glue/done")[1]) == done
    assert ask(port)[0] == 200
