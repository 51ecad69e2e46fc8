"""ALTER TABLE ... CHANGE COLUMN, in its parts."""

import re
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.errors import ParseError

from localstack_glue.athena.engine import hive_grammar
from localstack_glue.athena.engine.errors import MalformedQueryError

_NAME = r"(?:`[^`]+`|\w+)"
_CHANGE = re.compile(
    rf"(?P<old>{_NAME})\s+(?P<new>{_NAME})\s+(?P<kind>.+?)(?:\s+comment\s+(?P<comment>'(?:[^'\\]|\\.|'')*'|\"[^\"]*\"))?"
    rf"(?:\s+(?:(?P<first>first)|after\s+(?P<after>{_NAME})))?",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """What becomes of a column; names are in lower case.

    Attributes:
        old: its name.
        new: its name afterwards.
        kind: its type afterwards.
        comment: its comment afterwards; None to keep it.
        is_first: whether it goes before all others.
        after: the column behind which it goes; empty to stay in its place.
        hive_names: the names as Hive would read them.
    """

    old: str
    new: str
    kind: exp.DataType
    comment: str | None
    is_first: bool
    after: str
    hive_names: tuple[str, ...]


def parse_change(text: str) -> ColumnChange:
    """`old new type COMMENT '...' AFTER other`.

    Raises:
        MalformedQueryError: it is something else, or Hive has no such type.
    """
    found = _CHANGE.fullmatch(text)
    if found is None:
        raise MalformedQueryError(f"line 1:1: mismatched input '{text[:40]}'. Expecting: a column, its name and type")
    try:
        kind = exp.DataType.build(found["kind"], dialect=hive_grammar.HiveStatement)
    except ParseError as error:
        raise MalformedQueryError(f"line 1:1: mismatched input '{found['kind']}'. Expecting: a type of Hive") from error
    hive_grammar.check(kind)
    comment = found["comment"]
    return ColumnChange(
        old=_bare(found["old"]),
        new=_bare(found["new"]),
        kind=kind,
        comment=None if comment is None else re.sub(r"\\(['\"\\])", r"\1", comment[1:-1].replace("''", "'")),
        is_first=found["first"] is not None,
        after=_bare(found["after"] or ""),
        hive_names=tuple(found[part] for part in ("old", "new", "after") if found[part]),
    )


def _bare(name: str) -> str:
    return name.strip("`").lower()
