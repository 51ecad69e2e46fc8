"""The resources that `destroy --keep-data` keeps: the lake with its key, the catalog, the logs, and their dependencies.

An Iceberg table consists of its files and the pointer to its newest metadata in the catalog; without the catalog, the
files are not a table. A new deployment finds all of these in the state, and creates only what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from plan_review.model import without_index

_MODULES = ("module.data_lake.",)
_TYPES = frozenset(
    {
        "aws_cloudwatch_log_group",
        "aws_glue_catalog_database",
        "aws_glue_catalog_table",
        "aws_glue_data_catalog_encryption_settings",
    }
)


@dataclass(frozen=True, slots=True)
class StateResource:
    """A resource in Terraform's state.

    Attributes:
        address: of the instance, with the indices of its module and its own.
        type: such as aws_glue_job.
        depends_on: addresses of the resources that it rests on, without indices.
    """

    address: str
    type: str
    depends_on: tuple[str, ...] = ()


def state_resources(shown: Mapping[str, Any]) -> tuple[StateResource, ...]:
    """The managed resources of `terraform show -json` without a plan; empty if nothing was applied."""
    root = (shown.get("values") or {}).get("root_module") or {}
    return tuple(_resources(root))


def is_kept(resource: StateResource) -> bool:
    """Whether a resource is data, or is needed to read data."""
    return resource.address.startswith(_MODULES) or resource.type in _TYPES


def standing(resources: Iterable[StateResource]) -> tuple[StateResource, ...]:
    """All that can go away while the data stays, in the order of the state."""
    resources = tuple(resources)
    kept = {resource.address for resource in resources if is_kept(resource)}
    while True:
        # Terraform also destroys dependent resources, so the dependencies of kept resources are kept too
        needed = {name for each in resources if each.address in kept for name in each.depends_on}
        more = {each.address for each in resources if without_index(each.address) in needed} - kept
        if not more:
            return tuple(resource for resource in resources if resource.address not in kept)
        kept |= more


def _resources(module: Mapping[str, Any]) -> Iterable[StateResource]:
    for resource in module.get("resources", ()):
        if resource["mode"] == "managed":
            depends_on = tuple(without_index(name) for name in resource.get("depends_on", ()))
            yield StateResource(resource["address"], resource["type"], depends_on)
    for child in module.get("child_modules", ()):
        yield from _resources(child)
