"""What statements write is what they say, where they say it; moto plays Glue and S3."""

# ruff: noqa: E501 - a statement is a line

import io

import pyarrow
import pyarrow.parquet
import pytest

from localstack_glue.athena.engine.errors import MalformedQueryError, QueryFailedError
from localstack_glue.athena.engine.iceberg_changes import IcebergChanges
from tests.unit.localstack_glue.athena_lake import HIVE_JSON, JSON, Lake


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
        ("CREATE TABLE w WITH (table_type = 'ICEBERG', is_external = false, location = 's3://lake/w/') AS SELECT 1 a, 2 A", "DUPLICATE_COLUMN_NAME"),
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


def test_table_in_buckets_is_declared_and_takes_no_rows(lake: Lake):
    run(
        lake,
        "CREATE EXTERNAL TABLE t (id int, at timestamp) CLUSTERED BY (id, at) INTO 4 BUCKETS LOCATION 's3://lake/t/'",
    )
    storage = lake.glue.get_table(DatabaseName="feeds", Name="t")["Table"]["StorageDescriptor"]
    assert (storage["BucketColumns"], storage["NumberOfBuckets"], storage["Location"]) == (
        ["id", "at"],
        4,
        "s3://lake/t",
    )
    run(lake, "CREATE TABLE made WITH (bucketed_by = ARRAY['a'], bucket_count = 3) AS SELECT 1 a")
    storage = lake.glue.get_table(DatabaseName="feeds", Name="made")["Table"]["StorageDescriptor"]
    assert (storage["BucketColumns"], storage["NumberOfBuckets"]) == (["a"], 3)
    lines = [line for (line,) in lake.rows("show create table t")]
    assert lines[3:7] == ["CLUSTERED BY ( ", "  id, ", "  at) ", "INTO 4 BUCKETS"]
    for statement in ("INSERT INTO t VALUES (1, null)", "INSERT INTO made VALUES (2)"):
        with pytest.raises(QueryFailedError, match=r"^NOT_SUPPORTED: .*bucketed tables"):
            run(lake, statement)


def test_table_of_hive_json_is_filled_and_of_openx_json_is_not(lake: Lake):
    place = "LOCATION 's3://lake/t/'"
    run(lake, f"CREATE EXTERNAL TABLE t (id int, at timestamp) ROW FORMAT SERDE '{HIVE_JSON}' {place}")
    storage = lake.glue.get_table(DatabaseName="feeds", Name="t")["Table"]["StorageDescriptor"]
    assert storage["SerdeInfo"]["Parameters"] == {"serialization.format": "1"}
    run(lake, "INSERT INTO t VALUES (1, timestamp '2024-01-05 10:00:00.5')")
    assert lake.rows("select * from t") == [("1", "2024-01-05 10:00:00.500")]
    run(lake, f"CREATE EXTERNAL TABLE u (id int) ROW FORMAT SERDE '{JSON}' {place}")
    with pytest.raises(QueryFailedError, match=r"^HIVE_UNSUPPORTED_FORMAT: .*openx"):
        run(lake, "INSERT INTO u VALUES (1)")
    run(lake, "CREATE TABLE made WITH (format = 'JSON') AS SELECT 1 a")
    made = lake.glue.get_table(DatabaseName="feeds", Name="made")["Table"]["StorageDescriptor"]
    assert made["SerdeInfo"]["SerializationLibrary"] == HIVE_JSON


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("cast(timestamp '2024-01-01 10:00:00.123456' as timestamp(6))", r"NOT_SUPPORTED: Incorrect timestamp precision for timestamp\(6\); .*column name: a"),
        ("array[cast(timestamp '2024-01-01 10:00:00' as timestamp(6))]", r"NOT_SUPPORTED: Incorrect timestamp precision for timestamp\(6\)"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "head", ["CREATE TABLE w AS SELECT {} a", "UNLOAD (SELECT {} a) TO 's3://lake/u/' WITH (format = 'PARQUET')"]
)
def test_microseconds_are_not_written_to_files_as_on_aws(lake: Lake, head: str, written: str, problem: str):
    with pytest.raises(QueryFailedError, match=problem):
        run(lake, head.format(written))
    assert lake.s3.list_objects_v2(Bucket="lake")["KeyCount"] == 0


