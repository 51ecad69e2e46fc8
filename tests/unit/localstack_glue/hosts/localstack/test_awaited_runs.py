"""LocalStack's state machines wait for job runs. The integration tests let its interpreter do so."""

import sys
from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest

from localstack_glue.hosts.localstack import awaited_runs


class Condition(Enum):
    WaitForTaskToken = 1
    Sync = 2


@pytest.fixture
def glue_state(monkeypatch) -> type[Any]:
    """The interpreter's class, of whose states each returns whether it has a token."""

    class StateTaskServiceGlue:
        def __init__(self, condition: Condition | None) -> None:
            self._supported_integration_patterns = {Condition.Sync}
            self.resource = SimpleNamespace(condition=condition)
            self.tokens: list[bool] = []

        def _eval_body(self, _env: Any) -> None:
            self.tokens.append(Condition.WaitForTaskToken in self._supported_integration_patterns)

    modules = {
        "resource": SimpleNamespace(ResourceCondition=Condition),
        "state_task_service_glue": SimpleNamespace(StateTaskServiceGlue=StateTaskServiceGlue),
    }
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, f"states.{name}", module)
    monkeypatch.setattr(awaited_runs, "STATES", "states")
    return StateTaskServiceGlue


def call(handler: awaited_runs.AwaitedRuns, service: str) -> None:
    handler(None, SimpleNamespace(service=SimpleNamespace(service_name=service)), None)


@pytest.mark.parametrize("condition", [Condition.Sync, Condition.WaitForTaskToken, None])
def test_state_that_waits_for_a_job_run_has_the_token_that_the_interpreter_interrupts(glue_state, condition):
    handler = awaited_runs.AwaitedRuns()
    call(handler, "stepfunctions")
    state = glue_state(condition)
    state._eval_body(None)
    assert state.tokens == [condition is Condition.Sync]


def test_interpreter_is_repaired_once_and_only_for_those_who_use_it(glue_state):
    handler, before = awaited_runs.AwaitedRuns(), glue_state._eval_body
    call(handler, "s3")
    assert glue_state._eval_body is before
    call(handler, "stepfunctions")
    repaired = glue_state._eval_body
    assert repaired is not before
    call(handler, "stepfunctions")
    call(awaited_runs.AwaitedRuns(), "stepfunctions")
    assert glue_state._eval_body is repaired
