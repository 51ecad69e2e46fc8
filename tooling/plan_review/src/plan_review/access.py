"""Gained and lost access: the policies of a plan as grants, before and after.

A sentence describes the policies in this plan, not AWS's evaluation of them. Every attribute that is a policy document
counts, in any resource type; `access_attributes` covers the other ways to access.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from os.path import commonprefix
from typing import Any

from plan_review.access_attributes import BROAD_POLICIES, READ_BY_TYPE, grants_access_by_name, may_deny
from plan_review.exclusive_policies import EXCLUSIVE, exclusive_policies
from plan_review.model import Action, Plan, ResourceChange, without_index
from plan_review.policy_grants import BUT, Grant, grants, is_locked, is_readable, policy_document
from plan_review.replacement import parts
from plan_review.values import Marker

# resource types whose policy belongs to somebody: the attribute that names them, and the word for them
_IDENTITY_POLICIES = {
    "aws_iam_role_policy": ("role", "role"),
    "aws_iam_user_policy": ("user", "user"),
    "aws_iam_group_policy": ("group", "group"),
    "aws_iam_policy": ("name", "whoever has policy"),
    "aws_iot_policy": ("name", "whoever has policy"),
    "aws_ssoadmin_permission_set_inline_policy": ("permission_set_arn", "whoever has permission set"),
}
_OWNERS = {f"aws_iam_{owner}_policy": f"aws_iam_{owner}" for owner in ("group", "role", "user")}
# likewise for types whose policy says who may use them; other types are named by their address
_RESOURCE_POLICIES = {
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
}
# by which policies name what they belong to
_NAMES = ("arn", "bucket", "id", "key_id", "name", "url")
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
_POLICY_NAMES = frozenset({"policy", "policy_document", "assume_role_policy"})
_NO_POLICY = ("", "{}", "null")
# their policies say what may pass, and grant nothing
_LIMITING = frozenset({"aws_vpc_endpoint", "aws_vpc_endpoint_policy"})
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
_VERBS = {
    ("Allow", True): "is now allowed",
    ("Allow", False): "is no longer allowed",
    ("Deny", True): "is now denied",
    ("Deny", False): "is no longer denied",
}
_ATTACHMENTS = {
    "aws_iam_role_policy_attachment": "role",
    "aws_iam_user_policy_attachment": "user",
    "aws_iam_group_policy_attachment": "group",
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


def access_changes(plan: Plan) -> tuple[AccessChange, ...]:
    """Every change of access in the plan, the dangerous first."""
    created = frozenset(
        (change.type, str(change.after.get("name")))
        for change in plan.changes
        if change.type in _OWNERS.values() and (change.action is Action.CREATE or change.action.replaces)
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
    if item.grant is None or not item.grant.who.endswith(":root") or not own or change.type in _LIMITING:
        return False
    is_everything = any(not action.strip("*?:") for action in item.grant.actions)
    account = item.grant.who.removesuffix(":root").rpartition(":")[2]
    return item.grant.verb == _VERBS["Allow", True] and is_everything and account not in own


def _ends_with_its_resource(change: ResourceChange, ended: frozenset[tuple[str, str]]) -> bool:
    """Whether a policy is deleted together with what it belongs to, so that what it denied gives nobody access.

    The members of a group outlive it, and are no longer denied anything.
    """
    attribute = {**_RESOURCE_POLICIES, **_IDENTITY_POLICIES}.get(change.type, (_ATTACHMENTS.get(change.type, ""), ""))[
        0
    ]
    owner = change.type.removesuffix("_policy").removesuffix("_policy_attachment")
    is_deleted = change.action is Action.DELETE and attribute != "" and owner != "aws_iam_group"
    return is_deleted and (owner == change.type or (owner, str(change.before.get(attribute))) in ended)


def _access_changes(
    change: ResourceChange, plan: Plan, created: frozenset[tuple[str, str]], ends: bool
) -> Iterator[AccessChange]:
    if change.action is Action.FORGET:
        return  # its permissions stay unchanged
    for item in _changes(change, plan, ends):
        if item.widens and ends:
            continue
        # what ends with its own resource is reported for that resource
        lost = not item.widens and change.action is not Action.DELETE
        yield replace(item, is_lost=lost and (bool(change.before) or _is_denied(change, item, created)))


def _is_denied(change: ResourceChange, item: AccessChange, created: frozenset[tuple[str, str]]) -> bool:
    """Whether a new policy denies something to a role, user or group that was there before the plan."""
    if change.type not in _OWNERS or item.grant is None:
        return False
    owner = change.after.get(_IDENTITY_POLICIES[change.type][0])
    return owner is not Marker.UNKNOWN and (_OWNERS[change.type], str(owner)) not in created


def _changes(change: ResourceChange, plan: Plan, ends: bool) -> Iterator[AccessChange]:
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
            yield from _policy_change(change, attribute, deferred)
        elif isinstance(change.after.get(attribute) or change.before.get(attribute), dict | list) and (
            attribute != "inline_policy" or change.type != "aws_iam_role"
        ):
            yield from _policies_within(change, attribute)
    if change.type == "aws_iam_role":
        yield from _inline_policies(change)
    if not read and grants_access_by_name(change.type) and change.attributes:
        unknown = f"{change.address}: this review cannot tell who gains or loses access through {change.type}"
        yield AccessChange(change.address, unknown, widens=True)


def is_policy(change: ResourceChange, attribute: str, plan: Plan) -> bool:
    """Whether an attribute holds a policy, before or after, if only one that is not shown or not known yet."""
    values = change.before.get(attribute), change.after.get(attribute)
    if any(policy_document(value) is not None for value in values):
        return True
    is_named = attribute in _POLICY_NAMES and change.type in {**_RESOURCE_POLICIES, **_IDENTITY_POLICIES}
    if is_named and any(isinstance(value, str) and value.strip() not in _NO_POLICY for value in values):
        return True
    # AWS computes a policy where the configuration sets none
    is_set = attribute in plan.configured.get(without_index(change.address), _POLICY_NAMES)
    return is_set and attribute in _POLICY_NAMES and any(isinstance(value, Marker) for value in values)


def _policy_change(change: ResourceChange, attribute: str, deferred: str | None = None) -> Iterator[AccessChange]:
    owner, kind = {**_RESOURCE_POLICIES, **_IDENTITY_POLICIES}.get(change.type, ("", ""))
    name = change.attribute(owner) if owner else ""
    label = f"{kind} {name}".strip() if isinstance(name, str) and name else f"{kind} of {change.address}"
    label = label if kind else change.address
    itself = None if change.type in _IDENTITY_POLICIES else label
    before, after = change.before.get(attribute), change.after.get(attribute)
    if change.action.replaces and before == after:
        return
    if Marker.SENSITIVE in (before, after):
        yield AccessChange(change.address, f"{label}: its policy is sensitive and not shown", widens=True)
        return
    if change.before and before == after:
        return
    if after is Marker.UNKNOWN:
        sentence = f"{label}: its new policy is known only after apply"
        yield AccessChange(change.address, sentence, widens=True)
        had = set(grants(policy_document(before) or {}, label, itself))
        has = set(grants(policy_document(deferred) or {}, label, itself))  # of a data source that the apply reads
        for item in _sentences(change.address, _beyond(has, had), has, gained=True):
            yield replace(item, is_broad=item.is_broad and change.type not in _LIMITING)
        for item in _sentences(change.address, _beyond(had, has), has, gained=False) if itself is not None else ():
            yield replace(item, sentence=f"{item.sentence}, unless the new policy says the same")
        return
    document = policy_document(after)
    is_other = document is None and isinstance(after, str) and after.strip() not in _NO_POLICY
    if after != before and (is_other or (document is not None and not is_readable(str(after)))):
        yield _not_judged(change.address, label)
    had = set(grants(policy_document(before) or {}, label, itself))
    has = set(grants(document or {}, label, itself))
    for item in _sentences(change.address, _beyond(has, had), has, gained=True):
        yield replace(item, is_broad=item.is_broad and change.type not in _LIMITING)
    yield from _sentences(change.address, _beyond(had, has), has, gained=False)
    reading = _READING.get(change.type)
    if reading is None or document is None:
        return
    is_key = bool(change.before) and reading == _DECRYPTS
    if is_locked(has, reading, needs_leave=is_key) and not (had and is_locked(had, reading, needs_leave=is_key)):
        yield AccessChange(
            change.address, f"{label}: nobody is allowed {reading} any more", widens=False, locks_out=True
        )


def _policies_within(change: ResourceChange, attribute: str) -> Iterator[AccessChange]:
    """Policies anywhere within an attribute, such as in a block or a manifest."""
    texts = [set(_policies_in(side.get(attribute))) for side in (change.before, change.after)]
    if not all(map(is_readable, texts[1] - texts[0])):
        yield _not_judged(change.address, change.address)
    had, has = (
        {grant for text in each for grant in grants(policy_document(text) or {}, change.address, change.address)}
        for each in texts
    )
    yield from _sentences(change.address, _beyond(has, had), has, gained=True)
    yield from _sentences(change.address, _beyond(had, has), has, gained=False)


def _policies_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _policies_in(inner)
    elif policy_document(value) is not None:
        yield str(value)


def _not_judged(address: str, label: str) -> AccessChange:
    return AccessChange(address, f"{label}: its policy is not a valid policy document, and is not judged", widens=True)


def _inline_policies(change: ResourceChange) -> Iterator[AccessChange]:
    """Policies that are written into a role itself; those of one that ends have resources of their own."""
    if not isinstance(change.after.get("inline_policy"), list):
        return
    role = f"role {change.attribute('name')}"
    had, has = _written(change.before, role), _written(change.after, role)
    yield from _sentences(change.address, _beyond(has, had), has, gained=True)
    yield from _sentences(change.address, _beyond(had, has), has, gained=False)
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


def _beyond(grants_there: set[Grant], others: set[Grant]) -> set[Grant]:
    return {grant for grant in grants_there - others if not any(other.covers(grant) for other in others)}


def _sentences(address: str, changed: set[Grant], others: set[Grant], *, gained: bool) -> Iterator[AccessChange]:
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
        parts = GrantParts(who, _VERBS[effect, gained], tuple(sorted(actions)), _places(resources), condition)
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
