"""Rules, as data: which change needs which level of consent. The bundled ones are in rules/ and levels.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from plan_review.conditions import Condition, is_fewer, is_there, is_unseen, names_within, values_at
from plan_review.errors import ReviewInputError
from plan_review.file_problems import problem_lines
from plan_review.levels import Level
from plan_review.model import Action, Plan, ResourceChange, without_index
from plan_review.replacement import parts
from plan_review.values import Marker

_FOLDER = Path(__file__).parent
_BUNDLED = (_FOLDER / "levels.yaml", *sorted((_FOLDER / "rules").glob("*.yaml")))
_LIBYAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # reads them in a tenth of the time; not every PyYAML has it


_NAMES = ("arn", "bucket", "domain_name", "id", "identifier", "name", "url")
_UNNAMED = "\0"  # a new resource whose name only the apply knows
_NAMED_ONCE = frozenset({"aws_s3_bucket"})  # no two have the same name, in whatever account and region


@dataclass(frozen=True, slots=True)
class Place:
    """In which account and region a resource is, as far as the plan says it.

    Attributes:
        provider: what its provider is told, as a hash.
        region: its own region; empty if it says none, or only the apply knows it.
    """

    provider: str
    region: str

    @classmethod
    def of(cls, change: ResourceChange, plan: Plan) -> Place:
        """That of a resource."""
        region = change.attribute("region")
        return cls(plan.places.get(without_index(change.address), ""), region if isinstance(region, str) else "")

    def may_be(self, other: Place) -> bool:
        """Whether both may be the same."""
        return self.provider == other.provider and (self.region == other.region or not self.region or not other.region)


# resources by type and name, and where they are
Named = Mapping[tuple[str, str], tuple[Place, ...]]


@dataclass(frozen=True, slots=True)
class Others:
    """The parts of the rest of the plan that a rule needs, and the plan's environment.

    Attributes:
        plan: the plan.
        environment: its environment.
        removed: what it destroys without a replacement, by its id.
        created: what it creates, by any of its names.
    """

    plan: Plan
    environment: str
    removed: Named
    created: Named

    @classmethod
    def of(cls, plan: Plan, environment: str) -> Others:
        """From the changes of a plan."""
        removed: dict[tuple[str, str], list[Place]] = {}
        created: dict[tuple[str, str], list[Place]] = {}
        for change in plan.changes:
            if change.action is Action.DELETE and isinstance(change.before.get("id"), str):
                removed.setdefault((change.type, change.before["id"]), []).append(Place.of(change, plan))
            if change.action is Action.CREATE or change.action.replaces:
                names = {name for name in map(change.after.get, _NAMES) if isinstance(name, str)}
                for name in {*names, _UNNAMED}:
                    created.setdefault((change.type, name), []).append(Place.of(change, plan))
        removed_places, created_places = (
            {key: tuple(places) for key, places in each.items()} for each in (removed, created)
        )
        return cls(plan, environment, removed_places, created_places)

    def are_with(self, change: ResourceChange, kind: str, name: str, found: Named) -> bool:
        """Whether a resource of a type and name is among those found, where the change may be."""
        own = Place.of(change, self.plan)
        return any(kind in _NAMED_ONCE or own.may_be(place) for place in found.get((kind, name), ()))


class Owner(BaseModel):
    """The resource that another one belongs to, by the attribute that holds its id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str
    attribute: str

    def goes_with(self, change: ResourceChange, others: Others) -> bool:
        """Whether the plan also destroys the owner of a resource without replacing it."""
        owner = change.before.get(self.attribute)
        return isinstance(owner, str) and others.are_with(change, self.type, owner, others.removed)

    def is_created_with(self, change: ResourceChange, others: Others) -> bool:
        """Whether the plan also creates the owner; one that only the apply knows is any that the plan creates."""
        owner = change.after.get(self.attribute)
        name = _UNNAMED if owner is Marker.UNKNOWN else owner
        return isinstance(name, str) and others.are_with(change, self.type, name, others.created)


