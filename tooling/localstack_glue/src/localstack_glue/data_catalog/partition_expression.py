"""The expressions of GetPartitions: SQL conditions over partition keys, compared by the keys' types.

Grammar and types are those in the API reference of GetPartitions, and NOT before a condition. Values are SQL's:
`__HIVE_DEFAULT_PARTITION__` is NULL, and a comparison with NULL does not hold.
"""

import functools
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import pyparsing as pp

from localstack_glue.service.errors import InvalidInputException, InvalidStateException

NULL = "__HIVE_DEFAULT_PARTITION__"
_INTEGERS = frozenset({"bigint", "int", "integer", "long", "smallint", "tinyint"})
_TEXTS = frozenset({"char", "string", "varchar"})
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(\d{1,9}))?")
Truth = bool | None  # None: SQL's unknown
Row = Mapping[str, Any]
Condition = Callable[[Row], Truth]


@dataclass(frozen=True, slots=True)
class Key:
    """A partition key; types such as `decimal(6,2)` and `varchar(20)` count without their size."""

    name: str
    type: str

    def read(self, text: str) -> Any:
        """Turn a text into a value of the key's type.

        Raises:
            ValueError: the text is not a value of this type.
            InvalidInputException: the type is unknown.
        """
        kind = self.type.partition("(")[0].strip().lower()
        if kind in _TEXTS:
            return text
        if kind in _INTEGERS:
            return _converted(int, text, f'"{text}" is not an integer.')
        if kind == "decimal":
            return _converted(Decimal, text, f"{text} is not a decimal.")
        if kind == "date":
            return _converted(date.fromisoformat, text, f"{text} is not a date.")
        if kind == "timestamp":
            problem = f"Timestamp format must be yyyy-mm-dd hh:mm:ss[.fffffffff] {text} is not a timestamp."
            return _converted(_nanoseconds, text, problem)
        raise InvalidInputException(f"Unknown type : '{self.type}'")

    def check_like(self) -> None:
        """Refuse LIKE for types other than text.

        Raises:
            InvalidInputException: the key is not text.
        """
        kind = self.type.partition("(")[0].strip().lower()
        if kind not in _TEXTS:
            named = "Integral" if kind in _INTEGERS else kind.capitalize()
            raise InvalidInputException(f"{named} data type doesn't support operation 'LIKE'")


@dataclass(frozen=True, slots=True)
class PartitionExpression:
    """A condition on the partitions of one table."""

    keys: tuple[Key, ...]
    condition: Condition
    used: frozenset[str]

    @classmethod
    def parse(cls, text: str, partition_keys: Sequence[Mapping[str, str]]) -> "PartitionExpression":
        """Read an expression.

        Raises:
            InvalidInputException: it is not an expression over these keys.
        """
        keys = tuple(Key(key["Name"].lower(), key.get("Type") or "string") for key in partition_keys)
        try:
            tree = _grammar().parse_string(text, parse_all=True)[0]
        except (pp.ParseException, RecursionError) as error:
            raise InvalidInputException(f"Unsupported expression '{text}'") from error
        known = {key.name: key for key in keys}
        used: set[str] = set()
        condition = _compile(tree, known, used)
        return cls(keys, condition, frozenset(used))

    def holds(self, values: Sequence[str]) -> bool:
        """Whether a partition with these values meets the condition.

        Raises:
            InvalidStateException: a stored value does not have its key's type.
        """
        row = {}
        for key, value in zip(self.keys, values, strict=False):
            if key.name in self.used:
                try:
                    row[key.name] = None if value == NULL else key.read(value)
                except ValueError as error:  # a value that is older than the key's type
                    raise InvalidStateException(str(error)) from error
        return self.condition(row) is True


def _converted(read: Callable[[str], Any], text: str, problem: str) -> Any:
    try:
        return read(text)
    except (ValueError, InvalidOperation) as error:
        raise ValueError(problem) from error


