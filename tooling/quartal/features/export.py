"""Writes the features of a tag to a folder: one file per quarter, and a manifest with checksums."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quartal.core.errors import AwsError, ConfigurationError, PipelineError
from quartal.core.spreadsheets import escape_formulas
from quartal.features.diff import feature_key
from quartal.features.table_reading import read_rows
from quartal.features.table_records import summary_value
from quartal.features.tags import is_quarter, tag_named

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.table import Table

    from quartal.features.tags import State

MANIFEST = "manifest.json"
_QUARTER = "quarter"


class ExportFormat(StrEnum):
    """The format of the files, which is also the suffix of their names."""

    PARQUET = "parquet"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file of an export.

    Attributes:
        name: its name in the folder.
        quarter: the quarter whose rows it holds.
        rows: how many.
        size_bytes: its size.
        sha256: of its bytes, hexadecimal.
    """

    name: str
    quarter: str
    rows: int
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Export:
    """The contents of the manifest: which state of which table, and the files.

    `days_to` is the last day of that state; `later_deliveries` and `corrected_by` come from the tag's record.
    `spreadsheet_safe` is whether texts that a spreadsheet would take for formulas have an apostrophe before them,
    `left_out` are the quarters of that state that were not requested.
    """

    table: str
    tag: str
    snapshot_id: int
    format: ExportFormat
    rows: int
    columns: tuple[dict[str, str], ...]
    files: tuple[ExportedFile, ...]
    spreadsheet_safe: bool = False
    left_out: tuple[str, ...] = ()
    days_to: str | None = None
    later_deliveries: tuple[str, ...] = ()
    corrected_by: tuple[str, ...] = ()

    @property
    def quarters(self) -> tuple[str, ...]:
        """The quarters whose rows were written, in their order."""
        return tuple(file.quarter for file in self.files)

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def export_features(
    table: Table,
    state: State,
    folder: Path,
    form: ExportFormat,
    *,
    spreadsheet_safe: bool = False,
    only: Collection[str] = (),
) -> Export:
    """Write a state, or some of its quarters, to a folder that does not exist yet or is empty.

    The folder appears when everything is written. Quarters are read one after the other, so that only one is held in
    memory. Rows are ordered by entity and day: the same snapshot always gives the same CSV files, and with the same
    pyarrow the same Parquet files.

    Raises:
        AwsError: the files do not hold the rows that the snapshot counts; nothing is left behind.
        PipelineError: rows are of no quarter; nothing is left behind.
        ConfigurationError: the folder is not empty or cannot be written, or there is no such quarter; nothing is left
            behind.
    """
    refuse_used_folder(folder)
    folder = folder.resolve()  # a link stays one
    partial = folder.with_name(f".{folder.name}.partial-{secrets.token_hex(4)}")
    try:
        partial.mkdir(parents=True)
        export = _write(table, state, partial, form, spreadsheet_safe, only)
        if not export.left_out:
            _refuse_short(table, export)
        (partial / MANIFEST).write_text(json.dumps(export.as_record(), indent=2) + "\n", encoding="utf-8")
        if folder.exists():
            folder.rmdir()  # Windows renames onto nothing that exists
        os.replace(partial, folder)  # noqa: PTH105  # the atomic one, by its name
    except OSError as error:
        raise ConfigurationError(
            f"{folder} cannot be written: {error.strerror or error}.", remedy="Name another folder with --out."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)  # renamed already if all went well
    return export


