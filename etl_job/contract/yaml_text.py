"""Read the YAML of a contract with limits on memory, time and depth.

Things that YAML accepts but a contract cannot mean are refused with their line: repeated keys, invalid or very long
numbers, numbers that would be rounded, aliases that expand beyond the limits, and types other than text, number,
boolean, date, list and mapping.

Versions of YAML make different numbers of 010 (8 in 1.1, 10 in 1.2) and 1:30 (90 in 1.1, text in 1.2): they are texts.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 40
MAX_NODES = 150_000  # with aliases resolved
MAX_DIGITS = 64  # of a number
_TAG = "tag:yaml.org,2002:"
_KINDS = {f"{_TAG}{kind}" for kind in ("null", "bool", "int", "float", "timestamp", "str", "seq", "map", "merge")}
_NUMBERS = (f"{_TAG}int", f"{_TAG}float")
_NO_NUMBER = re.compile(r"[-+]?0[0-9_]+|.*:.*")


class DocumentError(ValueError):
    """The text cannot be a contract; the message names the line."""


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML document: its content, and where in the text each part of it begins."""

    content: Any
    _root: Node | None

    def find_line(self, path: Sequence[str | int]) -> int | None:
        """The line, from 1, of the value at a path of keys and positions, or of the last existing part of the path."""
        node = self._root
        if node is None:
            return None
        line: int = node.start_mark.line
        for step in path:
            found = _below(node, step)
            if found is None:
                break
            mark, node = found
            line = mark.start_mark.line
        return line + 1

    def find_text(self, key: str) -> str | None:
        """The text of a top-level value as it is written; None if there is no such value, or it has parts."""
        found = None if self._root is None else _below(self._root, key)
        return str(found[1].value) if found is not None and isinstance(found[1], ScalarNode) else None


def read_document(text: str) -> Document:
    """Read YAML.

    Raises:
        DocumentError: it is not valid YAML, or exceeds the limits; the message is one line.
    """
    if len(text) > MAX_CHARACTERS:
        raise DocumentError(f"it has {len(text):,} characters; the limit is {MAX_CHARACTERS:,}")
    try:
        loader = _BoundedLoader(text)
    except yaml.YAMLError as error:
        raise DocumentError(_one_line(error)) from error
    try:
        root = loader.get_single_node()
        return Document(None if root is None else loader.construct_document(root), root)
    except yaml.YAMLError as error:
        raise DocumentError(_one_line(error)) from error
    except (ValueError, OverflowError) as error:  # an escape without a character
        line = loader.get_mark().line + 1
        raise DocumentError(f"line {line}: {_one_line(error)}") from error
    finally:
        loader.dispose()


class _BoundedLoader(yaml.SafeLoader):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._nodes = 0
        self._sizes: dict[Node, int] = {}

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        """Compose a node and count its values; an alias counts as the values that it expands to.

        Raises:
            DocumentError: it is too deep, too large, or contains itself.
        """
        event = self.peek_event()  # type: ignore[no-untyped-call]
        before, self._depth = self._nodes, self._depth + 1
        if self._depth > MAX_DEPTH:
            raise _problem(event, f"it is nested more than {MAX_DEPTH} levels deep")
        node: Node | None = super().compose_node(parent, index)
        self._depth -= 1
        if isinstance(event, yaml.AliasEvent):
            if node not in self._sizes:
                raise _problem(event, f"the alias *{event.anchor} contains itself")
            self._nodes += self._sizes[node]
        elif node is not None:
            self._nodes += 1
            self._sizes[node] = self._nodes - before
        if self._nodes > MAX_NODES:
            raise _problem(event, f"it has more than {MAX_NODES:,} values, counting expanded aliases")
        return node

    def construct_object(self, node: Node, deep: bool = False) -> Any:
        """Construct a value of a type that contracts use.

        Raises:
            DocumentError: contracts do not use the type, or the text is not a valid value of it.
        """
        if node.tag not in _KINDS:
            raise _problem(
                node, f"the type {node.tag.replace(_TAG, '!!')[:100]} is not supported; quote it if it is text"
            )
        if node.tag in _NUMBERS and len(str(node.value)) > MAX_DIGITS:
            raise _problem(node, f"a number has {len(node.value):,} characters; the limit is {MAX_DIGITS}")
        if node.tag in _NUMBERS and _NO_NUMBER.fullmatch(str(node.value)):
            return str(node.value)
        try:
            value = super().construct_object(node, deep)
            is_rounded = (
                isinstance(value, float) and math.isfinite(value) and Decimal(node.value) != Decimal(repr(value))
            )
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError) as error:
            shown = repr(str(node.value)[:100])
            raise _problem(
                node, f"{shown} cannot be read as {node.tag.removeprefix(_TAG)}; quote it if it is text"
            ) from error
        if isinstance(value, float) and not math.isfinite(value):
            raise _problem(node, f"{str(node.value)[:100]} is not a finite number")
        if is_rounded:
            raise _problem(node, f"{node.value} has more digits than YAML keeps of a number; quote it")
        if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
            raise _problem(node, "an escape is only half of a character (a lone surrogate)")
        return value

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Construct a mapping whose keys are unique texts."""
        if isinstance(node, MappingNode):
            self._refuse_repeated_keys(node)
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found

    def _refuse_repeated_keys(self, node: MappingNode) -> None:
        lines: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, ScalarNode):
                raise _problem(key, "a key is not text")
            name = str(key.value)
            if name in lines:
                raise _problem(key, f"{name[:100]!r} appears twice, first in line {lines[name]}; remove one")
            lines[name] = key.start_mark.line + 1


def _below(node: Node | None, step: str | int) -> tuple[Node, Node] | None:
    """The node where a part begins (its key, if it has one), and the part."""
    if isinstance(node, MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def _problem(place: Any, message: str) -> yaml.YAMLError:
    return yaml.YAMLError(f"line {place.start_mark.line + 1}: {message}")


def _one_line(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {' '.join((error.problem or '').split())}"
    return " ".join(str(error).split())
