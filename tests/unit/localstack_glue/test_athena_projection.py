"""Partition projection: which folders a query reads, by the table's properties alone."""

from datetime import datetime

import pytest

from localstack_glue.athena.engine.catalog import CatalogTable, Column
from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.projection import projected
from localstack_glue.athena.engine.statements import parse
from tests.unit.localstack_glue.athena_lake import LAZY, Lake

NOW = datetime(2024, 3, 1, 15, 30)


def project_values(kind: str, **properties: str) -> list[str]:
    given = {f"projection.k.{name.replace('_', '.')}": value for name, value in properties.items()}
    parameters = {"projection.enabled": "true", "projection.k.type": kind, **given}
    key = Column("k", "string")
    table = CatalogTable("db", "t", "s3://lake/t", (), (key,), LAZY, {}, parameters)
    return [each.values[0] for each in projected(table, parse("select 1"), "db.t", NOW)]


@pytest.mark.parametrize(
    ("kind", "properties", "expected"),
    [
        ("enum", {"values": "a, b"}, ["a", " b"]),  # a blank is part of a value
        (" Enum ", {"values": "a"}, ["a"]),
        ("integer", {"range": " -1 , 0001 ", "digits": " 2 "}, ["-01", "00", "01"]),
        ("date", {"range": " NOW - 1 DAY , NOW ", "format": "yyyyMMdd"}, ["20240229", "20240301"]),
        ("integer", {"range": "8,12", "digits": "2", "interval": "2"}, ["08", "10", "12"]),
        ("date", {"range": "2024-02-28,NOW", "format": "yyyy-MM-dd"}, ["2024-02-28", "2024-02-29", "2024-03-01"]),
        ("date", {"range": "NOW-2MONTHS,NOW", "format": "yyyy/MM"}, ["2024/01", "2024/02", "2024/03"]),
        (
            "date",
            {"range": "2024-01-31,2024-03-31", "format": "yyyy-MM-dd", "interval": "1", "interval_unit": "MONTHS"},
            ["2024-01-31", "2024-02-29", "2024-03-31"],
        ),
        (
            "date",
            {"range": "NOW-2HOURS,NOW", "format": "yyyy-MM-dd'T'HH", "interval": "1", "interval_unit": "HOURS"},
            ["2024-03-01T13", "2024-03-01T14", "2024-03-01T15"],
        ),
    ],
)
def test_values_of_a_key(kind: str, properties: dict[str, str], expected: list[str]):
    assert project_values(kind, **properties) == expected


@pytest.mark.parametrize(
    ("kind", "properties", "message"),
    [
        ("enum", {}, r"projection\.k\.values is missing"),
        ("integer", {"range": "1,2", "interval": "0"}, r"projection\.k\.interval must be a positive whole number"),
        ("integer", {"range": "1,2", "digits": "x"}, r"projection\.k\.digits must be"),
        ("date", {"range": "2024-01-01, 2024-01-02", "format": "yyyy-MM-dd"}, r"projection\.k\.range"),
        ("date", {"range": "NOW,NOW", "format": "yyyy-MM-dd-HH", "interval_unit": "HOURS"}, r"interval is missing"),
        ("other", {}, r"projection\.k\.type is other"),
        ("integer", {"range": "1"}, "must be two values"),
        ("date", {"range": "2024,NOW", "format": "yyyy-MM-dd"}, r"INVALID_TABLE_PROPERTY: db\.t: projection\.k\.range"),
        ("date", {"range": "NOW,NOW", "format": "yyyy"}, r"interval\.unit is missing"),
        ("date", {"range": "NOW,NOW", "format": "EEE"}, "NOT_SUPPORTED: t: dates in the form EEE"),
        ("integer", {"range": "1,9999999999"}, "NOT_SUPPORTED: more than 100000"),
    ],
)
def test_projection_properties_without_partitions_are_an_error(kind: str, properties: dict[str, str], message: str):
    with pytest.raises(QueryFailedError, match=message):
        project_values(kind, **properties)


def test_projected_partitions_are_read_without_the_catalog(lake: Lake):
    lake.table(
        "t",
        "a int",
        keys="year int; kind string",
        parameters={
            "projection.enabled": "true",
            "projection.year.type": "integer",
            "projection.year.range": "2020,2030",
            "projection.kind.type": "injected",
            "storage.location.template": "s3://lake/data/${kind}/y${year}/",
        },
    )
    lake.put("data/x/y2023/a.csv", "1\n")
    lake.put("data/x/y2024/a.csv", "2\n")
    lake.put("data/z/y2024/a.csv", "3\n")
    assert lake.rows("select a, year from t where kind = 'x' order by a") == [("1", "2023"), ("2", "2024")]
    assert lake.rows("select a, kind from t where kind in ('x', 'z') and year > 2023 order by a") == [
        ("2", "x"),
        ("3", "z"),
    ]
    with pytest.raises(
        QueryFailedError, match="CONSTRAINT_VIOLATION: For the injected projected partition column kind"
    ):
        lake.rows("select a from t where kind > 'a'")
    with pytest.raises(QueryFailedError, match=r"NOT_SUPPORTED: line 1:1: t has a storage\.location"):
        lake.engine.run("insert into t values (1, 2024, 'x')", "feeds")


@pytest.mark.parametrize(
    ("keys", "parameters", "message"),
    [
        (
            "a string; b string",
            {"projection.a.type": "enum", "projection.a.values": "x"},
            r"HIVE_METASTORE_ERROR: .*\[b\]",
        ),
        ("a int", {"projection.a.type": "injected"}, "INVALID_TABLE_PROPERTY: .*injected"),
    ],
)
def test_key_that_cannot_be_projected_is_named(lake: Lake, keys: str, parameters: dict[str, str], message: str):
    lake.table("t", "n int", keys=keys, parameters={"projection.enabled": "true", **parameters})
    with pytest.raises(QueryFailedError, match=message):
        lake.rows("select * from t where a = 'x'" if "string" in keys else "select * from t where a = 1")
