"""Statements that make, change and show Iceberg tables."""

# ruff: noqa: E501 - a statement is read as a line

from pathlib import Path

import pyarrow.parquet
import pytest
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.table import DataScan

from localstack_glue.athena.engine.errors import QueryFailedError
from tests.unit.localstack_glue.athena_lake import Lake, commits, get_table, run


def test_iceberg_table_is_created_and_filled(iceberg: Lake):
    assert iceberg.rows("select * from ice order by id") == [
        ("1", "a", "2024-01-01 10:00:00.000000"),
        ("2", "b", "2024-01-02 00:00:00.000000"),
    ]
    assert commits(iceberg) == 1
    assert get_table(iceberg, "ice")["StorageDescriptor"]["Columns"][0]["Comment"] == "the key"
    assert iceberg.rows('select operation from "ice$snapshots"') == [("append",)]
    assert iceberg.rows('select sum(record_count) from "ice$files"') == [("2",)]
    assert iceberg.rows('select is_current_ancestor from "ice$history"') == [("true",)]
    assert iceberg.rows("show columns in ice") == [("id",), ("name",), ("at",)]


def test_iceberg_metadata_describe_the_data_files(iceberg: Lake):
    columns = iceberg.engine.run('select * from "ice$files"', "feeds").columns
    assert [column.name for column in columns][5:] == [
        "column_sizes", "value_counts", "null_value_counts", "nan_value_counts", "lower_bounds", "upper_bounds",
        "key_metadata", "split_offsets", "equality_ids",
    ]  # fmt: skip
    assert iceberg.rows('select lower_bounds[1], value_counts[1] from "ice$files" order by 1') == [
        ("1", "1"),
        ("2", "1"),
    ]
    partitions = iceberg.rows(
        'select partition.name, record_count, file_count, data.id.min, data.id.max, data.id.null_count from "ice$partitions" order by 1'
    )
    assert partitions == [("a", "1", "1", "1", "1", "0"), ("b", "1", "1", "2", "2", "0")]
    assert iceberg.rows(
        'select added_data_files_count, added_rows_count, partitions[1].lower_bound from "ice$manifests"'
    ) == [("2", "2", "a")]
    assert iceberg.rows('select name, type from "ice$refs"') == [("main", "BRANCH")]


def test_rows_of_iceberg_are_deleted_updated_and_merged(iceberg: Lake):
    assert run(iceberg, "DELETE FROM ice WHERE name = 'b'").update_count == 1
    assert run(iceberg, "UPDATE ice SET name = upper(name) || '!' WHERE id = 1").update_count == 1
    assert iceberg.rows("select id, name from ice") == [("1", "A!")]
    answer = run(
        iceberg,
        """MERGE INTO ice t USING (VALUES (1, 'merged'), (5, 'new'), (6, 'skipped')) AS s(id, name) ON t.id = s.id
           WHEN MATCHED AND s.name = 'gone' THEN DELETE
           WHEN MATCHED THEN UPDATE SET name = s.name
           WHEN NOT MATCHED AND s.id < 6 THEN INSERT (id, name) VALUES (s.id, s.name)""",
    )
    assert answer.update_count == 2
    assert iceberg.rows("select id, name from ice order by id") == [("1", "merged"), ("5", "new")]
    with pytest.raises(QueryFailedError, match="MERGE_TARGET_ROW_MULTIPLE_MATCHES"):
        run(iceberg, "merge into ice t using (values 1, 1) s(id) on t.id = s.id when matched then delete")
    assert run(iceberg, "delete from ice").update_count == 2
    assert iceberg.rows("select count(*) from ice") == [("0",)]


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "ICEBERG_MISSING_METADATA"), ("{no json", "ICEBERG_INVALID_METADATA"), ("{}", "ICEBERG_INVALID_METADATA")],
)
@pytest.mark.parametrize(
    "sql",
    [
        "select * from ice",
        'select * from "ice$files"',
        "describe ice",
        "insert into ice values (3, 'c', null)",
        "drop table ice",
    ],
)
def test_table_whose_metadata_is_lost_or_damaged_says_so(iceberg: Lake, sql: str, content: str | None, code: str):
    place = Path(get_table(iceberg, "ice")["Parameters"]["metadata_location"].removeprefix("file://"))
    place.write_text(content) if content is not None else place.unlink()
    with pytest.raises(QueryFailedError, match=f"^{code}: .*feeds.ice"):
        run(iceberg, sql)


