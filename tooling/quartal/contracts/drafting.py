"""A first contract for a CSV file, from its head: what its columns look like, and what could identify a row.

What 19 of 20 sampled values show is claimed: a feed worth a contract has bad rows, and they are what it should catch.
Key, entity and event time are guesses, and marked as such in the draft.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from quartal.contracts.linting import lint
from quartal.contracts.model import EARLIEST_DAY
from quartal.errors import ConfigurationError

SAMPLED_BYTES = 1_000_000  # what a crawler looks at too (G14)
SAMPLED_ROWS = 1_000
CLAIMED_FROM = 0.95
MAX_ENTITIES = 200
_DELIMITERS = ",;|\t"
_DATE_FORMATS = {
    "yyyy-MM-dd": "%Y-%m-%d",
    "yyyyMMdd": "%Y%m%d",
    "dd.MM.yyyy": "%d.%m.%Y",
    "dd/MM/yyyy": "%d/%m/%Y",
    "MM/dd/yyyy": "%m/%d/%Y",
    "yyyy/MM/dd": "%Y/%m/%d",
}
_OFFSET = re.compile(r"(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)")
_TIMESTAMP_FORMATS = {
    "yyyy-MM-dd'T'HH:mm:ss": "%Y-%m-%dT%H:%M:%S",
    "yyyy-MM-dd HH:mm:ss": "%Y-%m-%d %H:%M:%S",
    "dd.MM.yyyy HH:mm:ss": "%d.%m.%Y %H:%M:%S",
}
_WHOLE = r"[+-]?(?:0|[1-9][0-9]{0,17})"  # 007 is a name: as a number it would lose its zeros
_PATTERNS: dict[str, tuple[re.Pattern[str], dict[str, str]]] = {
    "boolean": (re.compile("true|false", re.IGNORECASE), {}),
    "integer": (re.compile(_WHOLE), {}),
    "number": (re.compile(rf"{_WHOLE}(?:\.[0-9]{{1,6}})?"), {}),
    "number with a comma": (re.compile(rf"{_WHOLE}(?:,[0-9]{{1,6}})?"), {"decimalSeparator": ","}),
}
_TIME_FORMATS = {"HH:mm:ss": "%H:%M:%S", "HHmmss": "%H%M%S"}
_COLUMN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ENTITY_NAME = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class SampledColumn:
    """A column and its values in the sample; empty ones count as missing."""

    name: str
    values: tuple[str, ...]
    rows: int

    @property
    def is_complete(self) -> bool:
        """Whether the rows have a value."""
        return self.rows > 0 and len(self.values) >= CLAIMED_FROM * self.rows

    @property
    def is_unique(self) -> bool:
        """Whether it could identify a row."""
        return self.is_complete and len(set(self.values)) >= CLAIMED_FROM * self.rows

    def format_among(self, formats: dict[str, str]) -> str | None:
        """The format that the values have."""
        needed = CLAIMED_FROM * len(self.values)
        fits = (name for name, pattern in formats.items() if sum(_parses(v, pattern) for v in self.values) >= needed)
        return next(fits, None) if self.values else None

    def timestamp_options(self) -> dict[str, str] | None:
        """How the contract describes its timestamps, where it holds such; without an offset they are taken for UTC."""
        matched = [(value, _OFFSET.fullmatch(value, 19)) for value in self.values]
        bare = tuple(value[:19] for value, offset in matched if offset)
        if bare and len(bare) >= CLAIMED_FROM * len(self.values):
            found = SampledColumn(self.name, bare, self.rows).format_among(_TIMESTAMP_FORMATS)
            return {"format": f"{found}XXX"} if found else None
        found = self.format_among(_TIMESTAMP_FORMATS)
        return {"format": found, "defaultTimezone": "UTC"} if found else None

    def plain_type(self) -> tuple[str, dict[str, str]] | None:
        """The type of its values, with the options to say so, where they are booleans or numbers."""
        needed = max(1.0, CLAIMED_FROM * len(self.values))
        for name, (pattern, options) in _PATTERNS.items():
            if sum(pattern.fullmatch(value) is not None for value in self.values) >= needed:
                return name.partition(" ")[0], options
        return None


@dataclass(frozen=True, slots=True)
class Sample:
    """The head of a file."""

    delimiter: str
    columns: tuple[SampledColumn, ...]

    def first(self, wanted: Callable[[SampledColumn], bool]) -> SampledColumn | None:
        """The first column that is wanted."""
        return next(filter(wanted, self.columns), None)


def read_sample(file: Path) -> Sample:
    """Read the head of a CSV file, gzipped or not.

    Raises:
        ConfigurationError: it cannot be read, is not UTF-8, or has no header with usable names.
    """
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
            text = stream.read(SAMPLED_BYTES + 1).decode("utf-8-sig", errors="strict")
    except UnicodeDecodeError as error:
        if error.start < SAMPLED_BYTES - 4:  # else a character cut in two by the end of the sample
            raise ConfigurationError(
                f"{file} is not UTF-8 (byte {error.start}).", remedy="Convert it first."
            ) from error
        text = error.object[: error.start].decode("utf-8-sig")
    except (OSError, EOFError) as error:
        raise ConfigurationError(
            f"{file} cannot be read: {error}", remedy="Name a CSV file, or one in gzip."
        ) from error
    if len(text.encode()) > SAMPLED_BYTES:
        text = text[: text.rfind("\n") + 1]  # the last row may be cut
    header_line = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header_line.count)
    rows = list(islice(csv.reader(text.splitlines(), delimiter=delimiter), SAMPLED_ROWS + 1))
    names = [name.strip() for name in rows[0]] if rows else []
    odd = [name for name in names if not _COLUMN_NAME.fullmatch(name)]
    if not names or odd or len(rows) < 2:
        found = f"the name {odd[0]!r}" if odd else "no header and rows"
        raise ConfigurationError(
            f"The first line of {file} is no header: it has {found}.",
            remedy="A contract needs a file with a header of plain names (letters, digits, '_') and some rows.",
        )
    good = [row for row in rows[1:] if len(row) == len(names)]
    return Sample(
        delimiter,
        tuple(
            SampledColumn(name, tuple(row[place] for row in good if row[place]), len(good))
            for place, name in enumerate(names)
        ),
    )


def draft(file: Path, dataset: str) -> str:
    """The text of a contract for a file, to be read and corrected by who knows the feed.

    Raises:
        ConfigurationError: see `read_sample`; or no column holds dates, none could be what features are about, or a
            column has a name that the published tables use themselves.
    """
    sample = read_sample(file)
    key = _key(sample)
    day = sample.first(lambda column: column.is_complete and column.format_among(_DATE_FORMATS) is not None)
    moment = sample.first(lambda column: column.is_complete and column.timestamp_options() is not None)
    time = sample.first(lambda column: column.is_complete and column.format_among(_TIME_FORMATS) is not None)
    if moment is not None and (day is None or time is None):
        event_time = {"timestamp": moment}
    elif day is not None:
        event_time = {"date": day} | ({"time": time} if time else {})
    else:
        raise ConfigurationError(
            f"No column of {file} holds a date in its first rows.",
            remedy="Features need the day of an event. Formats: "
            f"{', '.join([*_DATE_FORMATS, *_TIMESTAMP_FORMATS])}, these with or without an offset.",
        )
    taken = {column.name for column in (key, day, time, moment) if column is not None}
    entity = _entity(sample, taken)
    if entity is None:
        raise ConfigurationError(
            f"No column of {file} could be what features are about.",
            remedy=f"A column of text (name in lower case) with at most {MAX_ENTITIES} different values is needed.",
        )
    schema = {
        "name": dataset,
        "logicalType": "object",
        "properties": [
            _property(column, is_key=column is key, is_event=column in event_time.values()) for column in sample.columns
        ],
        "customProperties": [
            {"property": "csv", "value": {"delimiter": sample.delimiter, "header": True, "encoding": "UTF-8"}},
            {"property": "features", "value": _features(sample, entity, event_time, taken)},
        ],
    }
    head = {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": dataset.replace("_", "-"),
        "name": dataset.replace("_", " ").capitalize(),
        "version": "0.1.0",
        "status": "draft",
    }
    guesses = (
        f"primaryKey: {key.name if key else 'none found; without one no row counts as a duplicate'}",
        f"entity: {entity.name} ({len(set(entity.values))} different values in the sample)",
        f"eventTime: {' and '.join(column.name for column in event_time.values())}",
        f"days of events: from {EARLIEST_DAY} to the day after a file's upload; minimum and maximum change that",
        *(f"{c.name}: without an offset, taken for UTC" for c in sample.columns if c is not key and _zoneless(c)),
    )
    comment = [
        f"# Drafted from the first {entity.rows} rows of {file.name}. Guessed, and for you to check:",
        *(f"#   {guess}" for guess in guesses),
        "# Then: quartal contract lint, quartal contract show",
    ]
    text = "\n".join(comment) + "\n" + _yaml(head, False) + "\n" + _yaml({"schema": [schema]}, None)
    for problem in lint(text, str(file)).problems:
        raise ConfigurationError(
            f"A contract for {file} would not be sound: {problem.field}: {problem.message}.",
            remedy="Rename that column in the file, or write the contract by hand: docs/your-own-data.md.",
        )
    return text


def _key(sample: Sample) -> SampledColumn | None:
    unique = [column for column in sample.columns if column.is_unique and not column.format_among(_DATE_FORMATS)]
    named = [column for column in unique if re.search(r"id$|^id|key|number|uuid", column.name.lower())]
    return next(iter(named or unique), None)


def _entity(sample: Sample, taken: set[str]) -> SampledColumn | None:
    def could_be(column: SampledColumn) -> bool:
        different = len(set(column.values))
        return (
            column.name not in taken
            and column.is_complete
            and _ENTITY_NAME.fullmatch(column.name) is not None
            and different <= min(MAX_ENTITIES, max(1, column.rows // 2))
            and not all(_is_number(value) for value in column.values)
            and column.plain_type() is None
        )

    return sample.first(could_be)


def _property(column: SampledColumn, *, is_key: bool, is_event: bool) -> dict[str, Any]:
    drafted: dict[str, Any] = {"name": column.name, "logicalType": "string", "physicalType": "string"}
    if column.is_complete:
        drafted["required"] = True
    if is_key:
        drafted |= {"unique": True, "primaryKey": True}
    date_format, time_format = column.format_among(_DATE_FORMATS), column.format_among(_TIME_FORMATS)
    if date_format and not is_key:
        drafted["logicalType"] = "date"
        drafted["logicalTypeOptions"] = {"format": date_format}
    elif time_format and not is_key:
        drafted["logicalTypeOptions"] = {"format": time_format}
    elif not is_key and (timestamp := column.timestamp_options()):
        drafted["logicalType"] = "timestamp"
        drafted["logicalTypeOptions"] = timestamp
    elif not is_key and (plain := column.plain_type()):
        drafted["logicalType"], options = plain
        if options:
            drafted["customProperties"] = [{"property": name, "value": value} for name, value in options.items()]
    elif column.values:
        # twice what was seen: enough to catch a broken line, not so tight that tomorrow's values fail
        drafted["logicalTypeOptions"] = {"maxLength": 2 * max(map(len, column.values))}
    if is_event and drafted["logicalType"] in ("date", "timestamp"):
        drafted["logicalTypeOptions"]["minimum"] = EARLIEST_DAY.isoformat()
    return drafted


def _zoneless(column: SampledColumn) -> bool:
    return "defaultTimezone" in (column.timestamp_options() or {})


def _features(
    sample: Sample, entity: SampledColumn, event_time: dict[str, SampledColumn], taken: set[str]
) -> dict[str, Any]:
    measured = [
        column.name
        for column in sample.columns
        if column.name not in {entity.name, *taken}
        and _ENTITY_NAME.fullmatch(column.name)
        and column.format_among(_DATE_FORMATS | _TIME_FORMATS) is None
        and (column.plain_type() or ("", {}))[0] in ("integer", "number")
    ]
    measures = [{"column": name, "aggregates": ["sum", "mean", "min", "max"]} for name in measured]
    return {
        "entity": [entity.name],
        "eventTime": {part: column.name for part, column in event_time.items()},
        "grain": "day",
        "count": "events",
        **({"measures": measures} if measures else {}),
        "hourHistogram": event_time.keys() != {"date"},
        "share": True,
        "rollingMeanDays": [7, 28],
        "lagDays": [1, 7, 28],
        "toDate": "quarter",
    }


def _yaml(content: dict[str, Any], flow: bool | None) -> str:
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120, default_flow_style=flow)


def _parses(text: str, pattern: str) -> bool:
    try:
        return datetime.strptime(text, pattern).strftime(pattern) == text
    except ValueError:
        return False


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d+([.,]\d+)?", text) is not None
