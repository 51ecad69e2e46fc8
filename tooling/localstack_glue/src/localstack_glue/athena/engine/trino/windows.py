"""The clauses OVER and ORDER BY, translated to DuckDB."""

from collections.abc import Callable

from sqlglot import exp

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.trino import operators
from localstack_glue.athena.engine.trino.casts import failure
from localstack_glue.athena.engine.trino.types import Type, check_orderable

Translate = Callable[[exp.Expr], tuple[str, Type]]


def over(node: exp.Window, translate: Translate) -> str:
    """The clause after OVER.

    Raises:
        QueryFailedError: there is no window of that name.
    """
    if node.args.get("alias") is not None:
        raise QueryFailedError("INVALID_WINDOW_REFERENCE", f"line 1:1: Cannot resolve WINDOW name {node.alias}")
    parts = []
    if node.args.get("partition_by"):
        parts.append(f"PARTITION BY {', '.join(translate(part)[0] for part in node.args['partition_by'])}")
    if node.args.get("order"):
        parts.append(order(node.args["order"], translate))
    spec = node.args.get("spec")
    if spec is not None:
        ends = []
        for name in ("start", "end"):
            if end := spec.args.get(name):
                reach = end if isinstance(end, str) else _reach(end, translate)
                ends.append(f"{reach} {spec.args.get(f'{name}_side') or ''}".strip())
        parts.append(f"{spec.args['kind']} BETWEEN {ends[0]} AND {ends[1] if len(ends) > 1 else 'CURRENT ROW'}")
    return f"({' '.join(parts)})"


def _reach(end: exp.Expr, translate: Translate) -> str:
    value, kind = translate(end)
    if not isinstance(end, exp.Literal | exp.Interval):
        wrong = failure("INVALID_WINDOW_FRAME", "'Window frame offset value must not be negative or null'")
        value = f"CASE WHEN {value} IS NULL OR {value} < 0 THEN {wrong} ELSE {value} END"
    return operators.distance(value, kind)


def order(node: exp.Order, translate: Translate) -> str:
    """ORDER BY; nulls come last unless the query says otherwise."""
    found = []
    for each in node.expressions:
        value, kind = translate(each.this)
        check_orderable(kind, "ORDER BY")
        down = "DESC" if each.args.get("desc") else "ASC"
        found.append(f"{value} {down} NULLS {'FIRST' if each.args.get('nulls_first') else 'LAST'}")
    return f"ORDER BY {', '.join(found)}"