class Successor(Owner):
    """Where a setting that ends in one resource goes on, if the plan makes it do so.

    Attributes:
        type: the type of the resource that has it from then on.
        attribute: the attribute of the resource of its own, which names the owner of the setting.
        sets: what the other resource must set then; empty if it always does.
        keeps: what the resource of its own must have, by where the owner has the same.
        unset: an attribute that narrows the resource of its own to a part of the owner.
    """

    sets: str = ""
    keeps: dict[str, str] = {}
    unset: str = ""

    def begun(self, change: ResourceChange, others: Others) -> int:
        """How many resources of its own the plan creates for a setting that goes from its owner."""
        names = {name for name in map({**change.before, **change.after}.get, _NAMES) if isinstance(name, str)}
        kept = self.keeps.items()
        return sum(
            (each.action is Action.CREATE or each.action.replaces)
            and each.after.get(self.attribute) in names
            and not each.after.get(self.unset)
            and all(_has_all(values_at(each.after, has), values_at(change.before, had)) for has, had in kept)
            for each in self._found(change, others)
        )

    def is_written_by_owner(self, change: ResourceChange, others: Others) -> bool:
        """Whether the plan writes a setting into its owner, whose own resource goes.

        The owner must change: if a refresh has read the setting from it already, nothing writes it again.
        """
        name = change.before.get(self.attribute)
        return isinstance(name, str) and any(
            each.action is Action.UPDATE
            and name in map(each.after.get, _NAMES)
            and values_at(each.before, self.sets) != values_at(each.after, self.sets)
            for each in self._found(change, others)
        )

    def _found(self, change: ResourceChange, others: Others) -> Iterator[ResourceChange]:
        """The changes that set it where the change may be."""
        own = Place.of(change, others.plan)
        for each in others.plan.changes:
            is_set = not self.sets or any(map(is_there, values_at(each.after, self.sets)))
            if each.type == self.type and is_set and own.may_be(Place.of(each, others.plan)):
                yield each


class Rule(BaseModel):
    """A rule about changes of some resource types.

    Attributes:
        types: names of resource types, or patterns such as `aws_*`.
        actions: destroy is every end of a real object, remove only that of one which nothing replaces.
        but_not: types that it does not cover.
        unless_removed_with: resources that are removed with their owner are no finding; owners by type if they differ.
        unless_created_with: the same for resources that are created with their owner.
        unless_moved_to: settings that go from an owner to a resource of their own are no finding; by the owner's type.
        unless_moved_into: settings whose own resource goes, and that an owner gets, are no finding.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    types: tuple[str, ...] = Field(min_length=1)
    but_not: tuple[str, ...] = ()
    actions: tuple[Literal["create", "update", "destroy", "remove", "forget", "any"], ...] = ("any",)
    environments: tuple[str, ...] = ()
    when: tuple[Condition, ...] = ()
    unless_removed_with: Owner | dict[str, Owner] | None = None
    unless_created_with: Owner | dict[str, Owner] | None = None
    unless_moved_to: dict[str, tuple[Successor, ...]] = {}
    unless_moved_into: Successor | None = None
    level: Level
    data_at_risk: bool = False
    sentence: str = Field(min_length=1)

    @field_validator("level", mode="before")
    @classmethod
    def _level(cls, value: Any) -> Any:
        return _read_level(value)

    def is_about(self, resource_type: str) -> bool:
        """Whether the rule is for such resources."""
        meant, exempt = (
            any(fnmatchcase(resource_type, pattern) for pattern in each) for each in (self.types, self.but_not)
        )
        return meant and not exempt

    @property
    def about_changes(self) -> tuple[Condition, ...]:
        """The conditions on what changes; all of them if it only looks at what is there."""
        return tuple(each for each in self.when if not each.is_of_one_side) or self.when

    def applies(self, change: ResourceChange, others: Others, *, or_may: bool = False) -> bool:
        """Whether the change of a covered resource breaks the rule; with `or_may`, also whether it may break it."""
        return (
            (not self.environments or others.environment in self.environments)
            and any(action in {"any", *self._kinds(change.action)} for action in self.actions)
            and all(condition.holds(change, or_may=or_may) for condition in self.when)
            and not self._is_excused(change, others)
        )

    def _kinds(self, action: Action) -> set[str]:
        """What an action is to the rule; what weighs more than a replacement counts in one as in an update."""
        is_update = action.destroys and action.replaces and self.level > Level.DESTROY
        return _kinds(action) | ({"update"} if is_update else set())

    def _is_excused(self, change: ResourceChange, others: Others) -> bool:
        """Whether something else in the plan makes that it is no finding."""
        removed, created = (
            owner.get(change.type) if isinstance(owner, dict) else owner
            for owner in (self.unless_removed_with, self.unless_created_with)
        )
        return (
            (removed is not None and removed.goes_with(change, others))
            or (created is not None and created.is_created_with(change, others))
            or self._has_moved(change, others)
            or (self.unless_moved_into is not None and self.unless_moved_into.is_written_by_owner(change, others))
        )

    def _has_moved(self, change: ResourceChange, others: Others) -> bool:
        """Whether resources of their own take over all that goes."""
        begun = sum(each.begun(change, others) for each in self.unless_moved_to.get(change.type, ()))
        return begun > 0 and all(begun >= condition.fewer(change) for condition in self.when if condition.together)

    def finding(self, address: str, *, is_certain: bool = True) -> Finding:
        """The rule's finding for a resource. A change that only may break the rule is not blocked."""
        if is_certain:
            level, sentence = self.level, self.sentence
        else:
            level = Level.ACCESS if self.level is Level.BLOCKED else self.level
            sentence = f"It depends on a value that is sensitive, or known only after apply. Possibly: {self.sentence}"
        return Finding(rule=self.id, level=level, sentence=sentence, address=address, data_at_risk=self.data_at_risk)


