"""Local times of a zone, as seconds in UTC.

On most days clocks are not changed, and one offset holds for the whole day: so the zone is asked for days, of which
there are few, and for single times only on the other days. A time that occurs twice means the first occurrence; a time
that is skipped has no value.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa
import pyarrow.compute as pc

from etl_job.reading.kernels import floor_divide

DAY_SECONDS = 86_400
_BEGIN = datetime(1970, 1, 1)
# The calendar repeats after 400 years, and zones do not change before 1800 or after 2100.
_CYCLE_SECONDS = 146_097 * DAY_SECONDS
_LEAST, _GREATEST = -40_000_000_000, 200_000_000_000  # about the years 700 and 8300
_PROBES = tuple(range(0, DAY_SECONDS + 1, 6 * 3600))


def is_known(zone: str) -> bool:
    """Whether this machine knows a zone."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


def in_zone(shown: pa.Int64Array, zone: str | None) -> pa.Int64Array:
    """The seconds since 1970 of times as clocks in a zone show them, given as if they were in UTC; null for skipped."""
    if zone is None or zone == "UTC":
        return shown
    days = floor_divide(shown, DAY_SECONDS).dictionary_encode()
    offsets = pa.array([_offset_all_day(zone, day) for day in days.dictionary.to_pylist()], pa.int64())
    found = pc.subtract(shown, offsets.take(days.indices))
    is_missing = pc.and_(pc.is_valid(shown), pc.is_null(found))
    if not pc.any(is_missing).as_py():
        return found
    missing = shown.filter(is_missing).dictionary_encode()
    moments = pa.array([_moment(zone, second) for second in missing.dictionary.to_pylist()], pa.int64())
    return pc.replace_with_mask(found, is_missing, moments.take(missing.indices))


@lru_cache(maxsize=100_000)
def _offset_all_day(zone: str, day: int | None) -> int | None:
    if day is None:
        return None
    offsets = {_offset(zone, _in_range(day * DAY_SECONDS + probe)) for probe in _PROBES}
    # A skipped time has the offset before: if clocks skip the midnight at the end, they may skip times before it.
    offsets.add(_offset(zone, _in_range((day + 1) * DAY_SECONDS), fold=1))
    return offsets.pop() if len(offsets) == 1 else None


def _offset(zone: str, shown: int, fold: int = 0) -> int:
    offset = (_BEGIN + timedelta(seconds=shown)).replace(tzinfo=ZoneInfo(zone), fold=fold).utcoffset() or timedelta()
    return int(offset.total_seconds())


def _moment(zone: str, second: int) -> int | None:
    shown = _in_range(second)
    offset = _offset(zone, shown)
    back = (_BEGIN + timedelta(seconds=shown - offset)).replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone))
    return second - offset if back.replace(tzinfo=None) == _BEGIN + timedelta(seconds=shown) else None


def _in_range(second: int) -> int:
    """The same time in a year that Python has."""
    while second < _LEAST:
        second += _CYCLE_SECONDS
    while second > _GREATEST:
        second -= _CYCLE_SECONDS
    return second
