"""One page of a list, with a token for the next."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from localstack_glue.service.errors import InvalidInputException

T = TypeVar("T")
DEFAULT_PAGE = 100


def page(
    items: Sequence[T], token: str | None, limit: int | None, default: int = DEFAULT_PAGE
) -> tuple[list[T], str | None]:
    """Return the page after `token` and the token of the one after it, or None at the end."""
    start = _decode(token) if token else 0
    end = start + (limit or default)
    following = _encode(end) if end < len(items) else None
    return list(items[start:end]), following


def _encode(position: int) -> str:
    return base64.urlsafe_b64encode(f"from:{position}".encode()).decode()


def _decode(token: str) -> int:
    try:
        prefix, _, position = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        if prefix == "from" and position.isdigit():
            return int(position)
    except (binascii.Error, UnicodeError, ValueError):
        pass
    raise InvalidInputException("Invalid NextToken")
