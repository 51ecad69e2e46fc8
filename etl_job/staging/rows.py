"""Judged batches as the tables that a run stages: valid rows with hashes in place of texts, broken ones with texts.

Counts of valid rows per entity and day are made at the same time, and a tally of all rows by the rules they break.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from etl_job.contract.column_types import TYPES, VALUE_KIND
from etl_job.contract.file_formats import FileFormat
from etl_job.contract.model import ConflictPolicy, Contract
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
from etl_job.reading.kernels import floor_divide
from etl_job.reading.parts import RawPart

_HOUR_SECONDS = 3600
Tally = Counter[tuple[str, int, int]]  # rows by delivery, broken rules and warnings


def staged_schema(contract: Contract) -> pa.Schema:
    """The columns of staged rows."""
    columns = staged_columns(contract.features)
    return pa.schema(
        [(c.name, NUMBER if c.kind == VALUE_KIND else pa.type_for_alias(TYPES[c.kind].arrow)) for c in columns]
    )


def staged(
    judged: JudgedBatch,
    source: Source,
    part: RawPart,
    contract: Contract,
    *,
    carried: Mapping[str, pa.Array],
    keeps_lines: bool,
) -> tuple[pa.Table, pa.Table]:
    """The valid and the broken rows in staged form, with the ``carried`` columns after those of every row.

    Valid ones come with their text if ``keeps_lines``.
    """
    is_valid = pa.repeat(True, judged.batch.rows) if judged.broken is None else pc.equal(judged.broken, 0)
    valid, broken = (
        _Rows(judged, source, part, contract, carried=carried, mask=mask)
        for mask in (None if judged.broken is None else is_valid, pc.invert(is_valid))
    )
    return _valid(valid, keeps_lines), _broken(broken)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of a judged batch: those of a mask, or all. Columns are cut to these rows when they are used."""

    judged: JudgedBatch
    source: Source
    part: RawPart
    contract: Contract
    carried: Mapping[str, pa.Array]
    mask: pa.BooleanArray | None = None

    def of(self, column: pa.Array) -> pa.Array:
        return column if self.mask is None else column.filter(self.mask)

    def text(self, name: str) -> pa.StringArray:
        return self.of(self.judged.batch.texts[name])

    def staged(self, found: Mapping[str, pa.Array]) -> pa.Table:
        """The columns of staged rows, null but for those found and those of every row; then the carried ones."""
        numbers = self.of(self.judged.batch.numbers)
        count, schema = len(numbers), staged_schema(self.contract)
        block = NO_BLOCK if self.contract.files.format is FileFormat.PARQUET else self.part.start
        none = pa.repeat(pa.scalar(0, pa.int64()), count)
        of_row = {
            DELIVERY: pa.repeat(self.source.delivery, count),
            BROKEN: none,
            WARNED: none,
            FILE: pa.repeat(pa.scalar(self.source.file, pa.int32()), count),
            BLOCK: pa.repeat(pa.scalar(block, pa.int64()), count),
            ROW: numbers,
            **found,
        }
        columns = {f.name: of_row[f.name] if f.name in of_row else pa.nulls(count, f.type) for f in schema}
        return pa.table({**columns, **{name: self.of(column) for name, column in self.carried.items()}})


def _valid(rows: _Rows, keeps_lines: bool) -> pa.Table:
    spec, judged = rows.contract.features, rows.judged
    keys, second = [rows.text(name) for name in rows.contract.key], rows.of(judged.second)
    lines = rows.of(judged.batch.raw) if keys or keeps_lines else None
    return rows.staged(
        {
            **(dict(zip((KEY_1, KEY_2), hash_columns(keys, salts=(0, 1)), strict=True)) if keys else {}),
            **({CONTENT: hash_columns([lines])[0]} if keys else {}),
            **{value_column(name): rows.text(name) for name in spec.entity},
            HOUR: floor_divide(second, _HOUR_SECONDS).cast(pa.int32()),
            SECOND: second,
            **{number_column(measure.column): rows.of(judged.values[measure.column]) for measure in spec.measures},
            **({LINE: lines} if keeps_lines else {}),
        }
    )


def _broken(rows: _Rows) -> pa.Table:
    found = {LINE: rows.of(rows.judged.batch.raw)}
    return rows.staged(found if rows.judged.broken is None else {BROKEN: rows.of(rows.judged.broken), **found})


def keeps_lines(contract: Contract) -> bool:
    """Whether valid rows keep their text: which are in conflict is known only when they have been compared."""
    return contract.conflicts is ConflictPolicy.QUARANTINE_BOTH


def count_violations(*tables: pa.Table) -> Tally:
    """How many rows of each delivery break which rules."""
    found: Tally = Counter()
    for table in tables:
        by = [DELIVERY, BROKEN, WARNED]
        counted = table.select(by).group_by(by, use_threads=False).aggregate([([], "count_all")])
        found.update({(row[DELIVERY], row[BROKEN], row[WARNED]): row["count_all"] for row in counted.to_pylist()})
    return found


def count_valid_rows(valid: pa.Table, contract: Contract) -> pa.Table:
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
