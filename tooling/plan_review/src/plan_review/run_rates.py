"""How often each job and crawler of a plan runs: by the triggers that start it, through however many others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from glue_triggers.cron import Cron, CronError
from plan_review.model import Plan

_COUNTED_DAYS = 730  # two years, so that no part of a year counts for more than another
_COUNTED_MONTHS = 24


@dataclass(frozen=True, slots=True)
class RunRates:
    """Runs of an average month, by the name of a job or crawler; names of both kinds may be the same.

    Attributes:
        jobs: those that a schedule starts in the end.
        crawlers: the same of crawlers; a schedule of their own counts too.
        otherwise: the rate of all others.
    """

    jobs: Mapping[str, float]
    crawlers: Mapping[str, float]
    otherwise: float

    def of_job(self, name: Any) -> float:
        """Runs of a job per month."""
        return self.jobs.get(str(name), self.otherwise)

    def of_crawler(self, name: Any) -> float:
        """Crawls of a crawler per month."""
        return self.crawlers.get(str(name), self.otherwise)


def run_rates(plan: Plan, now: datetime, otherwise: float, *, is_after: bool) -> RunRates:
    """The rates before or after the plan.

    A conditional trigger fires as often as the rarest of its conditions; with ANY, as often as all of them together.
    Triggers that wait for each other in a circle never start.
    """
    attributes = [(change.type, change.after if is_after else change.before) for change in plan.resources]
    triggers = [entry for kind, entry in attributes if kind == "aws_glue_trigger" and entry.get("enabled") is not False]
    own = {
        ("crawler_name", str(entry.get("name"))): rate
        for kind, entry in attributes
        if kind == "aws_glue_crawler" and (rate := _scheduled(entry, now))
    }
    started = {node for trigger in triggers for node in _nodes(trigger.get("actions"))} | own.keys()

    def run_rate(node: tuple[str, str], above: frozenset[tuple[str, str]]) -> float:
        if node in above:
            return 0.0
        starting = [trigger for trigger in triggers if node in _nodes(trigger.get("actions"))]
        return own.get(node, 0.0) + sum(fires(trigger, above | {node}) for trigger in starting)

    def fires(trigger: Mapping[str, Any], above: frozenset[tuple[str, str]]) -> float:
        if trigger.get("type") != "CONDITIONAL":
            return _scheduled(trigger, now)
        predicates = _blocks(trigger.get("predicate"))
        rates = [run_rate(node, above) for entry in predicates for node in _nodes(entry.get("conditions"))]
        any_is_enough = any(entry.get("logical") == "ANY" for entry in predicates)
        return (sum(rates) if any_is_enough else min(rates)) if rates else 0.0

    found = {node: rate for node in started if (rate := run_rate(node, frozenset())) > 0}
    return RunRates(
        jobs={name: rate for (kind, name), rate in found.items() if kind == "job_name"},
        crawlers={name: rate for (kind, name), rate in found.items() if kind == "crawler_name"},
        otherwise=otherwise,
    )


def _scheduled(resource: Mapping[str, Any], now: datetime) -> float:
    expression = resource.get("schedule")
    if not isinstance(expression, str) or not expression:
        return 0.0
    try:
        dates = Cron.parse(expression).between(now, now + timedelta(days=_COUNTED_DAYS))
        return sum(1 for _ in dates) / _COUNTED_MONTHS
    except CronError:
        return 0.0


def _nodes(blocks: Any) -> list[tuple[str, str]]:
    """The jobs and crawlers that actions or conditions name."""
    return [
        (kind, name)
        for block in _blocks(blocks)
        for kind in ("job_name", "crawler_name")
        if isinstance(name := block.get(kind), str) and name
    ]


def _blocks(value: Any) -> list[Mapping[str, Any]]:
    return [block for block in value if isinstance(block, dict)] if isinstance(value, list) else []
