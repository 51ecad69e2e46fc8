"""The requests of uploads, against a server with scripted responses."""

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import pytest
from botocore.credentials import Credentials
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from quartal.core.errors import UploadError
from quartal.deliver.upload.object_writer import BucketAddress, ObjectWriter, UnansweredError

STORED = b'HTTP/1.1 200 OK\r\nETag: "e"\r\nContent-Length: 0\r\n\r\n'


@dataclass
class Server:
    """Answers each request, of six bytes unless said, with the next of its answers, and closes after an empty one.

    After the last answer nothing listens any more: a request too many is refused at once.
    """

    answers: list[bytes]
    tls: ssl.SSLContext | None = None
    size: int = 6
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    def serve(self, listener: socket.socket) -> None:
        while self.answers:
            try:
                plain, _ = listener.accept()
            except OSError:  # the test is over
                return
            self.connections += 1
            try:
                connected = plain if self.tls is None else self.tls.wrap_socket(plain, server_side=True)
            except ssl.SSLError:  # the client does not trust the certificate
                plain.close()
                continue
            with connected, connected.makefile("rb") as reader:
                while self.answers and (line := reader.readline()):
                    request = line
                    while line != b"\r\n":
                        line = reader.readline()
                        request += line
                    body = reader.read(self.size)
                    if len(body) < self.size:  # the client gave it up
                        break
                    self.requests.append(request + body)
                    answer = self.answers.pop(0)
                    if not answer:
                        break
                    connected.sendall(answer)
        listener.close()


@contextmanager
def serving(*answers: bytes, tls: ssl.SSLContext | None = None, size: int = 6) -> Iterator[tuple[str, Server]]:
    server = Server(list(answers), tls, size)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.serve, args=(listener,), daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", server
        thread.join(timeout=60)


def writer_to(host: str, scheme: str = "http", ca_bundle: str | None = None) -> ObjectWriter:
    address = BucketAddress(scheme, host, "/lake/", "us-east-1")
    return ObjectWriter(address, Credentials("test", "test"), ca_bundle=ca_bundle, sleep=lambda _: None)


def put(writer: ObjectWriter, *blocks: bytes, key: str = "a.csv") -> str:
    body = blocks[0] if len(blocks) == 1 else None

    def content():
        return body if body is not None else iter([memoryview(block) for block in blocks])

    return writer.put(key, content, size_bytes=6, checksum="x")


def test_requests_share_a_connection_and_bodies_arrive_whole():
    with serving(STORED, STORED) as (host, server):
        writer = writer_to(host)
        assert [put(writer, b"id\n1\n\n"), put(writer, b"id\n", b"2\n\n")] == ["e", "e"]
        writer.close()
    assert [request[-6:] for request in server.requests] == [b"id\n1\n\n", b"id\n2\n\n"]
    assert server.connections == 1
    first = server.requests[0].decode()
    assert first.startswith("PUT /lake/a.csv HTTP/1.1\r\n")
    assert "x-amz-checksum-crc64nvme: x\r\n" in first
    assert "transfer-encoding" not in first.lower()


@pytest.mark.parametrize("key", ["a/../b.csv", "a//b.csv", "./a b+c%25.csv", "Zürich?#.csv"])
def test_key_arrives_as_it_is(key: str):
    with serving(STORED) as (host, server):
        put(writer_to(host), b"id\n1\n\n", key=key)
    assert unquote(server.requests[0].split(b" ")[1].decode()) == f"/lake/{key}"


def test_refusal_in_chunks_after_an_answer_that_announces_it_is_read_whole():
    refusal = b"<Error><Code>AccessDenied</Code><Message>not yours</Message></Error>"
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (refusal[:9], refusal[9:], b""))
    announced = b"HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n"
    refused = b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serving(announced + refused + chunks) as (host, _), pytest.raises(UploadError, match="not yours") as error:
        put(writer_to(host), b"id\n1\n\n")
    assert "s3:PutObject" in error.value.remedy


@pytest.mark.parametrize("code", ["NoSuchUpload", "InvalidPart", "SomethingNew"])
def test_every_refusal_has_a_remedy(code: str):
    refusal = b"<Error><Code>%s</Code></Error>" % code.encode()
    refused = b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n%s" % (len(refusal), refusal)
    with serving(refused) as (host, _), pytest.raises(UploadError, match=code) as error:
        put(writer_to(host), b"id\n1\n\n")
    assert "same command again" in error.value.remedy


def test_redirect_is_not_followed_with_the_content():
    moved = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0\r\n\r\n"
    with serving(moved) as (host, server), pytest.raises(UploadError, match="307"):
        put(writer_to(host), b"id\n1\n\n")
    assert len(server.requests) == 1


def test_connection_closed_by_the_server_is_reopened():
    closing = STORED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with serving(closing, b"", STORED) as (host, server):
        writer = writer_to(host)
        assert [put(writer, b"id\n1\n\n"), put(writer, b"id\n2\n\n")] == ["e", "e"]
        writer.close()
    assert [request[-6:] for request in server.requests] == [b"id\n1\n\n", b"id\n2\n\n", b"id\n2\n\n"]
    assert server.connections == 3


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(b"SSH-2.0-OpenSSH_9.6\r\n", "SSH-2.0"), (b"", "closed connection without response")],
    ids=["no HTTP", "no answer"],
)
def test_outcome_is_unknown_after_five_attempts(answer: bytes, reason: str):
    with serving(*[answer] * 5) as (host, server), pytest.raises(UnansweredError, match=reason):
        put(writer_to(host), b"id\n1\n\n")
    assert len(server.requests) == 5


def test_body_that_fails_leaves_no_half_request_behind():
    class _StoppedError(Exception):
        pass

    def body() -> Iterator[memoryview]:
        yield memoryview(b"id\n")
        raise _StoppedError

    with serving(STORED) as (host, server):
        writer = writer_to(host)
        with pytest.raises(_StoppedError):
            writer.put("a.csv", body, size_bytes=6, checksum="x")
        assert put(writer, b"id\n1\n\n") == "e"
        writer.close()
    assert [request[-6:] for request in server.requests] == [b"id\n1\n\n"]


def test_https_verifies_the_server(tmp_path: Path):
    certificate = self_signed(tmp_path)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate)
    with serving(STORED, tls=server_side) as (host, _):
        with pytest.raises(UnansweredError, match="certificate verify failed"):
            put(writer_to(host, "https"), b"id\n1\n\n")
        writer = writer_to(host, "https", str(certificate))
        assert put(writer, b"id\n1\n\n") == "e"
        writer.close()


def test_proxy_of_the_environment_is_used_for_the_server(monkeypatch: pytest.MonkeyPatch):
    with serving(*[b"HTTP/1.1 502 no such host\r\nContent-Length: 0\r\n\r\n"] * 5, size=0) as (host, server):
        monkeypatch.setenv("https_proxy", f"http://{host}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        with pytest.raises(UnansweredError, match="502 no such host"):
            put(writer_to("lake.example", "https"), b"id\n1\n\n")
    assert {request.split(b"\r\n")[0] for request in server.requests} == {b"CONNECT lake.example:443 HTTP/1.0"}


def self_signed(folder: Path) -> Path:
    """A certificate of 127.0.0.1 and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(private + certificate.public_bytes(pem))
    return path
