"""Hostile files through a whole crawl: each ends in a table that the catalog takes, or skipped with a log line."""

import bz2
import gzip
import io
import json
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localstack_glue.crawlers.crawling.crawl import CrawlRequest, crawl
from localstack_glue.crawlers.crawling.csv_rules import CsvClassifier
from localstack_glue.crawlers.crawling.json_rules import JsonClassifier
from tests.unit.localstack_glue.answer_checks import model

HEADED = CsvClassifier("headed", contains_header="PRESENT", allows_single_column=True)
CLASSIFIERS = (JsonClassifier.from_definition({"Name": "j", "JsonPath": "$.a[*]"}), HEADED)


class Lake:
    """The part of S3 that a crawl uses, over objects in memory."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_objects_v2"
        listed = [{"Key": key, "Size": len(body)} for key, body in sorted(self.objects.items())]
        return SimpleNamespace(paginate=lambda **_: iter([{"Contents": listed}]))

    def get_object(self, Bucket: str, Key: str, Range: str) -> dict[str, Any]:  # as boto3 calls it
        first, last = Range.removeprefix("bytes=").split("-")
        return {"Body": io.BytesIO(self.objects[Key][int(first) : int(last) + 1])}


Crawl = Callable[..., tuple[dict[str, Any], list[str]]]


@pytest.fixture(scope="module")
def crawl_all() -> Iterator[Crawl]:
    """Crawls a lake into the service's own catalog, with the model's checks; the tables by name, and the log."""
    from localstack_glue.data_catalog.catalog import Catalog
    from localstack_glue.service.account_region import Scope
    from localstack_glue.service.errors import ServiceError
    from localstack_glue.service.request_checks import check_members
    from tests.unit.localstack_glue.conftest import FakeClock, FakeTagger, play_encryption, put_nothing

    catalog = Catalog(FakeClock(), threading.RLock(), FakeTagger(), play_encryption, put_nothing)
    routes, glue = catalog.routes(), model("glue")

    def answer(model_: Any = None, params: Any = None, **_: Any) -> Any:
        request = json.loads(params["body"])
        operation = params["headers"]["X-Amz-Target"].partition(".")[2]
        try:
            check_members(glue.operation_model(operation).input_shape, request)
            found = routes[operation](Scope("000000000000", "us-east-1"), request)
        except ServiceError as error:
            return SimpleNamespace(status_code=400), {"Error": {"Code": error.code, "Message": error.message}}
        return SimpleNamespace(status_code=200), {key: value for key, value in found.items() if value is not None}

    client = boto3.client("glue", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    client.meta.events.register("before-call.glue", answer)

    def crawl_all(objects: dict[str, bytes], classifiers: Any = (), **options: Any) -> tuple[dict[str, Any], list[str]]:
        log: list[str] = []
        definition = {"DatabaseName": "db", "Targets": {"S3Targets": [{"Path": "s3://lake/"}]}, **options}
        catalog.reset()
        request = CrawlRequest.from_definition("c", definition, classifiers)
        crawl(request, Lake(objects), client, log.append, lambda: False)
        pages = client.get_paginator("get_tables").paginate(DatabaseName="db")
        return {table["Name"]: table for page in pages for table in page["TableList"]}, log

    yield crawl_all
    catalog.reset()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param('id,"",name', ["id", "col1", "name"], id="empty"),
        pytest.param('id,"a\nb",name', ["id", "a_b", "name"], id="line-end"),
        pytest.param(f"id,{'x' * 400},name", ["id", "x" * 255, "name"], id="too-long"),
        pytest.param(f"{'x' * 400},{'x' * 401},name", ["x" * 255, "x" * 253 + "_1", "name"], id="cut-alike"),
        pytest.param("id,id,id_1", ["id", "id_1", "id_1_2"], id="twice"),
    ],
)
def test_header_that_the_catalog_cannot_hold_is_named_anew(crawl_all, header, expected):  # G16
    bodies = {"cars/a.csv": f"{header}\n1,2,3\n4,5,6\n".encode(), "fine/b.csv": b"p,q,r\n1,2,3\n4,5,6\n"}

    tables, _ = crawl_all(bodies, (HEADED,), TablePrefix="t_")

    named = [column["Name"] for column in tables["t_cars"]["StorageDescriptor"]["Columns"]]
    assert named == expected
    assert "t_fine" in tables


def test_json_with_more_names_than_a_parameter_holds_is_written(crawl_all):  # G23
    names = {f"{number:05}{'x' * 240}": 1 for number in range(3000)}

    tables, _ = crawl_all({"wide/a.json": json.dumps(names).encode()}, TablePrefix="t_")

    (table,) = tables.values()
    assert len(table["StorageDescriptor"]["Columns"]) == 3000
    assert "paths" not in table["StorageDescriptor"]["SerdeInfo"]["Parameters"]


def test_key_that_no_location_can_hold_is_skipped_with_a_log_line(crawl_all):
    tables, log = crawl_all({"cars/a\x01.csv": b"id,n\n1,a\n", "cars/b.csv": b"id,n\n1,a\n"})

    (table,) = tables.values()
    assert table["Parameters"]["objectCount"] == "1"
    assert any("skipped" in line and "a\\x01.csv" in line for line in log)


def test_folder_of_a_key_without_value_is_hives_partition_of_no_value(crawl_all):  # G19
    tables, log = crawl_all({"cars/d=/a.csv": b"id,n\n1,a\n", "cars/d=1/a.csv": b"id,n\n1,a\n"})

    assert any("'__HIVE_DEFAULT_PARTITION__'" in line for line in log)
    (table,) = tables.values()
    assert [key["Name"] for key in table["PartitionKeys"]] == ["partition_0", "d"]


CELLS = st.text(alphabet=st.sampled_from('a1.-+eE ",|;\t\x01\n\r\x00"\'{}[]ü\u2028\uffff'), max_size=8)
LONG = st.integers(200, 400).map(lambda length: "x" * length)
CSV_LIKE = st.lists(st.lists(CELLS | LONG, max_size=5), max_size=8).map(
    lambda rows: "\n".join(",".join(row) for row in rows).encode()
)
JSON_LIKE = st.text(alphabet=st.sampled_from('{}[]":,ab01.-eE\\unl \n'), max_size=60).map(str.encode)
CUT_JSON = st.tuples(
    st.dictionaries(st.text(max_size=4), st.lists(st.integers() | st.text(max_size=3), max_size=3), max_size=4),
    st.integers(0, 60),
).map(lambda pair: json.dumps(pair[0]).encode()[: pair[1]])
WRAPS = st.sampled_from([bytes, bytes, gzip.compress, bz2.compress, b"PAR1".__add__, b"\x1f\x8b".__add__])
FILES = st.tuples(CSV_LIKE | JSON_LIKE | CUT_JSON | st.binary(max_size=120), WRAPS).map(lambda pair: pair[1](pair[0]))
FOLDERS = st.sampled_from(["", "d=1/", "D=ü/", "=/", "d=/", "a b/c/", "d=1\n/"])
FILES_PER_CRAWL = 10


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(FOLDERS, FILES), min_size=FILES_PER_CRAWL, max_size=FILES_PER_CRAWL),
    st.sampled_from([(), CLASSIFIERS]),
)
def test_crawl_of_any_files_ends_with_each_in_a_table_or_skipped_in_the_log(crawl_all, files, classifiers):
    objects = {f"{number}/{folder}x": body for number, (folder, body) in enumerate(files)}
    many = {"Version": 1.0, "Grouping": {"TableLevelConfiguration": 2}}

    tables, log = crawl_all(objects, classifiers, TablePrefix="t_", Configuration=json.dumps(many))

    skipped = [line for line in log if "is skipped" in line]
    for key, body in objects.items():
        shown = f"s3://lake/{key}" if "\n" not in key else ascii(f"s3://lake/{key}")
        is_skipped = any(shown in line for line in skipped)
        assert (f"t_{key[0]}" in tables) != is_skipped or not body  # an empty object is not looked at (G25)
