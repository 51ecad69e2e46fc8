"""Repairs `glue:startJobRun.sync` in the interpreter of state machines that LocalStack 4.13 and moto 5.2 share.

The interpreter ends each wait by interrupting the endpoint of the state's task token. Glue's states have no token, so
their executions fail once the job run has ended.
"""

from __future__ import annotations

import importlib
from typing import Any

_REPAIRED = "_has_token_for_sync"


def repair(package: str) -> None:
    """Give a state that waits for a job run a token, which nobody knows.

    Args:
        package: of the interpreter's states that call services.
    """
    states = importlib.import_module(f"{package}.state_task_service_glue").StateTaskServiceGlue
    condition = importlib.import_module(f"{package}.resource").ResourceCondition
    if getattr(states, _REPAIRED, False):
        return
    evaluate = states._eval_body

    def with_token(state: Any, env: Any) -> None:
        if state.resource.condition == condition.Sync:  # `.waitForTaskToken` stays refused, as on AWS
            state._supported_integration_patterns = {condition.Sync, condition.WaitForTaskToken}
        evaluate(state, env)

    states._eval_body = with_token
    setattr(states, _REPAIRED, True)
