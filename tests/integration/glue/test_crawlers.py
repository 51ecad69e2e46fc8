"""What crawls make of files in S3."""

from __future__ import annotations

import bz2
import gzip
import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.glue.account import PARQUET_CARS, Account, refusal

CARS = "id,brand,price\n1,Volvo,9.5\n2,Skoda,7.25\n3,Fiat,3\n"


@dataclass(frozen=True)
class Crawled:
    """What one crawl over many folders has found."""

    tables: dict[str, dict[str, Any]]
    last_crawl: dict[str, Any]
    metrics: dict[str, Any]
    crawler: str
    bucket: str
    prefix: str


FILES: dict[str, str | bytes] = {
    "typed/a.csv": "whole,part,word,day\n1,1.5,red,2026-01-01\n22,2.25,blue,2026-01-02\n",
    "words/a.csv": "brand,colour\nVolvo,red\nSkoda,blue\n",
    "semicolons/a.csv": "id;name\n1;one\n2;two\n",
    "zipped/a.csv.gz": gzip.compress(CARS.encode()),
    "zipped2/a.csv.bz2": bz2.compress(CARS.encode()),
    "lines/a.json": '{"id": 1, "tags": ["a"], "size": {"x": 1.5}}\n{"id": 2, "tags": [], "size": {"x": 2.5}}\n',
    "columnar/a.parquet": PARQUET_CARS,
    "array/a.json": '[{"id": 1, "name": "one"}, {"id": 2, "name": "two"}]',
    "named/year=2025/month=01/a.csv": CARS,
    "named/year=2026/month=02/a.csv": CARS,
    "plain/2025/a.csv": CARS,
    "plain/2026/a.csv": CARS,
    "Odd.Name-1/a.csv": CARS,
    "hidden/a.csv": CARS,
    "hidden/_SUCCESS": "x,y\n1,2\n",
    "hidden/.part": "x,y\n1,2\n",
    "hidden/empty.csv": "",
    "excluded/a.csv": CARS,
    "excluded/drafts/b.csv": "other,things,entirely,here\n1,2,3,4\n5,6,7,8\n",
    # beyond its first part, the file is of another type
    "long/a.csv": "id,value\n" + "1,2\n" * 400_000 + "1,word\n",
}


@pytest.fixture(scope="module")
def crawled(module_account: Account) -> Crawled:
    account, root = module_account, f"{module_account.prefix}/many"
    for key, body in FILES.items():
        account.put(f"{root}/{key}", body)
    folders = sorted({key.partition("/")[0] for key in FILES})
    targets = [{"Path": f"s3://{account.bucket}/{root}/{folder}/"} for folder in folders]
    for target in targets:
        if target["Path"].endswith("/excluded/"):
            target["Exclusions"] = ["drafts/**"]
    database = account.database()
    crawler = account.crawler(database=database, Targets={"S3Targets": targets}, TablePrefix="t_")
    last = account.crawl(crawler)
    (metrics,) = account.glue.get_crawler_metrics(CrawlerNameList=[crawler])["CrawlerMetricsList"]
    return Crawled(account.tables(database), last, metrics, crawler, account.bucket, root)


def columns(table: dict[str, Any]) -> dict[str, str]:
    return {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}


def keys(table: dict[str, Any]) -> dict[str, str]:
    return {column["Name"]: column["Type"] for column in table.get("PartitionKeys", [])}


def test_crawl_ends_succeeded_with_a_log_and_metrics(crawled: Crawled):  # G13, G23
    last = crawled.last_crawl
    assert last["Status"] == "SUCCEEDED"
    assert (last["LogGroup"], last["LogStream"]) == ("/aws-glue/crawlers", crawled.crawler)
    assert crawled.metrics["TablesCreated"] == len(crawled.tables)


def test_types_of_csv(crawled: Crawled):  # G15, G17
    assert columns(crawled.tables["t_typed"]) == {
        "whole": "bigint",
        "part": "double",
        "word": "string",
        "day": "string",
    }


def test_csv_of_nothing_but_strings_loses_its_header(crawled: Crawled):  # G15
    table = crawled.tables["t_words"]
    assert columns(table) == {"col0": "string", "col1": "string"}
    assert "skip.header.line.count" not in table["Parameters"]


def test_delimiter_is_found(crawled: Crawled):  # G15
    table = crawled.tables["t_semicolons"]
    assert columns(table) == {"id": "bigint", "name": "string"}
    assert table["Parameters"]["delimiter"] == ";"


@pytest.mark.parametrize(("name", "compression"), [("t_zipped", "gzip"), ("t_zipped2", "bzip2")])
def test_compressed_files_are_read(crawled: Crawled, name: str, compression: str):  # G14
    table = crawled.tables[name]
    assert columns(table) == {"id": "bigint", "brand": "string", "price": "double"}
    assert table["Parameters"]["compressionType"] == compression


