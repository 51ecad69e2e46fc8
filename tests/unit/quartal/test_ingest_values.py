"""The conversion of database values to the contract's texts; ambiguous values are refused."""

from __future__ import annotations

import csv
import gzip
import io
from contextlib import nullcontext
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from uuid import UUID

import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st

from quartal.contracts.model import Column, Contract, Layout
from quartal.core.errors import ConfigurationError
from quartal.deliver.ingest import mysql
from quartal.deliver.ingest.chunk_file import RowError
from quartal.deliver.ingest.column_check import check_columns
from quartal.deliver.ingest.csv_chunk import CsvLayout
from quartal.deliver.ingest.relation import Relation
from quartal.deliver.ingest.values import select_format
from quartal.deliver.upload.checksums import compute_checksum

ISO = {"format": "yyyy-MM-dd"}
CLOCK = {"format": "HH:mm:ss"}


def column(kind: str, **rules) -> Column:
    return Column.model_validate({"name": "value", "logicalType": kind, "logicalTypeOptions": rules})


def text(kind: str, value: object, **rules) -> str:
    return select_format(column(kind, **rules))(value)


@pytest.mark.parametrize(
    ("kind", "rules", "value", "expected"),
    [
        pytest.param("integer", {}, 2**62, "4611686018427387904", id="large integer"),
        pytest.param("integer", {}, Decimal("7.00"), "7", id="integer that the database holds as a decimal"),
        pytest.param("integer", {}, -3.0, "-3", id="integer that the database holds as a double"),
        pytest.param("number", {}, Decimal("1.50000000"), "1.5", id="zeros at the end say nothing"),
        pytest.param("number", {}, Decimal("1E+3"), "1000", id="no exponent, decimal"),
        pytest.param("number", {}, 1e-7, "0.0000001", id="no exponent, double"),
        pytest.param("number", {"decimalSeparator": ","}, Decimal("-0.25"), "-0,25", id="decimal comma"),
        pytest.param("number", {}, float("nan"), "NaN", id="not a number is for the quarantine"),
        pytest.param("boolean", {}, True, "true", id="true"),
        pytest.param("boolean", {}, 0, "false", id="false, from a database without booleans"),
        pytest.param("date", ISO, date(812, 1, 2), "0812-01-02", id="early date"),
        pytest.param("date", {"format": "dd.MM.yyyy"}, date(2024, 3, 31), "31.03.2024", id="German date"),
        pytest.param("date", {"format": "d.M.yyyy"}, date(2024, 3, 31), "31.3.2024", id="date of varying width"),
        pytest.param("string", {"format": "HH:mm"}, time(7, 5, 9), "07:05", id="time without seconds"),
        pytest.param(
            "timestamp",
            {"format": "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"},
            datetime(2024, 3, 31, 7, 5, 9, 123_456, UTC),
            "2024-03-31T07:05:09.123Z",
            id="fraction",
        ),
        pytest.param(
            "timestamp",
            {"format": "yyyy-MM-dd HH:mmXX", "otherFormats": ["yyyy-MM-dd HH:mm"], "timeZone": "Europe/Berlin"},
            datetime(2024, 3, 31, 7, 5, tzinfo=UTC),
            "2024-03-31 07:05Z",
            id="offset where other formats have a zone",
        ),
        pytest.param("number", {"thousandsSeparator": "."}, Decimal("1234.5"), "1234,5", id="comma beside such points"),
        pytest.param(
            "integer", {"thousandsSeparator": "."}, Decimal("1.234"), "1,234", id="no integer becomes a thousand"
        ),
        pytest.param(
            "timestamp", {"format": "epochMilliseconds"}, 1_700_000_000_123, "1700000000123", id="epoch number"
        ),
        pytest.param(
            "timestamp",
            {"format": "epochSeconds"},
            datetime(1969, 12, 31, 23, 59, 59, 500_000, UTC),
            "-1",
            id="moment as a number",
        ),
        pytest.param("date", {"format": "yyyyMMdd"}, datetime(2024, 3, 31), "20240331", id="midnight"),
        pytest.param("string", CLOCK, time(7, 5, 9, 999_999), "07:05:09", id="time"),
        pytest.param("string", CLOCK, timedelta(hours=23, minutes=59), "23:59:00", id="time of MySQL"),
        pytest.param(
            "timestamp",
            {"format": "yyyy-MM-dd'T'HH:mm:ssXXX"},
            datetime(2024, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=2))),
            "2023-12-31T22:30:00Z",
            id="moment, in UTC wherever it was read",
        ),
        pytest.param(
            "timestamp",
            {"format": "yyyy-MM-dd HH:mm:ss", "timeZone": "Europe/Berlin"},
            datetime(2024, 7, 1, 10, tzinfo=UTC),
            "2024-07-01 12:00:00",
            id="moment, by the clocks of the contract's zone",
        ),
        pytest.param(
            "timestamp",
            {"format": "dd.MM.yyyy '{'HH:mm:ss'}'", "timeZone": "UTC"},
            datetime(2024, 7, 1, 10),
            "01.07.2024 {10:00:00}",
            id="time without a zone is in the contract's",
        ),
        pytest.param("string", {}, 17, "17", id="number as text"),
        pytest.param("string", {}, UUID(int=1), "00000000-0000-0000-0000-000000000001", id="UUID"),
        pytest.param("string", {}, date(2024, 1, 2), "2024-01-02", id="date as text"),
        pytest.param("string", {}, datetime(2024, 1, 2, 3), "2024-01-02 03:00:00", id="timestamp as text"),
    ],
)
def test_value_is_written_in_the_columns_format(kind, rules, value, expected):
    assert text(kind, value, **rules) == expected


