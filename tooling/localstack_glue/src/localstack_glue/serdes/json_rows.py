"""The JSON SerDes: OpenX's, which is lenient with types, and Hive's own, which is not (G37)."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from localstack_glue.serdes import values
from localstack_glue.serdes.errors import BadDataError, MalformedRowError
from localstack_glue.serdes.java_numbers import double_text
from localstack_glue.serdes.types import INTEGER_BITS, TEXTS, HiveType

_OFFSET = re.compile(r"(.+)([+-]\d{2}):?(\d{2})", re.ASCII)
_NUMERIC_TIME = re.compile(r"[+-]?\d*\.?\d+", re.ASCII)
_MILLISECONDS_DIGITS = 13
_INTERNAL_NAME = re.compile(r"_col(\d+)")


class Token(str):
    """A value of JSON that stood in no quotes: a number, true or false."""

    __slots__ = ()


@dataclass(frozen=True)
class JsonRules:
    """A table's parameters for its JSON.

    Attributes:
        is_hive: whether it is Hive's SerDe, not OpenX's.
        ignores_case: whether keys and columns match in any case.
        mappings: key by column, from `mapping.<column>`.
        dots: whether a dot in a key stands for an underscore in a column's name.
        skips_malformed: whether a line that is not JSON is a row of nulls.
    """

    is_hive: bool
    ignores_case: bool
    mappings: Mapping[str, str]
    dots: bool
    skips_malformed: bool

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, str], *, is_hive: bool) -> "JsonRules":
        """Read the SerDe's parameters."""
        if is_hive:
            return cls(True, True, {}, False, False)
        ignores_case = _is_true(parameters.get("case.insensitive", "true"))
        mappings = {
            key.removeprefix("mapping.").lower(): value
            for key, value in parameters.items()
            if key.startswith("mapping.")
        }
        return cls(
            False,
            ignores_case,
            mappings,
            _is_true(parameters.get("dots.in.keys", "")),
            _is_true(parameters.get("ignore.malformed.json", "")),
        )


