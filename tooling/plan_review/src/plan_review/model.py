"""A Terraform plan as data, parsed once from the output of `terraform show -json`.

Format: developer.hashicorp.com/terraform/internals/json-format#plan-representation
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from plan_review.values import AttributeChange, Marker


class Action(StrEnum):
    """The action of a plan on a resource or an output."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    DELETE_THEN_CREATE = "replace (destroy first)"
    CREATE_THEN_DELETE = "replace (create first)"
    REPLACE_AND_FORGET = "replace (forget the old one)"
    FORGET = "forget"
    NO_OP = "no-op"
    UNKNOWN = "unknown"

    @property
    def destroys(self) -> bool:
        """Whether a real object is destroyed."""
        return self in {Action.DELETE, Action.DELETE_THEN_CREATE, Action.CREATE_THEN_DELETE}

    @property
    def replaces(self) -> bool:
        """Whether another real object replaces one that is destroyed or forgotten."""
        return self in {Action.DELETE_THEN_CREATE, Action.CREATE_THEN_DELETE, Action.REPLACE_AND_FORGET}

    @property
    def forgets(self) -> bool:
        """Whether a real object stays, and Terraform no longer manages it."""
        return self in {Action.FORGET, Action.REPLACE_AND_FORGET}


_INDEX = re.compile(r'\[(?:"(?:[^"\\]|\\.)*"|[^\]"]*)\]')


def without_index(address: str) -> str:
    """The address of the block that a resource comes from, which has no index."""
    return _INDEX.sub("", address)


# the order for reviewers: unknown actions first, then those that destroy
ACTION_ORDER = (
    Action.UNKNOWN,
    Action.DELETE,
    Action.DELETE_THEN_CREATE,
    Action.CREATE_THEN_DELETE,
    Action.REPLACE_AND_FORGET,
    Action.FORGET,
    Action.UPDATE,
    Action.CREATE,
    Action.NO_OP,
)


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """The change of one resource, or a difference from the state that a refresh found.

    Attributes:
        address: full address, with module path and index.
        action: what happens to it.
        module: path of the module; empty for the root.
        type: resource type, such as aws_s3_bucket.
        before: its current attributes, without sensitive values.
        after: its future attributes, without sensitive values; values known only after the apply are marked.
        attributes: the differences between both, by path.
        forces_replacement: paths of the attributes that force a replacement.
        reason: Terraform's own word for why, such as delete_because_no_resource_config.
        previous_address: where it was before a move; empty unless it moves.
        import_id: the ID for its import, in words if it is not known yet; empty without an import.
        deposed: key of a deposed object, which a replacement left behind; empty otherwise.
        actions: Terraform's own words for the action.
        provider: name of the provider, without its registry; with its owner if that is not HashiCorp.
        provisioners: kinds of provisioners that the configuration has for it.
    """

    address: str
    action: Action
    module: str = ""
    type: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    attributes: tuple[AttributeChange, ...] = ()
    forces_replacement: tuple[str, ...] = ()
    reason: str = ""
    previous_address: str = ""
    import_id: str = ""
    deposed: str = ""
    actions: tuple[str, ...] = ()
    provider: str = ""
    provisioners: tuple[str, ...] = ()

    @property
    def changed_attributes(self) -> tuple[str, ...]:
        """Top-level attributes that differ, in alphabetical order; empty on creation and deletion."""
        if not self.before or not self.after:
            return ()
        return tuple(sorted({change.name for change in self.attributes}))

    @property
    def is_touched(self) -> bool:
        """Whether the plan does anything about it, if only in the state."""
        return self.action is not Action.NO_OP or bool(self.previous_address or self.import_id)

    def attribute(self, name: str) -> Any:
        """A top-level attribute after the apply, or before it if the resource is removed."""
        return (self.after or self.before).get(name)


