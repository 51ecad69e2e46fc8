"""Reads Iceberg tables and their rows through PyIceberg; an unreadable file is one clear error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING

from quartal.core.errors import AwsError, PipelineError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.catalog import Catalog
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.table import Table

    from quartal.features.tags import State

_GRANT = "The signed-in identity needs s3:GetObject on the lake, and kms:Decrypt on its key."


def load_published(catalog: Catalog, identifier: tuple[str, str]) -> Table:
    """A table of the catalog.

    Raises:
        AwsError: its metadata is missing or may not be read.
        NoSuchTableError: there is none.
        PipelineError: as `readable_metadata`.
    """
    name = ".".join(identifier)
    with readable_metadata(name):
        try:
            return catalog.load_table(identifier)
        except OSError as error:
            reason, is_refused = _reason(error)
            raise AwsError(
                f"The metadata of {name} could not be read: {reason}",
                remedy=_GRANT
                if is_refused
                else "The file that Glue names is not there: restore it from its earlier version in the bucket.",
            ) from error


@contextmanager
def readable_metadata(name: str) -> Iterator[None]:
    """Turn errors about a table's metadata into one message.

    Raises:
        PipelineError: it is damaged, of a version that PyIceberg does not read, or not Iceberg's.
    """
    import pydantic  # which help need not load
    from pyiceberg.exceptions import NoSuchPropertyException, ValidationError

    try:
        yield
    except (ValueError, ValidationError, NoSuchPropertyException) as error:
        invalid = next((each for each in (error, error.__cause__) if isinstance(each, pydantic.ValidationError)), None)
        reason = invalid.errors()[0]["msg"] if invalid is not None else " ".join(str(error).split())
        raise PipelineError(
            f"Table {name} cannot be read as an Iceberg table: {reason}",
            remedy="Another program has written to it, or to Glue's entry. Set that entry's metadata_location to the "
            "last metadata file that the job wrote, or drop the table and run `quartal run`.",
        ) from error


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
        reason, is_refused = _reason(error)
        raise AwsError(
            f"The files of {name} could not be read: {reason}",
            remedy=_GRANT if is_refused else "A file of the table may be missing; `quartal tags` lists older states.",
        ) from error
    except (ValueError, NotImplementedError, ResolveError) as error:  # such as equality deletes
        raise PipelineError(
            f"Table {name} was written in a way that PyIceberg does not read: {' '.join(str(error).split())}",
            remedy="Another program has written to it, which the job does not expect. Athena may read it; states from "
            "before that can be read with --as-of.",
        ) from error


def _reason(error: BaseException) -> tuple[str, bool]:
    """The first line of an error, and whether it means that a permission is lacking."""
    reason = next(iter(str(error).splitlines()), "")
    return reason, "ACCESS_DENIED" in reason or "AccessDenied" in reason
