"""How rows of a database become a Parquet file of the contract's types, and what is refused instead of guessed."""

from __future__ import annotations

import errno
import io
import os
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from quartal.contracts.model import Column, Contract
from quartal.core.errors import ConfigurationError
from quartal.deliver.ingest.arrow_values import ArrowColumn
from quartal.deliver.ingest.chunk_file import RowError
from quartal.deliver.ingest.parquet_chunk import ParquetLayout
from quartal.deliver.ingest.planning import build_layout
from quartal.deliver.upload.checksums import compute_checksum

ISO = {"format": "yyyy-MM-dd"}
OFFSET = {"format": "yyyy-MM-dd'T'HH:mm:ssXXX"}
MILLISECONDS = {"format": "epochMilliseconds"}
EPOCH_MOMENT = datetime(2023, 11, 14, 22, 13, 20, 250_000, UTC)
BERLIN = {"format": "yyyy-MM-dd HH:mm:ss", "timeZone": "Europe/Berlin"}


def column(kind: str, **rules) -> ArrowColumn:
    return ArrowColumn.of_contract(
        Column.model_validate({"name": "value", "logicalType": kind, "logicalTypeOptions": rules})
    )


@pytest.mark.parametrize(
    ("kind", "rules", "expected"),
    [
        pytest.param("string", {}, pa.string(), id="text"),
        pytest.param("string", {"format": "HH:mm"}, pa.string(), id="time of day, which Spark does not read"),
        pytest.param("integer", {}, pa.int64(), id="integer"),
        pytest.param("number", {}, pa.decimal128(38, 18), id="number"),
        pytest.param("boolean", {}, pa.bool_(), id="boolean"),
        pytest.param("date", ISO, pa.date32(), id="date"),
        pytest.param("timestamp", OFFSET, pa.timestamp("us", "UTC"), id="moment"),
        pytest.param("timestamp", BERLIN, pa.timestamp("us"), id="what clocks show"),
    ],
)
def test_contract_alone_decides_the_type_of_a_column(kind, rules, expected):
    found = column(kind, **rules)
    assert found.type == expected
    assert found.array([None, None]).to_pylist() == [None, None]


@pytest.mark.parametrize(
    ("kind", "rules", "value", "expected"),
    [
        pytest.param("integer", {}, -(2**63), -(2**63), id="smallest integer"),
        pytest.param("integer", {}, Decimal("7.00"), 7, id="integer that the database holds as a decimal"),
        pytest.param("integer", {}, -3.0, -3, id="integer that the database holds as a double"),
        pytest.param("integer", {}, "+0012", 12, id="integer as text"),
        pytest.param("number", {}, Decimal("1E+3"), Decimal(1000), id="decimal with an exponent"),
        pytest.param("number", {}, 1e-7, Decimal("0.0000001"), id="double, as it prints"),
        pytest.param("number", {}, 0.1 + 0.2, Decimal("0.30000000000000004"), id="digits for the job to judge"),
        pytest.param("number", {}, 10**19, Decimal(10**19), id="whole number"),
        pytest.param("number", {}, "-0.25", Decimal("-0.25"), id="number as text"),
        pytest.param("number", {"decimalSeparator": ","}, "1,50", Decimal("1.5"), id="decimal comma as text"),
        pytest.param("number", {"thousandsSeparator": "."}, "1.234,5", Decimal("1234.5"), id="thousands as text"),
        pytest.param("integer", {"thousandsSeparator": " "}, "1\u202f234", 1_234, id="integer with thousands as text"),
        pytest.param("timestamp", MILLISECONDS, 1_700_000_000_250, EPOCH_MOMENT, id="number that counts from 1970"),
        pytest.param("timestamp", MILLISECONDS, "1700000000250", EPOCH_MOMENT, id="such a number as text"),
        pytest.param("boolean", {}, 1, True, id="true, from a database without booleans"),
        pytest.param("boolean", {}, "False", False, id="boolean as text"),
        pytest.param("date", ISO, datetime(2024, 3, 31), date(2024, 3, 31), id="midnight"),
        pytest.param("date", ISO, "0812-01-02", date(812, 1, 2), id="date as text, as SQLite has them"),
        pytest.param(
            "date", ISO | {"otherFormats": ["d.M.yyyy"]}, "1.3.2024", date(2024, 3, 1), id="text of another format"
        ),
        pytest.param(
            "timestamp",
            OFFSET,
            datetime(2024, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=2))),
            datetime(2023, 12, 31, 22, 30, tzinfo=UTC),
            id="moment, in UTC wherever it was read",
        ),
        pytest.param(
            "timestamp",
            {"format": "yyyy-MM-dd HH:mm:ss.SSSSSSSSSXX"},
            "2024-01-01 00:30:00.250000000-0330",
            datetime(2024, 1, 1, 4, 0, 0, 250_000, UTC),
            id="moment as text",
        ),
        pytest.param(
            "timestamp",
            BERLIN,
            datetime(2024, 7, 1, 10, tzinfo=UTC),
            datetime(2024, 7, 1, 12),
            id="moment, by the clocks of the contract's zone",
        ),
        pytest.param("timestamp", BERLIN, "2024-07-01 10:00:00", datetime(2024, 7, 1, 10), id="time as text"),
        pytest.param("string", {"format": "HH:mm"}, time(7, 5, 9), "07:05", id="time without seconds"),
        pytest.param("string", {}, "a\nb", "a\nb", id="line break, which ends no row here"),
        pytest.param("string", {}, Decimal("1.50"), "1.5", id="number as text"),
        pytest.param("string", {}, UUID(int=1), "00000000-0000-0000-0000-000000000001", id="UUID"),
        pytest.param("date", ISO, "", None, id="empty text is a missing value"),
    ],
)
def test_value_is_converted_to_the_type_of_the_column(kind, rules, value, expected):
    assert column(kind, **rules).array([value, None]).to_pylist() == [expected, None]


