"""IAM's wildcards: `*` is any text, `?` is one character, `${name}` is a value of the request."""

import functools
import re
from collections.abc import Mapping, Sequence

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_TOKENS = re.compile(r"(\$\{[^}]*\}|\*+|\?|:)")
_LITERALS = {"*", "?", "$"}  # `${*}` is a star and no wildcard
_COLONS_OF_AN_ARN = 5

Context = Mapping[str, Sequence[str]]


def matches(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    """Whether a value fits a pattern as a whole."""
    return _compiled(pattern, ignore_case).fullmatch(value) is not None


def matches_with(pattern: str, value: str, variables: Context | None) -> bool:
    """Whether a value fits a pattern whose variables are filled in; one without a value fits nothing.

    None for the variables: the pattern has none, as in a policy before version 2012-10-17.
    """
    if variables is None or "${" not in pattern:
        return matches(pattern, value)
    parts: list[str] = []
    position = 0
    for variable in _VARIABLE.finditer(pattern):
        filled = _find_value(variable.group(1), variables)
        if filled is None:
            return False
        parts += [_expression(pattern[position : variable.start()]), re.escape(filled)]
        position = variable.end()
    parts.append(_expression(pattern[position:]))
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


def matches_resource(pattern: str, resource: str, variables: Context | None) -> bool:
    """Whether an ARN fits the pattern of a `Resource`.

    A wildcard stays within the part of the ARN that it is in, except for a star at the part's end, which may also
    stand for what follows. Parts that a pattern does not have are anything.
    """
    if not pattern.startswith("arn:"):
        return matches_with(pattern, resource, variables)
    if variables is None or "${" not in pattern:
        return _compiled_arn(pattern).fullmatch(resource) is not None
    expression = _arn_expression(_TOKENS.split(pattern), variables)
    return expression is not None and re.fullmatch(expression, resource, re.DOTALL) is not None


def matches_arn(pattern: str, arn: str, variables: Context | None) -> bool:
    """Whether an ARN fits the pattern of a condition: each of the six parts by itself, colons only in the last."""
    kept = _VARIABLE.sub(lambda found: found[0].replace(":", "\0"), pattern) if variables is not None else pattern
    wanted = [part.replace("\0", ":") for part in kept.split(":", _COLONS_OF_AN_ARN)]
    actual = arn.split(":", _COLONS_OF_AN_ARN)
    return len(wanted) == len(actual) and all(
        matches_with(one, part, variables) for one, part in zip(wanted, actual, strict=True)
    )


def substitute(text: str, variables: Context | None) -> str | None:
    """Fill in a text's variables; None if one has no value."""
    if variables is None:
        return text
    missing = False

    def fill(variable: re.Match[str]) -> str:
        nonlocal missing
        filled = _find_value(variable.group(1), variables)
        missing = missing or filled is None
        return filled or ""

    filled_text = _VARIABLE.sub(fill, text)
    return None if missing else filled_text


def _find_value(variable: str, variables: Context) -> str | None:
    if variable in _LITERALS:
        return variable
    name, _, default = variable.partition(",")
    values = variables.get(name.strip().lower()) or ()
    if len(values) == 1:  # a key of several values cannot be a variable
        return values[0]
    return default.strip().strip("'") if default else None


@functools.lru_cache(maxsize=4096)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    return re.compile(_expression(pattern), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


@functools.lru_cache(maxsize=4096)
def _compiled_arn(pattern: str) -> re.Pattern[str]:
    return re.compile(str(_arn_expression(re.split(r"(\*+|\?|:)", pattern), None)), re.DOTALL)


def _expression(pattern: str) -> str:
    # runs of stars are one star: many in a row would make the match slow
    parts = re.split(r"(\*+|\?)", pattern)
    return "".join(".*" if part.startswith("*") else "." if part == "?" else re.escape(part) for part in parts)


def _arn_expression(parts: Sequence[str], variables: Context | None) -> str | None:
    """The regular expression of an ARN's parts; None if there are variables, and one has no value."""
    parts = [part for part in parts if part]
    found, colons = "", 0
    for part, following in zip(parts, [*parts[1:], ":"], strict=True):
        one = "[^:]" if colons < _COLONS_OF_AN_ARN else "."
        if part.startswith("*"):
            found += ".*" if following == ":" else f"{one}*"
        elif part == "?":
            found += one
        elif variables is not None and (variable := _VARIABLE.fullmatch(part)) is not None:
            filled = _find_value(variable.group(1), variables)
            if filled is None:
                return None
            found += re.escape(filled)
        else:
            found += re.escape(part)
            colons += part == ":"
    return found + ("(:.*)?" if colons < _COLONS_OF_AN_ARN else "")
