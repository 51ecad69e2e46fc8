"""Values of a real MariaDB without a counterpart in contracts: delivered unchanged, or reported by key and column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from quartal.contracts.drafting import Choices, draft_contract
from quartal.contracts.drafting.database_source import table_sample
from quartal.contracts.linting import lint
from quartal.contracts.model import Contract
from quartal.core.errors import IngestError
from quartal.deliver.ingest import ingests
from quartal.deliver.ingest.database import open_database
from quartal.deliver.ingest.relation import find_table
from tests.unit.quartal.ingest.example import Lake
from tests.unit.quartal.ingest.mariadb import Server, running

DAY = {"name": "day", "required": True, "logicalType": "date", "logicalTypeOptions": {"format": "yyyy-MM-dd"}}


@pytest.fixture(scope="module")
def mariadb() -> Iterator[Server]:
    with running() as server:
        yield server


def make_contract(column: dict[str, Any], form: str = "csv") -> Contract:
    features = {"entity": [], "eventTime": {"date": "day"}, "count": "rows_of_day"}
    columns = [DAY, {"name": "value", **column}]
    return Contract.model_validate(
        {"version": "1", "dataset": "sales", "columns": columns, "files": {"format": form}, "features": features}
    )


def delivered(server: Server, lake: Lake, contract: Contract, kind: str, *values: str) -> list[str]:
    """What a column of that type holds in the files of an ingest, one row for each value."""
    rows = ", ".join(f"({number}, '2024-01-01', {value})" for number, value in enumerate(values, start=1))
    server.run(
        "use shop",
        "drop table if exists sales",
        f"create table sales (id int unsigned primary key, day date, value {kind})",
    )
    server.run("use shop", "set sql_mode = ''", f"insert into sales values {rows}")
    with open_database(server.url, connections=2) as database:
        relation = find_table(database, "sales", called=None, key=())
        ingests.ingest(lake.connection, lake.target, database, relation, contract)
    return [line.partition(",")[2] for line in lake.lines()]


TEXT, NUMBER, WHOLE, TRUTH = ({"logicalType": kind} for kind in ("string", "number", "integer", "boolean"))
DATE = {"logicalType": "date", "logicalTypeOptions": {"format": "yyyy-MM-dd"}}
CLOCK = {"logicalType": "string", "logicalTypeOptions": {"format": "HH:mm:ss"}}
MOMENT = {"logicalType": "timestamp", "logicalTypeOptions": {"format": "yyyy-MM-dd'T'HH:mm:ssXXX"}}
SHOWN = {"logicalType": "timestamp", "logicalTypeOptions": {"format": "yyyy-MM-dd HH:mm:ss", "timeZone": "UTC"}}
EPOCH = {"logicalType": "timestamp", "logicalTypeOptions": {"format": "epochSeconds"}}


@pytest.mark.parametrize(
    ("kind", "column", "values", "expected"),
    [
        pytest.param(
            "date", DATE, ["'2024-02-29'", "'0000-00-00'", "null"], ["2024-02-29", "0000-00-00", ""], id="zero"
        ),
        pytest.param("date", DATE, ["'2024-05-00'"], ["2024-05-00"], id="a month without a day"),
        pytest.param("datetime", SHOWN, ["'0000-00-00 00:00:00'"], ["0000-00-00 00:00:00"], id="zero of datetime"),
        pytest.param("timestamp null", MOMENT, ["0"], ["0000-00-00 00:00:00"], id="zero of timestamp"),
        pytest.param("timestamp null", MOMENT, ["from_unixtime(0.5 + 1.7e9)"], ["2023-11-14T22:13:20Z"], id="moment"),
        pytest.param("timestamp null", EPOCH, ["from_unixtime(1.7e9)"], ["1700000000"], id="moment as a number"),
        pytest.param("bigint", EPOCH, ["1700000000"], ["1700000000"], id="number that counts from 1970 on"),
        pytest.param("bigint unsigned", WHOLE, ["18446744073709551615"], ["18446744073709551615"], id="unsigned"),
        pytest.param("int(6) unsigned zerofill", WHOLE, ["42"], ["42"], id="zerofill"),
        pytest.param("tinyint(1)", TRUTH, ["1", "0", "null"], ["true", "false", ""], id="tinyint(1)"),
        pytest.param("tinyint(1)", WHOLE, ["1", "7", "-128"], ["1", "7", "-128"], id="tinyint(1) as a number"),
        pytest.param("bit(1)", TRUTH, ["b'1'", "b'0'"], ["true", "false"], id="bit"),
        pytest.param("time", CLOCK, ["'00:00:00'", "'23:59:59'"], ["00:00:00", "23:59:59"], id="time"),
        pytest.param("enum('small','large, or so')", TEXT, ["'large, or so'"], ['"large, or so"'], id="enum"),
        pytest.param("enum('small')", TEXT, ["'huge'"], [""], id="enum of nothing, as it keeps what it does not know"),
        pytest.param("set('a','b','c')", TEXT, ["'c,a'", "''"], ['"a,c"', ""], id="set"),
        pytest.param("year", WHOLE, ["2024", "0"], ["2024", "0"], id="year"),
        pytest.param("decimal(30,10)", NUMBER, ["0.1000000000"], ["0.1"], id="decimal"),
        pytest.param("float", NUMBER, ["0.5", "1e20"], ["0.5", "100000000000000000000"], id="float"),
        pytest.param("char(6)", TEXT, ["'a  '"], ["a"], id="char, whose padding MariaDB keeps to itself"),
        pytest.param("varchar(9) character set latin1", TEXT, ["'größe'"], ["größe"], id="another character set"),
        pytest.param("varchar(9) character set utf8mb4", TEXT, ["'🚗'"], ["🚗"], id="four bytes"),
        pytest.param("json", TEXT, ["'{\"a\": 1}'"], ['"{""a"": 1}"'], id="JSON, which is text"),
        pytest.param(
            "uuid",
            TEXT,
            ["'123e4567-e89b-12d3-a456-426655440000'"],
            ["123e4567-e89b-12d3-a456-426655440000"],
            id="uuid",
        ),
    ],
)
def test_value_is_delivered_by_the_contract_or_left_for_the_job_to_judge(mariadb, lake, kind, column, values, expected):
    assert delivered(mariadb, lake, make_contract(column), kind, *values) == expected


@pytest.mark.parametrize(
    ("kind", "column", "value", "told"),
    [
        pytest.param("time", CLOCK, "'25:00:00'", r"a span of time \(1 day, 1:00:00\)", id="more than a day"),
        pytest.param("time", CLOCK, "'24:00:00'", "a span of time", id="a day"),
        pytest.param("time", CLOCK, "'-01:00:00'", "a span of time", id="less than nothing"),
        pytest.param("tinyint(1)", TRUTH, "7", "wants a boolean", id="tinyint(1) of seven"),
        pytest.param("bit(8)", TRUTH, "b'10'", "wants a boolean", id="more than one bit"),
        pytest.param("blob", TEXT, "'x'", "type bytes", id="bytes"),
        pytest.param("timestamp null", SHOWN, "null", None, id="nothing"),
    ],
)
def test_ambiguous_value_is_refused_by_key_and_column(mariadb, lake, kind, column, value, told):
    if told is None:
        assert delivered(mariadb, lake, make_contract(column), kind, value) == [""]
        return
    with pytest.raises(IngestError, match=rf"row id=1: column value .*{told}"):
        delivered(mariadb, lake, make_contract(column), kind, value)


def test_zero_date_is_refused_for_parquet(mariadb, lake):
    with pytest.raises(IngestError, match=r"row id=1: column value holds the text '0000-00-00'"):
        delivered(mariadb, lake, make_contract(DATE, "parquet"), "date", "'0000-00-00'")


def test_table_is_drafted_with_its_types(mariadb):
    mariadb.run(
        "use shop",
        "drop table if exists drafted",
        "create table drafted (id int unsigned primary key, sold_at timestamp, shop enum('A','B'), price decimal(8,2), "
        "paid tinyint(1), note varchar(20))",
        "insert into drafted values "
        + ", ".join(
            f"({n}, from_unixtime(1700000000 + {n} * 3600), '{'AB'[n % 2]}', {n}.5, {n % 2}, 'x')" for n in range(1, 41)
        ),
    )
    drafted = draft_contract(table_sample(mariadb.url, "drafted"), "feed", Choices())
    contract = lint(drafted.text, "draft").contracts["feed"]
    assert (contract.features.event_time.timestamp, contract.features.entity, contract.key) == (
        "sold_at",
        ("shop",),
        ("id",),
    )
    assert drafted.verdict.kept == 40
