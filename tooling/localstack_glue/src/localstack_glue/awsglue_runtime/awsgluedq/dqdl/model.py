"""The model of a ruleset. The `str` of each part is its text in AWS's results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

KEYWORDS = ("NULL", "EMPTY", "WHITESPACES_ONLY")


class Kind(Enum):
    """The kinds of values that a condition compares with."""

    NUMBER = "a number"
    TEXT = "a text"
    DATE = "a date"
    TIME = "a time of day"
    DURATION = "a duration"
    SIZE = "a size"
    KEYWORD = "a keyword"


@dataclass(frozen=True)
class Number:
    """A number as written."""

    text: str
    kind = Kind.NUMBER

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Calculation:
    """An arithmetic operation on two numbers."""

    left: NumberOperand
    operator: str
    right: NumberOperand
    is_parenthesized: bool = False
    kind = Kind.NUMBER

    def __str__(self) -> str:
        text = f"{self.left} {self.operator} {self.right}"
        return f"({text})" if self.is_parenthesized else text


@dataclass(frozen=True)
class Call:
    """A function on numbers, such as `avg(last(10))`."""

    name: str
    arguments: tuple[NumberOperand, ...]
    kind = Kind.NUMBER

    def __str__(self) -> str:
        return f"{self.name}({','.join(str(each) for each in self.arguments)})"


NumberOperand = Number | Calculation | Call


@dataclass(frozen=True)
class Text:
    """A quoted text, with its escapes as far as the operator keeps them: only lists drop them."""

    value: str
    kind = Kind.TEXT

    def __str__(self) -> str:
        return f'"{self.value}"'


@dataclass(frozen=True)
class Keyword:
    """NULL, EMPTY or WHITESPACES_ONLY."""

    name: str
    kind = Kind.KEYWORD

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Day:
    """A date."""

    value: date
    kind = Kind.DATE

    def __str__(self) -> str:
        return f'"{self.value.isoformat()}"'


@dataclass(frozen=True)
class Time:
    """A time of day, such as 9:30 AM."""

    text: str
    kind = Kind.TIME

    def __str__(self) -> str:
        return f'"{self.text}"'


@dataclass(frozen=True)
class Duration:
    """A number of days, hours or minutes."""

    amount: int
    unit: str
    kind = Kind.DURATION

    @property
    def minutes(self) -> int:
        """Its length in minutes."""
        return self.amount * {"days": 24 * 60, "hours": 60, "minutes": 1}[self.unit]

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}"


@dataclass(frozen=True)
class Now:
    """The time of the evaluation, or a time at an offset from it."""

    sign: str = ""
    offset: Duration | None = None
    kind = Kind.DATE

    def __str__(self) -> str:
        return f"(now() {self.sign} {self.offset})" if self.offset else "now()"


@dataclass(frozen=True)
class Size:
    """A size in bytes."""

    amount: int
    unit: str
    kind = Kind.SIZE

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}"


Operand = Number | Calculation | Call | Text | Keyword | Day | Time | Duration | Now | Size


@dataclass(frozen=True)
class Condition:
    """A condition on a value. A list can be a constant: its name."""

    operator: str
    operands: tuple[Operand, ...]
    constant: str = ""

    @property
    def kind(self) -> Kind:
        """The kind of values that it compares with. Keywords fit any kind."""
        return next((each.kind for each in self.operands if each.kind is not Kind.KEYWORD), Kind.KEYWORD)

    def __str__(self) -> str:
        if self.operator.endswith("between"):
            return f"{self.operator} {self.operands[0]} and {self.operands[1]}"
        if self.constant:
            return f"{self.operator} ${self.constant}"
        if self.operator.endswith("in"):
            return f"{self.operator} [{','.join(str(each) for each in self.operands)}]"
        return f"{self.operator} {self.operands[0]}"


@dataclass(frozen=True)
class Parameter:
    """A column, a table or a statement, with its escapes.

    Attributes:
        value: the text.
        written: how the document writes it, such as `"a"`, `a` or `$constant`.
        connector: the word before it: of, and.
    """

    value: str
    written: str = ""
    connector: str = ""

    def __str__(self) -> str:
        return f"{self.connector} {self.written or _quoted(self.value)}".lstrip()


@dataclass(frozen=True)
class Rule:
    """One rule, or one analyzer."""

    type: str
    parameters: tuple[Parameter, ...] = ()
    condition: Condition | None = None
    where: str | None = None
    threshold: Condition | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def values(self) -> tuple[str, ...]:
        """The parameters as plain texts."""
        return tuple(each.value for each in self.parameters)

    def tag(self, name: str) -> str | None:
        """The value of an option, without its quotes."""
        written = self.tags.get(name)
        return written[1:-1] if written is not None and written.startswith('"') else written

    def simple(self) -> Iterator[Rule]:
        """The rule itself; see Composite."""
        yield self

    def __str__(self) -> str:
        parts = [self.type, *(str(each) for each in self.parameters)]
        if self.condition is not None:
            parts.append(str(self.condition))
        if self.where is not None:
            parts.append(f'where "{self.where}"')
        if self.threshold is not None:
            parts.append(f"with threshold {self.threshold}")
        parts += [f"with {name} = {value}" for name, value in self.tags.items()]
        if self.labels:
            parts.append("labels=[" + ", ".join(f'"{name}"="{value}"' for name, value in self.labels.items()) + "]")
        return " ".join(parts)


@dataclass(frozen=True)
class Composite:
    """Two rules connected by `and` or `or`."""

    operator: str
    rules: tuple[AnyRule, AnyRule]
    labels: Mapping[str, str] = field(default_factory=dict)

    def simple(self) -> Iterator[Rule]:
        """Its rules at any depth."""
        for rule in self.rules:
            yield from rule.simple()

    def __str__(self) -> str:
        """The text in results: without inner parentheses if one operator connects everything."""
        parts = self.rules if self._operators() != {self.operator} else tuple(self.simple())
        return f" {self.operator.upper()} ".join(f"({rule})" for rule in parts)

    def _operators(self) -> set[str]:
        inner = (rule._operators() for rule in self.rules if isinstance(rule, Composite))
        return {self.operator}.union(*inner)


AnyRule = Rule | Composite


@dataclass(frozen=True)
class Ruleset:
    """A DQDL document."""

    rules: tuple[AnyRule, ...]
    analyzers: tuple[Rule, ...] = ()
    default_labels: Mapping[str, str] = field(default_factory=dict)


def _quoted(text: str) -> str:
    return f'"{text}"'
