"""The engine of each caller: clients that are created once, and read S3 in the host's fastest way."""

import threading
from collections.abc import Callable
from typing import Any, BinaryIO

from localstack_glue.athena.callers import RoleCallers
from localstack_glue.athena.engine.run import QueryEngine
from localstack_glue.service.account_region import Scope
from localstack_glue.service.clients import ClientFactory, Credentials

# reads of S3 without requests; None if the host does not support them
DirectReads = Callable[[Scope, Credentials], Any]


class Engines:
    """Makes engines, one for each caller."""

    def __init__(
        self, clients: ClientFactory, callers: RoleCallers | None = None, direct_reads: DirectReads | None = None
    ) -> None:
        self._clients = clients
        self._callers = callers
        self._direct_reads = direct_reads
        self._lock = threading.Lock()
        self._engines: dict[tuple[Scope, Credentials], QueryEngine] = {}

    def of(self, scope: Scope) -> QueryEngine:
        """The engine with the caller's permissions."""
        own = Credentials(scope.account_id, "glue-local")
        credentials = self._callers.credentials(scope) if self._callers is not None else own
        with self._lock:
            if (scope, credentials) not in self._engines:
                self._engines[scope, credentials] = self._make(scope, credentials)
            return self._engines[scope, credentials]

    def close(self) -> None:
        """Close all clients."""
        with self._lock:
            for engine in self._engines.values():
                engine.glue.close()
                engine.s3.close()
            self._engines.clear()

    def _make(self, scope: Scope, credentials: Credentials) -> QueryEngine:
        properties = {
            "s3.endpoint": self._clients.endpoint_url,
            "s3.region": scope.region,
            "s3.access-key-id": credentials.access_key_id,
            "s3.secret-access-key": credentials.secret_access_key,
            **({"s3.session-token": credentials.session_token} if credentials.session_token else {}),
        }
        glue, s3 = (self._clients.with_credentials(service, scope, credentials) for service in ("glue", "s3"))
        direct = self._direct_reads(scope, credentials) if self._direct_reads is not None else None
        return QueryEngine(glue, s3 if direct is None else DirectS3(s3, direct), properties)


class DirectS3:
    """An S3 client whose downloads take the host's shorter way."""

    def __init__(self, client: Any, reads: Any) -> None:
        self._client = client
        self._reads = reads

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def download_fileobj(self, bucket: str, key: str, file: BinaryIO) -> None:
        """Write an object to a file."""
        self._reads.download_fileobj(bucket, key, file)
