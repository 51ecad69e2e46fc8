"""A query over its tables, ready to run: the data laid before DuckDB, and nothing else within its reach."""

import re
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from localstack_glue.athena.engine import metadata_tables, projection
from localstack_glue.athena.engine.catalog import CatalogTable, GlueCatalog, Partition, column_type
from localstack_glue.athena.engine.duckdb_query import Query
from localstack_glue.athena.engine.errors import QueryCancelledError, QueryFailedError
from localstack_glue.athena.engine.iceberg_data import IcebergSnapshot, open_snapshot
from localstack_glue.athena.engine.mentions import TableUse
from localstack_glue.athena.engine.parquet_data import in_lower_case
from localstack_glue.athena.engine.sql_text import lambdas_apart, quoted, schema_name, text_literal
from localstack_glue.athena.engine.table_data import ObjectFiles, create_view, kept_partitions
from localstack_glue.athena.engine.trino.macros import prepare
from localstack_glue.athena.engine.trino.python import date_patterns, documents, regexps, standard_json, texts, values
from localstack_glue.athena.engine.trino.query_translation import Output
from localstack_glue.athena.engine.trino.types import duckdb_type

PYTHON_FUNCTIONS = (
    date_patterns,
    documents,
    regexps,
    standard_json,
    texts,
    values,
)  # registered on import
SCAN_LIMIT_REASON = "Bytes scanned limit was exceeded"
_INTERRUPT_INTERVAL_S = 0.05
_MEMORY_LIMIT = "2GB"
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {"memory_limit": _MEMORY_LIMIT, "threads": 2}
_COLUMN = re.compile(
    r'column "?([\w.]+?)"? (?:not found|does not|referenced that exists)|does not have a column named "(\w+)"',
    re.IGNORECASE,
)
_OWN = re.compile(r"\b([A-Z]+(?:_[A-Z]+)+): (.*?)(?:' to INT64)?$")  # what our own SQL raises with error()
_BINDER = {
    "must appear in the GROUP BY clause": "EXPRESSION_NOT_AGGREGATE",
    "Ambiguous reference to column": "AMBIGUOUS_NAME",
    "aggregate function calls cannot be nested": "NESTED_AGGREGATION",
    "window function calls cannot be nested": "NESTED_WINDOW",
    "cannot contain aggregates": "EXPRESSION_NOT_SCALAR",
    "cannot contain window functions": "EXPRESSION_NOT_SCALAR",
}
_WRONG_ARGUMENT = re.compile(r"Map key|Codepoint|ntile|Python exception", re.IGNORECASE)
_FUNCTION = re.compile(r"Function with name (\w+) does not exist", re.IGNORECASE)


