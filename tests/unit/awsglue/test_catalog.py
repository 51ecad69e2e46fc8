from collections.abc import Iterator

import pytest
from py4j.protocol import Py4JJavaError

from awsglue.catalog import parse_table
from awsglue.dynamicframe import DynamicFrame
from awsglue.errors import GlueDataError, GlueUnsupportedError
from tests.unit.awsglue.conftest import add_table, rows

OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"


def add_partition(glue, folder, *values, content="", name="f.csv"):
    folder.mkdir(parents=True)
    (folder / name).write_text(content)
    storage = glue.get_table(DatabaseName="lake", Name="t")["Table"]["StorageDescriptor"]
    partition = {"Values": list(values), "StorageDescriptor": {**storage, "Location": str(folder)}}
    glue.create_partition(DatabaseName="lake", TableName="t", PartitionInput=partition)


def read(context, **options):
    return context.create_dynamic_frame.from_catalog(database="lake", table_name="t", **options)


def test_reads_csv_as_a_crawler_catalogues_it(glue, glue_context, tmp_path):
    (tmp_path / "a.csv").write_text("id;price;name\n1;2.5;x\n2;;y\n")
    columns = [("id", "bigint"), ("price", "double"), ("name", "string")]
    add_table(glue, tmp_path, columns, serde={"field.delim": ";"}, classification="csv", skip__header__line__count="1")

    frame = read(glue_context)

    assert frame.toDF().dtypes == columns
    assert rows(frame) == [(1, 2.5, "x"), (2, None, "y")]


@pytest.mark.parametrize("classification", ["csv", "parquet"])
def test_column_that_is_also_a_partition_key_is_refused_where_columns_go_by_place(classification):
    def column(name):
        return {"Name": name, "Type": "string"}

    raw = {
        "Name": "t",
        "PartitionKeys": [column("id")],
        "StorageDescriptor": {"Columns": [column("id"), column("name")], "Location": "s3://lake/t/"},
        "Parameters": {"classification": classification},
    }
    if classification == "csv":
        with pytest.raises(GlueUnsupportedError, match=r"lake\.t, whose column id is also a partition key"):
            parse_table("lake", raw)
    else:
        assert [each.name for each in parse_table("lake", raw).columns] == ["name"]  # Spark takes the folder's value


def test_table_of_records_at_a_json_path_is_refused():
    raw = {
        "Name": "t",
        "StorageDescriptor": {"Columns": [{"Name": "id", "Type": "int"}], "Location": "s3://lake/t/"},
        "Parameters": {"classification": "json", "jsonPath": "$.records[*]"},
    }
    with pytest.raises(GlueUnsupportedError, match=r"the table lake\.t, whose records are at the JsonPath \$\.records"):
        parse_table("lake", raw)


def test_exclusions_that_a_crawler_noted_are_left_out(glue, glue_context, tmp_path):  # define-crawler
    (tmp_path / "a.csv").write_text("1\n")
    (tmp_path / "b.csv").write_text("2\n")
    add_table(glue, tmp_path, [("id", "bigint")], classification="csv", exclusions=f'["{tmp_path}/b.*"]')

    assert rows(read(glue_context)) == [(1,)]


def test_open_csv_serde_sets_the_quote_character(glue, glue_context, tmp_path):
    (tmp_path / "a.csv").write_text("'a,b',c\n")
    serde = {"separatorChar": ",", "quoteChar": "'", "escapeChar": "\\"}
    add_table(glue, tmp_path, [("x", "string"), ("y", "string")], library=OPEN_CSV, serde=serde)

    assert rows(read(glue_context)) == [("a,b", "c")]


def test_values_that_do_not_fit_make_a_choice(glue, glue_context, tmp_path):
    (tmp_path / "a.csv").write_text("1\nsecond\n")
    add_table(glue, tmp_path, [("id", "bigint")], classification="csv")

    frame = read(glue_context)

    assert frame.choice_fields == ["id"]
    assert rows(frame.resolveChoice(specs=[("id", "make_cols")])) == [(1, None), (None, "second")]
    matched = frame.resolveChoice(choice="match_catalog", database="lake", table_name="t")
    assert rows(matched) == [(1,), (None,)]


def test_fractions_are_no_integers(glue, glue_context, tmp_path):
    (tmp_path / "a.csv").write_text("1\n1.5\n")
    add_table(glue, tmp_path, [("id", "bigint")], classification="csv")

    assert rows(read(glue_context)) == [((1, None),), ((None, "1.5"),)]


