"""Operations that moto lacks and Terraform needs; docs/reference/glue-service/stand-alone.md lists them."""

from __future__ import annotations

import json
from typing import Any

from moto.core.responses import ActionResult
from moto.events.exceptions import ValidationException
from moto.events.models import EventPattern
from moto.events.responses import EventsHandler
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, FakeDeleteMarker
from moto.stepfunctions.responses import StepFunctionResponse

from localstack_glue.iam.policy import Access, Verdict, decide, parse

_RESULTS = {
    Verdict.ALLOWED: PermissionResult.PERMITTED,
    Verdict.DENIED_EXPLICITLY: PermissionResult.DENIED,
    Verdict.NOT_ALLOWED: PermissionResult.NEUTRAL,
}


def add() -> None:
    """Give moto's services these operations, unless moto has them by now."""
    for operation in (_validate_state_machine_definition, _list_state_machine_versions):
        name = operation.__name__.removeprefix("_")
        if not hasattr(StepFunctionResponse, name):
            setattr(StepFunctionResponse, name, operation)
    EventsHandler.test_event_pattern = _test_event_pattern  # moto's own answers nothing
    FakeBucket.get_permission = get_permission
    if not hasattr(FakeDeleteMarker, "dispose"):  # moto calls it for all versions when the last one is deleted
        FakeDeleteMarker.dispose = lambda _marker: None


def _validate_state_machine_definition(response: Any) -> ActionResult:
    """Check the indispensable parts of a definition. Terraform's provider calls this at each plan."""
    problem = find_problem(response._get_param("definition") or "")
    diagnostics = [{"severity": "ERROR", "code": problem[0], "message": problem[1]}] if problem else []
    return ActionResult({"result": "FAIL" if problem else "OK", "diagnostics": diagnostics, "truncated": False})


def _list_state_machine_versions(response: Any) -> ActionResult:
    """The newest first, all on one page."""
    machine = response.stepfunction_backend.describe_state_machine(response._get_param("stateMachineArn"))
    versions = sorted(machine.versions.values(), key=lambda each: each.version, reverse=True)
    listed = [{"stateMachineVersionArn": each.arn, "creationDate": each.creation_date} for each in versions]
    return ActionResult({"stateMachineVersions": listed})


def _test_event_pattern(response: Any) -> Any:
    """Whether an event fits a pattern, as rules here judge it."""
    pattern = EventPattern.load(response._get_param("EventPattern"))
    try:
        event = json.loads(response._get_param("Event"))
    except ValueError as error:
        raise ValidationException(f"Parameter Event is not valid. Reason: {error}") from error
    return response._create_response({"Result": pattern.matches_event(event)})


def get_permission(bucket: Any, action: str, resource: str) -> PermissionResult:
    """The effect of a bucket's policy on an action of anybody, from its statements for everybody without a condition.

    moto ignores conditions and principals: a statement that denies requests without TLS, or those of one role, would
    deny everything.
    """
    statements = parse("bucket policy", bucket.policy.decode()) if bucket.policy else ()
    always = [each for each in statements if each.is_for_everybody and not each.condition and not each.problem]
    access = Access("s3:GetObject" if action == "s3:HeadObject" else action, (resource,), {})
    return _RESULTS[decide(always, access).verdict]


def find_problem(definition: str) -> tuple[str, str] | None:
    """The code and message of the problem that makes a state machine's definition unusable; None if none was found."""
    try:
        read = json.loads(definition)
    except ValueError as error:
        return "INVALID_JSON_DESCRIPTION", f"the definition is not JSON: {error}"
    if not isinstance(read, dict) or not isinstance(read.get("States"), dict) or not read["States"]:
        return "SCHEMA_VALIDATION_FAILED", "the definition needs States"
    names = set(read["States"])
    named = {read.get("StartAt"), *(state.get("Next") for state in read["States"].values() if isinstance(state, dict))}
    missing = sorted(str(name) for name in named - names - {None})
    if read.get("StartAt") is None:
        return "MISSING_TRANSITION_TARGET", "the definition needs StartAt"
    if missing:
        return "MISSING_TRANSITION_TARGET", f"there is no state named {', '.join(missing)}"
    return None
