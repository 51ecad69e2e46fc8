"""Syntax that sqlglot accepts and Trino does not; and which parts of a query's nodes are supported here.

A node that has any other part is refused, so that no part is ignored.
"""

from collections.abc import Mapping

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from localstack_glue.athena.engine.errors import MalformedQueryError, QueryFailedError
from localstack_glue.athena.engine.trino.dialect import TrinoQuery

_ALWAYS = frozenset(("this", "expression", "expressions"))
_PARTS: Mapping[type[exp.Expr], frozenset[str]] = {
    kind: frozenset(parts.split())
    for kind, parts in {
        exp.Insert: "",
        exp.Delete: "where",
        exp.Update: "where",
        exp.Merge: "using on whens",
        exp.When: "matched condition then",
        exp.Create: "kind exists properties",
        exp.Select: "with_ from_ joins laterals where group having order limit offset distinct windows sample",
        exp.Union: "with_ distinct order limit offset",
        exp.Intersect: "with_ distinct order limit offset",
        exp.Except: "with_ distinct order limit offset",
        exp.Subquery: "alias with_ order limit offset sample",
        exp.With: "recursive",
        exp.CTE: "alias",
        exp.Table: "alias db catalog version sample",
        exp.TableAlias: "columns",
        exp.TableSample: "percent method",
        exp.Version: "kind",
        exp.Join: "method side kind on using",
        exp.Lateral: "alias",
        exp.Unnest: "alias offset",
        exp.Values: "alias sample",
        exp.Group: "grouping_sets cube rollup",
        exp.Ordered: "desc nulls_first",
        exp.Fetch: "count direction limit_options",
        exp.LimitOptions: "rows with_ties",
        exp.Window: "partition_by order spec alias over",
        exp.WindowSpec: "kind start start_side end end_side",
        exp.GroupConcat: "separator",
        exp.Alias: "alias",
        exp.Identifier: "quoted",
        exp.Column: "table db catalog",
        exp.Literal: "is_string",
        exp.Like: "negate",
        exp.Between: "low high",
        exp.Div: "typed safe",
        exp.In: "query",
        exp.Case: "ifs default",
        exp.If: "true false",
        exp.Cast: "to",
        exp.TryCast: "to safe",
        exp.DataType: "nested values",
        exp.Interval: "unit",
        exp.AtTimeZone: "zone",
        exp.Extract: "",
        exp.Trim: "position",
        exp.Substring: "start length",
        exp.StrPosition: "substr",
        exp.Normalize: "form",
        exp.ColumnDef: "kind",
        exp.ParseJSON: "is_literal",
        exp.UnicodeString: "escape",
    }.items()
}
_TABLE_PROPERTIES = (
    exp.Property, exp.FileFormatProperty, exp.PartitionedByProperty, exp.LocationProperty, exp.WithDataProperty,
)  # fmt: skip


# trino.io/docs/current/language/reserved.html, without those that stand for a value by themselves
_RESERVED_WORDS = (
    "ALTER AND AS BETWEEN BY CASE CAST CONSTRAINT CREATE CROSS CUBE DEALLOCATE DELETE DESCRIBE DISTINCT DROP ELSE END "
    "ESCAPE EXCEPT EXECUTE EXISTS EXTRACT FALSE FOR FROM FULL GROUP GROUPING HAVING IN INNER INSERT INTERSECT INTO IS "
    "JOIN LEFT LIKE NATURAL NORMALIZE NOT NULL ON OR ORDER OUTER PREPARE RECURSIVE RIGHT ROLLUP SELECT TABLE THEN TRUE "
    "UESCAPE UNION UNNEST USING VALUES WHEN WHERE WITH"
)
_RESERVED = frozenset(_RESERVED_WORDS.split())


