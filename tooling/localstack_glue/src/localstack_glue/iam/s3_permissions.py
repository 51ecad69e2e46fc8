"""Which S3 permissions a call needs.

Source: docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html. The names of operations and of
permissions differ: HeadObject needs GetObject, each part of an upload PutObject, a copy GetObject and PutObject.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from localstack_glue.iam.policy import Access

Parameters = Mapping[str, Any]
_OBJECT_ACTIONS = {
    "AbortMultipartUpload": "AbortMultipartUpload",
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "ListParts": "ListMultipartUploadParts",
    "PostObject": "PutObject",
    "PutObject": "PutObject",
    "SelectObjectContent": "GetObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}
# with a version these have a permission of their own
_VERSIONED_ACTIONS = {
    "DeleteObject": "DeleteObject",
    "DeleteObjectTagging": "DeleteObjectTagging",
    "GetObject": "GetObject",
    "GetObjectAcl": "GetObjectAcl",
    "GetObjectAttributes": "GetObjectAttributes",
    "GetObjectTagging": "GetObjectTagging",
    "HeadObject": "GetObject",
    "PutObjectAcl": "PutObjectAcl",
    "PutObjectTagging": "PutObjectTagging",
}
_BUCKET_ACTIONS = {
    "DeleteBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "DeleteBucketInventoryConfiguration": "PutInventoryConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketMetricsConfiguration": "PutMetricsConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketIntelligentTieringConfiguration": "GetIntelligentTieringConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketMetricsConfiguration": "GetMetricsConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "ListBucketIntelligentTieringConfigurations": "GetIntelligentTieringConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "ListBucketMetricsConfigurations": "GetMetricsConfiguration",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketMetricsConfiguration": "PutMetricsConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
# request members that are condition keys
_CONTEXT_KEYS = {
    "ACL": "s3:x-amz-acl",
    "Delimiter": "s3:delimiter",
    "MaxKeys": "s3:max-keys",
    "Prefix": "s3:prefix",
    "SSEKMSKeyId": "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "ServerSideEncryption": "s3:x-amz-server-side-encryption",
    "StorageClass": "s3:x-amz-storage-class",
    "VersionId": "s3:versionid",
}
# what a call that creates an object or a bucket needs for its settings
_CREATING = ("CopyObject", "CreateMultipartUpload", "PostObject", "PutObject")
_GRANTS = ("ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP")
_OF_NEW_OBJECTS = {
    "PutObjectTagging": ("Tagging",),
    "PutObjectAcl": _GRANTS,
    "PutObjectRetention": ("ObjectLockMode", "ObjectLockRetainUntilDate"),
    "PutObjectLegalHold": ("ObjectLockLegalHoldStatus",),
}
_OF_NEW_BUCKETS = {
    "PutBucketAcl": (*_GRANTS, "GrantWrite"),
    "PutBucketObjectLockConfiguration": ("ObjectLockEnabledForBucket",),
    "PutBucketVersioning": ("ObjectLockEnabledForBucket",),
    "PutBucketOwnershipControls": ("ObjectOwnership",),
}
_COPIES = ("CopyObject", "UploadPartCopy")


def accesses(operation: str, parameters: Parameters, partition: str) -> list[Access]:
    """The objects and buckets that an S3 call reads and writes, with the actions."""
    context = _context(parameters)
    bucket = parameters.get("Bucket")
    if bucket is None:
        action = "s3:ListAllMyBuckets" if operation == "ListBuckets" else f"s3:{operation}"
        return [Access(action, ("*", bucket_arn("*", partition)), context)]  # policies are written both ways
    key = parameters.get("Key")
    if key is None:
        if operation == "DeleteObjects":
            items = (parameters.get("Delete") or {}).get("Objects", ())
            is_bypass = bool(parameters.get("BypassGovernanceRetention"))
            return [access for item in items for access in _deletion(bucket, item, partition, is_bypass=is_bypass)]
        actions = [_BUCKET_ACTIONS.get(operation, operation)]
        if operation == "CreateBucket":
            is_private = parameters.get("ACL") == "private"  # as without any
            actions += _further(_OF_NEW_BUCKETS, {**parameters, "ACL": ""} if is_private else parameters)
        return [Access(f"s3:{action}", (bucket_arn(bucket, partition),), context) for action in actions]
    target = object_arn(bucket, key, partition)
    needed = [Access(f"s3:{action}", (target,), context) for action in _object_actions(operation, parameters)]
    if operation in _COPIES and (source := parameters.get("CopySource")):
        needed.insert(0, _source(source, partition))
    return needed


def bucket_arn(bucket: str, partition: str) -> str:
    """The ARN of a bucket, which may be given by its ARN (an access point)."""
    return bucket if bucket.startswith("arn:") else f"arn:{partition}:s3:::{bucket}"


def object_arn(bucket: str, key: str, partition: str) -> str:
    """The ARN of an object."""
    return f"{bucket_arn(bucket, partition)}/{key}"


def _object_actions(operation: str, parameters: Parameters) -> list[str]:
    actions = [_versioned(operation, parameters.get("VersionId")) or _OBJECT_ACTIONS.get(operation, operation)]
    if operation == "GetObjectAttributes":
        actions.insert(0, _versioned("GetObject", parameters.get("VersionId")) or "GetObject")
    if operation in _CREATING:
        actions += _further(_OF_NEW_OBJECTS, parameters)
    if parameters.get("BypassGovernanceRetention"):
        actions.append("BypassGovernanceRetention")
    return actions


def _further(settings: Mapping[str, tuple[str, ...]], parameters: Parameters) -> list[str]:
    """The permissions that the settings of a new bucket or object need, too."""
    return [action for action, members in settings.items() if any(parameters.get(member) for member in members)]


def _versioned(operation: str, version: str | None) -> str | None:
    action = _VERSIONED_ACTIONS.get(operation)
    if action is None or not version:
        return action
    # DeleteObjectVersion, GetObjectVersionAcl: the word comes after "Object"
    return action.replace("Object", "ObjectVersion", 1)


def _deletion(bucket: str, item: Parameters, partition: str, *, is_bypass: bool) -> list[Access]:
    target = object_arn(bucket, item.get("Key", ""), partition)
    actions = [_versioned("DeleteObject", item.get("VersionId"))]
    if is_bypass:
        actions.append("BypassGovernanceRetention")
    return [Access(f"s3:{action}", (target,), {}) for action in actions]


def _source(source: Any, partition: str) -> Access:
    """Read `/bucket/key?versionId=v`, URL-encoded."""
    if isinstance(source, Mapping):
        bucket, key, version = source.get("Bucket", ""), source.get("Key", ""), source.get("VersionId")
    else:
        path, _, version = str(source).partition("?versionId=")
        bucket, _, key = unquote(path).lstrip("/").partition("/")
    context = {"s3:versionid": (version,)} if version else {}
    return Access(f"s3:{_versioned('GetObject', version)}", (object_arn(bucket, key, partition),), context)


def _context(parameters: Parameters) -> dict[str, tuple[str, ...]]:
    return {
        key: (str(parameters[member]),) for member, key in _CONTEXT_KEYS.items() if parameters.get(member) is not None
    }
