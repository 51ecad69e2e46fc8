"""Athena's SQL: the tables that a statement reads, the partitions that it needs, and the equivalent for DuckDB."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError, ParseError, TokenError
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from localstack_glue.athena.engine import hive_grammar
from localstack_glue.athena.engine.catalog import CatalogTable
from localstack_glue.athena.engine.column_changes import parse_change
from localstack_glue.athena.engine.commands import SEPARATORS, Command, parse_command, partitions, properties
from localstack_glue.athena.engine.errors import MalformedQueryError, QueryFailedError
from localstack_glue.athena.engine.hive_names import double_quoted_name
from localstack_glue.athena.engine.mentions import is_alone, is_with_query, point_columns
from localstack_glue.athena.engine.sql_text import BLANK, lambdas_apart, quoted
from localstack_glue.athena.engine.statement_kinds import TABLE_AS
from localstack_glue.athena.engine.time_travel import parse_version
from localstack_glue.athena.engine.trino import grammar
from localstack_glue.athena.engine.trino.casts import cast
from localstack_glue.athena.engine.trino.dialect import TrinoQuery
from localstack_glue.athena.engine.trino.expression_translation import Resolve, Translator
from localstack_glue.athena.engine.trino.query_translation import Output, QueryTranslator
from localstack_glue.athena.engine.trino.rewrites import expand_short_forms, open_brackets, values_query
from localstack_glue.athena.engine.trino.types import (
    BIGINT,
    BOOLEAN,
    SHOWN,
    TIMESTAMP_ZONED,
    VARCHAR,
    Type,
    from_sqlglot,
)
from localstack_glue.athena.engine.trino.unnest_names import name_columns
from localstack_glue.athena.engine.views import Lookup, expand

_DIALECT = "athena"
_QUERY = re.compile(
    rf"(?:{BLANK}|\()*(?:select|with|values|table|insert|delete|update|merge)\b", re.IGNORECASE | re.DOTALL
)
# what Python has no value for, or not Athena's text
_SHOWN_AS_TEXT = (
    "real",
    "time",
    "timestamp",
    "timestamp with time zone",
    "interval day to second",
    "interval year to month",
)
# columns of every table over files: the path, size and time of a row's file
_PLACES = (("$path", VARCHAR), ("$file_size", BIGINT), ("$file_modified_time", TIMESTAMP_ZONED))
_UNNAMED = "unnamed expression "


@dataclass(frozen=True, slots=True)
class TableUse:
    """One mention of a table.

    Attributes:
        database: its database, in lower case.
        name: its name, in lower case.
        place: its place in the query, in Trino's form.
        snapshot_id: of `FOR VERSION AS OF`.
        moment: of `FOR TIMESTAMP AS OF`.
        view: its name for DuckDB.
    """

    database: str
    name: str
    place: str
    snapshot_id: int | None
    moment: datetime | None
    view: str


def parse(sql: str, parameters: Sequence[str] = ()) -> exp.Expr:
    """Parse one statement and put the parameters in the places of its question marks.

    Raises:
        MalformedQueryError: it is not one statement, or the number of parameters differs from that of the marks.
    """
    try:
        dialect = _dialect(sql)
        if dialect is TrinoQuery:
            grammar.check_words(sql)
        found = [statement for statement in sqlglot.parse(sql, read=dialect) if statement is not None]
        if dialect is TrinoQuery:
            grammar.check_joins(sql, found)
            for each in found:
                grammar.check_names(each)
        values = [_parameter(value) for value in parameters]
    except (ParseError, TokenError) as error:
        raise MalformedQueryError(_first_problem(error)) from error
    if len(found) != 1:
        raise MalformedQueryError("line 1:1: Only one sql statement is allowed.")
    statement = found[0]
    is_view = isinstance(statement, exp.Create) and str(statement.args.get("kind")).upper() == "VIEW"
    if (isinstance(statement, exp.Command) and TABLE_AS.match(sql)) or (is_view and statement.expression is None):
        raise MalformedQueryError("line 1:1: mismatched input: no query follows AS")
    marks = [mark for mark in statement.find_all(exp.Placeholder) if mark.this is None]
    if len(marks) != len(values):
        raise MalformedQueryError(f"Incorrect number of parameters: expected {len(marks)} but found {len(values)}")
    marks.sort(key=lambda mark: _token_order(statement, mark))
    for mark, value in zip(marks, values, strict=True):
        mark.replace(value)
    if dialect is TrinoQuery:
        grammar.check_form(statement)
    elif dialect is hive_grammar.HiveStatement:
        hive_grammar.check(statement)
    return statement


def _dialect(sql: str) -> Any:
    """The grammar of a statement: Trino's, Hive's, or the one of those that sqlglot takes it for."""
    if _QUERY.match(sql) or TABLE_AS.match(sql):
        return TrinoQuery
    return hive_grammar.HiveStatement if hive_grammar.STATEMENT.match(sql) else _DIALECT


def statement_type(sql: str, parameters: Sequence[str], database: str) -> str:
    """DML, DDL or UTILITY, as Athena classifies statements.

    Raises:
        MalformedQueryError: the text is not a statement.
    """
    if quoted_name := double_quoted_name(sql):
        name, position = quoted_name
        place = f"line {sql.count(chr(10), 0, position) + 1}:{position - sql.rfind(chr(10), 0, position)}"
        raise MalformedQueryError(f"{place}: mismatched input '{name}'. In this statement, write names in backticks")
    command = parse_command(sql, database)
    if command is not None:
        _check_parts(command)
        if command.kind in ("unload", "explain"):
            parse(command.rest, parameters)
        elif parameters and command.kind != "execute":
            raise MalformedQueryError(f"Incorrect number of parameters: expected 0 but found {len(parameters)}")
        if command.kind in ("unload", "explain", "vacuum", "execute"):
            return "DML"
        return "UTILITY" if command.kind.startswith(("show", "describe", "prepare", "deallocate")) else "DDL"
    statement = parse(sql, parameters)
    return "DDL" if isinstance(statement, exp.Create | exp.Drop | exp.Alter | exp.Command) else "DML"


def _check_parts(command: Command) -> None:
    """Check the parts of a statement that is only taken apart when it runs.

    Raises:
        MalformedQueryError: one is not what it should be.
    """
    with suppress(QueryFailedError):  # of names, which is found when it runs
        if command.kind == "change column":
            parse_change(command.rest)
        elif command.kind in ("add partition", "drop partition", "rename partition"):
            partitions(command.rest, SEPARATORS.get(command.kind, ""))
    if command.kind in ("create database", "alter database"):
        properties(command.rest)


def _parameter(text: str) -> exp.Expr:
    """A parameter's value; a word that is not a literal is a text."""
    try:
        found = sqlglot.parse_one(text, read=TrinoQuery)
    except (ParseError, TokenError):
        return exp.Literal.string(text)
    return exp.Literal.string(text) if found.find(exp.Column) else found


