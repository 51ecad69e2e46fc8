"""Runs a job with bookmarks three times: on existing files, on a new file, and on everything again after a reset.

    AWS_ENDPOINT_URL=http://127.0.0.1:4566 python only_new_files.py

Like crawl_then_run.py, whose parts it uses, it knows nothing of an emulator and needs boto3 only.
"""

import json
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
from crawl_then_run import PATIENCE_S, REGION, make_role, remove, result, when_role_is_known

CUSTOMERS = "id,name\n1,Ada\n2,Grace\n"
JANUARY = [
    {"id": 10, "customer": 1, "note": "gift", "items": [{"sku": "bolt", "count": 4}, {"sku": "nut", "count": 4}]},
    {"id": 11, "customer": 2, "note": "", "items": [{"sku": "washer", "count": 1}]},
]
FEBRUARY = [{"id": 12, "customer": 1, "note": "", "items": [{"sku": "bolt", "count": 9}]}]


def main() -> int:
    """Crawl, run three times, show what each run wrote, and remove all of it."""
    session = boto3.Session(region_name=REGION)
    if session.get_credentials() is None:  # an emulator takes any
        session = boto3.Session("test", "test", region_name=REGION)
    s3, iam, glue = session.client("s3"), session.client("iam"), session.client("glue")
    name = f"orders-{secrets.token_hex(4)}"
    s3.create_bucket(Bucket=name)
    try:
        build(s3, iam, glue, name)
        crawl(glue, name)
        show("first run", run(s3, glue, name))
        put_orders(s3, name, "2026-02", FEBRUARY)
        show("second run", run(s3, glue, name))
        glue.reset_job_bookmark(JobName=name)
        show("after a reset", run(s3, glue, name))
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        remove(s3, iam, glue, name)
    return 0


def build(s3, iam, glue, name: str) -> None:
    """Fill the bucket; make a role, a database, a crawler and a job with bookmarks."""
    s3.put_object(Bucket=name, Key="raw/customers/all.csv", Body=CUSTOMERS)
    put_orders(s3, name, "2026-01", JANUARY)
    script = (Path(__file__).parent / "orders_to_lines.py").read_bytes()
    s3.put_object(Bucket=name, Key="code/job.py", Body=script)
    role, database = make_role(iam, name), name.replace("-", "_")
    glue.create_database(DatabaseInput={"Name": database})
    targets = [{"Path": f"s3://{name}/raw/{table}/"} for table in ("customers", "orders")]
    when_role_is_known(glue.create_crawler, Name=name, Role=role, DatabaseName=database, Targets={"S3Targets": targets})
    glue.create_job(
        Name=name,
        Role=role,
        Command={"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": f"s3://{name}/code/job.py"},
        GlueVersion="5.0",
        WorkerType="G.1X",
        NumberOfWorkers=2,
        DefaultArguments={
            "--job-bookmark-option": "job-bookmark-enable",
            "--conf": "spark.sql.shuffle.partitions=2",  # a handful of rows
            "--database": database,
            "--target": f"s3://{name}/out/",
            "--TempDir": f"s3://{name}/tmp/",
        },
    )


def put_orders(s3, name: str, month: str, orders: list[dict]) -> None:
    """Deliver a file of orders, one JSON document a line."""
    body = "".join(json.dumps(order) + "\n" for order in orders)
    s3.put_object(Bucket=name, Key=f"raw/orders/{month}.json", Body=body)


def crawl(glue, name: str) -> None:
    """Crawl once, to the end."""
    glue.start_crawler(Name=name)
    for _ in seconds():
        crawler = glue.get_crawler(Name=name)["Crawler"]
        if crawler["State"] == "READY":
            if crawler["LastCrawl"]["Status"] != "SUCCEEDED":
                raise RuntimeError(f"crawl: {crawler['LastCrawl']}")
            return


def run(s3, glue, name: str) -> list[dict]:
    """Run the job to its end; return what it wrote, and remove that."""
    run_id = glue.start_job_run(JobName=name)["JobRunId"]
    for _ in seconds():
        job_run = glue.get_job_run(JobName=name, RunId=run_id)["JobRun"]
        if job_run.get("CompletedOn"):
            break
    if job_run["JobRunState"] != "SUCCEEDED":
        raise RuntimeError(f"job: {job_run['JobRunState']} {job_run.get('ErrorMessage')}")
    written = result(s3, name)
    for item in s3.list_objects_v2(Bucket=name, Prefix="out/").get("Contents", []):
        s3.delete_object(Bucket=name, Key=item["Key"])
    return written


def seconds() -> Iterator[None]:
    """Pause between two looks; raise RuntimeError when there were too many."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        yield
        time.sleep(0.5)
    raise RuntimeError(f"no end after {PATIENCE_S} s")


def show(title: str, lines: list[dict]) -> None:
    """Print what a run wrote."""
    print(f"{title}: {len(lines)} lines")
    for line in sorted(lines, key=lambda line: (line["order"], line["sku"])):
        print(f"  {line['order']} {line['customer']:<6} {line['sku']:<7} {line['count']}")


if __name__ == "__main__":
    sys.exit(main())
