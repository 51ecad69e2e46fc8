"""Parses a DQDL document."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import NoReturn, TypeVar

from .errors import InvalidRulesetError
from .model import (
    KEYWORDS,
    AnyRule,
    Calculation,
    Call,
    Composite,
    Condition,
    Day,
    Duration,
    Keyword,
    Kind,
    Now,
    Number,
    NumberOperand,
    Operand,
    Parameter,
    Rule,
    Ruleset,
    Size,
    Text,
    Time,
)
from .rule_types import check_analyzer, check_rule
from .tokens import Token, line_and_column, tokenize

T = TypeVar("T")
_COMPARISONS = ("=", "!=", ">", ">=", "<", "<=")
_DURATIONS, _SIZES = ("days", "hours", "minutes"), ("B", "KB", "MB", "GB", "TB")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{1,2}:\d{2} [AP]M|\d{2}:\d{2}")
_LABELS = 10  # a rule may have


def parse(text: str) -> Ruleset:
    """Parse a document.

    Raises:
        InvalidRulesetError: the text is not DQDL, or AWS would refuse it.
    """
    return _Parser(text).document()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokenize(text)
        self._next = 0
        self._constants: dict[str, tuple[Operand, ...]] = {}

    def document(self) -> Ruleset:
        rules: tuple[AnyRule, ...] = ()
        analyzers: tuple[Rule, ...] = ()
        labels: Mapping[str, str] = {}
        while not self._is_name("Rules", "Analyzers") and self._peek() is not None:
            name = self._take("name").text
            self._sign("=")
            if name in ("Metadata", "DataSources"):
                self._fail(f"{name} is not supported here: the call names the tables")
            if name == "DefaultLabels":
                labels = self._labels()
            elif name in self._constants or name.startswith((".", "_")):
                self._fail(f"{name} is already a constant, or cannot be the name of one")
            else:
                self._constants[name] = self._constant()
        if self._is_name("Rules"):
            rules = self._section("Rules", self._any_rule)
        if self._is_name("Analyzers"):
            analyzers = self._section("Analyzers", self._analyzer)
        if self._peek() is not None:
            self._fail("the ruleset must end here")
        if not rules and not analyzers:
            raise InvalidRulesetError("No rules or analyzers provided.")
        return Ruleset(rules, analyzers, labels)

    def _section(self, name: str, item: Callable[[], T]) -> tuple[T, ...]:
        self._name(name)
        self._sign("=")
        self._sign("[")
        found = []
        if not self._is_sign("]"):
            found.append(item())
            while self._skip_sign(","):
                found.append(item())
        self._sign("]")
        return tuple(found)

    def _any_rule(self) -> AnyRule:
        """Parse connected rules in parentheses. `and` binds more tightly than `or`."""
        found = self._connected("or", lambda: self._connected("and", self._one_rule))
        if self._is_name("and", "AND", "or", "OR"):
            self._fail("put each rule that `and` or `or` connects in parentheses")
        return found

    def _connected(self, operator: str, part: Callable[[], AnyRule]) -> AnyRule:
        parts = [part()]
        while self._ends_in_parenthesis() and self._is_name(operator, operator.upper()):
            self._next += 1
            parts.append(part())
            if not self._ends_in_parenthesis():
                self._fail(f"put each rule that `{operator}` connects in parentheses")
        if len(parts) == 1:
            return parts[0]
        flat = [
            each
            for part in parts
            for each in (part.rules if isinstance(part, Composite) and part.operator == operator else (part,))
        ]
        return Composite(operator, tuple(flat))

    def _ends_in_parenthesis(self) -> bool:
        """Whether the last tokens are a rule in parentheses or its labels."""
        last = self._tokens[self._next - 1]
        return last.text == ")" or last.text == "]"

    def _one_rule(self) -> AnyRule:
        if not self._skip_sign("("):
            return self._rule()
        found = self._any_rule()
        self._sign(")")
        return replace(found, labels=self._labels_after_name()) if self._is_name("labels") else found

    def _rule(self) -> Rule:
        start = self._place()
        rule = Rule(self._take("name").text, self._parameters(), self._condition())
        tags: dict[str, str] = {}
        while self._is_name("where", "labels", "with"):
            if self._is_name("labels"):
                rule = replace(rule, labels=self._labels_after_name())
            elif self._skip_name("where"):
                if rule.where is not None:
                    self._fail("a rule can have only one where clause")
                rule = replace(rule, where=self._take("text").value)
            else:
                self._name("with")
                name = self._take("name").text
                condition = self._condition()
                if condition is None:
                    self._fail(f"{name} has no value")
                if name.lower() == "threshold":
                    if rule.threshold is not None:
                        self._fail("a rule can have only one threshold")
                    rule = replace(rule, threshold=condition)
                elif condition.operator != "=":
                    self._fail(f"{name} must be followed by = and a value")
                else:
                    value = condition.operands[0]
                    tags[name] = value.value if isinstance(value, Text) else str(value).strip('"')
        rule = replace(rule, tags=tags)
        check_rule(rule, start)
        return rule

    def _analyzer(self) -> Rule:
        start = self._place()
        analyzer = Rule(self._take("name").text, self._parameters())
        check_analyzer(analyzer, start)
        return analyzer

    def _parameters(self) -> tuple[Parameter, ...]:
        found = []
        while True:
            if self._is_name("of", "OF", "and", "AND") and self._kind_at(1) in ("text", "name"):
                if self._tokens[self._next + 1].text[:1] != '"' and self._tokens[self._next].text.lower() != "of":
                    break  # here `and` connects two rules
                self._next += 1
            if self._kind_at(0) == "text":
                found.append(Parameter(self._take("text").value))
            elif self._is_sign("$"):
                values = self._reference()
                if len(values) != 1 or not isinstance(values[0], Text):
                    self._fail("this constant must be a single text, not a list")
                found.append(Parameter(values[0].value))
            elif self._kind_at(0) == "name" and not self._is_name(
                *("between", "in", "not", "matches", "where", "labels", "with", "and", "AND", "or", "OR")
            ):
                found.append(Parameter(self._take("name").text, is_quoted=False))
            else:
                return tuple(found)
        return tuple(found)

    def _condition(self) -> Condition | None:
        negation = "not " if self._skip_name("not") else ""
        if self._skip_name("between"):
            first = self._operand()
            if not self._skip_name("AND"):
                self._name("and")
            return self._checked(Condition(f"{negation}between", (first, self._operand())))
        if self._skip_name("in"):
            values = self._reference() if self._is_sign("$") else self._list(self._values)
            return self._checked(Condition(f"{negation}in", values))
        if self._skip_name("matches"):
            value = self._values()
            if len(value) != 1 or not isinstance(value[0], Text):
                self._fail("matches must be followed by a pattern in quotes")
            return Condition(f"{negation}matches", value)
        if negation:
            self._fail("not must be followed by between, in or matches")
        token = self._peek()
        if token is None or token.text not in _COMPARISONS:
            return None
        self._next += 1
        values = self._values()
        if len(values) != 1:
            self._fail(f"{token.text} takes one value")
        return self._checked(Condition(token.text, values))

    def _checked(self, condition: Condition) -> Condition:
        kinds = {each.kind for each in condition.operands} - {Kind.KEYWORD}
        if kinds == {Kind.DATE, Kind.TIME}:
            kinds = {Kind.TIME}
        if len(kinds) > 1:
            self._fail(f"{condition} mixes {' and '.join(sorted(kind.value for kind in kinds))}")
        is_order = condition.operator in (">", ">=", "<", "<=") or condition.operator.endswith("between")
        if is_order and (kinds <= {Kind.TEXT} or any(each.kind is Kind.KEYWORD for each in condition.operands)):
            self._fail(f"{condition}: only numbers, dates, durations and sizes have an order")
        return condition

    def _list(self, item: Callable[[], tuple[Operand, ...]]) -> tuple[Operand, ...]:
        self._sign("[")
        found = list(item())
        while self._skip_sign(","):
            found += item()
        self._sign("]")
        return tuple(found)

    def _values(self) -> tuple[Operand, ...]:
        """Parse an operand, or take those of a constant."""
        return self._reference() if self._is_sign("$") else (self._operand(),)

    def _operand(self) -> Operand:
        token = self._peek()
        if token is None:
            self._fail("a value is missing")
        if token.kind == "text":
            self._next += 1
            return _text_operand(token, self._fail)
        if token.kind == "name" and token.text in (*KEYWORDS, *(word.lower() for word in KEYWORDS)):
            self._next += 1
            return Keyword(token.text.upper())
        if self._is_now(0):
            return self._now()
        if token.text == "(" and self._is_now(1):
            self._next += 1
            now = self._now()
            sign = self._sign("-", "+")
            amount = self._number_with_unit()
            if not isinstance(amount, Duration):
                self._fail("now() can only be moved by days, hours or minutes")
            self._sign(")")
            return replace(now, sign=sign, offset=amount)
        if token.kind == "number" and self._kind_at(1) == "name":
            unit = self._tokens[self._next + 1].text
            if unit in (*_DURATIONS, *_SIZES):
                return self._number_with_unit()
        return self._number()

    def _is_now(self, offset: int) -> bool:
        words = [token.text for token in self._tokens[self._next + offset : self._next + offset + 3]]
        return words == ["now", "(", ")"]

    def _now(self) -> Now:
        self._next += 3
        return Now()

    def _number_with_unit(self) -> Duration | Size:
        amount = self._take("number").text
        unit = self._take("name").text
        if not amount.isdigit() or unit not in (*_DURATIONS, *_SIZES):
            self._fail(f"{amount} {unit} is neither a duration nor a size")
        return Duration(int(amount), unit) if unit in _DURATIONS else Size(int(amount), unit)

    def _number(self) -> NumberOperand:
        found = self._one_number()
        operators = set()
        while self._is_sign("+", "-", "*", "/"):
            operator = self._sign("+", "-", "*", "/")
            operators.add(operator)
            found = Calculation(found, operator, self._one_number())
        if operators & {"+", "-"} and operators & {"*", "/"}:
            # the published grammar calculates from left to right, against the usual precedence
            self._fail("use parentheses to mix + or - with * or /")
        return found

    def _one_number(self) -> NumberOperand:
        if self._skip_sign("-"):
            return Number("-" + self._take("number").text)
        if self._skip_sign("("):
            found = self._number()
            self._sign(")")
            return found
        if self._kind_at(0) == "name" and self._text_at(1) == "(":
            name = self._take("name").text
            self._sign("(")
            arguments: list[NumberOperand] = []
            while not self._is_sign(")"):
                if arguments:
                    self._sign(",")
                arguments.append(self._number())
            self._sign(")")
            return Call(name, tuple(arguments))
        return Number(self._take("number").text)

    def _constant(self) -> tuple[Operand, ...]:
        values = self._list(self._values) if self._is_sign("[") else self._values()
        if any(not isinstance(each, Text | Keyword | Day | Time) for each in values):
            self._fail("constants must be texts or lists of texts")
        return values

    def _reference(self) -> tuple[Operand, ...]:
        self._sign("$")
        name = self._take("name").text
        if name not in self._constants:
            self._fail(f"there is no constant {name}")
        return self._constants[name]

    def _labels_after_name(self) -> Mapping[str, str]:
        self._name("labels")
        self._sign("=")
        return self._labels()

    def _labels(self) -> Mapping[str, str]:
        self._sign("[")
        found: dict[str, str] = {}
        while not self._is_sign("]"):
            if found:
                self._sign(",")
            key = self._take("text").value
            self._sign("=")
            found[key] = self._take("text").value
        self._sign("]")
        if len(found) > _LABELS:
            self._fail(f"at most {_LABELS} labels are allowed")
        return found

    def _peek(self) -> Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _kind_at(self, offset: int) -> str:
        place = self._next + offset
        return self._tokens[place].kind if place < len(self._tokens) else ""

    def _text_at(self, offset: int) -> str:
        place = self._next + offset
        return self._tokens[place].text if place < len(self._tokens) else ""

    def _is_sign(self, *signs: str) -> bool:
        return self._kind_at(0) == "sign" and self._text_at(0) in signs

    def _is_name(self, *names: str) -> bool:
        return self._kind_at(0) == "name" and self._text_at(0) in names

    def _skip_sign(self, sign: str) -> bool:
        is_there = self._is_sign(sign)
        self._next += is_there
        return is_there

    def _skip_name(self, name: str) -> bool:
        is_there = self._is_name(name)
        self._next += is_there
        return is_there

    def _sign(self, *signs: str) -> str:
        if not self._is_sign(*signs):
            self._fail(f"{' or '.join(signs)} is missing")
        return self._take("sign").text

    def _name(self, name: str) -> None:
        if not self._skip_name(name):
            self._fail(f"{name} is missing")

    def _take(self, kind: str) -> Token:
        token = self._peek()
        if token is None or token.kind != kind:
            self._fail(
                {"text": "a text in quotes", "number": "a number", "name": "a name"}.get(kind, kind) + " is missing"
            )
        self._next += 1
        return token

    def _place(self) -> str:
        token = self._peek()
        return line_and_column(self._text, token.start if token else len(self._text))

    def _fail(self, why: str) -> NoReturn:
        token = self._peek()
        before = f" before {token.text}" if token else " at the end"
        raise InvalidRulesetError(f"{self._place()}: {why}{before}")


def _text_operand(token: Token, fail: Callable[[str], NoReturn]) -> Text | Day | Time:
    value = token.value
    if _DATE.fullmatch(value):
        try:
            return Day(date.fromisoformat(value))
        except ValueError:
            fail(f"{value} is not a date")
    return Time(value) if _TIME.fullmatch(value) else Text(value)
