"""Java's regular expressions translated to RE2, which DuckDB uses, as far as their meaning is the same."""

from __future__ import annotations

import re

from localstack_glue.awsglue_runtime.awsgluedq.dqdl.errors import UnsupportedRuleError

_LINE_ENDS = r"\n\r\x{85}\x{2028}\x{2029}"
_LAST_LINE_END = rf"(\r\n|[{_LINE_ENDS}])\z"
_NOTHING = r"[^\x00-\x{10FFFF}]"
_JAVA_ONLY = re.compile(r"\[[^\]]*(?:&&|(?<!\\)\[)")  # classes within classes: RE2 reads their signs as characters
_PART = re.compile(r"\\Q.*?(?:\\E|\Z)|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)
_DOT_MATCHES_ALL = re.compile(r"\(\?[a-z]*s")
_EMPTY_GROUP = re.compile(r"(?<!\\)\(\?:\)")
_ANY_CASE = re.compile(r"\(\?[a-z]*i")


def first_match(value: str, pattern: str) -> str:
    """The first match of a Java pattern in a text, both as SQL of DuckDB.

    Java's `$` also matches before a last line end, and its point matches no line end of any kind. For texts that are
    not ASCII, word boundaries and case-insensitive letters depend on Java's release: such a text, if it may match, is
    an error.

    Raises:
        UnsupportedRuleError: the pattern has another meaning in RE2.
    """
    whole, inner = _parts(pattern)
    found = f"coalesce(nullif({_extract(value, whole)}, ''), {_extract(_without_line_end(value), inner)})"
    return _sure(value, pattern, whole, found, "VARCHAR")


def is_found(value: str, pattern: str) -> str:
    """Whether a Java pattern is found in a text; see `first_match`."""
    whole, inner = _parts(pattern)
    found = f"({_matches(value, whole)} OR {_matches(_without_line_end(value), inner)})"
    return _sure(value, pattern, whole, found, "BOOLEAN")


def _parts(pattern: str) -> tuple[list[str], list[str]]:
    """The pattern in RE2's words, and the one for a text whose last line end was taken away."""
    if _JAVA_ONLY.search(pattern):
        raise UnsupportedRuleError(f"the pattern {pattern}: nested character classes have another meaning here")
    parts = _PART.findall(pattern)
    if not _DOT_MATCHES_ALL.search(pattern):
        parts = [f"[^{_LINE_ENDS}]" if part == "." else part for part in parts]
    return parts, [_NOTHING if part == r"\z" else part for part in parts]  # the very end is after that line end


def _sure(value: str, pattern: str, parts: list[str], found: str, kind: str) -> str:
    """The match, or an error if it depends on Java's release."""
    bounds = {r"\b", r"\B"}
    if not bounds & set(parts) and not _ANY_CASE.search(pattern):
        return found
    may_match = _matches(value, [part for part in parts if part not in bounds])
    is_doubtful = f"regexp_matches({value}, '[^\\x00-\\x7F]') AND {may_match}"
    message = _literal(f"the pattern {pattern} meets letters beyond ASCII")
    return f"CASE WHEN {is_doubtful} THEN CAST(error({message}) AS {kind}) ELSE {found} END"


def _without_line_end(value: str) -> str:
    return f"regexp_replace({value}, {_literal(_LAST_LINE_END)}, '')"


def _extract(value: str, parts: list[str]) -> str:
    return f"regexp_extract({value}, {_literal(_joined(parts))})"


def _matches(value: str, parts: list[str]) -> str:
    return f"regexp_matches({value}, {_literal(_joined(parts))})"


def _joined(parts: list[str]) -> str:
    """The pattern; DuckDB matches none that has an empty group without a number."""
    return _EMPTY_GROUP.sub("()", "".join(parts))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
