"""Which resource types the review judges, which are harmless, and which are neither. The types are in types.yaml.

Without this list, a plan of types without rules would pass, because no rule finds anything.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from plan_review.conditions import is_unseen, parse_number, without_indices
from plan_review.model import Action, Plan, ResourceChange, without_index
from plan_review.policy_changes import is_policy
from plan_review.rules import RuleBook
from plan_review.values import HIDDEN, AttributeChange, Marker

_BUNDLED = Path(__file__).parent / "types.yaml"
_NAMED = 3
_KNOWN = frozenset({"judged", "harmless"})
_READING = r"(^|\.)(data|ephemeral)\."
_PROGRAM = re.compile(rf"{_READING}(external|aws_lambda_invocation|shell_script)\.")
_STATEMENT = re.compile(rf"{_READING}\w*sql_query\.")
_REQUEST = re.compile(rf"{_READING}(http|azapi_resource_action|graphql_query|restapi_object|terracurl_request)\.")
_HOLDERS = ("null_resource", "terraform_data")  # what provisioners are written into
_UNSET = (None, "", Marker.ABSENT)  # a provider's state has an empty text where the configuration has nothing
_RULES = {"access": "unjudged-access", "foreign": "unjudged-provider", "unjudged": "unjudged-type"}
_SENTENCES = {
    "access": "This review has no rules for {name}, which affects access, exposure or secrets; read the changes",
    "foreign": "This review cannot judge how provider {name} changes access and data; read the changes",
    "unjudged": "This review has no rules for {name}; read the changes",
}


class TagSelection(BaseModel):
    """How a resource selects others by their tags.

    Attributes:
        of: types, or patterns such as `aws_*`, that it selects from.
        paths: where it names the keys.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    of: tuple[str, ...]
    paths: tuple[str, ...]


class TagUse(BaseModel):
    """What selects resources by their tags.

    Attributes:
        keeps: how copies, retention or deletion select, by the resource type that says so.
        allows: patterns that find the keys in a policy.
        informs: patterns of keys that only say what deployed a resource, and when.
        selects: patterns of keys that often select something.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    keeps: dict[str, TagSelection]
    allows: tuple[str, ...]
    informs: tuple[str, ...]
    selects: tuple[str, ...]


class Coverage(BaseModel):
    """The types that are judged, harmless, or on no server, and how types that carry access are named.

    Attributes:
        free: patterns for types without costs of their own.
        attributes: names whose change is harmless or reported elsewhere, by type; `*` means every type.
        deciding: names whose value the review must see, because it decides about access; also by type.
        given: those of them that AWS never computes: where they are unknown, the configuration sets them; by type.
        sizes: names whose change the cost section reports, for priced resources; by type.
        tags: what selects resources by their tags.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    judged: tuple[str, ...]
    harmless: tuple[str, ...]
    local: tuple[str, ...]
    access: tuple[str, ...]
    attributes: dict[str, tuple[str, ...]]
    deciding: dict[str, tuple[str, ...]]
    given: dict[str, tuple[str, ...]]
    sizes: dict[str, tuple[str, ...]]
    tags: TagUse
    free: tuple[str, ...]

    def is_free(self, resource_type: str) -> bool:
        """Whether a type costs nothing by itself, or lives in the state alone."""
        return resource_type in self.local or any(re.search(pattern, resource_type) for pattern in self.free)

    def classify(self, resource_type: str, provider: str = "") -> str:
        """One of judged, harmless, local, access (which is not judged, and carries access), foreign, unjudged.

        Args:
            resource_type: such as aws_s3_bucket.
            provider: its provider, with its owner if that is not HashiCorp. What others call by the same name may do
                anything.
        """
        if "/" in provider:
            return "foreign"
        for kind, types in (("judged", self.judged), ("harmless", self.harmless), ("local", self.local)):
            if resource_type in types:
                return kind
        if not resource_type.startswith("aws_"):
            return "foreign"
        is_access = any(re.search(pattern, resource_type) for pattern in self.access)
        return "access" if is_access else "unjudged"


@cache
def load_coverage() -> Coverage:
    """The bundled types."""
    return Coverage.model_validate(yaml.safe_load(_BUNDLED.read_text(encoding="utf-8")))