def check_words(sql: str) -> None:
    """Check the words of a query's text.

    Raises:
        MalformedQueryError: `1_000` would be a number followed by a name, `0x1F` a binary; Trino has no `::`.
    """
    before: Token | None = None
    limited: set[int] = set()  # the bracket depth of a LIMIT that OFFSET would have to precede
    depth = 0
    for token in TrinoQuery().tokenize(sql):
        depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
        if token.token_type in (TokenType.SELECT, TokenType.L_PAREN):
            limited.discard(depth)
        elif token.token_type in (TokenType.LIMIT, TokenType.FETCH):
            limited.add(depth)
        elif token.token_type is TokenType.OFFSET and depth in limited:
            raise MalformedQueryError(f"line {token.line}:{token.col - 5}: mismatched input '{token.text}'")
        glued = before is not None and before.token_type is TokenType.NUMBER and before.end + 1 == token.start
        if (
            token.token_type is TokenType.DCOLON
            or (glued and token.token_type is TokenType.VAR)
            or (token.token_type is TokenType.HEX_STRING and sql[token.start] == "0")
        ):
            column = token.col - (token.end - token.start)
            raise MalformedQueryError(f"line {token.line}:{column}: mismatched input '{token.text}'")
        before = token


def check_names(statement: exp.Expr) -> None:
    """Check that no reserved word is a name without quotes.

    Raises:
        MalformedQueryError: one is.
    """
    found = [
        (name.meta["line"], name.meta["col"] - len(str(name.this)) + 1, str(name.this))
        for name in statement.find_all(exp.Identifier)
        if str(name.this).upper() in _RESERVED and not name.args.get("quoted") and name.meta.get("line")
    ]
    if found:
        line, column, text = min(found)
        raise MalformedQueryError(f"line {line}:{column}: mismatched input '{text}'. Expecting: <identifier>")


def check_change(statement: exp.Expr) -> None:
    """Check a statement that writes, except for the tables and queries in it.

    Raises:
        QueryFailedError: it has clauses that are not supported, such as INSERT OVERWRITE or DELETE ... LIMIT.
    """
    properties = statement.args.get("properties")
    for each in properties.expressions if isinstance(properties, exp.Properties) else ():
        if type(each) not in _TABLE_PROPERTIES:
            raise _refusal(each.sql("trino") or type(each).__name__.removesuffix("Property"), statement)
    if isinstance(statement, exp.Create) and isinstance(statement.this, exp.Schema):
        raise _refusal("a list of columns", statement)
    parts = [statement]
    if isinstance(statement, exp.Merge):
        parts += list(statement.args["whens"].expressions)
        for when in statement.args["whens"].expressions:
            then = when.args["then"]
            plain = then.name.upper() == "DELETE" if isinstance(then, exp.Var) else then.find(exp.Star) is None
            if not plain:
                raise _refusal(then.sql("trino"), statement)
    for part in parts:
        _check_node(part)


def check(tree: exp.Expr) -> None:
    """Look at every node of a query.

    Raises:
        QueryFailedError: one has a part that nothing here would look at.
    """
    for node in tree.walk():
        _check_node(node)
        if isinstance(node, exp.Join) and node.method.upper() == "NATURAL":
            raise QueryFailedError("NOT_SUPPORTED", "line 1:1: Natural join not supported")
        if isinstance(node, exp.Join) and node.side.upper() in ("RIGHT", "FULL") and isinstance(node.this, exp.Lateral):
            raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {node.side} JOIN LATERAL is not supported here")


def _check_node(node: exp.Expr) -> None:
    known = _PARTS.get(type(node), _ALWAYS)
    for part, value in node.args.items():
        if value not in (None, False, "", []) and part not in known and part not in _ALWAYS:
            raise _refusal(part.strip("_").replace("_", " ").upper(), node)


def _refusal(word: str, node: exp.Expr) -> QueryFailedError:
    return QueryFailedError("NOT_SUPPORTED", f"line 1:1: {word} in {node.sql('trino')[:200]} is not supported here")
