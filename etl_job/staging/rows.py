"""Judged batches as the tables that a run stages: valid rows with hashes in place of texts, broken ones with theirs.

Counts of valid rows per entity and day are made along with them, and a tally of all rows by what they break.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from etl_job.contract.column_types import TYPES, VALUE_KIND
from etl_job.contract.model import ConflictPolicy, Contract, FileFormat
from etl_job.contract.schemas import (
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
    NO_BLOCK,
    ROW,
    ROWS,
    SECOND,
    WARNED,
    hour_columns,
    number_column,
    staged_columns,
    value_column,
)
from etl_job.judging.judge import JudgedBatch
from etl_job.judging.values import NUMBER
from etl_job.judging.xxhash64 import hash_columns
from etl_job.reading.batches import Source
from etl_job.reading.calendar_days import floor_divide
from etl_job.reading.parts import RawPart

_HOUR_SECONDS = 3600
Tally = Counter[tuple[str, int, int]]  # rows by delivery, broken rules and warnings


@dataclass(frozen=True, slots=True)
class StagedBatch:
    """The rows of a batch, valid ones apart from broken ones, with further columns behind those of staged rows."""

    valid: pa.Table
    broken: pa.Table


def staged_schema(contract: Contract) -> pa.Schema:
    """The columns of staged rows."""
    return pa.schema([(column.name, _arrow(column.kind)) for column in staged_columns(contract.features)])


def _arrow(kind: str) -> pa.DataType:
    return NUMBER if kind == VALUE_KIND else pa.type_for_alias(TYPES[kind].arrow)


def staged(
    judged: JudgedBatch,
    source: Source,
    part: RawPart,
    contract: Contract,
    *,
    carried: Mapping[str, pa.Array],
    keeps_lines: bool,
) -> StagedBatch:
    """The rows as they are staged, with the ``carried`` columns; valid ones with their text if ``keeps_lines``."""
    if judged.broken is None:
        rows = _Rows(judged, carried)
        return StagedBatch(_valid(rows, source, part, contract, keeps_lines), _empty(contract, carried))
    is_valid = pc.equal(judged.broken, 0)
    valid, broken = (_Rows(judged, carried, mask) for mask in (is_valid, pc.invert(is_valid)))
    return StagedBatch(_valid(valid, source, part, contract, keeps_lines), _broken(broken, source, part, contract))


class _Rows:
    """Some of the rows of a judged batch, column by column as they are asked for."""

    def __init__(
        self, judged: JudgedBatch, carried: Mapping[str, pa.Array], mask: pa.BooleanArray | None = None
    ) -> None:
        self._judged, self._carried, self._mask = judged, carried, mask
        self.count = judged.batch.rows if mask is None else pc.sum(mask).as_py() or 0

    def _of(self, column: pa.Array) -> pa.Array:
        return column if self._mask is None else column.filter(self._mask)

    def text(self, name: str) -> pa.StringArray:
        return self._of(self._judged.batch.texts[name])

    def value(self, name: str) -> pa.Array:
        return self._of(self._judged.values[name])

    @property
    def lines(self) -> pa.StringArray:
        return self._of(self._judged.batch.raw)

    @property
    def numbers(self) -> pa.Int64Array:
        return self._of(self._judged.batch.numbers)

    @property
    def second(self) -> pa.Int64Array:
        return self._of(self._judged.second)

    @property
    def broken(self) -> pa.Int64Array:
        return self._of(self._judged.broken)

    @property
    def carried(self) -> dict[str, pa.Array]:
        return {name: self._of(column) for name, column in self._carried.items()}


def _valid(rows: _Rows, source: Source, part: RawPart, contract: Contract, keeps_lines: bool) -> pa.Table:
    spec = contract.features
    keys, second = [rows.text(name) for name in contract.key], rows.second
    lines = rows.lines if keys or keeps_lines else None
    found = {
        **({KEY_1: hash_columns(keys, salt=0), KEY_2: hash_columns(keys, salt=1)} if keys else {}),
        **({CONTENT: hash_columns([lines])} if keys else {}),
        **{value_column(name): rows.text(name) for name in spec.entity},
        HOUR: floor_divide(second, _HOUR_SECONDS).cast(pa.int32()),
        SECOND: second,
        **{number_column(measure.column): rows.value(measure.column) for measure in spec.measures},
        **({LINE: lines} if keeps_lines else {}),
    }
    return _as_staged(found, rows, source, part, contract)


def _broken(rows: _Rows, source: Source, part: RawPart, contract: Contract) -> pa.Table:
    return _as_staged({BROKEN: rows.broken, LINE: rows.lines}, rows, source, part, contract)


def _as_staged(
    found: Mapping[str, pa.Array], rows: _Rows, source: Source, part: RawPart, contract: Contract
) -> pa.Table:
    count, schema = rows.count, staged_schema(contract)
    block = NO_BLOCK if contract.files.format is FileFormat.PARQUET else part.start
    none = pa.repeat(pa.scalar(0, pa.int64()), count)
    of_row = {
        DELIVERY: pa.repeat(source.delivery, count),
        BROKEN: none,
        WARNED: none,
        FILE: pa.repeat(pa.scalar(source.file, pa.int32()), count),
        BLOCK: pa.repeat(pa.scalar(block, pa.int64()), count),
        ROW: rows.numbers,
        **found,
    }
    columns = {f.name: of_row[f.name] if f.name in of_row else pa.nulls(count, f.type) for f in schema}
    return pa.table({**columns, **rows.carried})


def _empty(contract: Contract, carried: Mapping[str, pa.Array]) -> pa.Table:
    schema = staged_schema(contract)
    for name, column in carried.items():
        schema = schema.append(pa.field(name, column.type))
    return schema.empty_table()


def keeps_lines(contract: Contract) -> bool:
    """Whether valid rows keep their text: which are in conflict is known only when they have been compared."""
    return contract.conflicts is ConflictPolicy.QUARANTINE_BOTH


def tally_of(*tables: pa.Table) -> Tally:
    """How many rows of each delivery break which rules."""
    found: Tally = Counter()
    for table in tables:
        by = [DELIVERY, BROKEN, WARNED]
        counted = table.select(by).group_by(by, use_threads=False).aggregate([([], "count_all")])
        found.update({(row[DELIVERY], row[BROKEN], row[WARNED]): row["count_all"] for row in counted.to_pylist()})
    return found


def counts_of(valid: pa.Table, contract: Contract) -> pa.Table:
    """How many valid rows there are per delivery, entity and day, and in each hour of it."""
    spec = contract.features
    of_entity = [DELIVERY, *map(value_column, spec.entity)]
    hourly = valid.group_by([*of_entity, HOUR], use_threads=False).aggregate([([], "count_all")])
    count, hour = hourly.column("count_all"), hourly.column(HOUR).cast(pa.int64())
    days = floor_divide(hour, 24)
    of_day = pc.subtract(hour, pc.multiply(days, 24))
    lines = hourly.select(of_entity).append_column(DAY, days.cast(pa.int32()).cast(pa.date32()))
    lines = lines.append_column(ROWS, count)
    for number, name in enumerate(hour_columns(spec)):
        lines = lines.append_column(name, pc.if_else(pc.equal(of_day, number), count, 0))
    return added_up(lines, [*of_entity, DAY])


def added_up(lines: pa.Table, by: Sequence[str]) -> pa.Table:
    """One line for all that are alike in some columns; the others are summed."""
    counts = [name for name in lines.column_names if name not in by]
    summed = lines.group_by(list(by), use_threads=False).aggregate([(name, "sum") for name in counts])
    return summed.select([*by, *(f"{name}_sum" for name in counts)]).rename_columns([*by, *counts])
