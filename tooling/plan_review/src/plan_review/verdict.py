"""Whether a plan may be applied: a value with reasons; callers decide what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from plan_review.access import access_changes
from plan_review.access_sentences import AccessChange
from plan_review.cost import CostReview
from plan_review.coverage import (
    programs,
    secrets_shown,
    unjudged,
    unjudged_attributes,
    unseen_attributes,
    unseen_resources,
)
from plan_review.exposure import opened_to_everybody
from plan_review.levels import Level
from plan_review.lifecycle import kept_longer, losing_rules
from plan_review.model import Action, FailedApply, Plan
from plan_review.outputs import output_findings
from plan_review.policy_report import PolicyReport
from plan_review.rules import Finding, RuleBook, findings
from plan_review.schedule import ScheduleChange
from plan_review.tags import tag_findings

# the findings of `unreadable`
UNREADABLE = frozenset({"unknown-action", "plan-errored", "plan-incomplete"})
_NAMED = 4


class Decision(StrEnum):
    """A reviewer's decision."""

    NOTHING = "nothing to apply"
    APPLY = "apply"
    NEEDS_APPROVAL = "needs approval"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision and why.

    Attributes:
        decision: apply, needs approval, blocked, or nothing to apply.
        level: the consent that is needed.
        reasons: the findings that decided, the weightiest first.
    """

    decision: Decision
    level: Level
    reasons: tuple[Finding, ...]

    def is_approved_by(self, consent: Level) -> bool:
        """Whether consent of this level is sufficient; no level is for a blocked plan."""
        return self.decision is not Decision.BLOCKED and consent >= self.level

    def sentence(self) -> str:
        """The verdict in words, without its reasons."""
        if self.decision is Decision.NEEDS_APPROVAL:
            return f"needs approval (--approve {self.level.word})"
        return str(self.decision)


def decide(plan: Plan, found: tuple[Finding, ...]) -> Verdict:
    """The verdict that follows from all findings."""
    reasons = tuple(
        sorted(
            (finding for finding in found if finding.level > Level.NOTE),
            key=lambda finding: (-finding.level, not finding.data_at_risk, finding.address, finding.rule),
        )
    )
    level = reasons[0].level if reasons else Level.NOTE
    if level is Level.BLOCKED:
        return Verdict(Decision.BLOCKED, level, reasons)
    if plan.is_empty:
        return Verdict(Decision.NOTHING, Level.NOTE, reasons)
    return Verdict(Decision.NEEDS_APPROVAL if reasons else Decision.APPLY, level, reasons)


def unreadable(plan: Plan) -> tuple[Finding, ...]:
    """Findings that make a plan impossible to judge. They always block: no rule can allow them."""
    found = [
        Finding(
            rule="unknown-action",
            level=Level.BLOCKED,
            sentence=f"The plan has an action that this review does not know: {', '.join(map(str, change.actions))}.",
            address=change.address,
        )
        for change in plan.changes
        if change.action is Action.UNKNOWN
    ]
    found += [
        Finding(
            rule="unknown-action",
            level=Level.BLOCKED,
            sentence=f"The plan has an action on output {output.name} that this review does not know.",
        )
        for output in plan.outputs
        if output.action is Action.UNKNOWN
    ]
    found += [
        Finding(
            rule="unknown-action",
            level=Level.BLOCKED,
            sentence="The apply would invoke this action, and this review does not know what it does.",
            address=address,
        )
        for address in plan.invoked_actions
    ]
    found += [
        Finding(
            rule="unknown-action",
            level=Level.BLOCKED,
            sentence=f"The plan has {name}, and this review does not know what an apply does with them.",
        )
        for name in plan.unknown_parts
    ]
    changes_something = bool(plan.counts or plan.outputs)  # moves and drift alone need no apply
    if changes_something and not plan.applyable and not plan.errored:
        sentence = "Terraform marks this plan as not applyable, although it has changes."
        found.append(Finding(rule="plan-incomplete", level=Level.BLOCKED, sentence=sentence))
    if plan.errored:
        sentence = "Planning ended with an error, so this plan is incomplete."
        found.append(Finding(rule="plan-errored", level=Level.BLOCKED, sentence=sentence))
    found += [
        Finding(
            rule="plan-incomplete",
            level=Level.BLOCKED,
            sentence=f"Terraform defers this change to a later plan: {reason}.",
            address=address,
        )
        for address, reason in plan.deferred
    ]
    found += [
        Finding(
            rule="plan-incomplete",
            level=Level.BLOCKED,
            sentence="The plan does not show what happens to it: a part of the plan is missing.",
            address=address,
        )
        for address in plan.unexplained
    ]
    if not plan.complete and plan.deferred:
        sentence = "Terraform defers changes to a later plan. They are not in this one."
        found.append(Finding(rule="plan-incomplete", level=Level.BLOCKED, sentence=sentence))
    return tuple(found)


def about_resources(
    plan: Plan, book: RuleBook, failed: FailedApply | None = None, priced: frozenset[str] = frozenset()
) -> tuple[Finding, ...]:
    """Findings on removed, forgotten, drifted, unchecked, unjudged and unpriced resources."""
    found = []
    for change in plan.changes:
        if change.action.destroys:
            forced = f", forced by {', '.join(change.forces_replacement)}" if change.forces_replacement else ""
            verb = "replaced" if change.action.replaces else "destroyed"
            found.append(_finding(book, "resource-destroyed", f"It is {verb}{forced}.", change.address))
        elif change.action.forgets:
            what = "The old one" if change.action.replaces else "It"
            sentence = f"{what} is removed from the state, but not destroyed. Terraform no longer manages it."
            found.append(_finding(book, "resource-forgotten", sentence, change.address))
    for change in plan.drift:
        what = "deleted" if change.action is Action.DELETE else "changed"
        how = "outside Terraform"
        if failed is not None and change.address in failed.addresses:
            how = f"by the apply that failed at {failed.at}"
        names = f": {', '.join(change.changed_attributes[:_NAMED])}" if change.changed_attributes else ""
        found.append(_finding(book, "drift", f"It was {what} {how}{names}.", change.address))
    if plan.is_targeted:
        sentence = "Terraform planned only a part of the configuration (-target). Other changes are not in this plan."
        found.append(_finding(book, "plan-targeted", sentence))
    if plan.accepts_drift:
        sentence = "Applying this plan accepts the drift and writes it to the state."
        found.append(_finding(book, "drift-accepted", sentence))
    found += drift_findings(plan, book)
    found += [_finding(book, "open-to-everybody", sentence, address) for address, sentence in opened_to_everybody(plan)]
    found += [_finding(book, "runs-program", sentence, address) for address, sentence in programs(plan)]
    found += [_finding(book, "secret-shown", sentence, address) for address, sentence in secrets_shown(plan)]
    found += [_finding(book, rule, sentence, address) for rule, sentence, address in unjudged(plan)]
    found += [_finding(book, rule, sentence, address) for rule, sentence, address in tag_findings(plan)]
    found += [_finding(book, rule, sentence) for rule, sentence in output_findings(plan)]
    for address, sentence in unjudged_attributes(plan, book, priced):
        found.append(_finding(book, "unjudged-attribute", sentence, address))
    found += [_finding(book, "unseen-resource", sentence, address) for address, sentence in unseen_resources(plan)]
    for address, sentence in unseen_attributes(plan):
        found.append(_finding(book, "unseen-attribute", sentence, address))
    losing = tuple(losing_rules(plan))
    for rule in losing:
        finding = _finding(
            book, "objects-expire" if rule.is_data else "objects-expire-unread", rule.sentence, rule.address
        )
        found.append(finding.model_copy(update={"data_at_risk": rule.is_data}))
    losing_addresses = {rule.address for rule in losing}
    for address, sentence in kept_longer(plan):
        if address not in losing_addresses:
            found.append(_finding(book, "objects-kept-longer", sentence, address))
    for check in plan.checks:
        problems = " ".join(check.problems) or f"its status is {check.status}"
        found.append(_finding(book, "check-failed", f"A check failed: {problems}", check.address))
    return tuple(found)


def drift_findings(plan: Plan, book: RuleBook) -> list[Finding]:
    """Access that was opened and protections or data that were removed outside Terraform, judged as if planned.

    None of these findings blocks, because the apply that reverts them must stay possible.
    """
    drifted = Plan(changes=plan.drift)
    judged = findings(drifted, book, environment="")
    sentences = [(each.address, each.sentence) for each in judged if each.level >= Level.ACCESS]
    sentences += [
        (item.address, f"{item.sentence}.") for item in access_changes(drifted) if item.widens or item.locks_out
    ]
    sentences += opened_to_everybody(drifted)
    sentences += [(rule.address, rule.sentence) for rule in losing_rules(drifted)]
    addresses = dict.fromkeys(sentences)
    return [
        _finding(book, "drift-access", f"Outside Terraform: {sentence}", address) for address, sentence in addresses
    ]


def about_effects(
    access: tuple[AccessChange, ...],
    schedules: tuple[ScheduleChange, ...],
    cost: CostReview | None,
    policies: PolicyReport,
    book: RuleBook,
    touched: frozenset[str],
) -> tuple[Finding, ...]:
    """Findings on access, schedules, cost, and checkov's results for the changed resources."""
    found = [
        _finding(book, "access-to-everything", f"{item.sentence}.", item.address) for item in access if item.is_broad
    ]
    # one per policy: the sentences are under Access
    for address in sorted({item.address for item in access if item.widens and not item.is_broad}):
        found.append(_finding(book, "access-widened", "Somebody gains access, see Access.", address))
    for address in sorted({item.address for item in access if item.is_lost}):
        found.append(_finding(book, "access-lost", "Somebody loses access, see Access.", address))
    for item in access:
        if item.locks_out:
            finding = _finding(book, "locked-out", f"{item.sentence}.", item.address)
            found.append(finding.model_copy(update={"data_at_risk": True}))
    for schedule in schedules:
        if schedule.problem and "never fires" not in schedule.problem and schedule.after.startswith("cron("):
            found.append(_finding(book, "schedule-unreadable", f"{schedule.problem}.", schedule.address))
        else:  # begun, ended or moved
            found.append(_finding(book, "schedule-changed", f"{schedule.sentence()}.", schedule.address))
    limit = book.thresholds.get("cost_up_usd_per_month", 0.0)
    if cost is not None and cost.before.per_month > 0 and cost.change_per_month > limit:
        more = f"The cost rises by about ${cost.change_per_month:.2f} per month, above the limit of ${limit:.2f}"
        sentence = f"{more} (prices of {cost.prices.as_of})."
        found.append(_finding(book, "cost-up", sentence))
    most = book.thresholds.get("cost_up_times_per_run", 0.0)
    for job in cost.jobs if cost is not None else ():
        if job.times >= most and job.usd_per_run > 0 and not job.is_started:
            more = f"A run costs {job.times:.1f} times as much as before (${job.usd_per_run:.2f} more)"
            sentence = f"{more}, and the plan does not show how often it runs."
            found.append(_finding(book, "cost-up", sentence, job.address))
    found += [
        _finding(book, "policy-failed", f"{failure.check}: {failure.name}.", failure.address)
        for failure in policies.failures
        if failure.address in touched
    ]
    return tuple(found)


def _finding(book: RuleBook, rule: str, sentence: str, address: str = "") -> Finding:
    return Finding(rule=rule, level=book.levels.get(rule, Level.CHANGE), sentence=sentence, address=address)
