"""Which permissions a call of any service needs, and on which resources.

Source: docs.aws.amazon.com/service-authorization/latest/reference. For services and operations that are not described
here the action is checked and the resource is not.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from localstack_glue.iam import s3_permissions
from localstack_glue.iam.policy import Access

Parameters = Mapping[str, Any]
Spellings = Sequence[tuple[str, ...]]  # of each resource that a call needs
# of services whose permissions begin otherwise than botocore calls them
_PREFIXES = {
    "apigatewaymanagementapi": "execute-api",
    "appconfigdata": "appconfig",
    "bedrock-agent": "bedrock",
    "bedrock-agent-runtime": "bedrock",
    "bedrock-runtime": "bedrock",
    "docdb": "rds",
    "dynamodbstreams": "dynamodb",
    "efs": "elasticfilesystem",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "email": "ses",
    "emr": "elasticmapreduce",
    "iot-data": "iot",
    "keyspaces": "cassandra",
    "kinesisanalyticsv2": "kinesisanalytics",
    "monitoring": "cloudwatch",
    "mwaa": "airflow",
    "neptune": "rds",
    "opensearch": "es",
    "opensearchserverless": "aoss",
    "resourcegroupstaggingapi": "tag",
    "s3control": "s3",
    "sagemaker-featurestore-runtime": "sagemaker",
    "sagemaker-runtime": "sagemaker",
    "service-quotas": "servicequotas",
    "sesv2": "ses",
    "sso-admin": "sso",
    "stepfunctions": "states",
    "timestream-query": "timestream",
    "timestream-write": "timestream",
}
# operations that need a permission of another name
_ACTIONS = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "lambda:InvokeWithResponseStream": "lambda:InvokeFunction",
    "sns:PublishBatch": "sns:Publish",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}
# operations that no policy can limit to a resource, as far as is known: an Allow needs `*`
_WITHOUT_RESOURCE = {
    "athena": (
        *("ListApplicationDPUSizes", "ListCapacityReservations", "ListDataCatalogs", "ListEngineVersions"),
        "ListWorkGroups",
    ),
    "dynamodb": (
        *("DescribeEndpoints", "DescribeLimits", "ListBackups", "ListContributorInsights", "ListExports"),
        *("ListGlobalTables", "ListImports", "ListStreams"),
    ),
    "kms": ("CreateKey", "GenerateRandom", "ListAliases", "ListKeys"),
    "logs": ("DescribeQueries", "DescribeResourcePolicies", "PutQueryDefinition", "PutResourcePolicy", "StopQuery"),
    "secretsmanager": ("GetRandomPassword", "ListSecrets"),
    "states": ("ListActivities",),
    "sts": ("DecodeAuthorizationMessage", "GetAccessKeyInfo"),
}
# lists of which the reference names no resource either, but AWS's refusals do: a policy for all of a kind allows them
_WHOLE_KINDS = {
    "dynamodb:ListTables": "table/*",
    "sns:ListSubscriptions": "*",
    "sns:ListTopics": "*",
    "sqs:ListQueues": "",
    "states:ListStateMachines": "stateMachine:*",
}
_OF_BUDGETS = re.compile(r"(Create|Delete|Describe|Update)(?!.*Action)")
_VERB_OF_PARTIQL = re.compile(r"\s*(?:EXISTS\W*)?(\w+)", re.IGNORECASE)
_OF_ITEMS = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}
# always possible, even with an explicit Deny
ALWAYS_ALLOWED = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken"})


@dataclass(frozen=True, slots=True)
class Place:
    """The destination of a call."""

    partition: str
    region: str
    account_id: str

    def arn(self, service: str, resource: str) -> str:
        """An ARN in this place."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"


def accesses(service: str, operation: str, parameters: Parameters, place: Place) -> list[Access]:
    """Name what a call does."""
    prefix = _PREFIXES.get(service, service)
    if service == "s3":
        return s3_permissions.accesses(operation, parameters, place.partition)
    action = f"{prefix}:{operation}"
    if operation in _WITHOUT_RESOURCE.get(prefix, ()):
        return [Access(action, ("*",), {})]
    if (kind := _WHOLE_KINDS.get(action)) is not None:
        return [Access(action, (place.arn(prefix, kind),), {})]
    if prefix == "cloudwatch":
        namespace = parameters.get("Namespace")
        context = {"cloudwatch:namespace": (str(namespace),)} if namespace else {}
        return [Access(action, spellings, context) for spellings in _cloudwatch(operation, parameters, place)]
    if action == "events:PutEvents":
        return _put_events(action, parameters, place)
    if prefix == "dynamodb" and (found := list(_of_items(operation, parameters, place))):
        return found
    if action == "kms:ReEncrypt":
        ends = (("From", "SourceKeyId"), ("To", "DestinationKeyId"))
        return [Access(f"{action}{end}", _arn_in(key)("", parameters, place)[0], {}) for end, key in ends]
    if prefix == "budgets" and _OF_BUDGETS.match(operation):
        action = f"budgets:{'ViewBudget' if operation.startswith('Describe') else 'ModifyBudget'}"
    find = _RESOURCES.get(prefix)
    resources = find(operation, parameters, place) if find else [()]
    return [Access(_ACTIONS.get(action, action), spellings, {}) for spellings in resources]


