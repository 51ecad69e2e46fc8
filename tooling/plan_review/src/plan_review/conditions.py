"""Conditions on attributes in rules: present values, changes, decreases, openings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property, partial
from ipaddress import ip_network
from itertools import product
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from plan_review.model import ResourceChange
from plan_review.values import HIDDEN, Marker

_STEP = re.compile(r"\[([^\[\]]+)\]|([^.\[\]]+)")
_INDEX = re.compile(r"\[(?:\d+|\w+=[^\[\]]*)\]")
_SECONDS = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)s?")
_ANYWHERE = "**"
_FOR_EVER = float("inf")
# tests of the values on one side, which may pass whether or not they change
_OF_ONE_SIDE = frozenset({"equals", "is_not", "is_set", "matches", "was"})
# tests of which way a value goes, which one element of a list may fail while another one makes up for it
_DIRECTED = frozenset({"becomes", "becomes_not", "decreases", "increases"})
_OLDER_KEYS = {"hash_key": "HASH", "range_key": "RANGE"}
_KEYS = frozenset({*_OLDER_KEYS, "key_schema"})
# networks as wide as these are public: the halves of the internet, or its addresses in use
_WIDEST_OF_ONE_OWNER = {4: 8, 6: 16}


class Condition(BaseModel):
    """A test of one attribute, or of several of which one must pass; all given tests must hold.

    A path goes into every element of a list; `a[name=x].b` only into those named x, and `**.a.b` is the path at any
    depth. What is unknown or sensitive meets
    `is_not`, and `becomes_not` and `decreases` where the value is known today: it may be what is feared. `or_may` lets
    every test be met so, on either side.

    Attributes:
        was: a value that it has now.
        becomes: values that appear more often than before, in all or in one element of a list.
        becomes_not: values that appear less often than before, in all or in one element of a list.
        endless: numbers that mean no limit, such as a retention of 0 days.
        decreases: a number falls; of several, any.
        is_emptied: a value is removed, or a list becomes shorter.
        loses: a value is there less often than before, whatever is there in its place; `gains`: more often.
        by: of each block, only these attributes count, such as those without which an index is another index; keys of
            indexes count once, in whichever form they are told.
        together: the values at all paths count as one list, as what leaves one attribute may be in another.
        is_set: there is a value.
        matches: a pattern that a text has; `newly_matches` counts texts only that were not there before.
        changed_line: a pattern that a line has which was added to a text, or removed from it.
        opens: a network open to everybody that was not open before.
        is_known: what it looks for is known before the apply, so that a value which is not is none: a name that AWS
            gives, say, where a value of the apply is the address of a resource.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    attribute: str | tuple[str, ...]
    equals: Any = Field(default=None, alias="is")
    is_not: Any = None
    was: Any = None
    becomes: Any = None
    becomes_not: Any = None
    matches: str | None = None
    newly_matches: str | None = None
    changed_line: str | None = None
    endless: tuple[Any, ...] = ()
    increases: bool = False
    decreases: bool = False
    changes: bool = False
    is_emptied: bool = False
    loses: bool = False
    gains: bool = False
    by: tuple[str, ...] = ()
    together: bool = False
    is_set: bool = False
    opens: bool = False
    is_known: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """The attributes that it looks at."""
        return (self.attribute,) if isinstance(self.attribute, str) else self.attribute

    def holds(self, change: ResourceChange, *, or_may: bool = False) -> bool:
        """Whether the resource satisfies the condition; with `or_may`, also if a value is hidden or unknown."""
        each = (self.paths,) if self.together else ((path,) for path in self.paths)
        return any(self._holds(change, paths) or (or_may and self._may(change, paths)) for paths in each)

    def fewer(self, change: ResourceChange) -> int:
        """How many values fewer there are than before."""
        before, after = self._values(change, self.paths)
        return _set(before) - _set(after)

    def _values(self, change: ResourceChange, paths: tuple[str, ...]) -> tuple[list[Any], list[Any]]:
        """The values that count, before and after."""
        before, after = (
            [value for path in paths for value in values_at(side, path)] for side in (change.before, change.after)
        )
        return (
            ([_only(value, self.by) for value in before], [_only(value, self.by) for value in after])
            if self.by
            else (before, after)
        )

    def _may(self, change: ResourceChange, paths: tuple[str, ...]) -> bool:
        """Whether the condition may hold, as a value is hidden, or known after the apply only."""
        before, after = self._values(change, paths)
        parents = {marker for path in paths for marker in _hidden_parents(change, path)}
        hidden = parents.union(_markers(before), _markers(after))
        if not hidden or (self.is_known and hidden == {Marker.UNKNOWN}):
            return False
        if not self.is_of_one_side and not parents and not any(_changes_unseen(change, path) for path in paths):
            return False
        were, are = [*before, *(parent for parent in parents if parent in HIDDEN)], [*after, *parents]
        return all(self._passes(test, before, after) or self._may_pass(test, were, are) for test in self._tests)

    def _may_pass(self, test: str, before: list[Any], after: list[Any]) -> bool:
        """Whether a test passes for some values in place of those that are hidden or unknown."""
        was_unseen, is_unseen_now = _markers(before), _markers(after)
        match test:
            case "was":
                return bool(was_unseen)
            case "becomes":
                return _count(after, self.becomes) + len(is_unseen_now) > _count(before, self.becomes)
            case "becomes_not":
                return _count(after, self.becomes_not) < _count(before, self.becomes_not) + len(was_unseen)
            case "is_emptied":  # a block of which only a part is unseen is there
                return any(isinstance(value, Marker) for value in after) and _set(before) > 0
            case "loses":
                return bool(is_unseen_now) and _set(before) > 0
            case "is_set":
                return not self.is_set and any(value in HIDDEN for value in is_unseen_now)
            case "increases":
                return self._may_pass_limit(before, after)
            case "decreases":
                return self._may_pass_limit(after, before)
            case "changes" | "changed_line" | "gains":
                return bool(was_unseen or is_unseen_now)
            case _:
                return bool(is_unseen_now)

    def _may_pass_limit(self, those: list[Any], than_these: list[Any]) -> bool:
        """Whether one of those numbers may be less than one of these, of which some are hidden or unknown."""
        if _markers(than_these):
            return bool(_markers(those)) or any(number < _FOR_EVER for number in self._numbers(those))
        return bool(_markers(those)) and (any(self._numbers(than_these)) or not list(self._numbers(than_these)))

    def _holds(self, change: ResourceChange, paths: tuple[str, ...]) -> bool:
        before, after = self._values(change, paths)
        return all(
            self._passes(test, before, after)
            or (test in _DIRECTED and any(self._passes_in_one(test, change, path) for path in paths))
            for test in self._tests
        )

    def _passes_in_one(self, test: str, change: ResourceChange, path: str) -> bool:
        """Whether it passes for an element of a list that differs in nothing else, whatever the others do."""
        return any(self._passes(test, *values) for values in _values_of_elements(change, path))

    def _passes(self, test: str, before: list[Any], after: list[Any]) -> bool:
        match test:
            case "equals":
                return _count(after, self.equals) > 0
            case "is_not":
                return any(not _same(value, self.is_not) for value in after)
            case "was":
                return _count(before, self.was) > 0
            case "becomes":
                return _count(after, self.becomes) > _count(before, self.becomes)
            case "becomes_not":
                return _count(after, self.becomes_not) < _count(before, self.becomes_not)
            case "matches":
                return any(_matches(self.matches, value) for value in after)
            case "newly_matches":
                return any(_matches(self.newly_matches, value) for value in _new(before, after))
            case "changed_line":
                return any(_matches(self.changed_line, line) for line in _lines(before) ^ _lines(after))
            case "increases":
                return self._is_less(before, after) is self.increases
            case "decreases":
                return self._is_less(after or [None], before) is self.decreases  # it may go with its block
            case "changes":
                return ([*filter(is_there, before)] != [*filter(is_there, after)]) is self.changes
            case "is_emptied":
                return (_set(after) < _set(before)) is self.is_emptied
            case "loses":
                return is_fewer(before, after) is self.loses
            case "gains":
                return is_fewer(after, before) is self.gains
            case "is_set":
                return bool(_set(after)) is self.is_set
            case _:
                return any(_is_everybodys(value) for value in _new(before, after)) is self.opens

    @cached_property
    def _tests(self) -> tuple[str, ...]:
        return tuple(
            name
            for name in type(self).model_fields
            if name in self.model_fields_set - {"attribute", "by", "endless", "is_known", "together"}
        )

    @property
    def examined(self) -> tuple[tuple[str, bool], ...]:
        """The paths whose changes it sees, and whether also all of what is below them."""
        parts = tuple((f"{path}.{name}", True) for path in self.paths for name in self.by)
        return (*((path, self.changes and not self.by) for path in self.paths), *parts)

    @property
    def is_of_one_side(self) -> bool:
        """Whether it is about values that are there, before or after, and not about what changes."""
        return all(test in _OF_ONE_SIDE for test in self._tests)

    @cached_property
    def _looks_for(self) -> frozenset[str] | None:
        """Names of which one must be present for the condition to hold; None if it may hold without."""
        if any(getattr(self, test) in (None, False) or test == "is_not" for test in self._tests):
            return None
        return frozenset(path.removeprefix(f"{_ANYWHERE}.").partition(".")[0].partition("[")[0] for path in self.paths)

    def may_hold(self, names: frozenset[str]) -> bool:
        """Whether it could hold for a resource in which these names occur, at any depth."""
        return self._looks_for is None or not self._looks_for.isdisjoint(names)

    def _is_less(self, those: list[Any], than_these: list[Any]) -> bool:
        less, more = list(self._numbers(those)), list(self._numbers(than_these))
        if not less and more:  # the old value is known, the new one is unknown or no longer set
            return any(value is None or isinstance(value, Marker) for value in those) and min(more) > 0
        if less and not more and max(less) == 0:  # an import does not know what it was
            return self.decreases and None in than_these
        if len(less) == len(more):
            return any(one < other for one, other in zip(less, more, strict=True))
        ranked = zip(sorted(less, reverse=True), sorted(more, reverse=True), strict=False)
        return bool(less) and bool(more) and (min(less) < min(more) or any(one < other for one, other in ranked))

    def _numbers(self, values: list[Any]) -> Iterator[float]:
        for value in values:
            if any(_same(value, each) for each in self.endless):
                yield _FOR_EVER
            elif (number := parse_number(value)) is not None:
                yield number


