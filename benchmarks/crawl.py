"""How long a crawl of many small objects takes, and what memory: `python -m benchmarks.crawl --pid <LocalStack's>`.

Needs a LocalStack with the Glue service at AWS_ENDPOINT_URL; leaves nothing behind there.
"""

import argparse
import json
import os
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import boto3
import psutil

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
GRANTS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["glue:*", "logs:*", "s3:*"], "Resource": "*"}],
}


def main() -> None:
    """Print one JSON object with the measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--partitions", type=int, default=100)
    parser.add_argument("--rows", type=int, default=20, help="in each object")
    parser.add_argument("--pid", type=int, help="of the LocalStack, for its memory and processor time")
    given = parser.parse_args()
    session = boto3.Session(
        os.environ.get("AWS_ACCESS_KEY_ID", "test"),
        os.environ.get("AWS_SECRET_ACCESS_KEY", "test"),
        region_name=os.environ.get("AWS_DEFAULT_REGION", "us-east-1"),
    )
    name = f"crawl-{uuid.uuid4().hex[:8]}"
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    s3, glue, iam = (session.client(service, endpoint_url=endpoint) for service in ("s3", "glue", "iam"))
    with bucket(s3, name), role(iam, name), crawler(glue, name):
        started = time.monotonic()
        upload(s3, name, given.objects, given.partitions, given.rows)
        measured: dict[str, Any] = {"objects": given.objects, "upload_s": round(time.monotonic() - started, 1)}
        for crawl in ("first", "second"):
            measured[crawl] = measure(glue, name, given.pid)
        pages = glue.get_paginator("get_partitions").paginate(DatabaseName=name, TableName="rows")
        measured["partitions"] = sum(len(page["Partitions"]) for page in pages)
        print(json.dumps(measured))


def upload(s3: Any, name: str, objects: int, partitions: int, rows: int) -> None:
    """Put small CSV objects, the same number in each partition."""
    body = ("id,brand,price\n" + "".join(f"{row},Audi,{row}.5\n" for row in range(rows))).encode()

    def put(number: int) -> None:
        s3.put_object(Bucket=name, Key=f"rows/day={number % partitions:03}/part-{number:05}.csv", Body=body)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(objects)))


def measure(glue: Any, name: str, pid: int | None) -> dict[str, Any]:
    """Crawl once; return its time, and what it cost the LocalStack in processor time and memory."""
    process = psutil.Process(pid) if pid else None
    before = peak = process.memory_info().rss if process else 0
    cpu_before = sum(process.cpu_times()[:2]) if process else 0.0
    started = time.monotonic()
    glue.start_crawler(Name=name)
    while glue.get_crawler(Name=name)["Crawler"]["State"] != "READY":
        time.sleep(0.5)
        peak = max(peak, process.memory_info().rss) if process else 0
    taken = time.monotonic() - started
    last = glue.get_crawler(Name=name)["Crawler"]["LastCrawl"]
    result = {"crawl_s": round(taken, 1), "status": last["Status"], "error": last.get("ErrorMessage")}
    if process:
        result["cpu_s"] = round(sum(process.cpu_times()[:2]) - cpu_before, 1)
        result["growth_mb"], result["peak_mb"] = round((peak - before) / 2**20, 1), round(peak / 2**20)
    return result


@contextmanager
def bucket(s3: Any, name: str) -> Iterator[None]:
    """Have a bucket for a while."""
    s3.create_bucket(Bucket=name)
    try:
        yield
    finally:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
            if keys := [{"Key": item["Key"]} for item in page.get("Contents", ())]:
                s3.delete_objects(Bucket=name, Delete={"Objects": keys})
        s3.delete_bucket(Bucket=name)


@contextmanager
def role(iam: Any, name: str) -> Iterator[None]:
    """Have a role for a crawler for a while."""
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName=name, PolicyName="crawl", PolicyDocument=json.dumps(GRANTS))
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=name, PolicyName="crawl")
        iam.delete_role(RoleName=name)


@contextmanager
def crawler(glue: Any, name: str) -> Iterator[None]:
    """Have a database and a crawler for a while."""
    glue.create_database(DatabaseInput={"Name": name})
    glue.create_crawler(
        Name=name, Role=name, DatabaseName=name, Targets={"S3Targets": [{"Path": f"s3://{name}/rows/"}]}
    )
    try:
        yield
    finally:
        glue.delete_crawler(Name=name)
        glue.delete_database(Name=name)


if __name__ == "__main__":
    main()
