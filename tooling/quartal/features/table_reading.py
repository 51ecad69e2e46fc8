"""Rows of an Iceberg table, read through PyIceberg; what its files cannot give is one clear error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quartal.core.errors import AwsError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.table import Table

    from quartal.features.tags import State


def read_state(table: Table, state: State) -> pa.Table:
    """The rows of a named state, and of no day that does not belong to it.

    Raises:
        AwsError: a file is gone, or may not be read, or is not whole.
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
        AwsError: a file is gone, or may not be read, or is not whole.
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
            else "Is a file gone that the table names? `quartal tags` lists older states.",
        ) from error
