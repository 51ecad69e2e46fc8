"""Attribute values of a plan: sensitive ones taken out, unknown ones marked, and how two of them differ."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import reduce
from itertools import zip_longest
from typing import Any

_DIGITS_OF_A_SECRET = 4
_DEEPEST = 150
_LARGEST = 1e300


class Marker(Enum):
    """A placeholder for a hidden or unknown value."""

    SENSITIVE = "(sensitive value)"
    BECOMES_SENSITIVE = "(sensitive value from now on)"
    NO_LONGER_SENSITIVE = "(no longer marked as sensitive)"
    UNKNOWN = "(known after apply)"
    ABSENT = "(not set)"

    def __str__(self) -> str:
        return str(self.value)


# in place of what is, becomes or was sensitive
HIDDEN = (Marker.SENSITIVE, Marker.BECOMES_SENSITIVE, Marker.NO_LONGER_SENSITIVE)


@dataclass(frozen=True, slots=True)
class AttributeChange:
    """One attribute that differs.

    Attributes:
        path: its place, such as `rule[0].id`; inside a JSON document too: `policy.Statement[0].Action`.
        before: the value now; a plain JSON value or a marker.
        after: the value then.
        hidden_names: names of attributes within a value that is hidden, for rules alone: no form of a review has them.
    """

    path: str
    before: Any
    after: Any
    hidden_names: frozenset[str] = field(default=frozenset(), compare=False, repr=False)

    @property
    def name(self) -> str:
        """The top-level attribute that the path begins with."""
        return self.path.partition(".")[0].partition("[")[0]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a change, with Terraform's parallel trees, in which true means a whole subtree."""

    value: Any
    sensitive: Any = False
    unknown: Any = False

    def at(self, step: str | int) -> Side:
        """The side at a key or an index."""
        value: Any = None
        if (isinstance(self.value, dict) and isinstance(step, str)) or self._has(step):
            value = self.value.get(step) if isinstance(self.value, dict) else self.value[step]
        return Side(value, _at(self.sensitive, step), _at(self.unknown, step))

    def has(self, step: str | int) -> bool:
        """Whether the value has this key or index."""
        return step in self.value if isinstance(self.value, dict) else self._has(step)

    def _has(self, step: str | int) -> bool:
        return isinstance(self.value, list) and isinstance(step, int) and step < len(self.value)


def redacted(side: Side, other: Side = Side(None), secrets: frozenset[str] = frozenset(), depth: int = 0) -> Any:
    """The value of one side with a marker in place of everything sensitive or unknown, at any depth.

    A value that either side marks as sensitive is removed from both: it is no less secret when its mark appears or
    disappears. An element of a list may have moved, so in lists such a value is removed everywhere, at any depth
    (`secrets` has those of the surrounding lists), and so is the attribute of a block. A sensitive value is removed
    even if it is unknown as well.

    Raises:
        RecursionError: the value is nested more deeply than any is.
    """
    if depth > _DEEPEST:
        raise RecursionError(f"a value is nested more than {_DEEPEST} times")
    if side.sensitive is True or (other.sensitive is True and (side.value is not None or side.unknown is True)):
        return Marker.SENSITIVE
    if side.unknown is True:
        return Marker.UNKNOWN
    value = side.value
    if isinstance(value, dict) or (value is None and (_is_tree(side.sensitive, dict) or _is_tree(side.unknown, dict))):
        inner = value or {}
        names = sorted(inner.keys() | _keys(side.sensitive) | _keys(side.unknown))
        found = {name: redacted(side.at(name), other.at(name), secrets, depth + 1) for name in names}
        # a key that occurs only in the parallel trees, with empty values, does not exist
        return {name: entry for name, entry in found.items() if name in inner or entry is not None}
    if isinstance(value, list):
        return list(_redacted_elements(side, other, secrets.union(_secrets(side), _secrets(other)), depth + 1))
    is_secret = isinstance(value, str) or _may_be_a_secret(value)
    if is_secret and str(value) in secrets:
        return Marker.SENSITIVE
    # a number too large to calculate with is kept as text
    return str(value) if isinstance(value, int | float) and not -_LARGEST < value < _LARGEST else value


def _may_be_a_secret(value: Any) -> bool:
    """Whether a number may be a secret, such as a PIN."""
    return isinstance(value, int | float) and not isinstance(value, bool) and len(str(value)) >= _DIGITS_OF_A_SECRET


