"""The review of one plan: everything that a reviewer wants to know, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from quartal.plan_review import verdict as verdicts
from quartal.plan_review.access import AccessChange, access_changes
from quartal.plan_review.checkov import PolicyReport
from quartal.plan_review.cost import CostReview, cost_review
from quartal.plan_review.grouping import ModuleGroup, by_module
from quartal.plan_review.model import FailedApply, Plan
from quartal.plan_review.policies import Finding, RuleBook, findings
from quartal.plan_review.prices import PriceList
from quartal.plan_review.schedule import ScheduleChange, schedule_changes
from quartal.plan_review.usage import Usage
from quartal.plan_review.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Basis:
    """What a plan is judged by.

    Attributes:
        environment: name of the environment.
        rules: the rules and the levels.
        prices: None where nobody wrote down the region's.
        usage: what a month uses.
        policies: what checkov said, or why it was not asked.
        now: the moment from which the next dates count.
        failed_apply: what an earlier apply left that did not come to its end.
    """

    environment: str
    rules: RuleBook
    prices: PriceList | None
    usage: Usage
    policies: PolicyReport
    now: datetime
    failed_apply: FailedApply | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A plan, read."""

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

    @property
    def data_at_risk(self) -> tuple[Finding, ...]:
        """The findings about data that can be lost."""
        return tuple(finding for finding in self.findings if finding.data_at_risk)


def review(plan: Plan, basis: Basis) -> Review:
    """Read a plan; nothing is asked of AWS, so the same plan and basis always give the same review."""
    access = access_changes(plan)
    schedules = schedule_changes(plan, basis.now)
    cost = cost_review(plan, basis.prices, basis.usage, basis.now) if basis.prices is not None else None
    touched = frozenset(change.address for change in plan.changes)
    found = (
        *verdicts.unreadable(plan),
        *findings(plan, basis.rules, basis.environment),
        *verdicts.about_resources(plan, basis.rules, basis.failed_apply),
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
    )
