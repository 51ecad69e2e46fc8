"""Assembles the stand-alone host, and serves it over HTTP, on the loopback interface by default."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import ThreadedWSGIServer, generate_adhoc_ssl_context
from werkzeug.wsgi import get_input_stream

from localstack_glue.budgets.provider import BudgetsProvider
from localstack_glue.faults.gateway import SWITCH, Connection, Faults, FaultyApplication
from localstack_glue.hosts.standalone import alarm_actions, state_machines
from localstack_glue.hosts.standalone.backend_accounts import BackendAccounts, begin_session
from localstack_glue.hosts.standalone.backend_roles import BackendRoles
from localstack_glue.hosts.standalone.browser_pages import BrowserPages
from localstack_glue.hosts.standalone.forwarding import ForwardingBackend
from localstack_glue.hosts.standalone.gateway import Gateway
from localstack_glue.hosts.standalone.moto_backend import MotoBackend, deliver_to_workflows_and_topics
from localstack_glue.hosts.standalone.watched_backend import WatchedBackend
from localstack_glue.hosts.standalone.workflow_rules import Backend, WorkflowRules
from localstack_glue.iam.guard import RoleGuard
from localstack_glue.iam.moto_sessions import MotoSessions, open_session
from localstack_glue.iam.roles import MotoRoles, RoleDirectory
from localstack_glue.iam.sessions import SessionDirectory
from localstack_glue.jobs.job_processes import SubprocessRunner
from localstack_glue.provider import GlueProvider
from localstack_glue.quicksight.provider import QuickSightProvider
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import AtFirstUse, ModelApi
from localstack_glue.service.clients import ClientFactory, Credentials
from localstack_glue.service.clock import SystemClock
from localstack_glue.service.control_endpoints import ControlEndpoints
from localstack_glue.service.settings import STATE_DIR, WORK_DIR, Settings, is_iam_enforced

HOST, EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - what a user may ask for
_ON = ("1", "true", "on")
_HANDSHAKE = b"\x16"


@dataclass
class RunningServer:
    """A server that answers, until it is closed."""

    url: str
    apis: Mapping[str, ModelApi]
    _server: ThreadedWSGIServer
    _thread: threading.Thread

    def close(self) -> None:
        """Stop all runs and the server."""
        for api in self.apis.values():
            api.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def serve(
    port: int,
    work_dir: Path | None = None,
    backend_url: str | None = None,
    state_dir: Path | None = None,
    host: str = HOST,
) -> RunningServer:
    """Start the server; it accepts requests when this returns.

    Args:
        port: 0 for any that is free.
        work_dir: folder for the files of job runs; None for that in the environment, or a folder for this port.
        backend_url: another emulator that serves everything except this service's APIs; None for moto in this process.
        state_dir: folder for data that outlives the server; None for that in the environment, or none.
        host: the IPv4 address to listen on; 0.0.0.0 for all of the machine's.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
        ValueError: the URL, the address or a variable of the environment cannot be read, or a folder cannot be written.
    """
    environ = dict(os.environ)
    for variable, folder in ((WORK_DIR, work_dir), (STATE_DIR, state_dir)):
        if folder is not None:
            environ[variable] = str(folder)
    application, address = _Application(), _address(host)
    other = _Other(backend_url, (address, port)) if backend_url else None
    with socket.create_server((address, port)) as listener:  # werkzeug would end the process where the port is taken
        server = _Server(address, port, application, handler=_RequestHandler, fd=listener.fileno())
    url = f"http://{HOST if address == EVERYWHERE else address}:{server.port}"
    directory: RoleDirectory = other.roles if other else MotoRoles()
    sessions: SessionDirectory = other.accounts if other else MotoSessions()
    guard = RoleGuard(directory) if is_iam_enforced(environ) else None
    begin = (begin_session if guard else None) if other else _assumed
    clients = ClientFactory(url, guard, begin)
    settings = Settings.from_env(environ, Path(tempfile.gettempdir()) / f"glue-local-{server.port}")
    for option, folder in (("--work-dir", settings.work_dir), ("--state", settings.state_dir)):
        _make(option, folder)
    glue = GlueProvider(settings, clients, SubprocessRunner())
    apis: dict[str, ModelApi] = {
        "glue": glue,
        "athena": AtFirstUse(lambda: _athena(clients, guard, sessions)),
        "budgets": BudgetsProvider(SystemClock()),
        "quicksight": QuickSightProvider(SystemClock()),
    }
    if other is None:
        deliver_to_workflows_and_topics(glue)
        alarm_actions.publish_to_topics()
        state_machines.run(url)
    faults = Faults() if environ.get(SWITCH, "").lower() in _ON else None
    control = ControlEndpoints(glue, glue.settings.control_networks, glue.settings.control_hosts, faults)
    moto = MotoBackend(tuple(apis))
    backend: Backend = other.watched(glue, guard) if other else moto
    on_change = glue.state.touch if glue.state is not None else lambda: None
    find_account = other.accounts.find_account if other else lambda _key: None
    pages = BrowserPages(glue.settings.control_hosts, glue.settings.control_networks)
    application.wsgi = Gateway(apis, backend, guard, control.answer, glue.events, on_change, find_account, moto, pages)
    application.faults = faults
    thread = threading.Thread(target=server.serve_forever, name="glue-local", daemon=True)
    thread.start()
    glue.start()
    return RunningServer(url, apis, server, thread)


class _Other:
    """Another emulator behind this server, and direct requests to it.

    Raises:
        ValueError: the URL cannot be read, or is this server's own.
    """

    def __init__(self, url: str, own: tuple[str, int]) -> None:
        self._backend = ForwardingBackend(url)
        if self._backend.leads_to(*own):
            raise ValueError(
                f"{url} is this server itself; pass the emulator's URL to --backend, or use another --port"
            )
        self._clients = ClientFactory(self._backend.url)
        self.accounts = BackendAccounts(self._clients)
        self.roles = BackendRoles(self._clients)

    def watched(self, glue: GlueProvider, guard: RoleGuard | None) -> WatchedBackend:
        """The backend that observes it."""
        rules = WorkflowRules(self._backend, self._clients, glue, glue.settings.state_dir)
        return WatchedBackend(self._backend, rules, self.accounts, self.roles, guard)


def _address(host: str) -> str:
    if host == "localhost":
        return HOST
    try:
        return str(ipaddress.IPv4Address(host))
    except ValueError as error:
        raise ValueError(f"{host} is not an IPv4 address; use one such as {HOST} or {EVERYWHERE}") from error


def _athena(clients: ClientFactory, guard: RoleGuard | None, sessions: SessionDirectory) -> ModelApi:
    """Athena; what queries are run with takes longer to import than all else, and half of the memory."""
    from localstack_glue.athena.callers import RoleCallers
    from localstack_glue.athena.engines import Engines
    from localstack_glue.athena.provider import AthenaProvider

    callers = RoleCallers(clients, guard, sessions) if guard is not None else None
    engines = Engines(clients, callers)
    return AthenaProvider(SystemClock(), engines.of, callers, on_close=engines.close)


def _make(option: str, folder: Path | None) -> None:
    """Make a folder, now and not with the first run or change that needs it."""
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ValueError(f"{folder} cannot be written: {error.strerror}; name another folder with {option}") from error


def _assumed(scope: Scope, role_arn: str, session_name: str) -> Credentials:
    return Credentials(*open_session(scope, role_arn, session_name))


class _Application:
    """The gateway, behind the faults if there are any; created before it, because the gateway has to know the port."""

    wsgi: Callable[..., Any]
    faults: Faults | None = None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if self.faults is None:
            return self.wsgi(environ, start_response)
        client: socket.socket = environ["werkzeug.socket"]
        environ["wsgi.input"] = get_input_stream(environ)  # the connection itself ends when the client closes it
        closed = threading.Event()
        closed.set()  # a connection that is shut down answers nothing more
        connection = Connection(lambda: _shut(client), lambda: _shut(client), closed)
        started: list[str] = []

        def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
            started.append(status)
            return start_response(status, headers, error)

        answer = FaultyApplication(self.wsgi, self.faults, connection)(environ, start)
        if isinstance(answer, list) and not started:  # the connection is closed: nobody reads this
            start_response("500 Internal Server Error", [])
        return answer


class _RequestHandler(MotoRequestHandler):
    """A request handler that sends an answer's head and first part together, and does not log each request.

    Clients that act on a head that comes alone, as Go's do, close the connection while they read the rest.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16  # Werkzeug flushes after each part that the application yields

    def make_environ(self) -> dict[str, Any]:
        """The request, after `100 Continue` is sent, which Werkzeug has only written: the client may wait for it."""
        self.wfile.flush()
        environ: dict[str, Any] = super().make_environ()
        return environ

    def finish(self) -> None:
        """Close the connection, also if the client left with some of the answer unsent."""
        with contextlib.suppress(OSError), contextlib.closing(self.rfile):
            super().finish()

    def handle_expect_100(self) -> bool:
        """Do nothing: Werkzeug itself sends `100 Continue`."""
        return True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: a crawl makes thousands."""


class _Server(ThreadedWSGIServer):
    """Speaks HTTP and, to a client that begins with a TLS handshake, HTTPS on the same port, as LocalStack does.

    The AWS SDK inside S3A copies objects that have a KMS key over TLS only.
    """

    request_queue_size = 128
    _tls: ssl.SSLContext | None = None
    _making = threading.Lock()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection."""
        if request.recv(1, socket.MSG_PEEK) != _HANDSHAKE:
            super().finish_request(request, client_address)
            return
        with self._context().wrap_socket(request, server_side=True) as encrypted:
            super().finish_request(encrypted, client_address)
            with contextlib.suppress(OSError):  # the client has closed it before
                encrypted.unwrap()

    def _context(self) -> ssl.SSLContext:
        with self._making:  # a certificate takes a tenth of a second, and most clients need none
            if self._tls is None:
                self._tls = generate_adhoc_ssl_context()
            return self._tls


def _shut(client: socket.socket) -> None:
    client.shutdown(socket.SHUT_RDWR)
