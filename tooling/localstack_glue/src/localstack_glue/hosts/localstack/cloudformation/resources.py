"""The resource providers that LocalStack's CloudFormation calls."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError
from localstack.services.cloudformation.provider_utils import generate_default_name
from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)

from localstack_glue.hosts.localstack.cloudformation.coercion import coerced
from localstack_glue.hosts.localstack.cloudformation.kinds import Call, Kind, identity

NOT_FOUND = "EntityNotFoundException"


def provider_of(kind: Kind) -> type[ResourceProvider]:
    """The provider of a resource type."""
    return type(
        f"{kind.type.rpartition(':')[2]}Provider",
        (GlueResource,),
        {"TYPE": kind.type, "SCHEMA": kind.schema(), "kind": kind},
    )


def refusal_of(type_name: str) -> type[ResourceProvider]:
    """The provider of a resource type that is not supported: it says so, instead of making nothing."""
    schema = {"typeName": type_name, "primaryIdentifier": ["/properties/Id"], "properties": {}}
    return type("RefusedProvider", (RefusedResource,), {"TYPE": type_name, "SCHEMA": schema})


class GlueResource(ResourceProvider):
    """Creates, changes and deletes a resource through Glue's API."""

    kind: Kind

    def create(self, request: ResourceRequest) -> ProgressEvent:
        """Create it, under a name made of the stack's where it has none."""
        given = dict(request.desired_state)
        name = self.kind.name(given) or generate_default_name(request.stack_name, request.logical_resource_id).lower()
        model = self.kind.named(given, name)
        return self._done(request, self.kind.create, model, name)

    def update(self, request: ResourceRequest) -> ProgressEvent:
        """Change it; with another name, or where it cannot change, it is made anew and the old one deleted."""
        given, before = dict(request.desired_state), dict(request.previous_state or {})
        old_name = self.kind.name(before) or str(before.get("Id") or "")
        name = self.kind.name(given) or old_name
        model = self.kind.named(given, name)
        if self.kind.update is not None and identity(self.kind, model, name) == identity(self.kind, before, old_name):
            return self._done(request, self.kind.update, model, name)
        made = self._done(request, self.kind.create, model, name)
        if made.status is OperationStatus.SUCCESS:
            self._call(request, self.kind.delete(self.kind.named(before, old_name)))
        return made

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        """Delete it; one that is gone already is no error."""
        given = dict(request.desired_state)
        name = self.kind.name(given) or str(given.get("Id") or "")
        try:
            self._call(request, self.kind.delete(self.kind.named(given, name)))
        except ClientError as error:
            if error.response["Error"]["Code"] != NOT_FOUND:
                return _failed(given, str(error))
        return ProgressEvent(status=OperationStatus.SUCCESS, resource_model=given)

    def read(self, request: ResourceRequest) -> ProgressEvent:
        """Answer what is known of it."""
        return ProgressEvent(status=OperationStatus.SUCCESS, resource_model=request.desired_state)

    def _done(
        self, request: ResourceRequest, call: Callable[[dict[str, Any]], Call], model: dict[str, Any], name: str
    ) -> ProgressEvent:
        try:
            self._call(request, call(model))
        except (ClientError, ParamValidationError, KeyError, ValueError) as error:
            return _failed(model, f"{self.kind.type} {name}: {error}")
        model["Id"] = identity(self.kind, model, name)
        return ProgressEvent(status=OperationStatus.SUCCESS, resource_model=model)

    def _call(self, request: ResourceRequest, call: Call) -> None:
        method, parameters = call
        getattr(request.aws_client_factory.glue, method)(**coerced(method, parameters))


class RefusedResource(ResourceProvider):
    """Says that a resource type is not supported."""

    TYPE = ""

    def create(self, request: ResourceRequest) -> ProgressEvent:
        """Refuse."""
        return _failed(dict(request.desired_state), f"localstack-glue does not support the resource type {self.TYPE}")

    def update(self, request: ResourceRequest) -> ProgressEvent:
        """Refuse."""
        return self.create(request)

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        """There is nothing to delete."""
        return ProgressEvent(status=OperationStatus.SUCCESS, resource_model=request.desired_state)


def _failed(model: dict[str, Any], message: str) -> ProgressEvent:
    return ProgressEvent(status=OperationStatus.FAILED, resource_model=model, message=message)
