"""Permissions that the pipeline's roles need on AWS although a first run on LocalStack does not use them, and why."""

from __future__ import annotations

_KMS = "S3 asks KMS behind the scenes, with the role's permissions; LocalStack asks nobody"
_REGION = "S3 clients of other versions ask for the bucket's region first"
_MULTIPART = "only when an upload of several parts is broken off or taken up again"
_CHANGED = "only when a delivery or its columns have changed since the last crawl"
_ONE_BY_ONE = "AWS's crawler also asks one by one where ours asks for all at once"

# by part of the pipeline: action -> reason
UNUSED: dict[str, dict[str, str]] = {
    "crawler": {
        "glue:BatchGetPartition": _CHANGED,
        "glue:BatchUpdatePartition": _CHANGED,
        "glue:CreatePartition": _ONE_BY_ONE,
        "glue:GetPartition": _ONE_BY_ONE,
        "glue:GetPartitions": _CHANGED,
        "glue:UpdatePartition": _ONE_BY_ONE,
        "glue:UpdateTable": _CHANGED,
        "kms:Decrypt": _KMS,
        "s3:GetBucketLocation": _REGION,
    },
    "job": {
        "kms:Decrypt": _KMS,
        "kms:GenerateDataKey": _KMS,
        "s3:AbortMultipartUpload": _MULTIPART,
        "s3:GetBucketLocation": _REGION,
        "s3:ListMultipartUploadParts": _MULTIPART,
    },
}
# statements of which nothing is used: name -> reason
NEVER_NEEDED: dict[str, dict[str, str]] = {
    "crawler": {"FindBucket": _REGION, "ReadEncrypted": _KMS},
    "job": {"FindBucket": _REGION, "ReadAndWriteEncrypted": _KMS},
}
