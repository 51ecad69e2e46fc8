"""Which permissions calls need."""

import pytest

from localstack_glue.iam.service_permissions import Place, accesses

PLACE = Place("aws", "eu-central-1", "111122223333")
GLUE = "arn:aws:glue:eu-central-1:111122223333"
LOGS = "arn:aws:logs:eu-central-1:111122223333"


def needed(service: str, operation: str, **parameters: object) -> list[tuple[str, str]]:
    return [(access.action, access.resource) for access in accesses(service, operation, parameters, PLACE)]


@pytest.mark.parametrize(
    ("operation", "parameters", "expected"),
    [
        ("GetObject", {}, ["s3:GetObject"]),
        ("GetObject", {"VersionId": "v"}, ["s3:GetObjectVersion"]),
        ("HeadObject", {}, ["s3:GetObject"]),
        ("GetObjectAttributes", {}, ["s3:GetObject", "s3:GetObjectAttributes"]),
        ("GetObjectTagging", {"VersionId": "v"}, ["s3:GetObjectVersionTagging"]),
        ("PutObject", {}, ["s3:PutObject"]),
        ("PutObject", {"Tagging": "a=b", "ACL": "private"}, ["s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectAcl"]),
        ("PutObject", {"GrantRead": "id=1"}, ["s3:PutObject", "s3:PutObjectAcl"]),
        (
            "CreateMultipartUpload",
            {"ObjectLockMode": "GOVERNANCE", "ObjectLockLegalHoldStatus": "ON"},
            ["s3:PutObject", "s3:PutObjectRetention", "s3:PutObjectLegalHold"],
        ),
        ("DeleteObject", {"BypassGovernanceRetention": True}, ["s3:DeleteObject", "s3:BypassGovernanceRetention"]),
        ("CreateMultipartUpload", {}, ["s3:PutObject"]),
        ("UploadPart", {}, ["s3:PutObject"]),
        ("CompleteMultipartUpload", {}, ["s3:PutObject"]),
        ("AbortMultipartUpload", {}, ["s3:AbortMultipartUpload"]),
        ("ListParts", {}, ["s3:ListMultipartUploadParts"]),
        ("DeleteObject", {}, ["s3:DeleteObject"]),
        ("DeleteObject", {"VersionId": "v"}, ["s3:DeleteObjectVersion"]),
        ("DeleteObjectTagging", {}, ["s3:DeleteObjectTagging"]),
        ("GetObjectAcl", {}, ["s3:GetObjectAcl"]),
        ("RestoreObject", {}, ["s3:RestoreObject"]),
    ],
)
def test_calls_on_objects(operation, parameters, expected):
    resource = "arn:aws:s3:::lake/raw/a b.csv"
    assert needed("s3", operation, Bucket="lake", Key="raw/a b.csv", **parameters) == [
        (action, resource) for action in expected
    ]


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("ListObjectsV2", "s3:ListBucket"),
        ("ListObjects", "s3:ListBucket"),
        ("HeadBucket", "s3:ListBucket"),
        ("ListObjectVersions", "s3:ListBucketVersions"),
        ("ListMultipartUploads", "s3:ListBucketMultipartUploads"),
        ("GetBucketLocation", "s3:GetBucketLocation"),
        ("GetBucketEncryption", "s3:GetEncryptionConfiguration"),
        ("GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
        ("CreateBucket", "s3:CreateBucket"),
        ("DeleteBucketOwnershipControls", "s3:PutBucketOwnershipControls"),
        ("DeleteBucketMetricsConfiguration", "s3:PutMetricsConfiguration"),
        ("ListBucketInventoryConfigurations", "s3:GetInventoryConfiguration"),
        ("PutBucketAccelerateConfiguration", "s3:PutAccelerateConfiguration"),
    ],
)
def test_calls_on_buckets(operation, expected):
    assert needed("s3", operation, Bucket="lake") == [(expected, "arn:aws:s3:::lake")]


