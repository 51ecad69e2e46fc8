"""What of a bucket that is there already `quartal adopt` imports, so that the apply does not replace it unseen."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from quartal.deploy.adopt import _parts

KEYS = {"region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
NOTIFICATION = "module.data_lake.aws_s3_bucket_notification.this"


@pytest.fixture
def s3():
    with mock_aws():
        client = boto3.client("s3", **KEYS)
        client.create_bucket(Bucket="lake")
        yield client


def test_notifications_that_somebody_set_are_imported(s3):
    boto3.client("sqs", **KEYS).create_queue(QueueName="q")
    told = {"QueueArn": "arn:aws:sqs:us-east-1:123456789012:q", "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(Bucket="lake", NotificationConfiguration={"QueueConfigurations": [told]})
    assert NOTIFICATION in set(_parts(s3, "lake"))


def test_bucket_without_notifications_has_none_to_import(s3):
    found = list(_parts(s3, "lake"))
    assert "module.data_lake.aws_s3_bucket.this" in found
    assert NOTIFICATION not in found
