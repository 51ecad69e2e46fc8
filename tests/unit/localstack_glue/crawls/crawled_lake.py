"""A lake that is crawled as a whole, on moto's S3 and Glue."""

import json
from collections.abc import Callable
from typing import Any

import boto3

from localstack_glue.crawlers.crawling.crawl import CrawlRequest, crawl

CARS = "id,brand\n1,Audi\n"
PEOPLE = "name,age,city,zip\na,1,b,2\n"
OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
INHERIT = {
    "Configuration": json.dumps(
        {"Version": 1.0, "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}}
    )
}


class CrawledLake:
    """A bucket and a catalog; ``log`` and ``read`` are the log of the last crawl and the objects that it read."""

    def __init__(self) -> None:
        self.s3 = boto3.client("s3", region_name="us-east-1")
        self.glue = boto3.client("glue", region_name="us-east-1")
        self.s3.create_bucket(Bucket="lake")
        self.log: list[str] = []
        self.read: list[str] = []
        self.s3.meta.events.register(
            "before-send.s3.GetObject", lambda request, **_: self.read.append(request.url.partition("/raw/")[2])
        )

    def put(self, key: str, body: str | bytes) -> None:
        self.s3.put_object(Bucket="lake", Key=f"raw/{key}", Body=body.encode() if isinstance(body, str) else body)

    def drop(self, key: str) -> None:
        self.s3.delete_object(Bucket="lake", Key=f"raw/{key}")

    def crawl(self, *classifiers: Any, **definition: Any) -> Any:
        targets = {"S3Targets": [{"Path": "s3://lake/raw/"}]}
        request = CrawlRequest.from_definition(
            "crawler", {"DatabaseName": "db", "Targets": targets, **definition}, classifiers
        )
        self.log.clear()
        self.read.clear()
        return crawl(request, self.s3, self.glue, self.log.append, lambda: False)

    def tables(self) -> dict[str, Any]:
        return {table["Name"]: table for table in self.glue.get_tables(DatabaseName="db")["TableList"]}

    def partitions(self, table: str) -> list[list[str]]:
        found = self.glue.get_partitions(DatabaseName="db", TableName=table)["Partitions"]
        return sorted(partition["Values"] for partition in found)


def columns(table: Any) -> dict[str, str]:
    return {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}


def edit(lake: CrawledLake, name: str, change: Callable[[Any], None]) -> None:
    """Change a table by hand."""
    table = lake.tables()[name]
    members = ("Name", "Parameters", "PartitionKeys", "StorageDescriptor", "TableType")
    wanted = {member: table[member] for member in members}
    change(wanted)
    lake.glue.update_table(DatabaseName="db", TableInput=wanted)


def make_quoted(table: Any) -> None:
    """What the guide advises for quoted CSV: another SerDe, and texts."""
    storage = table["StorageDescriptor"]
    storage["SerdeInfo"] = {"SerializationLibrary": OPEN_CSV, "Parameters": {"quoteChar": "'", "separatorChar": ","}}
    storage["Columns"] = [{"Name": column["Name"], "Type": "string"} for column in storage["Columns"]]
