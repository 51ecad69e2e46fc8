"""A dangerous change stays as dangerous in a module, beside other changes, in any order, and if a part is not seen."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from plan_review.levels import Level
from plan_review.parse import parse_plan
from plan_review.review import review
from tests.unit.plan_review.test_feared_changes import CASES, build_entry

MODULE = 'module.lake["x.y[0]\\"]z"].module.inner[1]'


@pytest.fixture(scope="module")
def alone(basis) -> list[tuple[dict, dict, Level]]:
    """Each feared change as Terraform gives it, and the level that it needs."""
    return [(case, entry, level(basis, entry)) for case in CASES for entry in [build_entry(case)]]


def level(basis, *entries: dict) -> Level:
    return review(parse_plan({"format_version": "1.2", "resource_changes": list(entries)}), basis).verdict.level


def lowered(cases: Iterator[tuple[dict, Level, Level]]) -> list[str]:
    return [f"{case['type']}: {case['id']}: {was.word}, now {now.word}" for case, was, now in cases if now < was]


def test_change_in_a_module_with_odd_keys_needs_no_less(basis, alone):
    def moved() -> Iterator[tuple[dict, Level, Level]]:
        for case, entry, was in alone:
            address = f'{MODULE}.{entry["type"]}.this["a.b[\\"c\\"].d"]'
            yield case, was, level(basis, entry | {"address": address, "module_address": MODULE})

    assert lowered(moved()) == []


def test_change_beside_another_one_needs_no_less(basis, alone):
    def beside() -> Iterator[tuple[dict, Level, Level]]:
        for number, (case, entry, was) in enumerate(alone):
            _, other, its_level = alone[(number + 97) % len(alone)]
            other = other | {"address": f"{other['type']}.other"}
            if entry["type"].startswith(other["type"]) or other["type"].startswith(entry["type"]):
                continue  # what goes or comes with its bucket or role is another change
            both = [entry, other] if number % 2 else [other, entry]
            yield case, max(was, its_level), level(basis, *both)

    assert lowered(beside()) == []


@pytest.mark.parametrize("actions", [["delete", "create"], ["create", "delete"]], ids="-".join)
def test_replacement_that_changes_the_same_needs_no_less(basis, alone, actions):
    def replaced() -> Iterator[tuple[dict, Level, Level]]:
        for case, entry, was in alone:
            if entry["change"]["actions"] == ["update"]:
                yield case, was, level(basis, entry | {"change": entry["change"] | {"actions": actions}})

    assert lowered(replaced()) == []


def marks(value: Any) -> Iterator[Any]:
    """Each way to mark one attribute, block or element within a value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if inner is not None:
                yield {name: True}
                yield from ({name: each} for each in marks(inner))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, dict):
                for each in [True, *marks(inner)]:
                    yield [*[False] * index, each, *[False] * (len(value) - index - 1)]


def choose(found: Iterator[Any], number: int) -> Any:
    """One of those found, another one for each number, as all of all cases take too long."""
    each = list(found)
    return each[number % len(each)] if each else None


SIDES = [("before", "after"), ("before",), ("after",)]


def test_change_of_which_a_part_is_sensitive_needs_no_less(basis, alone):
    """What may be open to everybody is not blocked, but needs consent to access."""

    def hidden() -> Iterator[tuple[dict, Level, Level]]:
        for number, (case, entry, was) in enumerate(alone):
            sides = SIDES[number % len(SIDES)]
            if {"sensitive", "unknown"} & case.keys():
                continue
            change = entry["change"]
            each = choose(marks(change["after"] or change["before"]), number)
            if each is None:
                continue
            marked = copy.deepcopy(entry)
            marked["change"] |= {f"{side}_sensitive": each for side in sides if change[side] is not None}
            name = f"{case['id']} {json.dumps(each)}"
            yield case | {"id": name}, Level.ACCESS if was is Level.BLOCKED else was, level(basis, marked)

    assert lowered(hidden()) == []


def without(tree: dict | None, name: str) -> dict | None:
    return tree and {key: value for key, value in tree.items() if key != name}


def test_change_whose_policy_is_not_seen_needs_no_less(basis, alone):
    """Every policy document and list of policies: sensitive on either side or both, or known only after the apply."""

    def hidden() -> Iterator[tuple[dict, Level, Level]]:
        for case, entry, was in alone:
            change = entry["change"]
            after = change["after"] or {}
            written = (
                {case.get("into", "policy")} if "policy" in case else {"policy_arns", "policy_names"} & after.keys()
            )
            for name in written:
                marked = [{f"{side}_sensitive": {name: True} for side in sides if change[side]} for sides in SIDES]
                unknown = {"after": without(after, name), "after_unknown": {name: True}}
                for each in [*marked, unknown]:
                    least = Level.ACCESS if was is Level.BLOCKED else was
                    named = case | {"id": f"{case['id']} {name} {sorted(each)}"}
                    yield named, least, level(basis, entry | {"change": change | each})

    assert lowered(hidden()) == []
