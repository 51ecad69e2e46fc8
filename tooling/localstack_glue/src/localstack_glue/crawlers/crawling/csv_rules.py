"""The CSV classifiers, built-in (G15) and custom (G16), as functions of a sample."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localstack_glue.crawlers.crawling.hive_types import STRING
from localstack_glue.crawlers.crawling.sampling import LARGE_SAMPLE_BYTES, Sample
from localstack_glue.crawlers.crawling.schema import MAX_COLUMNS, Column, FileSchema, column_name, unique_column_name
from localstack_glue.crawlers.crawling.typing_rules import infer, infer_type

DELIMITERS = (",", "|", "\t", ";", "\u0001")
MAX_RECORDS = 1000
MAX_HEADER_CELL = 149
MIN_SAME_WIDTH = 0.7  # of the rows must have as many columns as most have; real feeds have broken rows
LAZY_SERDE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN_CSV_SERDE = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
_COLUMN_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,255}")
# a value may be as long as a sample: with csv's own limit of 131,072 characters, a file would not count as CSV
csv.field_size_limit(LARGE_SAMPLE_BYTES)
_CUSTOM_TYPES = {"INT": "int", "LONG": "bigint", "SHORT": "smallint"}


@dataclass(frozen=True, slots=True)
class CsvClassifier:
    """A custom CSV classifier (G16)."""

    name: str
    delimiter: str | None = None
    quote_symbol: str | None = None
    contains_header: str = "UNKNOWN"
    header: tuple[str, ...] = ()
    trims_values: bool = True
    allows_single_column: bool = False
    datatypes: tuple[str, ...] = ()
    serde: str | None = None

    @classmethod
    def from_definition(cls, definition: Mapping[str, Any]) -> "CsvClassifier":
        """Read the API's CsvClassifier."""
        datatypes = definition.get("CustomDatatypes") or () if definition.get("CustomDatatypeConfigured") else ()
        return cls(
            name=definition["Name"],
            delimiter=definition.get("Delimiter") or None,
            quote_symbol=definition.get("QuoteSymbol") or None,
            contains_header=definition.get("ContainsHeader") or "UNKNOWN",
            header=tuple(definition.get("Header") or ()),
            trims_values=definition.get("DisableValueTrimming") is False,  # the API reference: "default value is true"
            allows_single_column=bool(definition.get("AllowSingleColumn")),
            datatypes=tuple(datatypes),
            serde=definition.get("Serde"),
        )


@dataclass(frozen=True, slots=True)
class _Layout:
    """A file as rows, if it has one delimiter.

    Attributes:
        first: the first record, of any width.
        first_lines: the number of the file's lines to its end; 1 if it is the first line, as a header should be.
        is_uniform: whether all records have the same number of columns.
        rows: the records of the width that most have.
    """

    delimiter: str
    quote: str
    width: int
    first: list[str]
    first_lines: int
    is_uniform: bool
    rows: list[list[str]]


def classify_builtin(sample: Sample) -> FileSchema | None:
    """Recognise CSV by the built-in rules (G15), or return None.

    Values are not trimmed: LazySimpleSerDe, which reads the table, finds no number in one with blanks around it.
    """
    layouts = [_layout(sample, delimiter, '"', min_width=2, trims=False) for delimiter in DELIMITERS]
    layout = _best([layout for layout in layouts if layout is not None and len(layout.rows) >= 2])
    if layout is None:
        return None
    has_header = _may_have_header(layout) and is_header(_padded(layout))
    names = [name.strip() for name in layout.first] if has_header else ()
    return _schema(sample, layout, has_header=has_header, names=names)


def _best(layouts: Sequence[_Layout]) -> _Layout | None:
    """The delimiter that fits all records, or else most: `1;1,5` has two columns with each of two delimiters.

    Of several, the one with the most columns; for equal numbers, the first in AWS's order.
    """
    return max(layouts, key=lambda layout: (layout.is_uniform, layout.width), default=None)


def classify_custom(sample: Sample, classifier: CsvClassifier) -> FileSchema | None:
    """Apply a custom classifier, or return None if it does not match the file (G16)."""
    delimiters = [classifier.delimiter] if classifier.delimiter else DELIMITERS
    min_width = 1 if classifier.allows_single_column else 2
    quote = classifier.quote_symbol or '"'
    layouts = [_layout(sample, delimiter, quote, min_width, trims=classifier.trims_values) for delimiter in delimiters]
    layout = _best([layout for layout in layouts if layout is not None and layout.rows])
    if layout is None or (classifier.header and len(classifier.header) != layout.width):
        return None
    if classifier.contains_header == "UNKNOWN":
        is_named_row = [cell.lower() for cell in layout.first] == [name.lower() for name in classifier.header]
        has_header = _may_have_header(layout) and (is_named_row or is_header(_padded(layout)))
    else:
        has_header = classifier.contains_header == "PRESENT"
    names = classifier.header or (layout.first if has_header else ())
    return _schema(sample, layout, has_header=has_header, names=names, custom=classifier)


