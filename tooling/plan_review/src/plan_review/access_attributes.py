"""Access without a policy document: attachments, boundaries, ACLs, grants, permissions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plan_review.conditions import is_unseen
from plan_review.model import Plan, ResourceChange
from plan_review.policy_grants import denies
from plan_review.values import Marker, plain

BROAD_POLICIES = frozenset({"AdministratorAccess", "PowerUserAccess", "IAMFullAccess"})
# AWS's own policies that deny something
_DENYING_POLICIES = ("AWSDeny", "AWSCompromisedKeyQuarantine")
_PUBLIC_ACLS = frozenset({"public-read", "public-read-write", "authenticated-read"})
_OF_QUICKSIGHT = ("permission", "permissions")
_EVERYBODY = ("/AllUsers", "/AuthenticatedUsers")
_ACCESS_WORDS = re.compile(r"(^|_)(policy|policies|permission|permissions|grant|grants|acl|attachment)(_|$)")
# types whose name suggests access, but that grant none
_NO_ACCESS = frozenset(
    {
        "aws_app_cookie_stickiness_policy",
        "aws_appautoscaling_policy",
        "aws_autoscaling_attachment",
        "aws_autoscaling_policy",
        "aws_batch_scheduling_policy",
        "aws_cloudfront_cache_policy",
        "aws_cloudfront_origin_request_policy",
        "aws_cloudwatch_log_index_policy",
        "aws_dlm_lifecycle_policy",
        "aws_ecr_lifecycle_policy",
        "aws_efs_backup_policy",
        "aws_emr_managed_scaling_policy",
        "aws_iam_account_password_policy",
        "aws_imagebuilder_lifecycle_policy",
        "aws_lb_cookie_stickiness_policy",
        "aws_lb_target_group_attachment",
        "aws_lightsail_lb_stickiness_policy",
        "aws_opensearchserverless_lifecycle_policy",
        "aws_resiliencehub_resiliency_policy",
        "aws_sqs_queue_redrive_policy",
        "aws_volume_attachment",
    }
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence about access, and whether it gives more, or everything; `detached` is a policy that somebody loses."""

    text: str
    widens: bool
    is_broad: bool = False
    detached: str = ""


def grants_access_by_name(kind: str) -> bool:
    """Whether the name of a resource type suggests that it is about access."""
    return kind.startswith("aws_") and kind not in _NO_ACCESS and _ACCESS_WORDS.search(kind) is not None


def _policy_attachment(change: ResourceChange) -> Iterator[Sentence]:
    """`aws_iam_policy_attachment`: one policy for users, roles and groups, and for nobody else."""
    policy = change.attribute("policy_arn")
    for kind in ("users", "roles", "groups"):
        had, has = _names(change.before, kind), _names(change.after, kind)
        for name in sorted(has - had):
            yield Sentence(f"{kind[:-1]} {name} now has policy {policy}", True, is_broad(policy))
        for name in sorted(had - has):
            yield Sentence(f"{kind[:-1]} {name} no longer has policy {policy}", False, detached=str(policy))


def _role(change: ResourceChange) -> Iterator[Sentence]:
    """`aws_iam_role`: the policies that it manages itself, and its boundary."""
    role = f"role {change.attribute('name')}"
    had, has = _names(change.before, "managed_policy_arns"), _names(change.after, "managed_policy_arns")
    for policy in sorted(has - had):
        yield Sentence(f"{role} now has policy {policy}", True, is_broad(policy))
    for policy in sorted(had - has):
        yield Sentence(f"{role} no longer has policy {policy}", False, detached=policy)
    yield from _boundary(change)
    had_inline, has_inline = change.before.get("inline_policy") or [], change.after.get("inline_policy") or []
    is_only_removed = (
        isinstance(had_inline, list)
        and isinstance(has_inline, list)
        and all(policy in had_inline and not is_unseen(policy) for policy in has_inline)
    )
    if change.after and has_inline is not Marker.UNKNOWN and not is_only_removed:
        yield Sentence(f"{role} has different inline policies, see its attribute inline_policy", True)


def _boundary(change: ResourceChange) -> Iterator[Sentence]:
    """The permissions boundary of a role or user."""
    who = f"{change.type.removeprefix('aws_iam_')} {change.attribute('name')}"
    before, after = change.before.get("permissions_boundary"), change.after.get("permissions_boundary")
    if after and not before and change.before:
        yield Sentence(f"{who} now has permissions boundary {after}", False)
    if before and before != after and change.after:
        new = f"now has permissions boundary {after} instead of {before}"
        text = new if after else "no longer has a permissions boundary"
        yield Sentence(f"{who} {text}: its policies may allow more", True)


