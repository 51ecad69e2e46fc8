"""The openings of a plan to everybody: networks, databases, functions that anyone can call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from plan_review.conditions import is_everybodys_network
from plan_review.model import Action, Plan, ResourceChange
from plan_review.policy_principals import EVERYBODY, is_anybodys
from plan_review.replacement import parts
from plan_review.values import Marker

_CIDRS = frozenset({"cidr_blocks", "ipv6_cidr_blocks", "cidr_block", "ipv6_cidr_block", "cidr_ipv4", "cidr_ipv6"})
_BLOCKS_OF_ACCOUNT = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
# what AWS compares a caller with, by the attribute of a function's permission
_TESTS_OF_PERMISSION = {
    "principal_org_id": "aws:PrincipalOrgID",
    "source_account": "aws:SourceAccount",
    "source_arn": "aws:SourceArn",
}
# what the lists of a network belong to
_OWNER_OF_LIST = {
    "aws_default_network_acl": "default_network_acl_id",
    "aws_network_acl": "vpc_id",
    "aws_network_acl_rule": "network_acl_id",
}

Openings = Iterator[str]


def opened_to_everybody(plan: Plan) -> Iterator[tuple[str, str]]:
    """Address and sentence of each resource that opens something which was not open before."""
    for change in parts(plan):
        if change.after and not _is_list_of_new_network(change, plan):
            was = set(_openings(change, change.before))
            for sentence in dict.fromkeys(_openings(change, change.after)):
                if sentence not in was:
                    yield change.address, sentence


def _is_list_of_new_network(change: ResourceChange, plan: Plan) -> bool:
    """Whether it is the ACL of a VPC that the plan creates: AWS gives every VPC a list that lets everything pass."""
    owner = _OWNER_OF_LIST.get(change.type, "")
    if not owner or change.action is not Action.CREATE or change.after.get(owner) is not Marker.UNKNOWN:
        return False
    created = [each for each in plan.changes if each.action is Action.CREATE or each.action.replaces]
    lists = (each for each in created if each.type == "aws_network_acl")
    return any(each.type == "aws_vpc" for each in created) and all(
        each.after.get("vpc_id") is Marker.UNKNOWN for each in lists
    )


def _openings(change: ResourceChange, attributes: Mapping[str, Any]) -> Openings:
    if not attributes:
        return
    if (read := _BY_TYPE.get(change.type)) is not None:
        yield from read(attributes)
    if attributes.get("publicly_accessible") is True:
        yield "It gets an address that the internet can reach (publicly_accessible)."


def _security_group(attributes: Mapping[str, Any]) -> Openings:
    for block in _blocks(attributes.get("ingress")):
        yield from _from_everywhere(block)


def _security_group_rule(attributes: Mapping[str, Any]) -> Openings:
    if attributes.get("type") == "ingress":
        yield from _from_everywhere(attributes)


def _network_acl_rule(attributes: Mapping[str, Any]) -> Openings:
    if attributes.get("egress") is not True and attributes.get("rule_action") == "allow":
        yield from _from_everywhere(attributes)


def _network_acl(attributes: Mapping[str, Any]) -> Openings:
    for block in _blocks(attributes.get("ingress")):
        if block.get("action") == "allow":
            yield from _from_everywhere(block)


def _from_everywhere(attributes: Mapping[str, Any]) -> Openings:
    found = {value for name in _CIDRS for value in _texts(attributes.get(name)) if is_everybodys_network(value)}
    for cidr in sorted(found):
        yield f"{_ports(attributes)} can be reached from anywhere ({cidr})."


def _ports(attributes: Mapping[str, Any]) -> str:
    first, last = attributes.get("from_port"), attributes.get("to_port")
    protocol = attributes.get("ip_protocol", attributes.get("protocol"))
    if protocol in ("-1", "all", None) or not isinstance(first, int | float) or not isinstance(last, int | float):
        return "Every port"
    return f"Port {first:.0f}" if first == last else f"Ports {first:.0f} to {last:.0f}"


def _function_url(attributes: Mapping[str, Any]) -> Openings:
    if attributes.get("authorization_type") == "NONE":
        yield "Anyone can call the function through its URL (authorization_type NONE)."


def _function_permission(attributes: Mapping[str, Any]) -> Openings:
    tests = {key: attributes[name] for name, key in _TESTS_OF_PERMISSION.items() if attributes.get(name)}
    if attributes.get("principal") == "*" and is_anybodys(EVERYBODY, [], {"StringLike": tests}):
        yield f"Everybody is allowed {attributes.get('action')} (principal *)."


def _public_access_of_account(attributes: Mapping[str, Any]) -> Openings:
    for name in _BLOCKS_OF_ACCOUNT:
        if attributes.get(name) is False:
            yield f"Any bucket in the account can become public ({name} is false)."


def _kubernetes_endpoint(attributes: Mapping[str, Any]) -> Openings:
    for block in _blocks(attributes.get("vpc_config")):
        networks = _texts(block.get("public_access_cidrs"))
        if block.get("endpoint_public_access") is True and any(map(is_everybodys_network, networks)):
            yield "The cluster's endpoint can be reached from anywhere."


def _blocks(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [entry for entry in (value if isinstance(value, list) else [value]) if isinstance(entry, str)]


_BY_TYPE: dict[str, Callable[[Mapping[str, Any]], Openings]] = {
    "aws_default_network_acl": _network_acl,
    "aws_default_security_group": _security_group,
    "aws_eks_cluster": _kubernetes_endpoint,
    "aws_lambda_function_url": _function_url,
    "aws_lambda_permission": _function_permission,
    "aws_network_acl": _network_acl,
    "aws_network_acl_rule": _network_acl_rule,
    "aws_s3_account_public_access_block": _public_access_of_account,
    "aws_security_group": _security_group,
    "aws_security_group_rule": _security_group_rule,
    "aws_vpc_security_group_ingress_rule": _from_everywhere,
}
