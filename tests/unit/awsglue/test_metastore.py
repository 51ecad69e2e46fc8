"""The Data Catalog as Spark SQL's metastore: what is in Glue is in SQL, and what SQL makes is in Glue."""

import json

import pytest
from pyspark.errors import AnalysisException

from awsglue.catalog import Catalog
from awsglue.context import GlueContext
from awsglue.errors import GlueUnsupportedError
from awsglue.metastore import hooks
from awsglue.metastore.spark_side import HIDDEN, SparkSide
from tests.unit.awsglue.conftest import LAZY, add_table, rows

OPENX = "org.openx.data.jsonserde.JsonSerDe"
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"


@pytest.fixture
def sql(glue, spark, tmp_path):
    """Spark's `sql` as a script has it, answering rows; the database `lake` is in a folder of its own."""
    glue.update_database(Name="lake", DatabaseInput={"Name": "lake", "LocationUri": str(tmp_path / "lake")})
    plain = type(spark).sql
    uninstall = hooks.install(Catalog())
    yield lambda text, **more: [tuple(row) for row in spark.sql(text, **more).collect()]
    uninstall()
    side = SparkSide(spark, plain)
    side.sql("USE default")
    for name in side.databases() - {"default"}:
        side.forget_database(name)
    for name in side.tables("default"):
        side.forget("default", name)


@pytest.fixture
def orders(glue, tmp_path):
    """A crawled table of JSON with camel case keys, partitioned by day."""
    add_table(
        glue, tmp_path / "t", [("orderid", "int"), ("a", "struct<b:int>")], keys=[("day", "string")], library=OPENX
    )
    storage = glue.get_table(DatabaseName="lake", Name="t")["Table"]["StorageDescriptor"]

    def add(day, *records, folder=None):
        place = tmp_path / "t" / (folder or f"day={day}")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{len(list(place.iterdir()))}.json").write_text("".join(f"{json.dumps(one)}\n" for one in records))
        partition = {"Values": [day], "StorageDescriptor": {**storage, "Location": str(place)}}
        glue.batch_create_partition(DatabaseName="lake", TableName="t", PartitionInputList=[partition])

    add("1", {"orderId": 1, "A": {"B": 7}})
    add("2", {"ORDERID": 2}, folder="elsewhere")
    return add


def definition(glue, name, database="lake"):
    return glue.get_table(DatabaseName=database, Name=name)["Table"]


def partitions(glue, name):
    found = glue.get_partitions(DatabaseName="lake", TableName=name)["Partitions"]
    return sorted(partition["Values"] for partition in found)


def test_json_is_read_in_any_case_with_the_partitions_of_the_catalog(sql, orders):  # G37
    assert sql("select orderid, a.b, day from lake.t order by day") == [(1, 7, "1"), (2, None, "2")]
    orders("3", {"OrderID": 3})
    orders("1", {"orderid": 4, "a": {"b": 8}})
    assert sql("select orderid from lake.t where day in ('1', '3') order by 1") == [(1,), (3,), (4,)]


def test_tables_are_read_by_every_way_that_spark_has(sql, orders, spark):
    context = GlueContext(spark.sparkContext)

    assert spark.table("lake.t").count() == spark.read.table("lake.t").count() == context.table("lake.t").count() == 2
    assert context.sql("select count(*) c from lake.t").first()["c"] == 2
    assert sql("select count(*) from {t}", t=spark.table("lake.t")) == [(2,)]
    sql("use lake")
    assert sql("select count(*) from t") == [(2,)]
    assert spark.catalog.tableExists("lake.t")
    assert spark.catalog.tableExists("t", "lake")
    assert [column.name for column in spark.catalog.listColumns("lake.t")] == ["orderid", "a", "day"]
    spark.sql("cache table c as select * from lake.t").collect()
    assert sql("select count(*) from c") == [(2,)]
    spark.catalog.dropTempView("c")


def test_a_registered_frame_goes_before_the_catalog(sql, orders, spark):
    context = GlueContext(spark.sparkContext)
    context.registerDataFrameAsTable(spark.range(5), "t")
    sql("use lake")

    assert sql("select count(*) from t") == [(5,)]
    assert context.getConf("spark.sql.shuffle.partitions") == "1"
    context.dropTempTable("t")


