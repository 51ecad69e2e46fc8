"""One call of a function: its overload, its arguments' types, and its SQL."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.trino.casts import can_coerce, coerce
from localstack_glue.athena.engine.trino.functions.model import Call, Function, Overload, split_types
from localstack_glue.athena.engine.trino.functions.table import FUNCTIONS
from localstack_glue.athena.engine.trino.signatures import ANY, Bindings, bind, parameters_for, resolved
from localstack_glue.athena.engine.trino.types import FUNCTION, UNKNOWN, Type, common, duckdb_type

Typed = tuple[str, Type]
# the body of a lambda, once the types of its variables are known: SQL with the lambda's head, and the body's type
LambdaOf = Callable[[exp.Lambda, Sequence[Type]], Typed]


@dataclass(frozen=True, slots=True)
class Decoration:
    """The clauses that may surround an aggregate's arguments or follow it."""

    distinct: bool = False
    order: str = ""
    nulls: str = ""
    suffix: str = ""


def find(name: str, place: str) -> Function:
    """A function of the table.

    Raises:
        QueryFailedError: Athena has none of that name, or it is not supported here.
    """
    found = FUNCTIONS.get(name.lower())
    if found is None:
        raise QueryFailedError("FUNCTION_NOT_FOUND", f"{place}: Function '{name.lower()}' not registered")
    if found.refusal:
        raise QueryFailedError(
            "NOT_SUPPORTED", f"{place}: the function {name.lower()} is not supported here: {found.refusal}"
        )
    return found


def place_of(node: exp.Expr) -> str:
    """Where a call stands in the query, as Trino's messages say it."""
    meta = node.meta
    return (
        f"line {meta['line']}:{max(meta['col'] - len(str(node.this)) + 1, 1)}"
        if "line" in meta and "col" in meta
        else "line 1:1"
    )


def without_clauses(
    function: Function,
    nodes: Sequence[exp.Expr],
    decoration: Decoration,
    order_of: Callable[[exp.Order], str],
    place: str,
) -> tuple[list[exp.Expr], Decoration]:
    """The arguments without the clauses that may surround them, which join the decoration; `*` is no argument.

    Raises:
        QueryFailedError: the function does not take such a clause.
    """
    plain = [] if len(nodes) == 1 and isinstance(nodes[0], exp.Star) else list(nodes)
    order, distinct = decoration.order, decoration.distinct
    for number, argument in enumerate(plain):
        if isinstance(argument, exp.Order):
            order, argument = order_of(argument), argument.this
        if isinstance(argument, exp.Distinct):
            if len(argument.expressions) > 1:
                raise QueryFailedError(
                    "FUNCTION_NOT_FOUND",
                    f"{place}: Unexpected parameters for function {function.name}: DISTINCT takes one",
                )
            distinct, argument = True, argument.expressions[0]
        if isinstance(argument, exp.Alias):
            raise QueryFailedError("NOT_SUPPORTED", f"{place}: {argument.sql('trino')} is not supported here")
        plain[number] = argument
    if distinct and " OVER (" in decoration.suffix:
        raise QueryFailedError(
            "NOT_SUPPORTED", f"{place}: DISTINCT in window function parameters not yet supported: {function.name}"
        )
    found = Decoration(distinct, order, decoration.nulls, decoration.suffix)
    if function.kind == "scalar" and found != Decoration():
        raise QueryFailedError(
            "FUNCTION_NOT_AGGREGATE", f"{place}: {function.name} is not an aggregate or window function"
        )
    return plain, found


def call(
    function: Function,
    nodes: Sequence[exp.Expr],
    arguments: Sequence[Typed | None],
    lambda_of: LambdaOf,
    decoration: Decoration,
    place: str,
) -> Typed:
    """Call a function; arguments that are lambdas are None among the arguments.

    Raises:
        QueryFailedError: no overload takes arguments of these types.
    """
    types = [FUNCTION if argument is None else argument[1] for argument in arguments]
    for exact in (True, False):
        for overload in function.overloads:
            parameters = parameters_for(overload, len(types))
            bound = Bindings()
            if parameters is not None and bind(parameters, types, bound, exact=exact):
                return _build_call(
                    function, overload, parameters, nodes, arguments, types, bound, lambda_of, decoration
                )
    shown = ", ".join(str(kind) for kind in types)
    expected = ", ".join(f"{function.name}({', '.join(each.parameters)})" for each in function.overloads)
    raise QueryFailedError(
        "FUNCTION_NOT_FOUND",
        f"{place}: Unexpected parameters ({shown}) for function {function.name}. Expected: {expected}",
    )


def _build_call(
    function: Function,
    overload: Overload,
    parameters: Sequence[str],
    nodes: Sequence[exp.Expr],
    arguments: Sequence[Typed | None],
    types: list[Type],
    bound: Bindings,
    lambda_of: LambdaOf,
    decoration: Decoration,
) -> Typed:
    lambdas: dict[int, str] = {}
    for number, (text, argument) in enumerate(zip(parameters, arguments, strict=True)):
        node = nodes[number]
        if argument is None and isinstance(node, exp.Lambda):
            *parameter_kinds, result = split_types(text[len("function(") : -1])
            lambdas[number], kind = lambda_of(node, [resolved(part, bound) for part in parameter_kinds])
            types[number] = kind
            if len(result) == 1:
                known = common(bound.get(result, UNKNOWN), kind)
                if known is None:
                    raise QueryFailedError("TYPE_MISMATCH", f"line 1:1: {function.name}: {kind} is not {bound[result]}")
                bound[result] = known
            elif not can_coerce(kind, resolved(result, bound)):
                raise QueryFailedError("TYPE_MISMATCH", f"line 1:1: {function.name}: {kind} is not {result}")
    ready = []
    for number, (text, argument) in enumerate(zip(parameters, arguments, strict=True)):
        if argument is None:
            ready.append(lambdas[number])
            continue
        if text == ANY:
            ready.append(argument[0])
            continue
        wanted = resolved(text, bound)
        # an argument keeps what its declaration leaves open: a decimal's digits, a timestamp's zone
        keeps = wanted.kind == argument[1].kind and not wanted.parts and text not in ("N", "P", "T", "O")
        ready.append(argument[0] if keeps else coerce(*argument, wanted))
    bound_call = Call(ready, types, nodes, bound)
    kind = overload.returns(bound_call) if callable(overload.returns) else resolved(overload.returns, bound)
    template = overload.sql(bound_call) if callable(overload.sql) else overload.sql
    if function.kind == "scalar":
        return (template if callable(overload.sql) else template.format(*ready, type=duckdb_type(kind))), kind
    bases = [_decorated(base.format(*ready), decoration) for base in overload.bases]
    if not bases:
        text = template if callable(overload.sql) else template.format(*ready)
        return _decorated(text, decoration), kind
    return template.format(*bases, type=duckdb_type(kind)), kind


def _decorated(text: str, decoration: Decoration) -> str:
    if decoration.distinct and "(DISTINCT " not in text:
        text = text.replace("(", "(DISTINCT ", 1)
    if decoration.order or decoration.nulls:
        inner = " ".join(part for part in (decoration.nulls, decoration.order) if part)
        text = f"{text[:-1]} {inner})"
    return f"{text}{decoration.suffix}"
