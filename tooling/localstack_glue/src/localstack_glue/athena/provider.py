"""Wires Athena together."""

import threading
from collections.abc import Callable

from localstack_glue.athena.callers import Callers
from localstack_glue.athena.catalog_metadata import CatalogMetadata
from localstack_glue.athena.data_catalogs import DataCatalogs
from localstack_glue.athena.errors import InvalidRequestException
from localstack_glue.athena.queries import EngineOf, Queries
from localstack_glue.athena.refusals import Refusals
from localstack_glue.athena.saved_queries import NamedQueries, PreparedStatements
from localstack_glue.athena.tags import Tags
from localstack_glue.athena.workgroups import WorkGroups
from localstack_glue.service.api import ModelApi
from localstack_glue.service.clock import Clock


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
        """Set the engines, without which queries are refused, and the source of the callers' permissions."""
        lock = threading.RLock()
        self._on_close = on_close
        self.workgroups = WorkGroups(clock, lock)
        self.queries = Queries(clock, lock, self.workgroups, engine_of, callers) if engine_of is not None else None
        super().__init__(
            self.workgroups,
            NamedQueries(lock, self.workgroups),
            PreparedStatements(clock, lock, self.workgroups),
            DataCatalogs(lock),
            *((CatalogMetadata(lambda scope: engine_of(scope).glue),) if engine_of is not None else ()),
            self.queries or Refusals(),
            Tags(),
        )

    def close(self) -> None:
        """Stop the queries that still run."""
        if self.queries is not None:
            self.queries.close()
        if self._on_close is not None:
            self._on_close()
