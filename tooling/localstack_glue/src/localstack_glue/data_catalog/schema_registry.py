"""The schema registry: moto stores registries, schemas and versions; this module adds the calls that moto lacks."""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError

from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.clock import Clock
from localstack_glue.service.errors import (
    AlreadyExistsException,
    EntityNotFoundException,
    InvalidInputException,
    ResourceNumberLimitExceededException,
)
from localstack_glue.service.models import JsonDict
from localstack_glue.service.pagination import page
from localstack_glue.service.tagging import Tagger, backend

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import (
        CreateRegistryInputTypeDef,
        DeleteRegistryInputTypeDef,
        GetRegistryInputTypeDef,
        ListRegistriesInputTypeDef,
        RegistryIdTypeDef,
        UpdateRegistryInputTypeDef,
    )

DEFAULT_REGISTRY = "default-registry"


class Registries:
    """The registry calls of the API that moto does not answer as AWS does."""

    def __init__(self, clock: Clock, lock: threading.RLock, tagger: Tagger) -> None:
        self._clock = clock
        self._lock = lock
        self._tagger = tagger

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "CreateRegistry": self.create,
            "DeleteRegistry": self.delete,
            "GetRegistry": self.get,
            "ListRegistries": self.get_all,
            "UpdateRegistry": self.update,
        }

    def create(self, scope: Scope, request: "CreateRegistryInputTypeDef") -> JsonDict:
        """CreateRegistry; its tags are those that GetTags shows."""
        name = request["RegistryName"]
        with self._lock:
            if name in backend(scope).registries:
                raise AlreadyExistsException(f"Registry already exists. RegistryName: {name}")
            try:
                created = backend(scope).create_registry(name, request.get("Description"), request.get("Tags"))
            except JsonRESTError as error:  # moto's checks of names, descriptions and tags
                is_limit = error.error_type == ResourceNumberLimitExceededException.__name__
                refusal = ResourceNumberLimitExceededException if is_limit else InvalidInputException
                raise refusal(str(error.message)) from error
            self._tagger.tag(scope, created["RegistryArn"], request.get("Tags"))
        return {**created, "Tags": request.get("Tags") or {}}

    def get(self, scope: Scope, request: "GetRegistryInputTypeDef") -> JsonDict:
        """GetRegistry."""
        return _shown(find_registry(scope, request["RegistryId"]))

    def get_all(self, scope: Scope, request: "ListRegistriesInputTypeDef") -> JsonDict:
        """ListRegistries."""
        registries = list(backend(scope).registries.values())
        found, token = page(registries, request.get("NextToken"), request.get("MaxResults"))
        return {"Registries": [_shown(registry) for registry in found], "NextToken": token}

    def update(self, scope: Scope, request: "UpdateRegistryInputTypeDef") -> JsonDict:
        """UpdateRegistry."""
        with self._lock:
            found = find_registry(scope, request["RegistryId"])
            found.description, found.updated_time = request["Description"], self._clock.now()
        return _named(found)

    def delete(self, scope: Scope, request: "DeleteRegistryInputTypeDef") -> JsonDict:
        """DeleteRegistry, with its schemas."""
        with self._lock:
            found = find_registry(scope, request["RegistryId"])
            del backend(scope).registries[found.name]
            for arn in (found.registry_arn, *(schema.schema_arn for schema in found.schemas.values())):
                self._tagger.forget(scope, arn)
        return {**_named(found), "Status": "DELETING"}


def find_registry(scope: Scope, registry_id: "RegistryIdTypeDef") -> Any:
    """Find moto's registry by its name or ARN.

    Raises:
        EntityNotFoundException: there is no such registry.
    """
    arn = registry_id.get("RegistryArn") or ""
    name = registry_id.get("RegistryName") or arn.rpartition("/")[2] or DEFAULT_REGISTRY
    if name not in backend(scope).registries:
        raise EntityNotFoundException(f"Registry is not found. RegistryName: {name}")
    return backend(scope).registries[name]


def _shown(registry: Any) -> JsonDict:
    return {
        **_named(registry),
        "Description": registry.description,
        "Status": registry.status,
        "CreatedTime": registry.created_time.isoformat(),
        "UpdatedTime": registry.updated_time.isoformat(),
    }


def _named(registry: Any) -> JsonDict:
    return {"RegistryName": registry.name, "RegistryArn": registry.registry_arn}
