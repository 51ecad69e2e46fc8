"""WITH RECURSIVE, unrolled as Trino does it: ten steps, and an error if an eleventh would find more rows.

Athena's users cannot raise that limit. DuckDB's own recursion has none, and stops where a UNION finds nothing new.
"""

from collections.abc import Iterator

from sqlglot import exp

from localstack_glue.athena.engine.errors import QueryFailedError

_DEPTH = 10
RECURSION = "recursion"  # for a UNION whose right part must have the types of its left one
EXCEEDED = "exceeded"  # for a condition that fails for any row
MESSAGE = f"Recursion depth limit exceeded ({_DEPTH}). Use 'max_recursion_depth' session property to modify the limit."


def unroll(tree: exp.Expr) -> None:
    """Replace the recursive queries of each WITH RECURSIVE in place.

    Raises:
        QueryFailedError: a recursive query has a form that Trino, or this service, does not take.
    """
    for clause in list(tree.find_all(exp.With)):
        if not clause.args.get("recursive"):
            continue
        clause.set("recursive", None)
        found: list[exp.Expr] = []
        for named in clause.expressions:
            found += _unrolled(named) if any(True for _ in _mentions(named.this, named.alias)) else [named]
        clause.set("expressions", found)


def _unrolled(named: exp.CTE) -> list[exp.Expr]:
    name, body = named.alias, named.this
    if not isinstance(body, exp.Union) or any(body.args.get(part) for part in ("order", "limit", "offset", "with_")):
        raise _refusal(f"the recursive query {name}", "must be a UNION of two queries, and nothing else")
    if not named.args["alias"].columns:
        raise QueryFailedError(
            "MISSING_COLUMN_ALIASES", f"line 1:1: missing column aliases in recursive WITH query: {name}"
        )
    count = sum(1 for _ in _mentions(body.right, name))
    if count != 1 or any(True for _ in _mentions(body.left, name)):
        raise _refusal(f"the recursive query {name}", "must mention itself once, after UNION")
    steps: list[exp.Expr] = [_named(named, 0, body.left.copy())]
    for number in range(1, _DEPTH + 2):
        step = body.right.copy()
        for table in list(_mentions(step, name)):
            alias = table.args.get("alias") or exp.TableAlias(this=table.this.copy())
            table.replace(exp.Table(this=_identifier(name, number - 1), alias=alias))
        nothing = exp.select("*").from_(exp.Table(this=_identifier(name, 0))).where(exp.false())
        typed = exp.Union(this=nothing, expression=step, distinct=False)
        typed.meta[RECURSION] = True
        steps.append(_named(named, number, typed))
    rows: exp.Expr = exp.select("*").from_(exp.Table(this=_identifier(name, 0)))
    for number in range(1, _DEPTH + 2):
        more = exp.select("*").from_(exp.Table(this=_identifier(name, number)))
        if number > _DEPTH:
            too_deep = exp.Anonymous(this="fail")
            too_deep.meta[EXCEEDED] = True
            more.set("where", exp.Where(this=too_deep))
        rows = exp.Union(this=rows, expression=more, distinct=False)
    if body.args.get("distinct"):
        inner = exp.Subquery(this=rows, alias=exp.TableAlias(this=_identifier(name, _DEPTH + 2)))
        rows = exp.Select(expressions=[exp.Star()], distinct=exp.Distinct(), from_=exp.From(this=inner))
    named.set("this", rows)
    return [*steps, named]


def _named(named: exp.CTE, number: int, body: exp.Expr) -> exp.CTE:
    columns = [column.copy() for column in named.args["alias"].columns]
    alias = exp.TableAlias(this=_identifier(named.alias, number), columns=columns)
    return exp.CTE(this=body, alias=alias, materialized=True)


def _identifier(name: str, number: int) -> exp.Identifier:
    return exp.to_identifier(f"{name} {number}", quoted=True)


def _mentions(node: exp.Expr, name: str) -> Iterator[exp.Table]:
    """The tables that mean a query of WITH: not those of a WITH within that has the same name."""
    for table in node.find_all(exp.Table):
        if table.name.lower() != name.lower() or table.args.get("db") is not None:
            continue
        outer = table.parent
        while outer is not None and outer is not node.parent:
            within = outer.args.get("with_")
            if within is not None and any(each.alias.lower() == name.lower() for each in within.expressions):
                break
            outer = outer.parent
        else:
            yield table


def _refusal(what: str, why: str) -> QueryFailedError:
    return QueryFailedError("NOT_SUPPORTED", f"line 1:1: {what} is not supported here: it {why}")