@pytest.mark.parametrize(
    ("kind", "rules", "value", "reason"),
    [
        pytest.param("string", {}, b"\x00", "type bytes", id="bytes"),
        pytest.param("string", {}, {"a": 1}, "type dict", id="JSON"),
        pytest.param("integer", {}, True, "a boolean", id="boolean for a number"),
        pytest.param("boolean", {}, 2, "type int", id="two for a boolean"),
        pytest.param("date", ISO, datetime(2024, 1, 1, 5), "cast it to a date", id="moment for a date"),
        pytest.param(
            "date",
            {"format": "yyyy-MM-dd"},
            datetime(2024, 1, 1, tzinfo=UTC),
            "cast it to a date",
            id="midnight where?",
        ),
        pytest.param("string", CLOCK, time(1, tzinfo=UTC), "with an offset", id="time with an offset"),
        pytest.param("string", CLOCK, timedelta(days=1), "a span of time", id="time of more than a day"),
        pytest.param(
            "timestamp",
            {"format": "yyyy-MM-dd HH:mm:ssXXX"},
            datetime(2024, 1, 1),
            "without a zone",
            id="time without a zone where an offset is wanted",
        ),
        pytest.param(
            "timestamp",
            {"format": "yyyy-MM-dd HH:mm:ss", "timeZone": "Europe/Berlin"},
            datetime(2024, 10, 27, 1, 30, tzinfo=UTC),
            "a second time",
            id="hour that comes twice",
        ),
        pytest.param(
            "timestamp",
            {"format": "yyyy-MM-dd HH:mm:ssXXX"},
            datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5))),
            "not in the years 1 to 9999",
            id="moment that has no year of four digits in UTC",
        ),
    ],
)
def test_value_that_would_have_to_be_guessed_is_refused(kind, rules, value, reason):
    with pytest.raises(ValueError, match=reason):
        text(kind, value, **rules)


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1, 1, 3)))
def test_moment_is_read_back_to_the_second_by_the_contracts_own_layout(moment):
    written = text("timestamp", moment, format="yyyy-MM-dd'T'HH:mm:ssXXX")
    assert len(written) <= len(Layout.parse("yyyy-MM-dd'T'HH:mm:ssXXX").text)
    assert datetime.fromisoformat(written) == moment.replace(microsecond=0)


# ---------------------------------------------------------------------------- rows as a file