def _put_events(action: str, parameters: Parameters, place: Place) -> list[Access]:
    """Each event is judged by itself: by its bus, its source and its type."""
    found = []
    for entry in parameters.get("Entries") or ():
        bus = str(entry.get("EventBusName") or "default")
        arn = bus if bus.startswith("arn:") else place.arn("events", f"event-bus/{bus}")
        context = {"events:source": entry.get("Source"), "events:detail-type": entry.get("DetailType")}
        found.append(Access(action, (arn,), {key: (value,) for key, value in context.items() if value}))
    return found


def _cloudwatch(operation: str, parameters: Parameters, place: Place) -> Spellings:
    """Alarms and dashboards; metrics are no resources, and other resources are not checked."""
    if re.search("InsightRule|MetricStream|Tag", operation):
        return [()]
    if "Alarm" in operation and operation != "DescribeAlarmsForMetric":
        names = parameters.get("AlarmName") or parameters.get("AlarmNames") or ()
        return [(place.arn("cloudwatch", f"alarm:{name}"),) for name in _listed(names)] or [()]
    if "Dashboard" in operation and operation != "ListDashboards":
        names = parameters.get("DashboardName") or parameters.get("DashboardNames") or ()
        start = f"arn:{place.partition}:cloudwatch::{place.account_id}:dashboard"
        return [(f"{start}/{name}",) for name in _listed(names)] or [()]
    return [("*",)]


def _glue(operation: str, parameters: Parameters, place: Place) -> Spellings:
    """The resources of a catalog call, with all levels above: reading a table needs catalog, database and table."""
    if operation == "CreateDevEndpoint":
        return [("*",)]
    if "Crawler" in operation:
        return _glue_named(operation, parameters, place)
    database = parameters.get("DatabaseName") or (parameters.get("DatabaseInput") or {}).get("Name")
    if operation in ("GetDatabase", "UpdateDatabase", "DeleteDatabase"):
        database = parameters.get("Name")
    catalog = (place.arn("glue", "catalog"),)
    if database is None:
        if operation in ("GetDatabases", "GetCatalogImportStatus", "SearchTables"):
            return [catalog]
        return _glue_named(operation, parameters, place)
    levels: list[tuple[str, ...]] = [catalog, (place.arn("glue", f"database/{database}"),)]
    names = [
        parameters.get("TableName"),
        (parameters.get("TableInput") or {}).get("Name"),
        parameters.get("Name") if operation in ("GetTable", "DeleteTable") else None,
        *(parameters.get("TablesToDelete") or ()),
    ]
    function = parameters.get("FunctionName")
    functions = [(place.arn("glue", f"userDefinedFunction/{database}/{function}"),)] if function else []
    return levels + [(place.arn("glue", f"table/{database}/{name}"),) for name in names if name] + functions


# a word of an operation, the kind of resource, and the members that name it or several; the first word counts
_GLUE_KINDS = (
    ("Crawl", "crawler", ("CrawlerName", "Name", "CrawlerNames")),
    ("Job", "job", ("JobName", "Name", "JobNames")),
    ("Trigger", "trigger", ("TriggerName", "Name", "TriggerNames")),
    ("Workflow", "workflow", ("WorkflowName", "Name", "Names")),
    ("Blueprint", "blueprint", ("BlueprintName", "Name", "Names")),
    ("DevEndpoint", "devEndpoint", ("EndpointName", "DevEndpointNames")),
    ("ML", "mlTransform", ("TransformId",)),
    ("Session", "session", ("Id",)),
    ("Statement", "session", ("SessionId",)),
    ("UsageProfile", "usageProfile", ("Name",)),
)


def _glue_named(operation: str, parameters: Parameters, place: Place) -> Spellings:
    if arn := parameters.get("ResourceArn"):
        return [(arn,)]
    if "DataQualityRuleset" in operation:
        rulesets = parameters.get("RulesetNames") or [parameters.get("Name")]
        return [(place.arn("glue", f"dataQualityRuleset/{name}"),) for name in rulesets if name] or [()]
    if re.search("Connection(?!Type)", operation) or operation in ("DescribeEntity", "ListEntities"):
        names = parameters.get("ConnectionNameList") or [parameters.get("ConnectionName") or parameters.get("Name")]
        return [(place.arn("glue", each),) for each in ("catalog", *(f"connection/{name}" for name in names if name))]
    if "Schema" in operation or "Registry" in operation:
        return _schema(parameters, place)
    for word, kind, members in _GLUE_KINDS:
        if word in operation:
            named = next((parameters[member] for member in members if parameters.get(member)), ())
            return [(place.arn("glue", f"{kind}/{name}"),) for name in _listed(named)] or [()]
    return [()]


