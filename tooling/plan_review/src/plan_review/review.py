"""The review of one plan: everything that a reviewer wants to know, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from glue_triggers.examination import examine
from glue_triggers.finding import Finding as RunFinding
from glue_triggers.finding import worst_first
from glue_triggers.simulation import Source, Year
from plan_review import verdict as verdicts
from plan_review.access import access_changes
from plan_review.access_sentences import AccessChange
from plan_review.cost import CostReview, cost_review
from plan_review.glue_pipeline import glue_pipelines
from plan_review.grouping import ModuleGroup, by_module
from plan_review.model import FailedApply, Plan
from plan_review.policy_report import PolicyReport
from plan_review.prices import PriceList
from plan_review.rules import Finding, RuleBook, findings
from plan_review.schedule import ScheduleChange, schedule_changes
from plan_review.usage import Usage
from plan_review.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Basis:
    """The inputs of a review.

    Attributes:
        environment: name of the environment.
        rules: the rules and the levels.
        prices: None if there are none for the region.
        usage: the usage of a month.
        policies: a policy checker's report, or why none was run.
        now: the moment from which the next dates count.
        failed_apply: the record of an earlier incomplete apply.
        refresh_prices: the command that reads today's prices, with `{region}` in it; empty if there is none.
    """

    environment: str
    rules: RuleBook
    prices: PriceList | None
    usage: Usage
    policies: PolicyReport
    now: datetime
    failed_apply: FailedApply | None = None
    refresh_prices: str = ""


@dataclass(frozen=True, slots=True)
class WhatRuns:
    """The year of the Glue triggers and schedules after the apply, and what will not run as it seems to.

    Attributes:
        years: one, or one for each of several accounts or regions.
        findings: the worst first.
    """

    years: tuple[Year, ...]
    findings: tuple[RunFinding, ...]

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources that start chains, and when."""
        return tuple(source for year in self.years for source in year.sources)


@dataclass(frozen=True, slots=True)
class Review:
    """A review of a plan; `runs` is None if nothing in Glue starts or is started."""

    environment: str
    plan: Plan
    groups: tuple[ModuleGroup, ...]
    access: tuple[AccessChange, ...]
    schedules: tuple[ScheduleChange, ...]
    cost: CostReview | None
    policies: PolicyReport
    findings: tuple[Finding, ...]
    verdict: Verdict
    made_at: datetime
    failed_apply: FailedApply | None = None
    refresh_prices: str = ""
    runs: WhatRuns | None = None

    @property
    def data_at_risk(self) -> tuple[Finding, ...]:
        """The findings about data that can be lost."""
        return tuple(finding for finding in self.findings if finding.data_at_risk)


def review(plan: Plan, basis: Basis) -> Review:
    """Review a plan. It makes no request to AWS, so the same plan and basis always give the same review."""
    access = access_changes(plan)
    schedules = schedule_changes(plan, basis.now)
    cost = cost_review(plan, basis.prices, basis.usage, basis.now) if basis.prices is not None else None
    touched = frozenset(change.address for change in plan.changes)
    priced = frozenset(line.address for line in cost.lines) if cost is not None else frozenset()
    found = (
        *verdicts.unreadable(plan),
        *findings(plan, basis.rules, basis.environment),
        *verdicts.about_resources(plan, basis.rules, basis.failed_apply, priced),
        *verdicts.about_effects(access, schedules, cost, basis.policies, basis.rules, touched),
    )
    return Review(
        environment=basis.environment,
        plan=plan,
        groups=by_module(plan),
        access=access,
        schedules=schedules,
        cost=cost,
        policies=basis.policies,
        findings=found,
        verdict=verdicts.decide(plan, found),
        made_at=basis.now,
        failed_apply=basis.failed_apply,
        refresh_prices=basis.refresh_prices,
        runs=_what_runs(plan, basis),
    )


def _what_runs(plan: Plan, basis: Basis) -> WhatRuns | None:
    pipelines = glue_pipelines(plan, basis.usage.measured_minutes)
    if not pipelines:
        return None
    examined = [examine(pipeline, basis.now) for pipeline in pipelines]
    found = [finding for _, own in examined for finding in own]
    return WhatRuns(tuple(year for year, _ in examined), tuple(sorted(found, key=worst_first)))
