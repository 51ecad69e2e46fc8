"""One statement from its text to its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp

from localstack_glue.athena.engine import hive_grammar, results, statements
from localstack_glue.athena.engine.changes import Changes
from localstack_glue.athena.engine.commands import Command, parse_command
from localstack_glue.athena.engine.ddl import Ddl
from localstack_glue.athena.engine.errors import MalformedQueryError, QueryFailedError, wrong_parameter_count
from localstack_glue.athena.engine.reading import Cancellation, opened
from localstack_glue.athena.engine.results import Answer, ResultColumn
from localstack_glue.athena.engine.shows import Shows
from localstack_glue.athena.engine.trino import unsupported_syntax


@dataclass(frozen=True)
class QueryEngine:
    """Answers statements over one account's catalog and buckets.

    Attributes:
        glue: a boto3 client.
        s3: a boto3 client.
        iceberg_properties: how PyIceberg reaches S3.
    """

    glue: Any
    s3: Any
    iceberg_properties: dict[str, str]

    def run(
        self,
        sql: str,
        database: str,
        *,
        parameters: Sequence[str] = (),
        scan_limit_bytes: int | None = None,
        cancellation: Cancellation | None = None,
        tables_location: str = "",
        encryption: Mapping[str, str] | None = None,
    ) -> Answer:
        """Run a statement.

        Args:
            sql: one statement.
            database: the database of names without one.
            parameters: values for its question marks.
            scan_limit_bytes: the most that it may read.
            cancellation: lets another thread stop it.
            tables_location: the folder for the data of a table that is created without a location.
            encryption: how S3 encrypts the files that it writes, as PutObject takes it.

        Raises:
            QueryFailedError: it failed, or is not supported here.
            QueryCancelledError: it was stopped, or would scan more than the limit.
        """
        stop = cancellation or Cancellation()
        changes = Changes(
            self.glue,
            self.s3,
            self.iceberg_properties,
            database,
            scan_limit_bytes,
            stop,
            tables_location,
            encryption or {},
        )
        command = parse_command(sql, database)
        if command is not None:
            return self._run_command(command, database, changes, parameters, stop)
        statement = statements.parse(sql, parameters)
        ddl = Ddl(self.glue, self.s3, database, changes.purge)
        if isinstance(statement, exp.Insert | exp.Delete | exp.Update | exp.Merge) or (
            isinstance(statement, exp.Create) and statement.expression and statement.args.get("kind") == "TABLE"
        ):
            unsupported_syntax.check_change(statement)
        if isinstance(statement, exp.Create):
            return changes.create(statement, sql) or ddl.create_table(statement)
        if isinstance(statement, exp.Drop):
            return ddl.drop(statement)
        if isinstance(statement, exp.Alter):
            return changes.alter_iceberg(statement) or ddl.alter(statement)
        if isinstance(statement, exp.Insert):
            return changes.insert(statement)
        if isinstance(statement, exp.Delete | exp.Update | exp.Merge):
            return changes.change_rows(statement)
        with opened(self.glue, self.s3, self.iceberg_properties, statement, database, scan_limit_bytes, stop) as query:
            outputs, rows = query.rows()
            shown = query.query.shown(outputs)
            columns = tuple(results.result_column(output.name, output.type) for output in shown)
            types = [output.type for output in outputs]
            texts = (tuple(map(results.as_text, row, types)) for row in rows)
            return Answer(columns, tuple(texts), query.scanned_bytes)

    def _run_command(
        self, command: Command, database: str, changes: Changes, parameters: Sequence[str], stop: Cancellation
    ) -> Answer:
        if parameters and command.kind not in ("explain", "unload"):
            raise wrong_parameter_count(0, len(parameters))
        for name in command.hive_names:
            hive_grammar.check_name(name)
        if command.kind == "explain":
            return self._explain(command, database, parameters, stop)
        answer = (
            Shows(self.glue, self.iceberg_properties).run_command(command)
            or changes.change_iceberg_column(command)
            or Ddl(self.glue, self.s3, database, changes.purge).run_command(command)
            or changes.run_command(command, parameters)
        )
        if answer is None:
            raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {command.kind.upper()} is not supported here")
        return answer

    def _explain(self, command: Command, database: str, parameters: Sequence[str], stop: Cancellation) -> Answer:
        """The query as a plan of its input and output, not as Trino's own plan."""
        if command.options and "format" in command.options.lower() and "text" not in command.options.lower():
            raise QueryFailedError("NOT_SUPPORTED", "line 1:1: EXPLAIN supports only the format TEXT")
        if "type" in command.options.lower() and not {"logical", "distributed"} & set(command.options.lower().split()):
            raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: EXPLAIN ({command.options}) is not supported here")
        statement = statements.parse(command.rest, parameters)
        with opened(self.glue, self.s3, self.iceberg_properties, statement, database, None, stop) as query:
            outputs = query.outputs()
            lines = ["Query Plan", "Fragment 0 [SINGLE]"]
            lines.append(f"    Output layout: [{', '.join(f'{each.name}:{each.type}' for each in outputs)}]")
            lines += [f"    TableScan[awsdatacatalog:{use.database}:{use.name}]" for use in query.query.uses]
        return Answer((ResultColumn("Query Plan", "varchar"),), tuple((line,) for line in lines), has_header=False)


__all__ = ["Cancellation", "MalformedQueryError", "QueryEngine", "sqlglot"]
