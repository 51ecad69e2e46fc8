"""Policies in attributes, before and after: what each allows and denies, whom it locks out, and what is not seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from plan_review.access_sentences import AccessChange, grant_sentences
from plan_review.model import Plan, ResourceChange, without_index
from plan_review.policy_grants import Grant, beyond, grants, is_locked, is_readable, policy_document
from plan_review.values import HIDDEN, Marker

# resource types whose policy belongs to somebody: the attribute that names them, and the word for them
IDENTITY_POLICIES = {
    "aws_iam_role_policy": ("role", "role"),
    "aws_iam_user_policy": ("user", "user"),
    "aws_iam_group_policy": ("group", "group"),
    "aws_iam_policy": ("name", "whoever has policy"),
    "aws_iot_policy": ("name", "whoever has policy"),
    "aws_ssoadmin_permission_set_inline_policy": ("permission_set_arn", "whoever has permission set"),
}
# likewise for types whose policy says who may use them; other types are named by their address
RESOURCE_POLICIES = {
    "aws_s3_bucket": ("bucket", "bucket"),
    "aws_s3_bucket_policy": ("bucket", "bucket"),
    "aws_kms_key": ("description", "key"),
    "aws_kms_key_policy": ("key_id", "key"),
    "aws_sns_topic": ("name", "topic"),
    "aws_sns_topic_policy": ("arn", "topic"),
    "aws_sqs_queue": ("name", "queue"),
    "aws_sqs_queue_policy": ("queue_url", "queue"),
    "aws_secretsmanager_secret_policy": ("secret_arn", "secret"),
    "aws_glue_resource_policy": ("", "catalog"),
    "aws_cloudwatch_log_resource_policy": ("policy_name", "logs"),
    "aws_iam_role": ("name", "role"),
    "aws_dynamodb_resource_policy": ("resource_arn", "table"),
    "aws_ecr_repository_policy": ("repository", "repository"),
    "aws_efs_file_system_policy": ("file_system_id", "file system"),
    "aws_elasticsearch_domain": ("domain_name", "domain"),
    "aws_elasticsearch_domain_policy": ("domain_name", "domain"),
    "aws_opensearch_domain": ("domain_name", "domain"),
    "aws_opensearch_domain_policy": ("domain_name", "domain"),
}
_DECRYPTS = "kms:Decrypt"
# for resources that hold data or its key: the actions that read it
_READING = {
    "aws_dynamodb_resource_policy": "dynamodb:GetItem",
    "aws_ecr_repository_policy": "ecr:BatchGetImage",
    "aws_efs_file_system_policy": "elasticfilesystem:ClientMount",
    "aws_kms_external_key": _DECRYPTS,
    "aws_kms_key": _DECRYPTS,
    "aws_kms_key_policy": _DECRYPTS,
    "aws_kms_replica_key": _DECRYPTS,
    "aws_s3_bucket": "s3:GetObject",
    "aws_s3_bucket_policy": "s3:GetObject",
    "aws_secretsmanager_secret": "secretsmanager:GetSecretValue",
    "aws_secretsmanager_secret_policy": "secretsmanager:GetSecretValue",
    "aws_sqs_queue": "sqs:ReceiveMessage",
    "aws_sqs_queue_policy": "sqs:ReceiveMessage",
}
# attributes that hold a policy even where it is not known yet, or not shown
_POLICY_NAMES = frozenset(
    {
        "access_policies",
        "access_policy",
        "assume_role_policy",
        "delivery_destination_policy",
        "policy",
        "policy_document",
        "repository_policy",
        "resource_policy",
        "session_policy",
    }
)
_NO_POLICY = ("", "{}", "null")
# their policies say what may pass, and grant nothing
LIMITING = frozenset({"aws_vpc_endpoint", "aws_vpc_endpoint_policy"})


def is_policy(change: ResourceChange, attribute: str, plan: Plan) -> bool:
    """Whether an attribute holds a policy, before or after, if only one that is not shown or not known yet."""
    values = change.before.get(attribute), change.after.get(attribute)
    if any(policy_document(value) is not None for value in values):
        return True
    is_named = attribute in _POLICY_NAMES and change.type in {**RESOURCE_POLICIES, **IDENTITY_POLICIES}
    if is_named and any(isinstance(value, str) and value.strip() not in _NO_POLICY for value in values):
        return True
    # AWS computes a policy where the configuration sets none
    is_set = attribute in plan.configured.get(without_index(change.address), _POLICY_NAMES)
    return is_set and attribute in _POLICY_NAMES and any(isinstance(value, Marker) for value in values)


def _label(change: ResourceChange) -> str:
    """Whom or what the policy of a resource belongs to, in words."""
    owner, kind = {**RESOURCE_POLICIES, **IDENTITY_POLICIES}.get(change.type, ("", ""))
    name = change.attribute(owner) if owner else ""
    if not kind:
        return change.address
    return f"{kind} {name}".strip() if isinstance(name, str) and name else f"{kind} of {change.address}"


def _stays(change: ResourceChange, attribute: str) -> bool:
    """Whether a resource has the same policy before and after; two that are hidden look alike."""
    before, after = change.before.get(attribute), change.after.get(attribute)
    is_same = before == after and (after not in HIDDEN or all(item.name != attribute for item in change.attributes))
    return bool(change.before) and is_same


def policy_change(change: ResourceChange, attribute: str, deferred: str | None) -> Iterator[AccessChange]:
    """What the policy in an attribute newly allows and denies, and what it no longer does.

    Args:
        change: the resource.
        attribute: the attribute, see `is_policy`.
        deferred: the policy that only the apply writes, as far as the plan tells.
    """
    label = _label(change)
    itself = None if change.type in IDENTITY_POLICIES else label
    before, after = change.before.get(attribute), change.after.get(attribute)
    if _stays(change, attribute):
        return
    if Marker.SENSITIVE in (before, after):
        yield AccessChange(change.address, f"{label}: its policy is sensitive and not shown", widens=True)
        return
    if after is Marker.UNKNOWN:
        sentence = f"{label}: its new policy is known only after apply"
        yield AccessChange(change.address, sentence, widens=True)
        had = set(grants(policy_document(before) or {}, label, itself))
        has = set(grants(policy_document(deferred) or {}, label, itself))  # of a data source that the apply reads
        for item in grant_sentences(change.address, beyond(has, had), has, gained=True):
            yield replace(item, is_broad=item.is_broad and change.type not in LIMITING)
        for item in grant_sentences(change.address, beyond(had, has), has, gained=False) if itself is not None else ():
            yield replace(item, sentence=f"{item.sentence}, unless the new policy says the same")
        return
    document = policy_document(after)
    is_other = document is None and isinstance(after, str) and after.strip() not in _NO_POLICY
    if after != before and (is_other or (document is not None and not is_readable(str(after)))):
        yield _not_judged(change.address, label)
    had = set(grants(policy_document(before) or {}, label, itself))
    has = set(grants(document or {}, label, itself))
    for item in grant_sentences(change.address, beyond(has, had), has, gained=True):
        yield replace(item, is_broad=item.is_broad and change.type not in LIMITING)
    yield from grant_sentences(change.address, beyond(had, has), has, gained=False)


def locked_out(
    change: ResourceChange, attribute: str, deferred: str | None, created: frozenset[tuple[str, str]]
) -> Iterator[AccessChange]:
    """Whether nobody can read a resource's data any more, or may be unable to if its new policy is not seen.

    Args:
        change: the resource.
        attribute: the attribute with the policy.
        deferred: the policy that only the apply writes, as far as the plan tells.
        created: type and name of what the plan creates: nobody is used to reading that.
    """
    after, reading = change.after.get(attribute), _READING.get(change.type)
    if reading is None or _stays(change, attribute):
        return
    document = policy_document(deferred if after is Marker.UNKNOWN else after)
    if document is None:
        if isinstance(after, Marker) and not _is_of_new_resource(change, created):
            why = "known only after apply" if after is Marker.UNKNOWN else "sensitive and not shown"
            may = f"{_label(change)}: its new policy is {why}, and may deny everybody {reading}"
            yield AccessChange(change.address, may, widens=False, locks_out=True)
        return
    had, has = grants(policy_document(change.before.get(attribute)) or {}, ""), grants(document, "")
    is_key = bool(change.before) and reading == _DECRYPTS
    if is_locked(has, reading, needs_leave=is_key) and not (had and is_locked(had, reading, needs_leave=is_key)):
        sentence = f"{_label(change)}: nobody is allowed {reading} any more"
        yield AccessChange(change.address, sentence, widens=False, locks_out=True)


def _is_of_new_resource(change: ResourceChange, created: frozenset[tuple[str, str]]) -> bool:
    """Whether the plan creates what a policy belongs to: the resource itself, or its owner."""
    owner = change.type.removesuffix("_policy")
    if change.before or owner == change.type:
        return not change.before
    name = change.after.get(RESOURCE_POLICIES[change.type][0])
    return name is Marker.UNKNOWN or (owner, str(name)) in created


def policies_within(change: ResourceChange, attribute: str) -> Iterator[AccessChange]:
    """Policies anywhere within an attribute, such as in a block or a manifest."""
    texts = [set(_policies_in(side.get(attribute))) for side in (change.before, change.after)]
    if not all(map(is_readable, texts[1] - texts[0])):
        yield _not_judged(change.address, change.address)
    had, has = (
        {grant for text in each for grant in grants(policy_document(text) or {}, change.address, change.address)}
        for each in texts
    )
    yield from grant_sentences(change.address, beyond(has, had), has, gained=True)
    yield from grant_sentences(change.address, beyond(had, has), has, gained=False)


def _policies_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _policies_in(inner)
    elif policy_document(value) is not None:
        yield str(value)


def _not_judged(address: str, label: str) -> AccessChange:
    return AccessChange(address, f"{label}: its policy is not a valid policy document, and is not judged", widens=True)


def inline_policies(change: ResourceChange) -> Iterator[AccessChange]:
    """Policies that are written into a role itself; those of one that ends have resources of their own."""
    if not isinstance(change.after.get("inline_policy"), list):
        return
    role = f"role {change.attribute('name')}"
    had, has = _written(change.before, role), _written(change.after, role)
    yield from grant_sentences(change.address, beyond(has, had), has, gained=True)
    yield from grant_sentences(change.address, beyond(had, has), has, gained=False)
    texts = _documents(change.after).values()
    if not all(is_readable(str(text)) for text in texts if policy_document(text) is not None):
        yield _not_judged(change.address, role)
    names = [set(_documents(side)) for side in (change.before, change.after)]
    for name in sorted(names[1] - names[0]):
        yield AccessChange(change.address, f"{role} now has inline policy {name}", widens=True)
    for name in sorted(names[0] - names[1]):
        yield AccessChange(change.address, f"{role} no longer has inline policy {name}", widens=False)


def _written(attributes: Mapping[str, Any], role: str) -> set[Grant]:
    documents = (policy_document(text) for text in _documents(attributes).values())
    return {grant for document in documents if document is not None for grant in grants(document, role)}


def _documents(attributes: Mapping[str, Any]) -> dict[str, Any]:
    inline = attributes.get("inline_policy")
    blocks = (
        [each for each in inline if isinstance(each, dict) and each.get("name")] if isinstance(inline, list) else []
    )
    return {str(each["name"]): each.get("policy") for each in blocks}
