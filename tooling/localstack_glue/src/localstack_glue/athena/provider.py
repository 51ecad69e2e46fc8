"""Wires Athena together."""

import threading
from collections.abc import Callable

from localstack_glue.athena.callers import Callers
from localstack_glue.athena.catalog_metadata import CatalogMetadata
from localstack_glue.athena.data_catalogs import DataCatalogs
from localstack_glue.athena.errors import InvalidRequestException, ResourceNotFoundException
from localstack_glue.athena.models import PRIMARY, athena_arn, store_of
from localstack_glue.athena.queries import EngineOf, Queries
from localstack_glue.athena.refusals import refusals
from localstack_glue.athena.saved_queries import NamedQueries, PreparedStatements
from localstack_glue.athena.workgroups import WorkGroups
from localstack_glue.service import stored_tags
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import ModelApi
from localstack_glue.service.clock import Clock
from localstack_glue.service.models import JsonDict
from localstack_glue.service.pagination import page


class AthenaProvider(ModelApi):
    """The Athena of one host."""

    service = "athena"
    version = "2017-05-18"
    bad_request = InvalidRequestException

    def __init__(
        self,
        clock: Clock,
        engine_of: EngineOf | None = None,
        callers: Callers | None = None,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        """Take what answers queries, without which they are refused, and who says whose rights they have."""
        lock = threading.RLock()
        self._on_close = on_close
        self.workgroups = WorkGroups(clock, lock)
        self.queries = Queries(clock, lock, self.workgroups, engine_of, callers) if engine_of is not None else None
        super().__init__(
            {
                **self.workgroups.routes(),
                **NamedQueries(lock, self.workgroups).routes(),
                **PreparedStatements(clock, lock, self.workgroups).routes(),
                **DataCatalogs(lock).routes(),
                **(CatalogMetadata(lambda scope: engine_of(scope).glue).routes() if engine_of is not None else {}),
                **(self.queries.routes() if self.queries is not None else refusals()),
                "ListTagsForResource": self.list_tags,
                "TagResource": self.tag,
                "UntagResource": self.untag,
            }
        )

    def close(self) -> None:
        """Stop the queries that still run."""
        if self.queries is not None:
            self.queries.close()
        if self._on_close is not None:
            self._on_close()

    def tag(self, scope: Scope, request: JsonDict) -> JsonDict:
        """TagResource."""
        stored_tags.add(store_of(scope).tags, self._existing(scope, request["ResourceARN"]), request["Tags"])
        return {}

    def untag(self, scope: Scope, request: JsonDict) -> JsonDict:
        """UntagResource."""
        stored_tags.remove(store_of(scope).tags, self._existing(scope, request["ResourceARN"]), request["TagKeys"])
        return {}

    def list_tags(self, scope: Scope, request: JsonDict) -> JsonDict:
        """ListTagsForResource."""
        tags = stored_tags.listed(store_of(scope).tags, self._existing(scope, request["ResourceARN"]))
        found, token = page(tags, request.get("NextToken"), request.get("MaxResults"), default=75)
        return {"Tags": found, "NextToken": token}

    def _existing(self, scope: Scope, arn: str) -> str:
        store = store_of(scope)
        known = {athena_arn(scope, "workgroup", name) for name in (PRIMARY, *store.workgroups)}
        known |= {athena_arn(scope, "datacatalog", name) for name in store.data_catalogs}
        if arn not in known:
            raise ResourceNotFoundException(f"Resource {arn} was not found")
        return arn
