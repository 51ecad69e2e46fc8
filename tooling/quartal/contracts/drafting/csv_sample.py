"""A sample of a CSV file: its encoding, delimiter, quotes and header, told by what it holds."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from quartal.contracts.drafting.file_pieces import Pieces
from quartal.contracts.drafting.sample import Sample, SampledColumn
from quartal.contracts.model import FileFormat
from quartal.core.errors import ConfigurationError

_USUAL, _RARE = ",;\t|", ":^~#!\x01\x1f "
_HEAD_CHARACTERS = 400_000
_HEAD_ROWS = 1_000
_LONGEST_VALUE = 50_000_000
_DATA = re.compile(
    r"[+-]?[\d.,]*\d[\d.,]*([eE][+-]?\d+)?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*|\d{1,2}:\d\d.*|(?i:true|false|na|nan|null)|"
)


@dataclass(frozen=True, slots=True)
class _Dialect:
    delimiter: str
    quote: str
    escape: str | None

    def rows_of(self, text: str) -> list[list[str]]:
        csv.field_size_limit(min(_LONGEST_VALUE, sys.maxsize))  # a text of any length is a value
        reader = csv.reader(
            io.StringIO(text, newline=""),
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar=self.escape,
            doublequote=self.escape is None,
        )
        return [row for row in reader if row]


def csv_sample(path: Path, pieces: Pieces) -> Sample:
    """The sample that pieces of a CSV file hold.

    Raises:
        ConfigurationError: they are no text in an encoding that contracts know, or no table.
    """
    encoding, texts, undecodable, notes = _decoded(path, pieces)
    if not texts[0].strip():
        raise ConfigurationError(
            f"{path} has no header and rows: it is empty.", remedy="Draft from a file that holds some rows of the feed."
        )
    dialect = _dialect(texts[0][:_HEAD_CHARACTERS])
    rows, multi_line = _rows(texts, dialect)
    widths = Counter(map(len, rows))
    width = widths.most_common(1)[0][0]
    first = rows[0]
    if len(first) != width:
        _refuse_first_line(path, first, width, dialect)
    has_header = _is_header(first, rows[1:_HEAD_ROWS], path)
    good = [row for row in rows[has_header:] if len(row) == width]
    if has_header:  # the job takes each line that is the header for one
        good = [row for row in good if row != first]
    if not good:
        raise ConfigurationError(
            f"{path} has no header and rows: it holds {first[:5]!r} and no row below.",
            remedy="Draft from a file that holds some rows of the feed.",
        )
    names = [name.strip() for name in first] if has_header else [f"column_{n}" for n in range(1, width + 1)]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise ConfigurationError(
            f"Column {', '.join(twice)} appears twice in the header of {path}.",
            remedy="Rename one: values are found by the names of columns.",
        )
    if not has_header:
        notes.append("the file has no header: column_1, column_2 and so on are names to replace")
    columns = tuple(SampledColumn(name, texts_) for name, texts_ in zip(names, zip(*good, strict=True), strict=True))
    form: dict[str, object] = {"delimiter": dialect.delimiter, "header": has_header, "encoding": encoding}
    form |= {"quoteSymbol": dialect.quote} if dialect.quote != '"' else {}
    form |= {"multiLine": True} if multi_line else {}
    form |= {"escape": dialect.escape} if dialect.escape else {}
    return Sample(
        str(path),
        FileFormat.CSV,
        columns,
        csv=form,
        is_whole=pieces.is_whole,
        malformed=len(rows) - has_header - len(good) if has_header else len(rows) - len(good),
        undecodable=undecodable,
        notes=tuple(notes),
    )


def _decoded(path: Path, pieces: Pieces) -> tuple[str, list[str], int, list[str]]:
    """Encoding, texts, how many lines are none, and what was guessed."""
    beginning = pieces.contents[0][:4096]
    if beginning.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in beginning:
        raise ConfigurationError(
            f"{path} is not UTF-8: it is UTF-16, or no text at all.",
            remedy="Write it as UTF-8: `iconv -f UTF-16 -t UTF-8 FILE > NEW`.",
        )
    try:
        return "UTF-8", [content.decode("utf-8-sig") for content in pieces.contents], 0, []
    except UnicodeDecodeError:
        lines = [line for content in pieces.contents for line in content.splitlines()]
        wrong = [line for line in lines if not _is_utf8(line)]
        foreign = sum(not line.isascii() for line in lines) - len(wrong)
    if foreign > len(wrong):  # UTF-8 with damaged rows
        texts = [content.decode("utf-8-sig", errors="replace") for content in pieces.contents]
        return "UTF-8", texts, len(wrong), []
    told = "encoding: ISO-8859-1, as it is not UTF-8"
    if any(0x80 <= byte < 0xA0 for line in wrong for byte in line):
        told += "; some characters are those of Windows (a euro sign, curly quotes), which `iconv -f CP1252` keeps"
    return "ISO-8859-1", [content.decode("iso-8859-1") for content in pieces.contents], 0, [told]


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _dialect(head: str) -> _Dialect:
    """The delimiter that cuts most lines into as many values, and the quotes around some of them."""
    quote = "'" if '"' not in head and len(re.findall(r"(?m)(?:^|[,;\t|])'[^'\n]*'(?:[,;\t|]|$)", head)) > 2 else '"'
    plain = _delimited(head, quote, None)
    if rf"\{quote}" not in head:
        return plain
    escaped = _delimited(head, quote, "\\")
    return escaped if _consistency(head, escaped) > _consistency(head, plain) else plain


def _delimited(head: str, quote: str, escape: str | None) -> _Dialect:
    for candidates in (_USUAL, _RARE):
        scored = [(_consistency(head, _Dialect(each, quote, escape)), each) for each in candidates]
        found, best = max(scored, key=lambda each: (each[0].share > 0.8, each[0].header_fits, each[0].values))
        if found.width > 1 and found.share > 0.8:
            return _Dialect(best, quote, escape)
    found, best = max((_consistency(head, _Dialect(each, quote, escape)), each) for each in _USUAL)
    return _Dialect(best if found.width > 1 and found.share > 0.5 else ",", quote, escape)


@dataclass(frozen=True, slots=True, order=True)
class _Consistency:
    """Which part of the rows has as many values as most, how many those are, and whether the first row is one."""

    share: float
    width: int
    header_fits: bool = False

    @property
    def values(self) -> float:
        """Values in rows that fit."""
        return self.share * self.width


def _consistency(head: str, dialect: _Dialect) -> _Consistency:
    """How well a delimiter cuts rows; none of those of a single value do."""
    whole = head if len(head) < _HEAD_CHARACTERS else head[: head.rfind("\n") + 1]
    try:
        rows = dialect.rows_of(whole)[:_HEAD_ROWS]
    except csv.Error:
        return _Consistency(0.0, 1)
    if not rows:
        return _Consistency(0.0, 1)
    width, count = Counter(map(len, rows)).most_common(1)[0]
    return _Consistency(count / len(rows), width, len(rows[0]) == width) if width > 1 else _Consistency(0.0, 1)


def _rows(texts: Sequence[str], dialect: _Dialect) -> tuple[list[list[str]], bool]:
    """All rows, and whether values hold line breaks: only where rows are whole with these, and are not without."""
    whole = [row for text in texts for row in _tolerant(dialect, _ending_in_newlines(text))]
    if not any("\n" in value or "\r" in value or "\u2028" in value for row in whole for value in row):
        return whole, False
    lines = [
        row for text in texts for line in re.split(r"\r\n|\r|\n", text) if line for row in _tolerant(dialect, line)
    ]
    width = Counter(map(len, whole)).most_common(1)[0][0]
    broken, cut = (sum(len(row) != width for row in rows) for rows in (whole, lines))
    return (whole, True) if broken < cut else (lines, False)


def _ending_in_newlines(text: str) -> str:
    """The text as it is read where values may hold line breaks: a carriage return by itself ends no row then."""
    return re.sub(r"\r(?!\n)", "\u2028", text) if "\r" in text and "\n" in text else text


def _tolerant(dialect: _Dialect, text: str) -> list[list[str]]:
    try:
        return dialect.rows_of(text)
    except csv.Error:  # a quote that is not closed, in a line of its own
        return [text.split(dialect.delimiter)]


def _refuse_first_line(path: Path, first: Sequence[str], width: int, dialect: _Dialect) -> None:
    if len(first) == width - 1:
        raise ConfigurationError(
            f"The first line of {path} is no header: it names {len(first)} columns, and rows have {width} values.",
            remedy="Name the first column too. (R leaves its name out: write.csv, or write.table with col.names = NA.)",
        )
    raise ConfigurationError(
        f"The first line of {path} is no header: it has {len(first)} values between {dialect.delimiter!r}, and most "
        f"rows have {width}.",
        remedy="Take away what stands before the header: the job reads the first line as such.",
    )


def _is_header(first: Sequence[str], rows: Sequence[Sequence[str]], path: Path) -> bool:
    """Whether a first line names columns: no cell looks like the data below it."""
    good = [row for row in rows if len(row) == len(first)]
    of_data = [
        place
        for place in range(len(first))
        if good and sum(bool(_DATA.fullmatch(row[place].strip())) for row in good) > 0.9 * len(good)
    ]
    alike = [place for place in of_data if first[place].strip() and _DATA.fullmatch(first[place].strip())]
    if of_data and len(alike) > len(of_data) / 2:
        return False
    if not of_data and len(set(first)) < len(first):
        raise ConfigurationError(
            f"The first line of {path} is no header: a value is there twice, and no column holds numbers or dates.",
            remedy="Write a header, a line of names, into the file.",
        )
    return True
