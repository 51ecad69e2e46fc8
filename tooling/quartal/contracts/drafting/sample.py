"""What is seen of a feed before it has a contract: the texts of its columns, row by row."""

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
    """What a source with types says of a column."""

    BOOLEAN = "boolean"
    DATE = "date"
    INTEGER = "integer"
    MOMENT = "moment"  # a timestamp in UTC
    LOCAL_TIME = "local time"  # a timestamp without a zone
    NUMBER = "number"
    TEXT = "text"


@dataclass(frozen=True)
class SampledColumn:
    """A column as its source names it, and its text in each sampled row; an empty text is a missing value.

    Attributes:
        name: as in the header, the JSON object or the table; empty where there is none.
        texts: one for each row.
        declared: the type, of a source that has types.
        unread: why the job does not read it, if so.
    """

    name: str
    texts: tuple[str, ...]
    declared: Declared | None = None
    unread: str | None = None

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How often each text is there, missing ones left out."""
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
        source: what messages call it.
        format: what its files are.
        columns: those that the source names, in its order.
        csv: how CSV is written, as contracts say it.
        unshown: what of that would give the same rows if it were otherwise.
        is_whole: whether these are all rows.
        malformed: how many rows had another number of values than the header.
        undecodable: rows that hold bytes that are no text.
        key: what the source itself calls the key.
        optional: columns that only some of several files have.
        notes: what was guessed on the way.
        files: all of the feed, if it is of files; of many, only some were looked into.
    """

    source: str
    format: FileFormat
    columns: tuple[SampledColumn, ...]
    csv: Mapping[str, Any] = field(default_factory=dict)
    unshown: frozenset[str] = frozenset()
    is_whole: bool = True
    malformed: int = 0
    undecodable: frozenset[int] = frozenset()
    key: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows were sampled, without those of another number of values."""
        return len(self.columns[0].texts) if self.columns else 0
