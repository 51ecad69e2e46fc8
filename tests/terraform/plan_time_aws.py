"""The questions that the AWS provider asks during a plan, answered here: who am I, is this definition valid.

It asks the first one of IAM and of STS; without an answer of IAM it tries again for half a minute.
Everything else that reaches for AWS in these tests fails.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ACCOUNT = "123456789012"

_IDENTITY = f"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::{ACCOUNT}:user/test</Arn><UserId>AIDATEST</UserId><Account>{ACCOUNT}</Account>
</GetCallerIdentityResult><ResponseMetadata><RequestId>test</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""

_USER = f"""<GetUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetUserResult><User>
<Arn>arn:aws:iam::{ACCOUNT}:user/test</Arn><UserId>AIDATEST</UserId><UserName>test</UserName><Path>/</Path>
<CreateDate>2026-01-01T00:00:00Z</CreateDate></User></GetUserResult>
<ResponseMetadata><RequestId>test</RequestId></ResponseMetadata></GetUserResponse>"""


@contextmanager
def plan_time_aws() -> Iterator[dict[str, str]]:
    """Serve until the block ends; yields the environment variables that lead the provider here."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        yield {f"AWS_ENDPOINT_URL_{service}": url for service in ("IAM", "SFN", "STS")}
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        target = self.headers.get("X-Amz-Target", "")
        if target.endswith(".ValidateStateMachineDefinition"):
            problems = _problems(json.loads(json.loads(body)["definition"]))
            self._answer(json.dumps({"result": "FAIL" if problems else "OK", "diagnostics": problems}))
        elif "Action=GetCallerIdentity" in body:
            self._answer(_IDENTITY, "text/xml")
        elif "Action=GetUser&" in body:
            self._answer(_USER, "text/xml")
        else:
            self.send_error(501, "a plan asked for something else")

    def log_message(self, *args: object) -> None:
        """Say nothing: the tests' output is Terraform's."""

    def _answer(self, body: str, kind: str = "application/x-amz-json-1.0") -> None:
        data = body.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _problems(definition: dict[str, object]) -> list[dict[str, str]]:
    """What any checker of the Amazon States Language would find first."""
    states = definition.get("States")
    if isinstance(states, dict) and definition.get("StartAt") in states:
        return []
    message = "StartAt names no state"
    return [{"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED", "message": message, "location": "/StartAt"}]
