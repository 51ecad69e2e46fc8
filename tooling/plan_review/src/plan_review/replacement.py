"""A replacement that hangs on something else than before: what it belonged to loses it, and another thing gets it.

What stays the same in it is no sameness: the policy, the block or the opening was there, and is here now.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from plan_review.model import Action, Plan, ResourceChange
from plan_review.values import AttributeChange, Marker

# attributes that name what a resource belongs to or is for, and the types of which they name one
_OWNERS = {
    "bucket": ("aws_s3_bucket", "aws_s3_directory_bucket"),
    "function_name": ("aws_lambda_function",),
    "group": ("aws_iam_group",),
    "key_id": ("aws_kms_external_key", "aws_kms_key", "aws_kms_replica_external_key", "aws_kms_replica_key"),
    "network_acl_id": ("aws_default_network_acl", "aws_network_acl"),
    "policy_arn": ("aws_iam_policy",),
    "queue_url": ("aws_sqs_queue",),
    "repository": ("aws_ecr_repository",),
    "role": ("aws_iam_role",),
    "role_name": ("aws_iam_role",),
    "secret_arn": ("aws_secretsmanager_secret",),
    "security_group_id": ("aws_default_security_group", "aws_security_group"),
    "topic_arn": ("aws_sns_topic",),
    "user": ("aws_iam_user",),
    "vpc_id": ("aws_default_vpc", "aws_vpc"),
}
# each of these is one grant: whatever replaces it is another one
_GRANTS = frozenset({"aws_kms_grant", "aws_lakeformation_permissions", "aws_sns_topic_policy"})
_NAMES = ("id", "arn", "name", "bucket", "key_id", "url")


def parts(plan: Plan) -> Iterator[ResourceChange]:
    """The changes of a plan; one that moves to another owner, or whose old one stays, as its end and its beginning.

    Where the owner is replaced by the same plan, the new one takes the place of the old: nothing has moved.
    """
    replaced = {
        (change.type, name)
        for change in plan.changes
        if change.action.replaces
        for name in map(change.before.get, _NAMES)
        if isinstance(name, str)
    }
    for change in plan.changes:
        if change.action.replaces and (change.action.forgets or _has_moved(change, plan, replaced)):
            yield from _apart(change)
        else:
            yield change


def _apart(change: ResourceChange) -> Iterator[ResourceChange]:
    end = Action.FORGET if change.action.forgets else Action.DELETE
    gone, made = tuple(_sides(change, is_after=False)), tuple(_sides(change, is_after=True))
    yield replace(change, action=end, after={}, attributes=gone, forces_replacement=())
    yield replace(change, action=Action.CREATE, before={}, attributes=made, forces_replacement=())


def _has_moved(change: ResourceChange, plan: Plan, replaced: set[tuple[str, str]]) -> bool:
    if change.type in _GRANTS:
        names = {item.name for item in change.attributes if item.after is not Marker.UNKNOWN}
        return bool(names - {"id", "tags", "tags_all", "timeouts"})
    computed = plan.computed(change)
    for name, types in _OWNERS.items():
        owner = change.before.get(name)
        if change.type in types or name in computed or not owner or owner == change.after.get(name):
            continue
        if not isinstance(owner, str) or not any((kind, owner) in replaced for kind in types):
            return True
    return False


def _sides(change: ResourceChange, *, is_after: bool) -> Iterator[AttributeChange]:
    for name, value in sorted((change.after if is_after else change.before).items()):
        if value is not None:
            yield AttributeChange(name, *((Marker.ABSENT, value) if is_after else (value, Marker.ABSENT)))
