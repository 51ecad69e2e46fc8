"""Query execution without an engine: it is refused."""

from collections.abc import Mapping

from localstack_glue.athena.errors import NotRunHereError
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.models import JsonDict

# moto would return SUCCEEDED for queries that were never run
QUERY_OPERATIONS = (
    "BatchGetQueryExecution",
    "GetQueryExecution",
    "GetQueryResults",
    "GetQueryRuntimeStatistics",
    "ListQueryExecutions",
    "StartQueryExecution",
    "StopQueryExecution",
)


class Refusals:
    """The calls on queries, each refused."""

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {operation: _refusal(operation) for operation in QUERY_OPERATIONS}


def _refusal(operation: str) -> Operation:
    def refuse(_scope: Scope, _request: JsonDict) -> JsonDict:
        raise NotRunHereError(operation)

    return refuse
