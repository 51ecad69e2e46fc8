"""Tags of Glue resources, kept by moto so that its TagResource, UntagResource and GetTags serve them."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from moto.glue.models import GlueBackend, glue_backends

from localstack_glue.service.account_region import Scope


class Tagger(Protocol):
    """Keeps tags by ARN."""

    def tag(self, scope: Scope, arn: str, tags: Mapping[str, str] | None) -> None:
        """Add tags."""
        ...

    def forget(self, scope: Scope, arn: str) -> None:
        """Delete all tags of a deleted resource."""
        ...

    def having(self, scope: Scope, kind: str, names: Iterable[str], tags: Mapping[str, str] | None) -> list[str]:
        """Pick the names of resources that have all these tags."""
        ...


class MotoTagger:
    """Keeps tags in moto's Glue backend."""

    def tag(self, scope: Scope, arn: str, tags: Mapping[str, str] | None) -> None:
        """Add tags."""
        if tags:
            backend(scope).tag_resource(arn, dict(tags))

    def forget(self, scope: Scope, arn: str) -> None:
        """Delete all tags of a deleted resource."""
        backend(scope).tagger.delete_all_tags_for_resource(arn)

    def having(self, scope: Scope, kind: str, names: Iterable[str], tags: Mapping[str, str] | None) -> list[str]:
        """Pick the names of resources that have all these tags."""
        wanted = dict(tags or {})
        return [name for name in names if wanted.items() <= backend(scope).get_tags(scope.arn(kind, name)).items()]


def backend(scope: Scope) -> GlueBackend:
    """The Glue data that moto keeps for an account and region."""
    return glue_backends[scope.account_id][scope.region]