def test_json_lines_have_nested_types(crawled: Crawled):  # G14
    table = crawled.tables["t_lines"]
    assert table["Parameters"]["classification"] == "json"
    found = columns(table)
    assert (found["tags"], found["size"]) == ("array<string>", "struct<x:double>")


def test_schema_of_parquet_is_the_files_own(crawled: Crawled):  # G14, G23
    table = crawled.tables["t_columnar"]
    assert columns(table) == {"id": "bigint", "brand": "string", "price": "double"}
    assert table["Parameters"]["classification"] == "parquet"
    serde = table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"]
    assert serde == "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"


def test_iceberg_table_is_registered_with_its_metadata(account: Account):  # G23
    root = f"s3://{account.bucket}/{account.prefix}/ice/cars"
    fields = [
        {"id": 1, "name": "id", "required": True, "type": "long"},
        {"id": 2, "name": "brand", "required": False, "type": "string"},
    ]
    metadata = {
        "format-version": 2,
        "table-uuid": str(uuid.uuid4()),
        "location": root,
        "last-sequence-number": 0,
        "last-updated-ms": 1767225600000,
        "last-column-id": 2,
        "current-schema-id": 0,
        "schemas": [{"type": "struct", "schema-id": 0, "fields": fields}],
        "default-spec-id": 0,
        "partition-specs": [{"spec-id": 0, "fields": []}],
        "last-partition-id": 999,
        "default-sort-order-id": 0,
        "sort-orders": [{"order-id": 0, "fields": []}],
        "properties": {},
        "current-snapshot-id": -1,
        "snapshots": [],
    }
    name = f"00000-{uuid.uuid4()}.metadata.json"
    account.put(f"{account.prefix}/ice/cars/metadata/{name}", json.dumps(metadata))
    database = account.database()
    targets = {"IcebergTargets": [{"Paths": [root.removesuffix("/cars")], "MaximumTraversalDepth": 3}]}

    account.crawl(account.crawler(database=database, Targets=targets))

    (table,) = account.tables(database).values()
    assert (table["Name"], table["Parameters"]["table_type"].upper()) == ("cars", "ICEBERG")
    assert table["Parameters"]["metadata_location"] == f"{root}/metadata/{name}"
    assert columns(table) == {"id": "bigint", "brand": "string"}


def test_json_array_is_one_column_for_the_built_in_classifier(crawled: Crawled):  # G14
    assert columns(crawled.tables["t_array"]) == {"array": "array<struct<id:int,name:string>>"}


def test_only_the_first_part_of_a_large_file_is_read(crawled: Crawled):  # G14
    assert columns(crawled.tables["t_long"]) == {"id": "bigint", "value": "bigint"}


def test_folders_with_names_and_values_are_partitions(crawled: Crawled):  # G19
    assert keys(crawled.tables["t_named"]) == {"year": "string", "month": "string"}


def test_folders_without_names_are_numbered_partitions(crawled: Crawled):  # G19
    assert keys(crawled.tables["t_plain"]) == {"partition_0": "string"}


def test_table_is_named_after_its_folder_in_letters_that_hive_takes(crawled: Crawled):  # G18
    assert "t_odd_name_1" in crawled.tables


def test_hidden_and_empty_objects_are_not_read(crawled: Crawled):  # G25
    table = crawled.tables["t_hidden"]
    assert columns(table) == {"id": "bigint", "brand": "string", "price": "double"}
    assert table["Parameters"]["objectCount"] == "1"


def test_excluded_objects_are_not_read(crawled: Crawled):  # G25
    table = crawled.tables["t_excluded"]
    assert (columns(table), keys(table)) == ({"id": "bigint", "brand": "string", "price": "double"}, {})


def test_crawled_table_describes_its_format(crawled: Crawled):  # G23
    table = crawled.tables["t_typed"]
    storage = table["StorageDescriptor"]
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert storage["Location"] == f"s3://{crawled.bucket}/{crawled.prefix}/typed/"
    assert storage["InputFormat"] == "org.apache.hadoop.mapred.TextInputFormat"
    assert storage["SerdeInfo"]["SerializationLibrary"] == "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
    expected = {
        "classification": "csv",
        "compressionType": "none",
        "delimiter": ",",
        "skip.header.line.count": "1",
        "areColumnsQuoted": "false",
        "columnsOrdered": "true",
        "typeOfData": "file",
        "objectCount": "1",
        "UPDATED_BY_CRAWLER": crawled.crawler,
        "CrawlerSchemaSerializerVersion": "1.0",
        "CrawlerSchemaDeserializerVersion": "1.0",
    }
    assert {name: table["Parameters"].get(name) for name in expected} == expected
    assert {"recordCount", "sizeKey", "averageRecordSize"} <= set(table["Parameters"])