def parse_number(value: Any) -> float | None:
    """A number, also one that a provider writes as text, such as `60s`; None for anything else."""
    if isinstance(value, str) and (found := _SECONDS.fullmatch(value)):
        return float(found[1])
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def is_unseen(value: Any) -> bool:
    """Whether a part of a value is not shown, or known after the apply only."""
    if isinstance(value, dict | list):
        return any(is_unseen(inner) for inner in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, Marker) and value is not Marker.ABSENT


def _changes_unseen(change: ResourceChange, path: str) -> bool:
    """Whether a value at the path, or a parent of it, becomes hidden or unknown."""
    if not change.before:
        return True
    place = f".{without_indices(path).removeprefix(f'{_ANYWHERE}.')}."
    parents = tuple(place[: end + 1] for end in range(1, len(place) - 1) if place[end] == ".")
    for item in change.attributes:
        if is_unseen(item.before) or is_unseen(item.after) or "=" in path:  # which element it is may be hidden
            changed = f".{without_indices(item.path)}."
            if (
                changed.startswith(place)
                or place.startswith(changed)
                or (path.startswith(_ANYWHERE) and (place in changed or changed.endswith(parents)))
            ):
                return True
    return False


def _hidden_parents(change: ResourceChange, path: str) -> set[Marker]:
    """The markers in place of something that holds, or held, the name which a path at any depth begins with."""
    if not path.startswith(_ANYWHERE):
        return set()
    name = path.removeprefix(f"{_ANYWHERE}.").partition(".")[0]
    sides = [(item.before, item.after) for item in change.attributes]
    held = {
        after
        for before, after in sides
        if isinstance(after, Marker) and is_unseen(after) and name in names_within(before)
    }
    return held | {Marker.SENSITIVE for item in change.attributes if name in item.hidden_names}


