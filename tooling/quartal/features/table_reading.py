"""Reads rows of an Iceberg table through PyIceberg; an unreadable file is one clear error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quartal.core.errors import AwsError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.table import Table

    from quartal.features.tags import State


def read_state(table: Table, state: State) -> pa.Table:
    """The rows of a named state, without days that do not belong to it.

    Raises:
        AwsError: a file is missing, damaged or may not be read.
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
    """
    from pyarrow import ArrowException

    try:
        return table.scan(snapshot_id=snapshot_id, selected_fields=columns, row_filter=row_filter).to_arrow()
    except (OSError, ArrowException) as error:  # PyArrow has no other types for what S3 answers, and what it cuts off
        reason = next(iter(str(error).splitlines()), "")
        refused = "ACCESS_DENIED" in reason or "AccessDenied" in reason
        raise AwsError(
            f"The files of {'.'.join(table.name())} could not be read: {reason}",
            remedy="The signed-in identity needs s3:GetObject on the lake, and kms:Decrypt on its key."
            if refused
            else "A file of the table may be missing; `quartal tags` lists older states.",
        ) from error
