"""A run as a picture of its four steps: trigger, crawl, job, publication, each with its state and time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from rich.table import Table
from rich.text import Text

from quartal.runs.workflow_run import Outcome, Step, WorkflowRun

# the stages of the job before publication and at its end; see docs/reference/etl-job.md
_BEFORE_PUBLISHING, _PUBLISHED = "write", "publish"
_STAGE = re.compile(r"stage=(\S+)\s*(.*)")
_FACT = re.compile(r"(\w+)=(\S+)")
_GOING = {Outcome.STARTING, Outcome.WAITING, Outcome.RUNNING, Outcome.STOPPING, Outcome.CANCELLING}
_SIGNS = {"done": ("✓", "green"), "failed": ("✗", "red"), "going": ("▶", "cyan"), "waiting": ("·", "dim")}


@dataclass(frozen=True, slots=True)
class DiagramStep:
    """One step of a run.

    Attributes:
        state: "waiting", "going", "done" or "failed".
        kind: trigger, crawl, job or publish.
        what: the state in AWS's word, and details.
        seconds: how long it has taken so far; None before its start.
    """

    state: str
    kind: str
    what: str
    seconds: float | None = None


def typical_seconds(past: list[float]) -> str:
    """How long the last runs of the job took, in words; empty if there were none."""
    if not past:
        return ""
    low, high = min(past), max(past)
    if high - low < 0.1 * high or len(past) == 1:
        return f"the last took {median(past):.0f} s"
    return f"the last {len(past)} took {low:.0f} to {high:.0f} s"


def stage_in_words(line: str) -> str:
    """The last step of the job, from a line of its log; the line itself if another version wrote it."""
    match = _STAGE.search(line)
    if match is None:
        return line
    name, facts = match[1], dict(_FACT.findall(match[2]))
    if name == "catalog":
        deliveries = facts.get("deliveries", "?")
        found = f"{_counted(facts.get('files', '?'), 'file')} of {deliveries}"
        return "found no new delivery" if deliveries == "none" else f"found {found}"
    if name == "session":
        return "Spark has started"
    if name == "validate":
        rows, twice = _counted(facts.get("rows", "?"), "row"), _counted(facts.get("duplicates", "?"), "duplicate")
        kept, bad = (_figure(facts.get(key, "?")) for key in ("kept", "quarantined"))
        return f"checked {rows}: {kept} kept, {bad} bad, {twice}"
    if name == "write":
        return f"wrote features of {facts.get('quarters', '?')}"
    return {"publish": "published the tables", "export": "wrote the CSV export"}.get(name, f"{name}: {match[2]}")


def _figure(text: str) -> str:
    return f"{int(text):,}" if text.isdecimal() else text


def _counted(text: str, word: str) -> str:
    return f"{_figure(text)} {word}{'' if text == '1' else 's'}"


def diagram_steps(run: WorkflowRun, now: datetime, stages: tuple[str, ...], typical: str) -> tuple[DiagramStep, ...]:
    """The four steps of a run as they are now.

    Args:
        run: the run.
        now: the moment, with a time zone.
        stages: the lines that the job has logged about its stages, the newest last.
        typical: how long the job usually takes, in words.
    """
    crawl, job = run.crawl, run.job
    has_fired = crawl.outcome is not Outcome.NOT_STARTED
    trigger = DiagramStep("done" if has_fired else "going", "trigger", "fired" if has_fired else "about to fire")
    named = [match[1] for match in map(_STAGE.search, stages) if match]
    facts = stage_in_words(stages[-1]) if stages else ""
    going = typical if job.outcome in {Outcome.RUNNING, Outcome.STARTING} else ""
    lines = [
        trigger,
        _line(crawl, now, crawl.error),
        _line(job, now, job.error or ", ".join(filter(None, (facts, going)))),
    ]
    if _PUBLISHED in named:
        lines.append(DiagramStep("done", "publish", "curated and features"))
    elif job.outcome is Outcome.SUCCEEDED:
        lines.append(DiagramStep("done", "publish", "nothing new"))
    elif _BEFORE_PUBLISHING in named and job.outcome is Outcome.RUNNING:
        lines.append(DiagramStep("going", "publish", "curated and features"))
    else:
        lines.append(DiagramStep("waiting", "publish", ""))
    return tuple(lines)


def as_table(lines: tuple[DiagramStep, ...]) -> Table:
    """The picture for a terminal; states are shown by sign and word, not only by colour."""
    table = Table.grid(padding=(0, 2))
    for line in lines:
        sign, style = _SIGNS[line.state]
        seconds = f"{line.seconds:.0f} s" if line.seconds is not None else ""
        table.add_row(Text(sign, style=style), line.kind, Text(seconds, justify="right"), Text(line.what))
    return table


def _line(step: Step, now: datetime, more: str) -> DiagramStep:
    if step.outcome is Outcome.NOT_STARTED:
        return DiagramStep("waiting", step.kind, "")
    if step.outcome is Outcome.SUCCEEDED:
        state = "done"
    elif step.ended is None and step.outcome in _GOING:
        state = "going"
    else:
        state = "failed"
    seconds = step.seconds
    if seconds is None and step.started is not None:
        seconds = max((now - step.started).total_seconds(), 0.0)
    return DiagramStep(state, step.kind, f"{step.outcome}{f', {more}' if more else ''}", seconds)