def test_reads_json_and_parquet(glue, glue_context, dynamic_frame, tmp_path):
    (tmp_path / "j").mkdir()
    (tmp_path / "j" / "a.json").write_text('{"n": 1, "s": {"a": "x"}}\n')
    add_table(glue, tmp_path / "j", [("n", "int"), ("s", "struct<a:string>")], classification="json")
    assert rows(read(glue_context)) == [(1, ("x",))]

    glue.delete_table(DatabaseName="lake", Name="t")
    dynamic_frame([(1, "x")], "n int, s string").toDF().write.parquet(str(tmp_path / "p"))
    add_table(glue, tmp_path / "p", [("n", "int"), ("s", "string")], classification="parquet")
    assert rows(read(glue_context)) == [(1, "x")]


@pytest.mark.parametrize("style", ["hive", "plain"])
def test_partition_keys_are_columns_and_prune(glue, glue_context, tmp_path, style):
    add_table(glue, tmp_path, [("n", "bigint")], keys=[("year", "string"), ("month", "int")], classification="csv")
    for number, (year, month) in enumerate([("2026", "11"), ("2026", "12"), ("2027", "1")]):
        folder = f"year={year}/month={month}" if style == "hive" else f"{year}/{month}"
        add_partition(glue, tmp_path / folder, year, month, content=f"{number}\n")

    frame = read(glue_context, push_down_predicate="year == '2026' and month > 11")

    assert frame.toDF().dtypes == [("n", "bigint"), ("year", "string"), ("month", "int")]
    assert rows(frame) == [(1, "2026", 12)]
    assert read(glue_context).count() == 3
    assert read(glue_context, push_down_predicate="year = '1999'").count() == 0
    data_frame = glue_context.create_data_frame.from_catalog("lake", "t", push_down_predicate="month < 2")
    assert [tuple(row) for row in data_frame.collect()] == [(2, "2027", 1)]


def test_predicate_over_other_columns_fails(glue, glue_context, tmp_path):
    add_table(glue, tmp_path, [("n", "bigint")], keys=[("year", "string")], classification="csv")
    add_partition(glue, tmp_path / "year=1", "1", content="1\n")

    with pytest.raises(GlueDataError, match="push_down_predicate 'n = 1'"):
        read(glue_context, push_down_predicate="n = 1")


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"classification": "avro"}, "the format avro of the table lake.t"),
        ({"table_type": "ICEBERG"}, "ICEBERG tables"),
        ({"classification": "json", "typeOfData": "kinesis"}, "the table lake.t, which is a stream of kinesis"),
        ({"classification": "csv", "skip__header__line__count": "2"}, "skip.header.line.count = 2"),
    ],
)
def test_tables_of_other_kinds_are_refused(glue, glue_context, tmp_path, parameters, named):
    add_table(glue, tmp_path, [("n", "bigint")], **parameters)

    with pytest.raises(GlueUnsupportedError, match=named):
        read(glue_context)


@pytest.fixture
def glue_catalog(spark) -> Iterator[None]:
    """A session that was given Iceberg's catalog over the Data Catalog."""
    catalog = "spark.sql.catalog.glue_catalog"
    given = {catalog: "org.apache.iceberg.spark.SparkCatalog", f"{catalog}.type": "glue"}
    for name, value in given.items():
        spark.conf.set(name, value)
    yield
    for name in given:
        spark.conf.unset(name)


@pytest.mark.usefixtures("glue_catalog")
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        pytest.param({"push_down_predicate": "n = 1"}, "push_down_predicate for an Iceberg table", id="predicate"),
        pytest.param({"additional_options": {"boundedFiles": "1"}}, "Iceberg table: boundedFiles", id="option"),
        pytest.param({"catalog_id": "123456789012"}, "ICEBERG tables in from_catalog", id="catalog of another account"),
    ],
)
def test_unsupported_read_of_an_iceberg_table_is_refused(glue, glue_context, tmp_path, arguments, named):
    add_table(glue, tmp_path, [("n", "bigint")], table_type="ICEBERG")

    with pytest.raises(GlueUnsupportedError, match=named):
        glue_context.create_data_frame.from_catalog("lake", "t", **arguments)


@pytest.mark.usefixtures("glue_catalog")
def test_options_of_other_formats_are_refused_before_an_iceberg_table_is_written(glue, glue_context, tmp_path):
    add_table(glue, tmp_path, [("n", "bigint")], table_type="ICEBERG")
    frame = glue_context.spark_session.createDataFrame([(1,)], "n bigint")

    with pytest.raises(GlueUnsupportedError, match="Iceberg table: partitionKeys"):
        glue_context.write_data_frame.from_catalog(frame, "lake", "t", additional_options={"partitionKeys": ["n"]})


