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


def apart(change: ResourceChange, plan: Plan) -> tuple[ResourceChange, ...]:
    """The change itself; for a replacement that moves to another owner, or whose old one stays, an end and a beginning.

    Where the owner is replaced by the same plan, the new one takes the place of the old: nothing has moved.
    """
    if not change.action.replaces or not (change.action.forgets or _has_moved(change, plan)):
        return (change,)
    end = Action.FORGET if change.action.forgets else Action.DELETE
    return (
        replace(change, action=end, after={}, attributes=tuple(_sides(change, is_after=False)), forces_replacement=()),
        replace(
            change,
            action=Action.CREATE,
            before={},
            attributes=tuple(_sides(change, is_after=True)),
            forces_replacement=(),
        ),
    )


def _has_moved(change: ResourceChange, plan: Plan) -> bool:
    if change.type in _GRANTS:
        names = {item.name for item in change.attributes if item.after is not Marker.UNKNOWN}
        return bool(names - {"id", "tags", "tags_all", "timeouts"})
    names = _OWNERS.keys() - plan.computed(change)
    moved = [
        (_OWNERS[name], change.before[name])
        for name in sorted(names)
        if change.type not in _OWNERS[name]
        and change.before.get(name)
        and change.before[name] != change.after.get(name)
    ]
    return any(not _is_replaced(owner, types, plan) for types, owner in moved)


def _is_replaced(owner: object, types: tuple[str, ...], plan: Plan) -> bool:
    return any(
        other.type in types and other.action.replaces and owner in [other.before.get(name) for name in _NAMES]
        for other in plan.changes
    )


def _sides(change: ResourceChange, *, is_after: bool) -> Iterator[AttributeChange]:
    for name, value in sorted((change.after if is_after else change.before).items()):
        if value is not None:
            yield AttributeChange(name, *((Marker.ABSENT, value) if is_after else (value, Marker.ABSENT)))
