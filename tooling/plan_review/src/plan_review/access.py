"""Gained and lost access: every change of it in a plan, from policies, attachments and other attributes.

A sentence describes the policies in this plan, not AWS's evaluation of them. Every attribute that is a policy document
counts, in any resource type (`policy_changes`); `access_attributes` covers the other ways to access.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from plan_review.access_attributes import BROAD_POLICIES, READ_BY_TYPE, grants_access_by_name, may_deny
from plan_review.access_sentences import VERBS, AccessChange
from plan_review.exclusive_policies import EXCLUSIVE, exclusive_policies
from plan_review.model import Action, Plan, ResourceChange
from plan_review.policy_changes import (
    IDENTITY_POLICIES,
    LIMITING,
    RESOURCE_POLICIES,
    inline_policies,
    is_policy,
    locked_out,
    policies_within,
    policy_change,
)
from plan_review.replacement import parts
from plan_review.values import Marker

_OWNERS = {f"aws_iam_{owner}_policy": f"aws_iam_{owner}" for owner in ("group", "role", "user")}
# by which policies name what they belong to
_NAMES = ("arn", "bucket", "id", "key_id", "name", "url")
_ATTACHMENTS = {
    "aws_iam_role_policy_attachment": "role",
    "aws_iam_user_policy_attachment": "user",
    "aws_iam_group_policy_attachment": "group",
}


def access_changes(plan: Plan) -> tuple[AccessChange, ...]:
    """Every change of access in the plan, the dangerous first."""
    created = frozenset(
        (change.type, str(change.after.get(name)))
        for change in plan.changes
        if change.action is Action.CREATE or change.action.replaces
        for name in _NAMES
        if change.after.get(name)
    )
    ended = frozenset(
        (change.type, str(change.before.get(name)))
        for change in plan.changes
        if change.action is Action.DELETE
        for name in _NAMES
        if change.before.get(name)
    )
    own = _own_accounts(plan)
    found = [
        replace(item, is_broad=item.is_broad or _is_for_another_account(change, item, own))
        for change in parts(plan)
        for item in _access_changes(change, plan, created, _ends_with_its_resource(change, ended))
    ]
    return tuple(sorted(found, key=lambda item: (item.danger, item.address, item.sentence)))


def _own_accounts(plan: Plan) -> frozenset[str]:
    """The accounts of the resources that the plan knows."""
    arns = (str(side.get("arn")).split(":", 5) for each in plan.resources for side in (each.before, each.after))
    return frozenset(parts[4] for parts in arns if len(parts) == 6 and parts[4].isdecimal())


def _is_for_another_account(change: ResourceChange, item: AccessChange, own: frozenset[str]) -> bool:
    """Whether a whole account that is not one's own may do everything from now on."""
    if item.grant is None or not item.grant.who.endswith(":root") or not own or change.type in LIMITING:
        return False
    is_everything = any(not action.strip("*?:") for action in item.grant.actions)
    account = item.grant.who.removesuffix(":root").rpartition(":")[2]
    return item.grant.verb == VERBS["Allow", True] and is_everything and account not in own


def _ends_with_its_resource(change: ResourceChange, ended: frozenset[tuple[str, str]]) -> bool:
    """Whether a policy is deleted together with what it belongs to, so that what it denied gives nobody access.

    The members of a group outlive it, and are no longer denied anything.
    """
    other = (_ATTACHMENTS.get(change.type, ""), "")
    attribute, _ = {**RESOURCE_POLICIES, **IDENTITY_POLICIES}.get(change.type, other)
    owner = change.type.removesuffix("_policy").removesuffix("_policy_attachment")
    is_deleted = change.action is Action.DELETE and attribute != "" and owner != "aws_iam_group"
    return is_deleted and (owner == change.type or (owner, str(change.before.get(attribute))) in ended)


def _access_changes(
    change: ResourceChange, plan: Plan, created: frozenset[tuple[str, str]], ends: bool
) -> Iterator[AccessChange]:
    if change.action is Action.FORGET:
        return  # its permissions stay unchanged
    for item in _changes(change, plan, created, ends):
        if item.widens and ends:
            continue
        # what ends with its own resource is reported for that resource
        lost = not item.widens and change.action is not Action.DELETE
        yield replace(item, is_lost=lost and (bool(change.before) or _is_denied(change, item, created)))


def _is_denied(change: ResourceChange, item: AccessChange, created: frozenset[tuple[str, str]]) -> bool:
    """Whether a new policy denies something to a role, user or group that was there before the plan."""
    if change.type not in _OWNERS or item.grant is None:
        return False
    owner = change.after.get(IDENTITY_POLICIES[change.type][0])
    return owner is not Marker.UNKNOWN and (_OWNERS[change.type], str(owner)) not in created


def _changes(
    change: ResourceChange, plan: Plan, created: frozenset[tuple[str, str]], ends: bool
) -> Iterator[AccessChange]:
    read = change.type in _ATTACHMENTS or change.type in READ_BY_TYPE or change.type in EXCLUSIVE
    if change.type in _ATTACHMENTS:
        yield from _attachment(change, plan, ends)
    sentences = READ_BY_TYPE.get(change.type, lambda _: ())(change)
    for sentence in exclusive_policies(change, plan) if change.type in EXCLUSIVE else sentences:
        if sentence.detached:
            yield _detachment(change, sentence.text, not ends and may_deny(sentence.detached, plan))
        else:
            yield AccessChange(change.address, sentence.text, sentence.widens, sentence.is_broad)
    for attribute in sorted(change.before.keys() | change.after.keys()):
        if is_policy(change, attribute, plan):
            read = True
            deferred = plan.deferred_policies.get(change.address, {}).get(attribute)
            yield from policy_change(change, attribute, deferred)
            yield from locked_out(change, attribute, deferred, created)
        elif isinstance(change.after.get(attribute) or change.before.get(attribute), dict | list) and (
            attribute != "inline_policy" or change.type != "aws_iam_role"
        ):
            yield from policies_within(change, attribute)
    if change.type == "aws_iam_role":
        yield from inline_policies(change)
    if not read and grants_access_by_name(change.type) and change.attributes:
        unknown = f"{change.address}: this review cannot tell who gains or loses access through {change.type}"
        yield AccessChange(change.address, unknown, widens=True)


def _attachment(change: ResourceChange, plan: Plan, ends: bool) -> Iterator[AccessChange]:
    owner, policy = _ATTACHMENTS[change.type], change.attribute("policy_arn")
    who = f"{owner} {change.attribute(owner)}"
    if change.action.destroys:
        lost = str(change.before.get("policy_arn"))
        yield _detachment(change, f"{who} no longer has policy {lost}", not ends and may_deny(lost, plan))
    if change.after and change.action is not Action.NO_OP:  # an import or a move attaches nothing
        is_broad = str(policy).rpartition("/")[2] in BROAD_POLICIES
        yield AccessChange(change.address, f"{who} now has policy {policy}", widens=True, is_broad=is_broad)


def _detachment(change: ResourceChange, sentence: str, is_denial: bool) -> AccessChange:
    """A lost policy; what it may have denied is no longer denied."""
    return AccessChange(change.address, f"{sentence}, which may deny something" if is_denial else sentence, is_denial)
