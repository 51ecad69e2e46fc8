#!/usr/bin/env bash
# moto's S3 denies everything to a bucket whose policy denies only what does not come over TLS.
#
# moto 5.2.5: a bucket's policy is evaluated for each object's call, and the Condition of a statement is not looked at. The statement
# that every hardened bucket has, Deny s3:* where aws:SecureTransport is false, therefore refuses each PutObject, with a 403 that has
# neither code nor message. LocalStack evaluates no bucket policy, so the same Terraform goes through there.
#
# Output seen: without a policy 200; with the statement 403 Forbidden
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "moto[s3,iam]==5.2.5" boto3==1.44.5
cd "$work"
AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing AWS_DEFAULT_REGION=us-east-1 "$work/venv/bin/python" - <<'PY'
import json

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": ["arn:aws:s3:::lake-of-today", "arn:aws:s3:::lake-of-today/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ],
}
with mock_aws():
    s3 = boto3.client("s3")  # over TLS
    s3.create_bucket(Bucket="lake-of-today")
    before = s3.put_object(Bucket="lake-of-today", Key="a", Body=b"1")["ResponseMetadata"]["HTTPStatusCode"]
    s3.put_bucket_policy(Bucket="lake-of-today", Policy=json.dumps(POLICY))
    try:
        s3.put_object(Bucket="lake-of-today", Key="b", Body=b"1")
    except ClientError as error:
        answer = error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Message"]
    else:
        raise SystemExit("changed: the condition is looked at")
print(f"without a policy {before}; with the statement {answer[0]} {answer[1]}")
PY