def _secrets(side: Side) -> Iterator[str]:
    """The marked texts, and the marked numbers that may be secrets, anywhere within a value."""
    if side.sensitive is True:
        yield from _texts(side.value)
    elif isinstance(side.sensitive, dict):
        for name in side.sensitive:
            yield from _secrets(side.at(name))
    elif isinstance(side.sensitive, list):
        for index in range(len(side.sensitive)):
            yield from _secrets(side.at(index))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif _may_be_a_secret(value):
        yield str(value)
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _redacted_elements(side: Side, other: Side, texts: frozenset[str], depth: int) -> Iterator[Any]:
    elements = [each.at(index) for each in (side, other) for index in _indices(each)]
    secrets = [element.value for element in elements if element.sensitive is True]
    of_blocks = [element.sensitive for element in elements if isinstance(element.sensitive, dict)]
    in_blocks: Any = reduce(_merged, of_blocks, False)
    for index in _indices(side):
        own, its_other = side.at(index), other.at(index)
        if own.value is not None and own.value in secrets:
            yield Marker.SENSITIVE
        else:
            marks = _merged(its_other.sensitive, in_blocks) if isinstance(own.value, dict) else its_other.sensitive
            yield redacted(own, replace(its_other, sensitive=marks), texts, depth)


def _indices(side: Side) -> range:
    return range(max((len(tree) for tree in (side.value, side.unknown) if isinstance(tree, list)), default=0))


def _merged(one: Any, other: Any) -> Any:
    """The union of two parallel trees of marks."""
    if True in (one, other):
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return {name: _merged(one.get(name, False), other.get(name, False)) for name in one.keys() | other.keys()}
    if isinstance(one, list) and isinstance(other, list):
        return [_merged(*pair) for pair in zip_longest(one, other, fillvalue=False)]
    return one or other


def hidden_differences(before: Side, after: Side, path: str = "") -> Iterator[AttributeChange]:
    """Differences in hidden values: a sensitive value, or its mark."""
    marks = before.sensitive is True, after.sensitive is True
    if any(marks):
        if before.value != after.value or marks[0] != marks[1] or after.unknown:
            names = frozenset([*_names(before.value), *_names(after.value)])
            yield AttributeChange(path, *_hidden(before, after), names)
        return
    trees = before.value, before.sensitive, after.value, after.sensitive
    for name in sorted(set().union(*map(_keys, trees))):
        yield from hidden_differences(before.at(name), after.at(name), f"{path}.{name}" if path else name)
    for index in range(max(len(_indices(before)), len(_indices(after)))):
        yield from hidden_differences(before.at(index), after.at(index), f"{path}[{index}]")


def hidden_names(side: Side) -> Iterator[str]:
    """The names of attributes within what is sensitive, at any depth."""
    if side.sensitive is True:
        yield from _names(side.value)
        return
    for step in [*_keys(side.sensitive), *_indices(side)]:
        yield from hidden_names(side.at(step))


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        yield from value if isinstance(value, dict) else ()
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _names(inner)


def _hidden(before: Side, after: Side) -> tuple[Marker, Marker]:
    if before.value is None or (after.value is None and not after.unknown):
        return (
            Marker.ABSENT if before.value is None else Marker.SENSITIVE,
            Marker.ABSENT if after.value is None and not after.unknown else Marker.SENSITIVE,
        )
    if before.sensitive is not True:
        return Marker.SENSITIVE, Marker.BECOMES_SENSITIVE
    return Marker.SENSITIVE, Marker.SENSITIVE if after.sensitive is True else Marker.NO_LONGER_SENSITIVE


def differences(before: Any, after: Any, path: str = "") -> Iterator[AttributeChange]:
    """The differences between two redacted values, down to the leaves; JSON documents are compared as documents."""
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


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value within a redacted one by its path, JSON documents opened; lists of plain values stay whole."""
    inner = _document(value)
    inner = value if inner is None else inner
    if isinstance(inner, dict):
        for name, entry in sorted(inner.items()):
            yield from leaves(entry, f"{path}.{name}" if path else name)
    elif isinstance(inner, list) and _is_nested(inner):
        for index, entry in enumerate(inner):
            yield from leaves(entry, f"{path}[{index}]")
    elif not _is_nothing(value):
        yield path, value


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
    """The value for JSON, with markers as text at any depth."""
    if isinstance(value, Marker):
        return str(value)
    if isinstance(value, dict):
        return {name: plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return value


def _document(value: Any) -> Any:
    """A JSON object or array in a string, such as a policy; None for every other value."""
    if not isinstance(value, str) or value[:1] not in "{[" or not value:
        return None
    return parse_json(value)


def parse_json(text: str) -> Any:
    """A text parsed as JSON; None if it is not JSON, or is nested too deeply."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if text.count("[") + text.count("{") <= _DEEPEST:
        return document
    level = [document]
    for _ in range(_DEEPEST):
        level = [inner for each in level if isinstance(each, dict | list) for inner in _inner(each)]
        if not level:
            return document
    return None


def _inner(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


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
