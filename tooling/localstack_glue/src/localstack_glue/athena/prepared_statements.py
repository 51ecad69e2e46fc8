"""PREPARE, EXECUTE and DEALLOCATE as statements, over the statements that the API stores."""

import threading
from dataclasses import dataclass

from localstack_glue.athena.engine import statements
from localstack_glue.athena.engine.commands import Command, parse_command
from localstack_glue.athena.engine.errors import QueryFailedError, wrong_parameter_count
from localstack_glue.athena.engine.results import Answer
from localstack_glue.athena.engine.statement_kinds import substatement_type
from localstack_glue.athena.models import PreparedStatement, QueryExecution, get_store
from localstack_glue.service.account_region import Scope
from localstack_glue.service.clock import Clock

# https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html
_PREPARED = ("SELECT", "INSERT", "CREATE_TABLE_AS_SELECT", "UNLOAD")


@dataclass(frozen=True, slots=True)
class Prepared:
    """The statement that a query execution runs."""

    sql: str
    parameters: tuple[str, ...]


class PreparedRuns:
    """Replaces EXECUTE by the prepared statement that it names."""

    def __init__(self, clock: Clock, lock: threading.RLock) -> None:
        self._clock = clock
        self._lock = lock

    def run(self, scope: Scope, execution: QueryExecution) -> Prepared | Answer:
        """The statement to run; an answer if there is nothing left to run.

        Raises:
            QueryFailedError: the workgroup has no prepared statement of that name, or has one already; or there are
                parameters that would not be used.
        """
        command = parse_command(execution.sql, execution.database)
        if command is None or command.kind not in ("prepare", "execute", "deallocate"):
            return Prepared(execution.sql, execution.parameters)
        if execution.parameters and command.kind != "execute":
            raise wrong_parameter_count(0, len(execution.parameters))
        key = (execution.workgroup, command.table)
        stored = get_store(scope).prepared_statements
        if command.kind == "prepare":
            if substatement_type(command.rest) not in _PREPARED:
                raise QueryFailedError(
                    "NOT_SUPPORTED", "line 1:1: only SELECT, INSERT INTO, CREATE TABLE AS and UNLOAD can be prepared"
                )
            with self._lock:
                if any((known[0], known[1].lower()) == key for known in stored):
                    message = f"PreparedStatement {command.table} already exists in workGroup {execution.workgroup}"
                    raise QueryFailedError("ALREADY_EXISTS", message)
                stored[key] = PreparedStatement(command.table, execution.workgroup, command.rest, self._clock.now())
            return Answer((), (), has_header=False)
        found = next((each for known, each in stored.items() if (known[0], known[1].lower()) == key), None)
        if found is None:
            raise QueryFailedError(
                "NOT_FOUND", f"PreparedStatement {command.table} was not found in workGroup {execution.workgroup}"
            )
        if command.kind == "deallocate":
            with self._lock:
                stored.pop((execution.workgroup, found.name), None)
            return Answer((), (), has_header=False)
        values = _values(command)
        if values and execution.parameters:
            message = "line 1:1: EXECUTE with values in both USING and ExecutionParameters is not supported here"
            raise QueryFailedError("NOT_SUPPORTED", message)
        return Prepared(found.sql, values or execution.parameters)


def _values(command: Command) -> tuple[str, ...]:
    return statements.split_values(command.rest) if command.rest else ()
