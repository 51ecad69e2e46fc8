"""Glue workflows as targets of another emulator's rules: they are kept here, because the emulator does not know them.

The rules themselves stay in the emulator. Each event that is put through the gateway is matched with the rules that
have a workflow as a target, and delivered to it.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from moto.core.request import Request
from moto.events.models import EventPattern
from werkzeug import Response

from localstack_glue.events.workflow_delivery import DeliveryError, Receiver, deliver, workflow_targets
from localstack_glue.hosts.standalone.calls import replace_body
from localstack_glue.service.account_region import Scope
from localstack_glue.service.clients import ClientFactory
from localstack_glue.service.errors import ServiceError

LOG = logging.getLogger(__name__)
FILE = "workflow-targets.json"
_OK = 200
_TYPE = "application/x-amz-json-1.1"


class Backend(Protocol):
    """Serves the calls that are not handled here."""

    def answer(self, request: Request, scope: Scope, /) -> Response:
        """Answer a request."""
        ...


@dataclass(frozen=True, slots=True)
class _Rule:
    account_id: str
    region: str
    bus: str
    name: str


class WorkflowRules:
    """Handles the calls of the emulator's EventBridge first.

    Args:
        backend: the emulator.
        clients: for its EventBridge.
        receiver: takes events for workflows.
        folder: where the targets outlive this process; None if they need not.
    """

    def __init__(self, backend: Backend, clients: ClientFactory, receiver: Receiver, folder: Path | None) -> None:
        self._backend = backend
        self._clients = clients
        self._receiver = receiver
        self._file = folder / FILE if folder else None
        self._lock = threading.Lock()
        self._targets: dict[_Rule, dict[str, dict[str, Any]]] = self._load()
        self._operations: Mapping[str, Callable[[Request, Scope, dict[str, Any]], Response]] = {
            "DeleteRule": self._delete_rule,
            "ListRuleNamesByTarget": self._list_rule_names,
            "ListTargetsByRule": self._list_targets,
            "PutEvents": self._put_events,
            "PutRule": self._put_rule,
            "PutTargets": self._put_targets,
            "RemoveTargets": self._remove_targets,
        }

    def answer(self, request: Request, scope: Scope) -> Response:
        """Answer a call of EventBridge.

        Raises:
            ServiceError: AWS would refuse it, or the emulator does not answer.
        """
        operation = self._operations.get(request.headers.get("X-Amz-Target", "").rpartition(".")[2])
        if operation is None:
            return self._backend.answer(request, scope)
        try:
            document = json.loads(request.get_data() or b"{}")
        except ValueError as error:
            raise ServiceError("SerializationException", str(error), 400, sender_fault=True) from error
        return operation(request, scope, document)

    def _put_targets(self, request: Request, scope: Scope, body: dict[str, Any]) -> Response:
        ours = workflow_targets(body.get("Targets") or ())
        if not ours:
            return self._backend.answer(request, scope)
        rule = _rule(scope, body)
        described = self._described(scope, rule)
        if described is None:
            raise ServiceError(
                "ResourceNotFoundException", f"Rule {rule.name} does not exist on EventBus {rule.bus}.", 400
            )
        others = [target for target in body["Targets"] if target not in ours]
        if others:
            replace_body(request, json.dumps(body | {"Targets": others}).encode())
            response = self._backend.answer(request, scope)
            if response.status_code != _OK:
                return response
        else:
            response = _json({"FailedEntryCount": 0, "FailedEntries": []})
        with self._lock:
            self._targets.setdefault(rule, {}).update({str(target["Id"]): dict(target) for target in ours})
            self._save()
        return response

    def _remove_targets(self, request: Request, scope: Scope, body: dict[str, Any]) -> Response:
        rule, ids = _rule(scope, body), [str(each) for each in body.get("Ids") or ()]
        with self._lock:
            kept = self._targets.get(rule, {})
            ours = [each for each in ids if kept.pop(each, None)]
            if ours:
                self._save()
        others = [each for each in ids if each not in ours]
        if ours and not others:
            return _json({"FailedEntryCount": 0, "FailedEntries": []})
        if ours:
            replace_body(request, json.dumps(body | {"Ids": others}).encode())
        return self._backend.answer(request, scope)

    def _list_targets(self, request: Request, scope: Scope, body: dict[str, Any]) -> Response:
        response = self._backend.answer(request, scope)
        ours = self._targets_for(_rule(scope, body))
        if response.status_code != _OK or not ours:
            return response
        answer = json.loads(response.get_data())
        if answer.get("NextToken"):
            return response
        return _json(answer | {"Targets": [*(answer.get("Targets") or ()), *ours.values()]})

    def _list_rule_names(self, request: Request, scope: Scope, body: dict[str, Any]) -> Response:
        arn, bus = str(body.get("TargetArn") or ""), _bus(body)
        if arn.split(":")[2:3] != ["glue"]:
            return self._backend.answer(request, scope)
        with self._lock:
            found = [rule for rule, kept in self._targets.items() if any(each["Arn"] == arn for each in kept.values())]
        mine = [rule.name for rule in found if rule == _Rule(scope.account_id, scope.region, bus, rule.name)]
        return _json({"RuleNames": sorted(mine)})

    def _delete_rule(self, request: Request, scope: Scope, body: dict[str, Any]) -> Response:
        rule = _rule(scope, body)
        if self._targets_for(rule) and self._described(scope, rule) is not None:
            message = "Rule can't be deleted since it has targets."
            raise ServiceError("ValidationException", message, 400, sender_fault=True)
        return self._backend.answer(request, scope)

    def _put_rule(self, request: Request, scope: Scope, body: dict[str, Any]) -> Response:
        """Create a rule without targets: those of a rule with this name, which the emulator forgot, are dropped."""
        rule = _rule(scope, body)
        if self._targets_for(rule) and self._described(scope, rule) is None:
            self._forget(rule)
        return self._backend.answer(request, scope)

    def _put_events(self, request: Request, scope: Scope, body: dict[str, Any]) -> Response:
        response = self._backend.answer(request, scope)
        with self._lock:
            rules = [
                rule
                for rule, kept in self._targets.items()
                if kept and (rule.account_id, rule.region) == (scope.account_id, scope.region)
            ]
        if response.status_code == _OK and rules:
            results = json.loads(response.get_data()).get("Entries") or ()
            for entry, result in zip(body.get("Entries") or (), results, strict=False):
                if not result.get("ErrorCode"):
                    self._deliver(scope, rules, entry, str(result.get("EventId")))
        return response

    def _deliver(self, scope: Scope, rules: list[_Rule], entry: Mapping[str, Any], event_id: str) -> None:
        event = _event(scope, entry, event_id)
        for rule in rules:
            if rule.bus != _bus(entry):
                continue
            described = self._described(scope, rule)
            if described is None:  # it was deleted past the gateway
                self._forget(rule)
                continue
            pattern = described.get("EventPattern")
            if (
                described.get("State") == "DISABLED"
                or not pattern
                or not EventPattern.load(pattern).matches_event(event)
            ):
                continue
            for target in self._targets_for(rule).values():
                try:
                    deliver(self._receiver, target["Arn"], target.get("RoleArn") or "", described["Arn"], event_id)
                except DeliveryError:
                    LOG.debug("the sender of the event is not informed, as on AWS")
                except BotoCoreError as error:
                    LOG.warning("EventBridge could not deliver an event: %s", error)

    def _described(self, scope: Scope, rule: _Rule) -> dict[str, Any] | None:
        with closing(self._clients.of_account("events", scope)) as events:
            try:
                found: dict[str, Any] = events.describe_rule(Name=rule.name, EventBusName=rule.bus)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceNotFoundException":
                    raise ServiceError("InternalException", f"the rule cannot be read: {error}", 500) from error
                return None
            except BotoCoreError as error:
                raise ServiceError("BadGateway", f"the rule cannot be read: {error}", 502) from error
        return found

    def _forget(self, rule: _Rule) -> None:
        with self._lock:
            self._targets.pop(rule, None)
            self._save()

    def _targets_for(self, rule: _Rule) -> dict[str, dict[str, Any]]:
        with self._lock:
            return dict(self._targets.get(rule, {}))

    def _load(self) -> dict[_Rule, dict[str, dict[str, Any]]]:
        if self._file is None or not self._file.exists():
            return {}
        kept = json.loads(self._file.read_text("utf-8"))
        return {_Rule(*each["rule"]): {target["Id"]: target for target in each["targets"]} for each in kept}

    def _save(self) -> None:
        if self._file is None:
            return
        kept = [
            {"rule": [rule.account_id, rule.region, rule.bus, rule.name], "targets": list(targets.values())}
            for rule, targets in self._targets.items()
            if targets
        ]
        self._file.parent.mkdir(parents=True, exist_ok=True)
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(kept), "utf-8")
        new.replace(self._file)


def _rule(scope: Scope, body: Mapping[str, Any]) -> _Rule:
    return _Rule(scope.account_id, scope.region, _bus(body), str(body.get("Rule") or body.get("Name") or ""))


def _bus(body: Mapping[str, Any]) -> str:
    return str(body.get("EventBusName") or "default").rpartition("event-bus/")[2]


def _event(scope: Scope, entry: Mapping[str, Any], event_id: str) -> dict[str, Any]:
    """An entry of PutEvents as patterns see it."""
    moment = entry.get("Time")
    time = datetime.fromtimestamp(moment, UTC) if isinstance(moment, int | float) else datetime.now(UTC)
    return {
        "version": "0",
        "id": event_id,
        "detail-type": entry.get("DetailType"),
        "source": entry.get("Source"),
        "account": scope.account_id,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": scope.region,
        "resources": entry.get("Resources") or [],
        "detail": json.loads(entry.get("Detail") or "{}"),
    }


def _json(answer: Mapping[str, Any]) -> Response:
    return Response(json.dumps(answer), content_type=_TYPE)
