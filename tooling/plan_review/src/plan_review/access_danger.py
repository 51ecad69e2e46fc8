"""How dangerous access is: what an action gives, and whether a grant is for everything."""

from __future__ import annotations

import re

from plan_review.policy_grants import BUT, Grant

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


def action_kind(action: str) -> str:
    """Whether an action of IAM gives rights (or is all of a service), changes something, or only reads."""
    name = action.partition(":")[2] or action
    if action.startswith(BUT) or not name.strip("*?"):
        return "admin"
    if name.startswith(_READS):
        return "read"
    return "admin" if _RIGHTS.search(name) else "write"


def frees_much(denied: Grant, allowed: Grant) -> bool:
    """Whether a denial that is gone kept everybody from what is allowed, or somebody from nearly everything."""
    if allowed.effect != "Allow" or not denied.may_touch(allowed):
        return False
    if denied.is_anybodys and allowed.is_anybodys:
        return True
    return denied.who == allowed.who and all(
        is_broad(each.who, [each.action], (each.resource,), each.is_limited) for each in (denied, allowed)
    )


def is_broad(who: str, actions: list[str], resources: tuple[str, ...], is_limited: bool) -> bool:
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
