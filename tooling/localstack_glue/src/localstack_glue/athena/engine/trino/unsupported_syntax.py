"""Syntax that sqlglot accepts and Trino does not; and which parts of a query's nodes are supported here.

A node that has any other part is refused, so that no part is ignored.
"""

import re
from collections.abc import Mapping, Sequence

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
_SAMPLES = ("BERNOULLI", "SYSTEM")
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
# what sqlglot takes for operators of other dialects
_FOREIGN = frozenset((
    TokenType.DCOLON, TokenType.NULLSAFE_EQ, TokenType.PARAMETER, TokenType.DAMP, TokenType.HASH, TokenType.PIPE_GT,
    TokenType.TILDE, TokenType.CARET, TokenType.AMP, TokenType.PIPE, TokenType.L_BRACE,
))  # fmt: skip
_AFTER_A_LIST = frozenset((
    TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.FROM, TokenType.WHERE, TokenType.GROUP_BY, TokenType.HAVING,
    TokenType.ORDER_BY, TokenType.UNION, TokenType.EXCEPT, TokenType.INTERSECT, TokenType.SEMICOLON,
))  # fmt: skip
_BEFORE_A_VALUE = frozenset((
    TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.COMMA, TokenType.ARROW, TokenType.EQ, TokenType.NEQ, TokenType.LT,
    TokenType.LTE, TokenType.GT, TokenType.GTE, TokenType.PLUS, TokenType.DASH, TokenType.STAR, TokenType.SLASH,
    TokenType.MOD, TokenType.DPIPE,
))  # fmt: skip
_CLAUSES = (
    TokenType.SELECT, TokenType.WHERE, TokenType.AND, TokenType.OR, TokenType.NOT, TokenType.ON, TokenType.IN,
    TokenType.WHEN, TokenType.THEN, TokenType.ELSE, TokenType.BETWEEN, TokenType.VALUES,
)  # fmt: skip
_VALUES = (TokenType.NUMBER, TokenType.STRING, TokenType.DATE, TokenType.TIMESTAMP, TokenType.L_PAREN)
_DIRECTIONS = (TokenType.ASC, TokenType.DESC)
_JOIN_WORDS = (
    TokenType.INNER, TokenType.OUTER, TokenType.LEFT, TokenType.RIGHT, TokenType.FULL, TokenType.CROSS,
    TokenType.NATURAL, TokenType.SEMI, TokenType.ANTI, TokenType.ASOF,
)  # fmt: skip


def check_words(sql: str) -> None:
    """Check the words of a query's text.

    Raises:
        MalformedQueryError: `1_000` would be a number followed by a name, `0x1F` a binary; Trino has no `::`, `==`,
            `<=>`, `!` or `[1]`, no name with `$`, and no comma before a bracket or a clause.
    """
    tokens = TrinoQuery().tokenize(sql)
    before: Token | None = None
    limited: set[int] = set()  # the bracket depth of a LIMIT that OFFSET would have to precede
    depth = 0
    for place, token in enumerate(tokens):
        depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
        if token.token_type in (TokenType.SELECT, TokenType.L_PAREN):
            limited.discard(depth)
        elif token.token_type in (TokenType.LIMIT, TokenType.FETCH):
            limited.add(depth)
        elif token.token_type is TokenType.OFFSET and depth in limited:
            raise MalformedQueryError(f"line {token.line}:{token.col - 5}: mismatched input '{token.text}'")
        glued = before is not None and before.token_type is TokenType.NUMBER and before.end + 1 == token.start
        if (
            (glued and token.token_type is TokenType.VAR)
            or (token.token_type is TokenType.HEX_STRING and sql[token.start] == "0")
            or _is_foreign(tokens, place)
        ):
            column = token.col - (token.end - token.start)
            raise MalformedQueryError(f"line {token.line}:{column}: mismatched input '{token.text}'")
        before = token


def _is_foreign(tokens: Sequence[Token], place: int) -> bool:
    """Whether sqlglot would take a token that is none of Trino's at its place."""
    token = tokens[place]
    kind, text = token.token_type, token.text
    left, right = (tokens[at] if 0 <= at < len(tokens) else None for at in (place - 1, place + 1))
    if kind in _FOREIGN or (kind, text) in ((TokenType.EQ, "=="), (TokenType.NOT, "!")):
        return True
    if kind is TokenType.VAR and not re.fullmatch(r"[A-Za-z_]\w*", text, re.ASCII):
        return True
    if kind is TokenType.COMMA:  # `coalesce(1,)`, `a,, b`, `LIMIT 0, 1`
        is_limit = place > 1 and tokens[place - 2].token_type is TokenType.LIMIT
        return right is None or right.token_type in (*_AFTER_A_LIST, TokenType.COMMA) or is_limit
    if kind is TokenType.ALIAS and (right is None or right.token_type in (*_AFTER_A_LIST, TokenType.COMMA)):
        return True
    if kind in _DIRECTIONS and right is not None and right.token_type in _DIRECTIONS:  # `ORDER BY a ASC DESC`
        return left is not None and left.token_type not in (TokenType.ORDER_BY, TokenType.COMMA)
    if kind is TokenType.L_BRACKET:  # an array without its word
        return left is None or left.token_type in _BEFORE_A_VALUE or left.token_type in _CLAUSES
    if kind in (TokenType.ISNULL, TokenType.NOTNULL):
        return right is None or right.token_type is not TokenType.L_PAREN
    if text.upper() in ("VERSION", "TIMESTAMP"):  # AS OF without FOR
        words = [each.text.upper() for each in tokens[place + 1 : place + 3]]
        is_moment = words == ["AS", "OF"] and place + 3 < len(tokens) and tokens[place + 3].token_type in _VALUES
        return is_moment and (left is None or left.token_type is not TokenType.FOR)
    is_number = kind is TokenType.NUMBER and left is not None and left.token_type is TokenType.INTERVAL
    is_offset = kind is TokenType.OFFSET and left is not None and left.token_type is TokenType.WITH
    return is_number or is_offset


