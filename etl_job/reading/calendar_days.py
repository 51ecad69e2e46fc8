"""Days of the calendar from year, month and day, and whole division, in Arrow kernels."""

import pyarrow as pa
import pyarrow.compute as pc

_CYCLE_YEARS, _CYCLE_DAYS = 400, 146_097  # after which the Gregorian calendar repeats
_EPOCH = 719_468  # days from 0000-03-01 to 1970-01-01
_DAYS_IN_MONTH = pa.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], pa.int32())


def days_since_1970(year: pa.Int32Array, month: pa.Int32Array, day: pa.Int32Array) -> pa.Int32Array:
    """Days since 1970-01-01, for years from 0 on; null for a day that does not exist."""
    is_month = pc.and_(pc.greater_equal(month, 1), pc.less_equal(month, 12))
    month = pc.if_else(is_month, month, pa.scalar(None, pa.int32()))
    is_leap = pc.and_(
        pc.equal(_modulo(year, 4), 0), pc.or_(pc.not_equal(_modulo(year, 100), 0), pc.equal(_modulo(year, 400), 0))
    )
    leap_day = pc.and_(is_leap, pc.equal(month, 2)).cast(pa.int32())
    is_day = pc.and_(
        pc.greater_equal(day, 1), pc.less_equal(day, pc.add(_DAYS_IN_MONTH.take(month), pc.fill_null(leap_day, 0)))
    )
    is_early = pc.less_equal(month, 2).cast(pa.int32())
    # Years that begin in March end with the day that only some of them have.
    since = pc.subtract(pc.add(year, _CYCLE_YEARS), is_early)
    months = pc.subtract(pc.add(month, 9), pc.multiply(pc.subtract(1, is_early), 12))
    in_year = pc.add(pc.divide(pc.add(pc.multiply(months, 153), 2), 5), pc.subtract(day, 1))
    leaps = pc.add(pc.subtract(pc.divide(since, 4), pc.divide(since, 100)), pc.divide(since, 400))
    days = pc.add(pc.add(pc.multiply(since, 365), leaps), pc.subtract(in_year, _EPOCH + _CYCLE_DAYS))
    return pc.if_else(is_day, days.cast(pa.int32()), pa.scalar(None, pa.int32()))


def _modulo(numbers: pa.Array, divisor: int) -> pa.Array:
    return pc.subtract(numbers, pc.multiply(pc.divide(numbers, divisor), divisor))


def floor_divide(numbers: pa.Array, divisor: int) -> pa.Array:
    """As Python's ``//``; Arrow's division drops fractions towards zero."""
    cut = pc.divide(numbers, divisor)
    return pc.subtract(cut, pc.greater(pc.multiply(cut, divisor), numbers).cast(cut.type))
