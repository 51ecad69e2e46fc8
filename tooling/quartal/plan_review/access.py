"""Who may do what after the plan, and who may no longer: the policies of a plan as grants, before and after.

A policy is taken apart into single grants (who, action, resource, condition), so that a reordered or reformatted policy
is no change. How AWS evaluates them (which deny wins, boundaries, organisations) is not repeated here: a sentence says
what the policies in this plan say.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from os.path import commonprefix
from typing import Any

from quartal.plan_review.model import Plan, ResourceChange
from quartal.plan_review.values import Marker

# resource types that carry a policy document: attribute, then the attribute that names who or what it belongs to
_IDENTITY_POLICIES = {
    "aws_iam_role_policy": ("policy", "role", "role"),
    "aws_iam_user_policy": ("policy", "user", "user"),
    "aws_iam_group_policy": ("policy", "group", "group"),
    "aws_iam_policy": ("policy", "name", "whoever has policy"),
}
_RESOURCE_POLICIES = {
    "aws_s3_bucket_policy": ("policy", "bucket", "bucket"),
    "aws_kms_key": ("policy", "description", "key"),
    "aws_kms_key_policy": ("policy", "key_id", "key"),
    "aws_sns_topic_policy": ("policy", "arn", "topic"),
    "aws_sqs_queue_policy": ("policy", "queue_url", "queue"),
    "aws_glue_resource_policy": ("policy", "", "catalog"),
    "aws_cloudwatch_log_resource_policy": ("policy_document", "policy_name", "logs"),
    "aws_iam_role": ("assume_role_policy", "name", "role"),
}
_ATTACHMENTS = {
    "aws_iam_role_policy_attachment": "role",
    "aws_iam_user_policy_attachment": "user",
    "aws_iam_group_policy_attachment": "group",
}


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One thing that a policy allows or denies.

    Attributes:
        who: the principal.
        effect: Allow or Deny.
        action: one action, wildcards as written; "anything but ..." for NotAction.
        resource: one resource; "anything but ..." for NotResource.
        condition: the statement's condition as text; empty when there is none.
    """

    who: str
    effect: str
    action: str
    resource: str
    condition: str = ""

    def covers(self, other: Grant) -> bool:
        """Whether this grant already says all that the other one says."""
        return (
            self.who == other.who
            and self.effect == other.effect
            and self.condition in {"", other.condition}
            and fnmatchcase(other.action.lower(), _pattern(self.action).lower())
            and fnmatchcase(other.resource, _pattern(self.resource))
        )


@dataclass(frozen=True, slots=True)
class AccessChange:
    """A sentence about access.

    Attributes:
        address: the resource whose policy changes.
        sentence: "role X may now s3:GetObject on Y".
        widens: whether somebody can do more than before.
        is_broad: whether what is allowed is everything of a service, or on every resource.
    """

    address: str
    sentence: str
    widens: bool
    is_broad: bool = False


def access_changes(plan: Plan) -> tuple[AccessChange, ...]:
    """Every change of access in the plan, what widens first."""
    found: list[AccessChange] = []
    for change in plan.changes:
        if change.type in _ATTACHMENTS:
            found += _attachment(change, _ATTACHMENTS[change.type])
            continue
        policy = _IDENTITY_POLICIES.get(change.type) or _RESOURCE_POLICIES.get(change.type)
        if policy is not None:
            found += _policy_change(change, *policy)
    return tuple(sorted(found, key=lambda item: (not item.is_broad, not item.widens, item.address, item.sentence)))


def grants(document: Mapping[str, Any], who: str, resource: str | None = None) -> frozenset[Grant]:
    """The single grants of a policy document.

    Args:
        document: the policy.
        who: whom an identity policy belongs to; the owner is not a principal where the statement names its own.
        resource: what the policy hangs on: what a statement without a resource (a trust policy) or with "*" is about.
    """
    return frozenset(_statement_grants(document, who, resource))


def _statement_grants(document: Mapping[str, Any], who: str, resource: str | None) -> Iterator[Grant]:
    for statement in _as_list(document.get("Statement")):
        if not isinstance(statement, dict):
            continue
        principals = _principals(statement) or [who]
        actions = _either(statement, "Action")
        resources = _either(statement, "Resource") or [resource or "*"]
        condition = _condition(statement.get("Condition"))
        for principal in principals:
            for action in actions:
                for target in resources:
                    place = resource if resource is not None and target == "*" else target
                    yield Grant(principal, str(statement.get("Effect", "Allow")), action, place, condition)