@dataclass(frozen=True, slots=True)
class OutputChange:
    """The change of a root output; `is_shown_now` tells whether a part of it is no longer sensitive."""

    name: str
    action: Action
    before: Any = None
    after: Any = None
    is_shown_now: bool = False


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """A check block, precondition or postcondition that did not pass while planning."""

    address: str
    status: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FailedApply:
    """An apply that did not complete.

    Attributes:
        at: when it ended, ISO 8601.
        done: resources that it changed.
        begun: resources that it had begun to change, with unknown results.
    """

    at: str
    done: tuple[str, ...] = ()
    begun: tuple[str, ...] = ()

    @property
    def addresses(self) -> frozenset[str]:
        """Everything that it may have changed."""
        return frozenset({*self.done, *self.begun})


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes of a plan, destructive ones first, then by address.

    Attributes:
        changes: resources that the plan touches, moves and imports included.
        unchanged: how many managed resources stay as they are.
        resources: every managed resource of the plan, touched or not.
        outputs: outputs that change.
        drift: resources that somebody changed outside Terraform since the last apply.
        computed_drift: resources that differ only in attributes that the configuration does not set.
        checks: checks that did not pass.
        references: which resource mentions which in the configuration, both as addresses without an index.
        configured: attributes that the configuration sets, by block: the address without an index.
        reads: data sources that are read during the apply, because their inputs are not known before.
        opens: ephemeral resources, which an apply opens to use their values.
        deferred_policies: policies that only the apply writes, as JSON as far as it is known, by address and attribute.
        deferred: resources that Terraform defers to a later plan, and its reason.
        invoked_actions: actions of providers, which are no resources, that the apply would invoke.
        unexplained: planned resources that neither exist nor have a change in the plan.
        unknown_parts: parts of the plan with changes of a kind that is not read.
        places: what the provider of each block is told, such as its region and role, as a hash; by block.
        log_targets: buckets that the configuration sends access logs to, as addresses without an index.
        terraform_version: the Terraform that made it.
        errored: Terraform aborted the planning, so the plan is incomplete.
        complete: False if changes are missing, because Terraform deferred them or was told to plan a part only.
        applyable: False if Terraform says that it would not apply the plan.
        accepts_drift: an apply writes the drift into the state and does nothing else, as after `plan -refresh-only`.
    """

    changes: tuple[ResourceChange, ...]
    unchanged: int = 0
    resources: tuple[ResourceChange, ...] = ()
    outputs: tuple[OutputChange, ...] = ()
    drift: tuple[ResourceChange, ...] = ()
    computed_drift: tuple[ResourceChange, ...] = ()
    checks: tuple[FailedCheck, ...] = ()
    references: tuple[tuple[str, str], ...] = ()
    configured: Mapping[str, frozenset[str]] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    deferred_policies: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    deferred: tuple[tuple[str, str], ...] = ()
    invoked_actions: tuple[str, ...] = ()
    unexplained: tuple[str, ...] = ()
    unknown_parts: tuple[str, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    log_targets: frozenset[str] = frozenset()
    terraform_version: str = ""
    errored: bool = False
    complete: bool = True
    applyable: bool = True
    accepts_drift: bool = False

    @property
    def counts(self) -> dict[Action, int]:
        """How many resources each action touches; a mere move or import is not an action."""
        return dict(Counter(change.action for change in self.changes if change.action is not Action.NO_OP))

    @property
    def destroys(self) -> tuple[ResourceChange, ...]:
        """The changes that remove a real object."""
        return tuple(change for change in self.changes if change.action.destroys)

    @property
    def is_empty(self) -> bool:
        """Whether an apply would change neither a resource, nor the state, nor an output, and read nothing."""
        return not self.changes and not self.outputs and not self.accepts_drift and not self.reads

    @property
    def is_targeted(self) -> bool:
        """Whether Terraform was told to plan a part only, as by `-target`. The plan shows all that its apply does."""
        return not self.complete and not self.errored and not self.deferred

    def computed(self, change: ResourceChange) -> frozenset[str]:
        """Attributes that only AWS can know and that the configuration, if it is known, does not set."""
        names = self.configured.get(without_index(change.address))
        if names is None:
            return frozenset()
        return frozenset(name for name, value in change.after.items() if value is Marker.UNKNOWN and name not in names)

    def without_computed(self, change: ResourceChange) -> ResourceChange:
        """The change without attributes that AWS computes, which no rule covers."""
        computed = self.computed(change)
        if not computed:
            return change
        return replace(
            change,
            before={name: value for name, value in change.before.items() if name not in computed},
            after={name: value for name, value in change.after.items() if name not in computed},
        )

    def summary(self) -> str:
        """One line such as "18 to create, 1 to update"; "no changes" if there are none."""
        parts = [f"{self.counts[action]} to {action}" for action in ACTION_ORDER if action in self.counts]
        for count, verb in (
            (sum(bool(change.previous_address) for change in self.changes), "move"),
            (sum(bool(change.import_id) for change in self.changes), "import"),
        ):
            if count:
                parts.append(f"{count} to {verb}")
        if not parts and self.accepts_drift:
            return f"{len(self.drift)} to accept into the state"
        if not parts and self.outputs:
            return f"only outputs change: {', '.join(output.name for output in self.outputs)}"
        if not parts and self.reads:
            return f"{len(self.reads)} to read"
        return ", ".join(parts) or "no changes"