def check_joins(sql: str, statements: Sequence[exp.Expr]) -> None:
    """Check that each JOIN is one of Trino's, and has a condition unless it is a CROSS or NATURAL one.

    Raises:
        MalformedQueryError: sqlglot would read `a JOIN b` as `a, b`.
    """
    tokens = TrinoQuery().tokenize(sql)
    joins = [place for place, token in enumerate(tokens) if token.token_type is TokenType.JOIN]
    without = (TokenType.CROSS, TokenType.NATURAL)
    asking = [place for place in joins if place and not _join_words(tokens, place) & set(without)]
    for place in joins:
        if _join_words(tokens, place) & {TokenType.SEMI, TokenType.ANTI, TokenType.ASOF}:
            word = tokens[place - 1]
            raise MalformedQueryError(
                f"line {word.line}:{word.col - len(word.text) + 1}: mismatched input '{word.text}'"
            )
    found = [node for each in statements for node in each.find_all(exp.Join)]
    has = [node for node in found if node.args.get("on") is not None or node.args.get("using")]
    if len(has) < len(asking):
        last = tokens[asking[-1]]
        place_of = f"line {last.line}:{last.col - len(last.text) + 1}"
        raise MalformedQueryError(f"{place_of}: mismatched input: a JOIN has no condition. Expecting: 'ON', 'USING'")
    if any(node.kind.upper() == "CROSS" and node in has for node in found):
        raise MalformedQueryError("line 1:1: mismatched input: a CROSS JOIN has a condition")


def _join_words(tokens: Sequence[Token], place: int) -> set[TokenType]:
    """The words before a JOIN that say what it is; SEMI and ASOF are names of tables elsewhere."""
    words: set[TokenType] = set()
    while place and tokens[place - 1].token_type in _JOIN_WORDS:
        place -= 1
        words.add(tokens[place].token_type)
    return words


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


def check_form(statement: exp.Expr) -> None:
    """Check what sqlglot takes from other dialects into its tree, whose question marks may not have values yet.

    Raises:
        MalformedQueryError: a part is missing, a LIMIT is no number, or the like.
    """
    for node in statement.find_all(exp.Select, exp.Group, exp.Insert, exp.Update, exp.Create, exp.Version):
        if not _is_complete(node):
            raise MalformedQueryError(f"line 1:1: mismatched input '<EOF>': {node.sql('trino')[:100]} is not complete")
    for node in statement.find_all(exp.Limit, exp.Offset, exp.Alias, exp.Extract):
        if isinstance(node, exp.Limit | exp.Offset) and not _is_count(node.expression):
            raise MalformedQueryError(
                f"line 1:1: mismatched input '{node.expression.sql('trino')}'. Expecting: a number"
            )
        if isinstance(node, exp.Alias) and isinstance(node.args.get("alias"), exp.Placeholder):  # `a:b`
            raise MalformedQueryError("line 1:1: mismatched input ':'")
        if isinstance(node, exp.Extract) and isinstance(node.this, exp.Literal):
            raise MalformedQueryError(f"line 1:1: mismatched input '{node.this.sql('trino')}'")


def _is_complete(node: exp.Expr) -> bool:
    """Whether a node has the part without which it says nothing."""
    if isinstance(node, exp.Select):
        return bool(node.expressions)
    if isinstance(node, exp.Group):
        return any(node.args.values())
    if isinstance(node, exp.Update | exp.Insert) and isinstance(node.parent, exp.When):
        return True  # of MERGE
    if isinstance(node, exp.Update):
        return bool(node.expressions) and all(isinstance(each, exp.EQ) for each in node.expressions)
    if isinstance(node, exp.Insert | exp.Create | exp.Version):
        return node.expression is not None
    return True


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
        if isinstance(node, exp.Order) and isinstance(node.parent, exp.Query) and _is_by_none(node):
            raise QueryFailedError("INVALID_COLUMN_REFERENCE", "line 1:1: ORDER BY position 0 is not in select list")
        if isinstance(node, exp.TableSample) and str(node.args.get("method") or "").upper() not in _SAMPLES:
            raise _refusal(f"TABLESAMPLE {node.args.get('method') or ''}".strip(), node)
        if isinstance(node, exp.Join) and node.side.upper() in ("RIGHT", "FULL") and isinstance(node.this, exp.Lateral):
            raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {node.side} JOIN LATERAL is not supported here")


def _is_by_none(order: exp.Order) -> bool:
    return any(each.this == exp.Literal.number(0) for each in order.expressions)


def _is_count(node: exp.Expr) -> bool:
    is_all = isinstance(node, exp.Column | exp.Var) and node.name.upper() == "ALL"
    is_mark = isinstance(node, exp.Placeholder) and node.this is None
    return is_all or is_mark or (isinstance(node, exp.Literal) and not node.is_string and str(node.this).isdigit())


def _check_node(node: exp.Expr) -> None:
    known = _PARTS.get(type(node), _ALWAYS)
    for part, value in node.args.items():
        if value not in (None, False, "", []) and part not in known and part not in _ALWAYS:
            raise _refusal(part.strip("_").replace("_", " ").upper(), node)


def _refusal(word: str, node: exp.Expr) -> QueryFailedError:
    return QueryFailedError("NOT_SUPPORTED", f"line 1:1: {word} in {node.sql('trino')[:200]} is not supported here")