def test_new_bucket_needs_the_permissions_of_its_settings():
    found = needed(
        "s3", "CreateBucket", Bucket="lake", ObjectLockEnabledForBucket=True, ObjectOwnership="x", ACL="public-read"
    )
    assert [action.removeprefix("s3:") for action, _ in found] == [
        "CreateBucket",
        "PutBucketAcl",
        "PutBucketObjectLockConfiguration",
        "PutBucketVersioning",
        "PutBucketOwnershipControls",
    ]
    assert needed("s3", "CreateBucket", Bucket="lake", ACL="private") == [("s3:CreateBucket", "arn:aws:s3:::lake")]


def test_list_of_all_buckets():
    assert needed("s3", "ListBuckets") == [("s3:ListAllMyBuckets", "*")]
    (access,) = accesses("s3", "ListBuckets", {}, PLACE)
    assert access.resources == ("*", "arn:aws:s3:::*")  # AWS's examples have it both ways


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("code/a%20b/c.py", ("s3:GetObject", "arn:aws:s3:::code/a b/c.py")),
        ("/code/c.py", ("s3:GetObject", "arn:aws:s3:::code/c.py")),
        ("code/c.py?versionId=v1", ("s3:GetObjectVersion", "arn:aws:s3:::code/c.py")),
        ({"Bucket": "code", "Key": "c.py"}, ("s3:GetObject", "arn:aws:s3:::code/c.py")),
    ],
)
def test_copy_reads_its_source_and_writes_its_target(source, expected):
    assert needed("s3", "CopyObject", Bucket="lake", Key="k", CopySource=source) == [
        expected,
        ("s3:PutObject", "arn:aws:s3:::lake/k"),
    ]


def test_deletion_of_several_is_checked_key_by_key():
    objects = [{"Key": "a"}, {"Key": "b/c", "VersionId": "v"}]
    assert needed("s3", "DeleteObjects", Bucket="lake", Delete={"Objects": objects}) == [
        ("s3:DeleteObject", "arn:aws:s3:::lake/a"),
        ("s3:DeleteObjectVersion", "arn:aws:s3:::lake/b/c"),
    ]


def test_deletion_of_several_in_spite_of_a_lock_needs_the_permission_for_each_key():
    objects = [{"Key": "a"}, {"Key": "b"}]
    wanted = needed("s3", "DeleteObjects", Bucket="lake", Delete={"Objects": objects}, BypassGovernanceRetention=True)
    assert wanted == [
        ("s3:DeleteObject", "arn:aws:s3:::lake/a"),
        ("s3:BypassGovernanceRetention", "arn:aws:s3:::lake/a"),
        ("s3:DeleteObject", "arn:aws:s3:::lake/b"),
        ("s3:BypassGovernanceRetention", "arn:aws:s3:::lake/b"),
    ]


def test_listing_is_checked_with_its_prefix():
    (listing,) = accesses("s3", "ListObjectsV2", {"Bucket": "lake", "Prefix": "raw/", "MaxKeys": 5}, PLACE)
    assert listing.context == {"s3:prefix": ("raw/",), "s3:max-keys": ("5",)}
    (whole,) = accesses("s3", "ListObjectsV2", {"Bucket": "lake"}, PLACE)
    assert whole.context == {}


CATALOG, DATABASE, TABLE = f"{GLUE}:catalog", f"{GLUE}:database/lake", f"{GLUE}:table/lake/raw"


