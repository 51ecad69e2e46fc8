"""The kinds of rules that a column can have: one list for reasons, for checks of contracts and for the documentation.

``judging/rules.py`` implements them under the same names; ``docs/reference/data-contract.md`` shows them as a table.
The order is that of the bits in staged rows, so new kinds come last.
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import gt, lt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from etl_job.contract.columns import Column

FUTURE = "future"  # of the event time's column


@dataclass(frozen=True, slots=True)
class RuleKind:
    """One kind of rule. ``name`` is its name in contracts, and follows the column's name in reasons.

    ``is_of`` returns whether a column has such a rule; its second argument is whether the column is the event time.
    ``is_looser`` returns whether every text that passes with the first value passes with the second. ``says`` is its
    text in the documentation.
    """

    name: str
    sentence: str
    is_of: "Callable[[Column, bool], bool]"
    is_looser: Callable[[Any, Any], bool] = lambda *_: False

    @property
    def field(self) -> str:
        """The name of its field in the model of ``logicalTypeOptions``."""
        return {"minLength": "min_length", "maxLength": "max_length"}.get(self.name, self.name)

    @property
    def description(self) -> str:
        """The description of that field."""
        return f"A rule: {self.sentence}."


def _names(field: str) -> "Callable[[Column, bool], bool]":
    return lambda column, _: getattr(column.rules, field) is not None


RULE_KINDS = (
    RuleKind("required", "there is a text that does not stand for a missing value", lambda column, _: column.required),
    RuleKind("minLength", "the text has at least this many characters", _names("min_length"), gt),
    RuleKind("maxLength", "the text has at most this many characters", _names("max_length"), lt),
    RuleKind("pattern", "the text contains a match of the expression (RE2 syntax)", _names("pattern")),
    RuleKind(
        "enum", "the text is one of the listed values", _names("enum"), lambda before, after: set(before) <= set(after)
    ),
    RuleKind(
        "format",
        "the text is a value of the column's type, in one of its formats",
        lambda column, _: column.logical_type != "string" or column.rules.format is not None,
    ),
    RuleKind(
        "minimum",
        "the value is at least this; by default, an event's day is 2000-01-01 or later",
        lambda column, is_event: column.rules.minimum is not None or is_event,
        gt,
    ),
    RuleKind("maximum", "the value is at most this", _names("maximum"), lt),
    RuleKind(
        FUTURE,
        "an event's day is at most the day after its file's upload, if there is no `maximum`",
        lambda column, is_event: is_event and column.rules.maximum is None,
    ),
)
BY_FIELD = {kind.field: kind for kind in RULE_KINDS}


def docs_table() -> str:
    """The table of kinds for ``docs/reference/data-contract.md``."""
    rows = [f"| `{kind.name}` | {kind.sentence} |" for kind in RULE_KINDS]
    return "\n".join(["| rule | holds if |", "|---|---|", *rows])
