"""Resources that list the only policies of a role, user or group: all others are removed, including denials.

`aws_iam_role_policy_attachments_exclusive` also attaches the policies that it names, and so gives access itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from plan_review.access_attributes import Sentence, is_broad
from plan_review.conditions import is_unseen
from plan_review.model import Action, Plan, ResourceChange
from plan_review.values import Marker

_OWNERS = ("group", "role", "user")
EXCLUSIVE = {
    f"aws_iam_{owner}_{kind}_exclusive": (owner, names)
    for owner in _OWNERS
    for kind, names in (("policies", "policy_names"), ("policy_attachments", "policy_arns"))
}


def exclusive_policies(change: ResourceChange, plan: Plan) -> Iterator[Sentence]:
    """The policy changes that such a resource causes; see the module."""
    owner, names = EXCLUSIVE[change.type]
    name = change.attribute(f"{owner}_name")
    who = f"{owner} {'that this plan creates' if isinstance(name, Marker) else name}"
    if not change.after:
        if not _goes(plan, f"aws_iam_{owner}", name):
            yield Sentence(f"{who}: policies that are added outside Terraform are no longer removed", True)
        return
    had, has = _listed(change.before, names), _listed(change.after, names)
    known = {policy for policy in has if not isinstance(policy, Marker)}
    if not change.before:
        words = [str(policy) if policy in known else "those that this plan creates" for policy in has]
        kept = f"only these policies: {', '.join(sorted(set(words)))}" if words else "no policies"
        yield Sentence(f"{who} keeps {kept}", False)
        # names alone grant nothing: an inline policy is a separate resource
        granted = has - _attached(plan, owner, name) if names == "policy_arns" else set()
    else:
        granted = has - had
    # lists of which a part is hidden look alike
    changed = [item for item in change.attributes if change.before and item.name == names]
    if any(map(is_unseen, [*granted, *(side for item in changed for side in (item.before, item.after))])):
        yield Sentence(f"{who}: the policies that it keeps are sensitive, or known only after apply", True)
    for policy in sorted(granted & known):
        yield Sentence(f"{who} can now have policy {policy}", True, is_broad(policy))
    if not any(isinstance(policy, Marker) for policy in has):
        for policy in sorted(map(str, had - has)):
            yield Sentence(f"{who} no longer has policy {policy}, whether it allows or denies", True)


def _listed(attributes: Mapping[str, Any], names: str) -> set[Any]:
    value = attributes.get(names)
    found = value if isinstance(value, list) else [value]
    return {each for each in found if isinstance(each, str | Marker)}


def _attached(plan: Plan, owner: str, name: Any) -> set[Any]:
    """The policies that separate resources attach, which the access section reports anyway."""
    arns = (
        each.after.get("policy_arn")
        for each in plan.resources
        if each.type == f"aws_iam_{owner}_policy_attachment" and each.after.get(owner) == name
    )
    return {arn for arn in arns if isinstance(arn, str | Marker)}


def _goes(plan: Plan, kind: str, name: Any) -> bool:
    """Whether the plan ends whom the policies are for, too."""
    return any(
        each.type == kind and each.action is Action.DELETE and each.before.get("name") == name for each in plan.changes
    )
