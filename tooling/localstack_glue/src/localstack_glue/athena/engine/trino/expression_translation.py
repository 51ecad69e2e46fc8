"""Expressions of Trino's SQL, typed, in DuckDB's words."""

# ruff: noqa: E501 - SQL in a line is read as a line

import zlib
from collections.abc import Callable, Mapping, Sequence

from sqlglot import exp

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.sql_text import quoted, text_literal
from localstack_glue.athena.engine.trino import calls, comparisons, literals, operators, windows
from localstack_glue.athena.engine.trino.calls import Decoration
from localstack_glue.athena.engine.trino.casts import cast, coerce, to_text
from localstack_glue.athena.engine.trino.dialect import EXPLICIT
from localstack_glue.athena.engine.trino.like_patterns import like
from localstack_glue.athena.engine.trino.recursion import EXCEEDED, MESSAGE
from localstack_glue.athena.engine.trino.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    INTEGER,
    TIMESTAMP,
    TIMESTAMP_ZONED,
    UNKNOWN,
    VARCHAR,
    Type,
    array,
    common,
    field_names,
    from_sqlglot,
    row,
)

Typed = tuple[str, Type]
Resolve = Callable[[exp.Column], Typed]
QueryOf = Callable[[exp.Expr], tuple[str, Sequence[Type]]]  # SQL of a nested query, and the types of its columns
_COMPARISONS = {exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<="}
_FIELDS = (
    "year", "quarter", "month", "week", "day", "day_of_month", "day_of_week", "dow", "day_of_year", "doy", "year_of_week",
    "yow", "hour", "minute", "second", "timezone_hour", "timezone_minute",
)  # fmt: skip
_ARITHMETIC = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}