@pytest.mark.parametrize(
    ("operation", "parameters", "expected"),
    [
        ("GetDatabases", {}, [CATALOG]),
        ("GetDatabase", {"Name": "lake"}, [CATALOG, DATABASE]),
        ("CreateDatabase", {"DatabaseInput": {"Name": "lake"}}, [CATALOG, DATABASE]),
        ("UpdateDatabase", {"Name": "lake", "DatabaseInput": {"Name": "lake"}}, [CATALOG, DATABASE]),
        ("DeleteDatabase", {"Name": "lake"}, [CATALOG, DATABASE]),
        ("DeleteTable", {"DatabaseName": "lake", "Name": "raw"}, [CATALOG, DATABASE, TABLE]),
        ("GetTables", {"DatabaseName": "lake"}, [CATALOG, DATABASE]),
        ("GetTable", {"DatabaseName": "lake", "Name": "raw"}, [CATALOG, DATABASE, TABLE]),
        ("CreateTable", {"DatabaseName": "lake", "TableInput": {"Name": "raw"}}, [CATALOG, DATABASE, TABLE]),
        ("GetPartitions", {"DatabaseName": "lake", "TableName": "raw"}, [CATALOG, DATABASE, TABLE]),
        (
            "BatchDeleteTable",
            {"DatabaseName": "lake", "TablesToDelete": ["raw", "b"]},
            [CATALOG, DATABASE, TABLE, f"{GLUE}:table/lake/b"],
        ),
        ("GetWorkflowRunProperties", {"Name": "w", "RunId": "r"}, [f"{GLUE}:workflow/w"]),
        ("StartJobRun", {"JobName": "j"}, [f"{GLUE}:job/j"]),
        ("StartCrawler", {"Name": "c"}, [f"{GLUE}:crawler/c"]),
        ("GetConnection", {"Name": "c"}, [CATALOG, f"{GLUE}:connection/c"]),
        ("GetSecurityConfiguration", {"Name": "s"}, ["*"]),
        ("GetDataQualityRuleset", {"Name": "r"}, [f"{GLUE}:dataQualityRuleset/r"]),
        (
            "StartDataQualityRulesetEvaluationRun",
            {"RulesetNames": ["r", "s"]},
            [f"{GLUE}:dataQualityRuleset/r", f"{GLUE}:dataQualityRuleset/s"],
        ),
    ],
)
def test_calls_on_glue_need_all_levels_of_the_catalog(operation, parameters, expected):
    assert needed("glue", operation, **parameters) == [(f"glue:{operation}", resource) for resource in expected]


def test_calls_on_logs():
    group = f"{LOGS}:log-group:/aws-glue/jobs/output"
    put = needed("logs", "PutLogEvents", logGroupName="/aws-glue/jobs/output", logStreamName="jr")
    assert put == [("logs:PutLogEvents", f"{group}:log-stream:jr")]
    (create,) = accesses("logs", "CreateLogGroup", {"logGroupName": "/aws-glue/jobs/output"}, PLACE)
    assert create.resources == (f"{group}:log-stream:", group)


def test_metrics_are_checked_with_their_namespace():
    (put,) = accesses("cloudwatch", "PutMetricData", {"Namespace": "Glue"}, PLACE)
    assert (put.action, put.resources) == ("cloudwatch:PutMetricData", ("*",))
    assert put.context == {"cloudwatch:namespace": ("Glue",)}


def test_each_event_is_checked_with_its_bus_source_and_type():
    entries = [
        {"Source": "quartal", "DetailType": "Run", "Detail": "{}"},
        {"Source": "aws.glue", "Detail": "{}", "EventBusName": "own"},
    ]
    first, second = accesses("events", "PutEvents", {"Entries": entries}, PLACE)
    assert first.resources == ("arn:aws:events:eu-central-1:111122223333:event-bus/default",)
    assert first.context == {"events:source": ("quartal",), "events:detail-type": ("Run",)}
    assert second.resources == ("arn:aws:events:eu-central-1:111122223333:event-bus/own",)
    assert second.context == {"events:source": ("aws.glue",)}


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        ("kms", "Decrypt", {"KeyId": "arn:aws:kms:::key/1"}, ("arn:aws:kms:::key/1",)),
        ("kms", "Decrypt", {"KeyId": "alias/a"}, ()),
        ("sns", "Publish", {"TopicArn": "arn:aws:sns:::t"}, ("arn:aws:sns:::t",)),
        ("sqs", "SendMessage", {"QueueUrl": "http://h:1/0/q"}, ("arn:aws:sqs:eu-central-1:111122223333:q",)),
        ("dynamodb", "GetItem", {"TableName": "t"}, ("arn:aws:dynamodb:eu-central-1:111122223333:table/t",)),
        (
            "dynamodb",
            "Query",
            {"TableName": "t", "IndexName": "i"},
            ("arn:aws:dynamodb:eu-central-1:111122223333:table/t/index/i",),
        ),
        ("lambda", "Invoke", {"FunctionName": "f"}, ()),
    ],
)
def test_calls_on_other_services(service, operation, parameters, expected):
    (access,) = accesses(service, operation, parameters, PLACE)
    assert access.resources == expected


