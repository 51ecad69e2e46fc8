"""The tables that a query mentions, and the meaning of a name: a WITH query, or a table that shares it with another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlglot import exp

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.sql_text import schema_name
from localstack_glue.athena.engine.time_travel import parse_version


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


def name_uses(tree: exp.Expr, database: str) -> Iterator[TableUse]:
    """Every mention of a table that is not a WITH query's; it is renamed to a view for this table alone.

    Args:
        tree: the query, which is changed.
        database: the database of names without one.

    Raises:
        QueryFailedError: what a mention says of a snapshot is neither its id nor a moment.
    """
    mentions = [
        table
        for table in tree.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier) and not (not table.db and is_with_query(table))
    ]
    for number, table in enumerate(mentions):
        name, schema = table.name.lower(), (table.db or database).lower()
        version = table.args.get("version")
        view, snapshot_id, moment = f"{schema}.{name}", None, None
        if version is not None:
            snapshot_id, moment = parse_version(version)
            view = f"{view} as of {number}"
            table.set("version", None)
        place = place_of(table.args.get("db") or table.this)
        if not table.alias:
            alias = name if is_alone(table, name, mentions) else f"{schema}.{name}"
            point_columns(table, schema, name, alias)
            table.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
        table.set("this", exp.to_identifier(view, quoted=True))
        table.set("db", exp.to_identifier(schema_name(schema), quoted=True))
        table.set("catalog", None)
        yield TableUse(schema, name, place, snapshot_id, moment, view)


def is_with_query(table: exp.Table) -> bool:
    """Whether a name without a database is that of a WITH query in scope.

    A WITH query sees those before it, and itself only if it is recursive.
    """
    name = table.name.lower()
    inner: exp.Expr = table
    outer = inner.parent
    while outer is not None:
        with_ = outer.args.get("with_") or outer.args.get("with")
        visible: list[exp.Expr] = []
        if isinstance(with_, exp.With) and inner is not with_:
            visible = with_.expressions
        elif isinstance(outer, exp.With) and isinstance(inner, exp.CTE):
            place = next(place for place, query in enumerate(outer.expressions) if query is inner)
            visible = outer.expressions[: place + 1] if outer.args.get("recursive") else outer.expressions[:place]
        if any(query.alias.lower() == name for query in visible):
            return True
        inner, outer = outer, outer.parent
    return False


def is_alone(table: exp.Table, name: str, mentions: Sequence[exp.Table]) -> bool:
    """Whether no other table of the same FROM has this name."""
    select = table.find_ancestor(exp.Select)
    others = [other for other in mentions if other is not table and other.find_ancestor(exp.Select) is select]
    return all((other.alias or other.name).lower() != name for other in others)


def point_columns(table: exp.Table, database: str, name: str, alias: str) -> None:
    """Rewrite columns that are qualified by the database to the name of their table in the query."""
    select = table.find_ancestor(exp.Select)
    for column in select.find_all(exp.Column) if select is not None else ():
        if (column.db.lower(), column.table.lower()) == (database, name):
            column.set("db", None)
            column.set("catalog", None)
            column.set("table", exp.to_identifier(alias, quoted=True))


def check_catalog(table: exp.Expr) -> None:
    """There is one catalog here.

    Raises:
        QueryFailedError: the table is of another one.
    """
    catalog = table.text("catalog")
    if catalog and catalog.lower() != "awsdatacatalog":
        place = place_of(table.args["catalog"])
        raise QueryFailedError("CATALOG_NOT_FOUND", f"{place}: Catalog '{catalog.lower()}' does not exist")


def place_of(node: exp.Expr) -> str:
    """The line and the column of a name in a statement, in Trino's form."""
    meta = node.meta
    if "line" not in meta:
        return "line 1:1"
    # sqlglot gives the column of the last character
    return f"line {meta['line']}:{meta['col'] - len(node.name) + 1}"