@pytest.mark.parametrize(
    ("option", "problem"),
    [
        ("write_compression='GZIP', parquet_compression='SNAPPY'", "Only one of these"),
        ("orc_compression='ZLIB'", "orc_compression for the format PARQUET"),
        ("format='TEXTFILE', field_delimiter='||'", "single character"),
        ("field_delimiter=','", "field_delimiter for the format PARQUET"),
        ("compression_level=4", "only for the compression ZSTD"),
        ("write_compression='ZSTD', compression_level=23", "from 1 to 22"),
        ("bucketed_by=ARRAY['a']", "must be specified together"),
        ("bucket_count=2", "must be specified together"),
        ("bucketed_by=ARRAY['a'], bucket_count=0", "greater than zero"),
        ("location='s3://lake/w/'", "not a property of Hive"),
        ("partitioning=ARRAY['a']", "not a property of Hive"),
        ("vacuum_min_snapshots_to_keep=1", "not a property of Hive"),
        ("is_external=false", "is_external must be true"),
        ("table_type='DELTA'", "HIVE or ICEBERG"),
        ("format='CSV'", "the format CSV"),
    ],
)  # fmt: skip
def test_property_that_contradicts_others_is_refused(lake: Lake, option: str, problem: str):
    with pytest.raises(QueryFailedError, match=problem):
        run(lake, f"CREATE TABLE w WITH ({option}) AS SELECT 1 a")
    assert (lake.rows("show tables"), lake.s3.list_objects_v2(Bucket="lake")["KeyCount"]) == ([], 0)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("WITH (compression = 'GZIP')", "needs the property format"),
        ("", "needs the property format"),
        ("WITH (format = 'JSON', vacuum_min_snapshots_to_keep = 1)", "does not exist"),
        ("WITH (format = 'JSON' compression = 'GZIP')", "mismatched input"),
        ("WITH (format = 'PARQUET', field_delimiter = ',')", "field_delimiter for the format PARQUET"),
    ],
)
def test_unload_with_other_properties_is_refused(lake: Lake, options: str, problem: str):
    with pytest.raises((QueryFailedError, MalformedQueryError), match=problem):
        run(lake, f"UNLOAD (SELECT 1 a) TO 's3://lake/u/' {options}")
    assert lake.s3.list_objects_v2(Bucket="lake")["KeyCount"] == 0


@pytest.mark.parametrize(("option", "codec"), [("", "GZIP"), (", compression = 'ZSTD', compression_level = 4", "ZSTD")])
def test_parquet_is_compressed_as_documented(lake: Lake, option: str, codec: str):
    run(lake, f"UNLOAD (SELECT 1 a) TO 's3://lake/u/' WITH (format = 'PARQUET'{option})")
    (found,) = lake.s3.list_objects_v2(Bucket="lake")["Contents"]
    content = lake.s3.get_object(Bucket="lake", Key=found["Key"])["Body"].read()
    assert pyarrow.parquet.ParquetFile(io.BytesIO(content)).metadata.row_group(0).column(0).compression == codec


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("array<int>", "array['1']"),
        ("struct<a:int>", "cast(row('x') as row(a varchar))"),
        ("map<string,int>", "map(array['a'], array['b'])"),
        ("timestamp", "cast(timestamp '2024-01-01 00:00:00' as timestamp(6))"),
        ("array<bigint>", "array[1.5]"),
    ],
)
def test_row_of_other_types_is_not_inserted(lake: Lake, column: str, value: str):
    run(lake, f"CREATE EXTERNAL TABLE t (a {column}) STORED AS PARQUET LOCATION 's3://lake/t/'")
    with pytest.raises(QueryFailedError, match=r"^TYPE_MISMATCH: .*mismatched column types"):
        run(lake, f"INSERT INTO t SELECT {value}")


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("array<bigint>", "array[1]", "[1]"),
        ("struct<a:bigint,b:varchar(2)>", "row(1, 'xyz')", "{a=1, b=xy}"),
        ("map<string,double>", "map(array['a'], array[1])", "{a=1.0}"),
    ],
)
def test_row_whose_parts_turn_into_those_of_the_table_is_inserted(lake: Lake, column: str, value: str, shown: str):
    run(lake, f"CREATE EXTERNAL TABLE t (a {column}) STORED AS PARQUET LOCATION 's3://lake/t/'")
    run(lake, f"INSERT INTO t SELECT {value}")
    assert lake.rows("select a from t") == [(shown,)]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE w WITH (external_location = 's3://lake/w/') AS SELECT 1 a",
        "UNLOAD (SELECT 1 a) TO 's3://lake/w/' WITH (format = 'JSON')",
        "INSERT INTO t VALUES (1)",
    ],
)
def test_written_files_are_encrypted_as_the_results_are(lake: Lake, sql: str):
    run(lake, "CREATE EXTERNAL TABLE t (a int) LOCATION 's3://lake/w/'")
    lake.engine.run(sql, "feeds", encryption={"ServerSideEncryption": "AES256"})
    (found,) = lake.s3.list_objects_v2(Bucket="lake")["Contents"]
    assert lake.s3.head_object(Bucket="lake", Key=found["Key"])["ServerSideEncryption"] == "AES256"


def test_json_keeps_the_digits_of_a_decimal(lake: Lake):
    run(lake, "CREATE TABLE t WITH (format = 'JSON') AS SELECT decimal '12345678901234567890.123456789' d, '\"' q")
    assert lake.rows("select * from t") == [("12345678901234567890.123456789", '"')]


def test_binaries_are_texts_of_base64_or_refused(lake: Lake):
    run(lake, "CREATE TABLE t WITH (format = 'TEXTFILE') AS SELECT x'00ff' b")
    assert lake.rows("select b from t") == [("00 ff",)]
    with pytest.raises(QueryFailedError, match="varbinary in JSON"):
        run(lake, "CREATE TABLE u WITH (format = 'JSON') AS SELECT x'00ff' b", "other")
