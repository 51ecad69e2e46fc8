"""Sample a CSV file: detect its encoding, delimiter, quotes and header from its content."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from quartal.contracts.drafting.csv_rows import Dialect, read_lines, read_rows
from quartal.contracts.drafting.encoding import Decoded, decoded, has_no_text, without_bytes
from quartal.contracts.drafting.file_pieces import Pieces
from quartal.contracts.drafting.sample import Sample, SampledColumn
from quartal.contracts.drafting.words import MISSING
from quartal.contracts.model import FileFormat
from quartal.core.errors import ConfigurationError

_USUAL, _RARE = "\t;|,", ":^~#!\x01\x1f "  # a comma last: it is in numbers and texts as well
_HEAD_CHARACTERS = 400_000
_HEAD_ROWS = 1_000
_ERRORS = 0.02  # which part of the rows may be written wrongly
_LEAST_ROWS = 5  # that show what the second line is not
_DATA = re.compile(
    r"[+-]?[\d.,]*\d[\d.,]*([eE][+-]?\d+)?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*|\d{1,2}:\d\d.*|(?i:true|false|na|nan|null)|"
)
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")


def csv_sample(path: Path, pieces: Pieces, *, may_lack_rows: bool = False) -> Sample:
    """Sample the pieces of a CSV file.

    Args:
        path: the file.
        pieces: the parts of it that were read.
        may_lack_rows: whether a header alone is enough, because other files have rows.

    Raises:
        ConfigurationError: the pieces are not text in a supported encoding, or not a table.
    """
    content = decoded(path, pieces)
    if not content.texts[0].strip():
        raise ConfigurationError(
            f"{path} is empty: it has no header and no rows.", remedy="Draft from a file with some rows of the feed."
        )
    dialect = _dialect(content.texts[0][:_HEAD_CHARACTERS])
    rows, multi_line = _rows(content.texts, dialect)
    first = rows[0]
    width = Counter(map(len, rows)).most_common(1)[0][0]
    if len(first) != width:
        below = _line_below_comments(rows)
        if below and len(rows[below]) == width and _is_header(rows[below], rows[below + 1 : _HEAD_ROWS], path):
            _refuse_comment(path, rows[below])
        _refuse_first_line(path, first, [row for row in rows if len(row) == width], dialect)
    has_header, notes = _header(path, rows)
    if has_header:
        _refuse_titles(path, content.texts[0], rows, width)
    body = [row for row in rows[1:] if row != first] if has_header else rows  # repeated headers are left out
    whole = [row for row in body if len(row) == width]
    odd = next((dialect.delimiter.join(row) for row in body if len(row) != width), "")
    if not whole and not (has_header and may_lack_rows):
        raise ConfigurationError(
            f"{path} has no rows below its only line, {first[:5]!r}.",
            remedy="Draft from a file with some rows of the feed.",
        )
    names = _column_names(path, first) if has_header else [f"column_{n}" for n in range(1, width + 1)]
    is_text = not any(map(has_no_text, content.texts))
    undecodable = frozenset(() if is_text else (n for n, row in enumerate(whole) if any(map(has_no_text, row))))
    for number in undecodable:
        whole[number] = [without_bytes(value) for value in whole[number]]
    values = list(zip(*whole, strict=True)) or [()] * len(names)
    return Sample(
        str(path),
        FileFormat.CSV,
        tuple(SampledColumn(name, texts) for name, texts in zip(names, values, strict=True)),
        csv=_csv_options(dialect, has_header=has_header, encoding=content.encoding, multi_line=multi_line),
        unshown=_unshown(content),
        is_whole=pieces.is_whole,
        malformed=len(body) - len(whole),
        malformed_example=without_bytes(odd),
        undecodable=undecodable,
        notes=(*content.notes, *notes),
        files=(path,),
    )


def _header(path: Path, rows: Sequence[Sequence[str]]) -> tuple[bool, list[str]]:
    """Whether the first row is a header, and what the user should check about it.

    Raises:
        ConfigurationError: a later row is the header.
    """
    if not _is_header(rows[0], rows[1:_HEAD_ROWS], path):
        if rows[1:] and _is_header_too(rows[1], rows[2:_HEAD_ROWS]) and _names_all(rows[1], rows):
            raise ConfigurationError(
                f"The first line of {path} is not a header: {rows[1][:5]!r} below it names the columns.",
                remedy="Remove everything before the header: the job reads the first line as the header.",
            )
        return False, ["the file has no header: replace the names column_1, column_2 and so on"]
    below = _line_below_comments(rows)
    if below and _is_header(rows[below], rows[below + 1 : _HEAD_ROWS], path):
        _refuse_comment(path, rows[below])
    if rows[1:] and _is_header_too(rows[1], rows[2:_HEAD_ROWS]):
        return True, [
            f"check the header: the second line has no data either, {rows[1][:5]!r}. If it names the columns, remove "
            "the lines above it and draft again; if it holds units, a run quarantines it in each file"
        ]
    return True, []


def _line_below_comments(rows: Sequence[Sequence[str]]) -> int:
    return next((number for number, row in enumerate(rows) if not row[0].startswith("#")), 0)


def _refuse_comment(path: Path, header: Sequence[str]) -> None:
    raise ConfigurationError(
        f"The first line of {path} is a comment, not a header: {header[:5]!r} below it names the columns.",
        remedy="Remove everything before the header: the job reads the first line as the header.",
    )


def _refuse_titles(path: Path, text: str, rows: Sequence[Sequence[str]], width: int) -> None:
    """Raise ConfigurationError if what should be the header is an empty line, or a title above the header."""
    if text.startswith(("\n", "\r")):
        raise ConfigurationError(
            f"The first line of {path} is empty, but the job reads it as the header.",
            remedy="Remove it: sed -i 1d FILE.",
        )
    names = [name.strip() for name in rows[0] if name.strip()]
    unnamed = (place for place in range(width) if not rows[0][place].strip())
    lacking = sum(any(len(row) == width and row[place].strip() for row in rows[1:_HEAD_ROWS]) for place in unnamed)
    if len(names) == 1 and lacking > 1:
        raise ConfigurationError(
            f"The first line of {path} names one of {lacking + 1} columns, {names[0][:40]!r}: it may be a title.",
            remedy="Remove everything before the header, or name all columns: the job reads the first line as the "
            "header.",
        )


def _column_names(path: Path, header: Sequence[str]) -> list[str]:
    """The names in the header.

    Raises:
        ConfigurationError: one appears twice.
    """
    names = [without_bytes(name.strip()) for name in header]
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    if repeated:
        raise ConfigurationError(
            f"Column {', '.join(repeated)} appears twice in the header of {path}.",
            remedy="Rename one: columns are found by their names.",
        )
    return names


def _csv_options(dialect: Dialect, *, has_header: bool, encoding: str, multi_line: bool) -> dict[str, object]:
    """The form of the file in a contract's terms, without what is the default."""
    options: dict[str, object] = {"delimiter": dialect.delimiter, "header": has_header, "encoding": encoding}
    options |= {"quoteSymbol": dialect.quote} if dialect.quote != '"' else {}
    options |= {"multiLine": True} if multi_line else {}
    options |= {"escape": dialect.escape} if dialect.escape else {}
    return options