TABLE = "arn:aws:dynamodb:eu-central-1:111122223333:table"
WATCH = "arn:aws:cloudwatch:eu-central-1:111122223333"
KEY = "arn:aws:kms:eu-central-1:111122223333:key"


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        (
            "sqs",
            "SendMessageBatch",
            {"QueueName": "q"},
            [("sqs:SendMessage", "arn:aws:sqs:eu-central-1:111122223333:q")],
        ),
        ("sns", "PublishBatch", {"TopicArn": "arn:t"}, [("sns:Publish", "arn:t")]),
        ("lambda", "Invoke", {}, [("lambda:InvokeFunction", "*")]),
        ("sesv2", "SendEmail", {}, [("ses:SendEmail", "*")]),
        ("elbv2", "DescribeRules", {}, [("elasticloadbalancing:DescribeRules", "*")]),
        ("budgets", "DescribeBudgets", {}, [("budgets:ViewBudget", "*")]),
        ("budgets", "CreateNotification", {}, [("budgets:ModifyBudget", "*")]),
        ("budgets", "CreateBudgetAction", {}, [("budgets:CreateBudgetAction", "*")]),
        (
            "kms",
            "ReEncrypt",
            {"SourceKeyId": f"{KEY}/a", "DestinationKeyId": f"{KEY}/b"},
            [("kms:ReEncryptFrom", f"{KEY}/a"), ("kms:ReEncryptTo", f"{KEY}/b")],
        ),
        (
            "dynamodb",
            "BatchGetItem",
            {"RequestItems": {"a": {}, "b": {}}},
            [("dynamodb:BatchGetItem", f"{TABLE}/a"), ("dynamodb:BatchGetItem", f"{TABLE}/b")],
        ),
        (
            "dynamodb",
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "a"}}, {"ConditionCheck": {"TableName": "b"}}]},
            [("dynamodb:PutItem", f"{TABLE}/a"), ("dynamodb:ConditionCheckItem", f"{TABLE}/b")],
        ),
        ("cloudwatch", "PutMetricAlarm", {"AlarmName": "a"}, [("cloudwatch:PutMetricAlarm", f"{WATCH}:alarm:a")]),
        ("monitoring", "DeleteAlarms", {"AlarmNames": ["a"]}, [("cloudwatch:DeleteAlarms", f"{WATCH}:alarm:a")]),
        (
            "cloudwatch",
            "GetDashboard",
            {"DashboardName": "d"},
            [("cloudwatch:GetDashboard", "arn:aws:cloudwatch::111122223333:dashboard/d")],
        ),
        ("dynamodb", "ExecuteStatement", {"Statement": "select * from a"}, [("dynamodb:PartiQLSelect", "*")]),
        ("dynamodb", "ExecuteStatement", {"Statement": "insert\ninto a value {}"}, [("dynamodb:PartiQLInsert", "*")]),
        ("dynamodb", "ExecuteStatement", {"Statement": "UPDATE\ta set b = 1"}, [("dynamodb:PartiQLUpdate", "*")]),
        (
            "dynamodb",
            "ExecuteTransaction",
            {"TransactStatements": [{"Statement": "EXISTS(SELECT * FROM a)"}, {"Statement": "DELETE FROM a"}]},
            [("dynamodb:PartiQLSelect", "*"), ("dynamodb:PartiQLDelete", "*")],
        ),
    ],
)
def test_permission_that_is_not_named_like_its_operation(service, operation, parameters, expected):
    assert needed(service, operation, **parameters) == expected


