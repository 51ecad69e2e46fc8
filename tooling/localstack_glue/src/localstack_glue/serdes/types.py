"""Hive's types, read from the catalog's notation."""

import re
from dataclasses import dataclass
from typing import Any

import pyarrow

from localstack_glue.serdes.errors import UnsupportedSerdeError

_ALIASES = {"integer": "int", "numeric": "decimal", "dec": "decimal", "real": "float", "bool": "boolean"}
_ARROW: dict[str, Any] = {
    "boolean": pyarrow.bool_(),
    "tinyint": pyarrow.int8(),
    "smallint": pyarrow.int16(),
    "int": pyarrow.int32(),
    "bigint": pyarrow.int64(),
    "float": pyarrow.float32(),
    "double": pyarrow.float64(),
    "string": pyarrow.string(),
    "varchar": pyarrow.string(),
    "char": pyarrow.string(),
    "binary": pyarrow.binary(),
    "date": pyarrow.date32(),
    "timestamp": pyarrow.timestamp("us"),
}
INTEGER_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
TEXTS = ("string", "varchar", "char")
_NAME = re.compile(r"[^:<>,()]+")
_NUMBERS = re.compile(r"\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")


@dataclass(frozen=True, slots=True)
class HiveType:
    """A type.

    Attributes:
        kind: its name without parameters, in lower case.
        numbers: length of varchar and char; precision and scale of decimal.
        names: of a struct's fields, as they are written.
        children: types of a struct's fields, of an array's elements, of a map's keys and values.
    """

    kind: str
    numbers: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    children: tuple["HiveType", ...] = ()

    def arrow(self) -> Any:
        """The Arrow type."""
        if self.kind == "decimal":
            return pyarrow.decimal128(*self.numbers)
        if self.kind == "array":
            return pyarrow.list_(self.children[0].arrow())
        if self.kind == "map":
            return pyarrow.map_(self.children[0].arrow(), self.children[1].arrow())
        if self.kind == "struct":
            pairs = zip(self.names, self.children, strict=True)
            return pyarrow.struct([pyarrow.field(name, child.arrow()) for name, child in pairs])
        return _ARROW[self.kind]

    @property
    def is_nested(self) -> bool:
        """Whether it has parts."""
        return bool(self.children)


def parse_type(text: str) -> HiveType:
    """Read a type as the catalog writes it.

    Raises:
        UnsupportedSerdeError: the type is not supported here.
    """
    try:
        found, rest = _parse(text.strip())
    except (ValueError, IndexError) as error:
        raise UnsupportedSerdeError(f"the type {text} is not supported here") from error
    if rest.strip():
        raise UnsupportedSerdeError(f"the type {text} is not supported here")
    return found


def _parse(text: str) -> tuple[HiveType, str]:
    name = _NAME.match(text)
    if name is None:
        raise ValueError(text)
    kind, rest = name[0].strip().lower(), text[name.end() :].lstrip()
    kind = _ALIASES.get(kind, kind)
    if kind in ("array", "map", "struct"):
        return _nested(kind, rest)
    numbers: tuple[int, ...] = ()
    if arguments := _NUMBERS.match(rest):
        numbers, rest = tuple(int(part) for part in arguments.groups() if part), rest[arguments.end() :]
    if kind == "decimal":
        numbers = (*numbers, *(10, 0)[len(numbers) :])
        if not 1 <= numbers[0] <= 38 or numbers[1] > numbers[0]:
            raise ValueError(text)
    elif kind not in _ARROW:
        raise ValueError(text)
    return HiveType(kind, numbers), rest


def _nested(kind: str, text: str) -> tuple[HiveType, str]:
    if not text.startswith("<"):
        raise ValueError(text)
    names: list[str] = []
    children: list[HiveType] = []
    rest = text
    while rest[0] in "<,":
        rest = rest[1:].lstrip()
        if kind == "struct":
            name, _, rest = rest.partition(":")
            names.append(name.strip().strip("`"))
        child, rest = _parse(rest.lstrip())
        children.append(child)
        rest = rest.lstrip()
    if rest[0] != ">" or len(children) != {"array": 1, "map": 2}.get(kind, len(children)):
        raise ValueError(text)
    return HiveType(kind, (), tuple(names), tuple(children)), rest[1:]
