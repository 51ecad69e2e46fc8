"""The batch calls: refused items are listed one by one, the others are done."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from localstack_glue.data_catalog.lookup import error_detail
from localstack_glue.service.errors import GlueError
from localstack_glue.service.models import JsonDict

T = TypeVar("T")


def each(items: Iterable[T], call: Callable[[T], object], describe: Callable[[T], JsonDict]) -> list[JsonDict]:
    """Apply a function to each item, and list the refused items with the reason."""
    errors = []
    for item in items:
        try:
            call(item)
        except GlueError as error:
            errors.append({**describe(item), "ErrorDetail": error_detail(error)})
    return errors