@pytest.mark.parametrize(
    ("operation", "parameters", "expected"),
    [
        ("CreateCrawler", {"Name": "c", "DatabaseName": "db"}, [f"{GLUE}:crawler/c"]),
        ("UpdateCrawler", {"Name": "c", "DatabaseName": "db"}, [f"{GLUE}:crawler/c"]),
        ("BatchGetJobs", {"JobNames": ["a", "b"]}, [f"{GLUE}:job/a", f"{GLUE}:job/b"]),
        ("BatchGetWorkflows", {"Names": ["a"]}, [f"{GLUE}:workflow/a"]),
        ("CreateConnection", {"ConnectionInput": {"Name": "x"}}, [f"{GLUE}:catalog"]),
        ("GetConnections", {}, [f"{GLUE}:catalog"]),
        ("BatchDeleteConnection", {"ConnectionNameList": ["x"]}, [f"{GLUE}:catalog", f"{GLUE}:connection/x"]),
        (
            "GetUserDefinedFunction",
            {"DatabaseName": "db", "FunctionName": "f"},
            [f"{GLUE}:catalog", f"{GLUE}:database/db", f"{GLUE}:userDefinedFunction/db/f"],
        ),
        ("CreateRegistry", {"RegistryName": "r"}, [f"{GLUE}:registry/r"]),
        (
            "CreateSchema",
            {"SchemaName": "s"},
            [f"{GLUE}:registry/default-registry", f"{GLUE}:schema/default-registry/s"],
        ),
        (
            "GetSchema",
            {"SchemaId": {"RegistryName": "r", "SchemaName": "s"}},
            [f"{GLUE}:registry/r", f"{GLUE}:schema/r/s"],
        ),
        ("GetSchema", {"SchemaId": {"SchemaArn": "arn:s"}}, ["arn:s"]),
        ("RunStatement", {"SessionId": "s", "Code": "1"}, [f"{GLUE}:session/s"]),
    ],
)
def test_resources_of_glue(operation, parameters, expected):
    assert needed("glue", operation, **parameters) == [(f"glue:{operation}", resource) for resource in expected]


@pytest.mark.parametrize(
    ("service", "operation"), [("dynamodb", "ListExports"), ("secretsmanager", "ListSecrets"), ("kms", "ListKeys")]
)
def test_call_that_no_policy_can_limit_to_a_resource_needs_everything(service, operation):
    (access,) = accesses(service, operation, {}, PLACE)
    assert access.resources == ("*",)


@pytest.mark.parametrize(
    ("service", "operation", "resource"),
    [
        ("dynamodb", "ListTables", f"{TABLE}/*"),
        ("sns", "ListSubscriptions", "arn:aws:sns:eu-central-1:111122223333:*"),
        ("sns", "ListTopics", "arn:aws:sns:eu-central-1:111122223333:*"),
        ("sqs", "ListQueues", "arn:aws:sqs:eu-central-1:111122223333:"),
        ("stepfunctions", "ListStateMachines", "arn:aws:states:eu-central-1:111122223333:stateMachine:*"),
    ],
)
def test_list_needs_the_resource_that_aws_names_in_its_refusal(service, operation, resource):
    (access,) = accesses(service, operation, {}, PLACE)
    assert access.resources == (resource,)


@pytest.mark.parametrize("operation", ["GetSubscriptionAttributes", "SetSubscriptionAttributes", "Unsubscribe"])
def test_subscription_is_judged_by_its_topic(operation):
    topic = "arn:aws:sns:eu-central-1:111122223333:t"
    assert needed("sns", operation, SubscriptionArn=f"{topic}:6f2a") == [(f"sns:{operation}", topic)]


def test_answer_of_a_task_may_be_limited_to_a_state_machine_which_its_token_does_not_show():
    (access,) = accesses("stepfunctions", "SendTaskSuccess", {"taskToken": "t"}, PLACE)
    assert access.resources == ()