@pytest.mark.usefixtures("glue_catalog")
def test_session_with_iceberg_reads_other_tables_as_before(glue, glue_context, tmp_path):
    add_table(glue, tmp_path, [("n", "bigint")], classification="csv")
    (tmp_path / "a.csv").write_text("7\n")

    assert [tuple(row) for row in glue_context.create_data_frame.from_catalog("lake", "t").collect()] == [(7,)]


def test_options_that_only_glue_has_are_refused(glue, glue_context, tmp_path):
    add_table(glue, tmp_path, [("n", "bigint")], classification="csv")

    with pytest.raises(GlueUnsupportedError, match="additional_options asOfTime"):
        read(glue_context, additional_options={"asOfTime": "2024-01-01"})


def test_write_to_a_table_can_be_read_again(glue, glue_context, dynamic_frame, tmp_path):
    add_table(glue, tmp_path, [("n", "int"), ("s", "string")], classification="csv", skip__header__line__count="1")

    glue_context.write_dynamic_frame.from_catalog(dynamic_frame([(1, "x")], "n int, s string"), "lake", "t")

    assert rows(read(glue_context)) == [(1, "x")]


def sink_into(context, folder, frame, behavior="UPDATE_IN_DATABASE", *, keys=("day",), format_name="glueparquet"):
    sink = context.getSink(
        connection_type="s3",
        path=f"{folder}/",
        enableUpdateCatalog=True,
        updateBehavior=behavior,
        partitionKeys=list(keys),
    )
    sink.setFormat(format_name)
    sink.setCatalogInfo(catalogDatabase="lake", catalogTableName="t")
    sink.writeFrame(frame)


def test_sink_makes_the_table_and_its_partitions(glue, glue_context, dynamic_frame, tmp_path):
    sink_into(glue_context, tmp_path, dynamic_frame([(1, "a b"), (2, "c")], "n int, day string"))
    sink_into(glue_context, tmp_path, dynamic_frame([(3, "c", "new")], "n int, day string, more string"))

    table = glue.get_table(DatabaseName="lake", Name="t")["Table"]
    assert table["Parameters"]["classification"] == "parquet"
    assert [column["Name"] for column in table["StorageDescriptor"]["Columns"]] == ["n", "more"]
    assert [tuple(p["Values"]) for p in glue.get_partitions(DatabaseName="lake", TableName="t")["Partitions"]] == [
        ("a b",),
        ("c",),
    ]
    found = {tuple(row) for row in read(glue_context).toDF().select("n", "more", "day").collect()}
    assert found == {(1, None, "a b"), (2, None, "c"), (3, "new", "c")}


def test_sink_that_only_logs_leaves_the_columns(glue, glue_context, dynamic_frame, tmp_path):
    sink_into(glue_context, tmp_path, dynamic_frame([(1, "a")], "n int, day string"))
    sink_into(glue_context, tmp_path, dynamic_frame([(3, "c", "new")], "n int, day string, more string"), "LOG")

    columns = glue.get_table(DatabaseName="lake", Name="t")["Table"]["StorageDescriptor"]["Columns"]
    assert [column["Name"] for column in columns] == ["n"]
    # docs.aws.amazon.com/glue/latest/dg/update-from-job.html: partitions of tables that have all columns only
    assert [p["Values"] for p in glue.get_partitions(DatabaseName="lake", TableName="t")["Partitions"]] == [["a"]]
    sink_into(glue_context, tmp_path, dynamic_frame([(3, "d")], "n int, day string"), "LOG")
    assert len(glue.get_partitions(DatabaseName="lake", TableName="t")["Partitions"]) == 2


@pytest.mark.parametrize(("keys", "columns"), [(["day"], ["n", "s"]), ([], ["n"])])
def test_write_to_a_table_with_partitions_adds_columns(glue, glue_context, dynamic_frame, tmp_path, keys, columns):
    # docs.aws.amazon.com/glue/latest/dg/update-from-job.html: no schema updates of tables without partitions
    add_table(glue, tmp_path, [("n", "int")], keys=[(key, "string") for key in keys], classification="json")
    options = {"enableUpdateCatalog": True, "partitionKeys": keys}

    frame = dynamic_frame([(1, "x", "a")], "n int, s string, day string")
    glue_context.write_dynamic_frame.from_catalog(frame, "lake", "t", additional_options=options)

    found = glue.get_table(DatabaseName="lake", Name="t")["Table"]["StorageDescriptor"]["Columns"]
    assert [column["Name"] for column in found] == columns