class RuleBook(BaseModel):
    """All rules, the levels of built-in findings, and the thresholds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    levels: dict[str, Level] = {}
    thresholds: dict[str, float] = {}
    rules: tuple[Rule, ...] = ()

    def about(self, resource_type: str) -> tuple[Rule, ...]:
        """The rules about a resource type."""
        return tuple(rule for rule in self.rules if rule.is_about(resource_type))

    @field_validator("levels", mode="before")
    @classmethod
    def _levels(cls, value: Any) -> Any:
        return {name: _read_level(level) for name, level in value.items()} if isinstance(value, dict) else value


class Finding(BaseModel):
    """Something that a reviewer must know.

    Attributes:
        rule: id of the rule.
        level: the consent that it needs.
        sentence: what it is about.
        address: the resource; empty for the whole plan.
        data_at_risk: whether data can be lost.
    """

    model_config = ConfigDict(frozen=True)

    rule: str
    level: Level
    sentence: str
    address: str = ""
    data_at_risk: bool = False


def load_rules(own: Path | None = None) -> RuleBook:
    """The bundled rules, with those of the user's own file added or, by the same id, in their place.

    Raises:
        ReviewInputError: the file, or a rule in it, cannot be read.
    """
    bundled = _bundled()
    if own is None:
        return bundled
    added = _read(own)
    unknown = sorted(added.levels.keys() - bundled.levels.keys())
    if unknown:
        raise ReviewInputError(
            f"{own} sets a level for '{unknown[0]}', but the review has no finding of that name.",
            remedy=f"Use one of: {', '.join(bundled.levels)}.",
        )
    merged = {rule.id: rule for rule in (*bundled.rules, *added.rules)}
    return RuleBook(
        levels={**bundled.levels, **added.levels},
        thresholds={**bundled.thresholds, **added.thresholds},
        rules=tuple(merged.values()),
    )


@cache
def _bundled() -> RuleBook:
    levels, *books = (_read(path, _LIBYAML) for path in _BUNDLED)
    return levels.model_copy(update={"rules": tuple(rule for book in books for rule in book.rules)})


def findings(plan: Plan, book: RuleBook, environment: str) -> tuple[Finding, ...]:
    """The rules' findings for the plan's changes, in the order of the plan."""
    about = {kind: book.about(kind) for kind in {change.type for change in plan.changes}}
    others = Others.of(plan, environment)

    def found(change: ResourceChange) -> Iterator[Finding]:
        names = names_within(change.before, change.after).union(*(item.hidden_names for item in change.attributes))
        unseen = is_unseen(change.before) or is_unseen(change.after)
        for rule in about[change.type]:
            if not all(condition.may_hold(names) for condition in rule.when):
                continue
            if rule.applies(change, others, or_may=unseen):
                is_certain = not unseen or rule.applies(change, others)
                yield rule.finding(change.address, is_certain=is_certain)

    return tuple(finding for change in map(plan.without_computed, parts(plan)) for finding in found(change))


def _has_all(values: list[Any], wanted: list[Any]) -> bool:
    """Whether the values are all known, and all that are wanted are among them."""
    return not is_unseen(values) and not is_unseen(wanted) and not is_fewer(wanted, values)


def _kinds(action: Action) -> set[str]:
    kinds = {"destroy"} if action.destroys else set()
    if action is Action.DELETE:
        kinds.add("remove")
    if action is Action.CREATE or action.replaces:
        kinds.add("create")
    if action is Action.UPDATE:
        kinds.add("update")
    if action.forgets:
        kinds.add("forget")
    return kinds


def _read_level(value: Any) -> Any:
    if isinstance(value, str) and value.upper() in Level.__members__:
        return Level[value.upper()]
    if isinstance(value, Level):
        return value
    raise ValueError(f"'{value}' is not a level; use one of {', '.join(level.word for level in Level)}")


def _read(path: Path, loader: Any = yaml.SafeLoader) -> RuleBook:
    try:
        return RuleBook.model_validate(yaml.load(path.read_text(), Loader=loader) or {})  # noqa: S506 - a safe one
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ReviewInputError(
            f"The rules in {path} cannot be read.",
            remedy="Use the format of the bundled ones: levels.yaml and rules/ in the package plan_review.",
            details=problem_lines(error, 8),
        ) from error