class JsonRows:
    """Lines of JSON as rows of a table."""

    def __init__(self, rules: JsonRules, names: Sequence[str], types: Sequence[HiveType]) -> None:
        self._rules = rules
        self._row = HiveType("struct", (), tuple(names), tuple(types))
        self._is_array_table = len(names) == 1 and names[0].lower() == "array" and types[0].kind == "array"
        self._decoder = json.JSONDecoder(
            parse_int=Token, parse_float=Token, parse_constant=Token, strict=False, object_pairs_hook=self._object
        )

    def values(self, lines: Iterable[str]) -> Iterator[list[Any]]:
        """The values of each line, in the order of the columns."""
        for line in lines:
            yield self._line(line.strip())

    def _line(self, line: str) -> list[Any]:
        nothing: list[Any] = [None] * len(self._row.names)
        is_row = line.startswith("{") or (line.startswith("[") and not self._rules.is_hive)
        if not is_row and not self._rules.is_hive:
            return nothing
        try:
            if not is_row:
                raise MalformedRowError("Invalid JSON: start of object expected")
            found = self._decoder.decode(line)
        except (ValueError, RecursionError, MalformedRowError) as error:
            if self._rules.skips_malformed:
                return nothing
            raise MalformedRowError(f"Row is not a valid JSON Object - JSONException: {error}") from error
        if self._is_array_table and isinstance(found, list):
            return [self._value(found, self._row.children[0])]
        return list(self._struct(found, self._row).values())

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if not self._rules.is_hive:
            seen = {key.lower() for key in found} if self._rules.ignores_case else set(found)
            if len(seen) < len(pairs):
                keys = [key.lower() if self._rules.ignores_case else key for key, _ in pairs]
                twice = next(key for key in keys if keys.count(key) > 1)
                raise MalformedRowError(f'Duplicate key "{twice}"')
        return found

    def _struct(self, value: Any, kind: HiveType) -> dict[str, Any]:
        """The fields of an object by the type's names."""
        if isinstance(value, dict):
            find = self._finder(value)
            return {
                name: self._value(find(name, number), child)
                for number, (name, child) in enumerate(zip(kind.names, kind.children, strict=True))
            }
        if self._rules.is_hive:
            raise BadDataError("Invalid JSON: start of object expected")
        if isinstance(value, list):
            padded = value + [None] * (len(kind.names) - len(value))
            pairs = zip(kind.names, kind.children, padded, strict=False)
            return {name: self._value(part, child) for name, child, part in pairs}
        if not value.strip():
            return dict.fromkeys(kind.names)
        raise BadDataError("Primitive can not be coerced to a ROW")

    def _finder(self, value: dict[str, Any]) -> Callable[[str, int], Any]:
        rules = self._rules
        keys = {key.lower(): item for key, item in value.items()} if rules.ignores_case else value
        if rules.is_hive:
            # `_col3` is the fourth column, independently of its name
            by_number = {int(found[1]): item for key, item in value.items() if (found := _INTERNAL_NAME.fullmatch(key))}
            return lambda name, number: keys.get(name.lower(), by_number.get(number))
        dotted = {key.replace(".", "_"): item for key, item in keys.items() if "." in key} if rules.dots else {}

        def find(name: str, _number: int) -> Any:
            lower = name.lower()
            key = rules.mappings.get(lower, lower)
            key = key.lower() if rules.ignores_case else key
            return keys[key] if key in keys else dotted.get(lower)

        return find

    def _value(self, value: Any, kind: HiveType) -> Any:
        if value is None:
            return None
        if kind.kind == "struct":
            return self._struct(value, kind)
        if kind.kind == "array":
            return self._array(value, kind)
        if kind.kind == "map":
            return self._map(value, kind)
        if isinstance(value, bool):
            value = Token("true" if value else "false")
        if kind.kind in TEXTS:
            if self._rules.is_hive and not isinstance(value, str):
                raise BadDataError(f"Invalid JSON: {kind.kind} value must be a scalar json value")
            return values.cut(self._text(value), kind)
        if not isinstance(value, str):
            raise BadDataError(f"{'JSON object' if isinstance(value, dict) else 'JSON array'} can not be coerced to a "
                               f"{kind.kind.upper()}")  # fmt: skip
        found = self._scalar(value, kind)
        if found is None:
            raise BadDataError(f"Error parsing field value '{value}': it is not of type {kind.kind}")
        return found

    def _scalar(self, text: str, kind: HiveType) -> Any:
        name = kind.kind
        if name == "boolean":
            return text.lower() == "true"
        if name in INTEGER_BITS:
            if self._rules.is_hive and not isinstance(text, Token):
                return None
            return _integer(text, INTEGER_BITS[name])
        if name == "timestamp" and not self._rules.is_hive:
            return _moment(text)
        if self._rules.is_hive and name in ("float", "double") and not isinstance(text, Token):
            return None
        if self._rules.is_hive and name == "binary":
            return text.encode()
        return values.value_reader(kind)(text)

    def _array(self, value: Any, kind: HiveType) -> list[Any] | None:
        if isinstance(value, list):
            return [self._value(item, kind.children[0]) for item in value]
        if self._rules.is_hive:
            raise BadDataError("Invalid JSON: start of array expected")
        return None if value == "" else [self._value(value, kind.children[0])]

    def _map(self, value: Any, kind: HiveType) -> list[tuple[Any, Any]] | None:
        if isinstance(value, str) and not self._rules.is_hive and not value.strip():
            return None
        if not isinstance(value, dict):
            raise BadDataError(f"{type(value).__name__} can not be coerced to a MAP")
        key_kind, value_kind = kind.children
        # keys are texts for values of any type
        found = {self._value(Token(key) if key_kind.kind not in TEXTS else key, key_kind): item
                 for key, item in value.items()}  # fmt: skip
        return [(key, self._value(item, value_kind)) for key, item in found.items()]

    def _text(self, value: Any) -> str:
        if isinstance(value, Token):
            return _canonical(value)
        return value if isinstance(value, str) else _json(value)


def _integer(text: str, bits: int) -> int | None:
    """Whole numbers, hexadecimal ones, octal ones that begin with 0; decimals are cut off."""
    if re.fullmatch(r"0[xX][0-9a-fA-F]+", text):
        return values.integer(str(int(text, 16)), bits)
    if re.fullmatch(r"0[0-7]+", text):
        return values.integer(str(int(text, 8)), bits)
    whole = values.integer(text, bits)
    if whole is None and (number := values.double(text)) is not None and number == number and abs(number) < 1e20:
        return values.integer(str(int(Decimal(text))), bits)
    return whole


def _moment(text: str) -> datetime | None:
    if ":" in text[1:]:
        zone = UTC if text[-1:] in "zZ" else None
        if zone is not None:
            return values.moment(text[:-1])
        if offset := _OFFSET.fullmatch(text):
            found = datetime.strptime(f"{offset[2]}{offset[3]}", "%z").utcoffset()
            local = values.moment(offset[1])
            return None if local is None or found is None else local - found
        return values.moment(text)
    if not _NUMERIC_TIME.fullmatch(text):
        return None
    if "." in text:
        return values.of_milliseconds(int(Decimal(text) * 1000))
    return values.of_milliseconds(int(text) if len(text) >= _MILLISECONDS_DIGITS else int(text) * 1000)


def _canonical(token: str) -> str:
    return double_text(float(token)) if re.search(r"[.eE]", token) and token not in ("true", "false") else token


def _json(value: Any) -> str:
    """JSON text without blanks, with numbers as written."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Token):
        return _canonical(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{','.join(_json(item) for item in value)}]"
    return f"{{{','.join(f'{json.dumps(key, ensure_ascii=False)}:{_json(item)}' for key, item in value.items())}}}"


def _is_true(text: str) -> bool:
    return text.lower() == "true"
