"""Files of `quartal ingest`, read by the job: equal rows for CSV and Parquet."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from etl_job.contract.model import Contract
from quartal.deliver.ingest.planning import build_layout

from .read_texts import texts_in

COLUMNS: list[dict[str, Any]] = [
    {"name": "id", "logicalType": "integer", "required": True, "primaryKey": True},
    {"name": "shop", "required": True},
    {"name": "at", "required": True, "logicalTypeOptions": {"format": "HH:mm"}},
    {"name": "day", "logicalType": "date", "required": True, "logicalTypeOptions": {"format": "d.M.yyyy"}},
    {
        "name": "sold_at",
        "logicalType": "timestamp",
        "logicalTypeOptions": {"format": "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"},
    },
    {
        "name": "noted_at",
        "logicalType": "timestamp",
        "logicalTypeOptions": {"format": "yyyyMMdd HH:mm:ss", "timeZone": "Europe/Berlin"},
    },
    {"name": "price", "logicalType": "number", "logicalTypeOptions": {"decimalSeparator": ","}},
    {"name": "Weight", "logicalType": "number"},
    {"name": "is_new", "logicalType": "boolean"},
]
ROWS = [
    (
        number,
        ("north", 'an "old", one', "ä; ß")[number % 3],
        time(number % 24, 5, 9),
        date(1969, 12, 30) + timedelta(days=997 * number),
        datetime(1999, 12, 31, 23, 59, 59, 987_654, UTC) + timedelta(hours=7 * number),
        datetime(2024, 3, 31, tzinfo=UTC) + timedelta(minutes=37 * number),
        Decimal(number * 7919 % 1_000_000) / 1000,
        (0.1, 1e-6, 12.5, float(number))[number % 4],
        (True, False, 1)[number % 3],
    )
    for number in range(-20, 20)
]
ROWS += [(2**62, "", time(0), date(2024, 2, 29), None, None, None, None, None)]
ROWS += [("17", 3, "25:00", "29.2.2024", "2024-02-29T00:00:00.000+01:00", "20240229 00:00:00", "1,5", "1.5", "True")]


def contract(files: str) -> Contract:
    return Contract.model_validate(
        {
            "version": "1",
            "dataset": "sales",
            "columns": COLUMNS,
            "files": {"format": files},
            "features": {"entity": ["shop"], "eventTime": {"date": "day", "time": "at"}, "count": "sales"},
        }
    )


def values_that_the_job_reads(folder: Path, files: str) -> list[tuple[str | None, ...]]:
    """Of a chunk with all rows, and one whose rows have gone."""
    of = contract(files)
    layout = build_layout(of, [column.name for column in of.columns], compress=False)
    for number, batches in enumerate(([ROWS[:30], ROWS[30:]], []), 1):
        with (folder / f"sales-{number:05d}{layout.suffix}").open("wb") as target:
            layout.write(batches, target)
    return texts_in(folder, of, layout.suffix)


def test_rows_of_parquet_are_those_of_csv(tmp_path):
    from_csv, from_parquet = (values_that_the_job_reads(tmp_path, files) for files in ("csv", "parquet"))
    assert len(from_csv) == len(ROWS)
    # text for a typed column: the value that it names, in the forms of the contract's first format
    assert from_csv[-1][:9] == (*ROWS[-1][:1], "3", *ROWS[-1][2:])
    in_utc = ("17", "3", "25:00", "29.2.2024", "2024-02-28T23:00:00.000Z", "20240229 00:00:00", "1,5", "1.5", "true")
    assert from_parquet == [*from_csv[:-1], in_utc]
