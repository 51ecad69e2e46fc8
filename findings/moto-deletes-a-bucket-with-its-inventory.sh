#!/usr/bin/env bash
# Deleting a bucket's inventory configuration deletes the bucket; a renamed object is empty, and the old one stays.
#
# moto 5.2.5. It looks for words that it knows in a request's query. About others (`?metrics` of a bucket, for example, or
# `?inventory` when it is a deletion, or `?renameObject` of an object) it answers the request for the whole bucket or object. On
# AWS each has an operation of its own:
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketInventoryConfiguration.html
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_RenameObject.html
#
# Output seen: inventory gone, and the bucket too: True; {'new.csv': b'', 'old.csv': b'a\n1\n'}
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'moto[s3]==5.2.5' boto3==1.44.5
cd "$work"
AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 \
"$work/venv/bin/python" -W ignore - <<'PY'
import boto3
from moto import mock_aws

with mock_aws():
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="listed")
    destination = {"S3BucketDestination": {"Bucket": "arn:aws:s3:::lists", "Format": "CSV"}}
    inventory = {"Id": "weekly", "IsEnabled": True, "IncludedObjectVersions": "All", "Destination": destination}
    s3.put_bucket_inventory_configuration(
        Bucket="listed", Id="weekly", InventoryConfiguration={**inventory, "Schedule": {"Frequency": "Weekly"}}
    )
    s3.delete_bucket_inventory_configuration(Bucket="listed", Id="weekly")
    bucket_is_gone = "listed" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]

    s3.create_bucket(Bucket="lake")
    s3.put_object(Bucket="lake", Key="old.csv", Body=b"a\n1\n")
    s3.rename_object(Bucket="lake", Key="new.csv", RenameSource="old.csv")
    listed = [each["Key"] for each in s3.list_objects_v2(Bucket="lake")["Contents"]]
    found = {key: s3.get_object(Bucket="lake", Key=key)["Body"].read() for key in listed}
    print(f"inventory gone, and the bucket too: {bucket_is_gone}; {found}")
    assert bucket_is_gone
    assert found == {"new.csv": b"", "old.csv": b"a\n1\n"}
PY
