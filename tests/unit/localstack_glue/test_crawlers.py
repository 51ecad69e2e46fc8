"""Crawlers and classifiers as the API shows them (G13, G16)."""

from datetime import timedelta

import pytest

from localstack_glue.crawlers.classifiers import crawl_classifiers
from localstack_glue.crawlers.unsupported_settings import settings_without_effect
from localstack_glue.service.errors import (
    CrawlerRunningException,
    CrawlerStoppingException,
    EntityNotFoundException,
    InvalidInputException,
)


def test_classifier_is_created_changed_and_deleted(glue):
    csv = {"Name": "c", "Delimiter": ",", "Header": ["a", "b"]}
    glue.classifiers.create(glue.scope, {"CsvClassifier": csv})
    glue.classifiers.update(glue.scope, {"CsvClassifier": {"Name": "c", "Delimiter": "|"}})

    stored = glue.classifiers.get(glue.scope, {"Name": "c"})["Classifier"]["CsvClassifier"]
    assert (stored["Delimiter"], stored["Header"], stored["Version"]) == ("|", ["a", "b"], 2)
    glue.classifiers.delete(glue.scope, {"Name": "c"})
    with pytest.raises(EntityNotFoundException):
        glue.classifiers.get(glue.scope, {"Name": "c"})


@pytest.mark.parametrize(
    "definition",
    [
        pytest.param({"Targets": {"S3Targets": []}}, id="no-target"),
        pytest.param({"Targets": {"JdbcTargets": [{"Path": "x"}]}}, id="jdbc"),
        pytest.param({"Targets": {"S3Targets": [{"Path": "http://x/y"}]}}, id="not-s3"),
        pytest.param({"Targets": {"S3Targets": [{"Path": "s3://x/y", "SampleSize": 0}]}}, id="no-sample"),
        pytest.param({"Targets": {"S3Targets": [{"Path": "s3://x/y", "SampleSize": 250}]}}, id="large-sample"),
        pytest.param({"Configuration": "{"}, id="configuration-is-no-json"),
        pytest.param({"Configuration": "[]"}, id="configuration-is-no-object"),
        pytest.param({"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}}, id="recrawl-without-log"),  # G22
        pytest.param({"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVENT_MODE"}}, id="by-events"),  # G22
        pytest.param({"Schedule": "cron(* * * * ? *)"}, id="too-fast"),  # G12
        pytest.param({"Role": ""}, id="no-role"),
    ],
)
def test_invalid_crawler_is_refused(glue, definition):
    with pytest.raises(InvalidInputException):
        glue.add_crawler("raw", **definition)
    assert glue.store.crawlers == {}


def test_crawler_shows_its_last_crawl_and_history(glue):
    glue.add_crawler("raw")
    glue.crawlers.start(glue.scope, {"Name": "raw"})
    assert glue.crawlers.get(glue.scope, {"Name": "raw"})["Crawler"]["State"] == "RUNNING"
    glue.end_crawl("FAILED")

    crawler = glue.crawlers.get(glue.scope, {"Name": "raw"})["Crawler"]
    assert crawler["State"] == "READY"
    assert crawler["LastCrawl"]["Status"] == "FAILED"  # G13
    assert (crawler["LastCrawl"]["LogGroup"], crawler["LastCrawl"]["LogStream"]) == ("/aws-glue/crawlers", "raw")
    failed = [{"FieldName": "STATE", "FilterOperator": "EQ", "FieldValue": "FAILED"}]
    done = [{"FieldName": "STATE", "FilterOperator": "EQ", "FieldValue": "COMPLETED"}]
    assert len(glue.crawlers.list_crawls(glue.scope, {"CrawlerName": "raw", "Filters": failed})["Crawls"]) == 1
    assert glue.crawlers.list_crawls(glue.scope, {"CrawlerName": "raw", "Filters": done})["Crawls"] == []
    ordered = [{"FieldName": "STATE", "FilterOperator": "GT", "FieldValue": "FAILED"}]
    with pytest.raises(InvalidInputException, match="Only EQ or NE operator is allowed for field : STATE"):
        glue.crawlers.list_crawls(glue.scope, {"CrawlerName": "raw", "Filters": ordered})


def test_metrics_estimate_the_time_left_from_earlier_crawls(glue):
    glue.add_crawler("raw")

    def metrics() -> dict[str, object]:
        return glue.crawlers.metrics(glue.scope, {"CrawlerNameList": ["raw"]})["CrawlerMetricsList"][0]

    glue.crawlers.start(glue.scope, {"Name": "raw"})
    assert (metrics()["StillEstimating"], metrics()["TimeLeftSeconds"]) == (True, 0.0)  # G23
    glue.store.crawlers["raw"].crawls[-1].runtime_s = 90.0
    glue.store.crawlers["raw"].crawls[-1].tables_created = 2
    glue.end_crawl()
    glue.crawlers.start(glue.scope, {"Name": "raw"})
    glue.clock.moment += timedelta(seconds=30)

    assert metrics() == {
        "CrawlerName": "raw",
        "TimeLeftSeconds": 60.0,
        "StillEstimating": False,
        "LastRuntimeSeconds": 90.0,
        "MedianRuntimeSeconds": 90.0,
        "TablesCreated": 2,
        "TablesUpdated": 0,
        "TablesDeleted": 0,
    }  # G23


def test_iceberg_targets_are_accepted(glue):
    glue.add_crawler("ice", Targets={"IcebergTargets": [{"Paths": ["s3://lake/ice"], "MaximumTraversalDepth": 3}]})

    assert "ice" in glue.store.crawlers


@pytest.mark.parametrize(
    "definition",
    [
        pytest.param({"GrokClassifier": {"Name": "g", "Classification": "log"}}, id="grok-without-a-pattern"),
        pytest.param({"JsonClassifier": {"Name": "j"}}, id="json-without-a-path"),
        pytest.param({"XMLClassifier": {"Name": "x"}}, id="xml-without-a-classification"),
        pytest.param({"CsvClassifier": {"Name": "c", "CustomDatatypes": ["LONG", "TEXT"]}}, id="csv-of-no-type"),
    ],
)
def test_classifier_without_what_it_needs_is_refused(glue, definition):
    with pytest.raises(InvalidInputException):
        glue.classifiers.create(glue.scope, definition)


def test_classifiers_take_part_in_a_crawl_in_its_order(glue):
    glue.classifiers.create(glue.scope, {"JsonClassifier": {"Name": "j", "JsonPath": "$[*]"}})
    glue.classifiers.create(glue.scope, {"CsvClassifier": {"Name": "c", "Delimiter": ","}})

    found = crawl_classifiers(glue.scope, ["c", "j"])

    assert [classifier.name for classifier in found] == ["c", "j"]  # G16


@pytest.mark.parametrize(
    "definition",
    [
        pytest.param({"GrokClassifier": {"Name": "x", "Classification": "log", "GrokPattern": "%{WORD:a}"}}, id="grok"),
        pytest.param({"XMLClassifier": {"Name": "x", "Classification": "xml", "RowTag": "row"}}, id="xml"),
        pytest.param({"JsonClassifier": {"Name": "x", "JsonPath": "$..a"}}, id="json-path"),
        pytest.param(
            {"CsvClassifier": {"Name": "x", "CustomDatatypeConfigured": True, "CustomDatatypes": ["DECIMAL"]}},
            id="decimal-of-unknown-size",
        ),
    ],
)
def test_classifier_that_recognizes_nothing_here_is_stored_and_fails_a_crawl(glue, definition):
    # what it would recognise, the built-in classifiers would take for something else (G16)
    glue.classifiers.create(glue.scope, definition)

    with pytest.raises(ValueError, match=r"^Classifier x: (glue-local|which precision)"):
        crawl_classifiers(glue.scope, ["x"])
    (kind,) = definition
    stored = glue.classifiers.get(glue.scope, {"Name": "x"})["Classifier"][kind]
    assert definition[kind].items() <= stored.items()


@pytest.mark.parametrize(
    "configuration",
    [
        pytest.param("{", id="no-json"),
        pytest.param("[]", id="a-list"),
        pytest.param('{"CrawlerOutput": "x"}', id="output-is-a-word"),
        pytest.param('{"CrawlerOutput": {"Tables": []}}', id="tables-is-a-list"),
        pytest.param('{"CrawlerOutput": {"Partitions": 1}}', id="partitions-is-a-number"),
        pytest.param('{"Grouping": 5}', id="grouping-is-a-number"),
        pytest.param('{"Grouping": {"TableLevelConfiguration": [1]}}', id="level-is-a-list"),
        pytest.param('{"Grouping": {"TableLevelConfiguration": "a"}}', id="level-is-a-word"),
        pytest.param('{"CrawlerOutput": {"Tables": {"TableThreshold": {}}}}', id="threshold-is-an-object"),
        pytest.param('{"CrawlerOutput": {"Tables": {"TableThreshold": 0}}}', id="threshold-is-zero"),
        pytest.param('{"Grouping": {"TableLevelConfiguration": 0}}', id="level-is-zero"),
        pytest.param('{"Grouping": {"TableGroupingPolicy": "CombineCompatibleSchema"}}', id="unknown-policy"),
        pytest.param('{"CrawlerOutput": {"Tables": {"AddOrUpdateBehavior": "InheritFromTable"}}}', id="of-partitions"),
        pytest.param('{"CreatePartitionIndex": "yes"}', id="index-is-a-word"),
    ],
)
def test_configuration_that_cannot_be_read_is_refused(glue, configuration):
    with pytest.raises(InvalidInputException):
        glue.add_crawler("raw", Configuration=configuration)
    assert glue.store.crawlers == {}


@pytest.mark.parametrize(
    ("definition", "named"),
    [
        pytest.param({"Targets": {"S3Targets": [{"ConnectionName": "vpc"}]}}, "ConnectionName", id="connection"),
        pytest.param({"Targets": {"S3Targets": [{"EventQueueArn": "arn"}]}}, "EventQueueArn", id="queue"),
        pytest.param({"LineageConfiguration": {"CrawlerLineageSettings": "ENABLE"}}, "Lineage", id="lineage"),
        pytest.param(
            {"LakeFormationConfiguration": {"UseLakeFormationCredentials": True}}, "LakeF", id="lake-formation"
        ),
        pytest.param({"CatalogId": "111111111111"}, "CatalogId", id="catalog"),
        pytest.param({"Configuration": '{"Version": 1.0, "grouping": {}}'}, "grouping has no effect", id="unknown"),
        pytest.param(
            {"Configuration": '{"CrawlerOutput": {"Tables": {"X": 1}}}'}, "CrawlerOutput.Tables.X", id="inner"
        ),
    ],
)
def test_setting_that_a_crawl_does_not_follow_is_named(definition, named):
    (line,) = settings_without_effect(definition)
    assert named in line
    assert list(settings_without_effect({"LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"}})) == []


def test_crawler_that_writes_is_stopping_and_neither_started_nor_stopped(glue):  # G13
    glue.add_crawler("raw")
    glue.crawlers.start(glue.scope, {"Name": "raw"})
    crawl = glue.store.crawlers["raw"].crawls[-1]
    crawl.is_writing = True

    assert glue.crawlers.get(glue.scope, {"Name": "raw"})["Crawler"]["State"] == "STOPPING"
    for call, refusal in (
        (glue.crawlers.start, CrawlerRunningException),
        (glue.crawlers.update, CrawlerRunningException),
        (glue.crawlers.stop, CrawlerStoppingException),
    ):
        with pytest.raises(refusal):
            call(glue.scope, {"Name": "raw"})


def test_running_crawler_cannot_be_started_changed_or_deleted(glue):
    glue.add_crawler("raw")
    glue.crawlers.start(glue.scope, {"Name": "raw"})

    for call in (glue.crawlers.start, glue.crawlers.update, glue.crawlers.delete):
        with pytest.raises(CrawlerRunningException):  # G13
            call(glue.scope, {"Name": "raw"})
