"""The tag calls of the API: moto keeps the tags by ARN, but does not look whether anything has that ARN."""

from collections.abc import Container, Mapping
from typing import TYPE_CHECKING

from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.errors import EntityNotFoundException
from localstack_glue.service.models import JsonDict
from localstack_glue.service.tagging import backend

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import GetTagsRequestTypeDef, TagResourceRequestTypeDef, UntagResourceRequestTypeDef


class ResourceTags:
    """Refuses the ARNs of what does not exist, and leaves the others to moto."""

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {"GetTags": self.check, "TagResource": self.check, "UntagResource": self.check}

    def check(
        self,
        scope: Scope,
        request: "GetTagsRequestTypeDef | TagResourceRequestTypeDef | UntagResourceRequestTypeDef",
    ) -> JsonDict:
        """GetTags, TagResource and UntagResource, which moto answers.

        Raises:
            EntityNotFoundException: nothing has that ARN.
            NotImplementedError: moto has it.
        """
        kind, _, name = request["ResourceArn"].split(":", 5)[-1].partition("/")
        names = _names(scope, kind)
        if names is not None and (request["ResourceArn"] != scope.arn(kind, name) or name not in names):
            raise EntityNotFoundException(f"Entity not found: {request['ResourceArn']}")
        raise NotImplementedError


def _names(scope: Scope, kind: str) -> Container[str] | None:
    """The names of all resources of a kind, as ARNs write the kind; None if this service does not hold the kind."""
    store, moto = scope.store, backend(scope)
    if kind == "schema":
        return {f"{registry}/{schema}" for registry, found in moto.registries.items() for schema in found.schemas}
    held: Mapping[str, Container[str]] = {
        "connection": store.connections,
        "crawler": store.crawlers,
        "dataQualityRuleset": store.rulesets,
        "database": moto.databases,
        "job": store.jobs,
        "registry": moto.registries,
        "trigger": store.triggers,
        "workflow": store.workflows,
    }
    return held.get(kind)
