"""Lines of CSV that plainly hold a good row, judged many at a time by Arrow: the bulk of any feed worth having.

Such a row has no quotes and keeps every rule as arrow_values.py can tell. It is staged as Spark would stage it
(accounting.classify_rows), and counted. All other lines are set aside, with their text, for the judge of all rows: so
only a row that is good costs little, and no rule is told twice.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from etl_job.arrow_values import DAY_SECONDS, NUMBER, ReadColumn, can_read, floor_divide, read_column, without
from etl_job.contract import ENCODING, ConflictPolicy, Contract, FileFormat, with_default_bounds
from etl_job.schemas import (
    BLOCK,
    BROKEN,
    CONTENT,
    DAY,
    DELIVERY,
    FILE,
    HOUR,
    KEY_1,
    KEY_2,
    LINE,
    ROW,
    ROWS,
    SECOND,
    WARNED,
    hour_columns,
    number_column,
    staged_columns,
    value_column,
)
from etl_job.xxhash64 import hash_columns

_HOUR_SECONDS = 3600
_KINDS = {"string": pa.string(), "long": pa.int64(), "int": pa.int32()}


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of a file apart from its lines: its number, delivery, header and the last day of its events."""

    file: int
    delivery: str
    header: str
    columns: tuple[str, ...]
    latest_day: date


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows by column: texts and what they stand for by the contract's names, whole lines, and numbers."""

    texts: Mapping[str, pa.StringArray]
    values: Mapping[str, pa.Array]
    lines: pa.StringArray
    numbers: pa.Int64Array


@dataclass(frozen=True, slots=True)
class JudgedChunk:
    """The rows of some lines: ``plain`` and ``aside`` as staged, ``counts`` of the plain ones per entity and day.

    ``rows`` is how many there are, ``numbers`` how many numbers they were given: lines with the header take some too.
    """

    plain: pa.Table
    aside: pa.Table
    counts: pa.Table
    rows: int
    numbers: int


def can_judge(contract: Contract) -> bool:
    """Whether good rows of the feed can be told here; free rules are Spark's."""
    form = contract.csv
    return (
        contract.files.format is FileFormat.CSV
        and form.encoding == "UTF-8"
        and not form.multi_line
        and form.delimiter.isascii()
        and not contract.quality
        and contract.features.event_time.time_zone in (None, "UTC")
        and all(map(can_read, contract.columns))
    )


def staged_schema(contract: Contract) -> pa.Schema:
    """The columns of staged rows, as Spark writes them too."""
    return pa.schema([(column.name, _KINDS.get(column.kind, NUMBER)) for column in staged_columns(contract.features)])


def judge_chunk(chunk: bytes, source: Source, contract: Contract, block: int, first_row: int) -> JudgedChunk:
    """Tell the plain rows among whole lines from the others. Rows are numbered from ``first_row`` on."""
    text, undecodable = _without_undecodable(chunk, contract)
    columns, malformed = _split(text, len(source.columns), contract)
    total = len(columns[0]) + len(malformed)
    numbers = _numbers_of_others(total, malformed)
    if contract.csv.header:
        is_row = pc.invert(_is_header(columns, source, contract))
        columns, numbers = [column.filter(is_row) for column in columns], numbers.filter(is_row)
    lines = pc.binary_join_element_wise(*columns, contract.csv.delimiter)
    texts = _texts(columns, source, contract)
    read = _read(texts, source, contract)
    is_plain = reduce(pc.and_, (column.holds for column in read.values()), _holds_no_quote(text, columns, contract))
    is_other = pc.invert(is_plain)
    others = dict(zip(numbers.filter(is_other).to_pylist(), lines.filter(is_other).to_pylist(), strict=True))
    rows = Rows(
        {name: column.filter(is_plain) for name, column in texts.items()},
        {name: column.values.filter(is_plain) for name, column in read.items()},
        lines.filter(is_plain),
        pc.add(numbers.filter(is_plain), first_row),
    )
    plain = _staged(rows, source, contract, block)
    aside = _aside({**others, **malformed}, undecodable, source, contract, block, first_row)
    return JudgedChunk(plain, aside, _counts(plain, contract), len(lines) + len(malformed), total)


