"""Reads rows of an Iceberg table through PyIceberg; an unreadable file is one clear error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING

from quartal.core.errors import AwsError, PipelineError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.table import Table

    from quartal.features.tags import State


def read_state(table: Table, state: State) -> pa.Table:
    """The rows of a named state, without days that do not belong to it.

    Raises:
        AwsError: a file is missing, damaged or may not be read.
        PipelineError: as `read_rows`.
    """
    row_filter = "true" if state.up_to is None else f"day <= '{state.up_to}'"
    return read_rows(table, snapshot_id=state.snapshot_id, row_filter=row_filter)


def read_rows(
    table: Table,
    *,
    snapshot_id: int | None = None,
    columns: tuple[str, ...] = ("*",),
    row_filter: BooleanExpression | str = "true",
) -> pa.Table:
    """Read rows into memory.

    Args:
        table: the table.
        snapshot_id: which state of it; None for the present one.
        columns: those that are read from the files.
        row_filter: which rows; files that hold none of them are not read.

    Raises:
        AwsError: a file is missing, damaged or may not be read.
        PipelineError: another program wrote the table in a way that PyIceberg does not read.
    """
    with _readable(table):
        return table.scan(snapshot_id=snapshot_id, selected_fields=columns, row_filter=row_filter).to_arrow()


def last_days(table: Table, snapshot_id: int, column: str) -> Iterator[date]:
    """The last day in each file of a state, by the bounds of a column of days; none if it is no such column.

    Raises:
        AwsError: the lists of files cannot be read.
    """
    from pyiceberg.conversions import from_bytes
    from pyiceberg.types import DateType

    scan = table.scan(snapshot_id=snapshot_id)
    fields = [field for field in scan.projection().fields if field.name == column and field.field_type == DateType()]
    if not fields:
        return
    with _readable(table):
        bounds = [task.file.upper_bounds for task in scan.plan_files()]
    for each in bounds:
        if each and fields[0].field_id in each:
            days: int = from_bytes(DateType(), each[fields[0].field_id])  # type: ignore[assignment]
            yield date(1970, 1, 1) + timedelta(days=days)


@contextmanager
def _readable(table: Table) -> Iterator[None]:
    from pyarrow import ArrowException
    from pyiceberg.exceptions import ResolveError

    name = ".".join(table.name())
    try:
        yield
    except (OSError, ArrowException) as error:  # PyArrow has no other types for what S3 answers, and what it cuts off
        reason = next(iter(str(error).splitlines()), "")
        refused = "ACCESS_DENIED" in reason or "AccessDenied" in reason
        raise AwsError(
            f"The files of {name} could not be read: {reason}",
            remedy="The signed-in identity needs s3:GetObject on the lake, and kms:Decrypt on its key."
            if refused
            else "A file of the table may be missing; `quartal tags` lists older states.",
        ) from error
    except (ValueError, NotImplementedError, ResolveError) as error:  # such as equality deletes
        raise PipelineError(
            f"Table {name} was written in a way that PyIceberg does not read: {' '.join(str(error).split())}",
            remedy="Another program has written to it, which the job does not expect. Athena may read it; states from "
            "before that can be read with --as-of.",
        ) from error
