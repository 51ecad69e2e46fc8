"""The calls on security configurations. Kept by moto; runs and crawls take the key of their logs from them."""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.errors import AlreadyExistsException, EntityNotFoundException, InvalidInputException
from localstack_glue.service.models import JsonDict
from localstack_glue.service.pagination import page
from localstack_glue.service.tagging import backend

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import (
        CreateSecurityConfigurationRequestTypeDef,
        DeleteSecurityConfigurationRequestTypeDef,
        GetSecurityConfigurationRequestTypeDef,
        GetSecurityConfigurationsRequestTypeDef,
    )

_KEYED_MODES = {
    "CloudWatchEncryption": ("CloudWatchEncryptionMode", "SSE-KMS"),
    "JobBookmarksEncryption": ("JobBookmarksEncryptionMode", "CSE-KMS"),
}
_S3_KEYED_MODE = "SSE-KMS"


class SecurityConfigurations:
    """Keeps security configurations, which never change."""

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "CreateSecurityConfiguration": self.create,
            "DeleteSecurityConfiguration": self.delete,
            "GetSecurityConfiguration": self.get,
            "GetSecurityConfigurations": self.get_all,
        }

    def create(self, scope: Scope, request: "CreateSecurityConfigurationRequestTypeDef") -> JsonDict:
        """CreateSecurityConfiguration; a mode that needs a key must have one."""
        name, encryption = request["Name"], request["EncryptionConfiguration"]
        _check(encryption)
        with self._lock:
            if name in backend(scope).security_configurations:
                raise AlreadyExistsException("Security Configuration already exists.")
            created = backend(scope).create_security_configuration(name, encryption)
        return {"Name": name, "CreatedTimestamp": created.created_time}

    def get(self, scope: Scope, request: "GetSecurityConfigurationRequestTypeDef") -> JsonDict:
        """GetSecurityConfiguration."""
        return {"SecurityConfiguration": _find(scope, request["Name"])}

    def get_all(self, scope: Scope, request: "GetSecurityConfigurationsRequestTypeDef") -> JsonDict:
        """GetSecurityConfigurations, in pages."""
        names = sorted(backend(scope).security_configurations)
        found, token = page(names, request.get("NextToken"), request.get("MaxResults"), key=str)
        return {"SecurityConfigurations": [_find(scope, name) for name in found], "NextToken": token}

    def delete(self, scope: Scope, request: "DeleteSecurityConfigurationRequestTypeDef") -> JsonDict:
        """DeleteSecurityConfiguration."""
        with self._lock:
            _find(scope, request["Name"])
            del backend(scope).security_configurations[request["Name"]]
        return {}


def _find(scope: Scope, name: str) -> JsonDict:
    stored = backend(scope).security_configurations
    if name not in stored:
        raise EntityNotFoundException(f"Security Configuration {name} not found.")
    shown: JsonDict = stored[name].as_dict()
    shown["CreatedTimeStamp"] = shown.pop("CreatedTime")
    return shown


def _check(encryption: Mapping[str, Any]) -> None:
    for member, (mode, keyed) in _KEYED_MODES.items():
        part = encryption.get(member) or {}
        if part.get(mode) == keyed and not part.get("KmsKeyArn"):
            raise InvalidInputException(f"{member} with {keyed} needs a KmsKeyArn")
    for part in encryption.get("S3Encryption") or ():
        if part.get("S3EncryptionMode") == _S3_KEYED_MODE and not part.get("KmsKeyArn"):
            raise InvalidInputException(f"S3Encryption with {_S3_KEYED_MODE} needs a KmsKeyArn")
