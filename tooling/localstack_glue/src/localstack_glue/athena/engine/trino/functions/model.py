"""A row of the table of functions: Trino's declaration of a function, and its implementation here."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sqlglot import exp

from localstack_glue.athena.engine.trino.types import Type

_NATIVE = re.compile(r"\w+\((DISTINCT )?(\{\d\})?(, \{\d\})*\)")
_PYTHON = re.compile(r"py_\w+")


@dataclass(frozen=True)
class Call:
    """One call of a function, with its arguments translated.

    Attributes:
        arguments: in DuckDB's SQL, of the types that the overload declares.
        types: of the arguments, before conversion.
        nodes: the arguments as written.
        bound: the types of the overload's variables.
    """

    arguments: Sequence[str]
    types: Sequence[Type]
    nodes: Sequence[exp.Expr]
    bound: Mapping[str, Type]

    def literal(self, number: int) -> str | None:
        """The text of an argument that is a literal text; None for any other."""
        node = self.nodes[number]
        return str(node.this) if isinstance(node, exp.Literal) and node.is_string else None


Sql = str | Callable[[Call], str]
Returns = str | Callable[[Call], Type]


@dataclass(frozen=True)
class Overload:
    """One way to call a function.

    Attributes:
        parameters: types in Trino's notation, one letter for a variable, the last with `...` if it repeats.
        returns: its type, in the same notation, or a function that returns it.
        sql: the call in DuckDB's SQL with `{0}` for the first argument, or a function that makes it.
        bases: the aggregates that a compound aggregate consists of; `sql` then combines them.
    """

    parameters: tuple[str, ...]
    returns: Returns
    sql: Sql
    bases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Function:
    """A function of Trino.

    Attributes:
        name: in lower case.
        topic: its page in Trino's reference.
        overloads: the ways to call it; none for a function that is refused.
        examples: expressions and their answers.
        kind: scalar, aggregate or window.
        refusal: why it is not supported here.
        keeps_nulls: whether arguments of unknown type are left as they are.
    """

    name: str
    topic: str
    overloads: tuple[Overload, ...] = ()
    examples: Mapping[str, str | None] = field(default_factory=dict)
    kind: str = "scalar"
    refusal: str = ""

    @cached_property
    def how(self) -> str:
        """How it is answered: native, SQL, Python or refused."""
        if not self.overloads:
            return "refused"
        texts = [each.sql if isinstance(each.sql, str) else "" for each in self.overloads]
        if any(_PYTHON.search(text) for text in texts):
            return "Python"
        return "native" if all(_NATIVE.fullmatch(text) for text in texts) else "SQL"


def overload(
    signature: str, sql: Sql, returns: Callable[[Call], Type] | None = None, bases: Sequence[str] = ()
) -> Overload:
    """Read `varchar, bigint -> varchar`."""
    left, _, right = signature.partition("->")
    return Overload(tuple(split_types(left)), returns or right.strip(), sql, tuple(bases))


def split_types(text: str) -> list[str]:
    """Split at the commas outside brackets."""
    found, depth, start = [], 0, 0
    for position, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            found.append(text[start:position].strip())
            start = position + 1
    last = text[start:].strip()
    return [*found, last] if last else found


class Topic:
    """Collects the functions of one page of the reference."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.functions: list[Function] = []

    def scalar(self, name: str, *ways: tuple[str, Sql] | Overload, examples: Mapping[str, str | None]) -> None:
        """Add a function."""
        self._add(name, "scalar", ways, examples)

    def aggregate(self, name: str, *ways: tuple[str, Sql] | Overload, examples: Mapping[str, str | None]) -> None:
        """Add an aggregate function."""
        self._add(name, "aggregate", ways, examples)

    def window(self, name: str, *ways: tuple[str, Sql] | Overload, examples: Mapping[str, str | None]) -> None:
        """Add a window function."""
        self._add(name, "window", ways, examples)

    def refuse(self, names: str, reason: str) -> None:
        """Add functions that are not answered."""
        self.functions += [Function(name, self.name, refusal=reason) for name in names.split()]

    def _add(
        self, name: str, kind: str, ways: Sequence[tuple[str, Sql] | Overload], examples: Mapping[str, str | None]
    ) -> None:
        all_overloads = tuple(way if isinstance(way, Overload) else overload(*way) for way in ways)
        self.functions.append(Function(name, self.name, all_overloads, dict(examples), kind))
