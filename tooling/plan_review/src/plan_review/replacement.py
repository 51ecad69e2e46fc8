"""A replacement that moves a resource to another owner: the old owner loses it, and the new one gets it.

Equal attributes do not mean that nothing changes: the policy, block or opening existed there, and exists here now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from plan_review.model import Action, Plan, ResourceChange
from plan_review.values import HIDDEN, AttributeChange, Marker

# attributes that name the owner or subject of a resource, such as `bucket` or `security_group_id`
_WHOLE = frozenset(
    {"bucket", "database", "grantee_principal", "group", "network", "principal", "repository", "role", "rule", "user"}
)
_ENDINGS = ("_arn", "_id", "_name", "_self_link", "_url")
# each of these is one grant, so its replacement is another grant
_GRANTS = frozenset({"aws_kms_grant", "aws_lakeformation_permissions", "aws_sns_topic_policy"})
_NAMES = ("id", "arn", "name", "bucket", "key_id", "url")


def parts(plan: Plan) -> Iterator[ResourceChange]:
    """The changes of a plan; one that moves to another owner, or whose old one stays, as its end and its beginning.

    If the same plan replaces the owner, the new one takes its place: nothing has moved.
    """
    replaced: dict[str, set[str]] = {}
    for change in plan.changes:
        if change.action.replaces:
            for name in map(change.before.get, _NAMES):
                if isinstance(name, str):
                    replaced.setdefault(name, set()).add(change.type)
    for change in plan.changes:
        if change.action.replaces and (change.action.forgets or _has_moved(change, plan, replaced)):
            yield from _apart(change)
        else:
            yield change


def _apart(change: ResourceChange) -> Iterator[ResourceChange]:
    end = Action.FORGET if change.action.forgets else Action.DELETE
    removed, created = tuple(_sides(change, is_after=False)), tuple(_sides(change, is_after=True))
    yield replace(change, action=end, after={}, attributes=removed, forces_replacement=())
    yield replace(change, action=Action.CREATE, before={}, attributes=created, forces_replacement=())


def _has_moved(change: ResourceChange, plan: Plan, replaced: Mapping[str, set[str]]) -> bool:
    if change.type in _GRANTS:
        names = {item.name for item in change.attributes if item.after is not Marker.UNKNOWN}
        return bool(names - {"id", "tags", "tags_all", "timeouts"})
    computed = plan.computed(change)
    unseen = {item.name for item in change.attributes if item.before in HIDDEN or item.after in HIDDEN}
    for name, owner in change.before.items():
        kind = _kind_of_owner(name)
        # the owner's type ends as the attribute begins; the resource's own name is not an owner
        if not kind or change.type.endswith(kind) or name in computed:
            continue
        if name in unseen:
            return True
        if not isinstance(owner, str) or not owner:
            continue
        if owner != change.after.get(name) and not any(each.endswith(kind) for each in replaced.get(owner, ())):
            return True
    return False


def _kind_of_owner(attribute: str) -> str:
    """The ending of the type that an attribute refers to, such as `_bucket`; empty if it refers to nothing."""
    if attribute in _WHOLE:
        return f"_{attribute}"
    return next((f"_{attribute.removesuffix(ending)}" for ending in _ENDINGS if attribute.endswith(ending)), "")


def _sides(change: ResourceChange, *, is_after: bool) -> Iterator[AttributeChange]:
    for name, value in sorted((change.after if is_after else change.before).items()):
        if value is not None:
            hidden = frozenset(found for item in change.attributes if item.name == name for found in item.hidden_names)
            before, after = (Marker.ABSENT, value) if is_after else (value, Marker.ABSENT)
            yield AttributeChange(name, before, after, hidden)
