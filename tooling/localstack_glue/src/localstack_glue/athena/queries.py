"""The query calls of the API: started, looked at, stopped, and their results read."""

import threading
import time
import uuid
from collections.abc import Callable, Mapping

from botocore.exceptions import ClientError
from sqlglot import exp

from localstack_glue.athena import stored_results
from localstack_glue.athena.callers import Callers, UncheckedCallers
from localstack_glue.athena.denials import is_denial, refused, refused_by_arrow
from localstack_glue.athena.engine import statements
from localstack_glue.athena.engine.errors import MalformedQueryError, QueryCancelledError, QueryFailedError
from localstack_glue.athena.engine.results import Answer
from localstack_glue.athena.engine.run import Cancellation, QueryEngine
from localstack_glue.athena.engine.statement_kinds import substatement_type
from localstack_glue.athena.engine.write_options import table_options
from localstack_glue.athena.errors import InvalidRequestException
from localstack_glue.athena.models import GLUE_CATALOG, PRIMARY, QueryExecution, WorkGroup, get_store
from localstack_glue.athena.pages import page
from localstack_glue.athena.prepared_statements import PreparedRuns
from localstack_glue.athena.query_errors import athena_error
from localstack_glue.athena.result_reuse import find_reusable, take_over
from localstack_glue.athena.workgroups import NEWEST_ENGINE, WorkGroups
from localstack_glue.service.account_region import Scope
from localstack_glue.service.answers import present
from localstack_glue.service.api import Operation
from localstack_glue.service.clock import Clock
from localstack_glue.service.models import JsonDict

EngineOf = Callable[[Scope], QueryEngine]

_PARALLEL_QUERIES = 2
_ROWS_PER_PAGE = 1000
_NO_LOCATION = (
    "No output location provided. An output location is required either through the Workgroup result configuration "
    "setting or as an API input."
)
_RESULT_OPTIONS = ("EncryptionConfiguration", "AclConfiguration", "ExpectedBucketOwner")
_ENFORCED_LOCATION = (
    "The Create Table As Select query failed because it was submitted with an 'external_location' property to an "
    "Athena Workgroup that enforces a centralized output location for all queries. Please remove the "
    "'external_location' property and resubmit the query."
)


