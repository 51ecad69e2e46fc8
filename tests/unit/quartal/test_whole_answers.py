"""Truncated responses, from a server that announces none of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
import pytest
from botocore.exceptions import ClientError, ResponseStreamingError

from etl_job.lake.complete_answers import refuse_half_answers
from etl_job.lake.files import S3ObjectStore
from quartal.core.aws import AwsConnection
from quartal.core.failed_calls import Effect, call_effect
from quartal.core.retries import is_transient
from quartal.runs.workflow_run import latest_run

WHOLE = b'{"Runs": [{"Name": "flow", "WorkflowRunId": "wr_1", "Status": "RUNNING", "StartedOn": 1.0}]}'


class _Handler(BaseHTTPRequestHandler):
    answer = b""
    status = 200

    def do_POST(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    do_GET = do_HEAD = do_PUT = do_DELETE = do_POST  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def glue_of_the_job(endpoint: str):
    session = boto3.Session("test", "test", region_name="eu-central-1")
    refuse_half_answers(session.events)
    return session.client("glue", endpoint_url=endpoint)


def glue_of_the_command(endpoint: str):
    return AwsConnection("eu-central-1", endpoint, "test", "test").glue()


@pytest.mark.parametrize("client", [glue_of_the_job, glue_of_the_command])
@pytest.mark.parametrize("half", [WHOLE[:40], b"{", b"<html>", b""])
def test_truncated_list_is_not_an_empty_list(endpoint, monkeypatch, client, half):
    monkeypatch.setattr(_Handler, "answer", half)
    with pytest.raises(ResponseStreamingError, match="GetWorkflowRuns was cut off") as error:
        latest_run(client(endpoint), "flow", crawler="crawler", job="job")
    assert is_transient(error.value)
    assert call_effect(error.value) is Effect.UNKNOWN


@pytest.mark.parametrize("client", [glue_of_the_job, glue_of_the_command])
def test_complete_responses_are_unchanged(endpoint, monkeypatch, client):
    monkeypatch.setattr(_Handler, "answer", WHOLE)
    found = latest_run(client(endpoint), "flow", crawler="crawler", job="job")
    assert found is not None
    assert found.run_id == "wr_1"
    monkeypatch.setattr(_Handler, "answer", b"{}")
    assert latest_run(client(endpoint), "flow", crawler="crawler", job="job") is None


def s3_of_the_job(endpoint: str):
    session = boto3.Session("test", "test", region_name="eu-central-1")
    refuse_half_answers(session.events)
    return session.client("s3", endpoint_url=endpoint)


def s3_of_the_command(endpoint: str):
    return AwsConnection("eu-central-1", endpoint, "test", "test").s3()


@pytest.mark.parametrize("client", [s3_of_the_job, s3_of_the_command])
@pytest.mark.parametrize("half", [b"", b"<!DOCTYPE html>\n<html><body>Sign in</body></html>", b"<HTML></HTML>"])
def test_invalid_s3_listing_is_not_an_empty_listing(endpoint, monkeypatch, client, half):
    monkeypatch.setattr(_Handler, "answer", half)
    files = S3ObjectStore(client(endpoint))
    with pytest.raises(ResponseStreamingError, match="ListObjectsV2 was cut off"):
        files.list_files("s3://lake/raw/")
    with pytest.raises(ResponseStreamingError, match="DeleteObjects was cut off"):
        files.delete_all(["s3://lake/raw/a.csv"])


@pytest.mark.parametrize("client", [s3_of_the_job, s3_of_the_command])
def test_s3_responses_with_only_headers_may_be_empty(endpoint, monkeypatch, client):
    monkeypatch.setattr(_Handler, "answer", b"")
    files = S3ObjectStore(client(endpoint))
    files.write("s3://lake/a.csv", b"id")
    client(endpoint).delete_object(Bucket="lake", Key="a.csv")
    assert files.read("s3://lake/a.csv") == b""
    monkeypatch.setattr(_Handler, "answer", b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")
    assert files.list_files("s3://lake/raw/") == ()
    for whole in (b'<?xml version="1.0"?>\n<!-- a note --><a:b xmlns:a="u"> </a:b >\n', b"<DeleteResult />"):
        monkeypatch.setattr(_Handler, "answer", whole)
        files.delete_all(["s3://lake/raw/a.csv"])


def test_truncated_caller_identity_is_not_used(endpoint, monkeypatch):
    whole = (
        b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>a</Arn><Account>1</Account>"
        b"</GetCallerIdentityResult>"
    )
    monkeypatch.setattr(_Handler, "answer", whole)
    sts = AwsConnection("eu-central-1", endpoint, "test", "test").sts()
    with pytest.raises(ResponseStreamingError, match="GetCallerIdentity was cut off") as error:
        sts.get_caller_identity()
    assert is_transient(error.value)
    monkeypatch.setattr(_Handler, "answer", whole + b"</GetCallerIdentityResponse>")
    assert sts.get_caller_identity()["Arn"] == "a"


def test_response_without_content_may_be_empty(endpoint, monkeypatch):
    monkeypatch.setattr(_Handler, "answer", b"")
    logs = AwsConnection("eu-central-1", endpoint, "test", "test").logs()
    logs.put_retention_policy(logGroupName="group", retentionInDays=7)


LISTING = (
    b"<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>raw/a.csv</Key><Size>2</Size><ETag>e</ETag>"
    b"<LastModified>2026-04-08T03:00:00Z</LastModified></Contents></ListBucketResult>"
)


def list_objects(endpoint: str):
    return AwsConnection("eu-central-1", endpoint, "test", "test").s3().list_objects_v2(Bucket="lake")


def begin_in_parts(endpoint: str):
    return AwsConnection("eu-central-1", endpoint, "test", "test").s3().create_multipart_upload(Bucket="lake", Key="k")


def head(endpoint: str):
    return AwsConnection("eu-central-1", endpoint, "test", "test").s3().head_object(Bucket="lake", Key="k")


def read_table(endpoint: str):
    return glue_of_the_job(endpoint).get_table(DatabaseName="lake", Name="orders")


def read_partitions(endpoint: str):
    return glue_of_the_job(endpoint).get_partitions(DatabaseName="lake", TableName="orders")


@pytest.mark.parametrize(
    ("call", "answer", "field"),
    [
        pytest.param(list_objects, b"<ListBucketResult />", "IsTruncated", id="whether it is all"),
        pytest.param(
            list_objects, LISTING.replace(b"false", b"true"), "NextContinuationToken", id="where the rest begins"
        ),
        pytest.param(list_objects, LISTING.replace(b"<ETag>e</ETag>", b""), "ETag", id="content of a listed object"),
        pytest.param(list_objects, LISTING.replace(b"<Size>2</Size>", b""), "Size", id="size of a listed object"),
        pytest.param(begin_in_parts, b"<InitiateMultipartUploadResult />", "UploadId", id="id of an upload in parts"),
        pytest.param(head, b"", "ETag", id="content of an object"),
        pytest.param(read_table, b"{}", "Table", id="table"),
        pytest.param(read_partitions, b'{"Partitions": [{}]}', "Values", id="values of a partition"),
    ],
)
def test_answer_without_a_field_that_aws_always_sets_is_none(endpoint, monkeypatch, call, answer, field):
    monkeypatch.setattr(_Handler, "answer", answer)
    with pytest.raises(ResponseStreamingError, match=f"has no {field}") as error:
        call(endpoint)
    assert is_transient(error.value)
    assert call_effect(error.value) is Effect.UNKNOWN


def test_answer_with_all_that_aws_always_sets_is_taken(endpoint, monkeypatch):
    monkeypatch.setattr(_Handler, "answer", LISTING)
    assert [entry["Key"] for entry in list_objects(endpoint)["Contents"]] == ["raw/a.csv"]


def test_error_response_needs_no_result_fields(endpoint, monkeypatch):
    monkeypatch.setattr(_Handler, "status", 404)
    with pytest.raises(ClientError):
        head(endpoint)
