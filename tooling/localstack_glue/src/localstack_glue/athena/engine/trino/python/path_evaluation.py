"""The items that a JSON path finds in a document, as a sequence."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from localstack_glue.athena.engine.trino.python import path_numbers
from localstack_glue.athena.engine.trino.python.path_language import Path, Step
from localstack_glue.athena.engine.trino.python.path_numbers import PathEvaluationError, is_number, type_name

_OPERATORS = {"==": eq, "<>": ne, "<": lt, ">": gt, "<=": le, ">=": ge}
EMPTY = object()  # a passed document that is null


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """A date or a time that was passed to a path, by its text."""

    type: str
    text: str


@dataclass(frozen=True, slots=True)
class _Around:
    """The values of `@` and `last`."""

    item: Any = EMPTY
    last: int | None = None


def evaluate(path: Path, document: Any, passed: Mapping[str, Any]) -> list[Any]:
    """The items that a path finds.

    Raises:
        PathEvaluationError: the path cannot be followed.
    """
    return _Evaluation(path.is_lax, document, passed).items(path.root, _Around())


class _Evaluation:
    def __init__(self, is_lax: bool, document: Any, passed: Mapping[str, Any]) -> None:
        self._is_lax = is_lax
        self._document = document
        self._passed = passed
        self._objects = 0

    def items(self, step: Step, around: _Around) -> list[Any]:
        """The items of one step."""
        kind, parts = step.kind, step.parts
        if kind == "value":
            return [parts[0]]
        if kind == "$":
            return [] if self._document is EMPTY else [self._document]
        if kind == "variable":
            found = self._passed[parts[0]]
            return [] if found is EMPTY else [found]
        if kind == "@":
            return [around.item]
        if kind == "last":
            if around.last is None:
                raise PathEvaluationError("last stands outside of an array's index")
            return [around.last]
        if kind == "arithmetic":
            sides = [self._unwrapped(self.items(side, around)) for side in parts[1:]]
            if any(len(side) != 1 for side in sides):
                raise PathEvaluationError("arithmetic binary expression requires singleton operands")
            return [path_numbers.arithmetic(parts[0], sides[0][0], sides[1][0])]
        if kind in ("elements", "all elements"):
            return self._elements(step, around)
        base = self.items(parts[0], around)
        if kind == "type":
            return [type_name(item) for item in base]
        if kind == "size":
            return [self._size(item) for item in base]
        base = self._unwrapped(base)
        if kind == "filter":
            return [item for item in base if self._holds(parts[1], _Around(item, around.last)) is True]
        if kind in ("member", "members"):
            return self._members(base, parts[1] if kind == "member" else None)
        if kind == "keyvalue":
            return [pair for item in base for pair in self._pairs(item)]
        return [_METHODS[kind](item) for item in base]

    # ------------------------------------------------------------------------ objects and arrays

    def _unwrapped(self, items: Sequence[Any]) -> list[Any]:
        """In lax mode, arrays are replaced by their elements."""
        if not self._is_lax:
            return list(items)
        return [each for item in items for each in (item if isinstance(item, list) else [item])]

    def _members(self, items: Sequence[Any], name: str | None) -> list[Any]:
        found: list[Any] = []
        for item in items:
            if not isinstance(item, dict):
                if not self._is_lax:
                    raise PathEvaluationError(f"invalid item type. Expected: OBJECT, actual: {type_name(item).upper()}")
            elif name is None:
                found += item.values()
            elif name in item:
                found.append(item[name])
            elif not self._is_lax:
                raise PathEvaluationError(f"structural error: missing member '{name}' in JSON object")
        return found

    def _pairs(self, item: Any) -> list[dict[str, Any]]:
        if not isinstance(item, dict):
            raise PathEvaluationError(f"invalid item type. Expected: OBJECT, actual: {type_name(item).upper()}")
        self._objects += 1
        return [{"name": name, "value": value, "id": self._objects - 1} for name, value in item.items()]

    def _size(self, item: Any) -> int:
        if not isinstance(item, list) and not self._is_lax:
            raise PathEvaluationError(f"invalid item type. Expected: ARRAY, actual: {type_name(item).upper()}")
        return len(item) if isinstance(item, list) else 1

    def _elements(self, step: Step, around: _Around) -> list[Any]:
        found: list[Any] = []
        for item in self.items(step.parts[0], around):
            if not isinstance(item, list) and not self._is_lax:
                raise PathEvaluationError(f"invalid item type. Expected: ARRAY, actual: {type_name(item).upper()}")
            elements = item if isinstance(item, list) else [item]
            if step.kind == "all elements":
                found += elements
            elif elements:
                for first, last in step.parts[1]:
                    found += self._range(elements, first, last, _Around(around.item, len(elements) - 1))
            elif not self._is_lax:
                raise PathEvaluationError("structural error: invalid array subscript for empty array")
        return found

    def _range(self, elements: list[Any], first: Step, last: Step | None, around: _Around) -> list[Any]:
        start = self._index(first, around)
        end = start if last is None else self._index(last, around)
        if not self._is_lax and not 0 <= start <= end < len(elements):
            raise PathEvaluationError(
                f"structural error: invalid array subscript: [{start}, {end}] for array of size {len(elements)}"
            )
        return elements[max(start, 0) : max(end + 1, 0)]

    def _index(self, step: Step, around: _Around) -> int:
        found = self.items(step, around)
        if len(found) != 1:
            raise PathEvaluationError("array subscript value must be singleton numeric")
        return path_numbers.as_index(found[0])

    # ------------------------------------------------------------------------ predicates

    def _holds(self, step: Step, around: _Around) -> bool | None:
        """Whether a predicate is true, false, or unknown."""
        kind, parts = step.kind, step.parts
        if kind in ("and", "or"):
            ends = kind == "or"
            left = self._holds(parts[0], around)
            if left is ends:
                return ends
            right = self._holds(parts[1], around)
            if right is ends:
                return ends
            return None if left is None or right is None else not ends
        if kind == "not":
            found = self._holds(parts[0], around)
            return None if found is None else not found
        if kind == "is unknown":
            return self._holds(parts[0], around) is None
        try:
            sides = [self.items(part, around) for part in parts if isinstance(part, Step)]
        except PathEvaluationError:
            return None
        if kind == "exists":
            return bool(sides[0])
        if kind == "starts with":
            return self._starts(self._unwrapped(sides[0]), sides[1])
        return self._compared(parts[0], *map(self._unwrapped, sides))

    def _starts(self, items: list[Any], prefixes: list[Any]) -> bool | None:
        if len(prefixes) != 1 or not isinstance(prefixes[0], str):
            return None
        found = False
        for item in items:
            if not isinstance(item, str):
                return None
            if item.startswith(prefixes[0]):
                if self._is_lax:
                    return True
                found = True
        return found

    def _compared(self, operator: str, left: list[Any], right: list[Any]) -> bool | None:
        if not left or not right:
            return False
        kinds = [{_category(item) for item in side} for side in (left, right)]
        if any("nested" in one and other - {"null"} for one, other in (kinds, kinds[::-1])):
            return None
        found = operator == "==" and "null" in kinds[0] & kinds[1]
        if operator == "<>":
            found = any("null" in one and other - {"null"} for one, other in (kinds, kinds[::-1]))
        if found and self._is_lax:
            return True
        for one in left:
            for other in right:
                if _category(one) == _category(other) == "scalar":
                    same = _compare(operator, one, other)
                    if same is None:
                        return None
                    if same and self._is_lax:
                        return True
                    found = found or same
        return found


def _category(item: Any) -> str:
    return "null" if item is None else "nested" if isinstance(item, list | dict) else "scalar"


def _compare(operator: str, left: Any, right: Any) -> bool | None:
    """Two scalars; None if they cannot be compared."""
    kinds = ("boolean", "number", "string")
    one, other = type_name(left), type_name(right)
    if one != other or (one not in kinds and not isinstance(left, Moment)):
        return None
    if one == "number" and any(isinstance(side, int) and not -(2**63) <= side < 2**63 for side in (left, right)):
        return None
    if is_number(left) and (isinstance(left, float) or isinstance(right, float)):
        left, right = float(left), float(right)
        if math.isnan(left) or math.isnan(right):
            return operator == "<>"
    return bool(_OPERATORS[operator](left, right))


def _to_double(item: Any) -> float:
    if isinstance(item, str):
        from localstack_glue.athena.engine.trino.python.values import parse_double

        try:
            return float(parse_double(item))
        except Exception as error:
            raise PathEvaluationError(str(error)) from error
    return float(path_numbers.number(item))


_METHODS: Mapping[str, Callable[[Any], Any]] = {
    "abs": path_numbers.absolute,
    "ceiling": lambda item: path_numbers.rounded(item, up=True),
    "double": _to_double,
    "floor": lambda item: path_numbers.rounded(item, up=False),
    "negated": path_numbers.negated,
    "positive": path_numbers.number,
}
