"""Expands a query's short forms: named windows, VALUES as a query, recursion as steps, the names of the session."""

from collections.abc import Sequence

from sqlglot import exp

from localstack_glue.athena.engine.trino.recursion import unroll

_QUANTIFIERS = {"any": exp.Any, "some": exp.Any, "all": exp.All, "exists": exp.Exists}
VIEW = "view"  # for a query in brackets that replaces a table: its full name, and the names of its columns
ALIASES = "aliases"  # for a query in brackets or in WITH whose columns get other names: its name, and their number
CATALOG = "awsdatacatalog"
_PARTS = ("partition_by", "order", "spec")


def expand_short_forms(tree: exp.Expr) -> exp.Expr:
    """Expand them in place, and return the query."""
    for select in list(tree.find_all(exp.Select)):
        if select.args.get("windows"):
            _inline_windows(select)
        if select.args.get("order"):
            _inline_aliases(select)
    for node in list(tree.find_all(exp.Values)):
        _spread_rows(node)
        _as_query(node)
    for lateral in list(tree.find_all(exp.Lateral)):
        _name_columns(lateral)
    unroll(tree)
    for named in list(tree.find_all(exp.Subquery, exp.CTE)):
        alias = named.args.get("alias")
        if alias is not None and alias.columns:
            named.meta[ALIASES] = (alias.name, len(alias.columns))
    return tree


def name_session(tree: exp.Expr, database: str) -> None:
    """`current_catalog` and `current_schema` in place as their names, as varchar; a view's are where it was made."""
    for node in list(tree.find_all(exp.CurrentCatalog, exp.Column)):
        if isinstance(node, exp.CurrentCatalog):
            name = CATALOG
        elif isinstance(node.this, exp.Identifier) and node.sql().lower() == "current_schema":  # unquoted: a word
            name = database.lower()
        else:
            continue
        node.replace(exp.cast(exp.Literal.string(name), "varchar"))


def open_brackets(tree: exp.Expr) -> None:
    """Tables in brackets, `FROM (a JOIN b ON ...)`, in place without them where that means the same."""
    for bracket in reversed(list(tree.find_all(exp.Subquery))):
        inner, outer = bracket.this, bracket.parent
        is_query = isinstance(inner, exp.Query) and not (isinstance(inner, exp.Subquery) and inner.args.get("joins"))
        if is_query or bracket.args.get("alias") is not None:
            continue
        joins = [*(inner.args.get("joins") or ()), *(bracket.args.get("joins") or ())]
        if isinstance(outer, exp.Subquery):  # more brackets around it
            bracket.replace(inner)
            inner.set("joins", joins)
        elif isinstance(outer, exp.From) and outer.parent is not None:
            inner.set("joins", None)
            bracket.replace(inner)
            outer.parent.set("joins", [*joins, *(outer.parent.args.get("joins") or ())])
        elif isinstance(outer, exp.Join) and not joins:
            bracket.replace(inner)
        elif (
            isinstance(outer, exp.Join)
            and isinstance(outer.parent, exp.Select)
            and all(map(_is_inner, (outer, *joins)))
        ):
            _open_joined(outer, inner, joins)


def _is_inner(join: exp.Join) -> bool:
    """Whether a join has rows of both sides alone, by a condition or none."""
    is_plain = not join.side and not join.method and join.kind.upper() in ("", "INNER", "CROSS")
    return is_plain and not join.args.get("using")


def _open_joined(outer: exp.Join, inner: exp.Expr, joins: Sequence[exp.Join]) -> None:
    """`a JOIN (b JOIN c ON x) ON y` as `a CROSS JOIN b JOIN c ON x AND y`."""
    select, condition = outer.parent, outer.args.get("on")
    inner.set("joins", None)
    last = joins[-1]
    both = [each for each in (last.args.get("on"), condition) if each is not None]
    if both:
        last.set("on", exp.and_(*both))
        last.set("kind", None)
    before = select.args["joins"] if select is not None else []
    place = next(number for number, each in enumerate(before) if each is outer)
    opened = [exp.Join(this=inner, kind="CROSS"), *joins]
    if select is not None:
        select.set("joins", [*before[:place], *opened, *before[place + 1 :]])


