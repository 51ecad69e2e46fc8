"""LazySimpleSerDe: delimited text, in which a value that is not of its type is null."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localstack_glue.serdes.types import TEXTS, HiveType
from localstack_glue.serdes.values import value_reader

_DEFAULT_DELIMITERS = [chr(code) for code in range(1, 9)]
_ENDS = {"n": "\n", "r": "\r"}


@dataclass(frozen=True)
class LazySimple:
    """A table's parameters for its text.

    Attributes:
        delimiters: by nesting level: of fields, of collections, of map keys, and so on.
        escape: makes the next character an ordinary one; empty for none.
        null: the text of null.
        takes_rest: whether the last column takes the rest of its line.
        encoding: of the text.
    """

    delimiters: Sequence[str]
    escape: str
    null: str
    takes_rest: bool
    encoding: str

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, str]) -> "LazySimple":
        """Read the SerDe's parameters."""
        delimiters = list(_DEFAULT_DELIMITERS)
        delimiters[0] = _character(
            parameters.get("field.delim") or parameters.get("serialization.format"), delimiters[0]
        )
        # Hive 1 wrote the name with two letters changed
        collection = parameters.get("collection.delim") or parameters.get("colelction.delim")
        delimiters[1] = _character(collection, delimiters[1])
        delimiters[2] = _character(parameters.get("mapkey.delim"), delimiters[2])
        return cls(
            delimiters,
            _character(parameters["escape.delim"], "\\") if "escape.delim" in parameters else "",
            parameters.get("serialization.null.format", "\\N"),
            parameters.get("serialization.last.column.takes.rest", "").lower() == "true",
            parameters.get("serialization.encoding") or "utf-8",
        )

    def fields(self, lines: Iterable[str], count: int) -> Iterator[list[str | None]]:
        """The raw fields of each line, as many as the table has columns; None for null and for missing fields."""
        for line in self._joined(lines) if self.escape else lines:
            found: list[str | None] = [
                None if field == self.null else field
                for field in self._split(line, 0, count if self.takes_rest else None)[:count]
            ]
            yield found + [None] * (count - len(found))

    def value(self, text: str, kind: HiveType, level: int = 1) -> Any:
        """A field as a value of its type."""
        if kind.kind == "array":
            items = self._split(text, level) if text else []
            return [self._part(item, kind.children[0], level + 1) for item in items]
        if kind.kind == "map":
            return self._map(text, kind, level)
        if kind.kind == "struct":
            parts: list[str | None] = [*self._split(text, level)]
            parts += [None] * (len(kind.children) - len(parts))
            return {
                name: None if part is None else self._part(part, child, level + 1)
                for name, child, part in zip(kind.names, kind.children, parts, strict=False)
            }
        return self.reader(kind)(text)

    def reader(self, kind: HiveType) -> Callable[[str], Any]:
        """The function that reads a field as its type."""
        if kind.is_nested:
            return lambda text: self.value(text, kind)
        read = value_reader(kind)
        if kind.kind not in TEXTS or not self.escape:
            return read
        return lambda text: read(self._unescaped(text))

    def _map(self, text: str, kind: HiveType, level: int) -> list[tuple[Any, Any]]:
        entries: dict[Any, Any] = {}
        for item in self._split(text, level) if text else []:
            key_text, *value_text = self._split(item, level + 1, 2)
            key = self._part(key_text, kind.children[0], level + 2)
            if key is not None and key not in entries:
                entries[key] = self._part(value_text[0], kind.children[1], level + 2) if value_text else None
        return list(entries.items())

    def _part(self, text: str, kind: HiveType, level: int) -> Any:
        return None if text == self.null else self.value(text, kind, level)

    def _split(self, text: str, level: int, most: int | None = None) -> list[str]:
        delimiter = self.delimiters[min(level, len(self.delimiters) - 1)]
        if not self.escape or self.escape not in text:
            return text.split(delimiter, -1 if most is None else most - 1)
        parts: list[str] = []
        start = position = 0
        while position < len(text) and (most is None or len(parts) < most - 1):
            if text[position] == delimiter:
                parts.append(text[start:position])
                start = position + 1
            elif text[position] == self.escape:
                position += 1
            position += 1
        return [*parts, text[start:]]

    def _unescaped(self, text: str) -> str:
        if not self.escape or self.escape not in text:
            return text
        out, position = [], 0
        while position < len(text):
            char = text[position]
            if char == self.escape and position + 1 < len(text):
                position += 1
                char = _ENDS.get(text[position], text[position])
            out.append(char)
            position += 1
        return "".join(out)

    def _joined(self, lines: Iterable[str]) -> Iterator[str]:
        """Lines whose end is escaped go on in the next."""
        held = ""
        for line in lines:
            whole = held + line
            if (len(whole) - len(whole.rstrip(self.escape))) % 2:
                held = f"{whole}\n"
                continue
            held = ""
            yield whole
        if held:
            yield held.removesuffix("\n")


def _character(text: str | None, default: str) -> str:
    """A delimiter as Hive reads it: a number is a code, else the first character counts."""
    if not text:
        return default
    try:
        code = int(text)
    except ValueError:
        return text[0]
    return chr(code) if 0 <= code < 128 else text[0]