def test_databases_and_tables_are_listed(sql, glue, spark):
    add_table(glue, "s3://nowhere/t", [("a", "int")], classification="parquet")
    glue.create_database(DatabaseInput={"Name": "other-db"})
    context = GlueContext(spark.sparkContext)

    assert {name for (name,) in sql("show databases")} == {"default", "lake", "`other-db`"}  # as Spark shows names
    assert {one.name.strip("`") for one in spark.catalog.listDatabases()} == {"default", "lake", "other-db"}
    assert HIDDEN not in {name for (name,) in sql("show schemas")}
    assert sql("show tables in lake") == [("lake", "t", False)]
    assert context.tableNames("lake") == ["t"]
    assert [row["tableName"] for row in context.tables("lake").collect()] == ["t"]
    assert [table.name for table in spark.catalog.listTables("lake")] == ["t"]
    glue.delete_table(DatabaseName="lake", Name="t")
    assert sql("show tables in lake") == []


def test_tables_are_described(sql, orders):
    assert ("orderid", "int", None) in sql("describe lake.t")
    assert sql("show partitions lake.t") == [("day=1",), ("day=2",)]
    assert "orderid" in sql("show create table lake.t")[0][0]
    assert sql("select count(*) from lake.t") == [(2,)]


def test_spark_reports_a_missing_table_or_database(sql, orders):
    with pytest.raises(AnalysisException, match=r"TABLE_OR_VIEW_NOT_FOUND.*nothing"):
        sql("select * from lake.nothing")


def test_delimited_text_is_read_as_hive_does(sql, glue, tmp_path, capfd):
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "a.csv").write_text('id|name|day\n1|"x"|2024-01-02\n2||\n3|\\N\n')
    columns = [("id", "bigint"), ("name", "string"), ("day", "date")]
    add_table(glue, tmp_path / "t", columns, serde={"field.delim": "|"}, skip__header__line__count="1")

    found = sql("select id, name, cast(day as string) from lake.t")

    assert found == [(None, "name", None), (1, '"x"', "2024-01-02"), (2, "", None), (3, None, None)]
    assert "ignores skip.header.line.count" in capfd.readouterr().err


def test_quoted_csv_is_read_by_open_csv(sql, glue, tmp_path):
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "a.csv").write_text('1,"x, y",\n2,"a ""b"""\n')
    columns = [("id", "int"), ("name", "string"), ("note", "string")]
    library = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
    add_table(glue, tmp_path / "t", columns, library=library, serde={"quoteChar": '"', "escapeChar": '"'})

    assert sql("select * from lake.t") == [(1, "x, y", ""), (2, 'a "b"', None)]


def test_create_table_as_select_is_in_glue_and_read_back(sql, glue, tmp_path):
    sql("create table lake.n using parquet partitioned by (k) as select 1 as Amount, 'x' as k")

    table = definition(glue, "n")
    assert table["TableType"] == "MANAGED_TABLE"
    assert table["StorageDescriptor"]["Location"].endswith(f"{tmp_path}/lake/n")
    assert table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"] == PARQUET
    assert table["StorageDescriptor"]["Columns"] == [{"Name": "amount", "Type": "int"}]
    assert table["Parameters"]["spark.sql.sources.provider"] == "parquet"
    assert partitions(glue, "n") == [["x"]]
    assert sql("select Amount, k from lake.n") == [(1, "x")]


def test_create_table_with_the_option_path_needs_no_location_of_the_database(sql, glue, tmp_path):
    glue.create_database(DatabaseInput={"Name": "nowhere"})
    sql(f"create table nowhere.n using parquet options (path '{tmp_path}/files') as select 1 as a")

    table = glue.get_table(DatabaseName="nowhere", Name="n")["Table"]
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert table["StorageDescriptor"]["Location"].endswith(f"{tmp_path}/files")
    assert sql("select a from nowhere.n") == [(1,)]


@pytest.mark.parametrize(
    "stored", ["stored as parquet", "stored as orc", "", "row format delimited fields terminated by '|'"]
)
def test_create_table_of_hive_with_a_query(sql, glue, stored):
    sql(f"create table lake.h {stored} as select 1 as a, 'x' as b union all select 2, null")

    assert "spark.sql.sources.provider" not in definition(glue, "h")["Parameters"]
    assert sorted(sql("select a, b from lake.h")) == [(1, "x"), (2, None)]