def refuse_used_folder(folder: Path) -> None:
    """Stop unless the folder is missing or empty.

    Raises:
        ConfigurationError: it is not empty, or not a folder.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "exists and is not empty" if folder.is_dir() else "is not a folder"
        raise ConfigurationError(f"{folder} {what}.", remedy="Name another folder with --out.")


def _refuse_short(table: Table, export: Export) -> None:
    """Stop if fewer or more rows were written than the snapshot's summary counts.

    Raises:
        AwsError: the numbers differ.
    """
    from etl_job.findings.wording import count  # which help need not load

    snapshot = table.snapshot_by_id(export.snapshot_id)
    if snapshot is None:
        return
    counted = summary_value(snapshot, "total-records")
    deletes = summary_value(snapshot, "total-delete-files") or "0"  # the rows that they delete are not subtracted
    if counted is not None and deletes == "0" and int(counted) != export.rows:
        raise AwsError(
            f"{export.table} at {export.tag} has {count(int(counted), 'row')}, but its files hold {export.rows:,}, so "
            "nothing was exported.",
            remedy="Try again. If it recurs, the files were changed by hand; `quartal tags` lists older states.",
        )


def _write(
    table: Table,
    state: State,
    folder: Path,
    form: ExportFormat,
    spreadsheet_safe: bool,
    only: Collection[str],
) -> Export:
    snapshot_id, tag = state.snapshot_id, state.name
    scanned = table.scan(snapshot_id=snapshot_id)
    names = [field.name for field in scanned.projection().fields]
    counted = read_rows(table, snapshot_id=snapshot_id, columns=(_QUARTER,))[_QUARTER].value_counts().to_pylist()
    held = {each["values"]: each["counts"] for each in counted}
    _refuse_other_quarters(table, tag, held)
    # if the tag's snapshot holds more than its quarter, the tag has the name of that quarter
    counts = {quarter: rows for quarter, rows in held.items() if state.up_to is None or quarter <= tag}
    named = tag_named(table, tag)
    unknown = sorted(set(only) - counts.keys())
    if unknown:
        raise ConfigurationError(
            f"The features at {tag} have no quarter {', '.join(unknown)}.",
            remedy=f"They have: {', '.join(sorted(counts)) or 'none'}.",
        )
    key = feature_key(names)
    files = []
    for quarter in sorted(set(only) or counts):
        rows = _rows_of_quarter(table, state, quarter, counts[quarter]).sort_by([(name, "ascending") for name in key])
        path = folder / f"features-{quarter}.{form}"
        _write_file(escape_formulas(rows) if spreadsheet_safe else rows, path, form)
        with path.open("rb") as written:
            checksum = hashlib.file_digest(written, "sha256").hexdigest()
        files.append(ExportedFile(path.name, quarter, rows.num_rows, path.stat().st_size, checksum))
    return Export(
        table=".".join(table.name()),
        tag=tag,
        snapshot_id=snapshot_id,
        format=form,
        rows=sum(file.rows for file in files),
        columns=tuple({"name": field.name, "type": str(field.field_type)} for field in scanned.projection().fields),
        files=tuple(files),
        spreadsheet_safe=spreadsheet_safe,
        left_out=tuple(sorted(held.keys() - {file.quarter for file in files})),
        days_to=str(state.up_to or named.days_to or "") or None if named else None,
        later_deliveries=named.later_deliveries if named else (),
        corrected_by=named.corrected_by if named else (),
    )


def _rows_of_quarter(table: Table, state: State, quarter: str, expected: int) -> pa.Table:
    """A quarter's rows at a state.

    Raises:
        AwsError: there are fewer or more than expected.
    """
    from pyiceberg.expressions import EqualTo

    from etl_job.findings.wording import count  # which help need not load

    of_quarter = EqualTo(_QUARTER, quarter)  # type: ignore[arg-type, call-arg]  # pydantic hides the signature
    rows = read_rows(table, row_filter=of_quarter, snapshot_id=state.snapshot_id)
    if rows.num_rows != expected:
        raise AwsError(
            f"{'.'.join(table.name())} at {state.name} has {count(expected, 'row')} of {quarter}, but its files hold "
            f"{rows.num_rows:,}, so nothing was exported.",
            remedy="Try again. If it recurs, `quartal tags` lists older states.",
        )
    return rows


def _refuse_other_quarters(table: Table, tag: str, held: Mapping[str | None, int]) -> None:
    """Stop at rows that belong to no file, because their quarter is missing or no quarter.

    Raises:
        PipelineError: there are some.
    """
    from etl_job.findings.wording import count  # which help need not load

    strange = [quarter for quarter in held if quarter is None or not is_quarter(quarter)]
    if strange:
        names = ", ".join("none" if quarter is None else repr(quarter) for quarter in strange)
        raise PipelineError(
            f"{'.'.join(table.name())} at {tag} has {count(sum(held[each] for each in strange), 'row')} of which the "
            f"quarter is {names}, so nothing was exported.",
            remedy="The job writes quarters such as 2024Q1. Find out which other program wrote to the table.",
        )


def _write_file(rows: pa.Table, path: Path, form: ExportFormat) -> None:
    if form is ExportFormat.CSV:
        from pyarrow import ArrowException, csv

        try:
            csv.write_csv(rows, path)
        except ArrowException as error:
            raise ConfigurationError(
                f"The features cannot be written as CSV: {error}.", remedy="Leave out --format csv: Parquet holds them."
            ) from error
    else:
        from pyarrow import parquet

        parquet.write_table(rows, path, compression="zstd")
