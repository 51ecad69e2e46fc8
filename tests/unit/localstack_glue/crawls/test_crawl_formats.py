"""Whole crawls of JSON, Parquet and Iceberg data, on moto's S3 and Glue (G14, G20, G23)."""

import bz2
import gzip
import io
import json
from typing import Any

import pytest

from localstack_glue.crawlers.crawling.csv_rules import CsvClassifier
from localstack_glue.crawlers.crawling.json_rules import JsonClassifier
from tests.unit.localstack_glue.crawls.crawled_lake import columns


def parquet(**arrays: Any) -> bytes:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    out = io.BytesIO()
    pq.write_table(pa.table(arrays), out)
    return out.getvalue()


def iceberg(location: str, *fields: tuple[str, Any], schema_id: int = 0) -> str:
    listed = [{"id": number, "name": name, "type": kind} for number, (name, kind) in enumerate(fields)]
    return json.dumps(
        {
            "format-version": 2,
            "location": location,
            "current-schema-id": schema_id,
            "schemas": [{"schema-id": 9, "fields": []}, {"schema-id": schema_id, "type": "struct", "fields": listed}],
        }
    )


def test_json_lines_make_a_table_with_a_json_serde(lake):
    lake.put("events/d=1/x.json", '{"id": 1, "user": {"Name": "a"}}\n')
    lake.put("events/d=2/x.json", '{"id": 2.5, "user": {"Age": 3}}\n')

    lake.crawl()

    table = lake.tables()["raw"]
    assert columns(table) == {"id": "double", "user": "struct<Name:string,Age:int>"}  # G14
    assert [key["Name"] for key in table["PartitionKeys"]] == ["partition_0", "d"]  # G19
    assert lake.partitions("raw") == [["events", "1"], ["events", "2"]]
    assert table["StorageDescriptor"]["SerdeInfo"] == {
        "SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe",
        "Parameters": {"paths": "id,user"},
    }
    assert table["Parameters"]["classification"] == "json"
    assert not {"delimiter", "areColumnsQuoted", "columnsOrdered"} & set(table["Parameters"])  # G23


def test_paths_of_json_are_the_names_in_the_documents(lake):  # as in definitions that others published
    lake.put("x.json", '{"userId": 1, "Name": "a", "at": 2}\n')
    lake.put("y.json", '{"userId": 2, "name": "b", "at": 2}\n')

    lake.crawl()

    table = lake.tables()["raw"]
    assert columns(table) == {"userid": "int", "name": "string", "at": "int"}
    assert table["StorageDescriptor"]["SerdeInfo"]["Parameters"] == {"paths": "Name,at,name,userId"}


@pytest.mark.parametrize(
    ("bodies", "named"),
    [
        pytest.param(['id,n\n1,"a"\n'], "takes quotes for part of the values", id="quotes"),
        pytest.param(["id,n\n1,a\n", "n,id\na,1\n"], "raw/1.csv has its columns in another order", id="order"),
        pytest.param(["id,n,x\n1,a,b\n", "id,n\n1,a\n"], "", id="fewer"),
        pytest.param(['{"": 1, "b": 2}\n'], "cannot hold the name ''", id="name-of-json"),
        pytest.param(['{"userId": 1}\n'], "", id="capitals-of-json"),
        pytest.param(["id,n\n1,it's 5\" long\n"], "", id="quote-within-a-value"),
    ],
)
def test_log_warns_of_what_queries_will_answer_otherwise(lake, bodies, named):  # add-classifier, "Note"
    for number, body in enumerate(bodies):
        lake.put(f"{number}.csv", body)

    lake.crawl(Configuration='{"Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas"}}')

    warnings = [line for line in lake.log if line.startswith("WARN")]
    assert len(warnings) == bool(named)
    assert named in "".join(warnings)


def test_file_with_a_longer_header_stays_in_its_table(lake):  # G20
    lake.put("0.csv", "id,n\n1,a\n")
    lake.put("1.csv", "\nid,n\n1,a\n")

    lake.crawl(CsvClassifier("c", contains_header="PRESENT"))

    assert lake.tables()["raw"]["Parameters"]["skip.header.line.count"] == "1"
    assert any("raw/1.csv has a longer header than others" in line for line in lake.log)


def test_exclusions_are_noted_at_the_table(lake):  # define-crawler: "stored as a property of tables"
    lake.put("x.csv", "id,n\n1,a\n")
    lake.put("x.json", '{"id": 1}')

    lake.crawl(Targets={"S3Targets": [{"Path": "s3://lake/raw/", "Exclusions": ["*.json", "b/**"]}]})

    assert lake.tables()["raw"]["Parameters"]["exclusions"] == '["s3://lake/raw/*.json","s3://lake/raw/b/**"]'


def test_json_path_of_a_classifier_is_noted_at_the_table(lake):
    lake.put("events/x.json", '{"records": [{"id": 1}]}')

    lake.crawl(JsonClassifier.from_definition({"Name": "c", "JsonPath": "$.records[*]"}))

    table = lake.tables()["raw"]
    assert (columns(table), table["Parameters"]["jsonPath"]) == ({"id": "int"}, "$.records[*]")  # G16


