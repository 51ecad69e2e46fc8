"""Objects that a lifecycle rule deletes, or moves to a storage class where they cannot be read at once.

The review does not know a bucket's contents, so every prefix counts. Two cases are less severe: objects of a lake that
can be created again (results of Athena, scratch files), and new buckets of the same plan, which are empty, unless the
rule covers objects that a lake must keep.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plan_review.conditions import is_unseen
from plan_review.model import Plan, ResourceChange, without_index
from plan_review.replacement import parts
from plan_review.values import HIDDEN, Marker

_TYPES = ("aws_s3_bucket_lifecycle_configuration", "aws_s3_bucket")
_RULES = ("rule", "lifecycle_rule")
_SCRATCH = ("athena-results/", "tmp/")
# raw files, tables with their registers of keys, manifests of runs, and what is handed over
_KEPT = ("raw/", "curated/", "features/", "runs/", "exports/", "quarantine/")
_ARCHIVES = ("GLACIER", "DEEP_ARCHIVE")
_AT_ONCE = 0.0
_UNSEEN = "may be deleted"
_OBJECTS, _OLD_VERSIONS = "objects", "noncurrent versions of objects"


@dataclass(frozen=True, slots=True)
class LosingRule:
    """A lifecycle rule that makes more objects unreadable than before.

    Attributes:
        address: the resource with the rule.
        sentence: what happens to which objects, and when.
        is_data: whether the objects may be needed.
    """

    address: str
    sentence: str
    is_data: bool


@dataclass(frozen=True, slots=True)
class _Effect:
    """The effect of a rule on objects below a prefix after some days; `narrowed` by tags or sizes, as text.

    Attributes:
        whose: objects, or noncurrent versions of them.
        verb: what happens to them.
        date: the day from which it applies, if it names one.
        kept: how many newer versions must exist.
    """

    whose: str
    verb: str
    prefix: str
    days: float
    when: str
    narrowed: str = ""
    date: str = ""
    kept: float = 0.0

    def covers(self, other: _Effect) -> bool:
        return (
            (self.whose, self.verb) == (other.whose, other.verb)
            and other.prefix.startswith(self.prefix)
            and self.days <= other.days
            and self.kept <= other.kept
            and (not self.date or self.date <= other.date)
            and self.narrowed in ("", other.narrowed)
        )

    @property
    def sentence(self) -> str:
        below = f" below '{self.prefix}'" if self.prefix else ""
        some = " that match the rule's filter" if self.narrowed else ""
        whose = f"{self.whose}{below}{some}" if below or some else f"all {self.whose}"
        return f"{whose[0].upper()}{whose[1:]} {self.verb} {self.when}."


def _order(effect: _Effect) -> tuple[str, bool, str, float]:
    return effect.prefix, effect.whose != _OBJECTS, effect.verb, effect.days


def losing_rules(plan: Plan) -> Iterator[LosingRule]:
    """Each rule of the plan that takes away objects which stayed before, or stayed longer."""
    new = {without_index(change.address): change for change in plan.changes if _is_new_bucket(change)}
    names = {name for change in new.values() if isinstance(name := change.after.get("bucket"), str)}
    for change in parts(plan):
        if change.type in _TYPES and change.after:
            name = change.after.get("bucket")
            is_new = (
                name in names if isinstance(name, str) else name is Marker.UNKNOWN and _is_of_one(change, new, plan)
            )
            yield from _losing_rules(change, _by_others(change, plan, is_after=False), is_new=is_new)


def _is_of_one(change: ResourceChange, new: Collection[str], plan: Plan) -> bool:
    """Whether it belongs to one of the new buckets, whose names only the apply knows: to that which it mentions."""
    block = without_index(change.address)
    mentioned = {to for of, to in plan.references if of == block and to.rpartition(".")[0].endswith("aws_s3_bucket")}
    return block in new or (not mentioned.isdisjoint(new) if mentioned else bool(new))


def _by_others(change: ResourceChange, plan: Plan, *, is_after: bool) -> tuple[_Effect, ...]:
    """What rules of the same bucket do that stand in another resource, which goes or comes, or in the bucket itself."""
    bucket = change.attribute("bucket")
    others = (
        (each.after if is_after else each.before)
        for each in plan.resources
        if each.type in _TYPES and each.address != change.address and each.attribute("bucket") == bucket
    )
    found = (effect for attributes in others if isinstance(bucket, str) for effect in _effects(_seen(attributes)))
    return tuple(effect for effect in found if effect.verb != _UNSEEN)


def kept_longer(plan: Plan) -> Iterator[tuple[str, str]]:
    """Address and sentence of each update after which objects stay, and cost, that were to go, or go otherwise."""
    for change in map(plan.without_computed, parts(plan)):
        names = [name for name in _RULES if change.before.get(name) != change.after.get(name)]
        if change.type not in _TYPES or not names or not change.before or not change.after:
            continue
        before, after = tuple(_effects(change.before)), tuple(_effects(change.after))
        still = (*after, *_by_others(change, plan, is_after=True))
        lost = [effect for effect in before if not any(other.covers(effect) for other in still)]
        for effect in sorted(lost, key=_order):
            yield change.address, f"This no longer happens, so what stays costs: {effect.sentence}"
        if not lost and all(any(known.covers(effect) for known in before) for effect in after):
            yield change.address, "Its rules change, but they delete or archive no object that stayed before."


def _is_new_bucket(change: ResourceChange) -> bool:
    return change.type == "aws_s3_bucket" and bool(change.after) and not change.before


def _losing_rules(change: ResourceChange, was_there: tuple[_Effect, ...], *, is_new: bool) -> Iterator[LosingRule]:
    if change.before and not any(item.name in _RULES for item in change.attributes):
        return
    before, after = (*_effects(_seen(change.before)), *was_there), tuple(_effects(change.after))
    if any(item.name in _RULES and item.after in HIDDEN for item in change.attributes):
        before = ()  # what is hidden looks alike on both sides
    for effect in sorted(after, key=_order):
        if any(known.covers(effect) for known in before):
            continue
        scratch = effect.prefix.startswith(_SCRATCH)
        kept = any(prefix.startswith(effect.prefix) or effect.prefix.startswith(prefix) for prefix in _KEPT)
        of_old_versions = effect.whose == _OLD_VERSIONS
        unread = scratch or (is_new and (of_old_versions or not kept))
        yield LosingRule(change.address, effect.sentence, is_data=not unread)


def _seen(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    """The attributes without rules of which a part is hidden: they may have covered less than they seem to."""
    return {
        name: [rule for rule in value if not is_unseen(rule)] if name in _RULES and isinstance(value, list) else value
        for name, value in attributes.items()
    }


def _effects(attributes: Mapping[str, Any]) -> Iterator[_Effect]:
    rules = attributes.get("rule", attributes.get("lifecycle_rule"))
    unseen = [attributes.get("rule")] if not isinstance(attributes.get("rule"), list) else attributes["rule"]
    if any(isinstance(each, Marker) for each in unseen):  # a bucket's own are computed where others are configured
        yield _Effect(_OBJECTS, _UNSEEN, "", _AT_ONCE, "by rules that this review cannot see")
    for rule in _blocks(rules):
        switch = rule.get("status", rule.get("enabled"))
        if switch not in ("Enabled", True) and not isinstance(switch, Marker):
            continue
        prefix, narrowed = _prefix(rule), _narrowing(rule)
        for whose, verb, days, when, block in _actions(rule):
            date, kept = block.get("date"), block.get("newer_noncurrent_versions")
            yield _Effect(
                whose,
                verb,
                prefix,
                days,
                when,
                narrowed,
                date if isinstance(date, str) else "",
                float(str(kept)) if str(kept).isdecimal() else 0.0,
            )


def _actions(rule: Mapping[str, Any]) -> Iterator[tuple[str, str, float, str, Mapping[str, Any]]]:
    for name, whose, days_name in (
        ("expiration", _OBJECTS, "days"),
        ("noncurrent_version_expiration", _OLD_VERSIONS, "noncurrent_days"),
    ):
        for block in _blocks_or_unseen(rule.get(name), days_name):
            for days, when in _moment(block, days_name):
                yield whose, "are deleted", days, when, block
    for name, whose, days_name in (
        ("transition", _OBJECTS, "days"),
        ("noncurrent_version_transition", _OLD_VERSIONS, "noncurrent_days"),
    ):
        for block in _blocks_or_unseen(rule.get(name), days_name):
            storage_class = block.get("storage_class", Marker.UNKNOWN)
            if storage_class in _ARCHIVES or isinstance(storage_class, Marker):
                for days, when in _moment(block, days_name, may_be_at_once=True):
                    yield whose, "must be restored before they can be read", days, when, block


def _blocks_or_unseen(value: Any, days_name: str) -> list[Mapping[str, Any]]:
    """The blocks; hidden ones are replaced by one with unknown time."""
    is_unseen = any(isinstance(each, Marker) for each in (value if isinstance(value, list) else [value]))
    return [*_blocks(value), *([{days_name: Marker.UNKNOWN}] if is_unseen else [])]


def _moment(block: Mapping[str, Any], days_name: str, *, may_be_at_once: bool = False) -> Iterator[tuple[float, str]]:
    """Days until then, and in words; nothing for a block that merely removes delete markers."""
    days, date = block.get(days_name, block.get("days")), block.get("date")
    if isinstance(days, Marker) or isinstance(date, Marker):
        yield _AT_ONCE, "after a time that this review cannot see"
    elif isinstance(date, str) and date:
        yield _AT_ONCE, f"on {date[:10]}"
    elif isinstance(days, int | float) and (days or may_be_at_once):
        yield float(days), f"after {days:.0f} {'day' if days == 1 else 'days'}" if days else "at once"


def _prefix(rule: Mapping[str, Any]) -> str:
    for chosen in _blocks(rule.get("filter")):
        for holder in (chosen, *_blocks(chosen.get("and"))):
            if isinstance(holder.get("prefix"), str):
                return str(holder["prefix"])
    legacy = rule.get("prefix")
    return legacy if isinstance(legacy, str) else ""


def _narrowing(rule: Mapping[str, Any]) -> str:
    """Tags and sizes of a filter, as text to compare; empty if it has none."""
    holders = [holder for chosen in _blocks(rule.get("filter")) for holder in (chosen, *_blocks(chosen.get("and")))]
    found = [
        f"{name}={holder[name]}"
        for holder in (*holders, rule)
        for name in ("tag", "tags", "object_size_greater_than", "object_size_less_than")
        if holder.get(name) not in (None, [], {}, 0, "")
    ]
    return ", ".join(sorted(found))


def _blocks(value: Any) -> list[Mapping[str, Any]]:
    """The blocks of a list; some providers give a single one without its list."""
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if isinstance(entry, Mapping)]