def split_values(text: str) -> tuple[str, ...]:
    """`1, 'a, b'` as two values.

    Raises:
        QueryFailedError: they are not values.
    """
    try:
        return tuple(each.sql(TrinoQuery) for each in sqlglot.parse_one(f"select {text}", read=TrinoQuery).expressions)
    except (ParseError, TokenError) as error:
        raise QueryFailedError("SYNTAX_ERROR", f"line 1:1: {_first_problem(error)}") from error


class Query:
    """A SELECT on its way from Athena's dialect to DuckDB's."""

    def __init__(self, statement: exp.Expr, database: str, lookup: Lookup = lambda _database, _name: None) -> None:
        """Take a statement over, the views in it replaced.

        Raises:
            QueryFailedError: it is not a statement that only reads.
        """
        if isinstance(statement, exp.Values):
            statement = values_query(statement)
        if not isinstance(statement, exp.Query):
            kind = statement.sql(_DIALECT).split(maxsplit=1)[0].upper()
            raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {kind} is not supported here; only queries are")
        for table in statement.find_all(exp.Table):
            check_catalog(table)
        self._written = _written_names(statement)
        self._tree = expand(statement.copy(), database, lookup, is_with_query)
        open_brackets(self._tree)
        grammar.check(self._tree)
        self._tree = expand_short_forms(self._tree)
        self._database = database
        names = {each.name for each in self._tree.find_all(exp.Column)}
        self.names_places = not names.isdisjoint(name for name, _ in _PLACES)
        self._types: dict[str, list[tuple[str, Type]]] = {}
        self.uses = tuple(self._name_uses())
        self._mark_unnamed()

    @property
    def tree(self) -> exp.Expr:
        """The current syntax tree of the query."""
        return self._tree

    def bind(self, tables: Mapping[str, CatalogTable]) -> None:
        """Set the columns of the tables, by the view's name, and qualify the names of columns.

        Raises:
            QueryFailedError: a column does not exist, or its name is ambiguous.
        """
        schema = MappingSchema(dialect=TrinoQuery)
        for use in self.uses:
            table = tables[use.view]
            self._types[use.view] = [(c.name, column_type(table, c.data_type())) for c in table.all_columns]
            columns = {_quoted(name): "varchar" for name, _ in self._types[use.view]}
            if self.names_places and not table.is_iceberg:  # `*` does not mean them
                self._types[use.view] = [*self._types[use.view], *_PLACES]
            schema.add_table(
                exp.table_(use.view, db=schema_name(use.database), quoted=True), columns, dialect=TrinoQuery
            )
        name_columns(self._tree)
        try:
            self._tree = qualify(
                self._tree,
                schema=schema,
                dialect=TrinoQuery,
                db=self._database,
                identify=False,
                quote_identifiers=False,
                validate_qualify_columns=False,
                expand_alias_refs=False,  # Trino lets only ORDER BY use them
            )
            self._number_unnamed()
        except OptimizeError as error:
            raise QueryFailedError("SYNTAX_ERROR", f"line 1:1: {error}") from error

    def partition_filter(self, use: TableUse, keys: Sequence[str]) -> str | None:
        """The part of WHERE that concerns only a table's partition keys, for DuckDB; None if there is none."""
        found: list[str] = []
        for select in self._tree.find_all(exp.Select):
            where = select.args.get("where")
            aliases = {
                table.alias_or_name
                for table in select.find_all(exp.Table)
                if table.name == use.view and table.find_ancestor(exp.Select) is select
            }
            if not aliases:
                continue
            parts = list(where.this.flatten()) if where is not None and isinstance(where.this, exp.And) else []
            parts = parts or ([where.this] if where is not None else [])
            known = [part for part in parts if _uses_only_keys(part, aliases, keys)]
            if len(aliases) > 1 or not known or self._is_outer(select, aliases):
                return None
            types = dict(self._types[use.view])
            translator = Translator(_column_resolver(types), _no_query)
            found.append(" AND ".join(translator.as_type(part, BOOLEAN) for part in known))
        return lambdas_apart(" OR ".join(f"({text})" for text in found)) or None

    def for_duckdb(self, *, shown: bool = True) -> tuple[str, list[Output]]:
        """The whole query, and the columns of its answer; `shown` if values are to be as Athena shows them."""
        tree = self._tree.copy()
        outputs = QueryTranslator(tree, self._types.__getitem__, self._no_column).run()
        sql = tree.sql("duckdb", identify=True)  # a name may be a word of DuckDB's, or hold blanks
        if not shown or all(shown_type(output.type) == output.type for output in outputs):
            return sql, outputs
        names = [f"c{place}" for place in range(len(outputs))]
        texts = (cast(name, each.type, shown_type(each.type)) for name, each in zip(names, outputs, strict=True))
        return f"SELECT {', '.join(texts)} FROM ({sql}) AS answer({', '.join(names)})", outputs

    def shown(self, outputs: Sequence[Output]) -> list[Output]:
        """The columns of the answer by the names in the query, in its case; those of `*` have their own."""
        stars = self._written.count(None)
        if stars > 1:
            return list(outputs)
        names: list[str | None] = list(self._written)
        if stars:
            place = names.index(None)
            names[place : place + 1] = [None] * (len(outputs) - len(names) + 1)
        if len(names) != len(outputs):
            return list(outputs)
        pairs = zip(outputs, names, strict=True)
        return [Output(name, output.type) if name else output for output, name in pairs]

    def _no_column(self, name: str) -> QueryFailedError:
        return QueryFailedError(
            "COLUMN_NOT_FOUND",
            f"{self.place_of_column(name)}: Column '{name}' cannot be resolved or requester is not authorized to "
            "access requested resources",
        )

    def place_of_column(self, name: str) -> str:
        """The place of a column in the query."""
        for column in self._tree.find_all(exp.Column):
            if column.name.lower() == name.lower():
                return _place(column.this)
        return "line 1:1"

    @staticmethod
    def _is_outer(select: exp.Select, aliases: set[str]) -> bool:
        """Whether a join may keep rows for which the filter would have to see the missing partition as null."""
        return any(join.side for join in select.args.get("joins") or ()) and bool(aliases)

    def _mark_unnamed(self) -> None:
        """Name expressions without a name, to find them again: sqlglot would derive a name from their content."""
        selects = list(self._tree.find_all(exp.Select))
        unnamed = [each for select in selects for each in select.expressions if not each.is_star and _is_unnamed(each)]
        for number, expression in enumerate(unnamed):
            name = exp.to_identifier(f"{_UNNAMED}{number}", quoted=True)
            expression.replace(exp.Alias(this=expression.copy(), alias=name))  # also of a query in brackets

    def _number_unnamed(self) -> None:
        """Name them `_col` and their position, as Trino does; references to them are changed too."""
        numbered = {
            expression.alias: f"_col{place}"
            for select in self._tree.find_all(exp.Select)
            for place, expression in enumerate(select.expressions)
            if expression.alias.startswith(_UNNAMED)
        }
        for name in list(self._tree.find_all(exp.Identifier)):
            if name.name in numbered:
                name.replace(exp.to_identifier(numbered[name.name], quoted=True))

    def _name_uses(self) -> Iterator[TableUse]:
        """Every mention of a table that is not a WITH query's; it is renamed to a view for this table alone."""
        mentions = [
            table
            for table in self._tree.find_all(exp.Table)
            if isinstance(table.this, exp.Identifier) and not (not table.db and is_with_query(table))
        ]
        for number, table in enumerate(mentions):
            name, database = table.name.lower(), (table.db or self._database).lower()
            version = table.args.get("version")
            view, snapshot_id, moment = f"{database}.{name}", None, None
            if version is not None:
                snapshot_id, moment = parse_version(version)
                view = f"{view} as of {number}"
                table.set("version", None)
            place = _place(table.args.get("db") or table.this)
            if not table.alias:
                alias = name if is_alone(table, name, mentions) else f"{database}.{name}"
                point_columns(table, database, name, alias)
                table.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
            table.set("this", exp.to_identifier(view, quoted=True))
            table.set("db", exp.to_identifier(schema_name(database), quoted=True))
            table.set("catalog", None)
            yield TableUse(database, name, place, snapshot_id, moment, view)


