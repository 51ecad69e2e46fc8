"""A whole query, translated scope by scope from Trino's SQL to DuckDB's, with its columns and their types."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.sql_text import quoted
from localstack_glue.athena.engine.trino import limits
from localstack_glue.athena.engine.trino.casts import can_coerce, coerce
from localstack_glue.athena.engine.trino.expression_translation import Translator, Typed
from localstack_glue.athena.engine.trino.recursion import RECURSION
from localstack_glue.athena.engine.trino.rewrites import ALIASES, VIEW
from localstack_glue.athena.engine.trino.types import BOOLEAN, Type, check_orderable, common, field_names

TableColumns = Callable[[str], Sequence[tuple[str, Type]]]  # columns of a view, by its name
NotFound = Callable[[str], QueryFailedError]


@dataclass(frozen=True, slots=True)
class Output:
    """A column of a query's answer."""

    name: str
    type: Type


class QueryTranslator:
    """Translates one query in place."""

    def __init__(self, tree: exp.Expr, columns_of: TableColumns, not_found: NotFound) -> None:
        self._tree = tree
        self._columns_of = columns_of
        self._not_found = not_found
        self._outputs: dict[int, list[Output]] = {}

    def run(self) -> list[Output]:
        """Translate the query. Returns the SQL and its output columns.

        Raises:
            QueryFailedError: Athena would not run it, or it is not supported here.
        """
        for scope in list(traverse_scope(self._tree)):
            self._scope(scope)
            self._check_view(scope.expression)
            self._check_aliases(scope.expression)
        return self._outputs[id(self._body(self._tree))]

    def _scope(self, scope: Scope) -> None:
        node = scope.expression
        if isinstance(node, exp.SetOperation):
            self._set_operation(node)
        elif isinstance(node, exp.Select):
            self._select(node, scope)
        elif isinstance(node, exp.Values):
            self._values(node, scope)
        elif isinstance(node, exp.Unnest):
            self._unnest(node, scope)
        elif isinstance(node, exp.Lateral):
            inner = self._body(node.this)
            self._outputs[id(node)] = self._outputs[id(inner)]
        elif isinstance(node, exp.Subquery | exp.Table):
            limits.refuse_ties(node)
            inner = self._body(node)
            if id(inner) in self._outputs:
                self._outputs[id(node)] = self._outputs[id(inner)]
        else:
            raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {node.sql('trino')[:200]} is not supported here")

    def _check_view(self, node: exp.Expr) -> None:
        """Check that a view has the columns that it had when it was created."""
        outer = node.parent
        name, columns = outer.meta.get(VIEW, ("", [])) if isinstance(outer, exp.Subquery) else ("", [])
        outputs = self._outputs.get(id(node))
        if isinstance(outer, exp.Subquery) and ALIASES in outer.meta and outputs is not None:
            columns = columns and [output.name.lower() for output in outputs]  # which have other names by now
        if columns and outputs is not None and [output.name.lower() for output in outputs] != columns:
            raise QueryFailedError("INVALID_VIEW", f"line 1:1: View '{name}' is stale; it must be re-created")

    def _check_aliases(self, node: exp.Expr) -> None:
        """Check that a query whose columns get other names has as many columns as names."""
        outputs, outer = self._outputs.get(id(node)), node.parent
        if outputs is None or outer is None or ALIASES not in outer.meta:
            return
        name, count = outer.meta[ALIASES]
        if count != len(outputs):
            raise _mismatched_aliases(count, name, len(outputs))

    def _body(self, node: exp.Expr) -> exp.Expr:
        while isinstance(node, exp.Subquery) and node.this is not None:
            node = node.this
        return node

    def _translator(self, scope: Scope) -> Translator:
        return Translator(lambda column: self._resolve(column, scope), self._translate_query)

    def _translate_query(self, node: exp.Expr) -> tuple[str, list[Type]]:
        body = self._body(node)
        if id(body) not in self._outputs:
            raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {node.sql('trino')[:200]} is not supported here")
        return node.sql("duckdb", identify=True), [output.type for output in self._outputs[id(body)]]

    # ------------------------------------------------------------------------ columns

    def _resolve(self, column: exp.Column, scope: Scope) -> Typed:
        inner: Scope | None = scope
        while inner is not None:
            found = self._in_sources(column, inner)
            if found is not None:
                return found
            inner = inner.parent
        raise self._not_found(column.name)

    def _in_sources(self, column: exp.Column, scope: Scope) -> Typed | None:
        for name, source in scope.sources.items():
            if column.table and name.lower() != column.table.lower():
                continue
            columns = self._source_columns(source)
            if sum(known.lower() == column.name.lower() for known, _ in columns) > 1:
                raise QueryFailedError("AMBIGUOUS_NAME", f"line 1:1: Column '{column.name}' is ambiguous")
            for known, kind in columns:
                if known.lower() == column.name.lower():
                    table = f"{quoted(column.table)}." if column.table else ""
                    return f"{table}{quoted(known)}", kind
        return None

    def _source_columns(self, source: exp.Expr | Scope) -> Sequence[tuple[str, Type]]:
        if isinstance(source, Scope):
            outputs = self._outputs.get(id(self._body(source.expression)), self._outputs.get(id(source.expression), []))
            return [(output.name, output.type) for output in outputs]
        return self._columns_of(source.name)

    # ------------------------------------------------------------------------ SELECT

    def _select(self, node: exp.Select, scope: Scope) -> None:
        translator = self._translator(scope)
        outputs: list[Output] = []
        projections: list[exp.Expr] = []
        for place, projection in enumerate(node.expressions):
            name = projection.alias_or_name or f"_col{place}"
            value, kind = translator.translate(projection)
            outputs.append(Output(name, kind))
            projections.append(_raw(value).as_(name, quoted=True))
        # ORDER BY may name an output column, which must be distinguished from a table's column
        names = {output.name.lower(): output for output in outputs}
        self._clauses(node, translator, names, [projection.this.name for projection in projections], outputs)
        node.set("expressions", projections)
        self._outputs[id(node)] = outputs

    def _clauses(
        self,
        node: exp.Select,
        translator: Translator,
        names: dict[str, Output],
        projections: Sequence[str],
        outputs: Sequence[Output],
    ) -> None:
        for join in node.args.get("joins") or ():
            if join.args.get("on") is not None:
                join.set("on", _raw(translator.as_type(join.args["on"], BOOLEAN)))
        for clause in ("where", "having", "qualify"):
            if node.args.get(clause) is not None:
                condition = node.args[clause]
                condition.set("this", _raw(translator.as_type(condition.this, BOOLEAN)))
        if node.args.get("group") is not None:
            _replace_leaves(node.args["group"], translator)
        distinct = node.args.get("distinct")
        if node.args.get("order") is not None:
            _sort(node.args["order"], translator, outputs, projections)
            if distinct is not None:
                _check_distinct(node.args["order"], projections, names)
        limits.with_ties(node, projections, list(names))
        if distinct is not None and distinct.args.get("on") is not None:
            raise QueryFailedError("NOT_SUPPORTED", "line 1:1: Trino has no DISTINCT ON")

    def _set_operation(self, node: exp.SetOperation) -> None:
        limits.refuse_ties(node)
        left, right = (self._outputs[id(self._body(part))] for part in (node.left, node.right))
        if len(left) != len(right):
            raise QueryFailedError(
                "TYPE_MISMATCH", f"line 1:1: {node.key} query has different number of fields: {len(left)}, {len(right)}"
            )
        kinds: list[Type] = []
        for place, (one, other) in enumerate(zip(left, right, strict=True), 1):
            if node.meta.get(RECURSION) and not can_coerce(other.type, one.type):
                raise QueryFailedError(
                    "TYPE_MISMATCH",
                    f"line 1:1: recursion step relation output type ({other.type}) is not coercible to recursion base "
                    f"relation output type ({one.type}) at column {place}",
                )
            kind = one.type if node.meta.get(RECURSION) else common(one.type, other.type)
            if kind is None:
                raise QueryFailedError(
                    "TYPE_MISMATCH",
                    f"line 1:1: column {place} in {node.key} query has incompatible types: {one.type}, {other.type}",
                )
            kinds.append(kind)
        for part in (node.left, node.right):
            self._coerce_outputs(self._body(part), kinds)
        outputs = [Output(output.name, kind) for output, kind in zip(left, kinds, strict=True)]
        self._outputs[id(node)] = outputs
        if node.args.get("order") is not None:
            names = {output.name.lower(): output for output in outputs}
            translator = Translator(lambda column: self._of_answer(column, names), self._translate_query)
            _sort(node.args["order"], translator, outputs)

    def _of_answer(self, column: exp.Column, names: dict[str, Output]) -> Typed:
        found = names.get(column.name.lower())
        if found is None:
            raise self._not_found(column.name)
        return quoted(found.name), found.type

    def _coerce_outputs(self, node: exp.Expr, kinds: Sequence[Type]) -> None:
        outputs = self._outputs[id(node)]
        if isinstance(node, exp.SetOperation):
            for part in (node.left, node.right):
                self._coerce_outputs(self._body(part), kinds)
        elif isinstance(node, exp.Select):
            projections = []
            for projection, output, kind in zip(node.expressions, outputs, kinds, strict=True):
                value = coerce(projection.this.name, output.type, kind)
                projections.append(_raw(value).as_(output.name, quoted=True))
            node.set("expressions", projections)
        self._outputs[id(node)] = [Output(output.name, kind) for output, kind in zip(outputs, kinds, strict=True)]

    # ------------------------------------------------------------------------ VALUES and UNNEST

    def _values(self, node: exp.Values, scope: Scope) -> None:
        translator = self._translator(scope)
        rows = [list(each.expressions) if isinstance(each, exp.Tuple) else [each] for each in node.expressions]
        if len({len(row) for row in rows}) > 1:
            sizes = ", ".join(str(len(row)) for row in rows[:2])
            raise QueryFailedError("TYPE_MISMATCH", f"line 1:1: Values rows have mismatched sizes: {sizes}")
        unified = [translator.unified(column) for column in zip(*rows, strict=True)]
        if len(unified) == 1 and unified[0][1].kind == "row":  # whose fields would be the columns
            raise QueryFailedError("NOT_SUPPORTED", "line 1:1: VALUES with computed rows is not supported here")
        lines = zip(*(values for values, _ in unified), strict=True)
        node.set("expressions", [exp.Tuple(expressions=[_raw(value) for value in line]) for line in lines])
        alias = node.args.get("alias")
        names = [column.name for column in (alias.columns if alias is not None else ())]
        if names and len(names) != len(unified):
            raise _mismatched_aliases(len(names), alias.name if alias is not None else "", len(unified))
        names = names or [f"_col{place}" for place in range(len(unified))]
        self._outputs[id(node)] = [Output(name, kind) for name, (_, kind) in zip(names, unified, strict=True)]

    def _unnest(self, node: exp.Unnest, scope: Scope) -> None:
        translator = self._translator(scope)
        alias = node.args.get("alias")
        names = [column.name for column in (alias.columns if alias is not None else ())]
        offset = node.args.get("offset") or None  # False where there is none
        typed = [translator.translate(part) for part in node.expressions]
        parts: list[Typed] = []
        for value, kind in typed:
            parts += _unnested(value, kind)
        sizes = [f"len({value})" if kind.kind == "array" else f"cardinality({value})" for value, kind in typed]
        if offset is not None:
            most = f"greatest({', '.join(f'coalesce(CAST({size} AS BIGINT), 0)' for size in sizes)})"
            parts.append((f"unnest(range(1, {most} + 1))", Type("bigint")))
            if isinstance(offset, exp.Identifier) and len(names) < len(parts):
                names.append(offset.name)
        if alias is not None and names and len(names) != len(parts):
            raise _mismatched_aliases(len(names), alias.name, len(parts))
        names += [f"_col{place}" for place in range(len(names), len(parts))]
        columns = ", ".join(f"{value} AS {quoted(name)}" for name, (value, _) in zip(names, parts, strict=False))
        self._outputs[id(node)] = [Output(name, kind) for name, (_, kind) in zip(names, parts, strict=False)]
        table = quoted(alias.name if alias is not None and alias.name else "unnest")
        sql = f"LATERAL (SELECT {columns}) AS {table}"
        node.replace(_raw(sql))


