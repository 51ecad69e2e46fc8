"""What statements write is what they say, where they say it; moto plays Glue and S3."""

# ruff: noqa: E501 - a statement is a line

import pyarrow
import pytest

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.iceberg_changes import IcebergChanges
from tests.unit.localstack_glue.athena_lake import Lake


def run(lake: Lake, sql: str, folder: str = "made"):
    return lake.engine.run(sql, "feeds", tables_location=f"s3://lake/{folder}")


@pytest.fixture
def ice(lake: Lake, tmp_path) -> Lake:
    run(
        lake,
        f"CREATE TABLE ice (id int, name string) LOCATION 'file://{tmp_path}/ice' TBLPROPERTIES ('table_type'='ICEBERG')",
    )
    run(lake, "INSERT INTO ice VALUES (1, 'a'), (2, 'b')")
    return lake


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("INSERT OVERWRITE TABLE ice SELECT 3, 'c'", "OVERWRITE"),
        ("INSERT INTO ice VALUES (1, 'c') ON CONFLICT DO NOTHING", "CONFLICT"),
        ("INSERT INTO ice BY NAME SELECT 'c' AS name, 3 AS id", "BY NAME"),
        ("WITH x AS (SELECT 3 a, 'c' b) INSERT INTO ice SELECT * FROM x", "WITH"),
        ("DELETE FROM ice WHERE id > 0 LIMIT 1", "LIMIT"),
        ("DELETE FROM ice WHERE id = 1 RETURNING id", "RETURNING"),
        ("DELETE FROM ice USING (VALUES 1) s(i) WHERE id = s.i", "USING"),
        ("UPDATE ice SET name = 'q' FROM (VALUES 1) s(i) WHERE id = s.i", "FROM"),
        ("MERGE INTO ice t USING (VALUES 1) s(id) ON t.id = s.id WHEN NOT MATCHED BY SOURCE THEN DELETE", "SOURCE"),
        ("MERGE INTO ice t USING (VALUES 1) s(id) ON t.id = s.id WHEN MATCHED THEN DO NOTHING", "DO NOTHING"),
        ("MERGE INTO ice t USING (VALUES 1) s(id) ON t.id = s.id WHEN MATCHED THEN UPDATE SET *", r"UPDATE +SET \*"),
        ("MERGE INTO ice t USING (VALUES (3, 'c')) s(id, name) ON t.id = s.id WHEN NOT MATCHED THEN INSERT *", r"INSERT INTO \*"),
        ("CREATE OR REPLACE TABLE other AS SELECT 1 a", "REPLACE"),
        ("CREATE TEMPORARY TABLE other AS SELECT 1 a", "TEMPORARY"),
        ("CREATE TABLE other (b) AS SELECT 1 a", "list of columns"),
        ("CREATE TABLE other WITH (formt = 'ORC') AS SELECT 1 a", "'formt' does not exist"),
        ("UNLOAD (SELECT 1 a) TO 's3://lake/out/' WITH (format = 'JSON', header = 'true')", "'header' does not exist"),
    ],
)  # fmt: skip
def test_statement_with_an_unsupported_clause_is_refused(ice: Lake, statement: str, named: str):
    with pytest.raises(QueryFailedError, match=named):
        run(ice, statement)
    assert ice.rows("select * from ice order by id") == [("1", "a"), ("2", "b")]
    assert ice.rows("show tables") == [("ice",)]
    assert "Contents" not in ice.s3.list_objects_v2(Bucket="lake")


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("CREATE OR REPLACE VIEW v AS SELECT * FROM v", "VIEW_IS_RECURSIVE"),
        ("CREATE OR REPLACE VIEW v AS SELECT x FROM of_v", "VIEW_IS_RECURSIVE"),
        ("CREATE VIEW w AS SELECT id, Id FROM ice", "DUPLICATE_COLUMN_NAME"),
        ("CREATE TABLE w WITH (table_type = 'ICEBERG', location = 's3://lake/w/') AS SELECT 1 a, 2 A", "DUPLICATE_COLUMN_NAME"),
        ("SELECT * FROM other.feeds.ice", "CATALOG_NOT_FOUND"),
        ("INSERT INTO other.feeds.ice VALUES (9, 'z')", "CATALOG_NOT_FOUND"),
        ("SELECT * FROM v FOR VERSION AS OF 1", "NOT_SUPPORTED: .*is a view"),
        ("SELECT * FROM v TABLESAMPLE BERNOULLI (50)", "NOT_SUPPORTED: .*is a view"),
        ("EXPLAIN (TYPE VALIDATE) SELECT 1", "NOT_SUPPORTED"),
    ],
)  # fmt: skip
def test_impossible_statement_is_refused(ice: Lake, statement: str, code: str):
    run(ice, "CREATE VIEW v AS SELECT 1 x")
    run(ice, "CREATE VIEW of_v AS SELECT x FROM v")
    with pytest.raises(QueryFailedError, match=f"^{code}"):
        run(ice, statement)
    assert ice.rows("select * from awsdatacatalog.feeds.of_v") == [("1",)]