def _unshown(content: Decoded) -> frozenset[str]:
    """The parts of the format that the content does not show, because no row would change with them."""
    quotes = {mark for mark in ('"', "'") if any(mark in text for text in content.texts)}
    found = {"encoding"} if content.is_ascii else set[str]()
    found |= {"quoteSymbol"} if not quotes else set()
    has_escapes = any("\\" in text or '""' in text for text in content.texts)
    return frozenset(found | ({"escape"} if not quotes or not has_escapes else set()))


def _dialect(head: str) -> Dialect:
    """The delimiter that splits most lines into the same number of values, and the quotes around some values."""
    quote = "'" if '"' not in head and len(re.findall(r"(?m)(?:^|[,;\t|])'[^'\n]*'(?:[,;\t|]|$)", head)) > 2 else '"'
    plain = _delimited(head, quote, None)
    if rf"\{quote}" not in head:
        return plain
    escaped = _delimited(head, quote, "\\")
    of_escaped, of_plain = _consistency(head, escaped), _consistency(head, plain)
    if of_escaped == of_plain:  # "C:\" may end a value, and \"so\" is within one
        return escaped if re.search(rf"\\{quote}(?![{plain.delimiter}\r\n]|$)", head) else plain
    return escaped if of_escaped > of_plain else plain


