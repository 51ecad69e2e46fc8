"""Refuses a script that is certain to use an unsupported feature, before it reads any data.

Only top-level calls count: a call inside a function or behind a condition may never run.
"""

import ast
from collections.abc import Iterator

from awsglue.connection_types import file_source, is_database
from awsglue.errors import GlueUnsupportedError
from awsglue.formats import spark_format

_CALLS = {f"{verb}_{kind}_from_options" for verb in ("create", "write") for kind in ("dynamic_frame", "data_frame")} | {
    "from_options",
    "getSource",
    "getSink",
}
_MAY_NOT_COME = (ast.Lambda, ast.IfExp, ast.BoolOp, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_ENDS = {"exit", "_exit", "quit", "abort"}


def refuse(source: str | bytes) -> None:
    """Refuse a script that makes an unsupported call, naming the first one and its line.

    Raises:
        GlueUnsupportedError: the script is certain to make such a call.
    """
    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # Python's own message is better
    for statement in statements:
        if isinstance(statement, (ast.Expr, ast.Assign, ast.AnnAssign)):
            for call in _calls(statement):
                _refuse_call(call)
        if any(_may_end(node) for node in ast.walk(statement)):
            return


def _calls(statement: ast.AST) -> Iterator[ast.Call]:
    """The calls that a statement always makes. Iterative: chains of calls may be deeper than Python's stack."""
    waiting = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _MAY_NOT_COME):
            continue
        if isinstance(node, ast.Call):
            yield node
        waiting.extend(ast.iter_child_nodes(node))


def _may_end(node: ast.AST) -> bool:
    return isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and _name(node) in _ENDS)


def _name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _refuse_call(call: ast.Call) -> None:
    if _name(call) not in _CALLS:
        return
    constants = {word.arg: word.value.value for word in call.keywords if isinstance(word.value, ast.Constant)}
    connection, format_name = constants.get("connection_type"), constants.get("format")
    try:
        if isinstance(connection, str) and not is_database(connection):
            file_source(connection, None)
            if isinstance(format_name, str):
                spark_format(format_name)
    except GlueUnsupportedError as error:
        raise GlueUnsupportedError(f"{error} (line {call.lineno})") from None
