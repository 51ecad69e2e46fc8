"""The types of a request's JSON against the API's model: AWS compares them before it checks anything else.

Clients such as boto3 check types themselves; a script with its own HTTP client does not. The hosts' parsers fail on
other types, or take a text for the list of its letters.
"""

import json
from collections.abc import Iterator
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from localstack_glue.service.errors import ServiceError

_TEXT, _DECIMAL = ("STRING_VALUE",), ("NUMBER_VALUE", "FLOAT_VALUE")
_ALLOWED = {
    "string": _TEXT,
    "character": _TEXT,
    "blob": _TEXT,
    "boolean": ("TRUE_VALUE", "FALSE_VALUE"),
    "integer": ("NUMBER_VALUE",),
    "long": ("NUMBER_VALUE",),
    "float": _DECIMAL,
    "double": _DECIMAL,
    "timestamp": _DECIMAL,
}
_WANTED = {
    "string": "a String",
    "character": "a String",
    "blob": "a Blob",
    "boolean": "a Boolean",
    "integer": "an Integer",
    "long": "a Long",
    "float": "a Float",
    "double": "a Double",
    "timestamp": "milliseconds since epoch",
}


class SerializationError(ServiceError):
    """The body of a request is no JSON of the API's types."""

    def __init__(self, message: str) -> None:
        super().__init__("SerializationException", message, 400, sender_fault=True)


def check_body(operation: OperationModel, body: bytes) -> None:
    """Compare the body of a request with the model; members that the model does not have are ignored, as on AWS.

    Raises:
        SerializationError: it is not JSON, or a value has another type.
    """
    shape = operation.input_shape
    if shape is None or not body:
        return
    try:
        request = json.loads(body)
    except (RecursionError, ValueError) as error:  # the first by lists within lists, thousands deep
        raise SerializationError(f"the body is not JSON: {error}") from error
    problem = next(_problems(shape, request, ""), None)
    if problem is not None:
        raise SerializationError(problem)


def _problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if value is None or getattr(shape, "is_document_type", False):
        return
    if isinstance(shape, StructureShape):
        if not isinstance(value, dict):
            yield _misplaced(value, path, "structure")
            return
        for name, member in shape.members.items():
            yield from _problems(member, value.get(name), f"{path}.{name}" if path else name)
    elif isinstance(shape, MapShape):
        if not isinstance(value, dict):
            yield _misplaced(value, path, "map")
            return
        for key, item in value.items():
            yield from _problems(shape.value, item, f"{path}.{key}")
    elif isinstance(shape, ListShape):
        if not isinstance(value, list):
            yield _misplaced(value, path, "list")
            return
        for position, item in enumerate(value, start=1):
            if item is None:
                yield f"null found where not expected at '{path}.{position}': a list has no null"
            yield from _problems(shape.member, item, f"{path}.{position}")
    elif isinstance(value, dict | list):
        yield _misplaced(value, path, shape.type_name)
    elif (kind := _kind(value)) not in (_TEXT if _is_written_time(shape) else _ALLOWED[shape.type_name]):
        yield f"{kind} can not be converted to {_WANTED[shape.type_name]} at '{path}'"


def _is_written_time(shape: Shape) -> bool:
    """Whether it is one of the few times of the API that are texts, as `2026-01-01T00:00:00Z`."""
    return shape.type_name == "timestamp" and shape.serialization.get("timestampFormat") in ("iso8601", "rfc822")


def _kind(value: Any) -> str:
    """The name that AWS's parser has for a value of JSON."""
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, str):
        return "STRING_VALUE"
    return "FLOAT_VALUE" if isinstance(value, float) else "NUMBER_VALUE"


def _misplaced(value: Any, path: str, wanted: str) -> str:
    """Say that a list, a structure or a single value stands where the model has something else."""
    where = f"at '{path}'" if path else "as the body"
    if isinstance(value, list):
        return f"Start of list found where not expected {where}: this is a {wanted}"
    if isinstance(value, dict):
        return f"Start of structure or map found where not expected {where}: this is a {wanted}"
    return f"{_kind(value)} found where not expected {where}: this is a {wanted}"
