"""Workflows as targets of LocalStack's EventBridge (G32)."""

from types import SimpleNamespace
from typing import Any

import pytest
from localstack.aws.api import CommonServiceException
from localstack.services.events.target import TargetSenderFactory

from localstack_glue.hosts.localstack.workflow_targets import WorkflowTargets
from tests.unit.localstack_glue.workflow_events import MAY_NOTIFY, ROLE, RULE, WORKFLOW, FakeReceiver


def put_targets(*targets: dict[str, str], operation: str = "PutTargets") -> Any:
    return SimpleNamespace(
        operation=SimpleNamespace(name=operation), service_request={"Rule": "arrivals", "Targets": list(targets)}
    )


def test_workflow_is_a_target_of_localstacks_eventbridge_once_it_is_named(monkeypatch):
    monkeypatch.setattr(TargetSenderFactory, "target_map", dict(TargetSenderFactory.target_map))
    receiver = FakeReceiver(MAY_NOTIFY)
    handler = WorkflowTargets(lambda: receiver)
    queue = {"Id": "q", "Arn": "arn:aws:sqs:us-east-1:111122223333:glue"}
    handler(None, put_targets(queue), None)
    assert "glue" not in TargetSenderFactory.target_map

    target = {"Id": "w", "Arn": WORKFLOW, "RoleArn": ROLE, "Input": '{"anything": 1}'}
    handler(None, put_targets(queue, target), None)
    sender = TargetSenderFactory(target, RULE, "arrivals", "us-east-1", "111122223333").get_target_sender()
    sender.process_event({"id": "e1", "source": "aws.s3", "detail": {}}, None)

    assert receiver.heard == [("111122223333", "us-east-1", "arrivals", "e1")]


def test_workflow_without_a_role_is_refused_as_a_target():
    with pytest.raises(CommonServiceException, match=f"RoleArn is required for target {WORKFLOW}.") as refused:
        WorkflowTargets(lambda: FakeReceiver())(None, put_targets({"Id": "w", "Arn": WORKFLOW}), None)
    assert refused.value.code == "ValidationException"
