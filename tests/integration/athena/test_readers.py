"""A role like the one that `readers` makes: it reads its tables, keeps its answers, and does nothing else."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest


@pytest.fixture
def reader(place):
    """May ask in `primary`, and read the table `open`; IAM on AWS takes its time, hence on LocalStack alone."""
    if place.endpoint_url is None or os.environ.get("LOCALSTACK_GLUE_IAM") == "0":
        pytest.skip("needs a place that enforces roles at once")
    account = place.client("sts").get_caller_identity()["Account"]
    bucket, _, folder = place.location.removeprefix("s3://").partition("/")
    lake, glue = f"arn:aws:s3:::{bucket}", f"arn:aws:glue:{place.region}:{account}"
    allowed = {
        lake: ["s3:GetBucketLocation", "s3:ListBucket"],
        f"{lake}/{folder}open/*": ["s3:GetObject"],
        f"{lake}/{folder}results/*": ["s3:GetObject", "s3:PutObject"],
        f"arn:aws:athena:{place.region}:{account}:workgroup/primary": ["athena:*"],
        f"{glue}:catalog": ["glue:GetDatabase", "glue:GetTable", "glue:GetPartitions"],
        f"{glue}:database/{place.database}": ["glue:GetDatabase", "glue:GetTable", "glue:GetPartitions"],
        f"{glue}:table/{place.database}/open": ["glue:GetTable", "glue:GetPartitions"],
        f"{glue}:table/{place.database}/disguised": ["glue:GetTable", "glue:GetPartitions"],
    }
    policy = [{"Effect": "Allow", "Action": actions, "Resource": arn} for arn, actions in allowed.items()]
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}}
    iam, name = place.client("iam"), f"{place.database}-reader"
    documents = [json.dumps({"Version": "2012-10-17", "Statement": each}) for each in (trust, policy)]
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=documents[0])["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="read", PolicyDocument=documents[1])
    keys = place.client("sts").assume_role(RoleArn=arn, RoleSessionName="ada")["Credentials"]
    session = {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys["SessionToken"],
    }
    yield replace(place, keys=session)
    iam.delete_role_policy(RoleName=name, PolicyName="read")
    iam.delete_role(RoleName=name)


def test_reader_reads_its_tables_and_nothing_else(place, reader):
    for name, folder in (("open", "open"), ("closed", "closed"), ("disguised", "closed")):
        place.ask(
            f"CREATE EXTERNAL TABLE {name} (id bigint) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' "
            f"LOCATION '{place.location}{folder}/'"
        )
    bucket, _, key = place.location.removeprefix("s3://").partition("/")
    for folder in ("open", "closed"):
        place.client("s3").put_object(Bucket=bucket, Key=f"{key}{folder}/a.csv", Body=b"1\n2\n")
    assert reader.ask("SELECT sum(id) FROM open")[1:] == [["3"]]
    for sql, reason in (
        ("SELECT * FROM closed", r"Insufficient permissions .* not authorized to perform: glue:GetTable"),
        ("SELECT * FROM disguised", r"PERMISSION_DENIED: Permission denied on S3 path: s3://.*closed/a\.csv"),
        ("INSERT INTO open VALUES (3)", r"PERMISSION_DENIED: Permission denied on S3 path"),
        ("DROP TABLE open", r"not authorized to perform: glue:DeleteTable"),
    ):
        with pytest.raises(AssertionError, match=reason):
            reader.ask(sql)
    assert place.ask("SELECT count(*) FROM closed")[1:] == [["2"]]
    for name in ("open", "closed", "disguised"):
        place.ask(f"DROP TABLE {name}")
