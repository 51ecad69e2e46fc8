"""Named queries and prepared statements."""

import threading
import uuid
from collections.abc import Mapping
from dataclasses import replace

from localstack_glue.athena.errors import InvalidRequestException, ResourceNotFoundException
from localstack_glue.athena.models import PRIMARY, NamedQuery, PreparedStatement, get_store
from localstack_glue.athena.pages import page
from localstack_glue.athena.workgroups import WorkGroups
from localstack_glue.service.account_region import Scope
from localstack_glue.service.answers import present
from localstack_glue.service.api import Operation
from localstack_glue.service.clock import Clock
from localstack_glue.service.models import JsonDict


class NamedQueries:
    """The named-query calls of the API."""

    def __init__(self, lock: threading.RLock, workgroups: WorkGroups) -> None:
        self._lock = lock
        self._workgroups = workgroups

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "BatchGetNamedQuery": self.batch_get,
            "CreateNamedQuery": self.create,
            "DeleteNamedQuery": self.delete,
            "GetNamedQuery": self.get,
            "ListNamedQueries": self.list_ids,
            "UpdateNamedQuery": self.update,
        }

    def create(self, scope: Scope, request: JsonDict) -> JsonDict:
        """CreateNamedQuery; a repeated request gives the same query."""
        with self._lock:
            workgroup = self._workgroups.find(scope, request.get("WorkGroup") or PRIMARY).name
            created = NamedQuery(
                query_id=str(uuid.uuid4()),
                name=request["Name"],
                database=request["Database"],
                sql=request["QueryString"],
                workgroup=workgroup,
                description=request.get("Description"),
                token=request.get("ClientRequestToken") or "",
            )
            for known in get_store(scope).named_queries.values():
                if known.token and known.token == created.token:
                    if replace(known, query_id=created.query_id) != created:
                        raise InvalidRequestException(
                            "Idempotent parameters do not match", "IDEMPOTENT_PARAMETER_MISMATCH"
                        )
                    return {"NamedQueryId": known.query_id}
            get_store(scope).named_queries[created.query_id] = created
        return {"NamedQueryId": created.query_id}

    def get(self, scope: Scope, request: JsonDict) -> JsonDict:
        """GetNamedQuery."""
        return {"NamedQuery": _shown(self._find(scope, request["NamedQueryId"]))}

    def batch_get(self, scope: Scope, request: JsonDict) -> JsonDict:
        """BatchGetNamedQuery."""
        stored = get_store(scope).named_queries
        missing = [query_id for query_id in request["NamedQueryIds"] if query_id not in stored]
        return {
            "NamedQueries": [_shown(stored[query_id]) for query_id in request["NamedQueryIds"] if query_id in stored],
            "UnprocessedNamedQueryIds": [
                {"NamedQueryId": query_id, "ErrorCode": "INVALID_INPUT", "ErrorMessage": _missing(query_id)}
                for query_id in missing
            ],
        }

    def list_ids(self, scope: Scope, request: JsonDict) -> JsonDict:
        """ListNamedQueries of one workgroup."""
        workgroup = self._workgroups.find(scope, request.get("WorkGroup") or PRIMARY).name
        ids = [query.query_id for query in get_store(scope).named_queries.values() if query.workgroup == workgroup]
        found, token = page(ids, request)
        return {"NamedQueryIds": found, "NextToken": token}

    def update(self, scope: Scope, request: JsonDict) -> JsonDict:
        """UpdateNamedQuery."""
        with self._lock:
            found = self._find(scope, request["NamedQueryId"])
            found.name, found.sql = request["Name"], request["QueryString"]
            if request.get("Description") is not None:
                found.description = request["Description"]
        return {}

    def delete(self, scope: Scope, request: JsonDict) -> JsonDict:
        """DeleteNamedQuery."""
        with self._lock:
            del get_store(scope).named_queries[self._find(scope, request["NamedQueryId"]).query_id]
        return {}

    def _find(self, scope: Scope, query_id: str) -> NamedQuery:
        stored = get_store(scope).named_queries
        if query_id not in stored:
            raise InvalidRequestException(_missing(query_id), "NAMED_QUERY_NOT_FOUND")
        return stored[query_id]


