"""Policies that only the apply writes, from `aws_iam_policy_document` data sources that it reads first.

Such a policy is unknown in the plan, because a statement names a resource that does not exist yet, or because the data
source depends on one that changes. But the plan holds the statements of the data source, and the configuration says
which policy it becomes. If several instances or sources come into question, all their statements count.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from plan_review.model import without_index
from plan_review.values import Side, plain, redacted

_TYPE = "aws_iam_policy_document"
_SOURCE = re.compile(rf"^(data\.{_TYPE}\.[\w-]+)")
_VARIABLE = re.compile(r"^var\.([\w-]+)")
# what the data source writes unless it is told otherwise: variables have values
_VERSION = "2012-10-17"
# attributes of a document that take in others
_PARTS = ("source_policy_documents", "override_policy_documents", "source_json", "override_json")


@dataclass(frozen=True, slots=True)
class _Block:
    """The references of each attribute of a block, or of each input of a module call."""

    module: str
    references: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Sources:
    """What the configuration and the plan say about policy documents.

    Attributes:
        blocks: by address without an index.
        documents: by the same address, the module's and the whole address of each instance, and its document.
    """

    blocks: Mapping[str, _Block]
    documents: Mapping[str, list[tuple[str, str, dict[str, Any]]]] = field(default_factory=dict)

    def found(self, module: str, references: tuple[str, ...], seen: set[str]) -> Iterator[tuple[str, str, Any]]:
        """The documents that references of a module lead to, also through variables and other documents."""
        for reference in references:
            if (source := _SOURCE.match(reference)) is not None:
                address = f"{module}{source[1]}"
                if address in seen:
                    continue
                seen.add(address)
                yield from self.documents.get(address, [])
                parts = self.blocks[address].references if address in self.blocks else {}
                for name in _PARTS:
                    yield from self.found(module, parts.get(name, ()), seen)
            elif (variable := _VARIABLE.match(reference)) is not None and module:
                call = self.blocks.get(module.removesuffix("."))
                if call is not None and f"{module}{reference}" not in seen:
                    seen.add(f"{module}{reference}")
                    yield from self.found(call.module, call.references.get(variable[1], ()), seen)


def deferred_policies(data: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The policies, as JSON, that the apply writes as far as the plan tells, by address and attribute."""
    entries = data.get("resource_changes") or []
    documents: dict[str, list[tuple[str, str, dict[str, Any]]]] = defaultdict(list)
    for module, address, document in (*_deferred(entries), *_read(data)):
        documents[without_index(address)].append((module, address, document))
    if not documents:
        return {}
    root = (data.get("configuration") or {}).get("root_module") or {}
    sources = _Sources(dict(_blocks(root, "")), documents)
    found: dict[str, dict[str, str]] = {}
    for entry in entries:
        unknown = entry["change"].get("after_unknown")
        block = sources.blocks.get(without_index(str(entry["address"])))
        if entry.get("mode") == "data" or not isinstance(unknown, dict) or block is None:
            continue
        for name in sorted(name for name, is_unknown in unknown.items() if is_unknown is True):
            policies = list(_own(entry, sources.found(block.module, block.references.get(name, ()), set())))
            statements = [each for document in policies for each in document.get("Statement") or []]
            if statements:
                found.setdefault(str(entry["address"]), {})[name] = json.dumps(
                    {"Version": _VERSION, "Statement": statements}
                )
    return found


def _own(entry: Mapping[str, Any], found: Iterator[tuple[str, str, Any]]) -> Iterator[dict[str, Any]]:
    """The documents of the same instance of a module; of those of several instances, the one with the same index."""
    module = str(entry.get("module_address") or "")
    mine = [(address, document) for own, address, document in found if f"{module}.".startswith(f"{own}.") or not own]
    index = str(entry["address"]).removeprefix(without_index(str(entry["address"])))
    for address, document in mine:
        others = [each for each, _ in mine if without_index(each) == without_index(address)]
        same = [each for each in others if index and each.endswith(index)]
        if not same or address in same:
            yield document


def _deferred(entries: list[dict[str, Any]]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for entry in entries:
        if entry.get("mode") != "data" or entry.get("type") != _TYPE or entry["change"]["actions"] != ["read"]:
            continue
        change = entry["change"]
        after = Side(change.get("after"), change.get("after_sensitive"), change.get("after_unknown"))
        values = plain(redacted(after))
        if isinstance(values, dict):
            statements = [_statement(each) for each in values.get("statement") or [] if isinstance(each, dict)]
            yield str(entry.get("module_address") or ""), str(entry["address"]), {"Statement": statements}


def _read(data: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The documents that Terraform has read while it planned."""
    modules = [("", ((data.get("prior_state") or {}).get("values") or {}).get("root_module") or {})]
    while modules:
        address, module = modules.pop()
        for resource in module.get("resources") or []:
            if resource.get("mode") == "data" and resource.get("type") == _TYPE:
                document = _parsed((resource.get("values") or {}).get("json"))
                yield address, str(resource.get("address")), document
        modules += [(str(child.get("address")), child) for child in module.get("child_modules") or []]


def _parsed(text: Any) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return {}
    statements = document.get("Statement") if isinstance(document, dict) else None
    return {"Statement": statements if isinstance(statements, list) else [statements] if statements else []}


def _statement(block: Mapping[str, Any]) -> dict[str, Any]:
    """A statement of a policy, from a block of the data source."""
    names = {"Action": "actions", "NotAction": "not_actions", "Resource": "resources", "NotResource": "not_resources"}
    found: dict[str, Any] = {"Effect": block.get("effect") or "Allow"}
    found |= {name: block[attribute] for name, attribute in names.items() if block.get(attribute)}
    for name, attribute in (("Principal", "principals"), ("NotPrincipal", "not_principals")):
        if block.get(attribute):
            found[name] = _principals(block[attribute])
    conditions: dict[str, dict[str, Any]] = defaultdict(dict)
    for each in _blocks_of(block.get("condition")):
        conditions[str(each.get("test"))][str(each.get("variable"))] = each.get("values")
    if conditions:
        found["Condition"] = dict(conditions)
    return found


def _principals(blocks: Any) -> Any:
    found: dict[str, list[Any]] = defaultdict(list)
    for each in _blocks_of(blocks):
        names = each.get("identifiers")
        found[str(each.get("type"))] += names if isinstance(names, list) else [names]
    return "*" if "*" in found.get("*", ()) else dict(found) or str(blocks)


def _blocks_of(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _blocks(module: Mapping[str, Any], path: str) -> Iterator[tuple[str, _Block]]:
    for resource in module.get("resources") or []:
        yield f"{path}{resource['address']}", _Block(path, dict(_references(resource.get("expressions"))))
    for name, call in (module.get("module_calls") or {}).items():
        inner = f"{path}module.{name}"
        yield inner, _Block(path, dict(_references(call.get("expressions"))))
        yield from _blocks(call.get("module") or {}, f"{inner}.")


def _references(expressions: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, expression in (expressions or {}).items():
        if isinstance(expression, dict) and isinstance(expression.get("references"), list):
            yield name, tuple(map(str, expression["references"]))
