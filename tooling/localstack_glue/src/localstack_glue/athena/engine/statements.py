"""A statement's text: its syntax tree with the parameters in their places, and its type (DML, DDL or UTILITY)."""

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from localstack_glue.athena.engine import hive_grammar
from localstack_glue.athena.engine.column_changes import parse_change
from localstack_glue.athena.engine.commands import SEPARATORS, Command, parse_command, partitions, properties
from localstack_glue.athena.engine.errors import MalformedQueryError, QueryFailedError, wrong_parameter_count
from localstack_glue.athena.engine.hive_names import double_quoted_name
from localstack_glue.athena.engine.sql_text import BLANK
from localstack_glue.athena.engine.statement_kinds import TABLE_AS
from localstack_glue.athena.engine.trino import unsupported_syntax
from localstack_glue.athena.engine.trino.dialect import TrinoQuery

_DIALECT = "athena"
_EXPLAINED = re.compile(
    rf"{BLANK}*explain\b(?:{BLANK}+analyze\b(?:{BLANK}+verbose\b)?)?"
    rf"(?:{BLANK}*\((?!{BLANK}*(?:select|with|values)\b|\()[^)]*\))?(?P<statement>.*)",
    re.IGNORECASE | re.DOTALL,
)
_OF_PREPARED = re.compile(rf"{BLANK}*(?P<word>prepare|execute|deallocate)\b", re.IGNORECASE | re.DOTALL)
_QUERY = re.compile(
    rf"(?:{BLANK}|\()*(?:select|with|values|table|insert|delete|update|merge)\b", re.IGNORECASE | re.DOTALL
)


def parse(sql: str, parameters: Sequence[str] = ()) -> exp.Expr:
    """Parse one statement and put the parameters in the places of its question marks.

    Raises:
        MalformedQueryError: it is not one statement.
        QueryFailedError: the number of parameters differs from that of the marks.
    """
    statement = parse_text(sql)
    marks = [mark for mark in statement.find_all(exp.Placeholder) if mark.this is None]
    if len(marks) != len(parameters):
        raise wrong_parameter_count(len(marks), len(parameters))
    marks.sort(key=lambda mark: _token_order(statement, mark))
    for mark, value in zip(marks, parameters, strict=True):
        mark.replace(_parameter(value))
    if marks and _dialect(sql) is TrinoQuery:
        unsupported_syntax.check_form(statement)
    return statement


def parse_text(sql: str) -> exp.Expr:
    """Parse one statement, whose question marks stay.

    Raises:
        MalformedQueryError: it is not one statement.
    """
    try:
        dialect = _dialect(sql)
        if dialect is TrinoQuery:
            unsupported_syntax.check_words(sql)
        found = [statement for statement in sqlglot.parse(sql, read=dialect) if statement is not None]
        if dialect is TrinoQuery:
            unsupported_syntax.check_joins(sql, found)
            for each in found:
                unsupported_syntax.check_names(each)
    except (ParseError, TokenError) as error:
        raise MalformedQueryError(_first_problem(error)) from error
    if not any(found):
        raise MalformedQueryError("line 1:1: mismatched input '<EOF>'. Expecting a statement")
    if len(found) != 1:
        raise MalformedQueryError("line 1:1: Only one sql statement is allowed.")
    statement = found[0]
    is_view = isinstance(statement, exp.Create) and str(statement.args.get("kind")).upper() == "VIEW"
    if (isinstance(statement, exp.Command) and TABLE_AS.match(sql)) or (is_view and statement.expression is None):
        raise MalformedQueryError("line 1:1: mismatched input: no query follows AS")
    if dialect is TrinoQuery:
        unsupported_syntax.check_form(statement)
    elif dialect is hive_grammar.HiveStatement:
        hive_grammar.check(statement)
    return statement


def _dialect(sql: str) -> Any:
    """The grammar of a statement: Trino's, Hive's, or the one of those that sqlglot takes it for."""
    if _QUERY.match(sql) or TABLE_AS.match(sql):
        return TrinoQuery
    return hive_grammar.HiveStatement if hive_grammar.STATEMENT.match(sql) else _DIALECT


def statement_type(sql: str, database: str) -> str:
    """DML, DDL or UTILITY, as Athena classifies statements.

    Raises:
        MalformedQueryError: the text is not a statement.
    """
    if quoted_name := double_quoted_name(sql):
        name, position = quoted_name
        place = f"line {sql.count(chr(10), 0, position) + 1}:{position - sql.rfind(chr(10), 0, position)}"
        raise MalformedQueryError(f"{place}: mismatched input '{name}'. In this statement, write names in backticks")
    command = parse_command(sql, database)
    if command is not None:
        _check_parts(command)
        if command.kind in ("unload", "explain"):
            parse_text(command.rest)
        elif command.kind == "prepare":
            statement_type(command.rest, database)
        elif command.kind == "execute" and command.rest:
            parse_text(f"select {command.rest}")
        if command.kind in ("unload", "explain", "vacuum", "execute"):
            return "DML"
        return "UTILITY" if command.kind.startswith(("show", "describe", "prepare", "deallocate")) else "DDL"
    if begun := _OF_PREPARED.match(sql):
        raise MalformedQueryError(f"line 1:1: mismatched input after {begun['word'].upper()}")
    if explained := _EXPLAINED.match(sql):
        parse_text(explained["statement"])
        return "DML"
    statement = parse_text(sql)
    return "DDL" if isinstance(statement, exp.Create | exp.Drop | exp.Alter | exp.Command) else "DML"


def _check_parts(command: Command) -> None:
    """Check the parts of a statement that is only taken apart when it runs.

    Raises:
        MalformedQueryError: one is not what it should be.
    """
    with suppress(QueryFailedError):  # of names, which is found when it runs
        if command.kind == "change column":
            parse_change(command.rest)
        elif command.kind in ("add partition", "drop partition", "rename partition"):
            partitions(command.rest, SEPARATORS.get(command.kind, ""))
    if command.kind in ("create database", "alter database"):
        properties(command.rest)


def _parameter(text: str) -> exp.Expr:
    """A parameter's value; a word that is not a literal is a text."""
    try:
        found = sqlglot.parse_one(text, read=TrinoQuery)
    except (ParseError, TokenError):
        return exp.Literal.string(text)
    return exp.Literal.string(text) if found.find(exp.Column) else found


def split_values(text: str) -> tuple[str, ...]:
    """`1, 'a, b'` as two values.

    Raises:
        QueryFailedError: they are not values.
    """
    try:
        return tuple(each.sql(TrinoQuery) for each in sqlglot.parse_one(f"select {text}", read=TrinoQuery).expressions)
    except (ParseError, TokenError) as error:
        raise QueryFailedError("SYNTAX_ERROR", f"line 1:1: {_first_problem(error)}") from error


def _token_order(statement: exp.Expr, mark: exp.Expr) -> int:
    for position, node in enumerate(statement.dfs()):
        if node is mark:
            return position
    return 0


def _first_problem(error: ParseError | TokenError) -> str:
    problems = getattr(error, "errors", None) or [{}]
    first = problems[0]
    place = f"line {first.get('line') or 1}:{first.get('col') or 1}"
    return f"{place}: mismatched input '{first.get('highlight') or ''}'"
