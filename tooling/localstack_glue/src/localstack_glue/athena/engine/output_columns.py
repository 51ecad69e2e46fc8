"""The checks of a query's columns before a table or a view is created from it."""

from collections.abc import Sequence

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.trino.query_translation import Output
from localstack_glue.athena.engine.trino.types import Type

_NOT_HIVE = (
    "time",
    "timestamp with time zone",
    "interval day to second",
    "interval year to month",
    "json",
    "uuid",
    "unknown",
)
_HIVE_DIGITS, _ICEBERG_DIGITS = 3, 6  # of a second


def check_names(outputs: Sequence[Output]) -> None:
    """Every column of a table or a view has a name and a type.

    Raises:
        QueryFailedError: it is otherwise.
    """
    for place, output in enumerate(outputs, 1):
        if output.name == f"_col{place - 1}":
            raise QueryFailedError("MISSING_COLUMN_NAME", f"line 1:1: Column name not specified at position {place}")
        if output.type.kind == "unknown":
            raise QueryFailedError("COLUMN_TYPE_UNKNOWN", f"line 1:1: Column type is unknown at position {place}")


def check_distinct(outputs: Sequence[Output]) -> None:
    """No two columns have one name.

    Raises:
        QueryFailedError: it is otherwise.
    """
    names = [output.name.lower() for output in outputs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise QueryFailedError("DUPLICATE_COLUMN_NAME", f"line 1:1: Column name '{twice}' specified more than once")


def check_hive(outputs: Sequence[Output], keys: Sequence[str]) -> None:
    """A table over files can hold the columns, its partition keys last.

    Raises:
        QueryFailedError: it is otherwise.
    """
    check_distinct(outputs)
    names = [output.name.lower() for output in outputs]
    for output in outputs:
        if output.type.kind in _NOT_HIVE:
            raise QueryFailedError("NOT_SUPPORTED", f"Unsupported Hive type: {output.type}")
        if found := _moment_unlike(output.type, _HIVE_DIGITS):
            raise QueryFailedError(
                "NOT_SUPPORTED",
                f"Incorrect timestamp precision for {found}; the configured precision is MILLISECONDS; "
                f"column name: {output.name.lower()}",
            )
    if keys and tuple(names[-len(keys) :]) != tuple(keys):
        raise QueryFailedError(
            "HIVE_COLUMN_ORDER_MISMATCH",
            "Partition keys must be the last columns in the table and in the same order as the table properties: "
            + str(list(keys)),
        )
    if keys and len(keys) == len(names):
        raise QueryFailedError("INVALID_TABLE_PROPERTY", "Table contains only partition columns")


def check_iceberg(outputs: Sequence[Output]) -> None:
    """An Iceberg table can hold the columns.

    Raises:
        QueryFailedError: it is otherwise.
    """
    check_names(outputs)
    check_distinct(outputs)
    for output in outputs:
        if found := _moment_unlike(output.type, _ICEBERG_DIGITS):
            wanted = f"timestamp({_ICEBERG_DIGITS}){' with time zone' if found.zone else ''}"
            raise QueryFailedError(
                "NOT_SUPPORTED",
                f'Timestamp precision ({found.numbers[0]}) not supported for Iceberg. Use "{wanted}" instead.',
            )


def _moment_unlike(kind: Type, digits: int) -> Type | None:
    """The first timestamp in a type that has another number of digits; None if there is none."""
    if kind.kind.startswith("timestamp") and kind.numbers[0] != digits:
        return kind
    return next((found for part in kind.parts if (found := _moment_unlike(part, digits))), None)


def check_buckets(outputs: Sequence[Output], columns: Sequence[str]) -> None:
    """A table has the columns by which it is said to be in buckets.

    Raises:
        QueryFailedError: it has not.
    """
    known = {output.name.lower() for output in outputs}
    missing = [column for column in columns if column not in known]
    if missing:
        raise QueryFailedError("INVALID_TABLE_PROPERTY", f"Bucketing columns {missing} not present in schema")
