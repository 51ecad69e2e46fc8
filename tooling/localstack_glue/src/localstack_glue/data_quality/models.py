"""The stored data of evaluations: plain and picklable."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class RunStatus(StrEnum):
    """The state of an evaluation."""

    STARTING = "STARTING"
    RUNNING = "RUNNING"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


RUNNING = (RunStatus.STARTING, RunStatus.RUNNING, RunStatus.STOPPING)


@dataclass
class EvaluationRun:
    """A run of rulesets over a table; `request` is the original request."""

    run_id: str
    request: dict[str, Any]
    started_on: datetime
    modified_on: datetime
    status: RunStatus = RunStatus.STARTING
    error: str | None = None
    completed_on: datetime | None = None
    result_ids: list[str] = field(default_factory=list)

    @property
    def is_running(self) -> bool:
        """Whether the run has not ended yet."""
        return self.status in RUNNING

    def mark_ended(self, status: RunStatus, now: datetime, error: str | None = None) -> None:
        """Set the state that stays."""
        self.status, self.error, self.completed_on, self.modified_on = status, error, now, now
