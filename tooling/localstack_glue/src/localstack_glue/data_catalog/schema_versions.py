"""Schemas and their versions, as far as moto, which stores them, has no call for: lists and metadata of versions."""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from localstack_glue.data_catalog.schema_registry import DEFAULT_REGISTRY, find_registry
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.errors import EntityNotFoundException, InvalidInputException
from localstack_glue.service.models import JsonDict
from localstack_glue.service.pagination import page
from localstack_glue.service.tagging import backend

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import (
        ListSchemasInputTypeDef,
        ListSchemaVersionsInputTypeDef,
        PutSchemaVersionMetadataInputTypeDef,
        QuerySchemaVersionMetadataInputTypeDef,
        RemoveSchemaVersionMetadataInputTypeDef,
        SchemaIdTypeDef,
    )


class SchemaVersions:
    """The calls of the API on schemas that moto does not know."""

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "ListSchemaVersions": self.versions,
            "ListSchemas": self.schemas,
            "PutSchemaVersionMetadata": self.put_metadata,
            "QuerySchemaVersionMetadata": self.metadata,
            "RemoveSchemaVersionMetadata": self.remove_metadata,
        }

    def put_metadata(self, _scope: Scope, request: "PutSchemaVersionMetadataInputTypeDef") -> JsonDict:
        """PutSchemaVersionMetadata, which moto answers; it fails on a pair without key or value.

        Raises:
            InvalidInputException: key or value is missing.
            NotImplementedError: moto has it.
        """
        pair = request["MetadataKeyValue"]
        for member in ("MetadataKey", "MetadataValue"):
            if pair.get(member) is None:
                raise InvalidInputException(f"The parameter {member} has to be provided, it cannot be null.")
        raise NotImplementedError

    def schemas(self, scope: Scope, request: "ListSchemasInputTypeDef") -> JsonDict:
        """ListSchemas, of one registry or, if none is named, of all."""
        named = request.get("RegistryId")
        registries = [find_registry(scope, named)] if named else list(backend(scope).registries.values())
        schemas = [schema for registry in registries for schema in registry.schemas.values()]
        found, token = page(schemas, request.get("NextToken"), request.get("MaxResults"))
        return {"Schemas": [_schema_item(schema) for schema in found], "NextToken": token}

    def versions(self, scope: Scope, request: "ListSchemaVersionsInputTypeDef") -> JsonDict:
        """ListSchemaVersions, oldest first."""
        versions = list(_find_schema(scope, request["SchemaId"]).schema_versions.values())
        found, token = page(versions, request.get("NextToken"), request.get("MaxResults"))
        return {"Schemas": [_version_item(version) for version in found], "NextToken": token}

    def metadata(self, scope: Scope, request: "QuerySchemaVersionMetadataInputTypeDef") -> JsonDict:
        """QuerySchemaVersionMetadata: a version's metadata, all or as requested; a key's newest value comes first."""
        _, version = _find_version(scope, request)
        wanted = [(each.get("MetadataKey"), each.get("MetadataValue")) for each in request.get("MetadataList") or ()]
        pairs = [
            (key, value)
            for key, values in version.metadata.items()
            for value in reversed(values)
            if not wanted or any(k in (None, key) and v in (None, value) for k, v in wanted)
        ]
        found, token = page(pairs, request.get("NextToken"), request.get("MaxResults"))
        infos: dict[str, JsonDict] = {}
        for key, value in found:
            if key in infos:
                infos[key].setdefault("OtherMetadataValueList", []).append({"MetadataValue": value})
            else:
                infos[key] = {"MetadataValue": value}
        return {"MetadataInfoMap": infos, "SchemaVersionId": version.schema_version_id, "NextToken": token}

    def remove_metadata(self, scope: Scope, request: "RemoveSchemaVersionMetadataInputTypeDef") -> JsonDict:
        """RemoveSchemaVersionMetadata."""
        pair = request["MetadataKeyValue"]
        key, value = pair.get("MetadataKey"), pair.get("MetadataValue")
        with self._lock:
            schema, version = _find_version(scope, request)
            if value not in version.metadata.get(key, ()):
                raise EntityNotFoundException(f"Resource not found for metadata key: {key}, value: {value}")
            version.metadata[key].remove(value)
            if not version.metadata[key]:
                del version.metadata[key]
        return {
            "SchemaArn": schema.schema_arn,
            "SchemaName": schema.schema_name,
            "RegistryName": schema.registry_name,
            "LatestVersion": version.version_number == schema.latest_schema_version,
            "VersionNumber": version.version_number,
            "SchemaVersionId": version.schema_version_id,
            "MetadataKey": key,
            "MetadataValue": value,
        }


def _find_schema(scope: Scope, schema_id: "SchemaIdTypeDef") -> Any:
    arn = schema_id.get("SchemaArn")
    if arn and schema_id.get("SchemaName"):
        raise InvalidInputException("One of schemaArn or schemaName should be provided, not both.")
    _, _, path = (arn or "").partition(":schema/")
    registry_name, _, name = path.partition("/")
    registry_name = registry_name or schema_id.get("RegistryName") or DEFAULT_REGISTRY
    name = name or schema_id.get("SchemaName") or ""
    registry = backend(scope).registries.get(registry_name)
    if registry is None or name not in registry.schemas:
        raise EntityNotFoundException(
            f"Schema is not found. RegistryName: {registry_name}, SchemaName: {name}, SchemaArn: {arn or 'null'}"
        )
    return registry.schemas[name]


def _find_version(scope: Scope, request: Mapping[str, Any]) -> tuple[Any, Any]:
    """The schema and the version of it that a request names by id, by number, or as the latest."""
    if version_id := request.get("SchemaVersionId"):
        for registry in backend(scope).registries.values():
            for schema in registry.schemas.values():
                if version_id in schema.schema_versions:
                    return schema, schema.schema_versions[version_id]
        raise EntityNotFoundException(f"Schema version is not found. SchemaVersionId: {version_id}")
    if not request.get("SchemaId") or not request.get("SchemaVersionNumber"):
        raise InvalidInputException("A schema version is named by its id, or by a schema and a version number.")
    schema, number = _find_schema(scope, request["SchemaId"]), request["SchemaVersionNumber"]
    wanted = schema.latest_schema_version if number.get("LatestVersion") else number.get("VersionNumber")
    for version in schema.schema_versions.values():
        if version.version_number == wanted:
            return schema, version
    raise EntityNotFoundException(
        f"Schema version is not found. RegistryName: {schema.registry_name}, SchemaName: {schema.schema_name},"
        f" VersionNumber: {wanted}"
    )


def _schema_item(schema: Any) -> JsonDict:
    item = {
        "RegistryName": schema.registry_name,
        "SchemaName": schema.schema_name,
        "SchemaArn": schema.schema_arn,
        "Description": schema.description,
        "SchemaStatus": schema.schema_status,
        "CreatedTime": schema.created_time.isoformat(),
        "UpdatedTime": schema.updated_time.isoformat(),
    }
    return {member: value for member, value in item.items() if value is not None}


def _version_item(version: Any) -> JsonDict:
    return {
        "SchemaArn": version.schema_arn,
        "SchemaVersionId": version.schema_version_id,
        "VersionNumber": version.version_number,
        "Status": version.schema_version_status,
        "CreatedTime": version.created_time.isoformat(),
    }