def layout(*present: str, compress: bool = False, **csv_form) -> CsvLayout:
    contract = Contract.model_validate(
        {
            "version": "1",
            "dataset": "sales",
            "columns": [
                {"name": "id", "logicalType": "string", "required": True, "primaryKey": True},
                {
                    "name": "day",
                    "logicalType": "date",
                    "required": True,
                    "logicalTypeOptions": ISO,
                },
                {"name": "note"},
            ],
            "csv": csv_form,
            "features": {"entity": ["id"], "eventTime": {"date": "day"}, "count": "sales"},
        }
    )
    return CsvLayout.of_contract(contract, present or ("id", "day", "note"), compress=compress)


DAY = date(2024, 1, 31)


def written(rows, **csv_form) -> bytes:
    file = io.BytesIO()
    layout(**csv_form).write([rows], file)
    return file.getvalue()


def test_null_is_an_empty_field_and_a_key_that_the_contract_does_not_know_is_not_written():
    assert written([("a", DAY, None, 17)]) == b"id,day,note\na,2024-01-31,\n"


def test_file_is_written_with_the_contracts_delimiter_quotes_and_encoding():
    content = written([("ä;'", DAY, None)], delimiter=";", quoteSymbol="'", encoding="ISO-8859-1", header=False)
    assert content == b"'\xe4;''';2024-01-31;\n"


def test_columns_are_in_the_contracts_order_whatever_the_tables():
    assert layout("note", "day", "id").columns == ("id", "day", "note")


def test_row_that_spells_the_header_is_quoted_since_the_job_takes_the_header_for_no_row():
    assert written([("id", "day", "note"), ("a", DAY, "x")]) == (b'id,day,note\n"id","day","note"\na,2024-01-31,x\n')


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "\r\n"])
def test_value_with_a_line_break_is_refused_with_its_row_and_column(value):
    with pytest.raises(RowError, match="column note holds a line break") as error:
        written([("a", DAY, None), ("b", DAY, value)])
    assert error.value.row == 1


def test_value_with_a_line_break_is_written_where_the_contract_has_them_read():
    assert written([("a", DAY, 'x\n"y"')], multiLine=True) == b'id,day,note\na,2024-01-31,"x\n""y"""\n'


@pytest.mark.parametrize("value", ["x\ry", "x\r", "\r"])
def test_carriage_return_is_quoted_as_other_line_breaks_are_since_it_ends_a_row_for_the_job(value):
    assert written([("a", DAY, value)], multiLine=True) == f'id,day,note\na,2024-01-31,"{value}"\n'.encode()


@pytest.mark.parametrize("header", [True, False])
def test_file_in_utf_16_has_one_byte_order_mark_whatever_the_number_of_batches(header):
    file = io.BytesIO()
    layout(encoding="UTF-16", header=header).write([[("a", DAY, "x")], [("b", DAY, "y")]], file)
    expected = f"{'id,day,note' + chr(10) if header else ''}a,2024-01-31,x\nb,2024-01-31,y\n"
    assert file.getvalue() == expected.encode("UTF-16")


def test_letter_whose_bytes_in_utf_16_look_like_a_line_break_is_none():
    assert written([("čĊ", DAY, None)], encoding="UTF-16").decode("UTF-16").endswith("\nčĊ,2024-01-31,\n")


def test_values_are_quoted_with_the_contracts_escape_character():
    content = written([("a", DAY, 'C:\\ "x"')], escape="\\")
    assert content == b'"id","day","note"\n"a","2024-01-31","C:\\\\ \\"x\\""\n'


def test_layout_hash_is_unchanged_without_new_contract_fields():
    assert layout(multiLine=False).hash == layout().hash != layout(escape="\\").hash


def test_contract_of_json_lines_is_refused():
    contract = Contract.model_validate(
        {
            "version": "1",
            "dataset": "sales",
            "columns": [
                {"name": "shop", "required": True},
                {"name": "on", "logicalType": "date", "required": True, "logicalTypeOptions": ISO},
            ],
            "files": {"format": "jsonLines"},
            "features": {"entity": ["shop"], "eventTime": {"date": "on"}, "count": "sales"},
        }
    )
    relation = Relation("sales", "sales", sqlalchemy.table("sales"), ("shop", "on"), ("shop",))
    with pytest.raises(
        ConfigurationError, match="The contract of sales requires JSON lines, but ingest writes CSV or Parquet"
    ):
        check_columns(relation, contract)


