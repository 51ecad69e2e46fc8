"""Fault plans by themselves: which call is struck, which call a request is, and what AWS would answer."""

import json
from xml.etree import ElementTree

import pytest
from botocore.parsers import create_parser

from localstack_glue.faults.answers import build_refusal
from localstack_glue.faults.calls import parse_call
from localstack_glue.faults.plan import Call, FaultPlan, Language, Mode, Rule

UPDATE = Call("glue", "UpdateTable", "lake.curated", Language.JSON)
PUT = Call("s3", "PutObject", "lake/raw/a.csv")


def modes(plan: FaultPlan, *calls: Call) -> list[str]:
    return [rule.mode if (rule := plan.decide(call)) else "" for call in calls]


def test_only_the_named_calls_fail_from_the_nth_on_and_as_often_as_configured():
    plan = FaultPlan([Rule(Mode.LOSE_ANSWER, "glue", "Update*", nth=2, times=2)])
    assert modes(plan, UPDATE, PUT, UPDATE, UPDATE, UPDATE) == ["", "", "lose-answer", "lose-answer", ""]


def test_first_rule_that_strikes_counts_and_the_others_wait():
    plan = FaultPlan([Rule(Mode.FAIL_BEFORE), Rule(Mode.DELAY), Rule(Mode.THROTTLE, nth=2)])
    assert modes(plan, PUT, PUT, PUT, PUT) == ["fail-before", "delay", "throttle", ""]


def test_key_is_a_pattern():
    plan = FaultPlan([Rule(Mode.FAIL_BEFORE, key="lake/raw/*", times=None)])
    assert modes(plan, PUT, UPDATE, Call("s3", "PutObject", "lake/features/a")) == ["fail-before", "", ""]


def test_same_seed_strikes_the_same_calls_and_another_one_others():
    def struck(seed: int) -> list[str]:
        return modes(FaultPlan([Rule(Mode.THROTTLE, times=None, probability=0.5)], seed), *[PUT] * 64)

    assert struck(1) == struck(1)
    assert struck(1) != struck(2)
    assert 16 < sum(map(bool, struck(1))) < 48


def test_record_lists_the_failed_calls():
    plan = FaultPlan.parse({"seed": 7, "rules": [{"mode": "expire", "service": "s3"}]})
    plan.decide(PUT)
    record = json.loads(json.dumps(plan.as_record()))
    assert record["struck"] == [{"service": "s3", "operation": "PutObject", "key": "lake/raw/a.csv", "mode": "expire"}]
    assert (record["rules"][0]["seen"], record["rules"][0]["struck"]) == (1, 1)


@pytest.mark.parametrize(
    "record",
    [
        [],
        {},
        {"rules": []},
        {"rules": [{}]},
        {"rules": [{"mode": "explode"}]},
        {"rules": [{"mode": "delay", "delay_s": 1e9}]},
        {"rules": [{"mode": "delay", "delay_s": float("nan")}]},
        {"rules": [{"mode": "delay", "delay_s": True}]},
        {"rules": [{"mode": "delay", "probability": True}]},
        {"rules": [{"mode": "delay", "nth": 0}]},
        {"rules": [{"mode": "delay", "times": True}]},
        {"rules": [{"mode": "delay", "key": 3}]},
        {"rules": [{"mode": "delay", "kye": "x"}]},
        {"rules": [{"mode": "delay"}], "seed": None},
        {"rules": [{"mode": ["delay"]}]},
        {"rules": [{"mode": "delay"}] * 101},
    ],
)
def test_invalid_plan_is_refused(record):
    with pytest.raises(ValueError, match=r"plan|rule|mode|nth|pattern|delay_s|probability|seed"):
        FaultPlan.parse(record)


def signed(service: str) -> str:
    return f"AWS4-HMAC-SHA256 Credential=test/20240101/eu-central-1/{service}/aws4_request, SignedHeaders=host"


@pytest.mark.parametrize(
    ("request_of", "call"),
    [
        (("PUT", "/lake/raw/a%20b.csv", "s3", b""), Call("s3", "PutObject", "lake/raw/a b.csv")),
        (("PUT", "/lake/k?partNumber=1&uploadId=u", "s3", b""), Call("s3", "UploadPart", "lake/k")),
        (("POST", "/lake/k?uploads", "s3", b""), Call("s3", "CreateMultipartUpload", "lake/k")),
        (("POST", "/lake/k?uploadId=u", "s3", b""), Call("s3", "CompleteMultipartUpload", "lake/k")),
        (("GET", "/lake?list-type=2&prefix=raw%2F", "s3", b""), Call("s3", "ListObjectsV2", "lake/raw/")),
        (("POST", "/lake?delete", "s3", b""), Call("s3", "DeleteObjects", "lake")),
        (("HEAD", "/lake", "s3", b""), Call("s3", "HeadBucket", "lake")),
        (("GET", "/", "s3", b""), Call("s3", "ListBuckets")),
        (("GET", "/?x-id=ListBuckets", "s3", b""), Call("s3", "ListBuckets")),
        (("PUT", "/lake/k?x-id=UploadPart&partNumber=1&uploadId=u", "s3", b""), Call("s3", "UploadPart", "lake/k")),
        (("GET", "/lake/k?tagging", "s3", b""), Call("s3", "GetObjectTagging", "lake/k")),
        (("PUT", "/lake/k?legal-hold", "s3", b""), Call("s3", "PutObjectLegalHold", "lake/k")),
        (("GET", "/lake?prefix=raw%2F", "s3", b""), Call("s3", "ListObjects", "lake/raw/")),
        (("GET", "/lake/k?partNumber=2", "s3", b""), Call("s3", "GetObject", "lake/k")),
        (("GET", "/lake/a/b/?versionId=v", "s3", b""), Call("s3", "GetObject", "lake/a/b/")),
        (("GET", "/lake?policy", "s3", b""), Call("s3", "GetBucketPolicy", "lake")),
        (("PUT", "/lake/?policy", "s3", b""), Call("s3", "PutBucketPolicy", "lake/")),
        (("DELETE", "/lake?lifecycle", "s3", b""), Call("s3", "DeleteBucketLifecycle", "lake")),
        (("GET", "/lake?lifecycle", "s3", b""), Call("s3", "GetBucketLifecycleConfiguration", "lake")),
        (("GET", "/lake?metrics", "s3", b""), Call("s3", "ListBucketMetricsConfigurations", "lake")),
        (("GET", "/lake?metrics&id=m", "s3", b""), Call("s3", "GetBucketMetricsConfiguration", "lake")),
        (("POST", "/lake", "s3", b""), Call("s3", "POST", "lake")),
        (("GET", "/accounts/1/data-sets/d", "quicksight", b""), Call("quicksight", "DescribeDataSet")),
        (("POST", "/2015-03-31/functions/f/invocations", "lambda", b"{}"), Call("lambda", "Invoke")),
        (("GET", "/unknown", "no-such-service", b""), Call("no-such-service", "")),
        (("POST", "/", "sts", b"Action=GetCallerIdentity"), Call("sts", "GetCallerIdentity")),
        (("POST", "/1/queue", "sqs", b"Action=SendMessage&MessageBody=x"), Call("sqs", "SendMessage")),
    ],
)
def test_request_is_known_by_its_outside(request_of, call):
    method, target, service, body = request_of
    assert parse_call(method, target, {"authorization": signed(service)}, body) == call