def unjudged(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Rule, sentence and address for everything that the review cannot judge, one per type or provider."""
    by_type: dict[tuple[str, str], list[ResourceChange]] = defaultdict(list)
    for change in plan.changes:
        kind = load_coverage().classify(change.type, change.provider)
        if kind in _RULES and change.action is not Action.NO_OP:
            by_type[kind, change.provider if kind == "foreign" else change.type].append(change)
    for (kind, name), changes in sorted(by_type.items()):
        address = changes[0].address if len(changes) == 1 else ""
        sentence = _SENTENCES[kind].format(name=name)
        if not address:
            more = f" and {len(changes) - _NAMED} more" if len(changes) > _NAMED else ""
            sentence += f": {', '.join(change.address for change in changes[:_NAMED])}{more}"
        yield _RULES[kind], f"{sentence}.", address


def unjudged_attributes(plan: Plan, book: RuleBook, priced: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Address and sentence of each update of a known type whose attributes no rule covers or can see.

    Args:
        plan: the plan.
        book: the rules.
        priced: addresses of resources whose changes of size the cost section reports.
    """
    coverage = load_coverage()
    of_types: dict[str, tuple[_Place, ...]] = {}
    for change in plan.changes:
        if change.action is not Action.UPDATE or coverage.classify(change.type, change.provider) not in _KNOWN:
            continue
        if not change.attributes:
            yield change.address, "It changes, but the plan does not show how."
            continue
        harmless = {*coverage.attributes["*"], *plan.computed(change)}
        covered = {*harmless, *coverage.attributes.get(change.type, ())}
        sizes = {*coverage.sizes.get(change.type, ())}
        unpriced = set() if change.address in priced else sizes
        covered |= sizes - unpriced
        if change.type not in of_types:
            of_types[change.type] = _examined_places(change.type, book)
        looked_at = of_types[change.type]
        names = dict.fromkeys(
            item.path
            for item in change.attributes
            if not (item.before in _UNSET and item.after in _UNSET)
            and item.name not in (harmless if _is_hidden(item) else covered)
            and (_is_hidden(item) or item.name in unpriced or not _is_examined(item, looked_at))
            and not is_policy(change, item.name, plan)
        )
        if names:
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            yield change.address, f"No rule covers {', '.join(list(names)[:_NAMED])}{more}; read the changes."


def _is_hidden(item: AttributeChange) -> bool:
    return item.before in HIDDEN or item.after in HIDDEN


def unseen_resources(plan: Plan) -> Iterator[tuple[str, str]]:
    """Address and sentence of each resource that is created or changed, and of which all values are hidden."""
    for change in plan.changes:
        if not change.after and (change.action in {Action.CREATE, Action.UPDATE} or change.action.replaces):
            yield change.address, "The plan hides all its values, so this review cannot judge it."


def unseen_attributes(plan: Plan) -> Iterator[tuple[str, str]]:
    """Address and sentence of each attribute that decides about access and becomes hidden or unknown."""
    coverage = load_coverage()
    for change in plan.changes:
        if not (change.action in {Action.CREATE, Action.UPDATE} or change.action.replaces):
            continue
        deciding = {*coverage.deciding["*"], *coverage.deciding.get(change.type, ())}
        names = {item.name for item in change.attributes if item.name in deciding and is_unseen(item.after)}
        names &= change.after.keys() - (plan.computed(change) - {*coverage.given.get(change.type, ())})
        for name in sorted(names):
            yield change.address, f"The new value of {name} is sensitive, or known only after apply."


@dataclass(frozen=True, slots=True)
class _Place:
    """A path that a rule examines.

    Attributes:
        path: without indices; `**.` means any depth.
        inside: whether the rule also sees every change below the path.
        numbers: whether the rule compares a number with the previous one, and so must know it.
    """

    path: str
    inside: bool = True
    numbers: bool = False


def _examined_places(resource_type: str, book: RuleBook) -> tuple[_Place, ...]:
    """Places that rules about updates examine; an empty path if a rule applies to every update."""
    rules = [rule for rule in book.about(resource_type) if {"update", "any"} & set(rule.actions)]
    places = [_Place("") for rule in rules if not rule.when]
    for condition in (condition for rule in rules for condition in rule.about_changes):
        numbers = condition.decreases or condition.increases
        places += [_Place(without_indices(path), inside, numbers) for path, inside in condition.examined]
    return tuple(places)


def _is_examined(item: AttributeChange, looked_at: tuple[_Place, ...]) -> bool:
    """Whether a rule examines an attribute or a parent of it, at this path or at any path with that ending."""
    path = f".{without_indices(item.path)}."
    for known in looked_at:
        if known.path == "":
            return True
        if known.numbers and not _is_compared(item):
            continue
        end = known.path.removeprefix("**.")
        start = path.find(f".{end}.")
        is_there = start == 0 or (start > 0 and end != known.path)
        if is_there and (known.inside or path.endswith(f".{end}.")):
            return True
    return False


def _is_compared(item: AttributeChange) -> bool:
    """Whether a rule about numbers can compare the old value with the new one, even if one is missing."""
    return parse_number(item.before) is not None and (
        parse_number(item.after) is not None or item.after in (None, Marker.ABSENT)
    )


def secrets_shown(plan: Plan) -> Iterator[tuple[str, str]]:
    """The address and a sentence for each value that is no longer marked as sensitive and becomes visible."""
    for change in plan.changes:
        for item in change.attributes:
            if item.after is Marker.NO_LONGER_SENSITIVE:
                yield change.address, f"{item.path} is no longer marked as sensitive, so Terraform will show it."
    for output in plan.outputs:
        if output.is_shown_now:
            yield "", f"Output {output.name} is no longer marked as sensitive, so Terraform will show it."


def programs(plan: Plan) -> Iterator[tuple[str, str]]:
    """Address and sentence of each resource whose provisioner may run a program, and of each data source that does."""
    for change in plan.changes:
        runs = change.action in {Action.CREATE, Action.DELETE} or change.action.replaces
        if runs and change.provisioners:
            yield change.address, f"A provisioner runs a program: {', '.join(change.provisioners)}."
        elif runs and change.after and change.type in _HOLDERS and without_index(change.address) not in plan.configured:
            yield change.address, "The plan does not contain its configuration, so a provisioner may run a program."
    for address in plan.reads:
        if _PROGRAM.search(address):
            yield address, "Reading this data source runs a program."
        elif _STATEMENT.search(address):
            yield address, "Reading this data source runs a statement of SQL, which may change data."
        elif _REQUEST.search(address):
            yield address, "Reading this data source sends a request, with values that only the apply knows."
    for address in () if plan.is_empty else plan.opens:
        if _PROGRAM.search(address):
            yield address, "Opening this ephemeral resource runs a program."
