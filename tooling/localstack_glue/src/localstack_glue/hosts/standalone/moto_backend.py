"""moto in this process as the backend: S3, IAM, STS, KMS, SNS, SQS, logs, EventBridge and what else moto has."""

from __future__ import annotations

import logging
from collections.abc import Callable
from io import BytesIO
from typing import Any

from moto.core.request import Request
from moto.events import models as events
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug import Response
from werkzeug.test import run_wsgi_app

from localstack_glue.events.workflow_delivery import DeliveryError, Receiver, deliver
from localstack_glue.service.account_region import Scope

LOG = logging.getLogger(__name__)


class MotoBackend:
    """Answers by moto, in the account that the caller's key says."""

    def __init__(self) -> None:
        self._application = DomainDispatcherApplication(create_backend_app)

    def answer(self, request: Request, scope: Scope) -> Response:
        """Answer a request; its body is given to moto again if it was read."""
        environ = {key: value for key, value in request.environ.items() if not key.startswith("werkzeug.")}
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = scope.account_id
        if "_cached_data" in vars(request):
            environ["wsgi.input"] = BytesIO(request.get_data())
        application = self._application.get_application(environ)
        body, status, headers = run_wsgi_app(application, environ)
        return Response(body, status=status, headers=headers, direct_passthrough=True)


def deliver_to_workflows(receiver: Receiver) -> None:
    """Make moto's EventBridge take Glue workflows as targets of its rules: it raises for what it does not know."""
    send: Callable[..., None] = events.Rule.send_to_targets

    def send_to_targets(rule: Any, original_event: Any, transform_input: bool = True) -> None:
        others = [target for target in rule.targets if not _is_workflow(target)]
        if rule.event_pattern.matches_event(original_event):
            for target in rule.targets:
                if _is_workflow(target):
                    _deliver(receiver, target, rule.arn, original_event)
        targets, rule.targets = rule.targets, others
        try:
            send(rule, original_event, transform_input)
        finally:
            rule.targets = targets

    events.Rule.send_to_targets = send_to_targets


def _is_workflow(target: Any) -> bool:
    return bool(target["Arn"].split(":")[2:3] == ["glue"])


def _deliver(receiver: Receiver, target: Any, rule_arn: str, event: Any) -> None:
    try:
        deliver(receiver, target["Arn"], target.get("RoleArn") or "", rule_arn, str(event["id"]))
    except DeliveryError:
        LOG.debug("whoever put the event learns nothing of it, as on AWS")
