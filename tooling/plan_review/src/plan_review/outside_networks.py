"""Network access opened outside Terraform: rules of security groups, and groups of machines.

A group lists every rule in it, and a machine every group, including those that separate resources set; this module
removes those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

INTO_GROUPS = frozenset({"aws_default_security_group", "aws_security_group"})
OF_NETWORKS = frozenset({"vpc_security_group_ids"})
_LISTS = ("cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups")
_SINGLE = ("cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id", "source_security_group_id")
_ITSELF = "self"
_EVERY_PROTOCOL = ("-1", "all")

ByType = Mapping[str, tuple[Mapping[str, Any], ...]]


def unmanaged_ingress(blocks: Any, group: set[str], managed: ByType) -> Any:
    """The rules of a group, by its ids, without those that separate resources set; other values unchanged."""
    if not isinstance(blocks, list):
        return blocks
    known = {
        way
        for rule in _rules(managed)
        if str(rule.get("security_group_id")) in group
        for way in ((*_ports(rule), source) for source in _sources(rule, group))
    }
    return [block for block in blocks if not isinstance(block, Mapping)] + [
        left for block in blocks if isinstance(block, Mapping) for left in _without(block, known)
    ]


def unmanaged_groups(groups: Any, managed: ByType) -> Any:
    """The groups of a machine without those that a separate resource attaches."""
    attached = {each.get("security_group_id") for each in managed.get("aws_network_interface_sg_attachment", ())}
    return [each for each in groups if each not in attached] if isinstance(groups, list) else groups


def _rules(managed: ByType) -> Iterator[Mapping[str, Any]]:
    yield from managed.get("aws_vpc_security_group_ingress_rule", ())
    yield from (rule for rule in managed.get("aws_security_group_rule", ()) if rule.get("type") == "ingress")


def _without(block: Mapping[str, Any], known: set[tuple[Any, ...]]) -> Iterator[Mapping[str, Any]]:
    left = {name: [each for each in _texts(block.get(name)) if (*_ports(block), each) not in known] for name in _LISTS}
    is_own = block.get(_ITSELF) is True and (*_ports(block), _ITSELF) not in known
    if is_own or any(left.values()):
        yield {**block, **left, _ITSELF: is_own}


def _sources(rule: Mapping[str, Any], group: set[str]) -> Iterator[str]:
    found = [
        *(each for name in _LISTS for each in _texts(rule.get(name))),
        *_texts([rule.get(name) for name in _SINGLE]),
    ]
    yield from (_ITSELF if each in group else each for each in found)
    if rule.get(_ITSELF) is True:
        yield _ITSELF


def _ports(rule: Mapping[str, Any]) -> tuple[Any, ...]:
    protocol = str(rule.get("ip_protocol", rule.get("protocol"))).lower()
    if protocol in _EVERY_PROTOCOL:
        return (_EVERY_PROTOCOL[0],)
    return protocol, rule.get("from_port"), rule.get("to_port")


def _texts(values: Any) -> Iterable[str]:
    return [each for each in values if isinstance(each, str)] if isinstance(values, list) else []
