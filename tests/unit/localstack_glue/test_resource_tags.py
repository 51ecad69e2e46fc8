"""Tags belong to resources that exist; moto would keep them for any ARN."""

from typing import Any

import pytest

from localstack_glue.service.errors import EntityNotFoundException
from localstack_glue.service.resource_tags import ResourceTags
from localstack_glue.service.tagging import backend

GLUE = "arn:aws:glue:us-east-1:000000000000"


@pytest.fixture
def check(glue: Any) -> Any:
    """The check of one ARN, where a job, a database, a registry and a schema exist."""
    glue.catalog.reset()
    glue.add_job("sum")
    moto = backend(glue.scope)
    moto.create_database("lake", {"Name": "lake"})
    moto.create_registry("roads")
    moto.create_schema({"RegistryName": "roads"}, "tolls", "JSON", "NONE", "{}")
    yield lambda arn: ResourceTags().check(glue.scope, {"ResourceArn": arn})
    glue.catalog.reset()


@pytest.mark.parametrize("name", ["job/sum", "database/lake", "registry/roads", "schema/roads/tolls"])
def test_tags_of_what_exists_are_left_to_moto(check, name):
    with pytest.raises(NotImplementedError):
        check(f"{GLUE}:{name}")


@pytest.mark.parametrize("name", ["mlTransform/m", "devEndpoint/d", "session/s"])
def test_tags_of_what_moto_alone_keeps_are_left_to_moto(check, name):
    with pytest.raises(NotImplementedError):
        check(f"{GLUE}:{name}")


@pytest.mark.parametrize(
    "arn",
    [
        f"{GLUE}:job/none",
        f"{GLUE}:job",
        f"{GLUE}:crawler/sum",
        f"{GLUE}:schema/roads/none",
        f"{GLUE}:dataQualityRuleset/none",
        "arn:aws:glue:eu-west-1:000000000000:job/sum",
        "arn:aws:glue:us-east-1:111111111111:job/sum",
    ],
)
def test_tags_of_what_does_not_exist_are_refused(check, arn):
    with pytest.raises(EntityNotFoundException, match="Entity not found"):
        check(arn)