@pytest.mark.parametrize(
    ("kind", "rules", "value", "reason"),
    [
        pytest.param("string", {}, b"\x00", "holds a value of type bytes", id="bytes"),
        pytest.param("string", {}, "5 \ud800", r"holds '\\ud800', which UTF-8 cannot write", id="no letter"),
        pytest.param("integer", {}, True, "holds a boolean, which is not a number", id="boolean for a number"),
        pytest.param("integer", {}, 7.5, "holds 7.5, but the contract expects an integer", id="fraction"),
        pytest.param("integer", {}, 2**63, "column of int64 cannot hold", id="more than 64 bits"),
        pytest.param("integer", {}, "1e3", "holds the text '1e3', but the contract expects an integer", id="word"),
        pytest.param("integer", {}, "x" * 99, rf"holds the text '{'x' * 39}\.\.\., but", id="long text is cut"),
        pytest.param("number", {}, float("nan"), "holds nan, which is not a number", id="not a number"),
        pytest.param("number", {}, Decimal("-Infinity"), "holds -Infinity, which is not a number", id="infinity"),
        pytest.param("number", {}, Decimal("1E+30"), r"column of decimal128\(38, 18\) cannot hold", id="large"),
        pytest.param("number", {}, 1e-20, r"holds 1e-20, .* cannot hold: cast or round it", id="small"),
        pytest.param("number", {}, "1,5", "holds the text '1,5', but the contract expects a number", id="comma"),
        pytest.param("boolean", {}, 2, "holds a value of type int", id="two for a boolean"),
        pytest.param("boolean", {}, "yes", "the contract expects a boolean", id="yes"),
        pytest.param("date", ISO, datetime(2024, 1, 1, 5), "cast it to a date", id="moment for a date"),
        pytest.param("date", ISO, "2024-02-30", r"expects a date \(yyyy-MM-dd\)", id="30th of February"),
        pytest.param("date", ISO, "2024-02-03 ", r"expects a date \(yyyy-MM-dd\)", id="more than a date"),
        pytest.param("timestamp", OFFSET, datetime(2024, 1, 1), "a timestamp without a zone", id="moment where?"),
        pytest.param("timestamp", OFFSET, "yesterday", "the contract expects a timestamp", id="word for a moment"),
        pytest.param(
            "timestamp",
            {"format": "yyyy-MM-dd HH:mm:ss.SSSSSSSSSXXX"},
            "2024-01-01 00:00:00.123456789Z",
            "a Parquet timestamp has microseconds",
            id="nanoseconds",
        ),
        pytest.param(
            "timestamp", BERLIN, datetime(2024, 10, 27, 1, 30, tzinfo=UTC), "a second time", id="hour that comes twice"
        ),
    ],
)
def test_value_that_the_column_cannot_hold_is_refused_with_its_row_and_column(kind, rules, value, reason):
    with pytest.raises(RowError, match=f"column value .*{reason}") as error:
        column(kind, **rules).array([None, value, value])
    assert error.value.row == 1


# ---------------------------------------------------------------------------- rows as a file


def contract(**day) -> Contract:
    return Contract.model_validate(
        {
            "version": "1",
            "dataset": "sales",
            "columns": [
                {"name": "id", "logicalType": "integer", "required": True, "primaryKey": True},
                {"name": "day", "logicalType": "date", "required": True, "logicalTypeOptions": ISO | day},
                {"name": "note"},
            ],
            "files": {"format": "parquet"},
            "features": {"entity": ["id"], "eventTime": {"date": "day"}, "count": "sales"},
        }
    )


