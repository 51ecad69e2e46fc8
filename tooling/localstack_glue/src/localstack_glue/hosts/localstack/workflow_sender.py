"""Events of LocalStack's EventBridge on their way to Glue workflows."""

import uuid
from collections.abc import Callable
from typing import Any

from localstack.services.events.target import TargetSender

from localstack_glue.events.workflow_delivery import Receiver, deliver


def workflow_sender(receiver: Callable[[], Receiver]) -> type[TargetSender]:
    """Make the class for LocalStack's EventBridge that delivers events to workflows."""

    class GlueWorkflowTargetSender(TargetSender):
        def process_event(self, event: Any, trace_header: Any) -> None:
            # not the result of `Input`: the workflow gets the id of the event itself
            event_id = event.get("id") if isinstance(event, dict) else None
            self.send_event({"id": event_id or str(uuid.uuid4())}, trace_header)

        def send_event(self, event: Any, _trace_header: Any) -> None:
            deliver(receiver(), self.target["Arn"], self.target.get("RoleArn") or "", self.rule_arn, event["id"])

    return GlueWorkflowTargetSender
