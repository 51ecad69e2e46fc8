"""The judge of rows: which rules of the contract each row breaks, and the values of rows that break none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from etl_job.contract.columns import Column
from etl_job.contract.model import EARLIEST_DAY, ENCODING, EVENT_TIME, FIELD_COUNT, Contract
from etl_job.contract.rule_kinds import FUTURE
from etl_job.errors import ContractError
from etl_job.judging.rules import judge_column, with_bit
from etl_job.judging.zones import DAY_SECONDS, in_zone, is_known
from etl_job.reading.batches import TextBatch
from etl_job.reading.kernels import either


@dataclass(frozen=True, slots=True)
class JudgedBatch:
    """A batch with the rules that its rows break by bit (None if no row breaks any), and its values by column.

    ``second`` is the event's, in seconds since 1970; it is null or meaningless if its columns are broken.
    """

    batch: TextBatch
    broken: pa.Int64Array | None
    values: Mapping[str, pa.Array]
    second: pa.Int64Array


@dataclass(frozen=True, slots=True)
class Judge:
    """A contract's rules, except those in SQL, ready to judge. Create it with ``Judge.of``."""

    contract: Contract
    columns: tuple[tuple[Column, Mapping[str, int]], ...] = field(repr=False)
    bits: Mapping[str, int] = field(repr=False)

    @classmethod
    def of(cls, contract: Contract) -> "Judge":
        """Prepare to judge rows by the rules of a contract.

        Raises:
            ContractError: a pattern or a time zone cannot be read, so no row could be judged by it.
        """
        bits = {name: bit for bit, name in enumerate(contract.rule_names)}
        columns = []
        for zone in {contract.features.event_time.time_zone, *(c.rules.time_zone for c in contract.columns)} - {None}:
            if not is_known(str(zone)):
                raise ContractError(
                    f"timeZone {zone} is not in the time zone database of this machine's Python: install tzdata where "
                    "the job runs"
                )
        for column in contract.columns:
            problem = unreadable(column.rules.pattern) if column.rules.pattern is not None else None
            if problem is not None:
                raise ContractError(
                    f"column {column.name}: pattern {column.rules.pattern!r} is not a regular expression that RE2 can "
                    f"read: {problem}"
                )
            own = {name: bits[f"{column.name}.{name}"] for name in contract.rules_of_column(column)}
            columns.append((column if column is not contract.event_column else _with_default_bounds(column), own))
        return cls(contract, tuple(columns), bits)

    def judge(self, batch: TextBatch, latest_day: date) -> JudgedBatch:
        """Judge the rows of a batch, of a file whose events are not later than ``latest_day``."""
        judged = {
            column.name: judge_column(column, bits, batch.texts[column.name], latest_day if FUTURE in bits else None)
            for column, bits in self.columns
        }
        values = {name: column.values for name, column in judged.items()}
        broken: pa.Int64Array | None = None
        for column in judged.values():
            broken = either(broken, column.broken, pc.bit_wise_or)
        for name, marked in ((FIELD_COUNT, batch.malformed), (ENCODING, batch.undecodable)):
            if marked is not None:
                broken = with_bit(broken, pc.invert(marked), self.bits[name])
        second = self._second_of_event(values)
        if EVENT_TIME in self.bits:
            when = self.contract.features.event_time
            unread = pc.or_(pc.is_null(values[when.date or ""]), pc.is_null(values[when.time or ""]))
            # Clocks of the zone may never show a time that can be read.
            broken = with_bit(broken, pc.or_(unread, pc.is_valid(second)), self.bits[EVENT_TIME])
        return JudgedBatch(batch, broken, values, second)

    def _second_of_event(self, values: Mapping[str, pa.Array]) -> pa.Int64Array:
        wanted = self.contract.features.event_time
        if wanted.timestamp is not None:
            return values[wanted.timestamp]
        midnight = pc.multiply(values[wanted.date or ""].cast(pa.int32()).cast(pa.int64()), DAY_SECONDS)
        shown = midnight if wanted.time is None else pc.add(midnight, values[wanted.time])
        return in_zone(shown, wanted.time_zone)


def unreadable(pattern: str) -> str | None:
    """Why RE2 cannot read a regular expression (https://github.com/google/re2/wiki/Syntax); None if it can."""
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        return str(error).removeprefix("Invalid regular expression: ")
    return None


def _with_default_bounds(column: Column) -> Column:
    """The column of the event time, with the default minimum day if the contract has none."""
    least = column.rules.minimum or EARLIEST_DAY
    return column.model_copy(update={"rules": column.rules.model_copy(update={"minimum": least})})
