"""Rules of AWS's page "DQDL rule type reference" over small tables, and whether they hold: on DuckDB and on Spark."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa

NOW = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
ORDERS = pa.table(
    {
        "Order_ID": [1, 2, 3, 4],
        "Country": ["US", "CA", None, ""],
        "Price": [1.5, 2.5, 3.5, None],
        "Cost": pa.array([Decimal("3.00"), Decimal("5.00"), Decimal("7.00"), None], pa.decimal128(10, 2)),
        "Load_Date": [dt.date(2026, 3, 9), dt.date(2026, 3, 9), dt.date(2026, 1, 1), None],
        "Sent": [dt.datetime(2026, 3, 10, 9)] * 4,
        "Late": [dt.datetime(2026, 3, 10, 10, 59, 42)] * 4,
        "Code": ["7", "1.5", "x", None],
        "Day": ["01-03-2026", "31-02-2026", "31-12-2026", "March"],
        "Same": ["a", "a", "b", " "],
        "Texts": ["24-03-09", "2026-3-9", "2026-03-09T10:00", "2026"],
        "City": ["Rom", "Bonn", "Oslo", "Bonn"],
        "One": [1] * 4,
    }
)
CITIES = pa.table({"ref_id": [1, 2, 4], "ref_city": ["Rom", "Bonn", "Bonn"], "amount": [2.0, 4.0, 4.0]})

PASSES, FAILS = True, False
CASES = [
    ('AggregateMatch "sum(Order_ID)" "sum(reference.amount)" >= 1.0', PASSES),
    ('AggregateMatch "avg(Price)" "avg(reference.amount)" > 0.9', FAILS),
    ('ColumnCorrelation "Price" "Cost" between 0.9 and 1.1', PASSES),
    ('ColumnCorrelation "Price" "One" != 1', PASSES),  # a constant has no correlation
    ('ColumnCorrelation "Price" "Cost" < 0 where "Order_ID < 3"', FAILS),
    ("ColumnCount = 13", PASSES),
    ("ColumnCount between 5 and 13", FAILS),  # both ends are left out
    ('ColumnDataType "Code" = "Integer" with threshold >= 0.5', PASSES),
    ('ColumnDataType "Code" = "Integer"', FAILS),
    ('ColumnDataType "Code" != "Integer" with threshold = 0.5', PASSES),  # a null has no type
    ('ColumnDataType "Day" = "Date" with threshold between 0.4 and 0.6 with format = "dd-MM-yyyy"', PASSES),
    ('ColumnDataType "Texts" = "Date" with threshold >= 0 with format = "yyyy-MM-dd"', FAILS),  # Spark 2 read 2026-3-9
    ('ColumnDataType "Texts" = "Date" where "Texts = \'2026\'" with threshold >= 0 with format = "yyyy-MM-dd"', PASSES),
    ('ColumnDataType "Order_ID" = "Double"', PASSES),
    ('ColumnDataType "Texts" = "Date" with threshold = 0.75', PASSES),  # a year has four digits
    ('ColumnDataType "Texts" = "Timestamp" with threshold = 0.75', PASSES),
    ('ColumnExists "Order_ID"', PASSES),
    ('ColumnExists "order_id"', FAILS),
    ('ColumnExists "gone"', FAILS),
    ('ColumnLength "City" between 2 and 5', PASSES),
    ('ColumnLength "Country" <= 2', PASSES),  # a null is as long as an empty text
    ('ColumnLength "Country" = 2', FAILS),
    ('ColumnLength "Country" in [0,2]', PASSES),
    ('ColumnLength "Country" >= 2 where "Order_ID < 3"', PASSES),
    ('ColumnValues "Price" > 1 where "Order_ID < 4"', PASSES),
    ('ColumnLength "City" = 4 where "City <> \'Rom\'"', PASSES),
    ('ColumnNamesMatchPattern "[A-Z][A-Za-z_]*"', PASSES),
    ('ColumnNamesMatchPattern "_"', FAILS),
    ('ColumnNamesMatchPattern "\\w"', PASSES),
    ('ColumnValues "Country" in ["US","CA",NULL,EMPTY,WHITESPACES_ONLY]', PASSES),
    ('ColumnValues "Country" in ["US","CA"]', FAILS),
    ('ColumnValues "Country" not in ["US"] with threshold > 0.7', PASSES),  # a null is not in it
    ('ColumnValues "Country" != NULL with threshold = 0.75', PASSES),
    ('ColumnValues "Same" in ["A","B",WHITESPACES_ONLY] with ignoreCase = "true"', PASSES),
    ('ColumnValues "City" matches "[A-Z][a-z]+"', PASSES),
    ('ColumnValues "City" matches "[A-Z]"', FAILS),
    ('ColumnValues "Country" matches "[A-Z]*" with threshold = 0.5', PASSES),  # a match of nothing is none
    ('ColumnValues "City" not matches "Bonn" with threshold = 0.5', PASSES),
    ('ColumnValues "City" not matches "x*"', FAILS),  # it matches nothing before a word
    ('ColumnValues "Load_Date" > (now() - 3 days)', FAILS),
    ('ColumnValues "Load_Date" > (now() - 3 days) with threshold >= 0.5', PASSES),
    ('ColumnValues "Load_Date" between "2025-12-31" and "2026-03-10" where "Load_Date is not null"', PASSES),
    ('ColumnValues "Load_Date" in ["2026-03-09","2026-01-01",NULL]', PASSES),
    ('ColumnValues "Texts" >= "2026-01-01" with threshold = 0.75', PASSES),
    ('ColumnValues "Order_ID" between 0 and 5', PASSES),
    ('ColumnValues "Order_ID" between 1 and 4', FAILS),
    ('ColumnValues "Order_ID" >= 1', PASSES),
    ('ColumnValues "Price" >= 1', FAILS),  # the null does not meet it
    ('(ColumnValues "Price" >= 1) or (ColumnValues "Price" = NULL)', FAILS),  # each over the whole table
    ('ColumnValues "Order_ID" in ["1","2","3","4"]', PASSES),
    ('ColumnValues "Order_ID" not in ["7","x"]', PASSES),  # compared as texts
    ('Completeness "Country" >= 0.75', PASSES),
    ('Completeness "Country" > 0.75', FAILS),
    ("CustomSql \"select count(*) from primary where Country = 'US'\" between 0 and 2", PASSES),
    ('CustomSql "select Order_ID from primary where Price > 2" with threshold >= 0.5', PASSES),
    ('CustomSql "select Order_ID from primary where Price > 2"', FAILS),
    ('CustomSql "select order_id from primary"', FAILS),
    ('CustomSql "select City from primary" with threshold = 1.5', PASSES),  # Bonn has two rows of the query twice
    ('CustomSql "select sum(Price) from primary where Order_ID > 9" = 0', PASSES),  # a null counts as 0
    ('CustomSql "select count(*) from primary p join reference r on p.City = r.ref_city" > 4', PASSES),
    ('CustomSql "select gone from primary" > 0', FAILS),
    ('DataFreshness "Sent" <= 3 hours', PASSES),
    ('DataFreshness "Late" <= 1 hours', FAILS),  # 1.005 hours are 1.01
    ('DataFreshness "Late" between 60 minutes and 61 minutes', PASSES),
    ('DataFreshness "Sent" between 1 hours and 180 minutes', FAILS),
    ('DataFreshness "Load_Date" <= 2 days where "Order_ID < 3"', PASSES),
    ('DataFreshness "Load_Date" <= 2 days where "Order_ID > 9"', PASSES),  # no row fails
    ('ColumnDataType "Code" = "Integer" where "Order_ID > 9"', PASSES),
    ('DatasetMatch "reference" "Order_ID->ref_id" "City->ref_city" = 0.75', PASSES),
    ('DatasetMatch "reference" "Order_ID->ref_id" > 0', FAILS),  # no other column is in both
    ('DatasetMatch "reference" "City->ref_city" "Order_ID->ref_id" > 0', FAILS),  # the keys are not unique
    ('DistinctValuesCount "Same" = 3', PASSES),
    ('DistinctValuesCount "Country" = 4', PASSES),  # a null is a value
    ('DistinctValuesCount "Country" = 0 where "Order_ID > 9"', PASSES),
    ('Entropy "Same" between 1.03 and 1.04', PASSES),  # in nats
    ('IsComplete "Order_ID"', PASSES),
    ('IsComplete "Country"', FAILS),
    ('IsComplete "Country" where "Order_ID <> 3"', PASSES),
    ('IsPrimaryKey "Order_ID"', PASSES),
    ('IsPrimaryKey "Order_ID" "City"', PASSES),
    ('IsPrimaryKey "Price"', FAILS),
    ('IsUnique "Order_ID"', PASSES),
    ('IsUnique "Same"', FAILS),
    ('Mean "Price" between 2 and 3', PASSES),
    ('Mean "City" > 0', FAILS),
    ('Mean "Price" > 0 where "Order_ID > 3"', PASSES),  # with where, nothing to measure passes
    ('Completeness "City" < 0 where "Order_ID > 9"', PASSES),
    ('IsPrimaryKey "Order_ID" where "Order_ID > 9"', PASSES),
    ('UniqueValueRatio "Price" > 0 where "Order_ID > 3"', FAILS),
    ('ReferentialIntegrity "City" "reference.ref_city" >= 0.75', PASSES),
    ('ReferentialIntegrity "Order_ID,City" "reference.{ref_id,ref_city}" = 1.0', FAILS),
    ("RowCount = 4", PASSES),
    ('RowCount >= 2 where "Price > 2"', PASSES),
    ("RowCount > 2 * 2", FAILS),
    ('RowCountMatch "reference" between 1.3 and 1.4', PASSES),
    ('SchemaMatch "reference" = 1.0', FAILS),
    ('SchemaMatch "primary" = 1.0', PASSES),
    ('StandardDeviation "Price" between 0.81 and 0.82', PASSES),  # of the population
    ('Sum "Cost" = 15', PASSES),
    ('UniqueValueRatio "Same" between 0.6 and 0.7', PASSES),
    ('Uniqueness "Same" = 0.5', PASSES),
    ('Uniqueness "Order_ID" "Same" = 1.0', PASSES),
    ('Variance "Price" < 0.7', PASSES),
    ('(RowCount > 100) or ((IsComplete "Order_ID") and (IsUnique "Order_ID"))', PASSES),
    ('(IsComplete "Order_ID") and (IsUnique "Same")', FAILS),
]
