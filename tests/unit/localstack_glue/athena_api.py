"""The calls of Athena's API; the engine is played by a fake, S3 by moto."""

import functools
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from localstack_glue.athena.engine.results import Answer, ResultColumn
from localstack_glue.athena.provider import AthenaProvider
from localstack_glue.service.account_region import Scope

SCOPE = Scope("000000000000", "us-east-1")
DONE = {"SUCCEEDED", "FAILED", "CANCELLED"}


class Noon:
    def now(self) -> datetime:
        return datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass
class FakeEngine:
    """Gives the answer it was told to, or raises it, once it is let go."""

    s3: Any
    answer: Any = None
    go: threading.Event = field(default_factory=threading.Event)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def run(self, sql: str, database: str, **options: Any) -> Answer:
        self.asked.append({"sql": sql, "database": database, **options})
        while not self.go.wait(0.01):
            options["cancellation"].check()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@functools.cache
def s3_client() -> Any:
    """One for all tests: each new one would read the service's description again."""
    return boto3.client("s3", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


class Athena:
    def __init__(self) -> None:
        self.s3 = s3_client()
        self.s3.create_bucket(Bucket="results")
        self.engine = FakeEngine(self.s3, Answer((ResultColumn("n", "bigint", 19),), (("1",), (None,)), 7))
        self.engine.go.set()
        self.api = AthenaProvider(Noon(), lambda scope: self.engine)
        configuration = {"ResultConfiguration": {"OutputLocation": "s3://results/q"}, "BytesScannedCutoffPerQuery": 9}
        self("CreateWorkGroup", Name="w", Configuration=configuration)

    def __call__(self, operation: str, **request: Any) -> dict[str, Any]:
        return self.api._operations[operation](SCOPE, request)

    def start(self, sql: str = "select n from t", **request: Any) -> str:
        return self("StartQueryExecution", QueryString=sql, WorkGroup="w", **request)["QueryExecutionId"]

    def wait_for(self, query_id: str) -> dict[str, Any]:
        retrying = Retrying(
            retry=retry_if_result(lambda found: found["Status"]["State"] not in DONE),
            wait=wait_fixed(0.01),
            stop=stop_after_delay(60),
        )
        return retrying(lambda: self("GetQueryExecution", QueryExecutionId=query_id)["QueryExecution"])
