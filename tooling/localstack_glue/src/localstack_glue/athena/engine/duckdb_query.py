"""A query on its way from Athena's SQL to DuckDB's: its tables, the partitions that it needs, its answer's columns."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from localstack_glue.athena.engine.catalog import CatalogTable, column_type
from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.mentions import TableUse, check_catalog, is_with_query, name_uses, place_of
from localstack_glue.athena.engine.sql_text import lambdas_apart, quoted, schema_name
from localstack_glue.athena.engine.trino import unsupported_syntax
from localstack_glue.athena.engine.trino.casts import cast
from localstack_glue.athena.engine.trino.dialect import TrinoQuery
from localstack_glue.athena.engine.trino.expression_translation import Resolve, Translator
from localstack_glue.athena.engine.trino.query_translation import Output, QueryTranslator
from localstack_glue.athena.engine.trino.rewrites import expand_short_forms, open_brackets, values_query
from localstack_glue.athena.engine.trino.types import BIGINT, BOOLEAN, SHOWN, TIMESTAMP_ZONED, VARCHAR, Type
from localstack_glue.athena.engine.trino.unnest_names import name_columns
from localstack_glue.athena.engine.views import Lookup, expand

_DIALECT = "athena"
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
        unsupported_syntax.check(self._tree)
        self._tree = expand_short_forms(self._tree)
        self._database = database
        names = {each.name for each in self._tree.find_all(exp.Column)}
        self.names_places = not names.isdisjoint(name for name, _ in _PLACES)
        self._types: dict[str, list[tuple[str, Type]]] = {}
        self.uses = tuple(name_uses(self._tree, database))
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
        if not shown or all(_shown_type(output.type) == output.type for output in outputs):
            return sql, outputs
        names = [f"c{place}" for place in range(len(outputs))]
        texts = (cast(name, each.type, _shown_type(each.type)) for name, each in zip(names, outputs, strict=True))
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
                return place_of(column.this)
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


def _written_names(statement: exp.Expr) -> list[str | None]:
    """The names of an answer's columns in the query; empty for those without a name, None for `*`."""
    while isinstance(statement, exp.SetOperation | exp.Subquery):
        statement = statement.this
    if not isinstance(statement, exp.Select):
        return [None]
    return [None if each.is_star else "" if _is_unnamed(each) else each.alias_or_name for each in statement.expressions]


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


def _shown_type(kind: Type) -> Type:
    """The type of an answer's value as it leaves DuckDB."""
    if kind.kind in _SHOWN_AS_TEXT:
        return SHOWN
    return replace(kind, parts=tuple(_shown_type(part) for part in kind.parts))


def _column_resolver(types: Mapping[str, Type]) -> Resolve:
    return lambda column: (quoted(column.name), types[column.name])


def _no_query(node: exp.Expr) -> tuple[str, Sequence[Type]]:
    raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {node.sql('trino')} is not supported here")