def _written_names(statement: exp.Expr) -> list[str | None]:
    """The names of an answer's columns in the query; empty for those without a name, None for `*`."""
    while isinstance(statement, exp.SetOperation | exp.Subquery):
        statement = statement.this
    if not isinstance(statement, exp.Select):
        return [None]
    return [None if each.is_star else "" if _is_unnamed(each) else each.alias_or_name for each in statement.expressions]


def schema_name(database: str) -> str:
    """The name of a database's schema in DuckDB, which reserves some names."""
    return f"{database} database"


def check_catalog(table: exp.Expr) -> None:
    """There is one catalog here.

    Raises:
        QueryFailedError: the table is of another one.
    """
    catalog = table.text("catalog")
    if catalog and catalog.lower() != "awsdatacatalog":
        place = _place(table.args["catalog"])
        raise QueryFailedError("CATALOG_NOT_FOUND", f"{place}: Catalog '{catalog.lower()}' does not exist")


def _is_unnamed(expression: exp.Expr) -> bool:
    return not isinstance(expression, exp.Alias | exp.Aliases | exp.Column | exp.Dot | exp.Identifier)


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql(_DIALECT)


def _uses_only_keys(part: exp.Expr, aliases: set[str], keys: Sequence[str]) -> bool:
    columns = list(part.find_all(exp.Column))
    return (
        bool(columns)
        and part.find(exp.Subquery, exp.Select) is None
        and all(column.table in aliases and column.name in keys for column in columns)
    )


