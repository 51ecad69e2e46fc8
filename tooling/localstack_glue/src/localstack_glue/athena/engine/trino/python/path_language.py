"""The SQL standard's JSON path language, taken apart: `lax $.items[*]?(@.price > 3).size()`."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

from localstack_glue.athena.engine.trino.python.path_numbers import of_literal

METHODS = ("abs", "ceiling", "double", "floor", "keyvalue", "size", "type")
COMPARISONS = ("==", "<>", "!=", "<=", ">=", "<", ">")
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|(?P<text>"(?:[^"]|"")*")"""
    r"""|(?P<variable>\$[A-Za-z_]\w*)|(?P<name>[A-Za-z_]\w*)|(?P<sign>==|<>|!=|<=|>=|&&|\|\||[-$@.*\[\](),?+/%<>!]))"""
)


class PathSyntaxError(ValueError):
    """A text that is not a JSON path."""


@dataclass(frozen=True, slots=True)
class Step:
    """A node of a path: its operation, and the operands (nodes, numbers, names)."""

    kind: str
    parts: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    """A path, its mode, and the names of the values that are passed to it."""

    is_lax: bool
    root: Step
    variables: frozenset[str]


@lru_cache(maxsize=256)
def parse(text: str) -> Path:
    """Parse a path.

    Raises:
        PathSyntaxError: it is not a path.
    """
    return _Parser(text).path()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        place = 0
        while place < len(text.rstrip()):
            found = _TOKEN.match(text, place)
            if found is None:
                raise PathSyntaxError(f"mismatched input '{text[place:].strip()[:20]}'")
            self._tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
            place = found.end()
        self._place = 0
        self._variables: set[str] = set()

    def path(self) -> Path:
        mode = self._next()[1]
        if mode not in ("lax", "strict"):
            raise PathSyntaxError(f"mismatched input '{mode}' expecting {{'lax', 'strict'}}")
        root = self._sum()
        if self._place < len(self._tokens):
            self._fail()
        return Path(mode == "lax", root, frozenset(self._variables))

    # ------------------------------------------------------------------------ words

    def _peek(self, *wanted: str) -> bool:
        return (
            self._place < len(self._tokens)
            and self._tokens[self._place][0] in ("sign", "name")
            and self._tokens[self._place][1] in wanted
        )

    def _take(self, *wanted: str) -> str:
        """The next word, if it is one of these; else nothing."""
        return self._next()[1] if self._peek(*wanted) else ""

    def _expect(self, *wanted: str) -> None:
        for word in wanted:
            if not self._take(word):
                self._fail()

    def _next(self) -> tuple[str, str]:
        if self._place >= len(self._tokens):
            raise PathSyntaxError("mismatched input '<EOF>'")
        self._place += 1
        return self._tokens[self._place - 1]

    def _fail(self) -> NoReturn:
        word = self._tokens[self._place][1] if self._place < len(self._tokens) else "<EOF>"
        raise PathSyntaxError(f"mismatched input '{word}'")

    # ------------------------------------------------------------------------ paths

    def _sum(self) -> Step:
        left = self._product()
        while sign := self._take("+", "-"):
            left = Step("arithmetic", (sign, left, self._product()))
        return left

    def _product(self) -> Step:
        left = self._signed()
        while sign := self._take("*", "/", "%"):
            left = Step("arithmetic", (sign, left, self._signed()))
        return left

    def _signed(self) -> Step:
        if self._take("-"):
            return Step("negated", (self._signed(),))
        if self._take("+"):
            return Step("positive", (self._signed(),))
        return self._accessors()

    def _accessors(self) -> Step:
        found = self._primary()
        while True:
            if self._take("."):
                found = self._member(found)
            elif self._take("["):
                found = self._elements(found)
            elif self._take("?"):
                self._expect("(")
                found = Step("filter", (found, self._parse_any()))
                self._expect(")")
            else:
                return found

    def _member(self, base: Step) -> Step:
        if self._take("*"):
            return Step("members", (base,))
        kind, word = self._next()
        if kind == "text":
            return Step("member", (base, _unquoted(word)))
        if kind != "name":
            self._place -= 1
            self._fail()
        if self._peek("("):
            if word not in METHODS:
                raise PathSyntaxError(f"the method {word}() is not supported in a JSON path here")
            self._expect("(", ")")
            return Step(word, (base,))
        return Step("member", (base, word))

    def _elements(self, base: Step) -> Step:
        if self._take("*"):
            self._expect("]")
            return Step("all elements", (base,))
        ranges = []
        while True:
            first = self._sum()
            ranges.append((first, self._sum() if self._take("to") else None))
            if not self._take(","):
                break
        self._expect("]")
        return Step("elements", (base, tuple(ranges)))

    def _primary(self) -> Step:
        kind, word = self._next()
        if kind == "number":
            return Step("value", (of_literal(word),))
        if kind == "text":
            return Step("value", (_unquoted(word),))
        if kind == "variable":
            self._variables.add(word[1:])
            return Step("variable", (word[1:],))
        if word in ("true", "false", "null"):
            return Step("value", ({"true": True, "false": False, "null": None}[word],))
        if word in ("$", "@", "last"):
            return Step(word)
        if word != "(":
            self._place -= 1
            self._fail()
        found = self._sum()
        self._expect(")")
        return found

    # ------------------------------------------------------------------------ predicates

    def _parse_any(self) -> Step:
        left = self._parse_all()
        while self._take("||"):
            left = Step("or", (left, self._parse_all()))
        return left

    def _parse_all(self) -> Step:
        left = self._predicate()
        while self._take("&&"):
            left = Step("and", (left, self._predicate()))
        return left

    def _predicate(self) -> Step:
        if self._take("!"):
            return Step("not", (self._delimited(),))
        start = self._place
        if self._peek("exists", "("):
            try:  # brackets may enclose a predicate or the left side of a comparison
                found = self._delimited()
                if not self._peek(*COMPARISONS, "starts", "+", "-", "*", "/", "%", ".", "[", "?"):
                    if self._take("is"):
                        self._expect("unknown")
                        return Step("is unknown", (found,))
                    return found
            except PathSyntaxError:
                pass
            self._place = start
        left = self._sum()
        if self._take("starts"):
            self._expect("with")
            kind, word = self._next()
            if kind == "text":
                return Step("starts with", (left, Step("value", (_unquoted(word),))))
            if kind == "variable":
                self._variables.add(word[1:])
                return Step("starts with", (left, Step("variable", (word[1:],))))
            self._place -= 1
            self._fail()
        sign = self._take(*COMPARISONS)
        if not sign:
            self._fail()
        return Step("comparison", ("<>" if sign == "!=" else sign, left, self._sum()))

    def _delimited(self) -> Step:
        if self._take("exists"):
            self._expect("(")
            found = Step("exists", (self._sum(),))
            self._expect(")")
            return found
        self._expect("(")
        found = self._parse_any()
        self._expect(")")
        return found


def _unquoted(text: str) -> str:
    return text[1:-1].replace('""', '"')


__all__ = ["Path", "PathSyntaxError", "Step", "parse"]
