"""The connection that uploads use, against a server that says exactly what a test wants."""

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from quartal.deliver.upload.http_connection import Answer, HttpConnection

HEAD = b"PUT /lake/a.csv HTTP/1.1\r\nHost: s3\r\nContent-Length: 6\r\n\r\n"
STORED = b'HTTP/1.1 200 OK\r\nETag: "e"\r\nContent-Length: 0\r\n\r\n'


@dataclass
class Server:
    """Answers each request of six bytes with the next of its answers, and closes after an empty one."""

    answers: list[bytes]
    tls: ssl.SSLContext | None = None
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
                    body = reader.read(6)
                    if len(body) < 6:  # the client gave it up
                        break
                    self.requests.append(request + body)
                    answer = self.answers.pop(0)
                    if not answer:
                        break
                    connected.sendall(answer)


@contextmanager
def serving(*answers: bytes, tls: ssl.SSLContext | None = None) -> Iterator[tuple[str, Server]]:
    server = Server(list(answers), tls)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.serve, args=(listener,), daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", server
        thread.join(timeout=60)


def connection_to(host: str, tls: ssl.SSLContext | None = None) -> HttpConnection:
    return HttpConnection(host, tls=tls, timeout_s=60)


def test_requests_share_a_connection_and_bodies_arrive_whole():
    with serving(STORED, STORED) as (host, server):
        connection = connection_to(host)
        answers = [
            connection.exchange(HEAD, b"id\n1\n\n"),
            connection.exchange(HEAD, iter([memoryview(b"id\n"), memoryview(b"2\n\n")])),
        ]
        connection.close()
    assert answers == [Answer(200, {"etag": '"e"', "content-length": "0"}, b"")] * 2
    assert server.requests == [HEAD + b"id\n1\n\n", HEAD + b"id\n2\n\n"]
    assert server.connections == 1


def test_answer_in_chunks_after_one_that_announces_it_is_read_whole():
    chunks = b"5\r\n<Erro\r\n4\r\nr/>\n\r\n0\r\n\r\n"
    announced = b"HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n"
    refused = b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serving(announced + refused + chunks) as (host, _):
        connection = connection_to(host)
        answer = connection.exchange(HEAD, b"id\n1\n\n")
        connection.close()
    assert answer == Answer(403, {"transfer-encoding": "chunked"}, b"<Error/>\n")


def test_connection_that_the_server_ends_is_made_anew():
    closing = STORED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with serving(closing, b"", STORED) as (host, server):
        connection = connection_to(host)
        assert connection.exchange(HEAD, b"id\n1\n\n").status == 200
        with pytest.raises(ConnectionError, match="before it had answered"):
            connection.exchange(HEAD, b"id\n2\n\n")
        assert connection.exchange(HEAD, b"id\n3\n\n").status == 200
        connection.close()
    assert server.connections == 3


def test_what_is_no_http_is_an_error_of_the_connection():
    with serving(b"SSH-2.0-OpenSSH_9.6\r\n") as (host, _), pytest.raises(ConnectionError, match="no HTTP"):
        connection_to(host).exchange(HEAD, b"id\n1\n\n")


def test_body_that_fails_leaves_no_half_request_behind():
    def body() -> Iterator[memoryview]:
        yield memoryview(b"id\n")
        raise KeyboardInterrupt

    with serving(STORED) as (host, server):
        connection = connection_to(host)
        with pytest.raises(KeyboardInterrupt):
            connection.exchange(HEAD, body())
        assert connection.exchange(HEAD, b"id\n1\n\n").status == 200
        connection.close()
    assert server.requests == [HEAD + b"id\n1\n\n"]


def test_https_verifies_the_server(tmp_path: Path):
    certificate = self_signed(tmp_path)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate)
    with serving(STORED, tls=server_side) as (host, _):
        with pytest.raises(ssl.SSLCertVerificationError):
            connection_to(host, ssl.create_default_context()).exchange(HEAD, b"id\n1\n\n")
        connection = connection_to(host, ssl.create_default_context(cafile=str(certificate)))
        assert connection.exchange(HEAD, b"id\n1\n\n").status == 200
        connection.close()


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