class Translator:
    """Turns expressions into SQL for DuckDB, with their types.

    Args:
        resolve: resolves a column.
        query_of: returns a query inside an expression, already translated.
    """

    def __init__(self, resolve: Resolve, query_of: QueryOf) -> None:
        self._resolve = resolve
        self._query_of = query_of
        self._variables: list[Mapping[str, Typed]] = []

    def translate(self, node: exp.Expr) -> Typed:
        """One expression.

        Raises:
            QueryFailedError: Trino would not take it, or it is not supported here.
        """
        for kind, operator in _COMPARISONS.items():
            if type(node) is kind:
                return self._comparison(operator, node), BOOLEAN
        for kind, operator in _ARITHMETIC.items():
            if type(node) is kind:
                return operators.arithmetic(operator, self.translate(node.this), self.translate(node.expression))
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {node.sql('trino')[:200]} is not supported here")
        found: Typed = method(node)
        return found

    def as_type(self, node: exp.Expr, wanted: Type) -> str:
        """An expression, converted to a type into which Trino converts it without a CAST.

        Raises:
            QueryFailedError: Trino converts its type only by a CAST, or not at all.
        """
        value, kind = self.translate(node)
        if common(kind, wanted) is None:
            raise QueryFailedError("TYPE_MISMATCH", f"line 1:1: {node.sql('trino')} must be {wanted}, not {kind}")
        return coerce(value, kind, wanted)

    def unified(self, nodes: Sequence[exp.Expr]) -> tuple[list[str], Type]:
        """Several expressions, converted to the type that they have in common.

        Raises:
            QueryFailedError: they have no type in common.
        """
        typed = [self.translate(node) for node in nodes]
        kind = UNKNOWN
        for _, each in typed:
            found = common(kind, each)
            if found is None:
                raise QueryFailedError("TYPE_MISMATCH", f"line 1:1: All values must be the same type: {kind}, {each}")
            kind = found
        return [coerce(value, each, kind) for value, each in typed], kind

    # ------------------------------------------------------------------------ literals and names

    def _literal(self, node: exp.Literal) -> Typed:
        return literals.text(str(node.this)) if node.is_string else literals.number(str(node.this))

    def _hexstring(self, node: exp.HexString) -> Typed:
        return literals.binary(str(node.this))

    def _unicodestring(self, node: exp.UnicodeString) -> Typed:
        escape = node.args.get("escape")
        return literals.unicode(str(node.this), escape.name if isinstance(escape, exp.Expr) else "\\")

    def _boolean(self, node: exp.Boolean) -> Typed:
        return ("true" if node.this else "false"), BOOLEAN

    def _null(self, _node: exp.Null) -> Typed:
        return "NULL", UNKNOWN

    def _interval(self, node: exp.Interval) -> Typed:
        written, unit = node.this, node.args.get("unit")
        is_less = isinstance(written, exp.Neg)
        written = written.this if is_less else written
        if not isinstance(written, exp.Literal) or not written.is_string or unit is None:
            raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {node.sql('trino')} is not supported here")
        value = operators.interval(str(written.this), unit.sql("trino"))
        return operators.negate(value) if is_less else value

    def _identifier(self, node: exp.Identifier) -> Typed:
        found = self._variable(node.name)
        if found is None:
            raise QueryFailedError("COLUMN_NOT_FOUND", f"line 1:1: Column '{node.name}' cannot be resolved")
        return found

    def _variable(self, name: str) -> Typed | None:
        return next((known[name.lower()] for known in reversed(self._variables) if name.lower() in known), None)

    def _column(self, node: exp.Column) -> Typed:
        if not node.table and (found := self._variable(node.name)):
            return found
        if node.table and (found := self._variable(node.table)) and not node.db:
            return self._field(found, node.name)
        return self._resolve(node)

    def _dot(self, node: exp.Dot) -> Typed:
        return self._field(self.translate(node.this), node.expression.name)

    def _field(self, value: Typed, name: str) -> Typed:
        kind = value[1]
        if kind.kind != "row" or name.lower() not in [(each or "").lower() for each in kind.names]:
            raise QueryFailedError("COLUMN_NOT_FOUND", f"line 1:1: Column '{name}' cannot be resolved")
        place = [(each or "").lower() for each in kind.names].index(name.lower())
        return f"({value[0]}).{quoted(field_names(kind)[place])}", kind.parts[place]

    def _paren(self, node: exp.Paren) -> Typed:
        value, kind = self.translate(node.this)
        return f"({value})", kind

    def _alias(self, node: exp.Alias) -> Typed:
        return self.translate(node.this)

    # ------------------------------------------------------------------------ operators

    def _comparison(self, operator: str, node: exp.Binary) -> str:
        for quantifier, word in ((exp.Any, "ANY"), (exp.All, "ALL")):
            if isinstance(node.expression, quantifier):
                return self._quantified(operator, node.this, node.expression, word)
        return comparisons.compare(operator, self.translate(node.this), self.translate(node.expression))

    def _quantified(self, operator: str, left: exp.Expr, right: exp.Expr, word: str) -> str:
        sql, types = self._query_of(right.this.unnest() if isinstance(right.this, exp.Subquery) else right.this)
        return comparisons.compare_with_query(operator, word, self.translate(left), sql, types)

    def _nullsafeeq(self, node: exp.NullSafeEQ) -> Typed:
        return comparisons.compare("IS NOT DISTINCT FROM", self.translate(node.this), self.translate(node.expression)), BOOLEAN  # fmt: skip

    def _nullsafeneq(self, node: exp.NullSafeNEQ) -> Typed:
        return comparisons.compare("IS DISTINCT FROM", self.translate(node.this), self.translate(node.expression)), BOOLEAN  # fmt: skip

    def _and(self, node: exp.And) -> Typed:
        parts = [self.as_type(part, BOOLEAN) for part in node.flatten()]
        return f"({' AND '.join(parts)})", BOOLEAN

    def _or(self, node: exp.Or) -> Typed:
        parts = [self.as_type(part, BOOLEAN) for part in node.flatten()]
        return f"({' OR '.join(parts)})", BOOLEAN

    def _not(self, node: exp.Not) -> Typed:
        return f"(NOT {self.as_type(node.this, BOOLEAN)})", BOOLEAN

    def _is(self, node: exp.Is) -> Typed:
        if not isinstance(node.expression, exp.Null):
            raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {node.sql('trino')} is not supported here")
        return f"({self.translate(node.this)[0]} IS NULL)", BOOLEAN

    def _neg(self, node: exp.Neg) -> Typed:
        if isinstance(node.this, exp.Literal) and str(node.this.this) in ("2147483648", "9223372036854775808"):
            kind = INTEGER if str(node.this.this) == "2147483648" else BIGINT
            return f"CAST('-{node.this.this}' AS {kind.kind.upper()})", kind
        return operators.negate(self.translate(node.this))

    def _between(self, node: exp.Between) -> Typed:
        value, low, high = (self.translate(part) for part in (node.this, node.args["low"], node.args["high"]))
        return f"({comparisons.compare('>=', value, low)} AND {comparisons.compare('<=', value, high)})", BOOLEAN

    def _in(self, node: exp.In) -> Typed:
        query = node.args.get("query")
        if query is not None:
            sql, types = self._query_of(query.unnest() if isinstance(query, exp.Subquery) else query)
            return comparisons.compare_with_query("=", "ANY", self.translate(node.this), sql, types), BOOLEAN
        if not node.expressions:
            raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {node.sql('trino')} is not supported here")
        (value, *others), kind = self.unified([node.this, *node.expressions])
        return comparisons.is_in(value, others, kind), BOOLEAN

    def _like(self, node: exp.Like, escape: exp.Expr | None = None) -> Typed:
        word = "NOT LIKE" if node.args.get("negate") else "LIKE"
        value, pattern = self.as_type(node.this, VARCHAR), self.as_type(node.expression, VARCHAR)
        return like(word, value, pattern, None if escape is None else self.as_type(escape, VARCHAR)), BOOLEAN

    def _escape(self, node: exp.Escape) -> Typed:
        return self._like(node.this, node.expression)

    def _dpipe(self, node: exp.DPipe) -> Typed:
        return operators.concatenate(self.translate(node.this), self.translate(node.expression))

    def _bracket(self, node: exp.Bracket) -> Typed:
        if len(node.expressions) != 1:
            raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {node.sql('trino')} is not supported here")
        value = self.translate(node.this)
        index = node.expressions[0]
        if value[1].kind == "row" and isinstance(index, exp.Literal):
            place = int(index.name) - 1 if index.name.isdigit() else -1
            if not 0 <= place < len(value[1].parts):
                raise QueryFailedError("INVALID_FUNCTION_ARGUMENT", f"line 1:1: {value[1]} has no field {index.name}")
            return f"({value[0]}).{quoted(field_names(value[1])[place])}", value[1].parts[place]
        return operators.subscript(value, self.translate(index))

    def _array(self, node: exp.Array) -> Typed:
        values, kind = self.unified(node.expressions)
        if not values:
            return "([]::INTEGER[])", array(UNKNOWN)
        return f"[{', '.join(values)}]", array(kind)

    def _tuple(self, node: exp.Tuple) -> Typed:
        return self._row(node.expressions)

    def _row(self, nodes: Sequence[exp.Expr]) -> Typed:
        named = next((node for node in nodes if isinstance(node, exp.Alias)), None)
        if named is not None:
            raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {named.sql('trino')} is not supported here")
        typed = [self.translate(node) for node in nodes]
        kind = row([each for _, each in typed])
        pairs = zip(field_names(kind), typed, strict=True)
        return f"struct_pack({', '.join(f'{name} := {value}' for name, (value, _) in pairs)})", kind

    def _case(self, node: exp.Case) -> Typed:
        branches = [branch.args["true"] for branch in node.args["ifs"]]
        default = node.args.get("default")
        values, kind = self.unified([*branches, *([default] if default is not None else [])])
        conditions = []
        for branch in node.args["ifs"]:
            if node.this is None:
                conditions.append(self.as_type(branch.this, BOOLEAN))
            else:
                conditions.append(comparisons.compare("=", self.translate(node.this), self.translate(branch.this)))
        whens = " ".join(f"WHEN {condition} THEN {value}" for condition, value in zip(conditions, values, strict=False))
        other = f" ELSE {values[-1]}" if default is not None else ""
        return f"CASE {whens}{other} END", kind

    def _if(self, node: exp.If) -> Typed:
        nodes = [node.this, node.args["true"]]
        if node.args.get("false") is not None:
            nodes.append(node.args["false"])
        return self._called("if", nodes, Decoration(), node)

    def _coalesce(self, node: exp.Coalesce) -> Typed:
        values, kind = self.unified([node.this, *node.expressions])
        return f"coalesce({', '.join(values)})", kind

    # ------------------------------------------------------------------------ casts and moments

    def _trycast(self, node: exp.TryCast) -> Typed:
        value, kind = self._cast(node)
        return f"TRY({value})", kind

    def _cast(self, node: exp.Cast) -> Typed:
        target = node.args["to"]
        wanted = from_sqlglot(target)
        if isinstance(node.this, exp.Literal) and node.this.is_string and not node.meta.get(EXPLICIT):
            return literals.typed(str(node.this.this), wanted)
        if isinstance(node.this, exp.Literal) and node.this.is_string and wanted.zone:
            known = literals.cast_zoned(str(node.this.this), wanted)
            if known is not None:
                return known
        value, kind = self.translate(node.this)
        return cast(value, kind, wanted), wanted

    def _parsejson(self, node: exp.ParseJSON) -> Typed:
        return self._called("json_parse", [node.this], Decoration(), node)

    def _attimezone(self, node: exp.AtTimeZone) -> Typed:
        return self._called("at_timezone", [node.this, node.args["zone"]], Decoration(), node)

    def _currentdate(self, _node: exp.CurrentDate) -> Typed:
        return "CAST(timezone('UTC', trino_now()) AS DATE)", DATE

    def _currenttimestamp(self, _node: exp.CurrentTimestamp) -> Typed:
        return "trino_now()", TIMESTAMP_ZONED

    def _localtimestamp(self, _node: exp.Expr) -> Typed:
        return "timezone('UTC', trino_now())", TIMESTAMP

    def _localtime(self, _node: exp.Expr) -> Typed:
        return "CAST(timezone('UTC', trino_now()) AS TIME)", Type("time", (3,))

    # ------------------------------------------------------------------------ functions

    def _extract(self, node: exp.Extract) -> Typed:
        field = node.this.name.lower()
        if field not in _FIELDS:
            raise QueryFailedError("SYNTAX_ERROR", f"line 1:1: Invalid EXTRACT field: {field}")
        return self._called(field, [node.expression], Decoration(), node)

    def _trim(self, node: exp.Trim) -> Typed:
        name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "trim")
        return self._called(
            name, [part for part in (node.this, node.expression) if part is not None], Decoration(), node
        )

    def _substring(self, node: exp.Substring) -> Typed:
        parts = [node.this, node.args["start"], node.args.get("length")]
        return self._called("substr", [part for part in parts if part is not None], Decoration(), node)

    def _strposition(self, node: exp.StrPosition) -> Typed:
        return self._called("position", [node.args["substr"], node.this], Decoration(), node)

    def _normalize(self, node: exp.Normalize) -> Typed:
        form = node.args.get("form")
        return self._called("normalize", [node.this, *([exp.Literal.string(form.name)] if form else [])], Decoration(), node)  # fmt: skip

    def _anonymous(self, node: exp.Anonymous, decoration: Decoration | None = None) -> Typed:
        name = str(node.this).lower()
        if node.meta.get(EXCEEDED):  # by a random number, as DuckDB would work out what depends on no row ahead
            text = f"CASE WHEN random() >= 0 THEN {text_literal(MESSAGE)} END"
            return f"(CAST('NOT_SUPPORTED: ' || {text} AS BIGINT) > 0)", BOOLEAN
        if name == "row":
            return self._row(node.expressions)
        if name in ("current_timestamp", "localtimestamp") and len(node.expressions) == 1:
            return (self._currenttimestamp if name == "current_timestamp" else self._localtimestamp)(node)  # type: ignore[arg-type]
        return self._called(name, node.expressions, decoration or Decoration(), node)

    def _groupconcat(self, node: exp.GroupConcat, decoration: Decoration | None = None) -> Typed:
        inner = node.this
        order = ""
        if isinstance(inner, exp.Order):
            order, inner = self.order(inner), inner.this
        if not order:
            raise QueryFailedError(
                "SYNTAX_ERROR", "line 1:1: mismatched input: LISTAGG needs WITHIN GROUP (ORDER BY ...)"
            )
        separator = node.args.get("separator")
        before = decoration or Decoration()
        decorated = Decoration(before.distinct, order, before.nulls, before.suffix)
        return self._called("listagg", [inner, *([separator] if separator is not None else [])], decorated, node)

    def _filter(self, node: exp.Filter, suffix: str = "") -> Typed:
        condition = self.as_type(node.expression.this, BOOLEAN)
        return self._aggregate(node.this, f" FILTER (WHERE {condition}){suffix}")

    def _window(self, node: exp.Window) -> Typed:
        over = f" OVER {windows.over(node, self.translate)}"
        inner, nulls = node.this, ""
        if isinstance(inner, exp.IgnoreNulls | exp.RespectNulls):
            nulls = "IGNORE NULLS" if isinstance(inner, exp.IgnoreNulls) else ""
            inner = inner.this
        if isinstance(inner, exp.Filter):
            return self._filter(inner, over)
        return self._aggregate(inner, over, nulls)

    def _aggregate(self, node: exp.Expr, suffix: str, nulls: str = "") -> Typed:
        decorated = Decoration(nulls=nulls, suffix=suffix)
        if isinstance(node, exp.GroupConcat):
            return self._groupconcat(node, decorated)
        if not isinstance(node, exp.Anonymous):
            raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {node.sql('trino')} is not supported here")
        return self._anonymous(node, decorated)

    def order(self, node: exp.Order) -> str:
        """ORDER BY."""
        return windows.order(node, self.translate)

    def _called(self, name: str, nodes: Sequence[exp.Expr], decoration: Decoration, node: exp.Expr) -> Typed:
        place = calls.place_of(node)
        function = calls.find(name, place)
        plain, decorated = calls.without_clauses(function, nodes, decoration, self.order, place)
        arguments = [None if isinstance(argument, exp.Lambda) else self.translate(argument) for argument in plain]
        return calls.call(function, plain, arguments, self._translate_lambda, decorated, place)

    def _translate_lambda(self, node: exp.Lambda, types: Sequence[Type]) -> Typed:
        # unique names: variables must not collide with the SQL around, and the same lambda gets the same names
        own = zlib.crc32(node.sql("trino").encode())
        names = [f"v{own:x}_{number}" for number in range(len(node.expressions))]
        pairs = zip(node.expressions, names, types, strict=False)
        self._variables.append({parameter.name.lower(): (name, kind) for parameter, name, kind in pairs})
        try:
            body, kind = self.translate(node.this)
        finally:
            self._variables.pop()
        return f"lambda {', '.join(names)}: {body}", kind

    # ------------------------------------------------------------------------ queries within

    def _subquery(self, node: exp.Subquery) -> Typed:
        sql, types = self._query_of(node.unnest())
        if len(types) != 1:
            raise QueryFailedError("TYPE_MISMATCH", f"line 1:1: Multiple columns returned by subquery: {len(types)}")
        return f"({sql})", types[0]

    def _select(self, node: exp.Select) -> Typed:
        sql, types = self._query_of(node)
        return f"({sql})", types[0]

    def _exists(self, node: exp.Exists) -> Typed:
        inner = node.this
        sql, _ = self._query_of(inner.unnest() if isinstance(inner, exp.Subquery) else inner)
        return f"EXISTS({sql})", BOOLEAN


__all__ = ["Translator", "to_text"]
