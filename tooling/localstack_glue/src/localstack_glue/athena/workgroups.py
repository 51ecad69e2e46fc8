"""Workgroups: every account has `primary`; others are created and deleted."""

import threading
from collections.abc import Mapping
from datetime import datetime

from localstack_glue.athena.errors import InvalidRequestException
from localstack_glue.athena.models import PRIMARY, WorkGroup, athena_arn, get_store
from localstack_glue.athena.pages import page
from localstack_glue.service import stored_tags
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.clock import Clock
from localstack_glue.service.models import JsonDict

AUTO = "AUTO"
NEWEST_ENGINE = "Athena engine version 3"
_ENGINES = {AUTO: NEWEST_ENGINE, NEWEST_ENGINE: NEWEST_ENGINE, "PySpark engine version 3": "PySpark engine version 3"}
_DEFAULTS: JsonDict = {
    "EnforceWorkGroupConfiguration": True,
    "PublishCloudWatchMetricsEnabled": False,
    "RequesterPaysEnabled": False,
    "EnableMinimumEncryptionConfiguration": False,
}
_NESTED = ("ResultConfiguration", "ManagedQueryResultsConfiguration")


class WorkGroups:
    """The workgroup calls of the API."""

    def __init__(self, clock: Clock, lock: threading.RLock) -> None:
        self._clock = clock
        self._lock = lock

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "CreateWorkGroup": self.create,
            "DeleteWorkGroup": self.delete,
            "GetWorkGroup": self.get,
            "ListEngineVersions": self.list_engines,
            "ListWorkGroups": self.list_all,
            "UpdateWorkGroup": self.update,
        }

    def create(self, scope: Scope, request: JsonDict) -> JsonDict:
        """CreateWorkGroup."""
        name = request["Name"]
        with self._lock:
            if name == PRIMARY or name in get_store(scope).workgroups:
                raise InvalidRequestException("WorkGroup is already created")
            configuration = _completed(request.get("Configuration") or {})
            created = WorkGroup(name, configuration, self._clock.now(), request.get("Description"))
            get_store(scope).workgroups[name] = created
            stored_tags.add(get_store(scope).tags, athena_arn(scope, "workgroup", name), request.get("Tags"))
        return {}

    def get(self, scope: Scope, request: JsonDict) -> JsonDict:
        """GetWorkGroup."""
        found = self.find(scope, request["WorkGroup"])
        return {
            "WorkGroup": {
                "Name": found.name,
                "State": found.state,
                "Configuration": found.configuration,
                "CreationTime": found.created_on,
                **({"Description": found.description} if found.description else {}),
            }
        }

    def list_all(self, scope: Scope, request: JsonDict) -> JsonDict:
        """ListWorkGroups, by name."""
        self.find(scope, PRIMARY)
        stored = sorted(get_store(scope).workgroups.values(), key=lambda workgroup: workgroup.name)
        found, token = page(stored, request)
        summaries = [
            {
                "Name": workgroup.name,
                "State": workgroup.state,
                "Description": workgroup.description or "",
                "CreationTime": workgroup.created_on,
                "EngineVersion": workgroup.configuration["EngineVersion"],
            }
            for workgroup in found
        ]
        return {"WorkGroups": summaries, "NextToken": token}

    def list_engines(self, _scope: Scope, request: JsonDict) -> JsonDict:
        """ListEngineVersions."""
        known = [_engine(selected) for selected in _ENGINES]
        found, token = page(known, request, default=10)
        return {"EngineVersions": found, "NextToken": token}

    def update(self, scope: Scope, request: JsonDict) -> JsonDict:
        """UpdateWorkGroup: given members replace, others stay, `Remove...` takes one away."""
        with self._lock:
            found = self.find(scope, request["WorkGroup"])
            updates = request.get("ConfigurationUpdates") or {}
            found.configuration = _completed(_updated(found.configuration, updates))
            found.state = request.get("State") or found.state
            if request.get("Description") is not None:
                found.description = request["Description"]
        return {}

    def delete(self, scope: Scope, request: JsonDict) -> JsonDict:
        """DeleteWorkGroup; with its saved queries only if `RecursiveDeleteOption` is set."""
        with self._lock:
            name, store = self.find(scope, request["WorkGroup"]).name, get_store(scope)
            if name == PRIMARY:
                raise InvalidRequestException("The primary workgroup cannot be deleted")
            queries = [query.query_id for query in store.named_queries.values() if query.workgroup == name]
            statements = [key for key in store.prepared_statements if key[0] == name]
            if (queries or statements) and not request.get("RecursiveDeleteOption"):
                raise InvalidRequestException(f"WorkGroup {name} is not empty")
            for query_id in queries:
                del store.named_queries[query_id]
            for key in statements:
                del store.prepared_statements[key]
            del store.workgroups[name]
            store.tags.pop(athena_arn(scope, "workgroup", name), None)
        return {}

    def find(self, scope: Scope, name: str) -> WorkGroup:
        """Return a workgroup.

        Raises:
            InvalidRequestException: there is no workgroup of that name.
        """
        with self._lock:
            workgroups = get_store(scope).workgroups
            if PRIMARY not in workgroups:
                workgroups[PRIMARY] = _primary(self._clock.now())
            if name not in workgroups:
                raise InvalidRequestException(f"WorkGroup {name} is not found.")
            return workgroups[name]


def _primary(now: datetime) -> WorkGroup:
    return WorkGroup(PRIMARY, _completed({"EnforceWorkGroupConfiguration": False}), now)


def _completed(configuration: JsonDict) -> JsonDict:
    engine = _engine((configuration.get("EngineVersion") or {}).get("SelectedEngineVersion") or AUTO)
    configured = {member: value for member, value in configuration.items() if value is not None}
    return {"ResultConfiguration": {}, **_DEFAULTS, **configured, "EngineVersion": engine}


def _engine(selected: str) -> JsonDict:
    if selected not in _ENGINES:
        raise InvalidRequestException(f"{selected} is not an engine version. Valid: {', '.join(_ENGINES)}")
    return {"SelectedEngineVersion": selected, "EffectiveEngineVersion": _ENGINES[selected]}


def _updated(stored: JsonDict, updates: JsonDict) -> JsonDict:
    """Lay `ConfigurationUpdates` over a configuration."""
    result = dict(stored)
    for member, value in updates.items():
        name = member.removesuffix("Updates")
        if name in _NESTED:
            result[name] = _updated(result.get(name) or {}, value)
        elif member.startswith("Remove"):
            if value:
                result.pop(member.removeprefix("Remove"), None)
        elif value is not None:
            result[member] = value
    return result