def test_sink_of_partitions_without_a_value_or_with_a_key_in_capitals(glue, glue_context, dynamic_frame, tmp_path):
    sink_into(glue_context, tmp_path, dynamic_frame([(1, ""), (2, None), (3, "c")], "n int, Day string"), keys=["Day"])

    found = glue.get_partitions(DatabaseName="lake", TableName="t")["Partitions"]
    assert sorted(partition["Values"] for partition in found) == [["__HIVE_DEFAULT_PARTITION__"], ["c"]]
    assert sorted(rows(read(glue_context))) == [(1, None), (2, None), (3, "c")]
    assert sorted(rows(read(glue_context, push_down_predicate="day is null"))) == [(1, None), (2, None)]


RECORD = {"n": 1, "day": "a"}


@pytest.mark.parametrize(
    ("record", "options", "named"),
    [
        (RECORD, {"keys": ["n"]}, "partitioned by day, not by n"),
        (RECORD, {"keys": []}, "partitioned by day, not by nothing"),
        (RECORD, {"keys": ["n", "day"]}, "partitioned by day, not by n, day"),
        (RECORD, {"format_name": "json"}, "a table of parquet, not of json"),
        (RECORD, {"behavior": "ALWAYS"}, "updateBehavior ALWAYS"),
        (RECORD | {"N": 2}, {}, "in lower case, and two columns are n"),
    ],
)
def test_sink_writes_nothing_that_the_table_cannot_hold(glue, glue_context, records, tmp_path, record, options, named):
    add_table(glue, tmp_path, [("n", "int")], keys=[("day", "string")], classification="parquet")

    with pytest.raises((GlueDataError, GlueUnsupportedError), match=named):
        sink_into(glue_context, tmp_path, records(record), **options)
    assert list(tmp_path.iterdir()) == []


def test_sink_updates_no_table_of_orc(glue_context, dynamic_frame, tmp_path):
    sink = glue_context.getSink("s3", path=str(tmp_path), enableUpdateCatalog=True)
    sink.setFormat("orc")
    sink.setCatalogInfo("lake", "t")

    with pytest.raises(GlueUnsupportedError, match="enableUpdateCatalog for orc"):
        sink.writeFrame(dynamic_frame([(1,)], "n int"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("schema", "is_refused"),
    [
        *((schema, False) for schema in ("b string, a int", "b string", "B string, a int, c int")),
        *((schema, True) for schema in ("a int, b string", "a int", "b string, c int")),
    ],
)
def test_csv_is_written_in_the_places_of_the_tables_columns(glue, glue_context, tmp_path, schema, is_refused):
    add_table(glue, tmp_path, [("b", "string"), ("a", "int")], classification="csv")
    columns = [f"{'1' if column.endswith('int') else 'x'!r} as {column.split()[0]}" for column in schema.split(", ")]
    frame = DynamicFrame.fromDF(glue_context.spark_session.range(1).selectExpr(*columns), glue_context)

    if is_refused:
        with pytest.raises(GlueDataError, match="holds CSV with the columns b, a by their places"):
            glue_context.write_dynamic_frame.from_catalog(frame, "lake", "t")
        assert list(tmp_path.iterdir()) == []
    else:
        glue_context.write_dynamic_frame.from_catalog(frame, "lake", "t")
        assert [row[0] for row in rows(read(glue_context))] == ["x"]


def test_null_of_a_partition_is_no_missing_field(glue, glue_context, tmp_path):
    add_table(glue, tmp_path, [("n", "int")], keys=[("day", "string")], classification="json")
    folder = tmp_path / "day=__HIVE_DEFAULT_PARTITION__"
    add_partition(glue, folder, folder.name.partition("=")[2], content='{"n": 1}\n', name="a.json")

    assert read(glue_context).filter(lambda record: record["n"] == 1).count() == 1
    with pytest.raises(Py4JJavaError, match="depends on whether day is null or missing"):
        read(glue_context).filter(lambda record: record["day"] is None).count()


def test_table_of_values_over_several_lines(glue, glue_context, tmp_path):
    (tmp_path / "a.csv").write_text('1,"x\ny"\n')
    add_table(glue, tmp_path, [("n", "int"), ("s", "string")], classification="csv", multiLine="true")

    assert rows(read(glue_context)) == [(1, "x\ny")]
