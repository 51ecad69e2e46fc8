"""The permissions of a role in the gateway, for every form of request."""

import json
import urllib.error
import urllib.request
from datetime import timedelta

import pytest

from tests.unit.standalone_host.place import ACCOUNT, TRUST, call_status, policy, refusal


def test_role_reads_only_what_it_may_by_path_host_address_form_and_copy(place, lake):
    arn = place.role("reader", (["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "arn:aws:s3:::lake/open/*"))
    key = place.as_role(arn)
    s3 = place.client("s3", key=key)
    assert s3.get_object(Bucket="lake", Key="open/a.csv")["Body"].read() == b"a\n1\n"
    assert refusal(lambda: s3.get_object(Bucket="lake", Key="shut/a.csv")) == "AccessDenied"
    assert refusal(lambda: s3.list_objects_v2(Bucket="lake")) == "AccessDenied"
    copied = {"Bucket": "lake", "Key": "open/b.csv", "CopySource": "lake/shut/a.csv"}
    assert refusal(lambda: s3.copy_object(**copied)) == "AccessDenied"
    answer = s3.delete_objects(Bucket="lake", Delete={"Objects": [{"Key": "open/none"}, {"Key": "shut/a.csv"}]})
    assert [each["Key"] for each in answer["Errors"]] == ["shut/a.csv"]
    assert [each["Key"] for each in answer["Deleted"]] == ["open/none"]
    assert lake.head_object(Bucket="lake", Key="shut/a.csv")["ContentLength"] == 4

    for name, status in (("open/a.csv", 200), ("shut/a.csv", 403)):
        address = s3.generate_presigned_url("get_object", Params={"Bucket": "lake", "Key": name})
        assert call_status(urllib.request.Request(address)) == status
        hosted = address.replace("/lake/", "/", 1)
        assert call_status(urllib.request.Request(hosted, headers={"Host": "lake.s3.amazonaws.com"})) == status
        posted = s3.generate_presigned_post("lake", name.replace("a.csv", "posted"))
        assert call_status(form(posted)) == (204 if status == 200 else 403)
    assert lake.get_object(Bucket="lake", Key="open/posted")["Body"].read() == b"posted"
    assert refusal(lambda: lake.head_object(Bucket="lake", Key="shut/posted")) == "404"


def form(posted):
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in posted["fields"].items()
    ]
    parts.append('--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nposted\r\n--x--\r\n')
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    return urllib.request.Request(posted["url"], "".join(parts).encode(), headers, method="POST")


def test_role_change_counts_at_once_and_the_caller_is_known(place, lake):
    arn = place.role("changing", ("s3:GetObject", "arn:aws:s3:::lake/open/*"))
    key = place.as_role(arn)
    s3 = place.client("s3", key=key)
    assert refusal(lambda: s3.get_object(Bucket="lake", Key="shut/a.csv")) == "AccessDenied"
    place.allow("changing", ("s3:GetObject", "arn:aws:s3:::lake/*"))
    assert s3.get_object(Bucket="lake", Key="shut/a.csv")["Body"].read() == b"a\n1\n"
    told = place.client("sts", key=key).get_caller_identity()
    assert told["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/changing/run"


def test_role_of_another_partition_is_read_there(place):
    iam, region = place.client("iam", region="cn-north-1"), "cn-north-1"
    arn = iam.create_role(RoleName="cn", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    assert arn.startswith("arn:aws-cn:")
    iam.put_role_policy(RoleName="cn", PolicyName="p", PolicyDocument=json.dumps(policy("s3:ListAllMyBuckets", "*")))
    s3 = place.client("s3", key=place.as_role(arn), region=region)
    assert s3.list_buckets()["Buckets"] == []  # of that partition
    assert refusal(lambda: s3.get_object(Bucket="lake", Key="open/a.csv")) == "AccessDenied"


def test_role_that_assumes_another_one_may_do_what_the_other_may(place, lake):
    other = place.role("other", ("s3:GetObject", "arn:aws:s3:::lake/open/*"))
    key = place.as_role(place.role("first", ("sts:AssumeRole", other)))
    got = place.client("sts", key=key).assume_role(RoleArn=other, RoleSessionName="next")["Credentials"]["AccessKeyId"]
    s3 = place.client("s3", key=got)
    assert s3.get_object(Bucket="lake", Key="open/a.csv")["Body"].read() == b"a\n1\n"
    assert refusal(lambda: s3.get_object(Bucket="lake", Key="shut/a.csv")) == "AccessDenied"
    assert place.client("sts", key=got).get_caller_identity()["Arn"].endswith("assumed-role/other/next")
    denied = place.as_role(place.role("third", ("sts:AssumeRole", f"{other}-not")))
    assert refusal(lambda: place.client("sts", key=denied).assume_role(RoleArn=other, RoleSessionName="next")) == (
        "AccessDenied"
    )


def test_calls_of_a_role_keep_their_body_in_every_protocol(place):
    arn = place.role("sender", (["sns:*", "sqs:*", "iam:GetRole"], "*"))
    key = place.as_role(arn)
    topic = place.client("sns", key=key).create_topic(Name="told")["TopicArn"]
    assert topic.split(":")[4] == ACCOUNT
    assert place.client("iam", key=key).get_role(RoleName="sender")["Role"]["Arn"] == arn
    assert place.client("sqs", key=key).create_queue(QueueName="told")["QueueUrl"].endswith("/told")


def test_unknown_call_is_refused_to_a_role(place, lake):
    key = place.as_role(place.role("anything", ("*", "*")))
    headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/s3/aws4_request, Signature=x"}
    asked = urllib.request.Request(f"{place.url}/lake/open/a.csv", headers=headers, method="PATCH")
    assert call_status(asked) == 403


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("s3", lambda s3: s3.get_object(Bucket="lake", Key="open/a.csv"), "ExpiredToken"),
        ("glue", lambda glue: glue.get_databases(), "ExpiredTokenException"),
        ("sns", lambda sns: sns.list_topics(), "ExpiredToken"),
    ],
)
def test_expired_session_is_denied(place, lake, service, call, code):
    arn = place.role(f"late-{service}", ("*", "*"))
    assert call(place.client(service, key=place.as_role(arn)))
    late = place.client(service, key=place.as_role(arn, timedelta(0)))
    assert refusal(lambda: call(late)) == code
