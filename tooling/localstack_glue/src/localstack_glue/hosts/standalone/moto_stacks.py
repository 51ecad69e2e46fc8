"""Stacks of moto's CloudFormation: what it would leave out without a word is refused before anything is made."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from moto.cloudformation.exceptions import MissingParameterError, ValidationError
from moto.cloudformation.models import CloudFormationBackend, Stack
from moto.cloudformation.parsing import ResourceMap, clean_json, resource_class_from_type
from moto.cloudformation.utils import get_stack_from_s3_url
from moto.s3.exceptions import S3ClientError
from moto.utilities.utils import get_partition

_WITH_TEMPLATE = ("create_stack", "update_stack", "create_change_set", "create_stack_set", "update_stack_set")
_NESTED = "AWS::CloudFormation::Stack"
_EXTENSIONS = "AWS::LanguageExtensions"  # the only transform whose functions moto knows
_REMEDY = "leave them out of the template, and make what they stand for with calls of its service"


def check_templates(own: Collection[str]) -> None:
    """Make moto's CloudFormation refuse templates with what it would leave out.

    Args:
        own: services that the gateway answers itself; what moto's stacks make of their types would be in moto's.
    """
    for name in (*_WITH_TEMPLATE, "validate_template", "execute_change_set"):
        present = getattr(CloudFormationBackend, name)
        setattr(CloudFormationBackend, name, _checking(getattr(present, "__wrapped__", present), own))
    # resources whose condition is false are None there, and were told of without a name
    Stack.stack_resources = property(lambda stack: [each for each in stack.resource_map.values() if each is not None])


def _checking(original: Callable[..., Any], own: Collection[str]) -> Callable[..., Any]:
    signature = inspect.signature(original)

    @functools.wraps(original)
    def checked(*args: Any, **kwargs: Any) -> Any:
        asked = signature.bind(*args, **kwargs).arguments
        backend = asked["self"]
        template, parameters, stack = _asked(original.__name__, backend, asked)
        if template:
            _check(backend, template, parameters, own)
            if stack is not None:
                _check_changes(backend, stack, Stack.parse_template(template), parameters)
        return original(*args, **kwargs)

    return checked


def _asked(
    name: str, backend: Any, asked: Mapping[str, Any]
) -> tuple[str | None, Mapping[str, Any] | None, Stack | None]:
    """The template and parameters of a call, None if they are unknown, and the stack that it would change."""
    if name == "execute_change_set":
        change_set = backend.describe_change_set(asked["change_set_name"])
        stack = change_set.stack
        return change_set.template, change_set.parameters or stack.resource_map.input_parameters, stack
    if name == "update_stack":
        stack = backend.get_stack(asked["name"])
        given = backend._resolve_update_parameters(instance=stack, incoming_params=asked["parameters"])
        return asked["template"], given or stack.resource_map.input_parameters, stack
    parameters = asked.get("parameters")
    is_change = asked.get("change_set_type") == "UPDATE"
    stack = backend.get_stack(asked["stack_name"]) if is_change else None
    return asked["template"], parameters if isinstance(parameters, dict) else None, stack


def _check(backend: Any, template: str, parameters: Mapping[str, Any] | None, own: Collection[str]) -> None:
    """Refuse a template.

    Raises:
        ValidationError: it has types, transforms or loops that moto would leave out.
    """
    read = Stack.parse_template(template)
    if not isinstance(read, dict) or not isinstance(read.get("Resources"), dict):
        return  # moto says itself what is wrong
    left_out = sorted(set(_left_out(backend, read, parameters, own)))
    if left_out:
        raise ValidationError(
            message=f"Template format error: Unrecognized resource types: [{', '.join(left_out)}]. "
            f"This server's CloudFormation, moto's, cannot make these: {_REMEDY}"
        )
    transforms = read.get("Transform") or []
    others = [each for each in (transforms if isinstance(transforms, list) else [transforms]) if each != _EXTENSIONS]
    if others:
        raise ValidationError(
            message=f"Template format error: Unrecognized transforms: {others}. This server's CloudFormation, moto's, "
            "runs none: pass the template as it is after them"
        )


def _check_changes(
    backend: Any, stack: Stack, template: Mapping[str, Any], parameters: Mapping[str, Any] | None
) -> None:
    """Refuse changes of a stack's resources.

    Raises:
        ValidationError: moto would not make them, and lose the resources that are to be changed.
    """
    resources, present, known = template["Resources"], stack.resource_map, _resolved(backend, template, parameters)
    changed = present.build_resource_diff(dict(template), dict(parameters or {}))["Modify"]
    kept = [f"{name} ({resources[name]['Type']})" for name in changed if not _can_change(resources[name]["Type"])]
    for name, old in present._resource_json_map.items():
        condition = resources.get(name, {}).get("Condition")
        if known is None or not condition or known.lazy_condition_map.get(condition, True):
            continue
        if present.lazy_condition_map.get(old.get("Condition"), True):  # it was made, and moto would not delete it
            kept.append(f"{name} (its condition {condition} is now false)")
    if kept:
        raise ValidationError(
            message=f"This server's CloudFormation, moto's, cannot change these resources of {stack.name}: "
            f"{', '.join(sorted(set(kept)))}. Give them new logical ids, or delete the stack and create it again"
        )


def _can_change(kind: str) -> bool:
    return not hasattr(resource_class_from_type(kind).update_from_cloudformation_json, "__isabstractmethod__")


def _left_out(
    backend: Any, template: Mapping[str, Any], parameters: Mapping[str, Any] | None, own: Collection[str]
) -> Iterator[str]:
    """The types in a template and those nested in it that moto makes nothing of, or makes where nobody sees it."""
    known = _resolved(backend, template, parameters)
    for name, resource in template["Resources"].items():
        kind = resource.get("Type") if isinstance(resource, dict) else None
        if not isinstance(kind, str):  # Fn::ForEach and Fn::Transform stand for resources
            if name.startswith("Fn::"):
                yield name
            continue
        condition = resource.get("Condition")
        if condition and (known is None or not known.lazy_condition_map.get(condition, True)):
            continue
        if kind == _NESTED and known is not None:
            yield from _left_out_nested(backend, resource.get("Properties") or {}, known, own)
        elif resource_class_from_type(kind) is None or _service(kind) in own:
            yield kind


def _service(kind: str) -> str:
    maker, _, rest = kind.partition("::")
    return rest.partition("::")[0].lower() if maker == "AWS" else ""


def _resolved(backend: Any, template: Mapping[str, Any], parameters: Mapping[str, Any] | None) -> Any:
    """The template's parameters and conditions, before anything is made; None if not all parameters are known."""
    if parameters is None:
        return None
    known = ResourceMap(
        stack_id="",
        stack_name="",
        parameters=dict(parameters),
        tags={},
        region_name=backend.region_name,
        account_id=backend.account_id,
        template=dict(template),
        cross_stack_resources=backend.exports,
    )
    try:
        known.load_mapping()
        known.transform_mapping()
        known.load_parameters()
        known.load_conditions()
    except MissingParameterError:
        return None
    return known


def _left_out_nested(backend: Any, properties: Mapping[str, Any], known: Any, own: Collection[str]) -> Iterator[str]:
    """As `_left_out`, of a nested stack whose template can be found before resources are made; else moto's turn is."""
    values = {}
    try:
        url = clean_json(properties.get("TemplateURL"), known._parsed_resources)
        body = get_stack_from_s3_url(url, backend.account_id, get_partition(backend.region_name))
    except (KeyError, ValueError, AttributeError, TypeError, S3ClientError):
        return
    for name, value in (properties.get("Parameters") or {}).items():
        try:
            values[name] = clean_json(value, known._parsed_resources)
        except (KeyError, AttributeError, TypeError):  # of a resource, which is not made yet
            yield from _of(backend, body, None, own)
            return
    yield from _of(backend, body, values, own)


def _of(backend: Any, body: str, parameters: Mapping[str, Any] | None, own: Collection[str]) -> Iterator[str]:
    read = Stack.parse_template(body)
    if isinstance(read, dict) and isinstance(read.get("Resources"), dict):
        yield from _left_out(backend, read, parameters, own)
