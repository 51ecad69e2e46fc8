"""Hive's types as the catalog writes them: inferred from JSON values, read back, and merged (G14, G20)."""

import re
from dataclasses import dataclass
from typing import Union

STRING, INT, BIGINT, DOUBLE, BOOLEAN = "string", "int", "bigint", "double", "boolean"
MAX_TYPE_CHARS = 131_072  # of a column in the Data Catalog
MAX_DEPTH = 50
_UNSAFE = re.compile(r"[,:<>\s\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")  # would break the notation, or a later encoding
# each type can hold the values of those before it
_NUMBERS = ("tinyint", "smallint", INT, BIGINT, "float", DOUBLE)


@dataclass(frozen=True, slots=True)
class Array:
    """array<element>."""

    element: "HiveType"


@dataclass(frozen=True, slots=True)
class Struct:
    """struct<name:type,...>."""

    fields: tuple[tuple[str, "HiveType"], ...]


# None is the type of what has shown no value yet
HiveType = Union[str, Array, Struct, None]  # noqa: UP007 - the names in quotes must resolve first


class JsonTypeGatherer:
    """Learns the type of JSON values one by one, in time that grows with their size alone."""

    def __init__(self, depth: int = 0) -> None:
        self._depth = depth
        self._scalar: HiveType = None
        self._element: JsonTypeGatherer | None = None
        self._members: dict[str, tuple[str, JsonTypeGatherer]] | None = None

    def observe(self, value: object) -> None:
        """Add one value; a value that is nested too deeply is a string."""
        if value is None:
            return
        if isinstance(value, dict | list) and self._depth >= MAX_DEPTH:
            self._scalar = STRING
        elif isinstance(value, dict):
            members = self._members = {} if self._members is None else self._members
            for name, member in value.items():
                # the table's SerDe ignores case (G37); the columns' own names are merged later
                key = name.lower() if self._depth else name
                if key not in members:
                    members[key] = name, JsonTypeGatherer(self._depth + 1)
                members[key][1].observe(member)
        elif isinstance(value, list):
            self._element = self._element or JsonTypeGatherer(self._depth + 1)
            for element in value:
                self._element.observe(element)
        else:
            self._scalar = merge(self._scalar, _scalar_type(value))

    def result(self) -> HiveType:
        """Return the narrowest type that holds all values; values of different kinds are strings."""
        if sum(part is not None for part in (self._scalar, self._element, self._members)) > 1:
            return STRING
        if self._element is not None:
            return Array(self._element.result())
        if self._members is not None:
            return Struct(tuple((name, member.result()) for name, member in self._members.values()))
        return self._scalar


def _scalar_type(value: object) -> HiveType:
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, int):
        if -(2**31) <= value < 2**31:
            return INT
        return BIGINT if -(2**63) <= value < 2**63 else DOUBLE
    return DOUBLE if isinstance(value, float) else STRING


def merge(first: HiveType, second: HiveType) -> HiveType:
    """Return the narrowest type that holds both; types that cannot be widened become a string."""
    if first is None or second is None or first == second:
        return second if first is None else first
    if isinstance(first, Array) and isinstance(second, Array):
        return Array(merge(first.element, second.element))
    if isinstance(first, Struct) and isinstance(second, Struct):
        fields = {name.lower(): (name, kind) for name, kind in first.fields}
        for name, kind in second.fields:
            spelling, known = fields.get(name.lower(), (name, None))
            fields[name.lower()] = spelling, merge(known, kind)
        return Struct(tuple(fields.values()))
    if isinstance(first, str) and isinstance(second, str) and first in _NUMBERS and second in _NUMBERS:
        if {first, second} == {"float", INT} or {first, second} == {"float", BIGINT}:
            return DOUBLE  # a float keeps too few digits
        return _NUMBERS[max(_NUMBERS.index(first), _NUMBERS.index(second))]
    return STRING


def render(kind: HiveType) -> str:
    """Write a type in Hive's notation; one that the catalog cannot hold becomes a string."""
    text = _render(kind)
    return text if len(text) <= MAX_TYPE_CHARS else STRING


def _render(kind: HiveType) -> str:
    if isinstance(kind, Array):
        return f"array<{_render(kind.element)}>"
    if isinstance(kind, Struct):
        if any(not name or _UNSAFE.search(name) for name, _ in kind.fields):
            return STRING  # the text of the object: under another name, no SerDe would find the member
        members = ",".join(f"{name}:{_render(member)}" for name, member in kind.fields)
        return f"struct<{members}>" if members else STRING
    return kind or STRING


def parse(text: str) -> HiveType:
    """Read Hive's notation; a type other than array and struct, including a map, is kept as written."""
    if text.startswith("array<") and text.endswith(">"):
        return Array(parse(text[6:-1]))
    if text.startswith("struct<") and text.endswith(">"):
        members = (member.partition(":") for member in _split(text[7:-1]))
        return Struct(tuple((name, parse(kind)) for name, _, kind in members))
    return text


def _split(text: str) -> list[str]:
    """Split at the commas outside brackets."""
    parts, depth, start = [], 0, 0
    for position, char in enumerate(text):
        if char in "<(":
            depth += 1
        elif char in ">)":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]


def merge_names(first: str | None, second: str | None) -> str | None:
    """Merge two types that are written in Hive's notation."""
    if first is None or second is None or first == second:
        return first or second
    return render(merge(parse(first), parse(second)))
