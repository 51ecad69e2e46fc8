"""Lists of schemas and versions, and the metadata of versions: what moto stores and has no call for."""

from threading import RLock
from typing import Any

import pytest

from localstack_glue.data_catalog.schema_versions import SchemaVersions
from localstack_glue.service.errors import EntityNotFoundException, InvalidInputException
from localstack_glue.service.tagging import backend

AVRO = '{"type": "record", "name": "r", "fields": []}'
LATEST = {"LatestVersion": True}
TOLLS = {"RegistryName": "roads", "SchemaName": "tolls"}


@pytest.fixture
def schemas(glue: Any) -> Any:
    """Two registries; one schema of the first has two versions."""
    glue.catalog.reset()
    moto = backend(glue.scope)
    for registry in ("roads", "rails"):
        moto.create_registry(registry)
    for registry, name in (("roads", "tolls"), ("roads", "signs"), ("rails", "tracks")):
        moto.create_schema({"RegistryName": registry}, name, "AVRO", "NONE", AVRO)
    moto.register_schema_version(TOLLS, AVRO.replace('"r"', '"r2"'))
    yield SchemaVersions(RLock())
    glue.catalog.reset()


def names(answer: dict[str, Any]) -> list[str]:
    return [each["SchemaName"] for each in answer["Schemas"]]


def test_schemas_are_listed_by_registry_or_all_and_page_by_page(glue, schemas):
    assert names(schemas.schemas(glue.scope, {})) == ["tolls", "signs", "tracks"]
    assert names(schemas.schemas(glue.scope, {"RegistryId": {"RegistryName": "rails"}})) == ["tracks"]
    first = schemas.schemas(glue.scope, {"MaxResults": 2})
    rest = schemas.schemas(glue.scope, {"MaxResults": 2, "NextToken": first["NextToken"]})
    assert (names(first), names(rest), rest["NextToken"]) == (["tolls", "signs"], ["tracks"], None)
    with pytest.raises(EntityNotFoundException):
        schemas.schemas(glue.scope, {"RegistryId": {"RegistryName": "canals"}})


def test_versions_are_listed_by_name_and_by_arn(glue, schemas):
    by_name = schemas.versions(glue.scope, {"SchemaId": TOLLS})["Schemas"]

    assert [version["VersionNumber"] for version in by_name] == [1, 2]
    assert schemas.versions(glue.scope, {"SchemaId": {"SchemaArn": by_name[0]["SchemaArn"]}})["Schemas"] == by_name
    with pytest.raises(EntityNotFoundException, match="RegistryName: default-registry, SchemaName: tolls"):
        schemas.versions(glue.scope, {"SchemaId": {"SchemaName": "tolls"}})


def test_metadata_is_read_and_removed_value_by_value(glue, schemas):
    moto = backend(glue.scope)
    for key, value in (("team", "north"), ("team", "south"), ("stage", "draft")):
        pair = {"MetadataKey": key, "MetadataValue": value}
        moto.put_schema_version_metadata(TOLLS, LATEST, None, pair)
    version = {"SchemaId": TOLLS, "SchemaVersionNumber": LATEST}

    found = schemas.metadata(glue.scope, version)
    assert found["MetadataInfoMap"] == {
        "team": {"MetadataValue": "south", "OtherMetadataValueList": [{"MetadataValue": "north"}]},
        "stage": {"MetadataValue": "draft"},
    }
    by_id = {"SchemaVersionId": found["SchemaVersionId"], "MetadataList": [{"MetadataKey": "stage"}]}
    assert schemas.metadata(glue.scope, by_id)["MetadataInfoMap"] == {"stage": {"MetadataValue": "draft"}}
    number = {"SchemaId": TOLLS, "SchemaVersionNumber": {"VersionNumber": 1}}
    assert schemas.metadata(glue.scope, number)["MetadataInfoMap"] == {}

    pair = {"MetadataKeyValue": {"MetadataKey": "team", "MetadataValue": "south"}}
    removed = schemas.remove_metadata(glue.scope, {**version, **pair})
    assert (removed["VersionNumber"], removed["LatestVersion"], removed["SchemaName"]) == (2, True, "tolls")
    assert schemas.metadata(glue.scope, version)["MetadataInfoMap"]["team"] == {"MetadataValue": "north"}
    with pytest.raises(EntityNotFoundException, match="value: south"):
        schemas.remove_metadata(glue.scope, {**version, **pair})


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        pytest.param({}, InvalidInputException, id="nothing-named"),
        pytest.param({"SchemaId": TOLLS}, InvalidInputException, id="no-number"),
        pytest.param({"SchemaVersionId": "0" * 36}, EntityNotFoundException, id="unknown-id"),
        pytest.param(
            {"SchemaId": TOLLS, "SchemaVersionNumber": {"VersionNumber": 7}},
            EntityNotFoundException,
            id="no-such-number",
        ),
        pytest.param(
            {"SchemaId": {"SchemaName": "t", "SchemaArn": "arn"}, "SchemaVersionNumber": LATEST},
            InvalidInputException,
            id="named-twice",
        ),
    ],
)
def test_version_that_is_not_named_or_not_there_is_refused(glue, schemas, request_, error):
    with pytest.raises(error):
        schemas.metadata(glue.scope, request_)


@pytest.mark.parametrize("pair", [{}, {"MetadataKey": "team"}, {"MetadataValue": "north"}])
def test_metadata_without_key_or_value_is_refused(glue, schemas, pair):
    with pytest.raises(InvalidInputException, match=r"Metadata(Key|Value) has to be provided"):
        schemas.put_metadata(glue.scope, {"SchemaId": TOLLS, "MetadataKeyValue": pair})
