"""Athena's stored data: plain and picklable, one store per account and region."""

from dataclasses import dataclass, field
from datetime import datetime

from localstack_glue.service.account_region import Scope
from localstack_glue.service.models import JsonDict
from localstack_glue.service.stored_tags import TagStore
from localstack_glue.service.stores import AccountRegionBundle, BaseStore, kept_by_region

PRIMARY = "primary"
GLUE_CATALOG = "AwsDataCatalog"


@dataclass
class WorkGroup:
    """A workgroup, its configuration in the API's own words."""

    name: str
    configuration: JsonDict
    created_on: datetime
    description: str | None = None
    state: str = "ENABLED"


@dataclass
class NamedQuery:
    """A saved query."""

    query_id: str
    name: str
    database: str
    sql: str
    workgroup: str
    description: str | None = None
    token: str = ""


@dataclass
class PreparedStatement:
    """A statement with parameters, known in one workgroup."""

    name: str
    workgroup: str
    sql: str
    modified_on: datetime
    description: str | None = None


@dataclass
class DataCatalog:
    """A registered data catalog."""

    name: str
    type: str
    description: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass
class QueryExecution:
    """One run of a query.

    Attributes:
        query_id: id of the execution.
        sql: text of the query.
        workgroup: where it runs.
        database: the database of names without one.
        output_location: object that gets the results.
        submitted_on: when it was accepted.
        statement_type: DML, DDL or UTILITY.
        token: identifies a repeated request.
        parameters: values for the question marks.
        result_options: how the results are encrypted and whose they are, in the API's words.
        state: QUEUED, RUNNING, SUCCEEDED, FAILED or CANCELLED.
        reason: why it FAILED or was CANCELLED.
        completed_on: when it ended.
        scanned_bytes: size of the objects that it read.
        queued_ms: how long it waited.
        engine_ms: how long it ran.
        columns: of the answer, as ColumnInfo.
        has_header: whether the first row of the results names the columns.
        update_count: how many rows it wrote; None for a statement that writes none.
        manifest_location: object that lists the files that it wrote.
        result_reuse: whether results of an earlier query may be used, in the API's words.
        is_managed: whether the workgroup keeps the results itself.
        kept_results: those results.
        is_reused: whether its results are those of an earlier query.
        caller: the role that started it; empty for the account itself.
    """

    query_id: str
    sql: str
    workgroup: str
    database: str
    output_location: str
    submitted_on: datetime
    statement_type: str
    token: str
    parameters: tuple[str, ...] = ()
    result_options: JsonDict = field(default_factory=dict)
    state: str = "QUEUED"
    reason: str = ""
    completed_on: datetime | None = None
    scanned_bytes: int = 0
    queued_ms: int = 0
    engine_ms: int = 0
    columns: tuple[JsonDict, ...] = ()
    has_header: bool = True
    update_count: int | None = None
    manifest_location: str = ""
    result_reuse: JsonDict = field(default_factory=dict)
    is_managed: bool = False
    kept_results: bytes = b""
    is_reused: bool = False
    caller: str = ""

    @property
    def is_done(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("SUCCEEDED", "FAILED", "CANCELLED")


class AthenaStore(BaseStore):
    """All of one account and region."""

    workgroups: dict[str, WorkGroup] = kept_by_region(dict)
    named_queries: dict[str, NamedQuery] = kept_by_region(dict)
    prepared_statements: dict[tuple[str, str], PreparedStatement] = kept_by_region(dict)  # by workgroup, name
    data_catalogs: dict[str, DataCatalog] = kept_by_region(dict)
    query_executions: dict[str, QueryExecution] = kept_by_region(dict)
    tags: TagStore = kept_by_region(dict)


athena_stores = AccountRegionBundle("athena", AthenaStore)


def get_store(scope: Scope) -> AthenaStore:
    """The data of an account and region."""
    store: AthenaStore = athena_stores[scope.account_id][scope.region]
    return store


def athena_arn(scope: Scope, kind: str, name: str) -> str:
    """The ARN of an Athena resource."""
    return f"arn:{scope.partition}:athena:{scope.region}:{scope.account_id}:{kind}/{name}"