class PreparedStatements:
    """The prepared-statement calls of the API."""

    def __init__(self, clock: Clock, lock: threading.RLock, workgroups: WorkGroups) -> None:
        self._clock = clock
        self._lock = lock
        self._workgroups = workgroups

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "BatchGetPreparedStatement": self.batch_get,
            "CreatePreparedStatement": self.create,
            "DeletePreparedStatement": self.delete,
            "GetPreparedStatement": self.get,
            "ListPreparedStatements": self.list_all,
            "UpdatePreparedStatement": self.update,
        }

    def create(self, scope: Scope, request: JsonDict) -> JsonDict:
        """CreatePreparedStatement."""
        with self._lock:
            workgroup, name = self._workgroups.find(scope, request["WorkGroup"]).name, request["StatementName"]
            if (workgroup, name) in get_store(scope).prepared_statements:
                raise InvalidRequestException(f"Prepared statement {name} already exists in workgroup {workgroup}")
            get_store(scope).prepared_statements[(workgroup, name)] = PreparedStatement(
                name, workgroup, request["QueryStatement"], self._clock.now(), request.get("Description")
            )
        return {}

    def get(self, scope: Scope, request: JsonDict) -> JsonDict:
        """GetPreparedStatement."""
        return {"PreparedStatement": _shown_statement(self._find(scope, request))}

    def batch_get(self, scope: Scope, request: JsonDict) -> JsonDict:
        """BatchGetPreparedStatement; names without a statement are listed with the error."""
        workgroup = request["WorkGroup"]
        self._workgroups.find(scope, workgroup)
        found, missing = [], []
        for name in request["PreparedStatementNames"]:
            try:
                found.append(_shown_statement(self._find(scope, {"WorkGroup": workgroup, "StatementName": name})))
            except ResourceNotFoundException as error:
                missing.append({"StatementName": name, "ErrorCode": error.code, "ErrorMessage": error.message})
        return {"PreparedStatements": found, "UnprocessedPreparedStatementNames": missing}

    def list_all(self, scope: Scope, request: JsonDict) -> JsonDict:
        """ListPreparedStatements of one workgroup."""
        workgroup = self._workgroups.find(scope, request["WorkGroup"]).name
        stored = [found for key, found in get_store(scope).prepared_statements.items() if key[0] == workgroup]
        found, token = page(stored, request)
        shown = [{"StatementName": statement.name, "LastModifiedTime": statement.modified_on} for statement in found]
        return {"PreparedStatements": shown, "NextToken": token}

    def update(self, scope: Scope, request: JsonDict) -> JsonDict:
        """UpdatePreparedStatement."""
        with self._lock:
            found = self._find(scope, request)
            found.sql, found.modified_on = request["QueryStatement"], self._clock.now()
            if request.get("Description") is not None:
                found.description = request["Description"]
        return {}

    def delete(self, scope: Scope, request: JsonDict) -> JsonDict:
        """DeletePreparedStatement."""
        with self._lock:
            found = self._find(scope, request)
            del get_store(scope).prepared_statements[(found.workgroup, found.name)]
        return {}

    def _find(self, scope: Scope, request: JsonDict) -> PreparedStatement:
        workgroup, name = self._workgroups.find(scope, request["WorkGroup"]).name, request["StatementName"]
        found = get_store(scope).prepared_statements.get((workgroup, name))
        if found is None:
            raise ResourceNotFoundException(f"PreparedStatement {name} was not found in workGroup {workgroup}")
        return found


def _missing(query_id: str) -> str:
    """The error in words by which Terraform recognises a deleted query: otherwise its later plans would fail."""
    return f"NamedQuery {query_id} does not exist."


def _shown_statement(statement: PreparedStatement) -> JsonDict:
    return present(
        StatementName=statement.name,
        QueryStatement=statement.sql,
        WorkGroupName=statement.workgroup,
        Description=statement.description,
        LastModifiedTime=statement.modified_on,
    )


def _shown(query: NamedQuery) -> JsonDict:
    return present(
        Name=query.name,
        Description=query.description,
        Database=query.database,
        QueryString=query.sql,
        NamedQueryId=query.query_id,
        WorkGroup=query.workgroup,
    )
