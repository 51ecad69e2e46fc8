"""A sample of a feed that has no contract yet: the texts of its columns, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from quartal.contracts.model import FileFormat


class Declared(StrEnum):
    """The type that a typed source declares for a column."""

    BOOLEAN = "boolean"
    DATE = "date"
    INTEGER = "integer"
    MOMENT = "moment"  # a timestamp in UTC
    LOCAL_TIME = "local time"  # a timestamp without a zone
    NUMBER = "number"
    SHORT_NUMBER = "number of 32 bits"
    TEXT = "text"


@dataclass(frozen=True)
class SampledColumn:
    """A column as its source names it, and its text in each sampled row; an empty text is a missing value.

    Attributes:
        name: as in the header, the JSON object or the table; empty if it has none.
        texts: one for each row.
        declared: the type, if the source declares one.
        unread: why the job cannot read it; None if it can.
    """

    name: str
    texts: tuple[str, ...]
    declared: Declared | None = None
    unread: str | None = None

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How often each text appears, without missing values."""
        counted = Counter(self.texts)
        counted.pop("", None)
        return counted

    @cached_property
    def present(self) -> int:
        """How many rows have a text."""
        return len(self.texts) - self.texts.count("")


@dataclass(frozen=True)
class Sample:
    """Rows of a feed.

    Attributes:
        source: its name in messages.
        format: the format of its files.
        columns: in the order of the source.
        csv: the CSV dialect, in a contract's terms.
        unshown: the parts of the dialect that the rows do not show.
        is_whole: whether these are all rows.
        malformed: how many rows had a different number of values from the header, or were no JSON objects.
        malformed_example: the first of these rows.
        undecodable: rows with undecodable bytes.
        key: the primary key that the source declares.
        optional: columns that only some of several files have.
        notes: guesses made while sampling.
        files: all files of the feed; if there are many, only some were sampled.
    """

    source: str
    format: FileFormat
    columns: tuple[SampledColumn, ...]
    csv: Mapping[str, Any] = field(default_factory=dict)
    unshown: frozenset[str] = frozenset()
    is_whole: bool = True
    malformed: int = 0
    malformed_example: str = ""
    undecodable: frozenset[int] = frozenset()
    key: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows were sampled, without malformed ones."""
        return len(self.columns[0].texts) if self.columns else 0
