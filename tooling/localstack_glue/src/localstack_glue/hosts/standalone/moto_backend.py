"""moto in this process as the backend: S3, IAM, STS, KMS, SNS, SQS, logs, EventBridge and moto's other services."""

from __future__ import annotations

import copy
import json
import logging
import sys
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from moto.core.config import default_user_config
from moto.core.request import Request
from moto.events import models as events
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.sns.exceptions import SNSException
from moto.sns.models import sns_backends
from moto.sqs.exceptions import SQSException
from moto.sqs.models import sqs_backends
from werkzeug import Response
from werkzeug.test import run_wsgi_app

from localstack_glue.events.workflow_delivery import DeliveryError, Receiver, deliver
from localstack_glue.hosts.standalone import (
    moto_additions,
    moto_object_settings,
    moto_s3,
    moto_s3_bodies,
    moto_s3_conditions,
    moto_s3_lists,
    moto_s3_requests,
    moto_s3_versions,
)
from localstack_glue.hosts.standalone.calls import message_member, read_caller
from localstack_glue.hosts.standalone.event_text import text_for
from localstack_glue.service.account_region import Scope
from localstack_glue.service.errors import ServiceError

LOG = logging.getLogger(__name__)
_ERRORS = 400  # the first status of errors
_S3 = (
    moto_object_settings,
    moto_s3,
    moto_s3_bodies,
    moto_s3_conditions,
    moto_s3_lists,
    moto_s3_requests,
    moto_s3_versions,
)
REPLACED: tuple[tuple[Any, str, Any], ...] = tuple(each for module in _S3 for each in module.REPLACED)


class MotoBackend:
    """Responds through moto, in the account of the caller's key.

    Args:
        own: services that the gateway answers itself, so that moto must keep nothing of theirs.
    """

    def __init__(self, own: Collection[str] = ()) -> None:
        self._own = own
        self._checks_stacks = False
        moto_additions.add()
        for owner, name, own in REPLACED:
            setattr(owner, name, own)
        default_user_config["iam"] = {"load_aws_managed_policies": True}  # AWS's own policies, which moto leaves out
        self._application = DomainDispatcherApplication(create_backend_app)

    def answer(self, request: Request, scope: Scope) -> Response:
        """Answer a request. A body that was already read is passed on to moto.

        Raises:
            ServiceError: moto does not have the operation. A client does not send that again, as it would after a 500.
        """
        environ = {key: value for key, value in request.environ.items() if not key.startswith("werkzeug.")}
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = scope.account_id
        if "_cached_data" in vars(request):
            environ["wsgi.input"] = BytesIO(request.get_data())
        application = self._application.get_application(environ)
        if not self._checks_stacks and "moto.cloudformation.models" in sys.modules:  # which imports most of moto
            from localstack_glue.hosts.standalone.moto_stacks import check_templates

            check_templates(self._own)
            self._checks_stacks = True
        application.config["PROPAGATE_EXCEPTIONS"] = True
        try:
            body, status, headers = run_wsgi_app(application, environ)
        except NotImplementedError as error:
            raise ServiceError("NotImplemented", f"moto, which answers this service: {error}", 501) from error
        except Exception as error:
            LOG.exception("moto failed")
            raise ServiceError("InternalFailure", f"moto, which answers this service: {error!r}", 500) from error
        response = Response(body, status=status, headers=headers)
        if response.status_code >= _ERRORS and "json" in (response.content_type or ""):
            _name_text(response, read_caller(request).service)
        return response


def _name_text(response: Response, service: str) -> None:
    """Give the text of a JSON error the name that the service's model gives it; moto calls it `message` always."""
    try:
        error = json.loads(response.get_data())
        code = error["__type"].rpartition("#")[2]
    except (ValueError, KeyError, TypeError, AttributeError):  # not an error as moto writes them
        return
    member = message_member(service, code)
    if "message" in error and member not in error:
        error[member] = error.pop("message")
        response.set_data(json.dumps(error))


def deliver_to_workflows_and_topics(receiver: Receiver) -> None:
    """Make moto's EventBridge accept Glue workflows and SNS topics as targets of its rules.

    As on AWS, a target that cannot be reached fails neither the other targets nor PutEvents. moto's own rules deliver
    events even if they are disabled, and all events if they have a schedule and no pattern; its queues get no Input.
    """
    send: Callable[..., None] = events.Rule.send_to_targets

    def send_to_targets(rule: Any, original_event: Any, transform_input: bool = True) -> None:
        has_pattern = bool(rule.event_pattern.get_pattern())
        if rule.state == "DISABLED" or not has_pattern or not rule.event_pattern.matches_event(original_event):
            return
        for target in list(rule.targets):
            service = target["Arn"].split(":")[2]
            if service == "glue":
                _deliver(receiver, target, rule.arn, original_event)
            elif service == "sns":
                _publish(target, rule.account_id, original_event)
            elif service == "sqs":
                _enqueue(target, original_event)
            else:
                single = copy.copy(rule)  # the rule itself is read by other threads
                single.targets = [target]
                # moto's own template of a whole event loses the account, and fills what looks like it in the detail
                is_filled = transform_input and "InputTransformer" in target
                try:
                    send(single, original_event if is_filled else _as_noted(original_event), is_filled)
                except NotImplementedError:
                    LOG.info("moto sends no events to %s", target["Arn"])

    events.Rule.send_to_targets = send_to_targets


def _deliver(receiver: Receiver, target: Any, rule_arn: str, event: Any) -> None:
    try:
        deliver(receiver, target["Arn"], target.get("RoleArn") or "", rule_arn, str(event["id"]))
    except DeliveryError:
        LOG.debug("the sender of the event is not informed, as on AWS")


def _publish(target: Any, account_id: str, event: Any) -> None:
    try:
        topic = sns_backends[account_id][target["Arn"].split(":")[3]].get_topic(target["Arn"])
    except SNSException:
        LOG.info("there is no topic %s", target["Arn"])
        return
    topic.publish(text_for(target, _as_sent(event)))


def _enqueue(target: Any, event: Any) -> None:
    region, account, name = target["Arn"].split(":")[3:6]
    group = (target.get("SqsParameters") or {}).get("MessageGroupId")
    try:
        sqs_backends[account][region].send_message(name, text_for(target, _as_sent(event)), group_id=group)
    except SQSException as error:
        LOG.info("the queue %s takes no event: %s", target["Arn"], error)


def _as_noted(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event without what moto only notes."""
    return {name: value for name, value in event.items() if name != "ingestion-time"}


def _as_sent(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event as targets see it: with its time in words."""
    sent = _as_noted(event)
    moment = event.get("time")
    if isinstance(moment, int | float):
        moment = datetime.fromtimestamp(moment, UTC)
    if isinstance(moment, datetime):
        sent["time"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return sent
