"""Settings of buckets: what was put comes back, and a request about one setting touches nothing else."""

from functools import partial

import botocore.session
import pytest
import urllib3

from localstack_glue.hosts.standalone.moto_bucket_settings import BUCKET_SETTINGS
from localstack_glue.hosts.standalone.moto_s3_requests import REFUSED_OF_BUCKETS, REFUSED_OF_OBJECTS
from tests.unit.standalone_host.place import refusal
from tests.unit.standalone_host.test_s3 import KEY

QUEUE = "arn:aws:sqs:us-east-1:123456789012:settings"
COPY = "arn:aws:s3:::copy-of-settings"
ONE = {
    "lifecycle_configuration": {
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "ID": "old",
                    "Status": "Enabled",
                    "Filter": {"And": {"Prefix": "raw/", "ObjectSizeGreaterThan": 100, "ObjectSizeLessThan": 1000}},
                    "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}],
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 90, "NewerNoncurrentVersions": 3},
                },
                {
                    "ID": "large",
                    "Status": "Enabled",
                    "Filter": {"ObjectSizeGreaterThan": 5},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3},
                },
            ]
        }
    },
    "notification_configuration": {
        "NotificationConfiguration": {
            "EventBridgeConfiguration": {},
            "QueueConfigurations": [
                {
                    "Id": "raw",
                    "QueueArn": QUEUE,
                    "Events": ["s3:ObjectCreated:*"],
                    "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "raw/"}]}},
                }
            ],
        }
    },
    "replication": {
        "ReplicationConfiguration": {
            "Role": "arn:aws:iam::123456789012:role/replication",
            "Rules": [
                {
                    "ID": "raw",
                    "Priority": 0,
                    "Status": "Enabled",
                    "Filter": {"Prefix": "raw/"},
                    "DeleteMarkerReplication": {"Status": "Enabled"},
                    "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
                    "Destination": {
                        "Bucket": COPY,
                        "EncryptionConfiguration": {"ReplicaKmsKeyID": "arn:aws:kms:us-east-1:123456789012:key/1"},
                    },
                }
            ],
        }
    },
    "logging": {
        "BucketLoggingStatus": {
            "LoggingEnabled": {
                "TargetBucket": "copy-of-settings",
                "TargetPrefix": "log/",
                "TargetObjectKeyFormat": {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}},
            }
        }
    },
    "request_payment": {"RequestPaymentConfiguration": {"Payer": "Requester"}},
}
MISSING = {
    "lifecycle_configuration": "NoSuchLifecycleConfiguration",
    "replication": "ReplicationConfigurationNotFoundError",
}
MANY = {
    "metrics": {"MetricsConfiguration": {"Id": "one", "Filter": {"Prefix": "raw/"}}},
    "inventory": {
        "InventoryConfiguration": {
            "Id": "one",
            "IsEnabled": True,
            "IncludedObjectVersions": "All",
            "Schedule": {"Frequency": "Weekly"},
            "OptionalFields": ["Size", "ETag"],
            "Destination": {"S3BucketDestination": {"Bucket": COPY, "Format": "Parquet"}},
        }
    },
    "analytics": {
        "AnalyticsConfiguration": {"Id": "one", "Filter": {"Prefix": "raw/"}, "StorageClassAnalysis": {}},
    },
    "intelligent_tiering": {
        "IntelligentTieringConfiguration": {
            "Id": "one",
            "Status": "Enabled",
            "Filter": {"Prefix": "raw/"},
            "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}],
        }
    },
}


def content(answer):
    return {
        name: value
        for name, value in answer.items()
        if name not in ("ResponseMetadata", "IsTruncated", "TransitionDefaultMinimumObjectSize")
    }


@pytest.fixture
def s3(place):
    """A client, and two versioned buckets without an object."""
    client = place.client("s3")
    place.client("sqs").create_queue(QueueName="settings")
    for name in ("settings", "copy-of-settings"):
        client.create_bucket(Bucket=name)
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    owner = {"ID": "owner"}
    group = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}
    grants = [{"Grantee": group, "Permission": permission} for permission in ("WRITE", "READ_ACP")]
    client.put_bucket_acl(Bucket="copy-of-settings", AccessControlPolicy={"Owner": owner, "Grants": grants})
    yield client
    for name in ("settings", "copy-of-settings"):
        for version in client.list_object_versions(Bucket=name).get("Versions", ()):  # logs too
            client.delete_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])
        client.delete_bucket(Bucket=name)


@pytest.mark.parametrize("name", ONE)
def test_setting_comes_back_as_it_was_put_and_goes_with_its_bucket(s3, name):
    (member, setting), *_ = ONE[name].items()
    getattr(s3, f"put_bucket_{name}")(Bucket="settings", **ONE[name])
    answer = content(getattr(s3, f"get_bucket_{name}")(Bucket="settings"))
    assert answer.get(member, answer) == setting
    s3.delete_bucket(Bucket="settings")
    s3.create_bucket(Bucket="settings")
    ask = partial(getattr(s3, f"get_bucket_{name}"), Bucket="settings")
    if name in MISSING:
        assert refusal(ask) == MISSING[name]
    else:
        assert content(ask()) == ({"Payer": "BucketOwner"} if name == "request_payment" else {})


