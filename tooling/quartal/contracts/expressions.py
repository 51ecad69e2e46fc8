"""Check without Spark whether the job accepts an SQL expression over a row; never more lenient than Spark.

The job asks Spark's analyzer (``etl_job/spark/sql_rules.py``). This module parses with sqlglot and accepts only
operators and functions whose types it knows. So an expression that passes here passes there, and a few expressions that
Spark would accept must be written in another way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.spark import Spark
from sqlglot.errors import SqlglotError
from sqlglot.parser import Parser
from sqlglot.parsers.spark import SparkParser

from quartal.contracts.patterns import problem_of_pattern
from quartal.contracts.row_functions import ROW_FUNCTIONS

_KINDS = {"string": "t", "date": "d", "timestamp": "s", "integer": "n", "number": "n", "boolean": "b"}
_WORDS = {"t": "text", "n": "number", "d": "date", "s": "timestamp", "b": "boolean", "0": "null"}
_TAKEN_AS = {"t": "tnds", "n": "nt", "d": "dst", "b": "b", "x": "tndsb", "i": "n"}
_COMPARED = {("t", "n"), ("t", "d"), ("t", "s"), ("d", "s")}
_CASTS = {"t": "tndsb", "n": "tnb", "d": "tds", "s": "tdsn", "b": "tnb"}
_TYPES = {
    exp.DataType.Type.TEXT: "t",
    exp.DataType.Type.INT: "n",
    exp.DataType.Type.BIGINT: "n",
    exp.DataType.Type.DOUBLE: "n",
    exp.DataType.Type.FLOAT: "n",
    exp.DataType.Type.DATE: "d",
    exp.DataType.Type.TIMESTAMPTZ: "s",
    exp.DataType.Type.TIMESTAMP: "s",
    exp.DataType.Type.BOOLEAN: "b",
}
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ)
_PREDICATES = (exp.Is, exp.In, exp.Between, exp.Like, exp.ILike, exp.RegexpLike, exp.Not, exp.And, exp.Or)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.IntDiv)
_NUMBER = re.compile(r"[0-9]{1,18}(\.[0-9]{1,6})?|\.[0-9]{1,6}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d( ([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?)?", re.ASCII)


class _RowParser(SparkParser):
    """A parser that keeps the names of functions unchanged."""

    FUNCTIONS: ClassVar[Any] = {}
    FUNCTION_PARSERS: ClassVar[Any] = {name: Parser.FUNCTION_PARSERS[name] for name in ("CAST", "TRY_CAST")}
    NO_PAREN_FUNCTIONS: ClassVar[Any] = {}


class _RefusedError(ValueError):
    """The expression contains something that the job does not accept."""


def problem_of_condition(query: str, columns: Mapping[str, str]) -> str | None:
    """Why an expression is not a condition on a row of these columns (name to logical type); None if it is one."""
    try:
        kind = _Judge(columns).infer_kind(_parsed(query))
    except _RefusedError as refusal:
        return str(refusal)
    except RecursionError:
        return "it is nested too deeply"
    except (SqlglotError, ValueError):
        return "it is not a valid SQL expression: check for a missing value, an open bracket, or text after its end"
    return None if kind == "b" else f"its result is a {_WORDS[kind]}, not true or false"


def columns_of_condition(query: str) -> set[str]:
    """The columns that a valid condition uses, in lower case."""
    return {column.name.lower() for column in _parsed(query).find_all(exp.Column)}


def has_comment(query: str) -> bool:
    """Whether a valid condition has a comment, which may hide the text after it."""
    return any(token.comments for token in Spark().tokenize(query))


def _parsed(query: str) -> exp.Expression:
    tokens = Spark().tokenize(query)
    if any(token.token_type.name == "SEMICOLON" for token in tokens):
        raise _RefusedError("it contains ';'; write a single expression")
    if "/*+" in query and any(token.comments for token in tokens):
        raise _RefusedError("it contains a hint (/*+), which only a whole query can have; remove it")
    (found,) = _RowParser(dialect=Spark()).parse_into(exp.Condition, tokens, query)
    if not isinstance(found, exp.Expression):
        raise _RefusedError("it is empty")
    return found


class _Judge:
    def __init__(self, columns: Mapping[str, str]) -> None:
        self._columns = {name.lower(): _KINDS[kind] for name, kind in columns.items()}

    def infer_kind(self, node: Any) -> str:
        """The kind of value that a part of an expression gives. Raises _RefusedError for what is not known."""
        if isinstance(node, exp.Paren):
            return self.infer_kind(node.this)
        if isinstance(node, exp.Column):
            return self._column(node)
        if isinstance(node, exp.Literal | exp.Boolean | exp.Null):
            return _constant(node)
        if isinstance(node, exp.And | exp.Or | exp.Not):
            return self._all(node, "b", "b", node.this, *([] if isinstance(node, exp.Not) else [node.expression]))
        if isinstance(node, _COMPARISONS):
            return self._compared(node, node.this, node.expression)
        if isinstance(node, _ARITHMETIC):
            return self._calculated(node, "n", node.this, node.expression)
        if isinstance(node, exp.Neg):
            return self._calculated(node, "n", node.this)
        if isinstance(node, exp.DPipe):
            return self._calculated(node, "t", node.this, node.expression)
        if isinstance(node, exp.Is):
            return self._is(node)
        if isinstance(node, exp.In) and node.expressions and not node.args.get("query"):
            return self._compared(node, node.this, *node.expressions)
        if isinstance(node, exp.Between):
            return self._compared(node, node.this, node.args["low"], node.args["high"])
        if isinstance(node, exp.Like | exp.ILike | exp.RegexpLike):
            return self._matched(node)
        if isinstance(node, exp.Case):
            return self._case(node)
        if isinstance(node, exp.Cast):
            return self._cast(node)
        if isinstance(node, exp.If):
            self._must_be(node, self.infer_kind(node.this), "b")
            return self._one_kind(node, [node.args["true"], node.args.get("false") or exp.Null()])
        if isinstance(node, exp.Anonymous):
            return self._function(node)
        raise _RefusedError(f"{node.sql(dialect='spark')[:80]!r} is not allowed in a condition on a row")

    def _operand(self, node: exp.Expression, part: Any) -> str:
        """The kind of an operand. Spark does not accept a condition without brackets there."""
        if isinstance(part, _PREDICATES):
            raise _RefusedError(f"{node.sql(dialect='spark')[:80]!r}: put brackets around the inner condition")
        return self.infer_kind(part)

    def _column(self, node: exp.Column) -> str:
        if node.name.lower() not in self._columns or len(node.parts) > 1:
            raise _RefusedError(
                f"there is no column {node.sql(dialect='spark')[:80]!r}; use the contract's column names"
            )
        return self._columns[node.name.lower()]

    def _all(self, node: exp.Expression, taken: str, arguments: str, *parts: Any) -> str:
        for part in parts:
            self._must_be(node, self.infer_kind(part), taken)
        return arguments

    def _calculated(self, node: exp.Expression, kind: str, *parts: Any) -> str:
        for part in parts:
            self._must_be(node, self._operand(node, part), kind)
        return kind

    def _must_be(self, node: exp.Expression, kind: str, taken: str) -> None:
        if kind not in (*_TAKEN_AS[taken], "0"):
            wanted = "true or false" if taken == "b" else f"a {_WORDS.get(taken, 'number')}"
            raise _RefusedError(f"{node.sql(dialect='spark')[:80]!r} needs {wanted}, but gets a {_WORDS[kind]}")

    def _compared(self, node: exp.Expression, *parts: Any) -> str:
        kinds = {kind for kind in (self._operand(node, part) for part in parts) if kind != "0"}
        if len(kinds) > 1 and not (len(kinds) == 2 and any(kinds == set(pair) for pair in _COMPARED)):
            named = " and ".join(sorted(_WORDS[kind] for kind in kinds))
            raise _RefusedError(f"{node.sql(dialect='spark')[:80]!r} compares {named}")
        return "b"

    def _one_kind(self, node: exp.Expression, parts: list[Any]) -> str:
        kinds = {kind for kind in map(self.infer_kind, parts) if kind != "0"}
        if len(kinds) > 1:
            named = ", ".join(sorted(_WORDS[kind] for kind in kinds))
            raise _RefusedError(f"{node.sql(dialect='spark')[:80]!r} mixes {named}; all results must be of one kind")
        return kinds.pop() if kinds else "0"

    def _is(self, node: exp.Is) -> str:
        kind = self._operand(node, node.this)
        if isinstance(node.expression, exp.Boolean):
            self._must_be(node, kind, "b")
        elif not isinstance(node.expression, exp.Null):
            raise _RefusedError(f"{node.sql(dialect='spark')[:80]!r}: write IS NULL, IS TRUE or IS FALSE")
        return "b"

    def _matched(self, node: Any) -> str:
        pattern = node.expression
        if not isinstance(pattern, exp.Literal) or not pattern.is_string:
            raise _RefusedError(f"{node.sql(dialect='spark')[:80]!r}: the pattern must be a quoted text")
        problem = _problem_of_match(node, pattern.this)
        if problem:
            raise _RefusedError(f"the pattern {pattern.this[:80]!r}: {problem}")
        self._must_be(node, self._operand(node, node.this), "t")
        return "b"

    def _case(self, node: exp.Case) -> str:
        whens = node.args["ifs"]
        if node.this is None:
            self._all(node, "b", "b", *(when.this for when in whens))
        else:
            for when in whens:
                self._compared(node, node.this, when.this)
        default = node.args.get("default")
        return self._one_kind(node, [when.args["true"] for when in whens] + ([] if default is None else [default]))

    def _cast(self, node: exp.Cast) -> str:
        kind, wanted = self.infer_kind(node.this), _TYPES.get(node.to.this)
        if wanted is None or node.to.expressions or node.args.get("format"):
            raise _RefusedError(f"{node.sql(dialect='spark')[:80]!r}: cast to string, int, double, date or timestamp")
        if kind not in ("0",) and wanted not in _CASTS[kind]:
            raise _RefusedError(
                f"{node.sql(dialect='spark')[:80]!r}: a {_WORDS[kind]} cannot be cast to a {_WORDS[wanted]}"
            )
        if isinstance(node.this, exp.Literal) and wanted in "ds" and not _is_moment(node.this.name, wanted):
            raise _RefusedError(f"{node.this.name[:80]!r} is not a {_WORDS[wanted]}")
        return wanted

    def _function(self, node: exp.Anonymous) -> str:
        name, arguments = str(node.this).lower(), node.expressions
        if name not in ROW_FUNCTIONS:
            raise _RefusedError(f"the function {name[:80]!r} does not work on a single row, or is not supported")
        takes, gives = ROW_FUNCTIONS[name]
        wanted = re.findall(r".[?+]?", takes)
        least = sum(not mark.endswith("?") for mark in wanted)
        if len(arguments) < least or (len(arguments) > len(wanted) and not takes.endswith("+")):
            more, end = " or more" if len(wanted) > least else "", "" if least == 1 else "s"
            raise _RefusedError(f"{name} takes {least}{more} argument{end}")
        of_one_kind = []
        for place, part in enumerate(arguments):
            mark = wanted[min(place, len(wanted) - 1)][0]
            if mark == "=":
                of_one_kind.append(part)
                continue
            if mark == "i" and not _is_whole(part):
                raise _RefusedError(f"{name}: {part.sql(dialect='spark')[:80]!r} must be a whole number")
            self._must_be(node, self.infer_kind(part), mark)
        kind = self._one_kind(node, of_one_kind) if of_one_kind else ""
        if name in ("greatest", "least") and kind == "0":
            raise _RefusedError(f"all arguments of {name} are null")
        return kind if gives == "=" else gives


def _constant(node: Any) -> str:
    if isinstance(node, exp.Boolean | exp.Null):
        return "b" if isinstance(node, exp.Boolean) else "0"
    if node.is_string:
        return "t"
    if not _NUMBER.fullmatch(node.name):
        raise _RefusedError(f"{node.name[:80]!r}: write numbers with at most 18 digits and without an exponent")
    return "n"


def _is_whole(node: Any) -> bool:
    plain = node.this if isinstance(node, exp.Neg) else node
    return isinstance(plain, exp.Literal) and not plain.is_string and re.fullmatch("[0-9]{1,4}", plain.name) is not None


def _is_moment(text: str, kind: str) -> bool:
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return _MOMENT.fullmatch(text) is not None and (kind == "s" or len(text) == 10)


def _problem_of_match(node: Any, pattern: str) -> str | None:
    if isinstance(node, exp.RegexpLike):
        return problem_of_pattern(pattern)
    return "\\ in a LIKE pattern may only precede %, _ or \\" if "\\" in pattern else None
