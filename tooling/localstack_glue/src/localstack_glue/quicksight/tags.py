"""Tags of QuickSight's resources; moto keeps those of the kinds that it stores."""

from collections.abc import Mapping

from localstack_glue.quicksight.models import get_store
from localstack_glue.service import stored_tags
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.models import JsonDict

_OWN_KINDS = (":datasource/", ":dataset/")


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
        stored_tags.add(get_store(scope).tags, _own(request["ResourceArn"]), request["Tags"])
        return {"Status": 200}

    def untag(self, scope: Scope, request: JsonDict) -> JsonDict:
        """UntagResource."""
        stored_tags.remove(get_store(scope).tags, _own(request["ResourceArn"]), request["TagKeys"])
        return {"Status": 200}

    def list_tags(self, scope: Scope, request: JsonDict) -> JsonDict:
        """ListTagsForResource."""
        return {"Tags": stored_tags.listed(get_store(scope).tags, _own(request["ResourceArn"])), "Status": 200}


def _own(arn: str) -> str:
    if not any(kind in arn for kind in _OWN_KINDS):
        raise NotImplementedError  # moto's
    return arn