def _delimited(head: str, quote: str, escape: str | None) -> Dialect:
    for candidates in (_USUAL, _RARE):
        scored = [(_consistency(head, Dialect(each, quote, escape)), each) for each in candidates]
        found, best = max(scored, key=lambda each: (each[0].share > 0.8, each[0].header_fits, each[0].values))
        if candidates is _RARE and not found.header_is_cut:  # it is within values: 2024-01-01 10:00
            continue
        if found.width > 1 and found.share > 0.8:
            return Dialect(best, quote, escape)
    found, best = max((_consistency(head, Dialect(each, quote, escape)), each) for each in _USUAL)
    return Dialect(best if found.width > 1 and found.share > 0.5 else ",", quote, escape)


@dataclass(frozen=True, slots=True, order=True)
class _Consistency:
    """The share of rows with the most frequent number of values, that number, and the number in the first row."""

    share: float
    width: int
    header_width: int = 0

    @property
    def header_fits(self) -> bool:
        """Whether the first row has the most frequent number of values."""
        return self.header_width == self.width

    @property
    def header_is_cut(self) -> bool:
        """Whether the first row has the most frequent number of values, or one less, as R writes it."""
        return self.header_width > 1 and self.width - self.header_width in (0, 1)

    @property
    def values(self) -> float:
        """Values in rows that fit."""
        return self.share * self.width


def _consistency(head: str, dialect: Dialect) -> _Consistency:
    """How consistently a delimiter splits rows; zero if most rows have a single value."""
    whole = head if len(head) < _HEAD_CHARACTERS else head[: head.rfind("\n") + 1]
    rows = dialect.split_rows(whole)[:_HEAD_ROWS]
    if not rows:
        return _Consistency(0.0, 1)
    width, count = Counter(map(len, rows)).most_common(1)[0]
    return _Consistency(count / len(rows), width, len(rows[0])) if width > 1 else _Consistency(0.0, 1)


def _rows(texts: Sequence[str], dialect: Dialect) -> tuple[list[list[str]], bool]:
    """All rows, and whether values contain line breaks: whether quotes then pair up, or more rows are complete."""
    of_lines = [read_rows(text, dialect, multi_line=False) for text in texts]
    lines, odd = [row for rows, _ in of_lines for row in rows], sum(count for _, count in of_lines)
    if not odd:
        return lines, False
    across = [read_rows(text, dialect, multi_line=True) for text in texts]
    odd_across = sum(count for _, count in across)
    width = Counter(len(row) for rows, _ in across for row in rows).most_common(1)[0][0]
    whole = [_without_halves(rows, width, number, len(texts)) for number, (rows, _) in enumerate(across)]
    rows = list(chain.from_iterable(whole))
    if not any("\n" in value or "\r" in value for row in rows for value in row):
        return lines, False
    swallowed = _swallowed(rows, width, dialect)
    if odd_across <= 2 * (len(texts) - 1) + _ERRORS * odd and swallowed <= odd:  # pieces of a file cut quotes apart
        return rows, True
    broken, cut = (sum(len(row) != width for row in each) for each in (rows, lines))
    return (rows, True) if broken + swallowed < cut else (lines, False)


def _without_halves(rows: list[list[str]], width: int, number: int, count: int) -> list[list[str]]:
    """The rows of a piece without those cut off at its beginning and end: a line may end within a value."""
    fit = [place for place, row in enumerate(rows) if len(row) == width]
    first = fit[0] if fit and number else 0
    last = fit[-1] if fit and number < count - 1 else len(rows) - 1
    return rows[first : last + 1]


def _swallowed(rows: Sequence[Sequence[str]], width: int, dialect: Dialect) -> int:
    """How many lines within values are rows themselves, swallowed by an unpaired quote."""
    plain = [row for row in rows[1:] if len(row) == width and not any("\n" in value for value in row)][:_HEAD_ROWS]
    of_data = [n for n in range(width) if plain and all(_DATA.fullmatch(row[n].strip()) for row in plain)]
    found = 0
    for value in (value for row in rows for value in row if "\n" in value or "\r" in value):
        for cells in read_lines(value, dialect)[1:]:
            found += len(cells) == width and all(_DATA.fullmatch(cells[n].strip()) for n in of_data)
    return found


