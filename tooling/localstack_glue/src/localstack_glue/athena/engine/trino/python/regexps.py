"""Regular expressions, as Java's and Joni's mean them."""

# ruff: noqa: D103 - the table says what each function does

import itertools
import re
from functools import lru_cache

import regex  # type: ignore[import-untyped]

from localstack_glue.athena.engine.trino.python.registry import FunctionError, python

_ESCAPE = re.compile(r"\\.", re.DOTALL)
_ESCAPES = {r"\h": "[ \\t]", r"\z": r"\Z", r"\Z": r"(?=\n?\Z)"}


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> "regex.Pattern[str]":
    try:
        return regex.compile(_ESCAPE.sub(lambda found: _ESCAPES.get(found[0], found[0]), pattern), regex.VERSION1)
    except regex.error as error:
        raise FunctionError(f"{error}: {pattern}") from error


def _group(pattern: "regex.Pattern[str]", number: int) -> int:
    if number < 0 or number > pattern.groups:
        raise FunctionError(f"Pattern has {pattern.groups} groups. Cannot access group {number}")
    return number


@python("VARCHAR, VARCHAR -> BIGINT")
def regexp_count(text: str, pattern: str) -> int:
    return sum(1 for _ in _compiled(pattern).finditer(text))


@python("VARCHAR, VARCHAR, BIGINT -> VARCHAR")
def regexp_extract(text: str, pattern: str, group: int) -> str | None:
    found = _compiled(pattern).search(text)
    number = _group(_compiled(pattern), group)
    return found[number] if found else None


@python("VARCHAR, VARCHAR, BIGINT -> VARCHAR[]")
def regexp_extract_all(text: str, pattern: str, group: int) -> list[str | None]:
    compiled = _compiled(pattern)
    number = _group(compiled, group)
    return [found[number] for found in compiled.finditer(text)]


@python("VARCHAR, VARCHAR -> BOOLEAN")
def regexp_like(text: str, pattern: str) -> bool:
    return _compiled(pattern).search(text) is not None


@python("VARCHAR, VARCHAR, BIGINT, BIGINT -> BIGINT")
def regexp_position(text: str, pattern: str, start: int, occurrence: int) -> int:
    if start < 1 or occurrence < 1:
        raise FunctionError(
            "start position cannot be smaller than 1" if start < 1 else "occurrence cannot be smaller than 1"
        )
    found = itertools.islice(_compiled(pattern).finditer(text, start - 1), occurrence - 1, None)
    return next((each.start() + 1 for each in found), -1)


@python("VARCHAR, VARCHAR, VARCHAR -> VARCHAR")
def regexp_replace(text: str, pattern: str, by: str) -> str:
    compiled = _compiled(pattern)
    parts = _replacement(by, compiled)
    replaced: str = compiled.sub(
        lambda found: "".join(part if isinstance(part, str) else found[part[0]] or "" for part in parts), text
    )
    return replaced


def _replacement(text: str, pattern: "regex.Pattern[str]") -> list[str | tuple[int | str]]:
    """A replacement: `$1` and `${name}` are groups, what follows a backslash is itself."""
    parts: list[str | tuple[int | str]] = []
    for found in regex.finditer(r"\\(.)|\$(\d+)|\$\{(\w+)\}|(\$|\\)|([^$\\]+)", text, regex.DOTALL):
        if found[2]:
            digits = found[2]
            length = len(digits)
            while length > 1 and int(digits[:length]) > pattern.groups:  # as many digits as make a group that there is
                length -= 1
            parts += [(_group(pattern, int(digits[:length])),), digits[length:]]
        elif found[3]:
            group = found[3]
            if group not in pattern.groupindex:
                raise FunctionError(f"Illegal replacement sequence: unknown group {{{group}}}")
            parts.append((group,))
        elif found[4]:
            raise FunctionError(f"Illegal replacement sequence: {text}")
        else:
            parts.append(found[1] or found[5])
    return parts


@python("VARCHAR, VARCHAR -> STRUCT(before VARCHAR, groups VARCHAR[])[]")
def regexp_pieces(text: str, pattern: str) -> list[dict[str, object]]:
    """The text before each match, with the groups of the match; at the end the rest, without groups."""
    pieces: list[dict[str, object]] = []
    start = 0
    for found in _compiled(pattern).finditer(text):
        pieces.append({"before": text[start : found.start()], "groups": list(found.groups())})
        start = found.end()
    return [*pieces, {"before": text[start:], "groups": None}]


@python("VARCHAR, VARCHAR -> VARCHAR[]")
def regexp_split(text: str, pattern: str) -> list[str]:
    parts, start = [], 0
    for found in _compiled(pattern).finditer(text):
        parts.append(text[start : found.start()])
        start = found.end()
    return [*parts, text[start:]]
