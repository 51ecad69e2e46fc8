"""The meaning of a name in a query: a WITH query, or a table that may share its name with another."""

from collections.abc import Sequence

from sqlglot import exp


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
