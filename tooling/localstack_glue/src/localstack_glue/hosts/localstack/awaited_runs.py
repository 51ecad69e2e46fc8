"""Makes LocalStack's state machines wait for job runs: the repair, once there are any."""

import threading

from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response

from localstack_glue.hosts.awaited_runs import repair

STATES = "localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service"


class AwaitedRuns:
    """Appended to `serve_custom_service_request_handlers`: repairs the interpreter at Step Functions' first call.

    The interpreter's modules are not loaded for those who do not use it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_repaired = False

    def __call__(self, _chain: HandlerChain, context: RequestContext, _response: Response) -> None:
        """Repair the interpreter before an execution starts."""
        if context.service is None or context.service.service_name != "stepfunctions" or self._is_repaired:
            return
        with self._lock:
            if not self._is_repaired:
                repair(STATES)
                self._is_repaired = True