class Queries:
    """Runs queries, a few at a time, each in its own thread."""

    def __init__(
        self,
        clock: Clock,
        lock: threading.RLock,
        workgroups: WorkGroups,
        engine_of: EngineOf,
        callers: Callers | None = None,
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._workgroups = workgroups
        self._engine_of = engine_of
        self._callers = callers or UncheckedCallers()
        self._prepared = PreparedRuns(clock, lock)
        self._slots = threading.Semaphore(_PARALLEL_QUERIES)
        self._running: dict[str, Cancellation] = {}

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        operations: dict[str, Operation] = {
            "BatchGetQueryExecution": self.batch_get,
            "GetQueryExecution": self.get,
            "GetQueryResults": self.get_results,
            "GetQueryRuntimeStatistics": self.get_statistics,
            "ListQueryExecutions": self.list_ids,
            "StartQueryExecution": self.start,
            "StopQueryExecution": self.stop,
        }
        return {name: self._checked(name, operation) for name, operation in operations.items()}

    def _checked(self, name: str, operation: Operation) -> Operation:
        """The operation, for callers whose role may use it in the workgroups concerned."""

        def run(scope: Scope, request: JsonDict) -> JsonDict:
            for workgroup in self._requested_workgroups(scope, request):
                self._callers.check(scope, name, workgroup)
            return operation(scope, request)

        return run

    @staticmethod
    def _requested_workgroups(scope: Scope, request: JsonDict) -> set[str]:
        ids = [*(request.get("QueryExecutionIds") or ()), request.get("QueryExecutionId")]
        known = get_store(scope).query_executions
        found = {known[query_id].workgroup for query_id in ids if query_id in known}
        return found or {request.get("WorkGroup") or PRIMARY}

    def close(self) -> None:
        """Stop all queries."""
        for cancellation in list(self._running.values()):
            cancellation.cancel()

    def start(self, scope: Scope, request: JsonDict) -> JsonDict:
        """StartQueryExecution: a text that is not SQL is refused, everything else is queued."""
        sql, context = request["QueryString"], request.get("QueryExecutionContext") or {}
        catalog = context.get("Catalog") or GLUE_CATALOG
        if catalog.lower() != GLUE_CATALOG.lower():
            raise InvalidRequestException(f"Catalog {catalog} cannot be queried here, only {GLUE_CATALOG}")
        database = (context.get("Database") or "default").strip("`").lower()
        if request.get("EngineConfiguration"):
            raise InvalidRequestException("The EngineConfiguration of a query is not supported here")
        parameters = tuple(request.get("ExecutionParameters") or ())
        with self._lock:
            workgroup = self._workgroups.find(scope, request.get("WorkGroup") or PRIMARY)
            token = request.get("ClientRequestToken") or str(uuid.uuid4())
            for known in get_store(scope).query_executions.values():
                if known.token == token:
                    if (known.sql, known.parameters, known.database) != (sql, parameters, database):
                        raise InvalidRequestException(
                            "Idempotent parameters do not match", "IDEMPOTENT_PARAMETER_MISMATCH"
                        )
                    return {"QueryExecutionId": known.query_id}
            if workgroup.state != "ENABLED":
                raise InvalidRequestException(f"WorkGroup {workgroup.name} is disabled.")
            if workgroup.configuration["EngineVersion"]["EffectiveEngineVersion"] != NEWEST_ENGINE:
                raise InvalidRequestException(f"WorkGroup {workgroup.name} is for Spark, not for queries.")
            kind = _statement_kind(sql, database)
            if workgroup.configuration.get("EnforceWorkGroupConfiguration"):
                _refuse_external_location(sql)
            query_id = str(uuid.uuid4())
            is_managed = _is_managed(workgroup)
            location, result_options = ("", {}) if is_managed else _output(workgroup, request)
            new_execution = QueryExecution(
                query_id=query_id,
                sql=sql,
                workgroup=workgroup.name,
                database=database,
                output_location=stored_results.place(location, query_id, sql, kind) if location else "",
                submitted_on=self._clock.now(),
                statement_type=kind,
                token=token,
                parameters=parameters,
                result_options=result_options,
                result_reuse=dict(request.get("ResultReuseConfiguration") or {}),
                is_managed=is_managed,
                caller=self._callers.role_arn(scope),
            )
            earlier = find_reusable(new_execution, get_store(scope).query_executions.values(), self._clock.now())
            get_store(scope).query_executions[query_id] = new_execution
            if earlier is not None:
                take_over(new_execution, earlier, self._clock.now())
                return {"QueryExecutionId": query_id}
            self._running[query_id] = Cancellation()
        limit = workgroup.configuration.get("BytesScannedCutoffPerQuery")
        threading.Thread(
            target=self._run, args=(scope, new_execution, limit), name=f"athena-{query_id}", daemon=True
        ).start()
        return {"QueryExecutionId": query_id}

    def get(self, scope: Scope, request: JsonDict) -> JsonDict:
        """GetQueryExecution."""
        return {"QueryExecution": self._shown(scope, self._find(scope, request["QueryExecutionId"]))}

    def batch_get(self, scope: Scope, request: JsonDict) -> JsonDict:
        """BatchGetQueryExecution."""
        stored = get_store(scope).query_executions
        wanted = request["QueryExecutionIds"]
        return {
            "QueryExecutions": [self._shown(scope, stored[query_id]) for query_id in wanted if query_id in stored],
            "UnprocessedQueryExecutionIds": [
                {"QueryExecutionId": query_id, "ErrorCode": "INVALID_INPUT", "ErrorMessage": _missing(query_id)}
                for query_id in wanted
                if query_id not in stored
            ],
        }

    def list_ids(self, scope: Scope, request: JsonDict) -> JsonDict:
        """ListQueryExecutions of one workgroup, the newest first."""
        workgroup = self._workgroups.find(scope, request.get("WorkGroup") or PRIMARY).name
        stored = reversed(get_store(scope).query_executions.values())
        ids = [found.query_id for found in stored if found.workgroup == workgroup]
        found, token = page(ids, request)
        return {"QueryExecutionIds": found, "NextToken": token}

    def stop(self, scope: Scope, request: JsonDict) -> JsonDict:
        """StopQueryExecution: a finished query does not change."""
        found = self._find(scope, request["QueryExecutionId"])
        cancellation = self._running.get(found.query_id)
        if cancellation is not None:
            cancellation.cancel()
            with self._lock:
                # what writes nothing is over at once, however far it is
                if not found.is_done and substatement_type(found.sql) == "SELECT":
                    found.state, found.reason = "CANCELLED", "Query cancelled by user"
                    found.completed_on = self._clock.now()
        return {}

    def get_results(self, scope: Scope, request: JsonDict) -> JsonDict:
        """GetQueryResults: the stored rows, the header first."""
        found = self._find(scope, request["QueryExecutionId"])
        if request.get("QueryResultType") == "DATA_MANIFEST":
            raise InvalidRequestException("The QueryResultType DATA_MANIFEST is not supported here")
        if not found.is_done:
            raise InvalidRequestException(
                f"Query has not yet finished. Current state: {found.state}", "INVALID_QUERY_EXECUTION_STATE"
            )
        if found.state == "CANCELLED":
            raise InvalidRequestException("Could not find results", "RESULT_NOT_FOUND")
        if found.state != "SUCCEEDED":
            raise InvalidRequestException(
                f"Query did not finish successfully. Final query state: {found.state}", "INVALID_QUERY_EXECUTION_STATE"
            )
        if found.update_count is not None:
            info = {"ColumnInfo": list(found.columns)}
            return {"UpdateCount": found.update_count, "ResultSet": {"Rows": [], "ResultSetMetadata": info}}
        rows = stored_results.read(self._engine_of(scope).s3, found)
        shown, token = page(rows, request, default=_ROWS_PER_PAGE)
        data = [{"Data": [{} if value is None else {"VarCharValue": value} for value in row]} for row in shown]
        return {
            "UpdateCount": 0,
            "ResultSet": {"Rows": data, "ResultSetMetadata": {"ColumnInfo": list(found.columns)}},
            "NextToken": token,
        }

    def get_statistics(self, scope: Scope, request: JsonDict) -> JsonDict:
        """GetQueryRuntimeStatistics: time and input, without stages."""
        found = self._find(scope, request["QueryExecutionId"])
        return {
            "QueryRuntimeStatistics": {
                "Timeline": {"EngineExecutionTimeInMillis": found.engine_ms},
                "Rows": {"InputBytes": found.scanned_bytes},
            }
        }

    def _run(self, scope: Scope, execution: QueryExecution, limit: int | None) -> None:
        cancellation, accepted = self._running[execution.query_id], time.monotonic()
        with self._slots:
            started = time.monotonic()
            execution.queued_ms = max(1, int((started - accepted) * 1000))
            with self._lock:
                if not execution.is_done:
                    execution.state = "RUNNING"
            state, reason = "SUCCEEDED", ""
            try:
                engine = self._engine_of(scope)
                prepared = self._prepared.run(scope, execution)
                answer = (
                    prepared
                    if isinstance(prepared, Answer)
                    else engine.run(
                        prepared.sql,
                        execution.database,
                        parameters=prepared.parameters,
                        scan_limit_bytes=limit,
                        cancellation=cancellation,
                        tables_location=execution.output_location,
                        encryption=stored_results.encryption(execution),
                    )
                )
                stored_results.keep(engine.s3, execution, answer)
            except QueryCancelledError as error:
                state, reason = "CANCELLED", str(error)
            except (QueryFailedError, MalformedQueryError) as error:
                state, reason = "FAILED", str(error)
            except ClientError as error:
                state, reason = "FAILED", refused(error) if is_denial(error) else f"HIVE_ERROR: {error}"
            except OSError as error:  # PyArrow's, for S3
                state, reason = "FAILED", refused_by_arrow(error) or _unexpected(error)
            except Exception as error:  # a thread's last resort: the caller waits for an end
                state, reason = "FAILED", _unexpected(error)
            with self._lock:
                self._running.pop(execution.query_id, None)
                if execution.is_done:
                    return
                if state == "SUCCEEDED":
                    execution.columns = tuple(stored_results.column_info(column) for column in answer.columns)
                    execution.scanned_bytes, execution.has_header = answer.scanned_bytes, answer.has_header
                    execution.update_count = answer.update_count
                    execution.manifest_location = (
                        stored_results.manifest_location(execution) if answer.manifest is not None else ""
                    )
                execution.engine_ms = max(1, int((time.monotonic() - started) * 1000))
                execution.reason, execution.completed_on = reason, self._clock.now()
                execution.state = state

    def _find(self, scope: Scope, query_id: str) -> QueryExecution:
        found = get_store(scope).query_executions.get(query_id)
        if found is None:
            raise InvalidRequestException(_missing(query_id), "QUERY_EXECUTION_NOT_FOUND")
        return found

    def _shown(self, scope: Scope, execution: QueryExecution) -> JsonDict:
        workgroup = get_store(scope).workgroups.get(execution.workgroup)
        version = workgroup.configuration["EngineVersion"] if workgroup is not None else None
        location = {} if execution.is_managed else {"OutputLocation": execution.output_location}
        configuration: JsonDict = {**location, **execution.result_options}
        return present(
            QueryExecutionId=execution.query_id,
            Query=execution.sql,
            StatementType=execution.statement_type,
            SubstatementType=_substatement(execution),
            ResultConfiguration=configuration or None,
            ManagedQueryResultsConfiguration={"Enabled": True} if execution.is_managed else None,
            ResultReuseConfiguration=execution.result_reuse or {"ResultReuseByAgeConfiguration": {"Enabled": False}},
            QueryExecutionContext={"Database": execution.database, "Catalog": GLUE_CATALOG.lower()},
            Status=present(
                State=execution.state,
                StateChangeReason=execution.reason or None,
                SubmissionDateTime=execution.submitted_on,
                CompletionDateTime=execution.completed_on,
                AthenaError=athena_error(execution.reason) if execution.state == "FAILED" else None,
            ),
            Statistics={
                "EngineExecutionTimeInMillis": execution.engine_ms,
                "TotalExecutionTimeInMillis": execution.queued_ms + execution.engine_ms,
                "QueryQueueTimeInMillis": execution.queued_ms,
                "QueryPlanningTimeInMillis": 0,
                "ServiceProcessingTimeInMillis": 0,
                "DataScannedInBytes": execution.scanned_bytes,
                "ResultReuseInformation": {"ReusedPreviousResult": execution.is_reused},
                **({"DataManifestLocation": execution.manifest_location} if execution.manifest_location else {}),
            },
            WorkGroup=execution.workgroup,
            EngineVersion=version,
            ExecutionParameters=list(execution.parameters) or None,
        )


def _statement_kind(sql: str, database: str) -> str:
    try:
        return statements.statement_type(sql, database)
    except MalformedQueryError as error:
        raise InvalidRequestException(str(error), "MALFORMED_QUERY") from error


def _refuse_external_location(sql: str) -> None:
    """A workgroup that enforces its configuration also decides where CREATE TABLE AS writes."""
    if substatement_type(sql) != "CREATE_TABLE_AS_SELECT":
        return
    statement = statements.parse_text(sql)
    if isinstance(statement, exp.Create) and "external_location" in table_options(statement):
        raise InvalidRequestException(_ENFORCED_LOCATION)


def _substatement(execution: QueryExecution) -> str:
    """The kind of a statement; DESCRIBE of a view has its own columns."""
    kind, columns = substatement_type(execution.sql), [each["Name"] for each in execution.columns]
    is_view = kind in ("DESCRIBE_TABLE", "SHOW_COLUMNS") and columns == ["column", "type"]
    return "DESC_VIEW" if is_view else kind


def _is_managed(workgroup: WorkGroup) -> bool:
    """Whether Athena itself keeps the results."""
    return bool((workgroup.configuration.get("ManagedQueryResultsConfiguration") or {}).get("Enabled"))


def _output(workgroup: WorkGroup, request: JsonDict) -> tuple[str, JsonDict]:
    """The location of results, ending in a slash, and their options, by the request or an enforced workgroup."""
    own, requested = workgroup.configuration.get("ResultConfiguration") or {}, request.get("ResultConfiguration") or {}
    chosen = own if workgroup.configuration.get("EnforceWorkGroupConfiguration") else {**own, **requested}
    location = chosen.get("OutputLocation") or ""
    if not location.startswith("s3://"):
        raise InvalidRequestException(_NO_LOCATION)
    if (chosen.get("EncryptionConfiguration") or {}).get("EncryptionOption") == "CSE_KMS":
        raise InvalidRequestException("Results that are encrypted by the client (CSE_KMS) are not supported here")
    return location.rstrip("/") + "/", {name: chosen[name] for name in _RESULT_OPTIONS if chosen.get(name)}


def _unexpected(error: Exception) -> str:
    return f"GENERIC_INTERNAL_ERROR: {type(error).__name__}: {error}"


def _missing(query_id: str) -> str:
    return f"QueryExecution {query_id} was not found"