def test_deletes_by_equality_are_refused_by_name(iceberg: Lake, monkeypatch):
    def plan_files(_scan):
        raise ValueError("PyIceberg does not yet support equality deletes")

    monkeypatch.setattr(DataScan, "plan_files", plan_files)
    with pytest.raises(QueryFailedError, match=r"^NOT_SUPPORTED: .*feeds\.ice.*equality deletes"):
        run(iceberg, "select * from ice")


def test_optimize_keeps_the_rows(iceberg: Lake):
    run(iceberg, "OPTIMIZE ice REWRITE DATA USING BIN_PACK")
    assert iceberg.rows("select count(*) from ice") == [("2",)]


def test_columns_of_iceberg_are_altered(iceberg: Lake):
    run(iceberg, "ALTER TABLE ice ADD COLUMNS (extra double)")
    run(iceberg, "ALTER TABLE ice CHANGE COLUMN name label string")
    run(iceberg, "ALTER TABLE ice DROP COLUMN at")
    assert iceberg.rows("show columns in ice") == [("id",), ("label",), ("extra",)]
    assert iceberg.rows("select id, label, extra from ice where id = 1") == [("1", "a", None)]


def test_iceberg_table_is_shown_with_what_it_is_partitioned_by(lake: Lake, tmp_path):
    parts = "PARTITIONED BY (`name`, bucket(4, `id`), month(`at`))"
    run(
        lake,
        f"CREATE TABLE ice (id int, name string, at timestamp) {parts} LOCATION 'file://{tmp_path}/ice' TBLPROPERTIES ('table_type'='ICEBERG')",
    )
    assert (parts,) in lake.rows("show create table ice")


def test_properties_of_iceberg_are_set_and_unset(iceberg: Lake):
    one, other = "optimize_rewrite_data_file_threshold", "optimize_rewrite_delete_file_threshold"
    run(iceberg, f"ALTER TABLE ice SET TBLPROPERTIES ('{one}'='1', '{other}'='2')")
    run(iceberg, f"ALTER TABLE ice UNSET TBLPROPERTIES ('{one}', 'none')")
    assert [row for row in iceberg.rows("show tblproperties ice") if row[0].startswith("opt")] == [(other, "2")]
    assert one not in GlueCatalog("test", client=iceberg.glue).load_table("feeds.ice").properties


def test_compression_of_iceberg_is_that_of_its_files(lake: Lake, tmp_path):
    run(
        lake,
        f"CREATE TABLE ice (id int) LOCATION 'file://{tmp_path}/ice' "
        "TBLPROPERTIES ('table_type'='ICEBERG', 'write_compression'='SNAPPY')",
    )
    run(lake, "INSERT INTO ice VALUES (1)")
    (file,) = tmp_path.rglob("*.parquet")
    assert pyarrow.parquet.ParquetFile(file).metadata.row_group(0).column(0).compression == "SNAPPY"
    assert ("  'write_compression'='SNAPPY')",) in lake.rows("show create table ice")


@pytest.mark.parametrize(
    "change", ["CHANGE COLUMN at at date", "CHANGE COLUMN nope x int", "DROP COLUMN nope", "ADD COLUMNS (id int)"]
)
def test_impossible_change_of_an_iceberg_table_is_refused(iceberg: Lake, change: str):
    with pytest.raises(QueryFailedError, match=r"^INVALID_ARGUMENTS: line 1:1: ALTER TABLE"):
        run(iceberg, f"ALTER TABLE ice {change}")


def test_iceberg_table_is_created_from_a_query(lake: Lake, tmp_path):
    sql = (
        f"CREATE TABLE ice WITH (table_type = 'ICEBERG', is_external = false, location = 'file://{tmp_path}/x', "
        "partitioning = ARRAY['name']) AS SELECT 1 id, 'a' name, cast(now() as timestamp(6) with time zone) at"
    )
    assert run(lake, sql).update_count == 1
    assert lake.rows("select id, name, at is null from ice") == [("1", "a", "false")]
    assert commits(lake) == 1