def _refuse_first_line(path: Path, first: Sequence[str], rows: Sequence[Sequence[str]], dialect: Dialect) -> None:
    width = len(rows[0])
    if first[0].startswith("sep="):
        raise ConfigurationError(
            f"The first line of {path} is not a header: {dialect.delimiter.join(first)!r} is only for Excel.",
            remedy="Remove it: sed -i 1d FILE.",
        )
    if len(first) == width - 1 and not any(row[-1] for row in rows):
        raise ConfigurationError(
            f"The first line of {path} names {len(first)} columns, but the rows end with an extra "
            f"{dialect.delimiter!r}.",
            remedy=f"Add one to the end of the first line too: sed -i '1s/$/{dialect.delimiter}/' FILE.",
        )
    if len(first) == width - 1:
        raise ConfigurationError(
            f"The first line of {path} does not fit: it names {len(first)} columns, but the rows have {width} values.",
            remedy="Name the first column too (R omits its name; use write.csv, or write.table with col.names = NA), "
            f"or quote values that contain {dialect.delimiter!r}, with no space before the quotes.",
        )
    raise ConfigurationError(
        f"The first line of {path} is not a header: it has {len(first)} values separated by {dialect.delimiter!r}, but "
        f"most rows have {width}.",
        remedy="Remove everything before the header: the job reads the first line as the header.",
    )


def _is_header(first: Sequence[str], rows: Sequence[Sequence[str]], path: Path) -> bool:
    """Whether the first line names columns, that is, does not look like the data below it."""
    good = [row for row in rows if len(row) == len(first)]
    of_data = [
        place
        for place in range(len(first))
        if good and sum(bool(_DATA.fullmatch(row[place].strip())) for row in good) > 0.9 * len(good)
    ]
    of_days = [place for place in of_data if all(_DATE.match(row[place].strip()) for row in good)]
    if of_days and not any(first[place].strip() for place in of_days):
        return True  # days without a name, as pandas writes an index; the names beside it may be numbers
    filled = [place for place in of_data if first[place].strip()]  # columns may lack a name, or a first value
    names = [place for place in filled if _DATE.fullmatch(first[place].strip()) and not _has_days(good, place)]
    alike = [place for place in filled if _DATA.fullmatch(first[place].strip()) and place not in names]
    if len(alike) > len(filled) / 2 and not _names_dates(first, good):
        return False
    if not of_data and len(set(first)) < len(first):
        raise ConfigurationError(
            f"The first line of {path} is not a header: it repeats a value, and no column holds numbers or dates.",
            remedy="Add a header line with the names of the columns.",
        )
    return True


def _has_days(rows: Sequence[Sequence[str]], place: int) -> bool:
    """Whether a good part of a column's values are days, so that one more is no name of numbers."""
    return sum(bool(_DATE.match(row[place].strip())) for row in rows) > 0.1 * len(rows)


def _is_header_too(second: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the second line differs from the rows below it in every column of numbers and dates."""
    good = [row for row in rows if len(row) == len(second)]
    of_data = [
        place
        for place in range(len(second))
        if good and sum(bool(_DATA.fullmatch(row[place].strip())) for row in good) > 0.9 * len(good)
    ]
    filled = [place for place in of_data if second[place].strip()]
    return (
        len(good) >= _LEAST_ROWS
        and len(filled) > 0
        and not any(_DATA.fullmatch(second[place].strip()) for place in filled)
        and all(any(row[place].strip() for row in good) for place in filled)
    )


def _names_all(second: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the second line has a name for each column with values, and none of them is a value too."""
    others = [row for row in rows[:_HEAD_ROWS] if len(row) == len(second) and row != second]
    values = [{row[place].strip() for row in others} - {""} for place in range(len(second))]
    return all(
        (name.strip() or not found) and name.strip() not in found for name, found in zip(second, values, strict=True)
    )


def _names_dates(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a cell names a column of dates, even if its neighbours are years and look like data."""
    return any(
        name.strip() not in MISSING
        and not _DATE.match(name.strip())
        and sum(bool(_DATE.match(row[place].strip())) for row in rows) > 0.9 * len(rows)
        for place, name in enumerate(first)
        if name.strip()
    )
