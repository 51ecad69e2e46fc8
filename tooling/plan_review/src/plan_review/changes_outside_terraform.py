"""Access that somebody gave outside Terraform, found by a refresh.

A role has its inline and attached policies, a bucket its policy, grants and rules, a key, queue, topic or secret its
policy. Terraform treats such attributes as computed, because other resources of the same configuration may set them.
This module removes the values that those resources set; the rest is not configured anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from plan_review.model import ResourceChange
from plan_review.outside_networks import INTO_GROUPS, OF_NETWORKS, unmanaged_groups, unmanaged_ingress
from plan_review.policy_grants import policy_document
from plan_review.values import Marker, differences

# attributes of a bucket about permissions or the fate of objects, and the resource that sets them
_OF_BUCKETS = {
    "acl": "aws_s3_bucket_acl",
    "cors_rule": "aws_s3_bucket_cors_configuration",
    "grant": "aws_s3_bucket_acl",
    "lifecycle_rule": "aws_s3_bucket_lifecycle_configuration",
    "logging": "aws_s3_bucket_logging",
    "object_lock_configuration": "aws_s3_bucket_object_lock_configuration",
    "policy": "aws_s3_bucket_policy",
    "replication_configuration": "aws_s3_bucket_replication_configuration",
    "server_side_encryption_configuration": "aws_s3_bucket_server_side_encryption_configuration",
    "versioning": "aws_s3_bucket_versioning",
    "website": "aws_s3_bucket_website_configuration",
}
# the same of other types: the resource that sets the policy, and its attribute that names what it belongs to
_POLICY_OF = {
    "aws_ecr_repository": ("aws_ecr_repository_policy", "repository"),
    "aws_kms_key": ("aws_kms_key_policy", "key_id"),
    "aws_secretsmanager_secret": ("aws_secretsmanager_secret_policy", "secret_arn"),
    "aws_sns_topic": ("aws_sns_topic_policy", "arn"),
    "aws_sqs_queue": ("aws_sqs_queue_policy", "queue_url"),
}
# the notifications of a bucket: those that are not in the configuration were added outside Terraform
_OF_NOTIFICATIONS = ("eventbridge", "lambda_function", "queue", "topic")
_OF_ROLES = ("inline_policy", "managed_policy_arns")


@dataclass(frozen=True, slots=True)
class Managed:
    """The managed attributes of each resource, by type."""

    by_type: Mapping[str, tuple[Mapping[str, Any], ...]]

    @classmethod
    def of(cls, resources: Iterable[tuple[str, Mapping[str, Any]]]) -> Managed:
        """From types and attributes."""
        found: dict[str, list[Mapping[str, Any]]] = {}
        for kind, attributes in resources:
            found.setdefault(kind, []).append(attributes)
        return cls({kind: tuple(each) for kind, each in found.items()})

    def some(self, kind: str, attribute: str, names: set[str]) -> bool:
        """Whether a resource of the type belongs to an owner with one of these names."""
        return any(str(each.get(attribute)) in names for each in self.by_type.get(kind, ()))

    def policy_names(self, role: str, name: str) -> set[str]:
        """Names of the inline policies, or ARNs of the attached ones, that resources of their own give a role."""
        if name == "inline_policy":
            return {
                str(each.get("name"))
                for each in self.by_type.get("aws_iam_role_policy", ())
                if each.get("role") == role
            }
        attached = self.by_type.get("aws_iam_role_policy_attachment", ())
        several = self.by_type.get("aws_iam_policy_attachment", ())
        return {str(each.get("policy_arn")) for each in attached if each.get("role") == role} | {
            str(each.get("policy_arn"))
            for each in several
            if isinstance(each.get("roles"), list) and role in each["roles"]  # they may not be known, or not be shown
        }


def without_own(change: ResourceChange, managed: Managed) -> tuple[ResourceChange, bool]:
    """A drift without the values that other resources set, and whether it shows unconfigured access or lost data."""
    before, after = dict(_parts(change, change.before, managed)), dict(_parts(change, change.after, managed))
    telling = _relevant_attributes(change)
    names = [name for name in sorted(before.keys() | after.keys()) if not _same(before.get(name), after.get(name))]
    found = [
        item
        for name in names
        for item in differences(before.get(name, Marker.ABSENT), after.get(name, Marker.ABSENT), name)
    ]
    hidden = [item for item in change.attributes if item.name in names and isinstance(item.before, Marker)]
    kept = [item for item in change.attributes if item.name not in telling]
    reduced = replace(
        change,
        before={name: value for name, value in change.before.items() if name not in telling} | before,
        after={name: value for name, value in change.after.items() if name not in telling} | after,
        attributes=tuple(sorted([*kept, *(found or hidden)], key=lambda item: item.path)),
    )
    return reduced, bool(found or hidden)


def _relevant_attributes(change: ResourceChange) -> frozenset[str]:
    """Attributes of the resource that concern access or the deletion of objects."""
    if change.type == "aws_iam_role":
        return frozenset(_OF_ROLES)
    if change.type == "aws_s3_bucket":
        return frozenset(_OF_BUCKETS)
    if change.type == "aws_s3_bucket_notification":
        return frozenset(_OF_NOTIFICATIONS)
    if change.type in INTO_GROUPS:
        return frozenset({"ingress"})
    both = (*change.before.items(), *change.after.items())
    return frozenset(name for name, value in both if name in OF_NETWORKS or policy_document(value) is not None)


def _same(one: Any, other: Any) -> bool:
    return one == other or (one in (None, "", [], {}) and other in (None, "", [], {}))


def _parts(change: ResourceChange, attributes: Mapping[str, Any], managed: Managed) -> Iterator[tuple[str, Any]]:
    """The attributes that concern access, without the values that other resources set."""
    names = ("id", "arn", "bucket", "name", "key_id", "url")
    own = {str(side[name]) for side in (change.before, change.after) for name in names if side.get(name)}
    kind, belongs_to = _POLICY_OF.get(change.type, ("", ""))
    for name in sorted(_relevant_attributes(change) & attributes.keys()):
        value = attributes[name]
        if change.type == "aws_iam_role":
            ours = managed.policy_names(str(change.attribute("name")), name)
            yield name, [each for each in value if _policy_name(each) not in ours] if isinstance(value, list) else value
        elif change.type == "aws_s3_bucket":
            if not managed.some(_OF_BUCKETS[name], "bucket", own):
                yield name, value
        elif change.type in INTO_GROUPS:
            yield name, unmanaged_ingress(value, own, managed.by_type)
        elif name in OF_NETWORKS:
            yield name, unmanaged_groups(value, managed.by_type)
        elif not managed.some(kind, belongs_to, own):
            yield name, value


def _policy_name(policy: Any) -> str:
    """The name of an inline policy, or the ARN of an attached one."""
    return str(policy.get("name") if isinstance(policy, dict) else policy)
