"""Parses a DQDL document, as the published grammar does."""

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
from .rule_syntax import RULE_TYPES, check_analyzer, check_rule
from .tokens import Token, line_and_column, tokenize

T = TypeVar("T")
_COMPARISONS = ("=", "!=", ">", ">=", "<", "<=")
_DURATIONS, _SIZES = ("days", "hours", "minutes"), ("B", "KB", "MB", "GB", "TB")
_MOST = 2**31 - 1  # of a duration's minutes, of a size
_LABELS, _LABEL_KEY, _LABEL_VALUE = 10, 128, 256  # most of a rule, most characters
_TIME = re.compile(r"(?:0?[1-9]|1[0-2]):[0-5][0-9] [AP]M|(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_ESCAPE = re.compile(r"\\(.)")
_CONSTANT = re.compile(r"\$[A-Za-z_]")


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
        self._constants: dict[str, tuple[str, ...] | str] = {}
        self._default_labels: Mapping[str, str] = {}

    def document(self) -> Ruleset:
        rules: tuple[AnyRule, ...] = ()
        analyzers: tuple[Rule, ...] = ()
        if self._is_word("Metadata", "DataSources"):
            self._fail(f"{self._text_at(0)} is not supported here: the call names the tables")
        while self._kind_at(0) == "name":
            name = self._take("name").text
            self._sign("=")
            if name in self._constants or name.startswith((".", "_")):
                self._fail(f"{name} is already a constant, or cannot be the name of one")
            self._constants[name] = self._constant(name)
        if self._skip_word("DefaultLabels"):
            self._sign("=")
            self._default_labels = self._labels()
        if not self._is_word("Rules", "Analyzers"):
            self._fail("Rules is missing")
        if self._is_word("Rules"):
            rules = self._section("Rules", self._any_rule)
        if self._is_word("Analyzers"):
            analyzers = self._section("Analyzers", self._analyzer)
        if self._peek() is not None:
            self._fail("the ruleset must end here")
        if not rules and not analyzers:
            raise InvalidRulesetError("No rules or analyzers provided.")
        return Ruleset(rules, analyzers, self._default_labels)

    def _section(self, name: str, item: Callable[[], T]) -> tuple[T, ...]:
        self._word(name)
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
        """Parse connected rules. `and` binds more tightly than `or`; both connect from left to right."""
        return self._connected("or", lambda: self._connected("and", self._one_rule))

    def _connected(self, operator: str, part: Callable[[], AnyRule]) -> AnyRule:
        found = part()
        while self._is_word(operator, operator.upper()):
            self._next += 1
            found = Composite(operator, (found, part()))
        return found

    def _one_rule(self) -> AnyRule:
        if not self._skip_sign("("):
            return self._rule()
        found = self._any_rule()
        self._sign(")")
        return replace(found, labels=self._labels_after_name()) if self._is_word("labels") else found

    def _rule(self) -> Rule:
        start = self._place()
        rule = Rule(self._take("name").text, self._parameters(), self._condition())
        if rule.type == "FileSize" and rule.condition is not None:
            rule = replace(rule, condition=_in_bytes(rule.condition))
        if self._skip_word("where"):
            rule = replace(rule, where=self._take("text").value)
        tags: dict[str, str] = {}
        while self._is_word("labels", "with"):  # AWS's page and its published grammar differ in their order
            if self._is_word("labels"):
                if rule.labels:
                    self._fail("a rule can have labels only once")
                rule = replace(rule, labels=self._labels_after_name())
                continue
            self._next += 1
            name = self._take("name").text
            condition = self._condition()
            if condition is None:
                self._fail(f"{name} has no value")
            if name.lower() == "threshold":
                if rule.threshold is not None:
                    self._fail("a rule can have only one threshold")
                rule = replace(rule, threshold=condition)
            elif condition.operator != "=" or not isinstance(condition.operands[0], Text | Number | Keyword):
                self._fail(f"{name} must be followed by = and a text or a number")
            else:
                tags[name] = str(condition.operands[0])
        if self._is_word("where"):
            self._fail("where must be before labels and with")
        rule = replace(rule, tags=tags)
        check_rule(rule, start)
        return rule

    def _analyzer(self) -> Rule:
        start = self._place()
        analyzer = Rule(self._take("name").text, self._parameters())
        check_analyzer(analyzer, start)
        return analyzer

    def _parameters(self) -> tuple[Parameter, ...]:
        found: list[Parameter] = []
        while True:
            connector = ""
            if self._is_word("of", "OF", "and", "AND") and (
                self._kind_at(1) in ("text", "name") or self._is_sign_at(1, "$")
            ):
                if self._text_at(1) in RULE_TYPES and self._text_at(0).lower() == "and":
                    self._fail("put each rule that `and` connects in parentheses")
                connector = self._tokens[self._next].text
                self._next += 1
            if self._kind_at(0) == "text":
                found.append(Parameter(self._take("text").value, connector=connector))
            elif self._kind_at(0) == "name":
                name = self._take("name").text
                found.append(Parameter(name, name, connector))
            elif self._is_sign("$"):
                name, value = self._reference()
                if not isinstance(value, str):
                    self._fail(f"the constant {name} must be a single text here, not a list")
                found.append(Parameter(value, f"${name}", connector))
            else:
                return tuple(found)

    def _condition(self) -> Condition | None:
        negation = "not " if self._skip_word("not") else ""
        if self._skip_word("between"):
            first = self._operand()
            if not self._skip_word("AND"):
                self._word("and")
            return self._checked(Condition(f"{negation}between", (first, self._operand())))
        if self._skip_word("in"):
            if self._is_sign("$"):
                name, value = self._reference()
                texts = (Text(value),) if isinstance(value, str) else tuple(map(_unescaped, value))
                return Condition(f"{negation}in", texts, constant=name)
            return self._checked(Condition(f"{negation}in", self._list(self._operand)))
        if self._skip_word("matches"):
            return Condition(f"{negation}matches", (Text(self._take("text").value),))
        if negation:
            self._fail("not must be followed by between, in or matches")
        token = self._peek()
        if token is None or token.text not in _COMPARISONS:
            return None
        self._next += 1
        return self._checked(Condition(token.text, (self._operand(),)))

    def _checked(self, condition: Condition) -> Condition:
        kinds = {each.kind for each in condition.operands} - {Kind.KEYWORD}
        if kinds == {Kind.DATE, Kind.TIME}:
            kinds = {Kind.TIME}
        if len(kinds) > 1:
            self._fail(f"{condition} mixes {' and '.join(sorted(kind.value for kind in kinds))}")
        words = {each.name for each in condition.operands if isinstance(each, Keyword)}
        if words - {"NULL"} and not kinds <= {Kind.TEXT}:
            self._fail(f"{condition}: only texts can be {' or '.join(sorted(words - {'NULL'}))}")
        is_order = condition.operator in (">", ">=", "<", "<=") or condition.operator.endswith("between")
        if is_order and (kinds <= {Kind.TEXT} or words):
            self._fail(f"{condition}: only numbers, dates, durations and sizes have an order")
        if condition.operator.endswith("in"):
            return replace(condition, operands=tuple(_without_escapes(each) for each in condition.operands))
        return condition

    def _list(self, item: Callable[[], T]) -> tuple[T, ...]:
        self._sign("[")
        found = [item()]
        while self._skip_sign(","):
            found.append(item())
        self._sign("]")
        return tuple(found)

    def _operand(self) -> Operand:
        token = self._peek()
        if token is None:
            self._fail("a value is missing")
        if token.kind in ("text", "date", "time"):
            self._next += 1
            return self._text_operand(token)
        if token.text.upper() in KEYWORDS and token.kind == "word":
            self._next += 1
            return Keyword(token.text.upper())
        if self._kind_at(0) == "now":
            self._next += 1
            return Now()
        if token.text == "(" and self._kind_at(1) == "now":
            self._next += 2
            sign = self._sign("-", "+")
            amount = self._number_with_unit()
            if not isinstance(amount, Duration):
                self._fail("now() can only be moved by days, hours or minutes")
            self._sign(")")
            return Now(sign, amount)
        if token.kind == "number" and self._text_at(1) in (*_DURATIONS, *_SIZES):
            return self._number_with_unit()
        if self._is_sign("$"):
            self._fail("a constant can only be a parameter, or a list after in")
        return self._number()

    def _text_operand(self, token: Token) -> Text | Day | Time:
        if token.kind == "time":
            if not _TIME.fullmatch(token.value):
                self._fail(f"{token.value} is not a time of day")
            return Time(token.value)
        if token.kind == "text":
            return Text(token.value)
        try:
            return Day(date.fromisoformat(token.value))
        except ValueError:
            self._fail(f"{token.value} is not a date")

    def _number_with_unit(self) -> Duration | Size:
        amount = self._take("number").text
        unit = self._text_at(0)
        if not amount.isdigit() or unit not in (*_DURATIONS, *_SIZES):
            self._fail(f"{amount} {unit} is neither a duration nor a size")
        self._next += 1
        found = Duration(int(amount), unit) if unit in _DURATIONS else Size(int(amount), unit)
        if (found.minutes if isinstance(found, Duration) else found.amount) > _MOST:
            self._fail(f"{amount} {unit} is too long")
        return found

    def _number(self) -> NumberOperand:
        """Parse a calculation. As in the published grammar, it goes from left to right: 1 + 2 * 3 is 9."""
        found = self._one_number()
        while self._is_sign("+", "-", "*", "/"):
            found = Calculation(found, self._sign("+", "-", "*", "/"), self._one_number())
        return found

    def _one_number(self) -> NumberOperand:
        if self._skip_sign("-"):
            return Number("-" + self._take("number").text)
        if self._skip_sign("("):
            found = self._number()
            self._sign(")")
            return replace(found, is_parenthesized=True) if isinstance(found, Calculation) else found
        if self._kind_at(0) == "name" and self._is_sign_at(1, "("):
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

    def _constant(self, name: str) -> tuple[str, ...] | str:
        if not self._is_sign("["):
            value = self._take("text").value
            texts: tuple[str, ...] = (value,)
        else:
            texts = self._list(lambda: self._take("text").value)
        if any(_CONSTANT.search(text) for text in texts):
            self._fail(f"the constant {name} cannot refer to another one")
        return texts if len(texts) > 1 or self._tokens[self._next - 1].text == "]" else value

    def _reference(self) -> tuple[str, tuple[str, ...] | str]:
        self._sign("$")
        name = self._take("name").text
        if name not in self._constants:
            self._fail(f"there is no constant {name}")
        return name, self._constants[name]

    def _labels_after_name(self) -> Mapping[str, str]:
        self._word("labels")
        self._sign("=")
        return self._labels()

    def _labels(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for key, value in self._list(self._label):
            if key in found:
                self._fail(f"{key} is a label twice")
            if not key or not value or len(key) > _LABEL_KEY or len(value) > _LABEL_VALUE:
                self._fail(f"a label has a key of 1 to {_LABEL_KEY} characters and a value of 1 to {_LABEL_VALUE}")
            found[key] = value
        if len(self._default_labels) + len(found) > _LABELS:
            self._fail(f"at most {_LABELS} labels are allowed, with the default ones")
        return found

    def _label(self) -> tuple[str, str]:
        key = self._take("text").value
        self._sign("=")
        return key, self._take("text").value

    def _peek(self) -> Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _kind_at(self, offset: int) -> str:
        place = self._next + offset
        return self._tokens[place].kind if place < len(self._tokens) else ""

    def _text_at(self, offset: int) -> str:
        place = self._next + offset
        return self._tokens[place].text if place < len(self._tokens) else ""

    def _is_sign(self, *signs: str) -> bool:
        return self._is_sign_at(0, *signs)

    def _is_sign_at(self, offset: int, *signs: str) -> bool:
        return self._kind_at(offset) == "sign" and self._text_at(offset) in signs

    def _is_word(self, *words: str) -> bool:
        return self._kind_at(0) == "word" and self._text_at(0) in words

    def _skip_sign(self, sign: str) -> bool:
        is_there = self._is_sign(sign)
        self._next += is_there
        return is_there

    def _skip_word(self, word: str) -> bool:
        is_there = self._is_word(word)
        self._next += is_there
        return is_there

    def _sign(self, *signs: str) -> str:
        if not self._is_sign(*signs):
            self._fail(f"{' or '.join(signs)} is missing")
        return self._take("sign").text

    def _word(self, word: str) -> None:
        if not self._skip_word(word):
            self._fail(f"{word} is missing")

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


def _in_bytes(condition: Condition) -> Condition:
    """A number of bytes may be written without its unit."""
    operands = (
        Size(int(each.text), "B") if isinstance(each, Number) and each.text.isdigit() else each
        for each in condition.operands
    )
    return replace(condition, operands=tuple(operands))


def _without_escapes(operand: Operand) -> Operand:
    return _unescaped(operand.value) if isinstance(operand, Text) else operand


def _unescaped(text: str) -> Text:
    """A text of a list: a list drops each backslash that escapes the next character."""
    return Text(_ESCAPE.sub(r"\1", text))