def test_parquet_makes_a_table_that_counts_its_rows(lake):
    lake.put("d=1/x.parquet", parquet(id=[1, 2], name=["a", "b"]))
    lake.put("d=2/x.parquet", parquet(id=[3], name=["c"]))

    lake.crawl()

    table = lake.tables()["raw"]
    assert columns(table) == {"id": "bigint", "name": "string"}  # G14
    assert table["Parameters"]["recordCount"] == "3"  # G23
    storage = table["StorageDescriptor"]
    assert storage["InputFormat"] == "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
    assert storage["SerdeInfo"]["SerializationLibrary"].endswith("ParquetHiveSerDe")
    assert lake.partitions("raw") == [["1"], ["2"]]


def test_formats_that_differ_are_tables_of_their_own(lake):
    lake.put("a/x", parquet(id=[1]))
    lake.put("b/x", '{"id": 1}')
    lake.put("c/x", "id,name\n1,a\n")
    lake.put("d/x", gzip.compress(b'{"id": 1}'))
    lake.put("e/x", bz2.compress(b"id,name\n1,a\n"))

    lake.crawl()

    found = {
        name: (table["Parameters"]["classification"], table["Parameters"]["compressionType"])
        for name, table in lake.tables().items()
    }
    assert found == {
        "a": ("parquet", "none"),
        "b": ("json", "none"),
        "c": ("csv", "none"),
        "d": ("json", "gzip"),
        "e": ("csv", "bzip2"),
    }  # G14, G20


def test_iceberg_table_is_recognised_with_its_newest_metadata(lake):
    nested = {"type": "struct", "fields": [{"name": "x", "type": {"type": "list", "element": "long"}}]}
    lake.put("ice/metadata/00002-b.metadata.json", iceberg("s3://lake/raw/ice", ("Id", "long"), ("at", "timestamptz")))
    lake.put("ice/metadata/00010-a.metadata.json", iceberg("s3://lake/raw/ice", ("Id", "long"), ("n", nested)))
    lake.put("ice/metadata/snap-1.avro", "Obj")
    lake.put("ice/data/x.parquet", parquet(other=[1]))
    lake.put("cars/d=1/x.csv", "id,name\n1,a\n")

    changes = lake.crawl()

    tables = lake.tables()
    assert set(tables) == {"ice", "cars"}
    assert columns(tables["ice"]) == {"id": "bigint", "n": "struct<x:array<bigint>>"}
    assert tables["ice"]["Parameters"] == {
        "UPDATED_BY_CRAWLER": "crawler",
        "classification": "iceberg",
        "metadata_location": "s3://lake/raw/ice/metadata/00010-a.metadata.json",
        "table_type": "ICEBERG",
    }
    assert tables["ice"]["StorageDescriptor"]["Location"] == "s3://lake/raw/ice"
    assert changes.tables_created == 2


def test_iceberg_table_follows_its_commits(lake):
    lake.put("ice/metadata/v1.metadata.json", iceberg("s3://lake/raw/ice", ("id", "long")))
    lake.crawl()
    lake.put("ice/metadata/v2.metadata.json", iceberg("s3://lake/raw/ice", ("id", "long"), ("b", "uuid")))

    changes = lake.crawl()

    table = lake.tables()["ice"]
    assert columns(table) == {"id": "bigint", "b": "string"}
    assert table["Parameters"]["metadata_location"].endswith("/v2.metadata.json")
    assert table["Parameters"]["previous_metadata_location"].endswith("/v1.metadata.json")
    assert (changes.tables_updated, lake.crawl().tables_updated) == (1, 0)


def test_iceberg_table_that_a_crawler_may_not_change_stays_and_the_log_says_so(lake):
    lake.put("ice/metadata/v1.metadata.json", iceberg("s3://lake/raw/ice", ("id", "long")))
    lake.crawl()
    before = lake.tables()["ice"]
    lake.put("ice/metadata/v2.metadata.json", iceberg("s3://lake/raw/ice", ("id", "long"), ("b", "uuid")))

    changes = lake.crawl(SchemaChangePolicy={"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"})

    assert (lake.tables()["ice"], changes.tables_updated) == (before, 0)
    assert "WARN : Iceberg table ice has changed; SchemaChangePolicy LOG leaves it unchanged" in lake.log


def test_iceberg_target_looks_for_nothing_else(lake):
    lake.put("a/ice/metadata/v1.metadata.json", iceberg("x", ("id", "long")))
    lake.put("a/b/c/deep/metadata/v1.metadata.json", iceberg("x", ("id", "long")))
    lake.put("cars/x.csv", "id,name\n1,a\n")

    lake.crawl(Targets={"IcebergTargets": [{"Paths": ["s3://lake/raw"], "MaximumTraversalDepth": 2}]})

    assert set(lake.tables()) == {"ice"}


@pytest.mark.parametrize("body", ["{", "[]", "{}", '{"schema": {"fields": [1]}}', "\x00", "[" * 100_000])
def test_broken_iceberg_metadata_is_skipped_with_a_line_in_the_log(lake, body):
    lake.put("ice/metadata/v1.metadata.json", body)
    lake.put("ice/data/x.csv", "id,name\n1,a\n")

    lake.crawl()

    assert lake.tables() == {}
    assert any("v1.metadata.json is skipped" in line for line in lake.log)