def _spread_rows(values: exp.Values) -> None:
    """`VALUES ROW(1, 2)` as `VALUES (1, 2)`."""
    for row in values.expressions:
        only = row.expressions[0] if isinstance(row, exp.Tuple) and len(row.expressions) == 1 else row
        if isinstance(only, exp.Anonymous) and str(only.this).lower() == "row":
            row.replace(exp.Tuple(expressions=[each.copy() for each in only.expressions]))


def values_query(values: exp.Values) -> exp.Select:
    """`VALUES 1, 2` as a SELECT from it."""
    _spread_rows(values)
    first = values.expressions[0]
    count = len(first.expressions) if isinstance(first, exp.Tuple) else 1
    relation = values.copy()
    names = [exp.to_identifier(f"_col{place}", quoted=True) for place in range(count)]
    relation.set("alias", exp.TableAlias(this=exp.to_identifier("given", quoted=True), columns=names))
    return exp.select("*").from_(relation)


def _name_columns(lateral: exp.Lateral) -> None:
    """`LATERAL (SELECT 1) t(x)` as one of a query whose column is `x`."""
    alias = lateral.args.get("alias")
    if not isinstance(lateral.this, exp.Subquery) or alias is None or not alias.columns:
        return
    named = exp.Subquery(this=lateral.this.this.copy(), alias=alias.copy())
    lateral.set("this", exp.Subquery(this=exp.select("*").from_(named)))
    lateral.set("alias", exp.TableAlias(this=alias.this.copy()))


def _inline_aliases(select: exp.Select) -> None:
    """`ORDER BY a + 1` means the `a` of the answer before one of a table."""
    named = {each.alias.lower(): each.this for each in select.expressions if isinstance(each, exp.Alias)}
    for ordered in select.args["order"].expressions:
        for column in list(ordered.find_all(exp.Column)):
            known = named.get(column.name.lower()) if not column.table else None
            if known is None or column is ordered.this or column.find_ancestor(exp.Select) is not select:
                continue
            column.replace(exp.paren(known.copy()))


def _inline_windows(select: exp.Select) -> None:
    """`OVER w` gets the definition in `WINDOW w AS (...)`."""
    named: dict[str, exp.Window] = {}
    for window in select.args["windows"]:
        _complete(window, named)
        named[window.name.lower()] = window
    for window in list(select.find_all(exp.Window)):
        if window.find_ancestor(exp.Select) is select and window not in select.args["windows"]:
            _complete(window, named)
    select.set("windows", None)


def _complete(window: exp.Window, named: dict[str, exp.Window]) -> None:
    base = named.get(window.alias.lower()) if window.args.get("alias") is not None else None
    if base is None:
        return  # it has none, or one that does not exist, which is reported when windows are read
    for part in _PARTS:
        if not window.args.get(part) and base.args.get(part):
            found = base.args[part]
            window.set(part, [each.copy() for each in found] if isinstance(found, list) else found.copy())
    window.set("alias", None)


def _as_query(values: exp.Values) -> None:
    """VALUES in place of a query in an expression; those of a FROM or a WITH are kept."""
    inner: exp.Expr = values
    while isinstance(inner.parent, exp.Subquery) and not inner.parent.alias:
        inner = inner.parent
    outer = inner.parent
    if isinstance(outer, exp.Any | exp.All | exp.Exists):
        outer.set("this", exp.Subquery(this=values_query(values)))
    elif isinstance(outer, exp.In) and outer.expressions == [inner]:
        outer.set("expressions", None)
        outer.set("query", exp.Subquery(this=values_query(values)))
    elif isinstance(outer, exp.Anonymous) and str(outer.this).lower() in _QUANTIFIERS:
        quantifier = _QUANTIFIERS[str(outer.this).lower()]
        outer.replace(quantifier(this=exp.Subquery(this=values_query(values))))
    elif inner is not values and not isinstance(outer, exp.From | exp.Join | exp.CTE | exp.SetOperation | None):
        inner.replace(exp.Subquery(this=values_query(values)))
