"""Almost valid documents: a valid one with a part replaced, removed, deeply nested or truncated."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

DEEP = 20_000
_TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["", "\x00", "\x1b[2J", "\u2028", "=1+1", "../..", "s3://", "9" * 50, "{}", "nan", "\ud800"]),
)
_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=True, allow_infinity=True),
    _TEXTS,
)
VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3), max_leaves=5
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in items for place in _places(each, (*path, key)))]


@st.composite
def nearly(draw: Any, document: Any) -> bytes:
    """The document as JSON with one to three changes, or with bytes that are removed, doubled or replaced."""
    changed = deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(_places(changed)))
        if not path:
            continue
        parent = changed
        for key in path[:-1]:
            parent = parent[key]
        if draw(st.integers(0, 3)) == 0:
            del parent[path[-1]]
        else:
            parent[path[-1]] = draw(VALUES)
    text = json.dumps(changed).encode()
    kind = draw(st.integers(0, 15))
    if kind == 0:
        return text[: draw(st.integers(0, len(text)))]
    if kind == 1:
        return b'{"a":' * DEEP
    if kind == 2:
        return b"[" * DEEP + text + b"]" * DEEP
    if kind == 3:
        at = draw(st.integers(0, len(text)))
        return text[:at] + draw(st.binary(max_size=4)) + text[at:]
    if kind == 4:
        return json.dumps(draw(VALUES)).encode()
    return text