def layout(*present: str, **day) -> ParquetLayout:
    found = build_layout(contract(**day), present or ("id", "day", "note"), compress=False)
    assert isinstance(found, ParquetLayout)
    return found


DAY = date(2024, 1, 31)


def written(*batches) -> bytes:
    file = io.BytesIO()
    layout().write(batches, file)
    return file.getvalue()


def test_file_has_the_contracts_columns_in_its_order_and_no_key_that_it_does_not_know():
    content = written([(1, DAY, None, "key")], [(2, "2024-02-29", "ä\n", "key")])
    found = parquet.read_table(io.BytesIO(content))
    assert found.schema == pa.schema([("id", pa.int64()), ("day", pa.date32()), ("note", pa.string())])
    assert found.to_pylist() == [
        {"id": 1, "day": DAY, "note": None},
        {"id": 2, "day": date(2024, 2, 29), "note": "ä\n"},
    ]
    group = parquet.ParquetFile(io.BytesIO(content)).metadata.row_group(0)
    assert {group.column(place).compression for place in range(3)} == {"ZSTD"}
    assert layout("note", "id", "day").columns == ("id", "day", "note")


def test_chunk_without_remaining_rows_is_a_file_with_columns():
    assert parquet.read_table(io.BytesIO(written())).schema.names == ["id", "day", "note"]
    assert parquet.read_table(io.BytesIO(written([]))).num_rows == 0


def test_chunk_is_summed_up_as_it_lies_in_its_file():
    file = io.BytesIO()
    found = layout().write([[(1, DAY, "x")] * 1000] * 2, file)
    assert (found.rows, found.size_bytes) == (2000, len(file.getvalue()))
    assert found.checksum == found.source_checksum == compute_checksum(file.getvalue())
    assert not file.closed


@given(
    st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.dates(), st.none() | st.text(st.characters(codec="utf-8"))))
)
def test_every_row_comes_back_and_equal_rows_give_equal_bytes(rows):
    content = written(rows)
    assert [tuple(row.values()) for row in parquet.read_table(io.BytesIO(content)).to_pylist()] == rows
    assert written(rows) == content


def test_row_group_is_written_before_the_next_is_read(monkeypatch):
    """So that a chunk of any number of rows is written in the memory of one group."""
    monkeypatch.setattr("quartal.deliver.ingest.parquet_chunk._GROUP_ROWS", 4)
    file, sizes = io.BytesIO(), []

    def batches():
        for start in range(0, 12, 2):
            sizes.append(file.tell())
            yield [(n, DAY, None) for n in range(start, start + 2)]

    layout().write(batches(), file)
    assert sizes[0] == sizes[1] < sizes[2] == sizes[3] < sizes[4] == sizes[5]
    metadata = parquet.ParquetFile(file).metadata
    assert [metadata.row_group(place).num_rows for place in range(metadata.num_row_groups)] == [4, 4, 4]


def test_row_group_of_long_texts_holds_fewer_rows(monkeypatch):
    monkeypatch.setattr("quartal.deliver.ingest.parquet_chunk._GROUP_BYTES", 1000)
    content = written(*[[(n, DAY, "x" * 600)] for n in range(4)])
    assert parquet.ParquetFile(io.BytesIO(content)).metadata.num_row_groups == 2


def test_value_without_a_key_is_reported_with_its_row_in_the_batch():
    with pytest.raises(RowError, match="column day holds the text 'soon'") as error:
        written([(1, DAY, None)], [(2, DAY, None), (3, "soon", None)])
    assert error.value.row == 1


class FullDisk(io.BytesIO):
    """Has room for a few bytes."""

    def write(self, content) -> int:
        if self.tell() + len(content) > 10:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(content)


def test_disk_without_room_is_an_error_of_the_operating_system():
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        layout().write([[(1, DAY, "x")]], FullDisk())


def test_layout_differs_where_the_same_rows_would_become_other_values():
    assert layout().hash == layout("note", "day", "id").hash
    assert layout().hash != layout("id", "day").hash
    assert layout().hash != layout(otherFormats=["d.M.yyyy"]).hash


def test_gzip_around_parquet_is_refused():
    with pytest.raises(
        ConfigurationError, match="sales requires Parquet files, which gzip does not make smaller"
    ) as error:
        build_layout(contract(), ("id", "day"), compress=True)
    assert "Leave out --gzip" in error.value.remedy