def test_rows_are_not_replaced_by_those_of_a_table_that_changed_since(ice: Lake):
    changes = IcebergChanges(ice.glue, {}, "feeds")
    read_at = ice.glue.get_table(DatabaseName="feeds", Name="ice")["Table"]["Parameters"]["metadata_location"]
    run(ice, "INSERT INTO ice VALUES (3, 'of another')")
    with pytest.raises(QueryFailedError, match="ICEBERG_COMMIT_ERROR"):
        changes.overwrite("feeds", "ice", pyarrow.table({"id": pyarrow.array([9], "int32"), "name": ["z"]}), read_at)
    assert ice.rows("select count(*) from ice") == [("3",)]


def test_table_as_of_a_moment_that_is_worked_out(ice: Lake):
    assert ice.rows("select count(*) from ice for timestamp as of current_timestamp") == [("2",)]
    assert ice.rows("select count(*) from ice for timestamp as of (now() + interval '1' hour)") == [("2",)]
    with pytest.raises(QueryFailedError, match="No version history"):
        ice.rows("select count(*) from ice for timestamp as of (current_timestamp - interval '1' day)")
    with pytest.raises(QueryFailedError, match="TYPE_MISMATCH"):
        ice.rows("select count(*) from ice for timestamp as of 5")


def test_values_of_partitions_are_folders_as_hive_names_them(lake: Lake):
    run(
        lake,
        "CREATE TABLE t WITH (external_location = 's3://lake/t/', partitioned_by = ARRAY['p']) AS "
        "SELECT * FROM (VALUES (1, 'x/y=z'), (2, '50%'), (3, null), (4, '')) v(a, p)",
    )
    keys = [entry["Key"] for entry in lake.s3.list_objects_v2(Bucket="lake", Prefix="t/")["Contents"]]
    assert {key.split("/")[1] for key in keys} == {"p=x%2Fy%3Dz", "p=50%25", "p=__HIVE_DEFAULT_PARTITION__"}
    rows = [("1", "x/y=z"), ("2", "50%"), ("3", None), ("4", None)]  # Hive keeps no empty value of a partition
    assert lake.rows("select * from t order by a") == rows
    for partition in lake.glue.get_partitions(DatabaseName="feeds", TableName="t")["Partitions"]:
        lake.glue.delete_partition(DatabaseName="feeds", TableName="t", PartitionValues=partition["Values"])
    run(lake, "MSCK REPAIR TABLE t")
    assert lake.rows("select * from t order by a") == rows


def test_rows_go_where_their_partition_is(lake: Lake):
    run(
        lake,
        "CREATE TABLE t WITH (external_location = 's3://lake/t/', partitioned_by = ARRAY['p']) AS SELECT 1 a, 'x' p",
    )
    run(lake, "ALTER TABLE t ADD PARTITION (p = 'y') LOCATION 's3://lake/elsewhere'")
    run(lake, "INSERT INTO t VALUES (2, 'y'), (3, 'x')")
    assert lake.rows("select * from t order by a") == [("1", "x"), ("2", "y"), ("3", "x")]


def test_bucketed_table_of_hive_json_is_created_and_filled(lake: Lake):
    run(
        lake,
        "CREATE EXTERNAL TABLE t (id int, at timestamp) CLUSTERED BY (id) INTO 4 BUCKETS "
        "ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe' LOCATION 's3://lake/t/'",
    )
    storage = lake.glue.get_table(DatabaseName="feeds", Name="t")["Table"]["StorageDescriptor"]
    assert (storage["BucketColumns"], storage["NumberOfBuckets"], storage["Location"]) == (["id"], 4, "s3://lake/t")
    assert storage["SerdeInfo"]["Parameters"] == {"serialization.format": "1"}
    run(lake, "INSERT INTO t VALUES (1, timestamp '2024-01-05 10:00:00.5')")
    assert lake.rows("select * from t") == [("1", "2024-01-05 10:00:00.500")]


def test_json_keeps_the_digits_of_a_decimal(lake: Lake):
    run(lake, "CREATE TABLE t WITH (format = 'JSON') AS SELECT decimal '12345678901234567890.123456789' d, '\"' q")
    assert lake.rows("select * from t") == [("12345678901234567890.123456789", '"')]


def test_binaries_are_texts_of_base64_or_refused(lake: Lake):
    run(lake, "CREATE TABLE t WITH (format = 'TEXTFILE') AS SELECT x'00ff' b")
    assert lake.rows("select b from t") == [("00 ff",)]
    with pytest.raises(QueryFailedError, match="varbinary in JSON"):
        run(lake, "CREATE TABLE u WITH (format = 'JSON') AS SELECT x'00ff' b", "other")
