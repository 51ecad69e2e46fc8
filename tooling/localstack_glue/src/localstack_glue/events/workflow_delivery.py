"""Delivers EventBridge events to Glue workflows.

On AWS EventBridge calls `glue:NotifyEvent` with the role of the target. That operation is in no public model of the
API, so here the event goes to the service in the same process; the role is checked as if it had been called.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from localstack_glue.iam.guard import RoleGuard, RoleNotAssumableError
from localstack_glue.iam.policy import Access
from localstack_glue.iam.service_permissions import Place
from localstack_glue.service.account_region import Scope
from localstack_glue.service.errors import GlueError, ServiceError

LOG = logging.getLogger(__name__)
NOTIFY = "glue:NotifyEvent"


class DeliveryError(Exception):
    """An event did not reach its workflow. EventBridge's caller learns nothing of it, as on AWS."""


class Receiver(Protocol):
    """The Glue service, as an event sees it."""

    guard: RoleGuard | None

    def notify_event(self, scope: Scope, workflow_name: str, event_id: str) -> None:
        """Deliver an event to a workflow; raise a GlueError if it starts nothing."""
        ...


def workflow_targets(targets: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The targets of a rule that are Glue workflows.

    Raises:
        ServiceError: one of them has no role, as on AWS.
    """
    found = [target for target in targets if target["Arn"].split(":")[2:3] == ["glue"]]
    for target in found:
        if not target.get("RoleArn"):
            message = f"RoleArn is required for target {target['Arn']}."
            raise ServiceError("ValidationException", message, 400, sender_fault=True)
    return found


def deliver(receiver: Receiver, target_arn: str, role_arn: str, rule_arn: str, event_id: str) -> None:
    """Deliver an event to a workflow.

    Raises:
        DeliveryError: the rule may not, or the event starts nothing.
    """
    try:
        _, partition, _, region, account_id, resource = target_arn.split(":", 5)
    except ValueError:
        raise _failed(f"{target_arn} is not the ARN of a workflow") from None
    kind, _, name = resource.partition("/")
    if kind != "workflow" or not name:
        raise _failed(f"{target_arn} is not the ARN of a workflow")
    if receiver.guard is not None:
        access = Access(NOTIFY, (target_arn,), {})
        try:
            denials = receiver.guard.check_delivery(role_arn, rule_arn, access, Place(partition, region, account_id))
        except RoleNotAssumableError as error:
            raise _failed(str(error)) from error
        if denials:
            raise _failed(denials[0].message)
    try:
        receiver.notify_event(Scope(account_id, region), name, event_id)
    except GlueError as error:
        raise _failed(error.message) from error


def _failed(reason: str) -> DeliveryError:
    LOG.warning("EventBridge could not deliver an event: %s", reason)
    return DeliveryError(reason)
