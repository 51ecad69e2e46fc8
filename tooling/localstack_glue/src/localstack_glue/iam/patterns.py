"""IAM's wildcards: `*` is any text, `?` is one character, `${name}` is a value of the request."""

import functools
import re
from collections.abc import Mapping, Sequence

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_LITERALS = {"*", "?", "$"}  # `${*}` is a star and no wildcard

Context = Mapping[str, Sequence[str]]


def matches(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    """Whether a value fits a pattern as a whole."""
    return _compiled(pattern, ignore_case).fullmatch(value) is not None


def matches_with(pattern: str, value: str, context: Context) -> bool:
    """Whether a value fits a pattern whose variables are filled in; one without a value fits nothing."""
    if "${" not in pattern:
        return matches(pattern, value)
    parts: list[str] = []
    position = 0
    for variable in _VARIABLE.finditer(pattern):
        filled = _find_value(variable.group(1), context)
        if filled is None:
            return False
        parts += [_expression(pattern[position : variable.start()]), re.escape(filled)]
        position = variable.end()
    parts.append(_expression(pattern[position:]))
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


def substitute(text: str, context: Context) -> str | None:
    """Fill in a text's variables; None if one has no value."""
    missing = False

    def fill(variable: re.Match[str]) -> str:
        nonlocal missing
        filled = _find_value(variable.group(1), context)
        missing = missing or filled is None
        return filled or ""

    filled_text = _VARIABLE.sub(fill, text)
    return None if missing else filled_text


def _find_value(variable: str, context: Context) -> str | None:
    if variable in _LITERALS:
        return variable
    name, _, default = variable.partition(",")
    values = context.get(name.strip().lower())
    if values:
        return values[0]
    return default.strip().strip("'") if default else None


@functools.lru_cache(maxsize=4096)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    return re.compile(_expression(pattern), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _expression(pattern: str) -> str:
    # runs of stars are one star: many in a row would make the match slow
    parts = re.split(r"(\*+|\?)", pattern)
    return "".join(".*" if part.startswith("*") else "." if part == "?" else re.escape(part) for part in parts)