def column_type(table: CatalogTable, kind: exp.DataType) -> Type:
    """A column's type in Trino; Iceberg's moments have microseconds, others milliseconds."""
    return _finer(from_sqlglot(kind)) if table.is_iceberg else from_sqlglot(kind)


def with_own_columns(table: CatalogTable, iceberg_properties: Mapping[str, str]) -> CatalogTable:
    """A table with its actual columns: those of an Iceberg table come from its metadata."""
    from localstack_glue.athena.engine.iceberg_data import open_snapshot

    if not table.is_iceberg:
        return table
    return replace(table, columns=open_snapshot(table, None, iceberg_properties).columns(), partition_keys=())


def _finer(kind: Type) -> Type:
    numbers = (6,) if kind.kind.startswith("timestamp") else kind.numbers
    return replace(kind, numbers=numbers, parts=tuple(_finer(part) for part in kind.parts))


def shown_type(kind: Type) -> Type:
    """The type of an answer's value as it leaves DuckDB."""
    if kind.kind in _SHOWN_AS_TEXT:
        return SHOWN
    return replace(kind, parts=tuple(shown_type(part) for part in kind.parts))


def _column_resolver(types: Mapping[str, Type]) -> Resolve:
    return lambda column: (quoted(column.name), types[column.name])


def _no_query(node: exp.Expr) -> tuple[str, Sequence[Type]]:
    raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {node.sql('trino')} is not supported here")


def _place(node: exp.Expr) -> str:
    meta = node.meta
    if "line" not in meta:
        return "line 1:1"
    # sqlglot gives the column of the last character
    return f"line {meta['line']}:{meta['col'] - len(node.name) + 1}"


def _token_order(statement: exp.Expr, mark: exp.Expr) -> int:
    for position, node in enumerate(statement.dfs()):
        if node is mark:
            return position
    return 0


def _first_problem(error: ParseError | TokenError) -> str:
    problems = getattr(error, "errors", None) or [{}]
    first = problems[0]
    place = f"line {first.get('line') or 1}:{first.get('col') or 1}"
    return f"{place}: mismatched input '{first.get('highlight') or ''}'"
