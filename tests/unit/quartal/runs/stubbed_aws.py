"""A deployment whose AWS answers what a test says of its runs."""

import json
from datetime import UTC, datetime
from io import BytesIO

import boto3
from botocore.response import StreamingBody
from botocore.stub import Stubber

from quartal.terraform.outputs import Deployment

MOMENT = datetime(2026, 4, 8, 3, tzinfo=UTC)
DEPLOYMENT = Deployment(
    region="eu-central-1",
    lake_bucket="lake",
    dataset="sightings",
    raw_prefix="raw/sightings/",
    database="db",
    crawler="crawler",
    job="job",
    workflow="flow",
    schedule="",
    log_groups={"crawler": "/crawlers", "job_error": "/jobs/error", "job_output": "/jobs/output"},
)


_FEED = {name: getattr(DEPLOYMENT, name) for name in ("crawler", "job", "log_groups", "raw_prefix", "schedule")}
# outputs of a pipeline of two feeds
TWO_FEEDS = {
    **{name: getattr(DEPLOYMENT, name) for name in ("database", "lake_bucket", "region")},
    "feeds": {"births": {**_FEED, "workflow": "other"}, "sightings": {**_FEED, "workflow": "flow"}},
}


def running(run_id: str) -> dict:
    return {"WorkflowRunId": run_id, "Status": "RUNNING", "StartedOn": datetime.now(UTC)}


def ended(run_id: str) -> dict:
    return running(run_id) | {"Status": "COMPLETED"}


class Aws:
    """Stubbed clients, handed out as a connection does."""

    def __init__(self) -> None:
        keys = {"region_name": "eu-central-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
        self.clients = {name: boto3.client(name, **keys) for name in ("glue", "logs", "s3")}
        self.stubs = {name: Stubber(client) for name, client in self.clients.items()}
        for stub in self.stubs.values():
            stub.activate()

    def expect_run(self, status: str, crawl: str, job: str, error: str = "") -> None:
        job_run = {"Id": "jr_1", "JobRunState": job, "StartedOn": MOMENT, "CompletedOn": MOMENT, "ErrorMessage": error}
        nodes = [
            {"Type": "CRAWLER", "Name": "crawler", "CrawlerDetails": {"Crawls": [{"State": crawl}]}},
            {"Type": "JOB", "Name": "job", "JobDetails": {"JobRuns": [job_run]}},
        ]
        run = {"WorkflowRunId": "wr_1", "Status": status, "StartedOn": MOMENT, "Graph": {"Nodes": nodes}}
        wanted = {"Name": "flow", "RunId": "wr_1", "IncludeGraph": True}
        self.stubs["glue"].add_response("get_workflow_run", {"Run": run}, wanted)

    def expect_failure(self, deliveries: str = "", manifest: dict | None = None) -> None:
        self.expect_run("COMPLETED", "SUCCEEDED", "FAILED", "InputError: no rows")
        properties = {"delivery": deliveries} if deliveries else {}
        self.stubs["glue"].add_response("get_workflow_run_properties", {"RunProperties": properties})
        if manifest is None:
            self.stubs["s3"].add_client_error("get_object", "NoSuchKey")
        else:
            body = json.dumps(manifest).encode()
            wanted = {"Bucket": "lake", "Key": "runs/sightings/wr_1.json"}
            self.stubs["s3"].add_response("get_object", {"Body": StreamingBody(BytesIO(body), len(body))}, wanted)

    def expect_log(self, *lines: str) -> None:
        events = [{"message": line, "timestamp": 1} for line in lines]
        self.stubs["logs"].add_response("get_log_events", {"events": events, "nextForwardToken": "f"})
