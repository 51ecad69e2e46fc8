"""What AWS refuses, or will not run any more: definitions, schedules, versions and timeouts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from difflib import get_close_matches

from glue_triggers.conditions import Kind, Node
from glue_triggers.cron import Cron, CronError
from glue_triggers.finding import Finding, Level
from glue_triggers.pipeline import Pipeline, Trigger
from glue_triggers.rules import RefusedTriggerError
from glue_triggers.simulation import YEAR

RETIRED_VERSIONS = frozenset({"0.9", "1.0", "2.0"})  # G34
_UNIX_WORKDAYS = "1-5"  # Monday to Friday in a crontab
_SPARK_COMMANDS = frozenset({"glueetl", "gluestreaming"})
_REMEDIES = {
    "too-many-crawlers": "Start the others from a second trigger: of the same workflow, as a conditional one behind.",
    "state-not-watchable": "Watch a state that Glue offers, as crawl_state for a crawler and as state for a job.",
    "circle": "Let an on-demand or scheduled trigger start the job; a job that shall run again has max_retries.",
    "schedule-refused": "Write cron(Minutes Hours Day-of-month Month Day-of-week Year) with ? in one of the days.",
    "trigger-refused": "Give the trigger what AWS asks for.",
}


def refused(pipeline: Pipeline, now: datetime) -> Iterator[Finding]:
    """Triggers, schedules and jobs that AWS refuses or that nothing makes run."""
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
        yield Finding("not-judged", Level.NOTE, address, why, "Look at it again after the apply.")


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
    if trigger.starts_when_made:
        yield Finding(
            "starts-when-made",
            Level.NOTE,
            trigger.address,
            "The apply that makes it starts it at once: of an on-demand trigger, enabled means that.",
            "Set enabled = false where somebody else shall start it.",
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
            "Write MON-FRI where that is meant.",
        )
    coming = cron.next_after(now)
    if coming is None:
        yield Finding(
            "schedule-never",
            Level.ERROR,
            address,
            f"{schedule} has no date any more: its days are in no month, or its years are over.",
            "Correct the days or the years, or switch the schedule off.",
        )
    elif coming > now + YEAR:
        yield Finding(
            "schedule-not-this-year",
            Level.WARNING,
            address,
            f"{schedule} comes next on {coming:%Y-%m-%d}, more than a year from now.",
            "Is that meant? A day that few months have needs L, for the last one.",
        )


def _missing(pipeline: Pipeline, trigger: Trigger) -> Iterator[Finding]:
    """Jobs and crawlers that a trigger names and that are not there; a plan may leave out what others manage."""
    if trigger.workflow and pipeline.workflow(trigger.workflow) is None:
        same = [each.name for each in pipeline.workflows if _plain(each.name) == _plain(trigger.workflow)]
        if same:
            yield Finding(
                "not-there",
                Level.WARNING,
                trigger.address,
                f"It names the workflow {trigger.workflow}, which is not there, but there is {same[0]}.",
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
            f"It names the {node}, which is not there{hint}.",
            "Refer to the resource's name instead of writing it out.",
        )


def _nearest(pipeline: Pipeline, node: Node) -> str:
    """A name that is this one but for hyphens and case; in an account also one that is much like it."""
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
                f"The workflow {workflow} has a starting trigger already, {first_address}; AWS refuses a second one.",
                "Leave one: a schedule may list several times, and a run by hand is StartWorkflowRun.",
            )
    for found in pipeline.workflows:
        triggers = pipeline.scope(found.name)
        if triggers and not pipeline.unread and not any(trigger.starts_a_chain for trigger in triggers):
            yield Finding(
                "no-starting-trigger",
                Level.ERROR,
                found.address,
                f"The workflow {found.name} has no starting trigger, so that no run of it can start.",
                "Add an on-demand, scheduled or event trigger that starts its first job or crawler.",
            )
        if not triggers and pipeline.is_all:
            yield Finding(
                "no-starting-trigger",
                Level.WARNING,
                found.address,
                f"The workflow {found.name} has no triggers: it starts nothing.",
                "Give triggers its name as their workflow, or remove it.",
            )


def _jobs(pipeline: Pipeline) -> Iterator[Finding]:
    for job in pipeline.jobs:
        if job.glue_version in RETIRED_VERSIONS and job.command in _SPARK_COMMANDS:
            yield Finding(
                "retired-version",
                Level.ERROR,
                job.address,
                f"Glue {job.glue_version} is retired since April 2026: AWS does not promise that its runs start.",
                "Move to Glue 5.1, or 4.0 where the code needs Spark 3.3.",
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
            f"Give it at least {2 * median:g} minutes; what watches for SUCCEEDED never sees a run that timed out.",
        )