def without_indices(path: str) -> str:
    """The path of an attribute without the indices of lists."""
    return _INDEX.sub("", path)


def _markers(value: Any) -> list[Marker]:
    """The markers among values, and within them."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return [marker for each in inner for marker in _markers(each)]
    return [value] if isinstance(value, Marker) else []


def names_within(*trees: Any) -> frozenset[str]:
    """All names that occur in attributes, at any depth."""
    return frozenset(name for tree in trees for holder in _within(tree) for name in holder)


def values_at(attributes: Any, path: str) -> list[Any]:
    """The values at a path such as `rule.id` or `rule[0].id`; a single None if there is none, or nothing for `**`."""
    start = [attributes]
    if path.startswith(f"{_ANYWHERE}."):
        path = path.removeprefix(f"{_ANYWHERE}.")
        name = path.partition(".")[0]
        return [value for holder in _within(attributes) if name in holder for value in values_at(holder, path)]
    for chosen, name in _STEP.findall(path):
        start = list(_inner(start, name, chosen))
    return [entry for value in start for entry in _elements(value)] or [None]


def _inner(holders: list[Any], name: str, chosen: str) -> Iterator[Any]:
    """The values of a name in holders, or the elements that an index or `name=value` chooses."""
    for holder in holders:
        if isinstance(holder, Marker):
            yield holder
        elif chosen:
            yield from _chosen(holder, chosen)
        else:
            for each in holder if isinstance(holder, list) else [holder]:
                if isinstance(each, Marker):
                    yield each
                elif isinstance(each, dict) and name in each:
                    yield each[name]


def _chosen(elements: Any, chosen: str) -> Iterator[Any]:
    if not isinstance(elements, list):
        return
    key, is_named, wanted = chosen.partition("=")
    if not is_named:
        yield from elements[int(chosen) : int(chosen) + 1]
        return
    for each in elements:
        if isinstance(each, dict) and isinstance(each.get(key), Marker):
            yield each[key]  # it may be the wanted one
        elif isinstance(each, Marker) or (isinstance(each, dict) and str(each.get(key)) == wanted):
            yield each


def _values_of_elements(change: ResourceChange, path: str) -> Iterator[tuple[list[Any], list[Any]]]:
    """The values at a path within each element of a list, before and after, if nothing but such values differs.

    Elements of which a part is hidden may be equal, so each of those is compared with each.
    """
    first, _, rest = path.partition(".")
    names = change.before.keys() & change.after.keys() if first == _ANYWHERE else {first}
    inner, last = path if first == _ANYWHERE else rest, path.rpartition(".")[2]
    for name in names if inner else ():
        before, after = (_by_all_but(side.get(name), last) for side in (change.before, change.after))
        for identity in before.keys() & after.keys():
            pairs = product if is_unseen(before[identity]) else partial(zip, strict=False)
            for one, other in pairs(before[identity], after[identity]):
                yield values_at(one, inner), values_at(other, inner)


def _by_all_but(value: Any, name: str) -> dict[str, list[Any]]:
    """The blocks of a list by their text without the attributes of a name."""
    found: dict[str, list[Any]] = {}
    for each in value if isinstance(value, list) else ():
        if isinstance(each, dict):
            found.setdefault(_but(each, name), []).append(each)
    return found


def _but(value: Any, name: str) -> str:
    """A value as text to compare, without the attributes of a name."""

    def rest(inner: Any) -> Any:
        if isinstance(inner, dict):
            return {key: rest(each) for key, each in inner.items() if key != name}
        return [rest(each) for each in inner] if isinstance(inner, list) else inner

    return json.dumps(rest(value), default=str, sort_keys=True)


def _elements(value: Any) -> Iterator[Any]:
    """The elements of a list of plain values; blocks stay together, so that they can be counted."""
    yield from value if isinstance(value, list) and value else [value]


def _within(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _within(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _within(inner)


def _same(value: Any, wanted: Any) -> bool:
    """Whether it is the value; some providers write true and false as text."""
    if isinstance(wanted, bool) and isinstance(value, str):
        return value.lower() == str(wanted).lower()
    return bool(value == wanted) and isinstance(value, bool) is isinstance(wanted, bool)


def _count(values: list[Any], wanted: Any) -> int:
    return sum(_same(value, wanted) for value in values)


def _new(before: list[Any], after: list[Any]) -> Iterator[Any]:
    for value in after:
        if value not in before:
            yield value


def _lines(values: list[Any]) -> set[str]:
    return {line for value in values if isinstance(value, str) for line in value.splitlines()}


def is_there(value: Any) -> bool:
    """Whether there is a value: an empty text, list or block is none."""
    return value not in (None, "", [], {})


def _set(values: list[Any]) -> int:
    return sum(map(is_there, values))


def is_fewer(those: list[Any], others: list[Any]) -> bool:
    """Whether one of those values is among the others less often; one that is not shown there may be any of them.

    A block of which only a part is not shown is as it is: what is shown of it may be what differs.
    """
    missing = list(filter(is_there, those))
    unseen = 0
    for value in others:
        if value in missing:
            missing.remove(value)
        else:
            unseen += isinstance(value, Marker)
    return sum(not isinstance(value, Marker) for value in missing) > unseen


def _only(value: Any, names: tuple[str, ...]) -> Any:
    """A block with these attributes alone, those of them that are set; the order of a list does not count."""
    if not isinstance(value, dict):
        return value
    found = {name: value[name] for name in names if is_there(value.get(name))}
    if not found.keys().isdisjoint(_KEYS):
        found = {name: found[name] for name in found if name not in _KEYS} | {"keys": _keys(found)}
    return {name: sorted(each, key=str) if isinstance(each, list) else each for name, each in found.items()}


def _keys(index: Mapping[str, Any]) -> Any:
    """The keys of an index of DynamoDB, which newer providers tell twice: by older arguments and by `key_schema`."""
    older = [{"key_type": kind, "attribute_name": index[name]} for name, kind in _OLDER_KEYS.items() if name in index]
    newer = index.get("key_schema", [])
    known = [each for each in (older, newer) if each and not is_unseen(each)]
    if not known:
        return [*older, newer]
    keys = [key for each in known for key in (each if isinstance(each, list) else [each]) if isinstance(key, dict)]
    texts = dict.fromkeys(f"{key.get('key_type')} {key.get('attribute_name')}" for key in keys)
    return ", ".join(sorted(texts, key=lambda text: text.partition(" ")[0]))


def _matches(pattern: str | None, value: Any) -> bool:
    return isinstance(value, str) and re.search(pattern or "", value) is not None


def _is_everybodys(value: Any) -> bool:
    return isinstance(value, str) and is_everybodys_network(value)


def is_everybodys_network(text: str) -> bool:
    """Whether a network is the whole internet, or a part that is too large to be anybody's own."""
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError:
        return False
    return network.prefixlen < _WIDEST_OF_ONE_OWNER[network.version] and not network.is_private