def _may_have_header(layout: _Layout) -> bool:
    """Whether the first record is the first line, and has a name for each column; rows may lack their last values."""
    return layout.first_lines == 1 and len(layout.first) >= layout.width


def _padded(layout: _Layout) -> list[list[str]]:
    """The rows as wide as the first record, which is the first of them."""
    missing = [""] * (len(layout.first) - layout.width)
    return [layout.first, *(row + missing for row in (layout.rows if missing else layout.rows[1:]))]


def is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Decide whether the first row names the columns (G15). If all columns are strings, it does not."""
    if len(rows[0]) > 1 and not any(row[-1].strip() for row in rows):
        rows = [row[:-1] for row in rows]  # a delimiter at the end of each line
    first, rest = rows[0], rows[1:]
    if any(infer_type(cell) != STRING or not _COLUMN_NAME.fullmatch(cell) for cell in first):
        return False
    if any(len(cell) > MAX_HEADER_CELL for cell in first[:-1]):
        return False
    return any(infer(_cells(rest, position)) != STRING for position in range(len(first)))


def _layout(sample: Sample, delimiter: str, quote: str, min_width: int, trims: bool = True) -> _Layout | None:
    lines = [line for line in sample.text_lines if line.strip()]
    # a quote can hold a line's end: the reader may take several lines for one record
    rows = _records(lines, delimiter, quote)
    if not rows:
        return None
    width, count = Counter(len(row) for row in rows).most_common(1)[0]
    if not min_width <= width <= MAX_COLUMNS or count < MIN_SAME_WIDTH * len(rows):
        return None
    if "\x00" in "".join(rows[0]):
        return None  # binary
    if trims:
        rows = [[cell.strip() for cell in row] for row in rows]
    return _Layout(
        delimiter,
        quote,
        width,
        first=rows[0],
        first_lines=_lines_of_first(sample.text_lines, delimiter, quote),
        is_uniform=count == len(rows),
        rows=[row for row in rows if len(row) == width],
    )


def _lines_of_first(lines: Sequence[str], delimiter: str, quote: str) -> int:
    blank = next(number for number, line in enumerate(lines) if line.strip())
    reader = csv.reader(lines[blank:], delimiter=delimiter, quotechar=quote)
    next(reader)
    return blank + reader.line_num


def _records(lines: Iterable[str], delimiter: str, quote: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(lines, delimiter=delimiter, quotechar=quote):
            rows.append(row)
            if len(rows) > MAX_RECORDS:
                break
    except csv.Error:
        return rows if len(rows) > 1 else []
    return rows


def _schema(
    sample: Sample,
    layout: _Layout,
    *,
    has_header: bool,
    names: Sequence[str],
    custom: CsvClassifier | None = None,
) -> FileSchema:
    is_apart = len(layout.first) != layout.width  # the first record is not among the rows
    if has_header:
        data = layout.rows if is_apart else layout.rows[1:]
    else:
        data = [layout.first, *layout.rows] if is_apart else layout.rows
    columns = _columns(names, max(layout.width, len(names)), data, custom.datatypes if custom else ())
    serde = OPEN_CSV_SERDE if custom and custom.serde == "OpenCSVSerDe" else LAZY_SERDE
    lines, quoted = sample.text_lines, f"{layout.delimiter}{layout.quote}"
    return FileSchema(
        classification="csv",
        columns=columns,
        compression=sample.compression,
        has_header=has_header,
        header_lines=layout.first_lines,
        delimiter=layout.delimiter,
        quote=layout.quote,
        is_quoted=any(line.startswith(layout.quote) for line in lines[:MAX_RECORDS]),
        has_quotes=any(quoted in f"{layout.delimiter}{line}" for line in lines[:MAX_RECORDS]),
        serde=serde,
        average_record_bytes=max(1, round(sum(len(line.encode()) for line in lines) / max(1, len(lines)))),
        sampled_records=len(data),
    )


def _columns(
    names: Sequence[str], width: int, rows: Sequence[Sequence[str]], datatypes: Sequence[str]
) -> tuple[Column, ...]:
    columns: list[Column] = []
    taken: set[str] = set()
    for position in range(width):
        name = column_name(names[position] if position < len(names) else "", position)
        name = unique_column_name(name, position, taken)
        taken.add(name)
        if position < len(datatypes):
            kind = _CUSTOM_TYPES.get(datatypes[position].upper(), datatypes[position].lower())
        else:
            kind = infer(_cells(rows, position))
        columns.append(Column(name, kind))
    return tuple(columns)


def _cells(rows: Iterable[Sequence[str]], position: int) -> Iterable[str]:
    return (row[position] for row in rows if position < len(row))
