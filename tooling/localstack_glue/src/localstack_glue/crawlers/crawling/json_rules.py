"""The JSON classifiers, built-in and custom, as functions of a sample (G14)."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from localstack_glue.crawlers.crawling.hive_types import Array, JsonTypeGatherer, Struct, render
from localstack_glue.crawlers.crawling.sampling import SAMPLE_BYTES, Sample
from localstack_glue.crawlers.crawling.schema import Column, FileSchema, as_columns

SERDE = "org.openx.data.jsonserde.JsonSerDe"
ALL = None  # the step of a JsonPath that goes to each element of an array
Steps = tuple[str | None, ...]
_STEP = re.compile(r"\.(\w[\w-]*)|\['([^']+)'\]|(\[\*\])")
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder(strict=False)


class MoreNeededError(Exception):
    """The sample ends before the first record does."""


@dataclass(frozen=True, slots=True)
class JsonClassifier:
    """A custom JSON classifier (G16): the path of the records in a document."""

    name: str
    json_path: str
    steps: Steps | None  # None if the path is not supported

    @classmethod
    def from_definition(cls, definition: Mapping[str, Any]) -> "JsonClassifier":
        """Read the API's JsonClassifier."""
        path = definition.get("JsonPath") or "$"
        return cls(definition["Name"], path, parse_path(path))


def parse_path(path: str) -> Steps | None:
    """Read a JsonPath of names and `[*]`, such as `$[*]` or `$.a[*]`; None if it has anything else."""
    if not path.startswith("$"):
        return None
    steps: list[str | None] = []
    position = 1
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            return None
        steps.append(ALL if step[3] else step[1] or step[2])
        position = step.end()
    return tuple(steps)


def classify(sample: Sample, classifier: JsonClassifier | None = None) -> FileSchema | None:
    """Recognise JSON documents, one or several after another, or return None.

    Raises:
        MoreNeededError: the sample ends within the first record.
    """
    text = sample.text.lstrip(" \t\r\n")
    if not text.startswith(("{", "[")) or (classifier and classifier.steps is None):
        return None
    # without a path, an array is one record with one column, as on AWS
    is_array = classifier is None and text.startswith("[")
    steps = (classifier.steps if classifier else None) or ((ALL,) if is_array else ())
    records, end = 0, 0
    gatherer = JsonTypeGatherer()
    try:
        for value, position in _Walker(text).records(steps):
            if not is_array and not isinstance(value, dict):
                return None
            records, end = records + 1, position
            gatherer.observe(value)
            if position > SAMPLE_BYTES:
                break  # a longer sample is for the first record; the schema needs no more
    except (ValueError, IndexError):  # not JSON, or cut off
        if sample.is_whole:
            return None
        if not records:
            raise MoreNeededError from None
    except RecursionError:
        return None
    found = gatherer.result()
    if is_array:
        columns: tuple[Column, ...] = (Column("array", render(Array(found))),)
        names: tuple[str, ...] = ("array",)
    elif isinstance(found, Struct):
        names = tuple(name for name, _ in found.fields)
        columns = as_columns((name, render(kind)) for name, kind in found.fields)
    else:
        return None
    if not columns:
        return None
    return FileSchema(
        classification="json",
        columns=columns,
        compression=sample.compression,
        json_path=classifier.json_path if classifier else None,
        json_names=names,
        serde=SERDE,
        average_record_bytes=max(1, end // max(1, records)),
        sampled_records=records,
    )


class _Walker:
    """Walks through documents that may be truncated."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0

    def records(self, steps: Steps) -> Iterator[tuple[object, int]]:
        """Yield each value that the steps lead to, and where it ends; raise ValueError or IndexError at the cut."""
        self._skip_space()
        while self._position < len(self._text):
            yield from self._follow(steps)
            self._skip_space()

    def _follow(self, steps: Steps) -> Iterator[tuple[object, int]]:
        if not steps:
            value = self._value()
            yield value, self._position
        elif steps[0] is ALL:
            for _ in self._members("[", "]"):
                yield from self._follow(steps[1:])
        else:
            for name in self._members("{", "}"):
                if name == steps[0]:
                    yield from self._follow(steps[1:])
                else:
                    self._value()

    def _members(self, opening: str, closing: str) -> Iterator[str | None]:
        """Stop before each member of an object or array; the consumer moves on past its value."""
        if self._text[self._position] != opening:
            self._value()  # the path leads elsewhere: nothing here
            return
        self._position += 1
        self._skip_space()
        if self._text[self._position] == closing:
            self._position += 1
            return
        while True:
            name = None
            if opening == "{":
                if self._text[self._position] != '"':
                    raise ValueError("a member needs a name")
                name = str(self._value())
                self._expect(":")
            yield name
            self._skip_space()
            if self._text[self._position] == closing:
                self._position += 1
                return
            self._expect(",")

    def _value(self) -> object:
        value, self._position = _DECODER.raw_decode(self._text, self._position)
        return value

    def _expect(self, char: str) -> None:
        self._skip_space()
        if self._text[self._position] != char:
            raise ValueError(f"{char} expected")
        self._position += 1
        self._skip_space()

    def _skip_space(self) -> None:
        if space := _SPACE.match(self._text, self._position):
            self._position = space.end()
