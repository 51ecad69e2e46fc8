"""Reading objects without boto3: signed as it signs, and failing as it fails (G14)."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from urllib.parse import unquote

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError

from localstack_glue.crawlers.crawling.object_reads import ObjectReads
from localstack_glue.crawlers.crawling.sampling import ObjectReader, Sample

ERROR = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>no</Message></Error>"


class StoredBytes:
    """An S3 of one object."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def get_object(self, Bucket: str, Key: str, Range: str) -> dict[str, BytesIO]:
        first, last = Range.removeprefix("bytes=").split("-")
        return {"Body": BytesIO(self._content[int(first) : int(last) + 1])}


@pytest.mark.parametrize(("wanted", "tail"), [(1, b"f"), (4, b"cdef"), (6, b"abcdef"), (99, b"abcdef")])
def test_tail_of_an_object_is_its_last_bytes(wanted, tail):
    assert ObjectReader(StoredBytes(b"abcdef"), "lake").tail("a", 6, wanted) == tail


@pytest.mark.parametrize(
    ("most", "sample"), [(4, Sample(b"abcd", is_whole=False)), (6, Sample(b"abcdef", is_whole=True))]
)
def test_sample_of_an_object_is_its_beginning_and_knows_whether_that_is_all(most, sample):  # G14
    assert ObjectReader(StoredBytes(b"abcdef"), "lake").sample("a", 6, most) == sample


class S3(BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    def do_GET(self) -> None:
        is_denied = unquote(self.path).endswith("secret")
        signed_with = self.headers["Authorization"].partition("/")[0]
        told = "|".join(
            (unquote(self.path), self.headers["Range"], signed_with, self.headers["X-Amz-Security-Token"] or "")
        )
        body = ERROR if is_denied else told.encode()
        self.send_response(403 if is_denied else 206)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def reads() -> Iterator[ObjectReads]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), S3)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made = ObjectReads(f"http://127.0.0.1:{server.server_port}", "us-east-1", Credentials("AKID", "secret", "token"), 2)
    yield made
    made.close()
    server.shutdown()
    server.server_close()


def test_object_is_requested_with_the_roles_signature(reads):
    body = reads.get_object("lake", "raw/a =ü+%/x.csv", "bytes=0-9")["Body"].read().decode()

    assert body == "/lake/raw/a =ü+%/x.csv|bytes=0-9|AWS4-HMAC-SHA256 Credential=AKID|token"


def test_refusal_is_a_client_error(reads):
    with pytest.raises(ClientError, match="AccessDenied") as raised:
        reads.get_object("lake", "secret", "bytes=0-9")

    assert raised.value.response["Error"] == {"Code": "AccessDenied", "Message": "no"}


def test_unreachable_endpoint_is_a_botocore_error():
    reads = ObjectReads("http://127.0.0.1:9", "us-east-1", Credentials("a", "b"), 1)

    with pytest.raises(BotoCoreError):
        reads.get_object("lake", "x", "bytes=0-9")
