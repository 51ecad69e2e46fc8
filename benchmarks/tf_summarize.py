"""What tf-summarize shows of a plan, and what of it a review lacks.

The program was not run: it is written in Go, and no package index that the project uses carries it. What it shows was
read in its source, and is stated here anew as rules over `terraform show -json`:

- table, tree, separate tree and HTML name resources by kind of change, and changed outputs by kind
  (terraformstate/terraform_state.go, writer/table.go, tree/tree.go, writer/html.go);
- trees mark a replacement by whether it destroys or creates first (terraformstate/terraform_state.go);
- a move is shown with both addresses (writer/table.go);
- JSON shows what differs of a changed resource, and all of one that is made or goes away (writer/json.go);
- the JSON summary counts resources by kind (writer/json-sum.go).

Source: github.com/dineshba/tf-summarize, at commit fcdf82ac of terraformstate/terraform_state.go. It shows sensitive
values where they stand in the plan; a review leaves them out on purpose, and so does this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_ONE_ACTION = {"create": "add", "update": "update", "delete": "delete"}
# What a review's JSON calls these kinds.
_IN_REVIEW = {
    "add": "create",
    "update": "update",
    "delete": "delete",
    "recreate, destroy first": "delete_then_create",
    "recreate, create first": "create_then_delete",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the program shows of one plan.

    Attributes:
        resources: kind of change and address; a resource may be of several kinds, such as a change and an import.
        moves: from which address to which.
        outputs: kind of change and name.
        attributes: address and top-level attribute that its JSON shows.
    """

    resources: frozenset[tuple[str, str]]
    moves: frozenset[tuple[str, str]]
    outputs: frozenset[tuple[str, str]]
    attributes: frozenset[tuple[str, str]]

    def __len__(self) -> int:
        return len(self.resources) + len(self.moves) + len(self.outputs) + len(self.attributes)

    @property
    def counts(self) -> Counter[str]:
        """What its JSON summary says."""
        return Counter(kind for kind, _ in self.resources)


def read_facts(plan: Mapping[str, Any]) -> Facts:
    """Read what tf-summarize shows from a plan as `terraform show -json` gives it."""
    changes = plan.get("resource_changes", [])
    return Facts(
        resources=frozenset((kind, each["address"]) for each in changes for kind in _kinds(each["change"])),
        moves=frozenset((each["previous_address"], each["address"]) for each in changes if "previous_address" in each),
        outputs=frozenset(
            (_ONE_ACTION[change["actions"][0]], name)
            for name, change in plan.get("output_changes", {}).items()
            if len(change["actions"]) == 1 and change["actions"][0] in _ONE_ACTION
        ),
        attributes=frozenset((each["address"], name) for each in changes for name in _shown(each["change"])),
    )


def _kinds(change: Mapping[str, Any]) -> Iterator[str]:
    actions, importing = change["actions"], change.get("importing") or {}
    if importing.get("id") or importing.get("identity"):
        yield "import"
    if actions in (["delete", "create"], ["create", "delete"]):
        yield f"recreate, {'destroy' if actions[0] == 'delete' else 'create'} first"
    elif len(actions) == 1 and actions[0] in _ONE_ACTION:
        yield _ONE_ACTION[actions[0]]


def _shown(change: Mapping[str, Any]) -> Iterator[str]:
    """The attributes of a change that have a value; of one in place and of a replacement, those that differ.

    An empty list or map is no value: the provider writes it for what nobody set.
    """
    if change["actions"][0] not in _ONE_ACTION:
        return
    before, after = change.get("before") or {}, change.get("after") or {}
    for name in before.keys() | after.keys():
        if (before.get(name) or None) != (after.get(name) or None):
            yield name


def missing_in(review: Mapping[str, Any], facts: Facts) -> tuple[str, ...]:
    """What tf-summarize shows and a review does not say, in words.

    Args:
        review: the review in its JSON form.
        facts: of the same plan.
    """
    by_address = {change["address"]: change for change in review["changes"] if not change["deposed"]}
    outputs = {(_ONE_ACTION.get(output["action"]), output["name"]) for output in review["outputs"]}
    told = {
        (change["address"], item["path"].partition(".")[0].partition("[")[0])
        for change in review["changes"]
        for item in change["attributes"]
    }
    found = [f"{kind} {address}" for kind, address in facts.resources if not _says(by_address.get(address), kind)]
    found += [
        f"move {before} to {after}"
        for before, after in facts.moves
        if by_address.get(after, {}).get("moved_from") != before
    ]
    found += [f"output {kind} {name}" for kind, name in facts.outputs if (kind, name) not in outputs]
    found += [f"{address}: {name}" for address, name in facts.attributes if (address, name) not in told]
    return tuple(sorted(found))


def _says(change: Mapping[str, Any] | None, kind: str) -> bool:
    """Whether a review has this kind of change of a resource."""
    if change is None:
        return False
    return bool(change["imported_by"]) if kind == "import" else change["action"] == _IN_REVIEW[kind]
