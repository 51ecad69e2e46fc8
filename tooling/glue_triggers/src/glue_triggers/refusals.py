"""What AWS refuses or no longer runs: definitions, schedules, versions and timeouts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from difflib import get_close_matches

from glue_triggers.conditions import Kind, Node
from glue_triggers.cron import Cron, CronError
from glue_triggers.finding import Finding, Level
from glue_triggers.pipeline import Pipeline, Trigger
from glue_triggers.simulation import YEAR
from glue_triggers.trigger_types import RefusedTriggerError

RETIRED_VERSIONS = frozenset({"0.9", "1.0", "2.0"})  # G34
_UNIX_WORKDAYS = "1-5"  # Monday to Friday in a crontab
_SPARK_COMMANDS = frozenset({"glueetl", "gluestreaming"})
_REMEDIES = {
    "too-many-crawlers": "Start the others from a second trigger; in a workflow, from a conditional one after this.",
    "state-not-watchable": "Watch a state that Glue offers, as crawl_state for a crawler and as state for a job.",
    "circle": "Let an on-demand or scheduled trigger start the job; to repeat a failed job, use max_retries.",
    "schedule-refused": "Write cron(Minutes Hours Day-of-month Month Day-of-week Year) with ? in one of the days.",
    "trigger-refused": "Change the trigger as AWS's message says.",
}


def refused(pipeline: Pipeline, now: datetime) -> Iterator[Finding]:
    """Findings on triggers, schedules and jobs that AWS refuses or that cannot run."""
    for trigger in pipeline.triggers:
        yield from _refused_trigger(trigger)
        if trigger.schedule and trigger.refusal is None:
            yield from _dates(trigger.address, trigger.schedule, now)
        yield from _without_effect(trigger)
        yield from _missing(pipeline, trigger)
    for crawler in pipeline.crawlers:
        if crawler.schedule:
            yield from _crawler_schedule(crawler.address, crawler.schedule, now)
    yield from _two_starts(pipeline)
    yield from _jobs(pipeline)
    for address, why in pipeline.unread:
        yield Finding("not-judged", Level.NOTE, address, why, "Review it again after the apply.")


def _refused_trigger(trigger: Trigger) -> Iterator[Finding]:
    if trigger.refusal is None:
        return
    rule = trigger.refusal.rule if isinstance(trigger.refusal, RefusedTriggerError) else "schedule-refused"
    sentence = f"AWS refuses this trigger: {trigger.refusal}"
    yield Finding(rule, Level.ERROR, trigger.address, sentence.rstrip(".") + ".", _REMEDIES[rule])


def _without_effect(trigger: Trigger) -> Iterator[Finding]:
    for name in trigger.without_effect:
        yield Finding(
            "without-effect",
            Level.WARNING,
            trigger.address,
            f"Its {name} has no effect: the trigger is {trigger.type}.",
            f"Remove the {name}, or make the trigger {'CONDITIONAL' if name == 'predicate' else 'SCHEDULED'}.",
        )
    if trigger.starts_when_created:
        yield Finding(
            "starts-when-made",
            Level.NOTE,
            trigger.address,
            "The apply that creates it also starts it: for an on-demand trigger, enabled means that.",
            "Set enabled = false if it should be started later.",
        )


def _crawler_schedule(address: str, schedule: str, now: datetime) -> Iterator[Finding]:
    try:
        Cron.parse(schedule)
    except CronError as error:
        sentence = f"AWS refuses this crawler's schedule: {error}."
        yield Finding("schedule-refused", Level.ERROR, address, sentence, _REMEDIES["schedule-refused"])
        return
    yield from _dates(address, schedule, now)


def _dates(address: str, schedule: str, now: datetime) -> Iterator[Finding]:
    cron = Cron.parse(schedule)
    if cron.day_of_week == _UNIX_WORKDAYS:
        yield Finding(
            "weekday-numbers",
            Level.NOTE,
            address,
            f"{schedule} is Sunday to Thursday: AWS counts the days of the week from SUN = 1.",
            "If Monday to Friday is intended, write MON-FRI.",
        )
    coming = cron.next_after(now)
    if coming is None:
        yield Finding(
            "schedule-never",
            Level.ERROR,
            address,
            f"{schedule} has no future dates: its days are in no month, or its years are over.",
            "Correct the days or the years, or switch the schedule off.",
        )
    elif coming > now + YEAR:
        yield Finding(
            "schedule-not-this-year",
            Level.WARNING,
            address,
            f"{schedule} comes next on {coming:%Y-%m-%d}, more than a year from now.",
            "Check the days: for the last day of a month, write L.",
        )


def _missing(pipeline: Pipeline, trigger: Trigger) -> Iterator[Finding]:
    """Findings on jobs, crawlers and workflows that a trigger names but that do not exist."""
    if trigger.workflow and pipeline.workflow(trigger.workflow) is None:
        same = [each.name for each in pipeline.workflows if _plain(each.name) == _plain(trigger.workflow)]
        if same:
            yield Finding(
                "not-there",
                Level.WARNING,
                trigger.address,
                f"It refers to the workflow {trigger.workflow}, which does not exist, but there is {same[0]}.",
                "Refer to the resource's name instead of writing it out.",
            )
    for node in dict.fromkeys((*trigger.actions, *sorted(trigger.watch.nodes))):
        if pipeline.knows(node):
            continue
        near = _nearest(pipeline, node)
        if not (pipeline.is_all or near):
            continue
        hint = f", but there is {near}" if near else ""
        yield Finding(
            "not-there",
            Level.ERROR if pipeline.is_all else Level.WARNING,
            trigger.address,
            f"It refers to the {node}, which does not exist{hint}.",
            "Refer to the resource's name instead of writing it out.",
        )


def _nearest(pipeline: Pipeline, node: Node) -> str:
    """A name that differs only in hyphens and case; in an account also a similar one."""
    known = pipeline.jobs if node.kind is Kind.JOB else pipeline.crawlers
    names = [each.name for each in known]
    same = [name for name in names if _plain(name) == _plain(node.name)]
    return next(iter(same or (get_close_matches(node.name, names, 1, 0.8) if pipeline.is_all else ())), "")


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


def _two_starts(pipeline: Pipeline) -> Iterator[Finding]:
    for workflow in filter(None, pipeline.scopes):
        starting = [trigger for trigger in pipeline.scope(workflow) if trigger.starts_a_chain]
        first_address = starting[0].address if starting else ""
        for trigger in starting[1:]:
            yield Finding(
                "two-starting-triggers",
                Level.ERROR,
                trigger.address,
                f"The workflow {workflow} already has a starting trigger, {first_address}; AWS refuses a second one.",
                "Keep one: a schedule may list several times, and StartWorkflowRun starts a run by hand.",
            )
    for found in pipeline.workflows:
        triggers = pipeline.scope(found.name)
        if triggers and not pipeline.unread and not any(trigger.starts_a_chain for trigger in triggers):
            yield Finding(
                "no-starting-trigger",
                Level.ERROR,
                found.address,
                f"The workflow {found.name} has no starting trigger, so no run of it can start.",
                "Add an on-demand, scheduled or event trigger that starts its first job or crawler.",
            )
        if not triggers and pipeline.is_all:
            yield Finding(
                "no-starting-trigger",
                Level.WARNING,
                found.address,
                f"The workflow {found.name} has no triggers: it starts nothing.",
                "Name it as the workflow of triggers, or remove it.",
            )


def _jobs(pipeline: Pipeline) -> Iterator[Finding]:
    for job in pipeline.jobs:
        if job.glue_version in RETIRED_VERSIONS and job.command in _SPARK_COMMANDS:
            yield Finding(
                "retired-version",
                Level.ERROR,
                job.address,
                f"Glue {job.glue_version} is retired since April 2026: AWS does not promise that its runs start.",
                "Move to Glue 5.1, or to 4.0 if the code needs Spark 3.3.",
            )
        if not job.is_streaming:
            yield from _timeout(job.address, job.timeout_min, job.median_min, "")
    for trigger in pipeline.triggers:
        for name, minutes in trigger.timeouts_min.items():
            found = pipeline.job(name)
            yield from _timeout(trigger.address, minutes, found.median_min if found else None, f" of the job {name}")


def _timeout(address: str, timeout: float | None, median: float | None, whose: str) -> Iterator[Finding]:
    if timeout and median and timeout < median:
        yield Finding(
            "timeout-below-median",
            Level.ERROR,
            address,
            f"It ends runs{whose} after {timeout:g} minutes, and half of them take {median:g} minutes or more.",
            f"Give it at least {2 * median:g} minutes; triggers that wait for SUCCEEDED do not fire after a timeout.",
        )