def test_external_hive_tables_are_created_filled_and_dropped(sql, glue, tmp_path):
    sql(
        "create external table if not exists lake.e (Id int comment 'key', tags array<string>)"
        " partitioned by (day string)"
        f" row format serde '{OPENX}' location '{tmp_path}/e' tblproperties ('classification'='json')"
    )
    sql("insert into lake.e partition (day='1') select 1, array('x')")
    sql("insert into lake.e select 2, null, '2'")
    sql("insert overwrite table lake.e partition (day) select 3, null, '2'")

    table = definition(glue, "e")
    assert (table["TableType"], table["Parameters"]["classification"]) == ("EXTERNAL_TABLE", "json")
    assert table["StorageDescriptor"]["Columns"][0] == {"Name": "id", "Type": "int", "Comment": "key"}
    assert partitions(glue, "e") == [["1"], ["2"]]
    assert sorted(sql("select id, tags, day from lake.e"), key=str) == [(1, ["x"], "1"), (3, None, "2")]
    sql("drop table lake.e")
    assert not glue.get_tables(DatabaseName="lake")["TableList"]
    assert list((tmp_path / "e").glob("day=1/*.json"))  # an external table's files stay


def test_dropping_a_managed_table_deletes_its_files(sql, tmp_path):
    sql("create table lake.m using parquet as select 1 a")
    assert list((tmp_path / "lake" / "m").glob("*.parquet"))

    sql("drop table lake.m")

    assert not (tmp_path / "lake" / "m").exists()


def test_save_as_table_in_all_modes(sql, glue, spark, tmp_path):
    frame = spark.createDataFrame([(1, "a")], "n int, k string")

    frame.write.saveAsTable("lake.s", partitionBy="k")
    frame.write.mode("append").partitionBy("k").saveAsTable("lake.s")
    assert sql("select n, k from lake.s") == [(1, "a"), (1, "a")]
    with pytest.raises(AnalysisException, match="TABLE_OR_VIEW_ALREADY_EXISTS"):
        frame.write.saveAsTable("lake.s")
    frame.withColumnRenamed("n", "m").write.mode("overwrite").format("json").saveAsTable("lake.s")
    assert sql("select m, k from lake.s") == [(1, "a")]
    assert definition(glue, "s")["Parameters"]["spark.sql.sources.provider"] == "json"
    frame.write.option("path", str(tmp_path / "own")).saveAsTable("lake.p")
    assert definition(glue, "p")["TableType"] == "EXTERNAL_TABLE"
    with pytest.raises(GlueUnsupportedError, match="created with USING json"):
        GlueContext(spark.sparkContext).create_dynamic_frame.from_catalog(database="lake", table_name="s")


def test_save_as_table_needs_a_place(sql, glue, spark):
    glue.create_database(DatabaseInput={"Name": "bare"})

    with pytest.raises(ValueError, match="the database bare has no location"):
        spark.range(1).write.saveAsTable("bare.t")


def test_insert_into_adds_partitions_and_overwrites_only_what_it_writes(sql, glue, spark, orders):
    frame = spark.createDataFrame([(5, (1,), "2"), (6, (1,), "9")], "orderid int, a struct<b: int>, day string")

    frame.write.insertInto("lake.t", overwrite=True)

    assert sorted(sql("select orderid, day from lake.t")) == [(1, "1"), (5, "2"), (6, "9")]
    assert partitions(glue, "t") == [["1"], ["2"], ["9"]]
    with pytest.raises(ValueError, match=r"existing table lake\.t is `HiveFileFormat`"):
        frame.write.mode("append").saveAsTable("lake.t")
    frame.limit(1).write.mode("append").format("hive").saveAsTable("lake.t")
    assert sql("select count(*) from lake.t where orderid = 5") == [(2,)]


def test_views_of_the_session_read_json_in_any_case_after_a_write_too(sql, orders):
    sql("create or replace temp view seen as select orderid from lake.t")
    sql("insert overwrite lake.t partition (day='1') select 77, named_struct('b', 1)")
    assert sorted(sql("select orderid from seen")) == [(2,), (77,)]
    sql("describe lake.t")
    assert sorted(sql("select orderid from seen")) == [(2,), (77,)]


def test_managed_tables_are_truncated_and_other_writers_refused_by_name(sql, spark):
    sql("create table lake.m using parquet as select 1 a")
    sql("truncate table lake.m")

    assert sql("select * from lake.m") == []
    with pytest.raises(GlueUnsupportedError, match=r"DataFrame\.writeTo\(lake\.w\)"):
        spark.range(1).writeTo("lake.w").create()


def test_views_are_in_glue_and_outlive_the_session(sql, glue, orders, spark):
    sql("create or replace view lake.v as select orderid as id from lake.t where day = '1'")

    table = definition(glue, "v")
    assert (table["TableType"], table["ViewOriginalText"]) == (
        "VIRTUAL_VIEW",
        "select orderid as id from lake.t where day = '1'",
    )
    assert sql("select id from lake.v") == [(1,)]
    orders("1", {"orderId": 9})
    assert sorted(sql("select id from lake.v")) == [(1,), (9,)]
    sql("drop view lake.v")
    assert [table["Name"] for table in glue.get_tables(DatabaseName="lake")["TableList"]] == ["t"]