def _without_undecodable(chunk: bytes, contract: Contract) -> tuple[bytes, Mapping[int, bytes]]:
    """The lines, with a quote in place of each that is no text so that it is set aside, and those by number."""
    if _is_text(chunk):
        return chunk, {}
    lines = [line for line in re.split(rb"\r\n|\r|\n", chunk) if line]
    found = {number: line for number, line in enumerate(lines) if not _is_text(line)}
    quote = contract.csv.quote_symbol.encode()
    return b"\n".join(quote if number in found else line for number, line in enumerate(lines)), found


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _split(text: bytes, width: int, contract: Contract) -> tuple[list[pa.StringArray], dict[int, str]]:
    """The values of lines that have one for each column, and the other lines by number. Blank lines are none."""
    names, malformed = [str(place) for place in range(width)], dict[int, str]()

    def set_aside(row: csv.InvalidRow) -> str:
        malformed[row.number - 1] = row.text
        return "skip"

    # A blank line first: Arrow takes a byte order mark away, which is one at a file's beginning only.
    content = b"\n" + text
    cells = csv.read_csv(
        pa.BufferReader(content),
        csv.ReadOptions(use_threads=False, block_size=len(content) + 1, column_names=names),
        csv.ParseOptions(
            delimiter=contract.csv.delimiter,
            quote_char=False,
            double_quote=False,
            escape_char=False,
            newlines_in_values=False,
            ignore_empty_lines=True,
            invalid_row_handler=set_aside,
        ),
        csv.ConvertOptions(check_utf8=False, column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )
    return [column.combine_chunks() for column in cells.columns], malformed


def _numbers_of_others(total: int, malformed: Mapping[int, str]) -> pa.Int64Array:
    """The numbers of the lines that are not malformed."""
    if not malformed:
        return pa.arange(0, total)
    return pc.filter(pa.arange(0, total), pc.invert(pc.is_in(pa.arange(0, total), pa.array(malformed, pa.int64()))))


def _is_header(columns: Sequence[pa.StringArray], source: Source, contract: Contract) -> pa.BooleanArray:
    """Lines that are the file's header once more are no rows, wherever they stand."""
    names = source.header.split(contract.csv.delimiter)
    found = pc.equal(columns[0], names[0])
    if pc.any(found).as_py():
        found = reduce(pc.and_, map(pc.equal, columns, names))
    return found


def _holds_no_quote(text: bytes, columns: Sequence[pa.StringArray], contract: Contract) -> pa.BooleanArray:
    quote = contract.csv.quote_symbol
    found = pa.repeat(True, len(columns[0]))
    if quote.encode() not in text:
        return found
    return reduce(pc.and_, (pc.invert(pc.match_substring(column, quote)) for column in columns), found)


def _texts(columns: Sequence[pa.StringArray], source: Source, contract: Contract) -> dict[str, pa.StringArray]:
    """The values of the contract's columns by name; one that the file lacks has none, as it may."""
    found = dict(zip(source.columns, columns, strict=True))
    missing = pa.repeat("", len(columns[0]))
    return {
        column.name: without(found.get(column.name, missing), contract.missing_texts(column))
        for column in contract.columns
    }


def _read(texts: Mapping[str, pa.StringArray], source: Source, contract: Contract) -> dict[str, ReadColumn]:
    read = {
        column.name: read_column(column, texts[column.name])
        for column in contract.columns
        if column is not contract.event_column
    }
    of_event = contract.event_column
    until = source.latest_day if of_event.rules.maximum is None else None
    return {**read, of_event.name: read_column(with_default_bounds(of_event), texts[of_event.name], until)}


def _staged(rows: Rows, source: Source, contract: Contract, block: int) -> pa.Table:
    spec, count = contract.features, len(rows.lines)
    keys = [rows.texts[name] for name in contract.key]
    second = _second_of_event(rows, contract)
    found = {
        DELIVERY: pa.repeat(source.delivery, count),
        **({KEY_1: hash_columns(keys, salt=0), KEY_2: hash_columns(keys, salt=1)} if keys else {}),
        **({CONTENT: hash_columns([rows.lines])} if keys else {}),
        **{value_column(name): rows.texts[name] for name in spec.entity},
        HOUR: floor_divide(second, _HOUR_SECONDS).cast(pa.int32()),
        SECOND: second,
        **{number_column(measure.column): rows.values[measure.column] for measure in spec.measures},
        BROKEN: pa.repeat(pa.scalar(0, pa.int64()), count),
        WARNED: pa.repeat(pa.scalar(0, pa.int64()), count),
        **({LINE: rows.lines} if contract.conflicts is ConflictPolicy.QUARANTINE_BOTH else {}),
        FILE: pa.repeat(pa.scalar(source.file, pa.int32()), count),
        BLOCK: pa.repeat(pa.scalar(block, pa.int64()), count),
        ROW: rows.numbers,
    }
    return _as_staged(found, count, contract)


def _second_of_event(rows: Rows, contract: Contract) -> pa.Int64Array:
    wanted = contract.features.event_time
    if wanted.timestamp is not None:
        return rows.values[wanted.timestamp]
    midnight = pc.multiply(rows.values[wanted.date or ""].cast(pa.int32()).cast(pa.int64()), DAY_SECONDS)
    return midnight if wanted.time is None else pc.add(midnight, rows.values[wanted.time])


def _aside(
    lines: Mapping[int, str],
    undecodable: Mapping[int, bytes],
    source: Source,
    contract: Contract,
    block: int,
    first_row: int,
) -> pa.Table:
    """Lines by number as rows that are still to be parsed and judged: all that is known is whether they are text."""
    broken = 1 << contract.rule_names.index(ENCODING)
    count = len(lines)
    found = {
        DELIVERY: pa.repeat(source.delivery, count),
        BROKEN: pa.array([broken if number in undecodable else 0 for number in lines], pa.int64()),
        WARNED: pa.repeat(pa.scalar(0, pa.int64()), count),
        LINE: pa.array(
            [undecodable[n].decode(errors="replace") if n in undecodable else line for n, line in lines.items()],
            pa.string(),
        ),
        FILE: pa.repeat(pa.scalar(source.file, pa.int32()), count),
        BLOCK: pa.repeat(pa.scalar(block, pa.int64()), count),
        ROW: pa.array([first_row + number for number in lines], pa.int64()),
    }
    return _as_staged(found, count, contract)


def _as_staged(found: Mapping[str, pa.Array], count: int, contract: Contract) -> pa.Table:
    schema = staged_schema(contract)
    columns = [found[field.name] if field.name in found else pa.nulls(count, field.type) for field in schema]
    return pa.table(columns, schema=schema)


def _counts(plain: pa.Table, contract: Contract) -> pa.Table:
    """How many plain rows there are per delivery, entity and day, and in each hour of it."""
    spec = contract.features
    of_entity = [DELIVERY, *map(value_column, spec.entity)]
    hourly = plain.group_by([*of_entity, HOUR], use_threads=False).aggregate([([], "count_all")])
    count, hour = hourly.column("count_all"), hourly.column(HOUR).cast(pa.int64())
    days = floor_divide(hour, 24)
    of_day = pc.subtract(hour, pc.multiply(days, 24))
    lines = hourly.select(of_entity).append_column(DAY, days.cast(pa.int32()).cast(pa.date32()))
    lines = lines.append_column(ROWS, count)
    for number, name in enumerate(hour_columns(spec)):
        lines = lines.append_column(name, pc.if_else(pc.equal(of_day, number), count, 0))
    counts = lines.column_names[len(of_entity) + 1 :]
    daily = lines.group_by([*of_entity, DAY], use_threads=False).aggregate([(name, "sum") for name in counts])
    return daily.rename_columns([*of_entity, DAY, *counts])
