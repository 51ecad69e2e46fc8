"""Which permissions a call of any service needs, and on which resources.

Source: docs.aws.amazon.com/service-authorization/latest/reference. For services and operations that are not described
here the action is checked and the resource is not.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from localstack_glue.iam import s3_permissions
from localstack_glue.iam.policy import Access

Parameters = Mapping[str, Any]
Spellings = Sequence[tuple[str, ...]]  # of each resource that a call needs
_PREFIXES = {"monitoring": "cloudwatch", "email": "ses", "stepfunctions": "states", "opensearch": "es"}
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
    if prefix == "s3":
        return s3_permissions.accesses(operation, parameters, place.partition)
    action = f"{prefix}:{operation}"
    if prefix == "cloudwatch":
        namespace = parameters.get("Namespace")
        return [Access(action, ("*",), {"cloudwatch:namespace": (namespace,)} if namespace else {})]
    if action == "events:PutEvents":
        return _put_events(action, parameters, place)
    find = _RESOURCES.get(prefix)
    return [Access(action, spellings, {}) for spellings in (find(operation, parameters, place) if find else [()])]


def _put_events(action: str, parameters: Parameters, place: Place) -> list[Access]:
    """Each event is judged by itself: by its bus, its source and its type."""
    found = []
    for entry in parameters.get("Entries") or ():
        bus = str(entry.get("EventBusName") or "default")
        arn = bus if bus.startswith("arn:") else place.arn("events", f"event-bus/{bus}")
        context = {"events:source": entry.get("Source"), "events:detail-type": entry.get("DetailType")}
        found.append(Access(action, (arn,), {key: (value,) for key, value in context.items() if value}))
    return found


def _glue(operation: str, parameters: Parameters, place: Place) -> Spellings:
    """The resources of a catalog call, with all levels above: reading a table needs catalog, database and table."""
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
    return levels + [(place.arn("glue", f"table/{database}/{name}"),) for name in names if name]


_GLUE_KINDS = {
    "Crawler": "crawler",
    "Job": "job",
    "Trigger": "trigger",
    "Workflow": "workflow",
    "Connection": "connection",
    "Crawls": "crawler",
}


def _glue_named(operation: str, parameters: Parameters, place: Place) -> Spellings:
    if arn := parameters.get("ResourceArn"):
        return [(arn,)]
    if "DataQualityRuleset" in operation:
        rulesets = parameters.get("RulesetNames") or [parameters.get("Name")]
        return [(place.arn("glue", f"dataQualityRuleset/{name}"),) for name in rulesets if name] or [()]
    for word, kind in _GLUE_KINDS.items():
        if word in operation:
            own = parameters.get(f"{kind.capitalize()}Name") or parameters.get("Name")
            if not own:
                return [()]
            named = (place.arn("glue", f"{kind}/{own}"),)
            return [(place.arn("glue", "catalog"),), named] if kind == "connection" else [named]
    return [()]


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


def _dynamodb(_operation: str, parameters: Parameters, place: Place) -> Spellings:
    name = parameters.get("TableName")
    if not name:
        return [()]
    table = name if name.startswith("arn:") else place.arn("dynamodb", f"table/{name}")
    index = parameters.get("IndexName")
    return [(f"{table}/index/{index}",)] if index else [(table,)]


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
    "sns": _arn_in("TopicArn", "TargetArn", "ResourceArn"),
    "sqs": _sqs,
    "states": _arn_in("stateMachineArn", "executionArn"),
    "sts": _arn_in("RoleArn"),
}