def _nanoseconds(text: str) -> int:
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise ValueError(text)
    moment = datetime.strptime(match[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1_000_000_000 + int((match[2] or "0").ljust(9, "0"))


@functools.cache
def _grammar() -> pp.ParserElement:
    """Build the grammar: it gives nested tuples whose first element names the kind."""
    pp.ParserElement.enable_packrat()  # without it, brackets within brackets take exponential time
    words = "AND OR NOT IN LIKE BETWEEN IS NULL"
    and_, or_, not_, in_, like, between, is_, null = (pp.CaselessKeyword(word) for word in words.split())
    reserved = and_ | or_ | not_ | in_ | like | between | is_ | null
    left, right = pp.Suppress("("), pp.Suppress(")")
    plain = ~reserved + pp.Word(pp.alphanums + "._")
    quoted = pp.QuotedString('"') | pp.QuotedString("`")
    name = pp.Forward()
    name <<= plain | quoted | left + name + right
    text = pp.QuotedString("'", esc_quote="''")
    number = pp.Regex(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
    typed = pp.Suppress(pp.Optional(pp.CaselessKeyword("date") | pp.CaselessKeyword("timestamp"))) + text
    literal = pp.Forward()
    literal <<= typed | number | left + literal + right
    literals = left + pp.Group(pp.DelimitedList(literal)) + right

    def node(kind: str, negated: bool = False) -> Callable[[pp.ParseResults], Any]:
        return lambda tokens: ("not", (kind, *tokens)) if negated else (kind, *tokens)

    no = pp.Suppress(not_)
    # in brackets too, `a = 1 (OR) b = 2`, as moto's tests have it
    both, either = (pp.Suppress(word | left + word + right) for word in (and_, or_))
    condition = (
        (name + pp.Suppress(is_ + null)).set_parse_action(node("null"))
        | (name + pp.Suppress(is_ + not_ + null)).set_parse_action(node("null", negated=True))
        | (name + pp.one_of(list(_COMPARE)) + literal).set_parse_action(node("compare"))
        | (name + pp.Suppress(like) + text).set_parse_action(node("like"))
        | (name + no + pp.Suppress(like) + text).set_parse_action(node("like", negated=True))
        | (name + pp.Suppress(in_) + literals).set_parse_action(node("in"))
        | (name + no + pp.Suppress(in_) + literals).set_parse_action(node("in", negated=True))
        | (name + pp.Suppress(between) + literal + pp.Suppress(and_) + literal).set_parse_action(node("between"))
        | (name + no + pp.Suppress(between) + literal + pp.Suppress(and_) + literal).set_parse_action(
            node("between", negated=True)
        )
    )
    return pp.infix_notation(
        condition,
        [
            (pp.Suppress(not_), 1, pp.OpAssoc.RIGHT, lambda tokens: ("not", tokens[0][0])),
            (both, 2, pp.OpAssoc.LEFT, lambda tokens: ("and", *tokens[0])),
            (either, 2, pp.OpAssoc.LEFT, lambda tokens: ("or", *tokens[0])),
        ],
    )


def _compile(tree: Any, keys: Mapping[str, Key], used: set[str]) -> Condition:
    while isinstance(tree, pp.ParseResults):  # pyparsing 3.3.3 puts each operand into one, 3.3.2 does not
        tree = tree[0]
    kind, *operands = tree
    if kind == "not":
        inner = _compile(operands[0], keys, used)
        return lambda row: None if (truth := inner(row)) is None else not truth
    if kind in ("and", "or"):
        parts = [_compile(operand, keys, used) for operand in operands]
        return functools.partial(_all if kind == "and" else _any, parts)
    name, *rest = operands
    if name.lower() not in keys:
        raise InvalidInputException("Invalid partition expression!")
    key = keys[name.lower()]
    used.add(key.name)
    test = _test(kind, key, rest)

    def holds(row: Row) -> Truth:
        value = row.get(key.name)
        if kind == "null":
            return value is None
        return None if value is None else test(value)

    return holds


def _test(kind: str, key: Key, operands: Sequence[Any]) -> Callable[[Any], bool]:
    """Build the test of one value that is not NULL."""
    if kind == "null":
        return lambda value: value is None
    if kind == "like":
        key.check_like()
        pattern = re.compile(re.escape(operands[0]).replace("%", ".*").replace("_", "."), re.DOTALL)
        return lambda value: pattern.fullmatch(value) is not None
    if kind == "compare":
        compare, literal = _COMPARE[operands[0]], _literal(key, operands[1])
        return lambda value: compare(value, literal)
    if kind == "in":
        allowed = [_literal(key, each) for each in operands[0]]
        return lambda value: value in allowed
    least, most = _literal(key, operands[0]), _literal(key, operands[1])
    return lambda value: bool(least <= value <= most)


def _literal(key: Key, text: str) -> Any:
    try:
        return key.read(text)
    except ValueError as error:
        raise InvalidInputException(str(error)) from error


def _all(parts: Sequence[Condition], row: Row) -> Truth:
    truths = [part(row) for part in parts]
    if False in truths:
        return False
    return None if None in truths else True


def _any(parts: Sequence[Condition], row: Row) -> Truth:
    truths = [part(row) for part in parts]
    if True in truths:
        return True
    return None if None in truths else False
