"""Shows the progress of a run: a diagram on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import RenderableType

from quartal.core.console import Console
from quartal.runs.diagram import as_table, diagram_steps
from quartal.runs.logs import PROGRESS_MARK, LogFollower
from quartal.runs.workflow_run import Outcome, Step, WorkflowRun


class RunFollower:
    """Shows a run: as a picture on a terminal, otherwise each change once, with the job's stages in between.

    Args:
        console: where to.
        follow: makes the reader of a job run's log.
        draw: draws a picture; None without a terminal.
        typical: how long the job usually takes, in words.
    """

    def __init__(
        self,
        console: Console,
        follow: Callable[[Step], LogFollower],
        *,
        draw: Callable[[RenderableType], None] | None = None,
        typical: str = "",
    ) -> None:
        self._console = console
        self._follow = follow
        self._draw = draw
        self._typical = typical
        self._seen: dict[tuple[str, str], Outcome] = {}
        self._logs: dict[str, LogFollower] = {}
        self._stages: dict[str, list[str]] = {}

    def show(self, run: WorkflowRun) -> None:
        """Show the run as it is now."""
        new = self._new_stages(run.job) if run.job.run_id else []
        if self._draw is not None:
            stages = tuple(self._stages.get(run.job.run_id, ()))
            self._draw(as_table(diagram_steps(run, datetime.now(UTC), stages, self._typical)))
            return
        for text in new:
            self._console.note(f"    {text}")
        for step in (run.crawl, run.job):
            # a retry is a job run of its own
            key = (step.kind, step.run_id)
            if step.outcome is not Outcome.NOT_STARTED and self._seen.get(key) is not step.outcome:
                self._seen[key] = step.outcome
                self._announce(step)

    def _new_stages(self, job: Step) -> list[str]:
        if job.run_id not in self._logs:
            self._logs[job.run_id] = self._follow(job)
        try:
            lines = self._logs[job.run_id].new_lines()
        except (BotoCoreError, ClientError):  # the run is what is watched; its log is read again the next time
            return []
        new = [text.removeprefix(PROGRESS_MARK).strip() for text in lines if text.startswith(PROGRESS_MARK)]
        self._stages.setdefault(job.run_id, []).extend(new)
        return new

    def _announce(self, step: Step) -> None:
        if step.outcome is Outcome.SUCCEEDED:
            self._console.done(f"{step.kind} {step.name} {step.outcome} in {step.seconds or 0:.0f} s")
        else:
            self._console.note(f"  {step.kind} {step.name} {step.outcome}")
