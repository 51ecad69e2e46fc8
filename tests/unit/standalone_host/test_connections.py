"""What clients that read or write sockets in their own way get from the stand-alone host."""

import contextlib
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from localstack_glue.hosts.standalone.server import _Server, serve

SIGNED = "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, Signature=x\r\n"
PIECE = 100_000


def connect(url):
    host, _, port = url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=30)


def test_small_answer_comes_whole_at_once(place):
    """Go's client closes the body of its request at the head of an answer, and with it at times the connection."""
    for _ in range(20):
        with connect(place.url) as client:
            client.sendall(b"GET /_glue/clock HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            head, _, body = client.recv(1 << 16).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ")
            assert body.startswith(b"{")


@pytest.mark.parametrize("blanks", ["", " \t"])
def test_client_that_waits_for_100_continue_gets_it_before_it_sends_the_body(place, lake, blanks):
    with connect(place.url) as client:
        head = f"PUT /lake/expected HTTP/1.1\r\nHost: 127.0.0.1\r\n{SIGNED}Content-Length: 4\r\n"
        client.sendall(f"{head}Expect: 100-continue{blanks}\r\n\r\n".encode())
        assert client.recv(1 << 16) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"body")
        assert client.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
    assert lake.get_object(Bucket="lake", Key="expected")["Body"].read() == b"body"


@pytest.fixture
def halting():
    """The URL of a server that sends half of each answer, and the rest once the event is set."""
    rest = threading.Event()

    class Halting(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(2 * PIECE))
            self.end_headers()
            self.wfile.write(b"a" * PIECE)
            rest.wait(30)
            with contextlib.suppress(OSError):
                self.wfile.write(b"b" * PIECE)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Halting) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{other.server_port}", rest
        rest.set()
        other.shutdown()


def test_object_begins_to_arrive_before_its_end_is_known(halting, tmp_path):
    url, rest = halting
    server = serve(0, tmp_path, url)
    try:
        with connect(server.url) as client, client.makefile("rb") as answer:
            client.sendall(f"GET /lake/key HTTP/1.1\r\nHost: 127.0.0.1\r\n{SIGNED}\r\n".encode())
            while answer.readline().strip():
                pass
            assert answer.read(1) == b"a"
            assert not rest.is_set()
            rest.set()
            assert answer.read() == b"a" * (PIECE - 1) + b"b" * PIECE
    finally:
        server.close()


def test_client_that_leaves_before_the_answer_breaks_nothing(halting, tmp_path, monkeypatch):
    url, rest = halting
    broken, ended, shut = [], threading.Event(), _Server.shutdown_request
    monkeypatch.setattr(_Server, "handle_error", lambda *_: broken.append(sys.exception()))
    monkeypatch.setattr(_Server, "shutdown_request", lambda *args: (shut(*args), ended.set()))
    server = serve(0, tmp_path, url)
    try:
        with connect(server.url) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # as a client that is killed
            client.sendall(f"GET /lake/key HTTP/1.1\r\nHost: 127.0.0.1\r\n{SIGNED}\r\n".encode())
            client.recv(1)
        rest.set()
        assert ended.wait(30)
    finally:
        server.close()
    assert not broken