def test_iceberg_table_of_transforms_is_written_and_read(lake: Lake, tmp_path):
    run(
        lake,
        "CREATE TABLE ice (id int, name string, at timestamp) PARTITIONED BY (day(at), bucket(4, id), truncate(2, name)) "
        f"LOCATION 'file://{tmp_path}/ice' TBLPROPERTIES ('table_type'='ICEBERG')",
    )
    table = GlueCatalog("test", client=lake.glue).load_table("feeds.ice")
    assert [str(field.transform) for field in table.spec().fields] == ["day", "bucket[4]", "truncate[2]"]
    rows = "(1, 'abc', timestamp '2024-01-01 00:00:00'), (2, 'abd', timestamp '2024-01-01 23:00:00')"
    run(lake, f"insert into ice values {rows}")
    run(lake, "delete from ice where id = 2")
    assert lake.rows("select * from ice") == [("1", "abc", "2024-01-01 00:00:00.000000")]
    folders = {path.parent.name for path in (tmp_path / "ice/data").rglob("*.parquet")}
    assert folders >= {"name_trunc=ab"} or folders >= {"name_truncate=ab"}


def test_column_of_iceberg_changes_its_type_place_and_comment(iceberg: Lake):
    run(iceberg, "ALTER TABLE ice CHANGE COLUMN id number bigint COMMENT 'it''s \"new\"' AFTER name")
    run(iceberg, "ALTER TABLE ice CHANGE at at timestamp FIRST")
    run(iceberg, "ALTER TABLE ice ADD COLUMNS (m struct<a:int> COMMENT 'nested')")
    run(iceberg, "ALTER TABLE ice CHANGE m n struct<a:int>")
    assert iceberg.rows("show columns in ice") == [("at",), ("name",), ("number",), ("n",)]
    assert iceberg.rows("select number, name, n from ice order by number")[0] == ("1", "a", None)
    fields = GlueCatalog("test", client=iceberg.glue).load_table("feeds.ice").schema().fields
    assert [(str(field.field_type), field.doc) for field in fields[2:]] == [
        ("long", 'it\'s "new"'),
        ("struct<5: a: optional int>", "nested"),
    ]


def test_iceberg_table_is_renamed_with_its_rows(iceberg: Lake):
    iceberg.glue.create_database(DatabaseInput={"Name": "other"})
    run(iceberg, "ALTER TABLE `feeds`.`ice` RENAME TO `other`.`cold`")
    assert iceberg.rows("select count(*) from other.cold") == [("2",)]
    assert iceberg.rows("show tables") == []
    with pytest.raises(QueryFailedError, match="SCHEMA_NOT_FOUND"):
        run(iceberg, "ALTER TABLE other.cold RENAME TO nowhere.cold")


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("CREATE EXTERNAL TABLE t (a int) LOCATION 's3://lake/t/' TBLPROPERTIES ('table_type'='ICEBERG')", "External keyword not supported"),
        ("CREATE TABLE t (a int) STORED AS PARQUET LOCATION 's3://lake/t/' TBLPROPERTIES ('table_type'='ICEBERG')", "has no STORED AS"),
        ("CREATE TABLE t (a int) LOCATION 's3://lake/t/' TBLPROPERTIES ('table_type'='ICEBERG', 'mine'='1')", "Unsupported table property key: mine"),
        ("CREATE TABLE t (a int) LOCATION 's3://lake/t/' TBLPROPERTIES ('table_type'='ICEBERG', 'format'='orc')", "orc is not supported"),
        ("CREATE TABLE t (a int) PARTITIONED BY (b) LOCATION 's3://lake/t/' TBLPROPERTIES ('table_type'='ICEBERG')", "INVALID_TABLE_PROPERTY"),
        ("CREATE TABLE t (a int, A int) LOCATION 's3://lake/t/' TBLPROPERTIES ('table_type'='ICEBERG')", "INVALID_TABLE_PROPERTY"),
        *(
            (f"CREATE TABLE t (a {kind}) LOCATION 's3://lake/t/' TBLPROPERTIES ('table_type'='ICEBERG')", "Type not supported for Iceberg")
            for kind in ("tinyint", "smallint", "char(3)")
        ),
        ("CREATE TABLE t WITH (table_type='ICEBERG', is_external=false, location='s3://lake/t/') AS SELECT timestamp '2024-01-01 10:00:00.5' a", r"Timestamp precision \(3\) not supported .* \"timestamp\(6\)\""),
        ("CREATE TABLE t WITH (table_type='ICEBERG', is_external=false, location='s3://lake/t/') AS SELECT now() a", r"Timestamp precision \(3\) .* \"timestamp\(6\) with time zone\""),
        ("CREATE TABLE t WITH (table_type='ICEBERG', location='s3://lake/t/') AS SELECT 1 a", "is_external must be false"),
        *(
            (f"CREATE TABLE t WITH (table_type='ICEBERG', is_external=false, location='s3://lake/t/', {option}) AS SELECT 1 a", "not a property of Iceberg")
            for option in ("external_location='s3://lake/u/'", "partitioned_by=ARRAY['a']", "bucketed_by=ARRAY['a'], bucket_count=2")
        ),
        ("ALTER TABLE ice SET LOCATION 's3://lake/u/'", "NOT_SUPPORTED"),
        ("ALTER TABLE ice SET FILEFORMAT PARQUET", "NOT_SUPPORTED"),
        ("ALTER TABLE ice SET TBLPROPERTIES ('mine'='1')", "Unsupported table property key: mine"),
        ("ALTER TABLE ice SET TBLPROPERTIES ('vacuum_min_snapshots_to_keep'='some')", "whole number"),
        ("ALTER TABLE ice REPLACE COLUMNS (a int)", "NOT_SUPPORTED"),
        ("ALTER TABLE ice PARTITION (name='a') ADD COLUMNS (b int)", "NOT_SUPPORTED"),
        ("ALTER TABLE ice ADD PARTITION (name='a')", "ADD PARTITION is for tables over files"),
        ("ALTER TABLE ice DROP PARTITION (name='a')", "DROP PARTITION is for tables over files"),
        ("ALTER TABLE ice PARTITION (name='a') RENAME TO PARTITION (name='b')", "RENAME PARTITION is for tables over files"),
        ("MSCK REPAIR TABLE ice", "MSCK REPAIR is for tables over files"),
        ("OPTIMIZE ice REWRITE DATA USING BIN_PACK WHERE nope = 1", "COLUMN_NOT_FOUND"),
    ],
)  # fmt: skip
def test_statement_that_iceberg_tables_do_not_take_is_refused(iceberg: Lake, statement: str, problem: str):
    with pytest.raises(QueryFailedError, match=problem):
        run(iceberg, statement)
    assert iceberg.rows("show tables") == [("ice",)]
    assert iceberg.rows("show columns in ice") == [("id",), ("name",), ("at",)]