def test_letter_that_the_encoding_lacks_is_refused_with_its_row_and_column():
    with pytest.raises(RowError, match="column note holds '€', which ISO-8859-1 cannot write") as error:
        written([("a", DAY, "ä"), ("b", DAY, "5 €")], encoding="ISO-8859-1")
    assert error.value.row == 1


def test_value_that_has_no_text_is_refused_with_its_row_and_column():
    with pytest.raises(RowError, match="column day holds a value of type int") as error:
        written([("a", DAY, None), ("b", 5, None)])
    assert error.value.row == 1


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1), st.dates())))
def test_every_text_without_a_line_break_comes_back_as_it_was(rows):
    content = written([(*row, None) for row in rows]).decode()
    lines = content.split("\n")[1:-1]  # as the job splits them
    read = [next(csv.reader([line])) for line in lines]
    assert read == [[name, day.isoformat(), ""] for name, day in rows]


def test_compressed_file_holds_the_same_rows_and_both_checksums():
    rows, plain, packed = [("a", DAY, "x")] * 1000, io.BytesIO(), io.BytesIO()
    first = layout().write([rows, rows], plain)
    second = layout(compress=True).write([rows, rows], packed)
    assert gzip.decompress(packed.getvalue()) == plain.getvalue()
    assert (first.rows, first.size_bytes) == (2000, len(plain.getvalue()))
    assert first.checksum == first.source_checksum == second.source_checksum == compute_checksum(plain.getvalue())
    assert (second.checksum, second.size_bytes) == (compute_checksum(packed.getvalue()), len(packed.getvalue()))


def test_layout_differs_where_the_same_rows_would_become_other_bytes():
    assert layout().hash != layout(delimiter=";").hash
    assert layout().hash != layout("id", "day").hash
    assert layout().hash == layout("note", "day", "id").hash


# ---------------------------------------------------------------------------- what MySQL and MariaDB hold


@pytest.mark.parametrize(("value", "text"), [(b"\x00", "false"), (b"\x01", "true"), (1, "true"), (0, "false")])
def test_bit_and_tinyint_are_booleans(value, text):
    assert select_format(column("boolean"))(value) == text


@pytest.mark.parametrize("value", [b"\x02", b"", b"\x00\x01", 2])
def test_wider_bit_types_are_not_booleans(value):
    with pytest.raises(ValueError, match="but the contract expects a boolean"):
        select_format(column("boolean"))(value)


@pytest.mark.parametrize("value", [timedelta(hours=123), timedelta(days=1), timedelta(hours=-1)])
def test_time_beyond_a_day_is_no_time_of_day(value):
    with pytest.raises(ValueError, match=r"holds a span of time \(.*\), but the contract expects a time of day"):
        select_format(column("string", **CLOCK))(value)


class Connection:
    """A connection of PyMySQL's, as far as it is prepared."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.decoders = {7: datetime.fromisoformat, 12: datetime.fromisoformat}

    def cursor(self):
        return nullcontext(SimpleNamespace(execute=self.said.append))


def test_timestamp_is_a_moment_whatever_the_servers_zone_and_datetime_is_none():
    connection = Connection()
    mysql.prepare_connection(connection, None)
    assert connection.said == ["SET time_zone = '+00:00'"]
    assert connection.decoders[7]("2024-01-01 10:00:00") == datetime(2024, 1, 1, 10, tzinfo=UTC)
    assert connection.decoders[12]("2024-01-01 10:00:00") == datetime(2024, 1, 1, 10)
    assert mysql.as_moment("0000-00-00 00:00:00") == "0000-00-00 00:00:00"


def test_unknown_driver_is_refused():
    with pytest.raises(ConfigurationError, match="through the driver mysqldb") as error:
        mysql.prepare(SimpleNamespace(dialect=SimpleNamespace(name="mysql"), driver="mysqldb"))
    assert "mysql+pymysql://" in error.value.remedy
