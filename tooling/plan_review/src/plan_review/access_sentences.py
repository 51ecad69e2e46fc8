"""Sentences about gained and lost access, and how dangerous each is."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from os.path import commonprefix

from plan_review.policy_grants import BUT, Grant

# actions of any service that grant permissions
_RIGHTS = re.compile(r"(Policy|Policies|Acl|Grant|PassRole|LoginProfile|AccessKey|Permissions?)(Version)?$|AssumeRole")
_READS = (
    "BatchGet",
    "Decrypt",
    "Describe",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Query",
    "Scan",
    "Search",
    "Select",
    "View",
)
# by effect, and whether the grant is new
VERBS = {
    ("Allow", True): "is now allowed",
    ("Allow", False): "is no longer allowed",
    ("Deny", True): "is now denied",
    ("Deny", False): "is no longer denied",
}


@dataclass(frozen=True, slots=True)
class GrantParts:
    """A sentence about access, for a table.

    Attributes:
        who: the principal.
        verb: such as "is now allowed".
        actions: what they may do.
        places: the resources, in words.
        condition: when; empty for always.
    """

    who: str
    verb: str
    actions: tuple[str, ...]
    places: str
    condition: str

    @property
    def kind(self) -> str:
        """The weightiest of its actions: admin (who gives rights, or all of a service), write or read."""
        kinds = {action_kind(action) for action in self.actions}
        return next(kind for kind in ("admin", "write", "read") if kind in kinds)


@dataclass(frozen=True, slots=True)
class AccessChange:
    """A sentence about access.

    Attributes:
        address: the resource whose policy changes.
        sentence: "role X is now allowed s3:GetObject on Y".
        widens: whether somebody can do more than before.
        is_broad: whether it allows everything of a service, or applies to every resource.
        grant: the parts of the sentence; None if it is not about a single statement.
        is_lost: whether somebody loses access to something that stays.
        locks_out: whether nobody can read the policy's resource any more.
    """

    address: str
    sentence: str
    widens: bool
    is_broad: bool = False
    grant: GrantParts | None = None
    is_lost: bool = False
    locks_out: bool = False

    @property
    def danger(self) -> int:
        """Its rank: first full access, then granting rights, writing, reading, and lost access."""
        if self.is_broad or self.locks_out:
            return 0
        if not self.widens:
            return 4
        return 2 if self.grant is None else {"admin": 1, "write": 2, "read": 3}[self.grant.kind]


def beyond(grants_there: set[Grant], others: set[Grant]) -> set[Grant]:
    """The grants that none of the others includes."""
    return {grant for grant in grants_there - others if not any(other.covers(grant) for other in others)}


def grant_sentences(address: str, changed: set[Grant], others: set[Grant], *, gained: bool) -> Iterator[AccessChange]:
    """One sentence for all actions that share principal, resources and condition.

    Args:
        address: the resource.
        changed: the grants that came or went.
        others: the grants that the policy has afterwards.
        gained: whether they came.
    """
    per_action: dict[tuple[str, str, str, bool, bool, bool, str], set[str]] = defaultdict(set)
    for grant in changed:
        frees = not gained and grant.effect == "Deny" and any(_frees_much(grant, each) for each in others)
        whom = grant.who, grant.effect, grant.condition, grant.is_anybodys, grant.is_limited, frees
        per_action[*whom, grant.action].add(grant.resource)
    groups: dict[tuple[str, str, str, bool, bool, bool, tuple[str, ...]], list[str]] = defaultdict(list)
    for (*means, action), targets in per_action.items():
        groups[*means, tuple(sorted(targets))].append(action)  # type: ignore[index]
    for (who, effect, condition, is_anybodys, is_limited, frees, resources), actions in sorted(groups.items()):
        when = f", if {condition}" if condition else ""
        parts = GrantParts(who, VERBS[effect, gained], tuple(sorted(actions)), _places(resources), condition)
        allows = effect == "Allow" and gained and (is_anybodys or _is_broad(who, actions, resources, is_limited))
        yield AccessChange(
            address=address,
            sentence=f"{who} {parts.verb} {', '.join(parts.actions)} on {parts.places}{when}",
            grant=parts,
            widens=(effect == "Allow") is gained,
            is_broad=allows or frees,
        )


def _frees_much(denied: Grant, allowed: Grant) -> bool:
    """Whether a denial that is gone kept everybody from what is allowed, or somebody from nearly everything."""
    if allowed.effect != "Allow" or not denied.may_touch(allowed):
        return False
    if denied.is_anybodys and allowed.is_anybodys:
        return True
    return denied.who == allowed.who and all(
        _is_broad(each.who, [each.action], (each.resource,), each.is_limited) for each in (denied, allowed)
    )


def action_kind(action: str) -> str:
    """Whether an action of IAM gives rights (or is all of a service), changes something, or only reads."""
    name = action.partition(":")[2] or action
    if action.startswith(BUT) or not name.strip("*?"):
        return "admin"
    if name.startswith(_READS):
        return "read"
    return "admin" if _RIGHTS.search(name) else "write"


def _places(resources: tuple[str, ...]) -> str:
    """Resources in words; a common prefix appears once: `arn:aws:s3:::lake/{raw/*, tmp/*}`."""
    start = commonprefix(resources)  # noqa: RUF071  # an ARN is no path
    start = start[: max(start.rfind("/"), start.rfind(":")) + 1]
    if len(resources) < 3 or not start:
        return ", ".join(resources)
    return f"{start}{{{', '.join(resource.removeprefix(start) or '(itself)' for resource in resources)}}}"


def _is_broad(who: str, actions: list[str], resources: tuple[str, ...], is_limited: bool) -> bool:
    """Everything, or everything of a service on every resource, or all but some; a condition may limit it."""
    if who.endswith(":root"):
        # "kms:*" and "*" on "*" of a key's or bucket's own policy mean this key or bucket, mostly for its own account
        return False
    if any(not action.strip("*?:") for action in actions):
        return True
    on_everything = not is_limited and any(map(_is_every_resource, resources))
    return on_everything and any(
        not action.partition(":")[2].strip("*?") or action.startswith(BUT) for action in actions
    )


def _is_every_resource(resource: str) -> bool:
    """Whether all resources of a service are meant: `*`, all but some, or an ARN that names none."""
    if resource.startswith(BUT):
        return True
    name = resource.split(":", 5)[5:]
    if resource.startswith("arn:"):
        return not name or not name[0].strip("*?/:")
    return not resource.strip("*?/:")
