"""Changed tags by which something selects: policies, backups, lifecycle rules, cost reports.

If the plan shows what selects, the finding says so. Otherwise, every tag that is removed or gets another value counts,
because another stack may select by it. A tag that only says what deployed a resource, and when, does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from plan_review.conditions import values_at
from plan_review.coverage import TagSelection, load_coverage
from plan_review.model import Action, Plan, ResourceChange
from plan_review.values import Marker

# a key as it is written in a condition of a backup, such as aws:ResourceTag/team
_PREFIX = re.compile(r"^(aws:ResourceTag/|tag:)")


def tag_findings(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Rule, sentence and address for each resource whose changed tags may select something."""
    changed = [(change, tags) for change in plan.changes if (tags := _changed_tags(change))]
    if not changed:
        return
    use = load_coverage().tags
    all_keeping, allowing = _keeping_keys(plan), _allowing_keys(plan)
    for change, tags in changed:
        address, keeping = change.address, _keeping(change, all_keeping)
        keeps = sorted(keeping & tags.keys())
        allows = sorted(key for key in tags.keys() - keeping if key.lower() in allowing)
        if keeps:
            sentence = f"Backups, lifecycle rules or replication in this plan select by {_named(keeps)}."
            yield "tag-keeps", sentence, address
        if allows:
            yield "tag-allows", f"A policy in this plan depends on {_named(allows)}.", address
        others = [
            f"{sign}{key}"
            for key, sign in sorted(tags.items())
            if key not in {*keeps, *allows}
            and not _matches(use.informs, key)
            and (sign != "+" or _matches(use.selects, key))
        ]
        if others:
            what = "Policies, backups and cost reports that select by them may treat it differently"
            yield "tag-changed", f"Its tags change: {', '.join(others)}. {what}.", address


def _changed_tags(change: ResourceChange) -> dict[str, str]:
    """The keys that an update adds (+), removes (-), or gives another value (~)."""
    if change.action is not Action.UPDATE:
        return {}
    sides = change.before, change.after
    every = [side.get("tags_all") for side in sides]  # also those that the provider adds to every resource
    name = "tags_all" if any(every) and not any(isinstance(each, Marker) for each in every) else "tags"
    before, after = (_tags(side.get(name)) for side in sides)
    return {
        key: "+" if key not in before else "-" if key not in after else "~"
        for key in before.keys() | after.keys()
        if key not in before or key not in after or before[key] != after[key] or isinstance(after[key], Marker)
    }


def _tags(tags: Any) -> dict[str, Any]:
    """Tags by key; tags that are not shown, or not known yet, count as one."""
    if isinstance(tags, Marker):
        return {"(all)": tags}
    return tags if isinstance(tags, dict) else {}


def _keeping_keys(plan: Plan) -> dict[TagSelection, set[str]]:
    """The tags by which backups, lifecycle rules and copies select, before and after."""
    found: dict[TagSelection, set[str]] = {}
    for change in plan.resources:
        if (selection := load_coverage().tags.keeps.get(change.type)) is not None:
            values = (
                value
                for path in selection.paths
                for side in (change.before, change.after)
                for value in values_at(side, path)
            )
            found.setdefault(selection, set()).update(_PREFIX.sub("", key) for value in values for key in _keys(value))
    return found


def _keeping(change: ResourceChange, keys: Mapping[TagSelection, set[str]]) -> set[str]:
    """Those of the tags that count for a resource of this type."""
    of_type = (each for each in keys if any(fnmatchcase(change.type, pattern) for pattern in each.of))
    return {key for each in of_type for key in keys[each]}


def _keys(value: Any) -> Iterable[str]:
    return value.keys() if isinstance(value, dict) else [value] if isinstance(value, str) else []


def _allowing_keys(plan: Plan) -> set[str]:
    """The tags by which policies decide, in lower case, as conditions ignore case."""
    patterns = [re.compile(pattern) for pattern in load_coverage().tags.allows]
    sides = (dict(side) for change in plan.resources for side in (change.before, change.after))
    return {key.lower() for side in sides for text in _texts(side) for each in patterns for key in each.findall(text)}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _named(keys: list[str]) -> str:
    return f"tag {keys[0]}, which changes" if len(keys) == 1 else f"tags {', '.join(keys)}, which change"


def _matches(patterns: tuple[str, ...], key: str) -> bool:
    return any(re.search(pattern, key) for pattern in patterns)