def test_custom_classifier_wins_over_the_built_in_ones(account: Account):  # G16
    name = account.name("classifier")
    header = {"ContainsHeader": "PRESENT", "Header": ["brand", "colour"], "Delimiter": ","}
    account.glue.create_classifier(CsvClassifier={"Name": name, **header})
    account.cleanup.callback(account.glue.delete_classifier, Name=name)
    root = f"{account.prefix}/classified"
    account.put(f"{root}/words/a.csv", FILES["words/a.csv"])
    database = account.database()

    crawler = account.crawler(f"{root}/words/", database=database, Classifiers=[name])
    account.crawl(crawler)

    table = account.tables(database)["words"]
    assert columns(table) == {"brand": "string", "colour": "string"}
    assert table["Parameters"]["skip.header.line.count"] == "1"


PEOPLE = "id,born,town,street\n1,1815,London,Dorset Street\n2,1912,London,Warrington Crescent\n"
COMBINED = {"Version": 1.0, "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas"}}


@pytest.mark.parametrize(
    ("second", "configuration", "expected"),
    [
        pytest.param(CARS, None, {"mixed"}, id="the-same-schema-is-one-table"),
        pytest.param(PEOPLE, None, {"cars", "others"}, id="schemas-that-differ-are-tables"),
        pytest.param(PEOPLE, COMBINED, {"mixed"}, id="one-table-where-asked-for"),
    ],
)
def test_schemas_decide_what_one_table_is(account: Account, second: str, configuration: Any, expected: set[str]):  # G20
    root = f"{account.prefix}/{account.name('grouping')}/mixed"
    account.put(f"{root}/cars/a.csv", CARS)
    account.put(f"{root}/others/a.csv", second)
    database = account.database()
    options = {"Configuration": json.dumps(configuration)} if configuration else {}

    account.crawl(account.crawler(f"{root}/", database=database, **options))

    tables = account.tables(database)
    assert set(tables) == expected
    if configuration:
        assert set(columns(tables["mixed"])) == {"id", "brand", "price", "born", "town", "street"}


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        pytest.param(None, {"yard": ["partition_0", "partition_1"]}, id="as-the-schemas-say"),
        pytest.param(4, {"yard": ["partition_0", "partition_1"]}, id="the-include-path-itself"),
        pytest.param(5, {"cars": ["partition_0"], "vans": ["partition_0"]}, id="a-folder-below"),
        pytest.param(6, {"north": [], "south": [], "east": []}, id="two-folders-below"),
    ],
)
def test_table_level_sets_where_tables_begin(
    account: Account, level: int | None, expected: dict[str, list[str]]
):  # G20
    root = f"{account.prefix}/{account.name('level')}/yard"  # the bucket is level 1: the yard is level 4
    for folder in ("cars/north", "cars/south", "vans/east"):
        account.put(f"{root}/{folder}/a.csv", CARS)
    database = account.database()
    grouping = {"Version": 1.0, "Grouping": {"TableLevelConfiguration": level}}
    options = {"Configuration": json.dumps(grouping)} if level else {}

    account.crawl(account.crawler(f"{root}/", database=database, **options))

    assert {name: list(keys(table)) for name, table in account.tables(database).items()} == expected


def recrawl(account: Account, update: str, delete: str, **definition: Any) -> dict[str, dict[str, Any]]:
    """Crawl two folders; then one is gone and the other has a column more; the tables after the second crawl."""
    root, database = f"{account.prefix}/{account.name('recrawl')}", account.database()
    account.put(f"{root}/stays/a.csv", CARS)
    gone = account.put(f"{root}/goes/a.csv", CARS)
    policy = {"UpdateBehavior": update, "DeleteBehavior": delete}
    paths = [f"{root}/stays/", f"{root}/goes/"]
    crawler = account.crawler(*paths, database=database, SchemaChangePolicy=policy, **definition)
    account.crawl(crawler)
    account.put(f"{root}/stays/a.csv", "id,brand,price,doors\n1,Volvo,9.5,5\n2,Skoda,7.25,3\n")
    account.client("s3").delete_object(Bucket=account.bucket, Key=gone.partition(account.bucket + "/")[2])
    assert account.crawl(crawler)["Status"] == "SUCCEEDED"
    return account.tables(database)


def test_crawler_applies_changes_and_deletions(account: Account):  # G21
    tables = recrawl(account, "UPDATE_IN_DATABASE", "DELETE_FROM_DATABASE")
    assert set(tables) == {"stays"}
    assert columns(tables["stays"])["doors"] == "bigint"


def test_changes_are_only_logged(account: Account):  # G21
    tables = recrawl(account, "LOG", "LOG")
    assert set(tables) == {"stays", "goes"}
    assert "doors" not in columns(tables["stays"])
    assert "DEPRECATED_BY_CRAWLER" not in tables["goes"]["Parameters"]


