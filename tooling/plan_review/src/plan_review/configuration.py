"""The configuration that a plan contains: what each block sets, and which others it mentions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from plan_review.model import without_index


def root_module(data: dict[str, Any]) -> dict[str, Any]:
    """The configuration of the root module; empty if the plan has none."""
    return (data.get("configuration") or {}).get("root_module") or {}


def configured_blocks(module: dict[str, Any], path: str = "") -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each block of a module and those that it calls: its module's path, its address without an index, its content."""
    for resource in module.get("resources") or []:
        yield path, f"{path}{resource['address']}", resource
    for name, call in (module.get("module_calls") or {}).items():
        yield from configured_blocks(call.get("module") or {}, f"{path}module.{name}.")


def configured_attributes(data: dict[str, Any]) -> dict[str, frozenset[str]]:
    """The attributes that each managed block of the configuration sets."""
    return {
        address: frozenset(block.get("expressions") or {})
        for _, address, block in configured_blocks(root_module(data))
        if block.get("mode") == "managed"
    }


def provisioner_kinds(data: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """The kinds of provisioners of each block that has some."""
    return {
        address: tuple(str(each.get("type")) for each in block["provisioners"])
        for _, address, block in configured_blocks(root_module(data))
        if block.get("provisioners")
    }


def provider_places(data: dict[str, Any]) -> dict[str, str]:
    """What the provider of each block is told, as a hash."""
    settings = _provider_settings(data)
    return {
        address: settings.get(str(block.get("provider_config_key")), "")
        for _, address, block in configured_blocks(root_module(data))
    }


def _provider_settings(data: dict[str, Any]) -> dict[str, str]:
    """What each provider is told that decides where its resources are, by its key.

    It is hashed, as it is only compared, and may hold credentials.
    """
    providers = (data.get("configuration") or {}).get("provider_config") or {}
    return {
        key: sha256(
            json.dumps(
                {name: value for name, value in (provider.get("expressions") or {}).items() if name != "default_tags"},
                sort_keys=True,
            ).encode()
        ).hexdigest()
        for key, provider in providers.items()
    }


def log_targets(data: dict[str, Any]) -> Iterator[str]:
    """The buckets that `aws_s3_bucket_logging` names as targets; on a first plan their names are not known yet."""
    for path, _, block in configured_blocks(root_module(data)):
        if block.get("type") == "aws_s3_bucket_logging":
            for mentioned in _mentions((block.get("expressions") or {}).get("target_bucket")):
                yield from _targets(mentioned, path)


def references(module: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    """Pairs (resource, mentioned address) of a module's configuration and of the modules that it calls.

    Args:
        module: the module, see `root_module`.
        path: its address and a dot; empty for the root.
    """
    for resource in module.get("resources") or []:
        if resource.get("mode") != "managed":
            continue
        source = f"{path}{resource['address']}"
        for target in _mentions(resource.get("expressions")) | set(resource.get("depends_on") or []):
            yield from ((source, found) for found in _targets(target, path))
    for name, call in (module.get("module_calls") or {}).items():
        inner = f"{path}module.{name}."
        for target in _mentions(call.get("expressions")):
            yield from ((inner.removesuffix("."), found) for found in _targets(target, path))
        yield from references(call.get("module") or {}, inner)


def _mentions(expressions: Any) -> set[str]:
    if isinstance(expressions, dict):
        found = set(expressions.get("references") or []) if "references" in expressions else set()
        return found.union(*(_mentions(entry) for entry in expressions.values()))
    if isinstance(expressions, list):
        return set().union(*(_mentions(entry) for entry in expressions))
    return set()


def _targets(reference: str, path: str) -> Iterator[str]:
    """The resource or module that a reference such as `aws_kms_key.this.arn` means; nothing for variables and data."""
    steps = without_index(reference).split(".")
    if steps[0] in {"var", "local", "data", "each", "count", "path", "self", "terraform"} or len(steps) < 2:
        return
    yield f"{path}{steps[0]}.{steps[1]}"
