"""Remedies that are commands work: each is taken from the message that Terraform's own words lead to, and run."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from quartal.terraform.remedies import explain

if TYPE_CHECKING:
    from tests.terraform.conftest import Terraform

BACKEND = """
terraform {
  backend "s3" {
    bucket                      = "states"
    key                         = "dev/terraform.tfstate"
    region                      = "us-east-1"
    access_key                  = "test"
    secret_key                  = "test"
    use_lockfile                = true
    use_path_style              = true
    skip_credentials_validation = true
    skip_metadata_api_check     = true
    skip_region_validation      = true
    skip_requesting_account_id  = true
    skip_s3_checksum            = true
    endpoints                   = { s3 = "ENDPOINT" }
  }
}

resource "terraform_data" "this" { input = "x" }
"""
LOCK = {
    "ID": str(uuid.uuid4()),
    "Operation": "OperationTypeApply",
    "Info": "",
    "Who": "somebody@elsewhere",
    "Version": "1.11.4",
    "Created": "2026-11-23T22:00:00.123Z",
    "Path": "states/dev/terraform.tfstate",
}


class Bucket(BaseHTTPRequestHandler):
    """A bucket as far as the backend needs one: an object that must not be there yet is not overwritten."""

    objects: dict[str, bytes]

    def do_GET(self) -> None:
        key = self.path.partition("?")[0]
        if key in self.objects:
            self._answer(200, self.objects[key])
        elif "list-type" in self.path or "prefix=" in self.path:
            self._answer(200, b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def do_HEAD(self) -> None:
        self._answer(200 if self.path.partition("?")[0] in self.objects else 404, b"")

    def do_PUT(self) -> None:
        key, body = self.path.partition("?")[0], self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("If-None-Match") == "*" and key in self.objects:
            self._answer(412, b"<Error><Code>PreconditionFailed</Code><Message>it is there</Message></Error>")
            return
        self.objects[key] = body
        self._answer(200, b"")

    def do_DELETE(self) -> None:
        self.objects.pop(self.path.partition("?")[0], None)
        self._answer(204, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("x-amz-request-id", "4442587FB7D0A2F9")
        self.send_header("x-amz-id-2", "vlR7PnpV2Ce81l0PRw6jlUpck7Jo5ZsQjryTjKlc5aLWGVHPZLj5NeC6qMa0emYBDXOo6QBU0Wo=")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"0"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def bucket() -> Iterator[tuple[str, dict[str, bytes]]]:
    handler = type("OneBucket", (Bucket,), {"objects": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", handler.objects  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def stack(terraform: Terraform, bucket: tuple[str, dict[str, bytes]], tmp_path: Path) -> Path:
    """A stack whose state lies in the bucket."""
    (tmp_path / "main.tf").write_text(BACKEND.replace("ENDPOINT", bucket[0]))
    terraform.init(tmp_path, backend=True)
    return tmp_path


def plan(terraform: Terraform, folder: Path) -> list[str]:
    """The errors of a plan, as the command reads them."""
    done = subprocess.run(
        [terraform.binary, "plan", "-json", "-input=false", "-lock-timeout=0s"],
        cwd=folder,
        env=terraform.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    found = [event["diagnostic"] for event in events if event["type"] == "diagnostic"]
    return [f"{each['summary']}\n{each['detail']}" for each in found if each["severity"] == "error"]


def run_remedy(terraform: Terraform, remedy: str, folder: Path) -> None:
    """Run the command of a remedy where it says, and say yes."""
    match = re.search(r"`terraform ([^`]+)` in (\S+?)[;.]?(\s|$)", remedy)
    assert match is not None, remedy
    assert match[2] == str(folder)
    done = subprocess.run(
        [terraform.binary, *shlex.split(match[1])],
        cwd=folder,
        env=terraform.environ,
        input="yes\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_remedy_unlocks_a_locked_state_in_a_bucket(
    terraform: Terraform, stack: Path, bucket: tuple[str, dict[str, bytes]]
) -> None:
    bucket[1]["/states/dev/terraform.tfstate.tflock"] = json.dumps(LOCK).encode()
    (error,) = plan(terraform, stack)
    assert "RequestID" in error, "AWS's request has an id too"
    told = explain(error, variables="v", folder=str(stack))
    assert told is not None
    assert "locked by somebody@elsewhere, since 2026-11-23 22:00:00" in told.message
    run_remedy(terraform, told.remedy, stack)
    assert plan(terraform, stack) == []


def test_remedy_writes_a_state_that_was_not_written(
    terraform: Terraform, stack: Path, bucket: tuple[str, dict[str, bytes]]
) -> None:
    from quartal.core.errors import TerraformError
    from quartal.terraform.unwritten_state import refuse_unwritten_state

    terraform.offline(stack, "apply", "-auto-approve", environ={"NO_PROXY": "127.0.0.1"})
    key = "/states/dev/terraform.tfstate"
    newer = json.loads(bucket[1][key])
    newer["serial"] += 1
    newer["outputs"]["changed"] = {"value": "x", "type": "string"}
    (stack / "errored.tfstate").write_text(json.dumps(newer))
    with pytest.raises(TerraformError) as error:
        refuse_unwritten_state(stack)
    run_remedy(terraform, error.value.remedy, stack)
    assert json.loads(bucket[1][key])["outputs"] == newer["outputs"]
