"""A rule of EventBridge and its role, and what stands for the Glue service that the rule's events go to."""

import json
from types import SimpleNamespace
from typing import Any

from localstack_glue.iam.guard import RoleGuard
from localstack_glue.iam.policy import parse
from localstack_glue.iam.roles import RoleState

ROLE = "arn:aws:iam::111122223333:role/events"
RULE = "arn:aws:events:us-east-1:111122223333:rule/arrivals"
WORKFLOW = "arn:aws:glue:us-east-1:111122223333:workflow/arrivals"
MAY_NOTIFY = {"Effect": "Allow", "Action": "glue:notifyEvent", "Resource": WORKFLOW}  # as AWS's guide writes it


class FakeReceiver:
    """Notes what it is told; knows one role."""

    def __init__(self, *statements: dict[str, Any], trust: dict[str, Any] | None = None, enforced: bool = True) -> None:
        principal = {"Service": "events.amazonaws.com"}
        trusting = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **(trust or {})}
        role = RoleState(
            trust=parse("trust", json.dumps({"Statement": trusting})),
            statements=parse("notify", json.dumps({"Statement": list(statements)})),
            boundary=None,
            tags={},
            role_id="AROA1",
        )
        self.guard = RoleGuard(SimpleNamespace(find=lambda arn: role if arn == ROLE else None)) if enforced else None
        self.heard: list[tuple[str, str, str, str]] = []

    def notify_event(self, scope: Any, workflow_name: str, event_id: str) -> None:
        self.heard.append((scope.account_id, scope.region, workflow_name, event_id))
