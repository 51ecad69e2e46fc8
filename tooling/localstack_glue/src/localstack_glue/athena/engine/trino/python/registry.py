"""Python functions by the names that SQL calls them by."""

import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import duckdb

_USED = re.compile(r"\bpy_\w+")


class FunctionError(Exception):
    """A function's arguments are not acceptable; the text is Trino's code and message."""

    def __init__(self, message: str, code: str = "INVALID_FUNCTION_ARGUMENT") -> None:
        super().__init__(f"{code}: {message}")


@dataclass(frozen=True, slots=True)
class PythonFunction:
    """A function and the types that DuckDB hands to it and takes from it."""

    call: Callable[..., Any]
    parameters: tuple[str, ...]
    returns: str
    takes_nulls: bool


REGISTRY: dict[str, PythonFunction] = {}


def python(signature: str, *, takes_nulls: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as `py_<name>`; the signature is `VARCHAR, BIGINT -> VARCHAR`."""
    left, _, returns = signature.partition("->")
    parameters = tuple(part.strip() for part in left.split(",") if part.strip())

    def register(call: Callable[..., Any]) -> Callable[..., Any]:
        REGISTRY[f"py_{call.__name__}"] = PythonFunction(call, parameters, returns.strip(), takes_nulls)
        return call

    return register


def make_available(connection: duckdb.DuckDBPyConnection, texts: Iterable[str]) -> None:
    """Give a connection the functions that some SQL uses."""
    for name in sorted({name for text in texts for name in _USED.findall(text)}):
        found = REGISTRY[name]
        call = found.call if found.takes_nulls else _without_nulls(found.call)
        # with DuckDB's own null handling, a function cannot return null
        connection.create_function(name, call, list(found.parameters), found.returns, null_handling="special")  # type: ignore[call-overload]


def _without_nulls(call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)  # DuckDB counts the parameters
    def called(*arguments: Any) -> Any:
        return None if any(argument is None for argument in arguments) else call(*arguments)

    return called
