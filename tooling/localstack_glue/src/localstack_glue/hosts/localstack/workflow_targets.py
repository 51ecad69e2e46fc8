"""Makes LocalStack's EventBridge take Glue workflows as targets of its rules, which LocalStack 4.13 does not know."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response

from localstack_glue.events.workflow_delivery import workflow_targets
from localstack_glue.hosts.localstack.dispatch import refused
from localstack_glue.service.errors import ServiceError

if TYPE_CHECKING:
    from localstack_glue.events.workflow_delivery import Receiver


class WorkflowTargets:
    """Appended to `serve_custom_service_request_handlers`: looks at each PutTargets.

    It waits for the first PutTargets that names one: EventBridge's modules are not loaded for those who do not use it.
    """

    def __init__(self, receiver: Callable[[], "Receiver"]) -> None:
        self._receiver = receiver
        self._lock = threading.Lock()
        self._is_registered = False

    def __call__(self, _chain: HandlerChain, context: RequestContext, _response: Response) -> None:
        """Refuse a workflow without a role as AWS does, before anything is stored; else see that it can be one."""
        if context.operation is None or context.operation.name != "PutTargets" or context.service_request is None:
            return
        request: Any = context.service_request
        try:
            targets = workflow_targets(request.get("Targets") or ())
        except ServiceError as error:
            raise refused(error) from error
        if targets:
            self._register()

    def _register(self) -> None:
        with self._lock:
            if not self._is_registered:
                from localstack.services.events.target import TargetSenderFactory

                from localstack_glue.hosts.localstack.workflow_sender import workflow_sender

                TargetSenderFactory.register_target_sender("glue", workflow_sender(self._receiver))
                self._is_registered = True
