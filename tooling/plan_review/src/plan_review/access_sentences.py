"""Sentences about gained and lost access."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from os.path import commonprefix

from plan_review.access_danger import action_kind, frees_much, is_broad
from plan_review.policy_grants import Grant

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
        frees = not gained and grant.effect == "Deny" and any(frees_much(grant, each) for each in others)
        whom = grant.who, grant.effect, grant.condition, grant.is_anybodys, grant.is_limited, frees
        per_action[*whom, grant.action].add(grant.resource)
    groups: dict[tuple[str, str, str, bool, bool, bool, tuple[str, ...]], list[str]] = defaultdict(list)
    for (*means, action), targets in per_action.items():
        groups[*means, tuple(sorted(targets))].append(action)  # type: ignore[index]
    for (who, effect, condition, is_anybodys, is_limited, frees, resources), actions in sorted(groups.items()):
        when = f", if {condition}" if condition else ""
        parts = GrantParts(who, VERBS[effect, gained], tuple(sorted(actions)), _places(resources), condition)
        allows = effect == "Allow" and gained and (is_anybodys or is_broad(who, actions, resources, is_limited))
        yield AccessChange(
            address=address,
            sentence=f"{who} {parts.verb} {', '.join(parts.actions)} on {parts.places}{when}",
            grant=parts,
            widens=(effect == "Allow") is gained,
            is_broad=allows or frees,
        )


def _places(resources: tuple[str, ...]) -> str:
    """Resources in words; a common prefix appears once: `arn:aws:s3:::lake/{raw/*, tmp/*}`."""
    start = commonprefix(resources)  # noqa: RUF071  # an ARN is no path
    start = start[: max(start.rfind("/"), start.rfind(":")) + 1]
    if len(resources) < 3 or not start:
        return ", ".join(resources)
    return f"{start}{{{', '.join(resource.removeprefix(start) or '(itself)' for resource in resources)}}}"
