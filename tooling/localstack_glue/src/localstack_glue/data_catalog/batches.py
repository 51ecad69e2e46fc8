"""The batch calls: what is refused of a list is told item by item, the rest is done."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from localstack_glue.data_catalog.lookup import error_detail
from localstack_glue.service.errors import GlueError
from localstack_glue.service.models import JsonDict

T = TypeVar("T")


def each(items: Iterable[T], call: Callable[[T], object], describe: Callable[[T], JsonDict]) -> list[JsonDict]:
    """Do something to each item, and list what was refused and why."""
    errors = []
    for item in items:
        try:
            call(item)
        except GlueError as error:
            errors.append({**describe(item), "ErrorDetail": error_detail(error)})
    return errors