def _identity_provider(change: ResourceChange) -> Iterator[Sentence]:
    """`aws_iam_openid_connect_provider`: whose tokens count, for those roles whose trust policy names it."""
    url = change.attribute("url")
    had, has = _names(change.before, "client_id_list"), _names(change.after, "client_id_list")
    if not change.before:
        yield Sentence(f"identities of {url} can now assume the roles that trust it", True)
    elif not change.after:
        yield Sentence(f"identities of {url} can no longer assume the roles that trust it", False)
        return
    if has - had and change.before:
        yield Sentence(f"tokens of {url} are now accepted for {', '.join(sorted(has - had))}", True)
    if had - has:
        yield Sentence(f"tokens of {url} are no longer accepted for {', '.join(sorted(had - has))}", False)


def _acl(change: ResourceChange) -> Iterator[Sentence]:
    """`aws_s3_bucket_acl` and the like: canned ACLs, and grants to everybody."""
    before, after = change.before.get("acl"), change.after.get("acl")
    bucket = change.attribute("bucket")
    if after != before and isinstance(after, str) and after:
        yield Sentence(f"bucket {bucket} now has ACL {after}", after != "private", after in _PUBLIC_ACLS)
    had, has = change.before.get("access_control_policy"), change.after.get("access_control_policy")
    if change.after and ((before and not after) or (had and not has)):
        yield Sentence(f"bucket {bucket} no longer has the grants of its ACL", False)
    if has and has != had:
        is_public = any(group in str(plain(has)) for group in _EVERYBODY)
        yield Sentence(f"bucket {bucket} has different grants in its ACL", True, is_public)


def _listed(what: str, who: str, on: str) -> Callable[[ResourceChange], Iterator[Sentence]]:
    """A resource that is one grant: operations or permissions of a principal."""

    def read(change: ResourceChange) -> Iterator[Sentence]:
        principal, place = change.attribute(who), plain(change.attribute(on))
        had, has = _names(change.before, what), _names(change.after, what)
        same_place = not change.before or change.before.get(on) == change.after.get(on)
        gained = has - had if same_place and change.before.get(who, principal) == principal else has
        if Marker.UNKNOWN in (change.after.get(what), change.after.get(who)) and not gained:
            yield Sentence(f"{change.address}: what it grants is known only after apply", True)
        if gained:
            yield Sentence(f"{principal} is now allowed {', '.join(sorted(gained))} on {place or change.address}", True)
        if had - has:
            yield Sentence(
                f"{principal} is no longer allowed {', '.join(sorted(had - has))} on {place or change.address}", False
            )

    return read


def _permissions(change: ResourceChange) -> Iterator[Sentence]:
    """QuickSight's `permissions`, or `permission` of data sources: blocks of a principal and its actions."""
    had, has = _blocks(change.before), _blocks(change.after)
    if Marker.UNKNOWN in map(change.after.get, _OF_QUICKSIGHT):
        yield Sentence(f"{change.address}: who can use it is known only after apply", True)
    for principal, actions in sorted(has.items()):
        gained = actions - had.get(principal, frozenset())
        if gained:
            yield Sentence(f"{principal} is now allowed {', '.join(sorted(gained))} on {change.address}", True)
    for principal, actions in sorted(had.items()):
        lost = actions - has.get(principal, frozenset())
        if lost:
            yield Sentence(f"{principal} is no longer allowed {', '.join(sorted(lost))} on {change.address}", False)


def _blocks(attributes: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    return {
        str(block.get("principal")): frozenset(_names(block, "actions"))
        for blocks in map(attributes.get, _OF_QUICKSIGHT)
        for block in (blocks if isinstance(blocks, list) else [])
        if isinstance(block, dict)
    }


def _names(attributes: Mapping[str, Any], name: str) -> set[str]:
    value = attributes.get(name)
    return {str(entry) for entry in value} if isinstance(value, list) else set()


def may_deny(policy: str, plan: Plan) -> bool:
    """Whether a managed policy, by its ARN, denies something, as far as the plan holds its document.

    One that somebody wrote and that the plan does not hold may deny something; of AWS's own, these are few.
    """
    for each in plan.resources:
        if each.type == "aws_iam_policy" and policy == each.before.get("arn"):
            return denies(each.before.get("policy"))
    if ":iam::aws:policy/" in policy:
        return policy.rpartition("/")[2].startswith(_DENYING_POLICIES)
    return True


def is_broad(policy: Any) -> bool:
    """Whether a policy, by its ARN, allows nearly everything."""
    return str(policy).rpartition("/")[2] in BROAD_POLICIES


READ_BY_TYPE: dict[str, Callable[[ResourceChange], Iterator[Sentence]]] = {
    "aws_iam_openid_connect_provider": _identity_provider,
    "aws_iam_policy_attachment": _policy_attachment,
    "aws_iam_role": _role,
    "aws_iam_user": _boundary,
    "aws_kms_grant": _listed("operations", "grantee_principal", "key_id"),
    "aws_lakeformation_permissions": _listed("permissions", "principal", "database"),
    "aws_quicksight_data_set": _permissions,
    "aws_quicksight_data_source": _permissions,
    "aws_s3_bucket": _acl,
    "aws_s3_bucket_acl": _acl,
}