@pytest.mark.parametrize("name", ["lifecycle", "replication"])
def test_deleted_setting_is_gone_and_rules_without_an_id_get_one(s3, name):
    named = {"lifecycle": "lifecycle_configuration"}.get(name, name)
    (member, setting), *_ = ONE[named].items()
    rules = [{part: value for part, value in rule.items() if part != "ID"} for rule in setting["Rules"]]
    getattr(s3, f"put_bucket_{named}")(Bucket="settings", **{member: {**setting, "Rules": rules}})
    answer = content(getattr(s3, f"get_bucket_{named}")(Bucket="settings"))
    assert all(rule["ID"] for rule in answer.get(member, answer)["Rules"])
    getattr(s3, f"delete_bucket_{name}")(Bucket="settings")
    assert refusal(lambda: getattr(s3, f"get_bucket_{named}")(Bucket="settings")) == MISSING[named]


@pytest.mark.parametrize("name", MANY)
def test_settings_with_ids_are_listed_and_deleted_without_their_bucket(s3, name):
    (member, setting), *_ = MANY[name].items()
    for number in ("one", "two"):
        change = {member: {**setting, "Id": number}}
        getattr(s3, f"put_bucket_{name}_configuration")(Bucket="settings", Id=number, **change)
    get = getattr(s3, f"get_bucket_{name}_configuration")
    assert get(Bucket="settings", Id="one")[member] == setting
    listed = content(getattr(s3, f"list_bucket_{name}_configurations")(Bucket="settings"))
    assert listed == {f"{member}List": [setting, {**setting, "Id": "two"}]}
    getattr(s3, f"delete_bucket_{name}_configuration")(Bucket="settings", Id="one")
    assert refusal(lambda: get(Bucket="settings", Id="one")) == "NoSuchConfiguration"
    delete = getattr(s3, f"delete_bucket_{name}_configuration")
    assert refusal(lambda: delete(Bucket="settings", Id="one")) == "NoSuchConfiguration"
    assert get(Bucket="settings", Id="two")
    s3.head_bucket(Bucket="settings")


@pytest.mark.parametrize("root", ["NotificationConfiguration", "BucketLoggingStatus"])
def test_setting_without_anything_ends_what_was_set(place, s3, root):
    """As clients write it that leave out the namespace."""
    events = {"EventBridgeConfiguration": {}}
    s3.put_bucket_notification_configuration(Bucket="settings", NotificationConfiguration=events)
    query = {"NotificationConfiguration": "notification", "BucketLoggingStatus": "logging"}[root]
    with urllib3.PoolManager() as pool:
        url = f"{place.url}/settings?{query}"
        assert pool.request("PUT", url, body=f"<{root}/>".encode(), headers={"Authorization": KEY}).status == 200
        found = pool.request("GET", url, headers={"Authorization": KEY}).data
    assert (root.encode() in found, b"EventBridge" in found) == (True, False)


def requests_about_parts():
    """Each method and part of buckets and objects for which the SDK has an operation."""
    model = botocore.session.get_session().get_service_model("s3")
    for operation in map(model.operation_model, model.operation_names):
        path, _, query = operation.http["requestUri"].partition("?")
        if query and not query.startswith(("delete", "list-type")):
            yield operation.http["method"], path.removeprefix("/{Bucket}").replace("/{Key+}", "/kept.csv"), query


@pytest.mark.parametrize(("method", "path", "query"), sorted(set(requests_about_parts())))
def test_request_about_a_part_leaves_bucket_and_object_as_they_are(place, s3, method, path, query):
    s3.put_object(Bucket="settings", Key="kept.csv", Body=b"a\n1\n")
    if not path:
        s3.create_bucket(Bucket="empty")
    url = f"{place.url}/{'settings' if path else 'empty'}{path}?{query}&id=one"
    with urllib3.PoolManager() as pool:
        answer = pool.request(method, url, body=b"<x/>" if method != "GET" else None, headers={"Authorization": KEY})
    assert s3.get_object(Bucket="settings", Key="kept.csv")["Body"].read() == b"a\n1\n"
    if not path:
        s3.delete_bucket(Bucket="empty")  # it is there
    name = query.partition("&")[0]
    refused = REFUSED_OF_OBJECTS if path else REFUSED_OF_BUCKETS
    if name in (*refused[""], *refused.get(method, ())):
        assert (answer.status, name.encode() in answer.data) == (501, True)
    if name in BUCKET_SETTINGS and not path and method == "GET":
        assert b"ListBucketResult" not in answer.data