@pytest.mark.parametrize("sql", ["delete from t", "update t set a = 1", "vacuum t"])
def test_rows_of_other_tables_are_not_changed(lake: Lake, sql: str):
    lake.table("t", "a int")
    with pytest.raises(QueryFailedError):
        run(lake, sql)


def test_literals_of_a_change_keep_their_types(lake: Lake, tmp_path):
    run(
        lake,
        f"CREATE TABLE ice (d decimal(10,2), at timestamp, c string) LOCATION 'file://{tmp_path}/ice' TBLPROPERTIES ('table_type'='ICEBERG')",
    )
    run(lake, "INSERT INTO ice VALUES (decimal '1.55', timestamp '2024-01-01 00:00:00.123456', 'x')")
    assert (
        run(
            lake, "UPDATE ice SET d = decimal '2.5', c = cast(char 'a ' as varchar) || '|' WHERE d = decimal '1.55'"
        ).update_count
        == 1
    )
    assert (
        run(
            lake,
            "UPDATE ice SET at = cast(timestamp '2024-06-01 12:00:00 Asia/Tokyo' as timestamp) WHERE at = timestamp '2024-01-01 00:00:00.123456'",
        ).update_count
        == 1
    )
    assert lake.rows("select * from ice") == [("2.50", "2024-06-01 12:00:00.000000", "a |")]
    assert run(lake, "DELETE FROM ice WHERE d = decimal '2.50'").update_count == 1


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE ice SET id = 1, ID = 2", "SYNTAX_ERROR: .*Multiple assignments for column id"),
        ("INSERT INTO ice (id, id) VALUES (1, 2)", "SYNTAX_ERROR: .*specified more than once: id"),
        ("MERGE INTO ice i USING (VALUES 9) s(k) ON i.id = s.k WHEN NOT MATCHED THEN INSERT VALUES (s.k)", "TYPE_MISMATCH: .*1 values into 3 columns"),
        ("MERGE INTO ice i USING (VALUES 1) s(k) ON i.id = s.k WHEN MATCHED THEN UPDATE SET name = 'x', name = 'y'", "SYNTAX_ERROR: .*Multiple"),
    ],
)  # fmt: skip
def test_column_is_set_once(iceberg: Lake, statement: str, problem: str):
    with pytest.raises(QueryFailedError, match=problem):
        run(iceberg, statement)
