"""Fields that a record of JSON does not have: null in Spark, and missing in the records that a script's function gets.

Follows the page "DynamicFrame class" of the AWS Glue Developer Guide: each record is self-describing. A field of JSON
may also be null; Spark's frames hold both alike. The public library awslabs/aws-glue-libs makes a missing field of
`Filter` a record that does not match, and one of `Map` an error record.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from awsglue.errors import GlueUnsupportedError

# of a frame whose nulls may be missing fields: whether they may be nulls of the source too
Lacking = Callable[[], bool]
_NULL = r"(?::|^)\s*null\b"


def of_lines(read: Callable[[], DataFrame | None]) -> Lacking:
    """The nulls of a frame from lines of JSON; these are read and searched for `null` when it is asked for."""
    found: list[bool] = []

    def may_be_null() -> bool:
        if not found:
            lines = read()
            found.append(lines is None or bool(lines.where(F.col("value").rlike(_NULL)).take(1)))
        return found[0]

    return may_be_null


def of_files(frame: DataFrame) -> Lacking:
    """The nulls of a frame over files of JSON."""

    def read() -> DataFrame | None:
        files = frame.inputFiles()  # none if the files are documents over several lines
        return frame.sparkSession.read.text(files) if files else None

    return of_lines(read)


def unknown() -> bool:
    """The nulls of a frame some of which are missing fields, and some not."""
    return True


def of_both(one: Lacking | None, other: Lacking | None) -> Lacking | None:
    """The nulls of a frame made of two."""
    if one is None or other is None:
        return None if one is other else unknown
    return lambda: one() or other()


def calling(function: Callable[[Any], Any], lacking: Lacking | None) -> Callable[[Any], Any]:
    """A function of records that gets those fields only which a record has.

    Raises:
        GlueUnsupportedError: when it is called, if its result depends on whether a field is null or missing, and the
            frame cannot tell.
    """
    if lacking is None:
        return function
    may_be_null = lacking()

    def call(record: Any) -> Any:
        short = _without_nulls(record)
        if not may_be_null or short == record:
            return function(short)
        outcome, other = _outcome(function, record), _outcome(function, short)
        if _differ(outcome, other, lambda: _outcome(function, record)):
            names = ", ".join(name for name in record if name not in short) or "a nested field"
            raise GlueUnsupportedError(
                f"a function whose result for a record depends on whether {names} is null or missing is not supported:"
                " fill the nulls of the source, or use toDF()"
            )
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return call


def _outcome(function: Callable[[Any], Any], record: Any) -> Any:
    try:
        return function(_copy(record))
    except Exception as error:
        return error


def _differ(outcome: Any, other: Any, again: Callable[[], Any]) -> bool:
    """Whether two outcomes differ in more than what differs from call to call, such as a time or an id."""
    one, two = _comparable(outcome), _comparable(other)
    if one == two:
        return False
    third = _comparable(again())
    if not all(isinstance(each, dict) for each in (one, two, third)):
        return bool(one == third)
    by_chance = {name for name in one if name in third and one[name] != third[name]}
    stable, others = ({name: each.get(name) for name in each if name not in by_chance} for each in (one, two))
    return stable != others


def _comparable(outcome: Any) -> Any:
    return Exception if isinstance(outcome, Exception) else _without_nulls(outcome)  # all make the record an error


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return type(value)({name: _copy(item) for name, item in value.items()})
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return type(value)({name: _without_nulls(item) for name, item in value.items() if item is not None})
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
