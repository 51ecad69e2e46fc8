"""The connection calls of the API. Connections are stored; nothing here connects anywhere."""

import base64
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from localstack_glue.data_catalog.lookup import error_detail
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.clients import ClientFactory
from localstack_glue.service.clock import Clock
from localstack_glue.service.errors import (
    AlreadyExistsException,
    EntityNotFoundException,
    GlueEncryptionException,
    GlueError,
    InvalidInputException,
)
from localstack_glue.service.models import Connection, JsonDict
from localstack_glue.service.pagination import page_by_name
from localstack_glue.service.tagging import Tagger, backend

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import (
        BatchDeleteConnectionRequestTypeDef,
        ConnectionInputTypeDef,
        CreateConnectionRequestTypeDef,
        DeleteConnectionRequestTypeDef,
        GetConnectionRequestTypeDef,
        GetConnectionsRequestTypeDef,
        UpdateConnectionRequestTypeDef,
    )

PASSWORD, ENCRYPTED_PASSWORD = "PASSWORD", "ENCRYPTED_PASSWORD"
_JDBC_REQUIRED = ("JDBC_CONNECTION_URL",)
Encrypt = Callable[[Scope, str, str], str]  # scope, key, password -> text


class Connections:
    """Keeps connections, with passwords in clear text or encrypted by KMS, depending on the catalog's settings."""

    def __init__(self, clock: Clock, lock: threading.RLock, tagger: Tagger, encrypt: Encrypt) -> None:
        self._clock = clock
        self._lock = lock
        self._tagger = tagger
        self._encrypt = encrypt

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "BatchDeleteConnection": self.batch_delete,
            "CreateConnection": self.create,
            "DeleteConnection": self.delete,
            "GetConnection": self.get,
            "GetConnections": self.get_all,
            "UpdateConnection": self.update,
        }

    def create(self, scope: Scope, request: "CreateConnectionRequestTypeDef") -> JsonDict:
        """CreateConnection."""
        wanted = self._checked(scope, request["ConnectionInput"])
        name, now = wanted["Name"], self._clock.now()
        with self._lock:
            if name in scope.store.connections:
                raise AlreadyExistsException("Connection already exists.")
            scope.store.connections[name] = Connection(name, wanted, now, now)
            self._tagger.tag(scope, scope.arn("connection", name), request.get("Tags"))
        return {"CreateConnectionStatus": "READY"}

    def get(self, scope: Scope, request: "GetConnectionRequestTypeDef") -> JsonDict:
        """GetConnection, without the password if HidePassword is set."""
        connection = _find(scope, request["Name"])
        return {"Connection": _shown(connection, hide_password=bool(request.get("HidePassword")))}

    def get_all(self, scope: Scope, request: "GetConnectionsRequestTypeDef") -> JsonDict:
        """GetConnections, by type and match criteria if given, in pages."""
        wanted = request.get("Filter") or {}
        kind, criteria = wanted.get("ConnectionType"), set(wanted.get("MatchCriteria") or ())
        connections = [
            connection
            for connection in scope.store.connections.values()
            if (not kind or connection.definition["ConnectionType"] == kind)
            and criteria <= set(connection.definition.get("MatchCriteria") or ())
        ]
        found, token = page_by_name(connections, request.get("NextToken"), request.get("MaxResults"))
        hides = bool(request.get("HidePassword"))
        return {"ConnectionList": [_shown(each, hide_password=hides) for each in found], "NextToken": token}

    def update(self, scope: Scope, request: "UpdateConnectionRequestTypeDef") -> JsonDict:
        """UpdateConnection: the definition is replaced whole."""
        wanted = self._checked(scope, request["ConnectionInput"])
        with self._lock:
            connection = _find(scope, request["Name"])
            if wanted["Name"] != connection.name:
                raise InvalidInputException("A connection cannot be renamed.")
            connection.definition, connection.updated_on = wanted, self._clock.now()
        return {}

    def delete(self, scope: Scope, request: "DeleteConnectionRequestTypeDef") -> JsonDict:
        """DeleteConnection."""
        with self._lock:
            connection = _find(scope, request["ConnectionName"])
            del scope.store.connections[connection.name]
            self._tagger.forget(scope, scope.arn("connection", connection.name))
        return {}

    def batch_delete(self, scope: Scope, request: "BatchDeleteConnectionRequestTypeDef") -> JsonDict:
        """BatchDeleteConnection; connections that could not be deleted are listed by name."""
        succeeded, errors = [], {}
        for name in request["ConnectionNameList"]:
            try:
                self.delete(scope, {"ConnectionName": name})
                succeeded.append(name)
            except GlueError as error:
                errors[name] = error_detail(error)
        return {"Succeeded": succeeded, "Errors": errors}

    def _checked(self, scope: Scope, wanted: "ConnectionInputTypeDef") -> JsonDict:
        properties: dict[str, str] = dict(wanted["ConnectionProperties"].items())
        if wanted["ConnectionType"] == "JDBC":
            for member in _JDBC_REQUIRED:
                if not properties.get(member):
                    raise InvalidInputException(f"The connection property {member} is required for JDBC connections")
        settings = backend(scope).get_data_catalog_encryption_settings(scope.account_id)
        encryption = settings["DataCatalogEncryptionSettings"]["ConnectionPasswordEncryption"]
        if PASSWORD in properties and encryption["ReturnConnectionPasswordEncrypted"]:
            properties[ENCRYPTED_PASSWORD] = self._encrypt(
                scope, encryption.get("AwsKmsKeyId") or "alias/aws/glue", properties.pop(PASSWORD)
            )
        return {**wanted, "ConnectionProperties": properties}


def encrypt_by_kms(clients: ClientFactory) -> Encrypt:
    """Make the function that encrypts a password with a key of the account."""

    def encrypt(scope: Scope, key: str, password: str) -> str:
        with closing(clients.of_account("kms", scope)) as kms:
            try:
                answer = kms.encrypt(KeyId=key, Plaintext=password.encode())
            except ClientError as error:
                raise GlueEncryptionException(f"The password could not be encrypted with {key}: {error}") from error
        return base64.b64encode(answer["CiphertextBlob"]).decode()

    return encrypt


def _find(scope: Scope, name: str) -> Connection:
    if name not in scope.store.connections:
        raise EntityNotFoundException(f"Connection {name} not found.")
    return scope.store.connections[name]


def _shown(connection: Connection, *, hide_password: bool) -> JsonDict:
    hidden = {"ValidateCredentials", "ValidateForComputeEnvironments", "AuthenticationConfiguration"}
    shown = {key: value for key, value in connection.definition.items() if key not in hidden}
    if authentication := connection.definition.get("AuthenticationConfiguration"):
        secret = {"BasicAuthenticationCredentials", "CustomAuthenticationCredentials"}
        shown["AuthenticationConfiguration"] = {k: v for k, v in authentication.items() if k not in secret}
    if hide_password:
        properties = connection.definition["ConnectionProperties"]
        shown["ConnectionProperties"] = {
            key: value for key, value in properties.items() if key not in (PASSWORD, ENCRYPTED_PASSWORD)
        }
    return {
        **shown,
        "CreationTime": connection.created_on,
        "LastUpdatedTime": connection.updated_on,
        "Status": "READY",
        "ConnectionSchemaVersion": 1,
    }