def test_table_without_files_is_deprecated(account: Account):  # G21
    tables = recrawl(account, "UPDATE_IN_DATABASE", "DEPRECATE_IN_DATABASE")
    assert "DEPRECATED_BY_CRAWLER" in tables["goes"]["Parameters"]


def test_new_columns_are_merged_and_others_kept(account: Account):  # G21
    merge = {"Version": 1.0, "CrawlerOutput": {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}}
    database, root = account.database(), f"{account.prefix}/merging"
    account.put(f"{root}/cars/a.csv", CARS)
    crawler = account.crawler(f"{root}/cars/", database=database, Configuration=json.dumps(merge))
    account.crawl(crawler)
    table = account.tables(database)["cars"]
    kept = {name: table[name] for name in ("Name", "Parameters", "PartitionKeys", "TableType", "StorageDescriptor")}
    kept["StorageDescriptor"]["Columns"][1]["Comment"] = "as on the boot"
    account.glue.update_table(DatabaseName=database, TableInput=kept)
    account.put(f"{root}/cars/a.csv", "id,brand,price,doors\n1,Volvo,9.5,5\n2,Skoda,7.25,3\n")
    account.crawl(crawler)

    found = account.tables(database)["cars"]["StorageDescriptor"]["Columns"]
    assert [column["Name"] for column in found] == ["id", "brand", "price", "doors"]
    assert found[1]["Comment"] == "as on the boot"


def test_new_folders_only_needs_changes_to_be_logged(account: Account):  # G22
    code = refusal(
        account.glue.create_crawler,
        Name=account.name("crawler"),
        Role=account.role,
        DatabaseName="db",
        Targets={"S3Targets": [{"Path": f"s3://{account.bucket}/{account.prefix}/"}]},
        RecrawlPolicy={"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"},
        SchemaChangePolicy={"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"},
    )
    assert code == "InvalidInputException"


def test_running_crawler_is_neither_started_nor_changed_and_an_idle_one_not_stopped(account: Account):  # G13
    for number in range(40):
        account.put(f"{account.prefix}/slow/{number:03}/a.csv", CARS)
    crawler = account.crawler(f"{account.prefix}/slow/")
    assert refusal(account.glue.stop_crawler, Name=crawler) == "CrawlerNotRunningException"
    for _ in range(30):  # a crawl may be over before the second call
        account.glue.start_crawler(Name=crawler)
        try:
            account.glue.update_crawler(Name=crawler, Description="changed while it runs")
        except account.glue.exceptions.CrawlerRunningException:
            break
        account.wait_for_crawler(crawler)
    else:
        raise AssertionError("a running crawler can be changed")
    assert account.wait_for_crawler(crawler)["LastCrawl"]["Status"] == "SUCCEEDED"
    assert refusal(account.glue.start_crawler, Name="no-such-crawler") == "EntityNotFoundException"


@pytest.mark.parametrize("inherits", [False, True], ids=["own-columns", "the-tables-columns"])
def test_partitions_have_their_own_columns_unless_they_inherit(account: Account, inherits: bool):  # G21
    database, root = account.database(), f"{account.prefix}/{account.name('inherit')}/cars"
    account.put(f"{root}/day=1/a.csv", "id,brand,price\n1,Volvo,9\n2,Skoda,7\n")
    account.put(f"{root}/day=2/a.csv", CARS)
    output = {"Version": 1.0, "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}}
    options = {"Configuration": json.dumps(output)} if inherits else {}

    account.crawl(account.crawler(f"{root}/", database=database, **options))

    partitions = account.glue.get_partitions(DatabaseName=database, TableName="cars")["Partitions"]
    found = {partition["Values"][0]: columns(partition)["price"] for partition in partitions}
    assert found == {"1": "double" if inherits else "bigint", "2": "double"}


def test_crawl_of_new_folders_adds_them_and_changes_nothing_else(account: Account):  # G22
    database, root = account.database(), f"{account.prefix}/{account.name('recent')}/cars"
    account.put(f"{root}/day=1/a.csv", CARS)
    crawler = account.crawler(
        f"{root}/",
        database=database,
        RecrawlPolicy={"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"},
        SchemaChangePolicy={"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"},
    )
    account.crawl(crawler)
    before = account.tables(database)["cars"]
    account.put(f"{root}/day=2/a.csv", CARS)

    assert account.crawl(crawler)["Status"] == "SUCCEEDED"

    partitions = account.glue.get_partitions(DatabaseName=database, TableName="cars")["Partitions"]
    assert sorted(partition["Values"] for partition in partitions) == [["1"], ["2"]]
    assert columns(account.tables(database)["cars"]) == columns(before)
