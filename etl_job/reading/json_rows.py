"""JSON lines as batches of texts: one object a line, with values found by the names of its members.

A value is the text as written in the file: for a string, the characters between its quotes with escapes resolved; for a
number, its digits, which a parser would round; ``true`` or ``false``; for a nested value, JSON in which numbers are
quoted. ``null`` and absent members are missing values. If a name occurs twice, the last value counts. A string that
contains half of a surrogate pair, which only escapes can express, is not a text. Python's versions read objects of
different depths; here, an object is nested at most as deep as all of them read.
"""

import json
import re
import secrets
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from etl_job.contract.model import Contract
from etl_job.lake.files import ObjectStore
from etl_job.reading.batches import TextBatch
from etl_job.reading.decoding import UTF_8, are_marked, decode_chunk, without_marks
from etl_job.reading.kernels import either, without_missing
from etl_job.reading.parts import RawPart, read_chunks
from etl_job.reading.record_boundaries import split_lines

_AT_ONCE = 1_000
_HALF = re.compile("[\ud800-\udfff]")  # of a character
_DEEPEST = 500  # levels
# Between lines, so that none can take in a part of its neighbour: lines are parsed many at a time.
_BETWEEN = secrets.token_hex(16)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_refuse)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def json_batches(store: ObjectStore, part: RawPart, contract: Contract) -> Iterator[TextBatch]:
    """The rows of a part, without blank lines.

    Raises:
        OSError, EOFError, zlib.error: the file is compressed and damaged.
    """
    first = 0
    for chunk in read_chunks(store, part, UTF_8):
        content, is_marked = decode_chunk(chunk, UTF_8)
        lines = pc.ascii_rtrim(split_lines(content), characters="\r\n")
        numbers = pa.arange(first, first + len(lines))
        first += len(lines)
        is_row = pc.greater(pc.binary_length(lines), 0)
        lines, numbers = lines.filter(is_row), numbers.filter(is_row)
        if not len(lines):
            continue
        undecodable = are_marked(lines) if is_marked else None
        yield _batch(without_marks(lines) if is_marked else lines, numbers, undecodable, contract)


def _batch(
    lines: pa.StringArray, numbers: pa.Int64Array, undecodable: pa.BooleanArray | None, contract: Contract
) -> TextBatch:
    objects = [found for start in range(0, len(lines), _AT_ONCE) for found in _parsed(lines.slice(start, _AT_ONCE))]
    malformed = pa.array([found is None for found in objects], pa.bool_())
    members = [{} if found is None else found for found in objects]
    texts = dict[str, pa.StringArray]()
    for column in contract.columns:
        found, halves = _texts([each.get(column.name_in_file) for each in members])
        texts[column.name] = without_missing(found, contract.missing_texts(column))
        undecodable = either(undecodable, halves)
    return TextBatch(texts, lines, numbers, malformed if pc.any(malformed).as_py() else None, undecodable)


def read_object(line: str) -> dict[str, Any] | None:
    """The object in a line, with numbers as texts; None if the line is not one object, or if it is nested too deep."""
    found = _parsed_alone(line)
    return None if line.count("[") + line.count("{") > _DEEPEST and _is_deep(found) else found


def _parsed(lines: pa.StringArray) -> list[dict[str, Any] | None]:
    """The object in each line; None as in ``read_object``."""
    found = _parsed_at_once(lines.to_pylist())
    may_be_deep = pc.greater(pc.add(pc.count_substring(lines, "["), pc.count_substring(lines, "{")), _DEEPEST)
    for place in pc.indices_nonzero(may_be_deep).to_pylist():
        if _is_deep(found[place]):
            found[place] = None
    return found


def _parsed_at_once(texts: list[str]) -> list[dict[str, Any] | None]:
    try:
        found = _DECODER.decode(f'[{f""","{_BETWEEN}",""".join(texts)}]')
    except (ValueError, RecursionError):
        return [_parsed_alone(text) for text in texts]
    objects: list[Any] = found[::2]
    if len(objects) != len(texts) or found[1::2] != [_BETWEEN] * (len(texts) - 1):
        return [_parsed_alone(text) for text in texts]
    return [each if type(each) is dict else None for each in objects]


def _is_deep(value: dict[str, Any] | None) -> bool:
    level: list[Any] = [] if value is None else [value]
    for _ in range(_DEEPEST):
        level = [
            inner
            for each in level
            for inner in (each.values() if type(each) is dict else each)
            if type(inner) in (dict, list)
        ]
        if not level:
            return False
    return True


def _parsed_alone(text: str) -> dict[str, Any] | None:
    try:
        found = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    return found if type(found) is dict else None


def _texts(values: Sequence[Any]) -> tuple[pa.StringArray, pa.BooleanArray | None]:
    """Values as texts, and which of them contain half of a surrogate pair; None if none do."""
    texts = [value if value is None or type(value) is str else _text(value) for value in values]
    try:
        return pa.array(texts, pa.string()), None
    except UnicodeEncodeError:
        read = [text and _HALF.sub("\ufffd", text) for text in texts]
        halves = [text != as_read for text, as_read in zip(texts, read, strict=True)]
        return pa.array(read, pa.string()), pa.array(halves)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else _ENCODER.encode(value)
