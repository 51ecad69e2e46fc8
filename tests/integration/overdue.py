"""The deployed check for overdue runs, made due by a test in place of the clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from quartal.core.polling import Waiter


@dataclass(frozen=True)
class OverdueCheck:
    """The deployed check for overdue runs, except that the test says when the features are due, not the clock."""

    states: Any
    machine: str
    due: str

    def start(self) -> tuple[str, str]:
        """Begins a check and waits until it has noted the newest run: the execution, and what releases it."""
        started = self.states.start_execution(stateMachineArn=self.machine, input='{"time": "2024-01-08T02:00:00Z"}')
        task = Waiter[dict](timeout_s=120).wait_until(
            lambda: self.states.get_activity_task(activityArn=self.due),
            is_done=lambda answer: "taskToken" in answer,
            describe=str,
            waiting_for="the check to note the newest run",
        )
        return started["executionArn"], task["taskToken"]

    def finish(self, check: tuple[str, str]) -> list[str]:
        """Makes the features due: every state that the check went through."""
        execution, token = check
        self.states.send_task_success(taskToken=token, output="{}")
        ended = Waiter(timeout_s=120).wait_until(
            lambda: self.states.describe_execution(executionArn=execution)["status"],
            is_done=lambda status: status != "RUNNING",
            describe=str,
            waiting_for="the check for overdue runs",
        )
        assert ended == "SUCCEEDED"
        history = self.states.get_execution_history(executionArn=execution)["events"]
        return [event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event]


@contextmanager
def check_made_due_by_hand(states: Any, name: str) -> Iterator[OverdueCheck]:
    """A copy of the deployed state machine of that name, whose wait for the lead time is an activity of the test."""
    machines = states.list_state_machines()["stateMachines"]
    deployed = states.describe_state_machine(
        stateMachineArn=next(machine["stateMachineArn"] for machine in machines if machine["name"] == name)
    )
    definition = json.loads(deployed["definition"])
    wait = definition["States"]["WaitUntilDue"]
    assert (wait["Type"], wait["Seconds"]) == ("Wait", 7 * 24 * 60 * 60)
    due = states.create_activity(name=f"{name}-due")["activityArn"]
    definition["States"]["WaitUntilDue"] = {
        "Type": "Task",
        "Resource": due,
        "ResultPath": None,
        "Next": wait["Next"],
    }
    machine = states.create_state_machine(
        name=f"{name}-now", definition=json.dumps(definition), roleArn=deployed["roleArn"]
    )["stateMachineArn"]
    try:
        yield OverdueCheck(states, machine, due)
    finally:
        states.delete_state_machine(stateMachineArn=machine)
        states.delete_activity(activityArn=due)
