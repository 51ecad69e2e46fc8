"""Holds what the service answers against botocore's model: a misspelt member would be dropped on its way out."""

import functools
from datetime import datetime
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape

SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "double": (float, int),
    "float": (float, int),
    "boolean": (bool,),
    "timestamp": (datetime, float, int),  # numbers where moto has them
    "blob": (bytes,),
}


@functools.cache
def model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def check_answers(part: Any, service: str = "glue") -> None:
    """Have each operation of a part checked whenever a test calls it."""
    for operation, method in part.routes().items():
        setattr(part, method.__name__, checked(service, operation, method))


def checked(service: str, operation: str, method: Any) -> Any:
    @functools.wraps(method)
    def call(scope: Any, request: Any) -> Any:
        answer = method(scope, request)
        given = {name: value for name, value in answer.items() if value is not None}  # as the API leaves them out
        check(given, model(service).operation_model(operation).output_shape, operation)
        return answer

    return call


def check(value: Any, shape: Shape | None, path: str) -> None:
    """Fail where a value is not what the model says."""
    kind = shape.type_name if shape is not None else "structure"
    if kind == "structure":
        members = shape.members if shape is not None else {}  # type: ignore[attr-defined]
        unknown = set(value) - set(members)
        assert not unknown, f"{path} has no {sorted(unknown)}"
        for name, member in value.items():
            check(member, members[name], f"{path}.{name}")
    elif kind == "list":
        assert isinstance(value, list | tuple), f"{path} is a list, not {value!r}"
        for item in value:
            check(item, shape.member, path)  # type: ignore[union-attr]
    elif kind == "map":
        for key, item in value.items():
            check(item, shape.value, f"{path}.{key}")  # type: ignore[union-attr]
    else:
        assert isinstance(value, SCALARS[kind]), f"{path} is a {kind}, not {value!r}"
        allowed = getattr(shape, "enum", None)
        assert not allowed or value in allowed, f"{path} is one of {allowed}, not {value!r}"