def test_unsigned_and_presigned_requests_are_known_too():
    form = b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
    assert parse_call("POST", "/", {}, form) == Call("sts", "AssumeRoleWithWebIdentity")
    presigned = "/?Action=GetCallerIdentity&X-Amz-Credential=test%2F20240101%2Feu-central-1%2Fsts%2Faws4_request"
    assert parse_call("GET", presigned, {}, b"") == Call("sts", "GetCallerIdentity")
    assert parse_call("GET", "/lake/k?X-Amz-Signature=x", {}, b"") == Call("s3", "GetObject", "lake/k")


def test_copy_is_known_by_the_header_that_names_its_source():
    headers = {"authorization": signed("s3"), "x-amz-copy-source": "lake/raw/a.csv"}
    assert parse_call("PUT", "/lake/copy", headers, b"") == Call("s3", "CopyObject", "lake/copy")
    part = parse_call("PUT", "/lake/copy?partNumber=1&uploadId=u", headers, b"")
    assert part == Call("s3", "UploadPartCopy", "lake/copy")


def test_request_with_json_is_known_by_its_header_and_named_by_its_table():
    headers = {"x-amz-target": "AWSGlue.UpdateTable", "authorization": signed("glue")}
    body = json.dumps({"DatabaseName": "lake", "TableInput": {"Name": "curated"}}).encode()
    assert parse_call("POST", "/", headers, body) == UPDATE
    assert parse_call("POST", "/", headers, b"\xff").key == ""


def test_error_has_the_form_that_the_client_speaks():
    """SQS is called by forms and by JSON."""
    by_form = build_refusal(parse_call("POST", "/", {"authorization": signed("sqs")}, b"Action=ListQueues"), Mode.DENY)
    headers = {"x-amz-target": "AmazonSQS.ListQueues", "authorization": signed("sqs")}
    by_json = build_refusal(parse_call("POST", "/", headers, b"{}"), Mode.DENY)
    path = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
    call = parse_call("POST", path, {"smithy-protocol": "rpc-v2-cbor", "authorization": signed("monitoring")}, b"")
    assert (call.service, call.operation) == ("monitoring", "PutMetricData")
    by_cbor = build_refusal(call, Mode.DENY)
    answer = {"status_code": by_cbor.status, "headers": {}, "body": by_cbor.body}
    error = create_parser("smithy-rpc-v2-cbor").parse(answer, None)["Error"]
    assert error == {"Code": "AccessDeniedException", "Message": "AccessDeniedException (injected by a fault plan)"}
    assert ElementTree.fromstring(by_form.body).findtext("Error/Code") == "AccessDeniedException"  # noqa: S314  # our own
    assert json.loads(by_json.body)["__type"] == "AccessDeniedException"


@pytest.mark.parametrize(
    ("call", "mode", "status", "code"),
    [
        (PUT, Mode.THROTTLE, 503, "SlowDown"),
        (UPDATE, Mode.THROTTLE, 400, "ThrottlingException"),
        (PUT, Mode.EXPIRE, 400, "ExpiredToken"),
        (UPDATE, Mode.EXPIRE, 400, "ExpiredTokenException"),
        (PUT, Mode.DENY, 403, "AccessDenied"),
        (UPDATE, Mode.DENY, 400, "AccessDeniedException"),
        (PUT, Mode.HIDE, 404, "NoSuchKey"),
        (UPDATE, Mode.HIDE, 400, "EntityNotFoundException"),
        (PUT, Mode.FAIL_AFTER, 500, "InternalError"),
        (UPDATE, Mode.FAIL_BEFORE, 500, "InternalServiceException"),
    ],
)
def test_refusals_have_the_messages_of_the_service(call, mode, status, code):
    refusal = build_refusal(call, mode)
    assert (refusal.status, refusal.code) == (status, code)
    if call.service == "s3":
        assert ElementTree.fromstring(refusal.body).findtext("Code") == code  # noqa: S314  # our own
    else:
        assert json.loads(refusal.body)["__type"] == code
