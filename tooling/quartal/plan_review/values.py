"""Attribute values of a plan: sensitive ones taken out, unknown ones marked, and how two of them differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Marker(Enum):
    """Stands for a value that is not shown or not known."""

    SENSITIVE = "(sensitive value)"
    UNKNOWN = "(known after apply)"
    ABSENT = "(not set)"

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True, slots=True)
class AttributeChange:
    """One attribute that differs.

    Attributes:
        path: its place, such as `rule[0].id`; inside a JSON document too: `policy.Statement[0].Action`.
        before: the value now; a plain JSON value or a marker.
        after: the value then.
    """

    path: str
    before: Any
    after: Any

    @property
    def name(self) -> str:
        """The top-level attribute that the path begins with."""
        return self.path.partition(".")[0].partition("[")[0]


def redacted(value: Any, sensitive: Any, unknown: Any = False) -> Any:
    """The value with a marker in the place of everything sensitive or unknown, at any depth.

    `sensitive` and `unknown` are Terraform's parallel trees: true where the whole subtree is meant. A sensitive value
    stays out even where it is unknown too.
    """
    if sensitive is True:
        return Marker.SENSITIVE
    if unknown is True:
        return Marker.UNKNOWN
    if isinstance(value, dict) or (value is None and (_is_tree(sensitive, dict) or _is_tree(unknown, dict))):
        inner = value or {}
        names = inner.keys() | _keys(sensitive) | _keys(unknown)
        found = {name: redacted(inner.get(name), _at(sensitive, name), _at(unknown, name)) for name in sorted(names)}
        # a key that only the parallel trees know, and that they say nothing of, does not exist
        return {name: entry for name, entry in found.items() if name in inner or entry is not None}
    if isinstance(value, list):
        length = max(len(value), len(unknown) if isinstance(unknown, list) else 0)
        return [
            redacted(value[i] if i < len(value) else None, _at(sensitive, i), _at(unknown, i)) for i in range(length)
        ]
    return value


def differences(before: Any, after: Any, path: str = "") -> Iterator[AttributeChange]:
    """What differs between two redacted values, down to the leaves; JSON documents are compared as documents."""
    if type(before) is type(after) and not isinstance(before, dict | list) and before == after:
        return
    before_document, after_document = _document(before), _document(after)
    if before_document is not None and after_document is not None:
        yield from differences(before_document, after_document, path)
    elif isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            step = f"{path}.{name}" if path else name
            yield from differences(before.get(name, Marker.ABSENT), after.get(name, Marker.ABSENT), step)
    elif isinstance(before, list) and isinstance(after, list) and _is_nested(before, after):
        for index in range(max(len(before), len(after))):
            yield from differences(
                before[index] if index < len(before) else Marker.ABSENT,
                after[index] if index < len(after) else Marker.ABSENT,
                f"{path}[{index}]",
            )
    elif not (_is_nothing(before) and _is_nothing(after)) and not _is_same_list(before, after):
        yield AttributeChange(path, before, after)


def shown(value: Any) -> str:
    """A value for a person, on one line."""
    if isinstance(value, Marker):
        return str(value)
    if value is None:
        return "null"
    if isinstance(value, str):
        return value if value and "\n" not in value else json.dumps(value, ensure_ascii=False)
    return json.dumps(value, default=str, ensure_ascii=False)


def plain(value: Any) -> Any:
    """The value for JSON: markers become their text, wherever they stand."""
    if isinstance(value, Marker):
        return str(value)
    if isinstance(value, dict):
        return {name: plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return value


def _document(value: Any) -> Any:
    """A JSON object or array that a string holds, such as a policy; None for every other value."""
    if not isinstance(value, str) or value[:1] not in "{[" or not value:
        return None
    try:
        return json.loads(value)
    except ValueError:
        return None


def _is_nested(*lists: list[Any]) -> bool:
    return any(isinstance(entry, dict | list) for entries in lists for entry in entries)


def _is_same_list(before: Any, after: Any) -> bool:
    return isinstance(before, list) and json.dumps(before, default=str) == json.dumps(after, default=str)


def _is_nothing(value: Any) -> bool:
    return value is None or value is Marker.ABSENT or value == {} or value == []


def _is_tree(tree: Any, kind: type) -> bool:
    return isinstance(tree, kind) and bool(tree)


def _keys(tree: Any) -> set[str]:
    return set(tree) if isinstance(tree, dict) else set()


def _at(tree: Any, step: str | int) -> Any:
    if tree is True:
        return True
    if isinstance(tree, dict) and isinstance(step, str):
        return tree.get(step, False)
    if isinstance(tree, list) and isinstance(step, int):
        return tree[step] if step < len(tree) else False
    return False
