"""Tags of workgroups and data catalogs."""

from collections.abc import Mapping

from localstack_glue.athena.errors import ResourceNotFoundException
from localstack_glue.athena.models import PRIMARY, athena_arn, get_store
from localstack_glue.athena.pages import page
from localstack_glue.service import stored_tags
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.models import JsonDict


class Tags:
    """The calls on tags."""

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "ListTagsForResource": self.list_tags,
            "TagResource": self.tag,
            "UntagResource": self.untag,
        }

    def tag(self, scope: Scope, request: JsonDict) -> JsonDict:
        """TagResource."""
        stored_tags.add(get_store(scope).tags, self._existing(scope, request["ResourceARN"]), request["Tags"])
        return {}

    def untag(self, scope: Scope, request: JsonDict) -> JsonDict:
        """UntagResource."""
        stored_tags.remove(get_store(scope).tags, self._existing(scope, request["ResourceARN"]), request["TagKeys"])
        return {}

    def list_tags(self, scope: Scope, request: JsonDict) -> JsonDict:
        """ListTagsForResource."""
        tags = stored_tags.listed(get_store(scope).tags, self._existing(scope, request["ResourceARN"]))
        found, token = page(tags, request, default=75)
        return {"Tags": found, "NextToken": token}

    def _existing(self, scope: Scope, arn: str) -> str:
        store = get_store(scope)
        known = {athena_arn(scope, "workgroup", name) for name in (PRIMARY, *store.workgroups)}
        known |= {athena_arn(scope, "datacatalog", name) for name in store.data_catalogs}
        if arn not in known:
            raise ResourceNotFoundException(f"Resource {arn} was not found")
        return arn