def _policy_change(change: ResourceChange, attribute: str, owner: str, kind: str) -> Iterator[AccessChange]:
    name = change.attribute(owner) if owner else ""
    label = f"{kind} {name}".strip() if isinstance(name, str) and name else f"{kind} of {change.address}"
    before, after = _document(change.before.get(attribute)), _document(change.after.get(attribute))
    if change.after.get(attribute) is Marker.UNKNOWN:
        yield AccessChange(
            change.address, f"{label}: what its policy will say is only known after the apply", widens=True
        )
        return
    if Marker.SENSITIVE in (change.before.get(attribute), change.after.get(attribute)):
        yield AccessChange(change.address, f"{label}: its policy is sensitive and not shown", widens=True)
        return
    itself = label if change.type in _RESOURCE_POLICIES else None
    had, has = grants(before, label, itself), grants(after, label, itself)
    added = {grant for grant in has - had if not any(old.covers(grant) for old in had)}
    removed = {grant for grant in had - has if not any(new.covers(grant) for new in has)}
    yield from _sentences(change.address, added, gained=True)
    yield from _sentences(change.address, removed, gained=False)


def _sentences(address: str, changed: set[Grant], *, gained: bool) -> Iterator[AccessChange]:
    """One sentence for all actions that share principal, resources and condition."""
    per_action: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    for grant in changed:
        per_action[grant.who, grant.effect, grant.condition, grant.action].add(grant.resource)
    groups: dict[tuple[str, str, str, tuple[str, ...]], list[str]] = defaultdict(list)
    for (who, effect, condition, action), targets in per_action.items():
        groups[who, effect, condition, tuple(sorted(targets))].append(action)
    verbs = {
        ("Allow", True): "may now",
        ("Allow", False): "may no longer",
        ("Deny", True): "is now denied",
        ("Deny", False): "is no longer denied",
    }
    for (who, effect, condition, resources), actions in sorted(groups.items()):
        when = f", when {condition}" if condition else ""
        yield AccessChange(
            address=address,
            sentence=f"{who} {verbs[effect, gained]} {', '.join(sorted(actions))} on {_places(resources)}{when}",
            widens=(effect == "Allow") is gained,
            is_broad=effect == "Allow" and gained and _is_broad(who, actions, resources, condition),
        )


def _attachment(change: ResourceChange, owner: str) -> Iterator[AccessChange]:
    policy = change.attribute("policy_arn")
    who = f"{owner} {change.attribute(owner)}"
    if change.action.destroys:
        yield AccessChange(
            change.address, f"{who} no longer has policy {change.before.get('policy_arn')}", widens=False
        )
    if change.after:
        is_broad = str(policy).rpartition("/")[2] in {"AdministratorAccess", "PowerUserAccess", "IAMFullAccess"}
        yield AccessChange(change.address, f"{who} now has policy {policy}", widens=True, is_broad=is_broad)


def _places(resources: tuple[str, ...]) -> str:
    """Resources in words; what several begin with is told once: `arn:aws:s3:::lake/{raw/*, tmp/*}`."""
    start = commonprefix(resources)  # noqa: RUF071  # an ARN is no path
    start = start[: max(start.rfind("/"), start.rfind(":")) + 1]
    if len(resources) < 3 or not start:
        return ", ".join(resources)
    return f"{start}{{{', '.join(resource.removeprefix(start) or '(itself)' for resource in resources)}}}"


def _is_broad(who: str, actions: list[str], resources: tuple[str, ...], condition: str) -> bool:
    """Everything of a service, every action of a kind on every resource, or everybody; a condition narrows it."""
    if who == "everybody":
        return not condition
    if "*" in actions:
        # "kms:*" and "*" on "*" of a key's or bucket's own policy mean this key or bucket, for its own account
        return not who.endswith(":root")
    on_everything = "*" in resources and not condition and not who.endswith(":root")
    return on_everything and any(action.endswith(":*") or action.startswith("anything but") for action in actions)


def _principals(statement: Mapping[str, Any]) -> list[str]:
    if "NotPrincipal" in statement:
        return [f"anybody but {json.dumps(statement['NotPrincipal'], sort_keys=True)}"]
    principal = statement.get("Principal")
    if principal is None:
        return []
    if principal == "*":
        return ["everybody"]
    named = [
        "everybody" if name == "*" else f"{name}" for kind in principal.values() for name in map(str, _as_list(kind))
    ]
    return sorted(named)


def _either(statement: Mapping[str, Any], key: str) -> list[str]:
    if f"Not{key}" in statement:
        return [f"anything but {', '.join(sorted(map(str, _as_list(statement[f'Not{key}']))))}"]
    return [str(entry) for entry in _as_list(statement.get(key))]


def _condition(condition: Any) -> str:
    if not isinstance(condition, dict):
        return ""
    parts = [
        f"{variable} {operator} {'|'.join(sorted(map(str, _as_list(values))))}"
        for operator, tests in sorted(condition.items())
        for variable, values in sorted(tests.items())
    ]
    return " and ".join(parts)


def _document(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, str):
        return {}
    try:
        parsed = json.loads(value)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _as_list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _pattern(text: str) -> str:
    # IAM knows * and ? only; a bracket is a bracket
    return text.replace("[", "[[]")
