"""Converts values to the types of Glue's API: CloudFormation accepts `true` for a text, and "30" for a number."""

import functools
import re
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from localstack_glue.hosts.localstack.cloudformation.kinds import to_text

_WHOLE, _DECIMAL = ("integer", "long"), ("double", "float")


def coerced(method: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a client's method, each of the type in the API's model."""
    shape = _shapes().get(method)
    found = parameters if shape is None else _value(parameters, shape)
    return dict(found)


@functools.cache
def _shapes() -> dict[str, Shape | None]:
    model: ServiceModel = botocore.session.get_session().get_service_model("glue")
    return {xform_name(name): model.operation_model(name).input_shape for name in model.operation_names}


def _value(value: Any, shape: Shape) -> Any:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        members = shape.members
        return {name: _value(item, members[name]) if name in members else item for name, item in value.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_value(item, shape.member) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {str(name): _value(item, shape.value) for name, item in value.items()}
    return _scalar(value, shape.type_name)


def _scalar(value: Any, kind: str) -> Any:
    if kind == "string" and isinstance(value, int | float):
        return to_text(value)
    if kind == "boolean" and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if kind in _WHOLE and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind in (*_WHOLE, *_DECIMAL) and isinstance(value, str):
        try:
            return int(value) if kind in _WHOLE else float(value)
        except ValueError:
            return value  # the API reports the error
    return value


def without_values(message: str) -> str:
    """The message of botocore about wrong parameters, without their values: one may be a password."""
    return re.sub(r", value: .*(?=, valid )", "", message, flags=re.DOTALL)
