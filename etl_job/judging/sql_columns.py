"""The values that rows carry for the contract's SQL rules: those of the columns that the rules name, as Spark types."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from etl_job.contract.columns import Column
from etl_job.contract.schemas import PART
from etl_job.judging.judge import JudgedBatch
from etl_job.reading.kernels import texts_where

_MOMENT = pa.timestamp("us", "UTC")


def typed_column(name: str) -> str:
    """The internal column with a contract column's value."""
    return f"_t_{name}"


def applies_column(number: int) -> str:
    """The internal column that marks the rows to which the rule of this number applies."""
    return f"_asked_{number}"


@dataclass(frozen=True, slots=True)
class SqlColumns:
    """The columns that each rule names, in the order of the rules. Rules without a column apply to every row."""

    of_rules: tuple[tuple[Column, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.of_rules)

    @property
    def columns(self) -> tuple[Column, ...]:
        """All that some rule names, each once."""
        return tuple({column.name: column for of_rule in self.of_rules for column in of_rule}.values())

    def of(self, judged: JudgedBatch, part: int) -> Mapping[str, pa.Array]:
        """The columns that rows carry. A rule applies to rows whose columns that it names are valid or missing."""
        if not self:
            return {}
        count = judged.batch.rows
        found: dict[str, pa.Array] = {PART: pa.repeat(pa.scalar(part, pa.int32()), count)}
        readable: dict[str, pa.BooleanArray] = {}
        for column in self.columns:
            text, value = judged.batch.texts[column.name], judged.values[column.name]
            is_missing = pc.fill_null(pc.equal(pc.binary_length(text), 0), True)
            readable[column.name] = pc.or_(is_missing, pc.is_valid(value))
            found[typed_column(column.name)] = _typed(column, text, value)
        for number, of_rule in enumerate(self.of_rules):
            applies = pa.repeat(True, count)
            for column in of_rule:
                applies = pc.and_(applies, readable[column.name])
            found[applies_column(number)] = applies
        return found


def _typed(column: Column, text: pa.StringArray, value: pa.Array) -> pa.Array:
    if column.logical_type == "timestamp":
        return pc.multiply(value, 1_000_000).cast(_MOMENT)
    if column.logical_type == "string" and column.rules.layouts:  # a time of day is a text
        return texts_where(pc.is_valid(value), text)
    return value