def _schema(parameters: Parameters, place: Place) -> Spellings:
    """The registry, and the schema with its registry."""
    schema, registry = (parameters.get(name) or {} for name in ("SchemaId", "RegistryId"))
    name = parameters.get("SchemaName") or schema.get("SchemaName")
    arns = [registry.get("RegistryArn"), schema.get("SchemaArn")]
    own = registry.get("RegistryName") or schema.get("RegistryName") or parameters.get("RegistryName")
    if own is None and name and not arns[0]:
        own = "default-registry"
    if own:
        arns[0] = place.arn("glue", f"registry/{own}")
        arns[1] = place.arn("glue", f"schema/{own}/{name}") if name else arns[1]
    return [(arn,) for arn in arns if arn] or [()]


def _listed(value: Any) -> Sequence[Any]:
    return (value,) if isinstance(value, str) else value


def _logs(operation: str, parameters: Parameters, place: Place) -> Spellings:
    group, stream = parameters.get("logGroupName"), parameters.get("logStreamName")
    if group is None:
        identifier = parameters.get("logGroupIdentifier") or parameters.get("resourceArn")
        return [(str(identifier),)] if str(identifier).startswith("arn:") else [()]
    own = place.arn("logs", f"log-group:{group}")
    if stream is not None and operation != "CreateLogStream":
        return [(f"{own}:log-stream:{stream}",)]
    return [(f"{own}:log-stream:", own)]  # policies are written both ways, AWS takes both


def _sqs(_operation: str, parameters: Parameters, place: Place) -> Spellings:
    if name := parameters.get("QueueName"):
        return [(place.arn("sqs", name),)]
    if url := parameters.get("QueueUrl"):
        return [(place.arn("sqs", urlsplit(url).path.rstrip("/").rsplit("/", 1)[-1]),)]
    return [()]


def _sns(operation: str, parameters: Parameters, place: Place) -> Spellings:
    """The topic, also of a subscription: AWS's reference names no resource for one, but its refusals name the topic."""
    subscription = str(parameters.get("SubscriptionArn") or "")
    if subscription.startswith("arn:"):
        return [(subscription.rpartition(":")[0],)]
    return _arn_in("TopicArn", "TargetArn", "ResourceArn")(operation, parameters, place)


def _dynamodb(_operation: str, parameters: Parameters, place: Place) -> Spellings:
    name = parameters.get("TableName")
    if not name:
        return [()]
    table = name if name.startswith("arn:") else place.arn("dynamodb", f"table/{name}")
    index = parameters.get("IndexName")
    return [(f"{table}/index/{index}",)] if index else [(table,)]


def _of_items(operation: str, parameters: Parameters, place: Place) -> Iterator[Access]:
    """The accesses of calls on several tables, and of statements, which need permissions of other names."""
    for table in parameters.get("RequestItems") or ():
        yield Access(f"dynamodb:{operation}", _dynamodb("", {"TableName": table}, place)[0], {})
    for item in parameters.get("TransactItems") or ():
        for kind, call in item.items():
            yield Access(f"dynamodb:{_OF_ITEMS[kind]}", _dynamodb("", call, place)[0], {})
    several = parameters.get("Statements") or parameters.get("TransactStatements") or ()
    for each in [parameters] if "Statement" in parameters else several:
        verb = _VERB_OF_PARTIQL.match(str(each.get("Statement")))
        yield Access(f"dynamodb:PartiQL{verb[1].capitalize() if verb else ''}", (), {})


def _athena(_operation: str, parameters: Parameters, place: Place) -> Spellings:
    workgroup = parameters.get("WorkGroup")
    return [(place.arn("athena", f"workgroup/{workgroup}"),)] if workgroup else [()]


def _arn_in(*members: str) -> Callable[[str, Parameters, Place], Spellings]:
    """For services whose requests name a resource by its ARN; by another name it is not checked."""

    def find(_operation: str, parameters: Parameters, _place: Place) -> Spellings:
        arns = [str(parameters[name]) for name in members if str(parameters.get(name) or "").startswith("arn:")]
        return [(arns[0],)] if arns else [()]

    return find


_RESOURCES: dict[str, Callable[[str, Parameters, Place], Spellings]] = {
    "athena": _athena,
    "dynamodb": _dynamodb,
    "glue": _glue,
    "kms": _arn_in("KeyId", "DestinationKeyId"),
    "logs": _logs,
    "secretsmanager": _arn_in("SecretId"),
    "sns": _sns,
    "sqs": _sqs,
    "states": _arn_in("stateMachineArn", "executionArn"),
    "sts": _arn_in("RoleArn"),
}
