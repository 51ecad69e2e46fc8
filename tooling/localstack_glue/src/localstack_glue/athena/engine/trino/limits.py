"""FETCH FIRST n ROWS WITH TIES: rows that sort equal to the last one are returned too."""

from collections.abc import Sequence

from sqlglot import exp

from localstack_glue.athena.engine.errors import QueryFailedError


def with_ties(node: exp.Select, projections: Sequence[str], names: Sequence[str]) -> None:
    """Select rows by their rank, in place, if the query requests ties.

    Args:
        node: a translated query.
        projections: its columns in DuckDB's SQL.
        names: their names, in lower case.

    Raises:
        QueryFailedError: the query has no order that defines ties.
    """
    if not _requests_ties(node):
        return
    order = node.args.get("order")
    if order is None:
        raise QueryFailedError("MISSING_ORDER_BY", "line 1:1: FETCH FIRST WITH TIES clause requires ORDER BY")
    if node.args.get("distinct") is not None:
        raise QueryFailedError("NOT_SUPPORTED", "line 1:1: WITH TIES of a SELECT DISTINCT is not supported here")
    keys = ", ".join(_key(each, projections, names) for each in order.expressions)
    first = node.args["offset"].expression.sql("duckdb") if node.args.get("offset") is not None else "0"
    count = node.args["limit"].args.get("count")
    last = f"{first} + {count.sql('duckdb') if count is not None else '1'}"
    kept = f"rank() OVER (ORDER BY {keys}) <= {last} AND row_number() OVER (ORDER BY {keys}) > {first}"
    node.set("qualify", exp.Qualify(this=exp.Var(this=kept)))
    node.set("limit", None)
    node.set("offset", None)


def refuse_ties(node: exp.Expr) -> None:
    """Refuse `WITH TIES` in a query whose rows cannot be ranked.

    Raises:
        QueryFailedError: the query asks for ties.
    """
    if _requests_ties(node):
        raise QueryFailedError(
            "NOT_SUPPORTED", "line 1:1: WITH TIES after brackets or set operations is not supported here"
        )


def _requests_ties(node: exp.Expr) -> bool:
    limit = node.args.get("limit")
    options = limit.args.get("limit_options") if isinstance(limit, exp.Fetch) else None
    return options is not None and bool(options.args.get("with_ties"))


def _key(each: exp.Expr, projections: Sequence[str], names: Sequence[str]) -> str:
    key = each.this
    text = key.name if isinstance(key, exp.Var | exp.Literal) else key.sql("duckdb")
    if isinstance(key, exp.Literal) and text.isdigit() and 0 < int(text) <= len(projections):
        text = projections[int(text) - 1]
    elif text.startswith('"') and text[1:-1].lower() in names:
        text = projections[names.index(text[1:-1].lower())]
    down = "DESC" if each.args.get("desc") else "ASC"
    return f"{text} {down} NULLS {'FIRST' if each.args.get('nulls_first') else 'LAST'}"
