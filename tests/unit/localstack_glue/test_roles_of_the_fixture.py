"""The pytest fixture's reports on the calls of roles."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from localstack_glue.testing import glue_local
from localstack_glue.testing.glue_local import GlueLocal

CALLS = [{"action": "s3:GetObject", "allowed": True}, {"action": "logs:PutLogEvents", "allowed": True}]


@pytest.fixture
def local(monkeypatch):
    told = {"enforced": True, "roles": {"arn:aws:iam::000000000000:role/job": {"calls": CALLS, "denials": []}}}
    monkeypatch.setattr(glue_local, "_call", lambda *_: told)
    return GlueLocal("http://127.0.0.1:1")


def test_role_used_only_its_permissions(local):
    local.assert_role_used_only("job", ["s3:getobject", "logs:*"])
    local.assert_role_used_only("job", "*:*")


@pytest.mark.parametrize("actions", [["s3:*"], "s3:*", "s3:GetObject"])
def test_fixture_fails_for_a_role_that_used_more_than_listed(local, actions):
    with pytest.raises(AssertionError, match="also used"):
        local.assert_role_used_only("job", actions)


def test_role_is_found_in_any_account_and_path_unless_several_have_its_name(monkeypatch):
    roles = {arn: {"calls": CALLS, "denials": []} for arn in ("arn:aws:iam::123456789012:role/team/etl",)}
    monkeypatch.setattr(glue_local, "_call", lambda *_: {"enforced": True, "roles": roles})
    local = GlueLocal("http://127.0.0.1:1")
    local.assert_role_used_only("etl", "*")
    local.assert_role_used_only("arn:aws:iam::123456789012:role/team/etl", "*")
    with pytest.raises(AssertionError, match="tl made no calls"):
        local.assert_role_used_only("tl", "*")
    roles["arn:aws:iam::111122223333:role/etl"] = {"calls": CALLS, "denials": []}
    with pytest.raises(AssertionError, match="several roles have the name etl"):
        local.assert_role_used_only("etl", "*")


@pytest.mark.parametrize(("status", "body"), [(200, b""), (404, b"<Error/>"), (200, b'{"status": "ok"}')])
def test_reset_takes_any_answer_of_an_emulator_that_is_not_moto(httpserver_of, status, body):
    url, asked = httpserver_of({"/_glue/reset": (200, b'{"reset": true}'), "/moto-api/reset": (status, body)})
    GlueLocal(url).reset()
    assert asked == ["/_glue/reset", "/moto-api/reset"]


@pytest.fixture
def httpserver_of():
    """A server that gives these answers, and what it was asked."""
    servers = []

    def start(answers):
        asked = []

        class Answers(BaseHTTPRequestHandler):
            def do_POST(self):
                asked.append(self.path)
                status, body = answers[self.path]
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Answers))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}", asked

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