class Cancellation:
    """Lets another thread stop a query."""

    def __init__(self) -> None:
        self._is_wanted = threading.Event()

    def cancel(self) -> None:
        """Stop the query now, or as soon as it begins; nothing happens where it has ended."""
        self._is_wanted.set()

    def check(self) -> None:
        """Raise QueryCancelledError if the query was stopped."""
        if self._is_wanted.is_set():
            raise QueryCancelledError("Query cancelled by user")

    @contextmanager
    def interrupts(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Interrupt what runs on a connection, which stays open in this block, once the query is stopped.

        DuckDB forgets an interrupt that comes between two statements, so it is repeated until the block ends.
        """
        has_ended = threading.Event()

        def interrupt() -> None:
            while not has_ended.wait(_INTERRUPT_INTERVAL_S):
                if self._is_wanted.is_set():
                    connection.interrupt()

        thread = threading.Thread(target=interrupt, daemon=True)
        thread.start()
        try:
            self.check()
            yield
        finally:
            has_ended.set()
            thread.join()


@dataclass(frozen=True)
class Opened:
    """A query whose tables are loaded into DuckDB.

    Attributes:
        connection: has the tables.
        query: the parsed query.
        scanned_bytes: size of the objects that it read.
    """

    connection: duckdb.DuckDBPyConnection
    query: Query
    scanned_bytes: int

    def rows(self) -> tuple[list[Output], list[tuple[Any, ...]]]:
        """The answer in Python's values."""
        with translated_errors(self.query):
            sql, outputs = self.query.for_duckdb()
            return outputs, self._execute(sql).fetchall()

    def arrow(self, columns: Sequence[tuple[str, str]] = ()) -> tuple[list[Output], Any]:
        """The answer as Arrow, with `columns` as names and SQL over `c0`, `c1` and so on if they are given."""
        with translated_errors(self.query):
            sql, outputs = self.query.for_duckdb(shown=False)
            names = ", ".join(f"c{place}" for place in range(len(outputs)))
            if columns:
                chosen = ", ".join(f"{value} AS {quoted(name)}" for name, value in columns)
                sql = f"SELECT {chosen} FROM ({sql}) AS answer({names})"
            return outputs, self._execute(sql).to_arrow_table()

    def outputs(self) -> list[Output]:
        """The columns of the answer."""
        return self.query.for_duckdb(shown=False)[1]

    def _execute(self, sql: str) -> duckdb.DuckDBPyConnection:
        prepare(self.connection, sql)
        return self.connection.execute(lambdas_apart(sql))


@contextmanager
def opened(
    glue: Any,
    s3: Any,
    iceberg_properties: dict[str, str],
    statement: exp.Expr,
    database: str,
    scan_limit_bytes: int | None,
    stop: Cancellation,
) -> Iterator[Opened]:
    """Open a query.

    Raises:
        QueryFailedError: it cannot be answered.
        QueryCancelledError: it was stopped, or would scan more than the limit.
    """
    catalog = GlueCatalog(glue)
    query = Query(statement, database, catalog.raw_table)
    source = metadata_tables.Source(catalog, iceberg_properties)
    contents = {
        use.view: found
        for use in query.uses
        if (found := metadata_tables.find(use.database, use.name, source, use.place)) is not None
    }
    tables = {
        use.view: contents[use.view].table if use.view in contents else catalog.table(use.database, use.name, use.place)
        for use in query.uses
    }
    snapshots = {
        use.view: open_snapshot(tables[use.view], use, iceberg_properties)
        for use in query.uses
        if tables[use.view].is_iceberg
    }
    tables |= {
        view: replace(tables[view], columns=each.columns(), partition_keys=()) for view, each in snapshots.items()
    }
    query.bind(tables)
    with (
        tempfile.TemporaryDirectory(prefix="athena-") as folder,
        duckdb.connect(config={**_SETTINGS, "temp_directory": folder}) as connection,
        stop.interrupts(connection),
    ):
        connection.execute("SET TimeZone = 'UTC'")
        budget = _ScanBudget(scan_limit_bytes)
        files = ObjectFiles(s3, Path(folder))
        for use in query.uses:
            stop.check()
            if not _is_new(connection, use):
                continue
            if use.view in contents:
                connection.register(f"arrow {use.view}", contents[use.view].arrow)
                connection.execute(f"CREATE VIEW {_view(use)} AS SELECT * FROM {quoted(f'arrow {use.view}')}")
            elif use.view in snapshots:
                _lay_out_iceberg(connection, use, tables[use.view], snapshots[use.view], budget)
            else:
                _lay_out(connection, catalog, query, use, tables[use.view], files, budget)
        # the query itself can access only these files
        connection.execute(f"SET allowed_directories = [{text_literal(folder)}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield Opened(connection, query, budget.scanned_bytes)


@contextmanager
def translated_errors(query: Query) -> Iterator[None]:
    """Errors of DuckDB become those of Athena.

    Raises:
        QueryCancelledError: the query was cancelled.
        QueryFailedError: DuckDB reported any other error.
    """
    try:
        yield
    except duckdb.InterruptException as error:
        raise QueryCancelledError("Query cancelled by user") from error
    except duckdb.Error as error:
        raise _failure(error, query) from error


def _is_new(connection: duckdb.DuckDBPyConnection, use: TableUse) -> bool:
    """Whether the view has yet to be created; creates its schema."""
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema_name(use.database))}")
    exists = "SELECT 1 FROM duckdb_views() WHERE schema_name = ? AND view_name = ?"
    return connection.execute(exists, [schema_name(use.database), use.view]).fetchone() is None


def _lay_out(
    connection: duckdb.DuckDBPyConnection,
    catalog: GlueCatalog,
    query: Query,
    use: TableUse,
    table: CatalogTable,
    files: ObjectFiles,
    budget: "_ScanBudget",
) -> None:
    if use.snapshot_id is not None or use.moment is not None:
        raise QueryFailedError("NOT_SUPPORTED", f"{use.place}: only Iceberg tables keep earlier versions")
    partitions = [Partition((), table.location)]
    if table.partition_keys:
        is_said = projection.is_projected(table)
        partitions = projection.projected(table, query.tree, use.view) if is_said else catalog.partitions(table)
        condition = query.partition_filter(use, [key.name for key in table.partition_keys])
        if condition is not None:
            with duckdb.connect() as apart:
                prepare(apart, condition)
                partitions = kept_partitions(apart, table, partitions, condition)
    sources = [(partition, files.listed(partition.location)) for partition in partitions]
    budget.take(sum(item.size_bytes for _, objects in sources for item in objects))
    create_view(connection, _view(use), table, sources, files.fetch, with_places=query.names_places)


