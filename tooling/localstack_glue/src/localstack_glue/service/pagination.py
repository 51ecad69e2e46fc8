"""One page of a list, with a token for the next."""

import base64
import binascii
import bisect
import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from localstack_glue.service.errors import InvalidInputException


class Named(Protocol):
    """What has a name."""

    @property
    def name(self) -> str:
        """The name, which no other in the list has."""
        ...


T = TypeVar("T")
N = TypeVar("N", bound=Named)
DEFAULT_PAGE = 100


def page(
    items: Sequence[T],
    token: str | None,
    limit: int | None,
    default: int = DEFAULT_PAGE,
    key: Callable[[T], str] | None = None,
) -> tuple[list[T], str | None]:
    """Return the page after `token` and the token of the one after it, or None at the end.

    Args:
        items: what is listed, in its order.
        token: of the page before; None for the first page.
        limit: the most items that the caller wants; None for the default.
        default: length of a page without a limit, in items.
        key: what an item is known by. The next page then begins after the last item of this one, as on AWS, also if
            items were created or deleted meanwhile: a script that deletes page by page reaches everything. That needs
            `items` in the order of their keys; in another order, as newest first, the last item must still be there.

    Raises:
        InvalidInputException: no page has this token.
    """
    start = _following(items, key, *_decode(token)) if token else 0
    end = start + (limit or default)
    found = list(items[start:end])
    last = key(found[-1]) if key and found else None
    return found, _encode(end, last) if end < len(items) else None


def page_by_name(
    items: Iterable[N], token: str | None, limit: int | None, default: int = DEFAULT_PAGE
) -> tuple[list[N], str | None]:
    """Return the page after `token`, in the order of the names, and the token of the one after it.

    Raises:
        InvalidInputException: no page has this token.
    """
    return page(sorted(items, key=_name), token, limit, default, _name)


def _name(item: Named) -> str:
    return item.name


def _following(items: Sequence[T], key: Callable[[T], str] | None, position: int, last: str | None) -> int:
    """The position after the item that the page before ended with."""
    if key is None or last is None:
        return position
    keys = [key(item) for item in items]
    if last in keys:
        return keys.index(last) + 1
    in_order = all(one <= other for one, other in itertools.pairwise(keys))
    return bisect.bisect_right(keys, last) if in_order else position


def _encode(position: int, last: str | None) -> str:
    return base64.urlsafe_b64encode(json.dumps({"lastEvaluatedKey": last, "position": position}).encode()).decode()


def _decode(token: str) -> tuple[int, str | None]:
    try:
        found = json.loads(base64.urlsafe_b64decode(token.encode()))
        position, last = found["position"], found["lastEvaluatedKey"]
    except (binascii.Error, KeyError, TypeError, UnicodeError, ValueError):
        position, last = None, None
    if type(position) is not int or position < 0 or not isinstance(last, str | None):
        raise InvalidInputException("Invalid NextToken")
    return position, last