def _unnested(value: str, kind: Type) -> list[Typed]:
    if kind.kind == "map":
        return [(f"unnest(map_keys({value}))", kind.parts[0]), (f"unnest(map_values({value}))", kind.parts[1])]
    if kind.kind != "array":
        raise QueryFailedError("TYPE_MISMATCH", f"line 1:1: Cannot unnest type: {kind}")
    if kind.element.kind == "row":  # each field is a column
        pairs = zip(field_names(kind.element), kind.element.parts, strict=True)
        return [(f"unnest(list_transform({value}, lambda each: each.{quoted(name)}))", part) for name, part in pairs]
    return [(f"unnest({value})", kind.element)]


def _mismatched_aliases(count: int, name: str, columns: int) -> QueryFailedError:
    return QueryFailedError(
        "MISMATCHED_COLUMN_ALIASES",
        f"line 1:1: Column alias list has {count} entries but '{name}' has {columns} columns available",
    )


def _raw(sql: str) -> exp.Var:
    return exp.Var(this=sql)


def _replace_leaves(node: exp.Expr, translator: Translator) -> None:
    """The expressions of a GROUP BY, also inside ROLLUP, CUBE and GROUPING SETS."""
    for name, value in list(node.args.items()):
        if not isinstance(value, list):
            continue
        found: list[exp.Expr] = []
        for each in value:
            if isinstance(each, exp.GroupingSets | exp.Cube | exp.Rollup):
                _replace_leaves(each, translator)
                found.append(each)
            elif isinstance(each, exp.Tuple):
                each.set("expressions", [_raw(translator.translate(part)[0]) for part in each.expressions])
                found.append(each)
            elif isinstance(each, exp.Expr):
                found.append(_raw(translator.translate(each)[0]))
        node.set(name, found)


