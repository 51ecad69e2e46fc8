"""ALTER TABLE ... CHANGE COLUMN: its parts, and the columns afterwards."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.errors import ParseError

from localstack_glue.athena.engine import hive_grammar
from localstack_glue.athena.engine.errors import MalformedQueryError, QueryFailedError
from localstack_glue.athena.engine.table_clauses import hive_text
from localstack_glue.service.models import JsonDict

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


def with_change(columns: Sequence[JsonDict], change: ColumnChange) -> list[JsonDict]:
    """Columns of the catalog after one was changed.

    Raises:
        QueryFailedError: there is no such column, or its new type is beyond Hive's limits.
    """
    names = [column["Name"] for column in columns]
    for name in (change.old, *([change.after] if change.after else ())):
        if name not in names:
            raise QueryFailedError("COLUMN_NOT_FOUND", f"line 1:1: Column '{name}' does not exist")
    changed = {**columns[names.index(change.old)], "Name": change.new, "Type": hive_text(change.kind)}
    if change.comment is not None:
        changed["Comment"] = change.comment
    result = [changed if column["Name"] == change.old else column for column in columns]
    if not change.is_first and not change.after:
        return result
    result.remove(changed)
    place = 0 if change.is_first else [column["Name"] for column in result].index(change.after) + 1
    return [*result[:place], changed, *result[place:]]


def _bare(name: str) -> str:
    return name.strip("`").lower()
