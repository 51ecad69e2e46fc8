"""DDL that Athena does not have, or that is not supported here, is refused by name and changes nothing."""

# ruff: noqa: E501 - a statement is read as a line

import pytest

from localstack_glue.athena.engine.errors import QueryFailedError
from tests.unit.localstack_glue.athena_lake import Lake, get_partition, get_table, run


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("CREATE FUNCTION f() RETURNS int RETURN 1", "NOT_SUPPORTED: .*CREATE FUNCTION"),
        ("CREATE INDEX i ON t(a)", "NOT_SUPPORTED: .*CREATE INDEX"),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1 a", "NOT_SUPPORTED: .*CREATE MATERIALIZED VIEW"),
        ("CREATE TEMPORARY VIEW v AS SELECT 1 a", "NOT_SUPPORTED: .*CREATE TEMPORARY VIEW"),
        ("DROP INDEX t", "NOT_SUPPORTED: DROP INDEX"),
        ("DROP FUNCTION t", "NOT_SUPPORTED: DROP FUNCTION"),
        ("DROP MATERIALIZED VIEW t", "NOT_SUPPORTED: DROP VIEW"),
        ("CREATE TABLE n WITH (format = 'NONE') AS SELECT 1 a", "NOT_SUPPORTED: the format NONE"),
        ("CREATE TABLE n WITH (bucketed_by = ARRAY['z'], bucket_count = 2) AS SELECT 1 a", "INVALID_TABLE_PROPERTY: Bucketing columns"),
        ("CREATE TABLE n WITH (partitioned_by = ARRAY['a']) AS SELECT 1 a", "INVALID_TABLE_PROPERTY: .*only partition columns"),
        ("CREATE EXTERNAL TABLE n (a int, A int) LOCATION 's3://lake/n/'", "FAILED: .*10036"),
        ("CREATE EXTERNAL TABLE n (a int) PARTITIONED BY (A int) LOCATION 's3://lake/n/'", "FAILED: .*10035"),
        ("INSERT INTO t (a, a) VALUES (1, 2)", "SYNTAX_ERROR: .*specified more than once: a"),
    ],
)  # fmt: skip
def test_statement_that_athena_has_not_changes_no_table(lake: Lake, statement: str, problem: str):
    lake.table("t", "a int")
    with pytest.raises(QueryFailedError, match=problem):
        lake.engine.run(statement, "feeds", tables_location="s3://lake/tables/1")
    assert lake.rows("show tables") == [("t",)]


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("ALTER TABLE t DROP COLUMN a", "DROP COLUMN is for Iceberg tables"),
        ("ALTER TABLE t SET FILEFORMAT PARQUET", "NOT_SUPPORTED"),
        ("ALTER TABLE t SET SERDEPROPERTIES ('a'='b')", "NOT_SUPPORTED"),
        ("ALTER TABLE t RENAME TO u", "NOT_SUPPORTED"),
        ("ALTER TABLE t ADD COLUMNS (b int, B int)", "Duplicate column name: b"),
        ("ALTER TABLE t REPLACE COLUMNS (b int, b int)", "Duplicate column name: b"),
        ("ALTER TABLE t REPLACE COLUMNS (p int)", "Column repeated in partitioning columns"),
        ("ALTER TABLE t CHANGE a p int", "Column repeated in partitioning columns"),
        ("ALTER TABLE t CHANGE nope b int", "COLUMN_NOT_FOUND"),
        ("ALTER TABLE t CHANGE a b int AFTER nope", "COLUMN_NOT_FOUND"),
        ("ALTER TABLE t PARTITION (p='x') CHANGE a b int", "NOT_SUPPORTED"),
        ("ALTER TABLE t PARTITION (p='x') SET TBLPROPERTIES ('a'='b')", "NOT_SUPPORTED"),
        ("ALTER TABLE t PARTITION (p='none') SET LOCATION 's3://lake/u/'", "Partition not found"),
        ("ALTER TABLE t PARTITION (p='none') RENAME TO PARTITION (p='y')", "Partition not found"),
        ("ALTER TABLE t DROP PARTITION (p='none')", "Partition not found"),
        ("ALTER DATABASE nowhere SET DBPROPERTIES ('a'='b')", "Database does not exist: nowhere"),
        ("ALTER TABLE v ADD COLUMNS (b int)", "NOT_SUPPORTED: feeds.v is a view"),
        ("ALTER TABLE v CHANGE x y int", "NOT_SUPPORTED: feeds.v is a view"),
        ("MSCK REPAIR TABLE v", "NOT_SUPPORTED: feeds.v is a view"),
        ("ALTER TABLE t SET LOCATION 'here'", "must be in S3"),
        ("ALTER TABLE t ADD PARTITION (p='y') LOCATION 's3a://lake/y/'", "must be in S3"),
        ("CREATE EXTERNAL TABLE n (a int) LOCATION 'hdfs://lake/n/'", "must be in S3"),
        ("UNLOAD (SELECT 1 a) TO 'here' WITH (format = 'JSON')", "UNLOAD writes to S3"),
        ("CREATE TABLE n WITH (external_location = 's3:///n') AS SELECT 1 a", "must be in S3"),
        ("DROP TABLE t PURGE", "NOT_SUPPORTED: DROP ... PURGE"),
        ("DESCRIBE t PARTITION (p='x')", "NOT_SUPPORTED"),
        ("DESCRIBE t a", "NOT_SUPPORTED"),
        ("OPTIMIZE t REWRITE DATA", "NOT_SUPPORTED"),
        *(
            (f"CREATE EXTERNAL TABLE n (a {kind}) LOCATION 's3://lake/n/'", problem)
            for kind, problem in (
                ("decimal(40,2)", r"precision out of allowed range \[1,38\]"),
                ("decimal(5,6)", "scale must be less"),
                ("char(256)", r"length out of allowed range \[1,255\]"),
                ("varchar(65536)", r"length out of allowed range \[1,65535\]"),
                ("array<decimal(39,0)>", "precision out of allowed range"),
                ("map<array<int>,int>", "primitive type"),
            )
        ),
        ("CREATE EXTERNAL TABLE n (a int) PARTITIONED BY (b) LOCATION 's3://lake/n/'", "the column b has no type"),
        *((f"CREATE EXTERNAL TABLE n (a int) STORED AS {kind} LOCATION 's3://lake/n/'", f"STORED AS {kind}") for kind in ("CSV", "JSON", "ION")),
    ],
)  # fmt: skip
def test_statement_that_tables_over_files_do_not_take_is_refused(lake: Lake, statement: str, problem: str):
    run(lake, "CREATE EXTERNAL TABLE t (a int) PARTITIONED BY (p string) LOCATION 's3://lake/t/'")
    run(lake, "ALTER TABLE t ADD PARTITION (p='x')")
    run(lake, "CREATE VIEW v AS SELECT 1 x")
    before = get_table(lake, "t"), get_partition(lake, "x")
    with pytest.raises(QueryFailedError, match=problem):
        run(lake, statement)
    assert (get_table(lake, "t"), get_partition(lake, "x")) == before
    assert lake.rows("show tables") == [("t",), ("v",)]
    assert lake.rows("select * from v") == [("1",)]