def test_views_of_athena_are_refused_by_name(sql, glue):
    table = {"Name": "v", "TableType": "VIRTUAL_VIEW", "ViewOriginalText": "/* Presto View: e30= */"}
    glue.create_table(DatabaseName="lake", TableInput=table)

    with pytest.raises(GlueUnsupportedError, match=r"the view lake\.v, which is Athena's"):
        sql("select * from lake.v")


def test_databases_are_created_changed_and_dropped(sql, glue, tmp_path):
    sql(f"create database if not exists fresh comment 'c' location '{tmp_path}/fresh'")
    assert glue.get_database(Name="fresh")["Database"]["LocationUri"].endswith(f"{tmp_path}/fresh")
    sql("create table fresh.t using parquet as select 1 a")
    with pytest.raises(Exception, match=r"SCHEMA_NOT_EMPTY|not empty|Cannot drop"):
        sql("drop database fresh")
    sql("drop database fresh cascade")

    assert "fresh" not in {database["Name"] for database in glue.get_databases()["DatabaseList"]}
    assert (tmp_path / "fresh").is_dir()  # a database's folder is not deleted


def test_alter_table_and_repair_are_in_glue(sql, glue, orders, tmp_path):
    sql("alter table lake.t add columns (note string comment 'n')")
    sql("alter table lake.t set tblproperties ('k' = 'v')")
    sql("alter table lake.t drop if exists partition (day = '2')")
    (tmp_path / "t" / "day=8").mkdir()
    (tmp_path / "t" / "day=8" / "a.json").write_text('{"orderId": 8}\n')
    sql("msck repair table lake.t")

    table = definition(glue, "t")
    assert table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"] == OPENX
    assert table["StorageDescriptor"]["Columns"][-1] == {"Name": "note", "Type": "string", "Comment": "n"}
    assert table["Parameters"]["k"] == "v"
    assert partitions(glue, "t") == [["1"], ["8"]]
    with pytest.raises(GlueUnsupportedError, match="RENAME TO"):
        sql("alter table lake.t rename to lake.u")


def test_create_table_like_copies_another_table(sql, glue):
    sql("create table lake.a (x int) partitioned by (k string) stored as parquet")
    sql("create table lake.b like lake.a")
    sql("insert into lake.b select 1, 'z'")

    assert (partitions(glue, "a"), partitions(glue, "b")) == ([], [["z"]])


def test_sql_reads_the_output_of_a_sink_at_once(sql, glue, spark, tmp_path, dynamic_frame):
    context = GlueContext(spark.sparkContext)
    for number in (1, 2):
        sink = context.getSink("s3", path=str(tmp_path / "sunk"), enableUpdateCatalog=True, partitionKeys=["k"])
        sink.setFormat("glueparquet")
        sink.setCatalogInfo("lake", "sunk")
        sink.writeFrame(dynamic_frame([(number, str(number))], "n int, k string"))
        assert sql("select count(*), max(k) from lake.sunk") == [(number, str(number))]
    frame = context.create_dynamic_frame.from_catalog(database="lake", table_name="sunk")
    assert sorted(rows(frame)) == [(1, "1"), (2, "2")]


def test_tables_of_other_formats_are_refused_by_name(sql, glue):
    add_table(glue, "s3://nowhere/t", [("a", "int")], table_type="ICEBERG", library=LAZY)

    with pytest.raises(GlueUnsupportedError, match=r"the Iceberg table lake\.t in Spark SQL; name it in"):
        sql("select * from lake.t")


def test_names_that_spark_would_not_make_are_read(sql, glue, tmp_path, spark):
    glue.create_database(DatabaseInput={"Name": "my-db"})
    spark.range(3).write.parquet(str(tmp_path / "p"))
    storage = {"Columns": [{"Name": "id", "Type": "bigint"}], "Location": str(tmp_path / "p")}
    storage["SerdeInfo"] = {"SerializationLibrary": PARQUET}
    glue.create_table(DatabaseName="my-db", TableInput={"Name": "my-table", "StorageDescriptor": storage})

    assert sql("select count(*) from `my-db`.`my-table`") == [(3,)]


def test_default_database_is_created_on_first_use(sql, glue, tmp_path):
    sql(f"create table d1 using parquet location '{tmp_path}/d1' as select 1 a")

    assert definition(glue, "d1", database="default")["TableType"] == "EXTERNAL_TABLE"
    assert sql("select a from d1") == [(1,)]
