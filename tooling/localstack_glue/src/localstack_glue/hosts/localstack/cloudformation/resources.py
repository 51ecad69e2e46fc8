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

from localstack_glue.hosts.localstack.cloudformation.coercion import coerced, without_values
from localstack_glue.hosts.localstack.cloudformation.kinds import Call, Kind, identity

NOT_FOUND = "EntityNotFoundException"
_MALFORMED = (AttributeError, KeyError, TypeError, ValueError)


def build_provider(kind: Kind) -> type[ResourceProvider]:
    """The provider of a resource type."""
    return type(
        f"{kind.type.rpartition(':')[2]}Provider",
        (GlueResource,),
        {"TYPE": kind.type, "SCHEMA": kind.schema(), "kind": kind},
    )


def build_refusing_provider(type_name: str) -> type[ResourceProvider]:
    """The provider of an unsupported resource type: it fails with a message instead of creating nothing."""
    schema = {"typeName": type_name, "primaryIdentifier": ["/properties/Id"], "properties": {}}
    return type("RefusedProvider", (RefusedResource,), {"TYPE": type_name, "SCHEMA": schema})


class GlueResource(ResourceProvider):
    """Creates, changes and deletes a resource through Glue's API."""

    kind: Kind

    def create(self, request: ResourceRequest) -> ProgressEvent:
        """Create the resource, under a name derived from the stack's if it has none."""
        return self._reported(request, self._create)

    def update(self, request: ResourceRequest) -> ProgressEvent:
        """Update the resource, or replace it if the name differs or it cannot be changed."""
        return self._reported(request, self._update)

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        """Delete the resource. A missing one is no error; one that this stack could not create is not its own."""
        desired = dict(request.desired_state)
        if desired.get("Id"):
            name = self.kind.name(desired) or str(desired["Id"])
            try:
                self._remove(request, desired, name)
            except ClientError as error:
                return _failed(desired, f"{self.kind.type} {name}: {error}")
        return ProgressEvent(status=OperationStatus.SUCCESS, resource_model=desired)

    def read(self, request: ResourceRequest) -> ProgressEvent:
        """Return its known properties."""
        return ProgressEvent(status=OperationStatus.SUCCESS, resource_model=request.desired_state)

    def _create(self, request: ResourceRequest) -> ProgressEvent:
        desired = dict(request.desired_state)
        name = self.kind.name(desired) or generate_default_name(request.stack_name, request.logical_resource_id).lower()
        model = self.kind.named(desired, name)
        self._call(request, self.kind.create(model))
        return self._created(model, name)

    def _update(self, request: ResourceRequest) -> ProgressEvent:
        desired, before = dict(request.desired_state), dict(request.previous_state or {})
        old_name = self.kind.name(before) or str(before.get("Id") or "")
        name = self.kind.name(desired) or old_name
        model = self.kind.named(desired, name)
        if self.kind.update is not None and identity(self.kind, model, name) == identity(self.kind, before, old_name):
            self._call(request, self.kind.update(self.kind.change(model, before)))
            self._tag(request, name, desired.get("Tags") or {}, before.get("Tags") or {})
            return self._created(model, name)
        self._call(request, self.kind.create(model))
        created = self._created(model, name)
        try:
            self._remove(request, before, old_name)
        except ClientError as error:
            why = f"it was replaced by {name}, but the old one could not be deleted: {error}"
            return _failed(created.resource_model, f"{self.kind.type} {old_name}: {why}")
        return created

    def _reported(self, request: ResourceRequest, action: Callable[[ResourceRequest], ProgressEvent]) -> ProgressEvent:
        try:
            return action(request)
        except ClientError as error:
            why = str(error)
        except ParamValidationError as error:
            why = without_values(str(error))
        except KeyError as error:
            why = f"there is no {error.args[0]}"
        except _MALFORMED:
            why = "the properties do not have the form of this type"
        desired = dict(request.desired_state)
        left = dict(request.previous_state or desired)  # what cannot be changed stays as it was
        return _failed(left, f"{self.kind.type} {self._shown_name(desired) or request.logical_resource_id}: {why}")

    def _shown_name(self, desired: dict[str, Any]) -> str | None:
        try:
            return self.kind.name(desired)
        except _MALFORMED:
            return None

    def _created(self, model: dict[str, Any], name: str) -> ProgressEvent:
        model["Id"] = identity(self.kind, model, name)
        return ProgressEvent(status=OperationStatus.SUCCESS, resource_model=model)

    def _remove(self, request: ResourceRequest, properties: dict[str, Any], name: str) -> None:
        try:
            self._call(request, self.kind.delete(self.kind.named(properties, name)))
        except ClientError as error:
            if error.response["Error"]["Code"] != NOT_FOUND:
                raise

    def _tag(self, request: ResourceRequest, name: str, wanted: dict[str, Any], before: dict[str, Any]) -> None:
        """Change the tags: calls that update a resource take none."""
        if not self.kind.tagged_as or wanted == before:
            return
        arn = f"arn:aws:glue:{request.region_name}:{request.account_id}:{self.kind.tagged_as}/{name}"
        if removed := sorted(before.keys() - wanted.keys()):
            self._call(request, ("untag_resource", {"ResourceArn": arn, "TagsToRemove": removed}))
        if wanted:
            self._call(request, ("tag_resource", {"ResourceArn": arn, "TagsToAdd": wanted}))

    def _call(self, request: ResourceRequest, call: Call) -> None:
        method, parameters = call
        getattr(request.aws_client_factory.glue, method)(**coerced(method, parameters))


class RefusedResource(ResourceProvider):
    """A provider that fails because its resource type is not supported."""

    TYPE = ""

    def create(self, request: ResourceRequest) -> ProgressEvent:
        """Refuse."""
        return _failed(dict(request.desired_state), f"glue-local does not support the resource type {self.TYPE}")

    def update(self, request: ResourceRequest) -> ProgressEvent:
        """Refuse."""
        return self.create(request)

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        """There is nothing to delete."""
        return ProgressEvent(status=OperationStatus.SUCCESS, resource_model=request.desired_state)


def _failed(model: dict[str, Any], message: str) -> ProgressEvent:
    return ProgressEvent(status=OperationStatus.FAILED, resource_model=model, message=message)