def _lay_out_iceberg(
    connection: duckdb.DuckDBPyConnection,
    use: TableUse,
    table: CatalogTable,
    snapshot: IcebergSnapshot,
    budget: "_ScanBudget",
) -> None:
    arrow = f"arrow {use.view}"
    try:
        budget.take(sum(task.file.file_size_in_bytes for task in snapshot.scan().plan_files()))
        rows = snapshot.rows()
    except FileNotFoundError as error:
        raise QueryFailedError("ICEBERG_CANNOT_OPEN_SPLIT", f"Error opening Iceberg split: {error}") from error
    except (ValueError, NotImplementedError) as error:  # deletes by equality, a format that PyIceberg does not read
        message = f"{use.place}: {use.database}.{use.name} is not read here: {error}"
        raise QueryFailedError("NOT_SUPPORTED", message) from error
    connection.register(arrow, rows)
    kinds = [(column.name, column_type(table, column.data_type())) for column in table.columns]
    # a time or a UUID of Iceberg's is a text of Athena's
    casts = (
        f"CAST({in_lower_case(quoted(field.name), field.type)} AS {duckdb_type(kind)}) AS {quoted(name)}"
        for (name, kind), field in zip(kinds, rows.schema, strict=True)
    )
    connection.execute(f"CREATE VIEW {_view(use)} AS SELECT {', '.join(casts)} FROM {quoted(arrow)}")


def _view(use: TableUse) -> str:
    return f"{quoted(schema_name(use.database))}.{quoted(use.view)}"


@dataclass
class _ScanBudget:
    """Counts the bytes that a query has to read."""

    limit_bytes: int | None
    scanned_bytes: int = 0

    def take(self, size_bytes: int) -> None:
        """Count some more; raise QueryCancelledError beyond the limit."""
        self.scanned_bytes += size_bytes
        if self.limit_bytes is not None and self.scanned_bytes > self.limit_bytes:
            raise QueryCancelledError(SCAN_LIMIT_REASON)


def _failure(error: duckdb.Error, query: Query) -> QueryFailedError:
    """DuckDB's error in Athena's words, if Athena has an equivalent."""
    text = str(error).split("\n", 1)[0]
    if found := _OWN.search(text):
        return QueryFailedError(found[1], found[2])
    for pattern, code in _BINDER.items():
        if pattern in text:
            return QueryFailedError(code, f"line 1:1: {text.removeprefix('Binder Error: ')}")
    if "More than one row returned by a subquery" in text:
        return QueryFailedError("SUBQUERY_MULTIPLE_ROWS", "Scalar sub-query has returned multiple rows")
    if "Map keys must be unique" in text:
        return QueryFailedError("INVALID_FUNCTION_ARGUMENT", "Duplicate map keys are not allowed")
    if text.startswith("Invalid Input Error: Division by zero"):
        return QueryFailedError("DIVISION_BY_ZERO", "Division by zero")
    if isinstance(error, duckdb.OutOfRangeException) or (
        isinstance(error, duckdb.ConversionException) and "out of range" in text
    ):
        return QueryFailedError("NUMERIC_VALUE_OUT_OF_RANGE", text.split(": ", 1)[-1])
    if isinstance(error, duckdb.BinderException) and (found := _COLUMN.search(text)):
        name = (found[1] or found[2]).rsplit(".", 1)[-1]
        return QueryFailedError(
            "COLUMN_NOT_FOUND",
            f"{query.place_of_column(name)}: Column '{name}' cannot be resolved or requester is not authorized to "
            "access requested resources",
        )
    if isinstance(error, duckdb.CatalogException) and (found := _FUNCTION.search(text)):
        return QueryFailedError("FUNCTION_NOT_FOUND", f"line 1:1: Function '{found[1]}' not registered")
    if text.startswith(("CSV Error", "Conversion Error: CSV Error", "Invalid Input Error: CSV Error")):
        lines = [line.strip() for line in str(error).splitlines()]
        return QueryFailedError("HIVE_BAD_DATA", next((line for line in lines if "convert" in line), text))
    if isinstance(error, duckdb.ConversionException):
        return QueryFailedError("INVALID_CAST_ARGUMENT", text.removeprefix("Conversion Error: "))
    if isinstance(error, duckdb.InvalidInputException) and (_WRONG_ARGUMENT.search(text) or not query.uses):
        return QueryFailedError("INVALID_FUNCTION_ARGUMENT", text.removeprefix("Invalid Input Error: "))
    if isinstance(error, duckdb.InvalidInputException | duckdb.IOException):
        return QueryFailedError("HIVE_BAD_DATA", text)
    if isinstance(error, duckdb.OutOfMemoryException):
        return QueryFailedError("EXCEEDED_LOCAL_MEMORY_LIMIT", f"the query needs more than {_MEMORY_LIMIT} here")
    return QueryFailedError("NOT_SUPPORTED", f"DuckDB, which runs the query here, reports: {text}")
