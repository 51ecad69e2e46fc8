"""`terraform show -json PLAN` to a `Plan`; nothing sensitive passes.

Nothing else knows Terraform's names but `configuration`, which reads the configuration within a plan, and
`deferred_policies`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from plan_review.changes_outside_terraform import Managed, without_own
from plan_review.configuration import (
    configured_attributes,
    configured_blocks,
    log_targets,
    provider_places,
    provisioner_kinds,
    references,
    root_module,
)
from plan_review.deferred_policies import deferred_policies
from plan_review.errors import PlanError
from plan_review.model import (
    ACTION_ORDER,
    Action,
    FailedCheck,
    OutputChange,
    Plan,
    ResourceChange,
    without_index,
)
from plan_review.plan_format import refuse_other_formats
from plan_review.values import AttributeChange, Marker, Side, differences, hidden_differences, hidden_names, redacted

_LISTS = (
    "resource_changes",
    "resource_drift",
    "checks",
    "deferred_changes",
    "action_invocations",
    "deferred_action_invocations",
)
# the owners of providers whose types the review knows; `builtin` is Terraform itself
_OWN_PROVIDERS = re.compile(r"^(hashicorp|builtin)/")
_FAILED = frozenset({"fail", "error"})
# entries that change nothing, by their mode: data sources, and in OpenTofu ephemeral resources too
_CHANGE_NOTHING = {"data": {("read",), ("no-op",)}, "ephemeral": {("open",), ("no-op",)}}
# what a later Terraform adds to its plans under such a name is something that an apply does
_DOES_SOMETHING = re.compile(r"_(changes|drift|invocations)$")
_ACTIONS = {
    ("create",): Action.CREATE,
    ("update",): Action.UPDATE,
    ("delete",): Action.DELETE,
    ("delete", "create"): Action.DELETE_THEN_CREATE,
    ("create", "delete"): Action.CREATE_THEN_DELETE,
    ("create", "forget"): Action.REPLACE_AND_FORGET,
    ("forget", "create"): Action.REPLACE_AND_FORGET,
    ("forget",): Action.FORGET,
    ("no-op",): Action.NO_OP,
}


def parse_plan(data: dict[str, Any]) -> Plan:
    """Parse the output of `terraform show -json PLAN`.

    Raises:
        PlanError: the format is unknown, or this is not a plan.
    """
    try:
        return _plan(data)
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise PlanError(
            "Terraform's plan cannot be read: it does not match the format of its version.",
            remedy="Plan again with Terraform or OpenTofu, and pass the JSON unchanged.",
            details=(f"{type(error).__name__}: {error}",),
        ) from error


def _plan(data: dict[str, Any]) -> Plan:
    refuse_other_formats(data)
    for name in _LISTS:
        if not isinstance(data.get(name), list | None):
            raise TypeError(f"{name} is not a list")
    provisioners = provisioner_kinds(data)
    changed = (entry for entry in data.get("resource_changes") or [] if not _changes_nothing(entry))
    parsed = [_as_it_differs(_resource_change(entry, provisioners)) for entry in changed]
    known = {change.address for change in parsed}
    drifted = (entry for entry in data.get("resource_drift") or [] if _is_managed(entry) and _is_move(entry))
    parsed += [_moved(entry) for entry in drifted if entry["address"] not in known]
    touched = sorted((change for change in parsed if change.is_touched), key=_rank)
    outputs = [_output_change(name, entry, data) for name, entry in (data.get("output_changes") or {}).items()]
    drift, computed_drift = _drift(data, frozenset(change.address for change in touched), _managed(data, parsed))
    return Plan(
        changes=tuple(touched),
        unchanged=len(parsed) - len(touched),
        resources=tuple(parsed),
        outputs=tuple(each for each in outputs if each.action is not Action.NO_OP or each.before != each.after),
        drift=drift,
        computed_drift=computed_drift,
        checks=tuple(_failed_checks(data.get("checks") or [])),
        references=tuple(sorted(set(references(root_module(data), "")))),
        configured=configured_attributes(data),
        reads=tuple(sorted(_reads(data))),
        opens=tuple(sorted(_opens(data))),
        deferred_policies=deferred_policies(data),
        deferred=tuple(_deferred(data)),
        invoked_actions=tuple(str(entry.get("address", "")) for entry in data.get("action_invocations") or []),
        unexplained=tuple(sorted(_unexplained_addresses(data, known))),
        unknown_parts=tuple(sorted(_unknown_parts(data))),
        places=provider_places(data),
        log_targets=frozenset(log_targets(data)),
        terraform_version=str(data.get("terraform_version", "")),
        errored=bool(data.get("errored", False)),
        complete=bool(data.get("complete", True)),
        applyable=bool(data.get("applyable", True)),
        accepts_drift=bool(drift) and not data.get("resource_changes"),  # any other plan lists what stays, too
    )


def _drift(
    data: dict[str, Any], touched: frozenset[str], managed: Managed
) -> tuple[tuple[ResourceChange, ...], tuple[ResourceChange, ...]]:
    """Changes outside Terraform, and resources that differ only in computed attributes.

    Terraform also lists attributes that AWS computes and that only a refresh can read, such as a bucket's versioning
    after another resource has enabled it. So a difference counts only if the configuration sets the attribute, the plan
    changes the resource, or it gives access that is not configured.
    """
    configured = configured_attributes(data)
    found, computed = [], []
    for change in map(_resource_change, data.get("resource_drift") or []):
        names = configured.get(without_index(change.address), frozenset())
        reduced, is_outside = without_own(change, managed)
        if change.action is Action.DELETE:
            found.append(change)
        elif not change.attributes:
            continue  # empty before and after, such as no tags and an empty map of tags
        elif is_outside or change.address in touched or names & set(change.changed_attributes):
            found.append(reduced if reduced.attributes else change)
        else:
            computed.append(change)
    return tuple(sorted(found, key=_rank)), tuple(sorted(computed, key=_rank))


def _unexplained_addresses(data: dict[str, Any], explained: set[str]) -> set[str]:
    """Addresses of resources whose change is missing, because the plan file was cut.

    They are planned, but in neither the changes nor the state; or in the state of a plan that Terraform calls complete,
    and neither kept nor removed. A refresh-only plan has no changes, and a plan of a part (-target) is not complete.
    """

    def addresses(state: Any) -> Iterator[str]:
        modules = [(state or {}).get("root_module") or {}]
        while modules:
            module = modules.pop()
            yield from (str(each.get("address", "")) for each in module.get("resources") or [] if _is_managed(each))
            modules += module.get("child_modules") or []

    planned = set(addresses(data.get("planned_values")))
    later = {address for address, _ in _deferred(data)}
    existing = set(addresses((data.get("prior_state") or {}).get("values")))
    must_stay_or_go = existing if data.get("complete") is True and data.get("resource_changes") else set()
    return (planned - existing | must_stay_or_go) - explained - later


def _unknown_parts(data: dict[str, Any]) -> Iterator[str]:
    """Parts of the plan that hold changes of a kind that this version does not read."""
    for name, value in data.items():
        if value and name not in {*_LISTS, "output_changes"} and _DOES_SOMETHING.search(name):
            yield name


def _managed(data: dict[str, Any], parsed: list[ResourceChange]) -> Managed:
    """The managed attributes, from the plan's changes and the refreshed state."""

    def of_module(module: dict[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for resource in module.get("resources") or []:
            if _is_managed(resource):
                yield str(resource.get("type")), resource.get("values") or {}
        for child in module.get("child_modules") or []:
            yield from of_module(child)

    state = ((data.get("prior_state") or {}).get("values") or {}).get("root_module") or {}
    return Managed.of([*((change.type, change.before or change.after) for change in parsed), *of_module(state)])


def _reads(data: dict[str, Any]) -> Iterator[str]:
    for entry in data.get("resource_changes") or []:
        if entry.get("mode") == "data" and tuple(entry["change"]["actions"]) == ("read",):
            yield str(entry["address"])


def _opens(data: dict[str, Any]) -> set[str]:
    """The ephemeral resources, as far as a program lists them: OpenTofu among the changes, Terraform 1.11 nowhere."""
    listed = {str(each["address"]) for each in data.get("resource_changes") or [] if each.get("mode") == "ephemeral"}
    blocks = configured_blocks(root_module(data))
    return listed | {address for _, address, block in blocks if block.get("mode") == "ephemeral"}


def _is_move(entry: dict[str, Any]) -> bool:
    return bool(entry.get("previous_address")) and entry["previous_address"] != entry["address"]


def _moved(entry: dict[str, Any]) -> ResourceChange:
    """A move that appears only in the drift; other differences there stay drift."""
    return _resource_change({**entry, "change": {**entry["change"], "actions": ["no-op"]}})


def _deferred(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, what in (("deferred_changes", "resource_change"), ("deferred_action_invocations", "action_invocation")):
        for entry in data.get(name) or []:
            yield str((entry.get(what) or {}).get("address", "")), str(entry.get("reason", ""))


def _as_it_differs(change: ResourceChange) -> ResourceChange:
    """The change; as an update if Terraform calls it none, and yet its sides differ."""
    is_update = change.action is Action.NO_OP and change.changed_attributes
    return replace(change, action=Action.UPDATE) if is_update else change


def _rank(change: ResourceChange) -> tuple[int, str]:
    return ACTION_ORDER.index(change.action), change.address


def _is_managed(entry: dict[str, Any]) -> bool:
    """Whether an entry is a resource; one with a missing or unknown mode counts as one."""
    return entry.get("mode") not in _CHANGE_NOTHING


def _changes_nothing(entry: dict[str, Any]) -> bool:
    """Whether an entry is not about a resource, and its action is one that changes nothing."""
    return tuple(entry["change"]["actions"]) in _CHANGE_NOTHING.get(entry.get("mode", ""), ())


def _resource_change(
    entry: dict[str, Any], provisioners: Mapping[str, tuple[str, ...]] = MappingProxyType({})
) -> ResourceChange:
    change = entry["change"]
    actions = tuple(change["actions"])
    action = _ACTIONS.get(actions, Action.UNKNOWN)
    sides = _sides(change)
    before, after = redacted(sides[0], sides[1]), redacted(sides[1], sides[0])
    address = str(entry["address"])
    return ResourceChange(
        address=address,
        action=action,
        module=str(entry.get("module_address") or ""),
        type=str(entry.get("type") or address.rpartition(".")[0].rpartition(".")[2]),
        before=before if isinstance(before, dict) else {},
        after=after if isinstance(after, dict) else {},
        attributes=_attribute_changes(before, after, sides),
        forces_replacement=tuple(_path(steps) for steps in change.get("replace_paths") or []),
        reason=str(entry.get("action_reason") or ""),
        previous_address=str(entry.get("previous_address") or ""),
        import_id=_import_id(change.get("importing")),
        deposed=str(entry.get("deposed") or ""),
        actions=actions,
        provider=_provider(str(entry.get("provider_name") or "")),
        provisioners=provisioners.get(without_index(address), ()),
    )


def _provider(name: str) -> str:
    """A provider without its registry, such as `aws` or `mongodb/mongodbatlas`."""
    return _OWN_PROVIDERS.sub("", name.partition("/")[2] or name)


def _import_id(importing: Any) -> str:
    """The id of an import, or from Terraform 1.12 its identity; either may not be known yet."""
    if not isinstance(importing, dict):
        return ""
    identity = importing.get("identity")
    if isinstance(identity, dict) and identity:
        return ", ".join(f"{name}={value}" for name, value in sorted(identity.items()) if value is not None)
    return str(importing.get("id") or "an ID that is known only after apply")


def _sides(change: dict[str, Any]) -> tuple[Side, Side]:
    """Both sides of a change."""
    before = Side(change.get("before"), change.get("before_sensitive"))
    after = Side(change.get("after"), change.get("after_sensitive"), change.get("after_unknown"))
    return before, after


def _attribute_changes(before: Any, after: Any, sides: tuple[Side, Side]) -> tuple[AttributeChange, ...]:
    if not isinstance(before, dict) or not isinstance(after, dict):
        shown = after if isinstance(after, dict) else before if isinstance(before, dict) else {}
        return tuple(
            AttributeChange(
                name,
                before[name] if before else Marker.ABSENT,
                after[name] if after else Marker.ABSENT,
                frozenset(found for side in sides for found in hidden_names(side.at(name))),
            )
            for name, value in sorted(shown.items())
            if value is not None
        )
    # removed sensitive values look alike: whether they differ is determined first, and only that is shown
    found = {item.path: item for item in differences(before, after)}
    hidden = {item.path: item for item in hidden_differences(*sides)}
    return tuple(item for _, item in sorted({**found, **hidden}.items()))


def _path(steps: list[Any]) -> str:
    text = ""
    for step in steps:
        if isinstance(step, str):
            text += f".{step}" if text else step
        else:  # an element of a set is named by its value, which may hold what is sensitive
            text += f"[{step}]" if isinstance(step, int) else "[...]"
    return text


def _output_change(name: str, change: dict[str, Any], data: dict[str, Any]) -> OutputChange:
    sides = _sides(change)
    is_shown_now = any(item.after is Marker.NO_LONGER_SENSITIVE for item in hidden_differences(*sides))
    return OutputChange(
        name=name,
        action=_ACTIONS.get(tuple(change["actions"]), Action.UNKNOWN),
        before=redacted(sides[0], sides[1]),
        after=redacted(sides[1], sides[0]),
        is_shown_now=is_shown_now or _loses_its_mark(name, change, data),
    )


def _loses_its_mark(name: str, change: dict[str, Any], data: dict[str, Any]) -> bool:
    """Whether an output is marked as sensitive only because it was: Terraform marks both sides if either one is."""
    configured = (root_module(data).get("outputs") or {}).get(name)
    return change.get("before_sensitive") is True and configured is not None and not configured.get("sensitive")


def _failed_checks(entries: list[dict[str, Any]]) -> Iterator[FailedCheck]:
    for entry in entries:
        failed = [each for each in entry.get("instances") or [] if each.get("status") in _FAILED]
        for instance in failed or [entry]:
            if instance.get("status") in _FAILED:
                yield FailedCheck(
                    address=str((instance.get("address") or entry["address"]).get("to_display", "")),
                    status=str(instance["status"]),
                    problems=tuple(str(problem.get("message", "")) for problem in instance.get("problems") or []),
                )
