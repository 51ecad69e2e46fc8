"""Requests to S3 that no SDK makes: they are refused, and change nothing."""

import botocore.session
import pytest
import urllib3

from tests.unit.standalone_host.test_s3 import KEY

SERVICE = botocore.session.get_session().get_service_model("s3")
OPERATIONS = [SERVICE.operation_model(name) for name in SERVICE.operation_names]
NOT_HERE = 501
LATER = {"UploadPart", "PutObject", "PutObjectAnnotation", "WriteGetObjectResponse"}  # whose body may be anything


def parts(operation):
    """The method, the path, and the first word of the query."""
    path, _, query = operation.http["requestUri"].partition("?")
    return operation.http["method"], path.removeprefix("/{Bucket}").replace("/{Key+}", "/kept.csv"), query.split("&")[0]


KNOWN = {parts(operation) for operation in OPERATIONS}
WORDS = sorted({word for _, _, word in KNOWN if word and "=" not in word})


@pytest.fixture
def s3(place, lake):
    """A client, an empty bucket, and one with an object."""
    for bucket in ("empty", "with-one"):
        lake.create_bucket(Bucket=bucket)
    lake.put_object(Bucket="with-one", Key="kept.csv", Body=b"a\n1\n")
    yield lake
    assert lake.get_object(Bucket="with-one", Key="kept.csv")["Body"].read() == b"a\n1\n"
    lake.delete_object(Bucket="with-one", Key="kept.csv")
    for bucket in ("empty", "with-one"):
        lake.delete_bucket(Bucket=bucket)


@pytest.fixture
def ask(place):
    """Sends a request, and returns the status and the error's code."""
    with urllib3.PoolManager(timeout=30, retries=False) as pool:

        def send(method, path, body=b"", **headers):
            headers = {name.replace("_", "-"): value for name, value in headers.items()}
            answer = pool.request(method, f"{place.url}{path}", body=body, headers={"Authorization": KEY, **headers})
            return answer.status, answer.data.partition(b"<Code>")[2].partition(b"</Code>")[0].decode()

        yield send


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["", "/kept.csv"], ids=["bucket", "object"])
def test_part_that_has_no_such_method_is_refused_and_the_whole_stays(s3, ask, method, path):
    bucket = "with-one" if path else "empty"
    unknown = [word for word in WORDS if (method, path, word) not in KNOWN]
    assert unknown
    found = {word: ask(method, f"/{bucket}{path}?{word}", b"<x/>" if method != "GET" else b"") for word in unknown}
    odd = {
        word: answer
        for word, answer in found.items()
        if answer not in ((405, "MethodNotAllowed"), (501, "NotImplemented"))
    }
    assert odd == {}


@pytest.mark.parametrize(
    ("method", "query"),
    [
        ("PUT", "uploadId=a"),
        ("PUT", "partNumber=1"),
        ("PUT", "versionId=a"),
        ("DELETE", "partNumber=1"),
        ("DELETE", "uploadId=a&versionId=b"),
        ("POST", "versionId=a"),
        ("POST", ""),
    ],
)
def test_object_is_not_changed_by_a_request_that_selects_something_else(s3, ask, method, query):
    assert ask(method, f"/with-one/kept.csv?{query}", b"<x/>") == (400, "InvalidArgument")


def with_documents():
    """The operations that need a document, and its root."""
    for operation in OPERATIONS:
        payload = operation.input_shape.serialization.get("payload") if operation.input_shape else None
        if operation.name == "SelectObjectContent":
            yield operation, operation.input_shape.serialization["name"]
        if payload and operation.name not in LATER:
            yield operation, operation.input_shape.members[payload].serialization.get("name")


@pytest.mark.parametrize("body", [b"", b"no XML", b"<x/>", b"<{root}", b"<{root}><", b"\xff\xfe"])
def test_body_that_is_not_the_document_is_refused_and_no_fault_of_the_server(s3, ask, body):
    found = {}
    for operation, root in with_documents():
        method, path, _ = parts(operation)
        bucket = "with-one" if path else "empty"
        query = operation.http["requestUri"].partition("?")[2] or ("uploadId=a" if method == "POST" else "")
        if body or query:  # else a bucket is made, as it may be
            sent = body.replace(b"{root}", (root or "").encode())
            found[operation.name] = ask(method, f"/{bucket}{path}?{query}", sent)
    wrong = {
        name: answer
        for name, answer in found.items()
        if answer[0] != NOT_HERE
        and answer[1] not in ("MalformedXML", "MalformedPolicy", "MissingRequestBodyError", "MissingSecurityHeader")
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("word", "document"),
    [
        ("versioning", "<VersioningConfiguration><Status>On</Status></VersioningConfiguration>"),
        ("tagging", "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>"),
        ("tagging", "<Tagging/>"),
        ("lifecycle", "<LifecycleConfiguration><Rule><ID>a</ID></Rule></LifecycleConfiguration>"),
        (
            "lifecycle",
            "<LifecycleConfiguration><Rule><Status>Enabled</Status><Filter/><Expiration><Days>soon</Days></Expiration>"
            "</Rule></LifecycleConfiguration>",
        ),
        ("replication", "<ReplicationConfiguration><Role>a</Role></ReplicationConfiguration>"),
        ("requestPayment", "<RequestPaymentConfiguration><Payer>Nobody</Payer></RequestPaymentConfiguration>"),
    ],
)
def test_document_without_what_it_needs_or_with_other_words_is_refused(s3, ask, word, document):
    assert ask("PUT", f"/empty?{word}", document.encode()) == (400, "MalformedXML")


def test_id_of_a_setting_is_the_same_in_query_and_document(s3, ask):
    document = b"<MetricsConfiguration><Id>one</Id></MetricsConfiguration>"
    for query in ("metrics&id=two", "metrics"):
        assert ask("PUT", f"/empty?{query}", document) == (400, "InvalidArgument")
    assert "MetricsConfigurationList" not in s3.list_bucket_metrics_configurations(Bucket="empty")


def test_error_that_the_sdk_does_not_know_has_the_status_of_s3(s3, ask):
    """moto answers 400."""
    assert ask("GET", "/empty?publicAccessBlock") == (404, "NoSuchPublicAccessBlockConfiguration")
