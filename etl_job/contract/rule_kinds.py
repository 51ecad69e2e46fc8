"""The kinds of rules that a column can have: one list, from which reasons, checks of contracts and their docs come.

What a rule asks of texts is in ``judging/rules.py``, by the same names; ``docs/reference/data-contract.md`` has them as
a table. The order is that of the bits in staged rows: new kinds come last.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from etl_job.contract.columns import Column

FUTURE = "future"  # of the event time's column


@dataclass(frozen=True, slots=True)
class RuleKind:
    """One kind: ``name`` is what the contract calls it, and what a reason is called after the column's name.

    ``is_of`` says whether a column has such a rule, given whether it is that of the event time. ``is_looser`` says of
    two values whether every text that kept the rule with the first keeps it with the second. ``says`` is for the docs.
    """

    name: str
    says: str
    is_of: "Callable[[Column, bool], bool]"
    is_looser: Callable[[Any, Any], bool] = lambda *_: False

    @property
    def field(self) -> str:
        """What the model of ``logicalTypeOptions`` calls it."""
        return {"minLength": "min_length", "maxLength": "max_length"}.get(self.name, self.name)


RULE_KINDS = (
    RuleKind("required", "there is a text that is no missing value", lambda column, _: column.required),
    RuleKind(
        "minLength",
        "the text has at least so many characters",
        lambda column, _: column.rules.min_length is not None,
        lambda before, after: bool(after < before),
    ),
    RuleKind(
        "maxLength",
        "the text has at most so many characters",
        lambda column, _: column.rules.max_length is not None,
        lambda before, after: bool(after > before),
    ),
    RuleKind(
        "pattern",
        "the text holds a match of the expression (RE2's syntax)",
        lambda column, _: column.rules.pattern is not None,
    ),
    RuleKind(
        "enum",
        "the text is one of the list",
        lambda column, _: column.rules.enum is not None,
        lambda before, after: set(after) >= set(before),
    ),
    RuleKind(
        "format",
        "the text is a value of the column's type, in one of its formats",
        lambda column, _: column.logical_type != "string" or column.rules.format is not None,
    ),
    RuleKind(
        "minimum",
        "the value is at least this; an event's day is 2000-01-01 or later where nothing is said",
        lambda column, is_event: column.rules.minimum is not None or is_event,
        lambda before, after: bool(after < before),
    ),
    RuleKind(
        "maximum",
        "the value is at most this",
        lambda column, _: column.rules.maximum is not None,
        lambda before, after: bool(after > before),
    ),
    RuleKind(
        FUTURE,
        "an event's day is at most the one after its file's upload, where there is no `maximum`",
        lambda column, is_event: is_event and column.rules.maximum is None,
    ),
)
BY_FIELD = {kind.field: kind for kind in RULE_KINDS}


def docs_table() -> str:
    """The kinds as the table of ``docs/reference/data-contract.md``."""
    rows = [f"| `{kind.name}` | {kind.says} |" for kind in RULE_KINDS]
    return "\n".join(["| rule | holds where |", "|---|---|", *rows])