def _check_distinct(node: exp.Order, projections: Sequence[str], names: dict[str, Output]) -> None:
    """DISTINCT rows can only be sorted by their columns."""
    known = {*projections, *(quoted(output.name) for output in names.values())}
    for each in node.expressions:
        if not isinstance(each.this, exp.Literal) and each.this.name not in known:
            raise QueryFailedError(
                "EXPRESSION_NOT_IN_DISTINCT",
                "line 1:1: For SELECT DISTINCT, ORDER BY expressions must appear in select list",
            )


def _sort(node: exp.Order, translator: Translator, outputs: Sequence[Output], projections: Sequence[str] = ()) -> None:
    names = {output.name.lower(): output for output in outputs}
    for each in node.expressions:
        key = each.this
        if isinstance(key, exp.Column) and not key.table and key.name.lower() in names:
            output = names[key.name.lower()]
            places = [place for place, known in enumerate(outputs) if known.name.lower() == key.name.lower()]
            if len({projections[place] if projections else place for place in places}) > 1:
                raise QueryFailedError("AMBIGUOUS_NAME", f"line 1:1: Column '{key.name}' is ambiguous")
            check_orderable(output.type, "ORDER BY")
            each.set("this", _raw(quoted(output.name)))
        elif isinstance(key, exp.Literal) and not key.is_string:
            if not str(key.this).isdigit() or not 0 < int(str(key.this)) <= len(outputs):
                raise QueryFailedError(
                    "INVALID_COLUMN_REFERENCE", f"line 1:1: ORDER BY position {key.this} is not in select list"
                )
            check_orderable(outputs[int(str(key.this)) - 1].type, "ORDER BY")
        else:
            value, kind = translator.translate(key)
            check_orderable(kind, "ORDER BY")
            each.set("this", _raw(value))
