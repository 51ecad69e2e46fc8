"""Jobs and crawlers that start twice or exceed a limit of concurrent runs within the simulated year."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from glue_triggers.conditions import Kind, Node
from glue_triggers.finding import Finding, Level
from glue_triggers.pipeline import Pipeline
from glue_triggers.simulation import Start, Year, run_minutes


def collisions(pipeline: Pipeline, year: Year) -> Iterator[Finding]:
    """Findings on double starts, refused runs, and endless chains."""
    for address in sorted(year.endless):
        yield Finding(
            "endless",
            Level.ERROR,
            address,
            "What it starts runs in an endless circle of triggers outside any workflow.",
            "Put the triggers into a workflow, where each fires once in a run, or break the circle.",
        )
    twice = list(_twice_in_a_chain(pipeline, year))
    yield from twice
    reported = {finding.address for finding in twice}
    yield from (finding for finding in _at_once(pipeline, year) if finding.address not in reported)
    reported |= {finding.address for finding in _at_once(pipeline, year)}
    yield from (finding for finding in _limits(pipeline, year) if finding.address not in reported)


def _twice_in_a_chain(pipeline: Pipeline, year: Year) -> Iterator[Finding]:
    for address, starts in year.once.items():
        if address in year.endless:
            continue
        counted = Counter(start.node for start in starts if start.node is not None)
        for node, number in counted.items():
            if number < 2:
                continue
            own = [start for start in starts if start.node == node]
            if _is_intended(own):
                continue
            by = [start.by.address for start in own if start.by is not None]
            whose = " and ".join(dict.fromkeys(by))
            lost = " (AWS refuses some of them)" if any(start.is_refused for start in own) else ""
            yield Finding(
                "started-twice",
                Level.WARNING,
                pipeline.find_address(node),
                f"One start of {address} starts the {node} {number} times{lost}: by {whose}.",
                "Let one trigger start it, with all conditions in one predicate.",
            )


def _at_once(pipeline: Pipeline, year: Year) -> Iterator[Finding]:
    """Different schedules that start the same thing in the same minute."""
    dates: dict[tuple[Node, frozenset[str]], list[Start]] = defaultdict(list)
    by_moment: dict[tuple[Node, object], list[Start]] = defaultdict(list)
    for start in year.starts:
        if start.node is not None:
            by_moment[start.node, start.at].append(start)
    for (node, _), starts in by_moment.items():
        names = frozenset(start.root[1] for start in starts)
        if len(names) > 1 and not _is_intended(starts):
            dates[node, names].append(starts[0])
    for (node, names), starts in dates.items():
        yield Finding(
            "double-start",
            Level.WARNING,
            pipeline.find_address(node),
            f"The {node} is started by {' and by '.join(sorted(names))} at the same time, "
            f"{_times(len(starts))}, first on {starts[0].at:%Y-%m-%d %H:%M}.",
            "Keep one of the schedules, or move one to a time when the other's run has ended.",
        )


def _is_intended(starts: list[Start]) -> bool:
    """Whether triggers pass the job different arguments, and its limit lets all of its runs begin."""
    passes = any(start.node in start.by.with_arguments for start in starts if start.by is not None)
    return passes and not any(start.is_refused for start in starts)


def _limits(pipeline: Pipeline, year: Year) -> Iterator[Finding]:
    refused: dict[str, list[Start]] = defaultdict(list)
    for start in year.starts:
        if start.is_refused:
            refused[_limited(pipeline, start)].append(start)
    for address, starts in refused.items():
        start = starts[0]
        assert start.behind is not None  # noqa: S101 - a refused start comes after the run that is in its way
        apart = (start.at - start.behind[0]).total_seconds() / 60
        is_known = _is_known(pipeline, start)
        at_least = "" if year.is_whole else "at least "
        what = f"workflow {start.workflow}" if start.node is None else str(start.node)
        length = _length(start.node, pipeline) if is_known else "a run may well take longer"
        yield Finding(
            "concurrency-limit",
            Level.WARNING if is_known else Level.NOTE,
            address,
            f"The {what} is started {apart:g} minutes after its previous run, and {length}: the limit of "
            f"{_limit(pipeline, start)} is reached {at_least}{_times(len(starts))} in the year, first on "
            f"{start.at:%Y-%m-%d %H:%M}.",
            "Leave more time between the starts, or raise max_concurrent_runs.",
        )


def _length(node: Node | None, pipeline: Pipeline) -> str:
    return f"a run takes {run_minutes(node, pipeline.job(node.name)):g} minutes" if node else "a run takes longer"


def _limited(pipeline: Pipeline, start: Start) -> str:
    if start.node is not None:
        return pipeline.find_address(start.node)
    workflow = pipeline.workflow(start.workflow)
    return workflow.address if workflow else start.workflow


def _limit(pipeline: Pipeline, start: Start) -> int:
    if start.node is None:
        workflow = pipeline.workflow(start.workflow)
        return (workflow.max_concurrent_runs if workflow else None) or 1
    job = pipeline.job(start.node.name) if start.node.kind is Kind.JOB else None
    return job.max_concurrent_runs if job else 1


def _is_known(pipeline: Pipeline, start: Start) -> bool:
    """Whether the length of the runs is measured, not assumed."""
    if start.node is not None:
        job = pipeline.job(start.node.name) if start.node.kind is Kind.JOB else None
        return bool(job and job.median_min)
    jobs = [node for trigger in pipeline.scope(start.workflow) for node in trigger.actions if node.kind is Kind.JOB]
    return any((job := pipeline.job(node.name)) is not None and job.median_min for node in jobs)


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
