"""An API as botocore's model describes it: one implementation for each operation, and a default for the others."""

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from botocore.model import OperationModel
from moto.core.utils import camelcase_to_underscores
from moto.glue.responses import GlueResponse

from localstack_glue.service.account_region import Scope
from localstack_glue.service.errors import (
    EntityNotFoundException,
    OperationNotSupportedException,
    ServiceError,
    ValidationException,
)
from localstack_glue.service.models import JsonDict
from localstack_glue.service.request_checks import check_members, check_required

# takes the request in the types of botocore's model, of which mypy_boto3_glue writes down Glue's
Operation = Callable[[Scope, Any], JsonDict]
# moto says READY to what these make, and nothing could ever run in it
_NOTHING_WOULD_RUN = frozenset({"CreateDevEndpoint", "CreateSession"})
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)


class ApiPart(Protocol):
    """Some operations of a service, mostly those on one kind of resource."""

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations, each with the method that implements it."""
        ...


class ModelApi:
    """Responds to operations of a service; those without an implementation are left to moto.

    Subclasses name the `service`, the `version` of its API, and the error for a request that breaks the model. The
    hosts decide which server passes requests to it.
    """

    service: str
    version: str
    bad_request: Callable[[str], ServiceError] = ValidationException
    # operations for which AWS has its own checks and messages after those of the model
    own_checks: frozenset[str] = frozenset()

    def __init__(self, *parts: ApiPart) -> None:
        self._operations = collect_routes(parts)

    def invoke(self, operation: OperationModel, scope: Scope, request: JsonDict) -> JsonDict:
        """Check a request against the model and run it.

        Raises:
            ServiceError: the request is refused.
            NotImplementedError: moto has it.
        """
        implementation = self._operations.get(operation.name)
        if implementation is None:
            self.leave_to_moto(operation.name)
        check = check_required if operation.name in self.own_checks else check_members
        check(operation.input_shape, request, type(self).bad_request)
        if implementation is None:
            raise NotImplementedError
        answer = implementation(self.place(scope, request), request)
        return {member: value for member, value in answer.items() if value is not None}

    def leave_to_moto(self, operation: str) -> None:
        """Refuse an operation that moto does not know either."""

    def place(self, scope: Scope, _request: JsonDict) -> Scope:
        """The account and region whose data a request is about."""
        return scope

    def start(self) -> None:
        """Start serving: load stored data, start clocks."""

    def close(self) -> None:
        """End all that runs."""


class AtFirstUse(ModelApi):
    """An API that is created for its first call, so that its imports cost nothing before."""

    def __init__(self, make: Callable[[], ModelApi]) -> None:
        super().__init__()
        self._make = make
        self._lock = threading.Lock()
        self._loaded: ModelApi | None = None

    def invoke(self, operation: OperationModel, scope: Scope, request: JsonDict) -> JsonDict:
        """Have the API answer."""
        with self._lock:  # the first two calls may come at the same time
            if self._loaded is None:
                self._loaded = self._make()
        return self._loaded.invoke(operation, scope, request)

    def close(self) -> None:
        """End all that runs, if it was ever used."""
        if self._loaded is not None:
            self._loaded.close()


class GlueApi(ModelApi):
    """Glue."""

    service = "glue"
    version = "2017-03-31"
    # the schema registry answers InvalidInputException and names the parameter: moto has those checks and words
    own_checks = frozenset(
        {
            "CreateRegistry",
            "CreateSchema",
            "GetSchemaVersion",
            "PutSchemaVersionMetadata",
            "RegisterSchemaVersion",
        }
    )

    def place(self, scope: Scope, request: JsonDict) -> Scope:
        """The account whose Data Catalog the request names, else the caller's own.

        Raises:
            EntityNotFoundException: it names a catalog other than an account's, as those of S3 tables and Redshift.
        """
        catalog = request.get("CatalogId")
        if not isinstance(catalog, str) or catalog in ("", scope.account_id):
            return scope
        if not _ACCOUNT.fullmatch(catalog):
            raise EntityNotFoundException(
                f"Catalog {catalog} not found: glue-local has one for each account, and CatalogId is an account's id"
            )
        return replace(scope, account_id=catalog)

    def leave_to_moto(self, operation: str) -> None:
        """Refuse an operation that moto does not know either.

        Raises:
            OperationNotSupportedException: moto does not have it, or would claim that it runs.
        """
        if not is_stored_by_moto(operation):
            raise OperationNotSupportedException(f"glue-local does not support {operation}")


def collect_routes(parts: Iterable[ApiPart]) -> dict[str, Operation]:
    """The operations of all parts.

    Raises:
        ValueError: two parts name the same operation.
    """
    operations: dict[str, Operation] = {}
    for part in parts:
        routes = part.routes()
        if twice := operations.keys() & routes.keys():
            raise ValueError(f"two parts implement {', '.join(sorted(twice))}: remove it from {type(part).__name__}")
        operations.update(routes)
    return operations


def is_stored_by_moto(operation: str) -> bool:
    """Whether moto handles an operation of Glue: it only stores the input."""
    return operation not in _NOTHING_WOULD_RUN and hasattr(GlueResponse, camelcase_to_underscores(operation))
