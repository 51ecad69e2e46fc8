"""One page of a list of Athena's, whose refusals have the names of Athena's API."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from localstack_glue.athena.errors import InvalidRequestException
from localstack_glue.service import pagination
from localstack_glue.service.errors import InvalidInputException

T = TypeVar("T")


def page(items: Sequence[T], request: Mapping[str, Any], default: int = 50) -> tuple[list[T], str | None]:
    """Return the page that a request asks for, and the token of the one after it, or None at the end.

    Raises:
        InvalidRequestException: the token is none of ours.
    """
    token = request.get("NextToken")
    try:
        return pagination.page(items, token, request.get("MaxResults"), default=default)
    except InvalidInputException as error:
        raise InvalidRequestException(f"Malformed nextPageToken {token}") from error
