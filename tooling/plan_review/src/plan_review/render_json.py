"""The review as JSON. The format is stable: the meaning of a key does not change within a `version`."""

from __future__ import annotations

from typing import Any

from glue_triggers.wording import as_data as runs_as_data
from plan_review.cost import Cost, CostReview
from plan_review.model import ResourceChange
from plan_review.review import Review
from plan_review.values import plain

VERSION = 1


def as_data(review: Review) -> dict[str, Any]:
    """The review as plain JSON values."""
    plan, verdict = review.plan, review.verdict
    return {
        "version": VERSION,
        "environment": review.environment,
        "made_at": review.made_at.isoformat(),
        "summary": plan.summary(),
        "verdict": {
            "decision": verdict.decision.value,
            "approval": verdict.level.word,
            "reasons": [
                {
                    "rule": reason.rule,
                    "level": reason.level.word,
                    "address": reason.address,
                    "sentence": reason.sentence,
                    "data_at_risk": reason.data_at_risk,
                }
                for reason in verdict.reasons
            ],
        },
        "counts": {action.name.lower(): count for action, count in plan.counts.items()},
        "unchanged": plan.unchanged,
        "changes": [_change(change) for change in plan.changes],
        "drift": [_change(change) for change in plan.drift],
        "failed_apply": (
            {"at": failed.at, "done": list(failed.done), "begun": list(failed.begun)}
            if (failed := review.failed_apply) is not None
            else None
        ),
        "reads": list(plan.reads),
        "outputs": [
            {
                "name": output.name,
                "action": output.action.name.lower(),
                "before": plain(output.before),
                "after": plain(output.after),
            }
            for output in plan.outputs
        ],
        "access": [
            {"address": item.address, "sentence": item.sentence, "widens": item.widens, "broad": item.is_broad}
            for item in review.access
        ],
        "schedules": [
            {
                "address": item.address,
                "before": item.before,
                "after": item.after,
                "next": [date.isoformat() for date in item.next_dates],
                "problem": item.problem,
            }
            for item in review.schedules
        ],
        "runs": runs_as_data(review.runs.years, review.runs.findings) if review.runs is not None else None,
        "cost": _cost_review(review.cost) if review.cost is not None else None,
        "policies": {
            "ran": review.policies.ran,
            "note": review.policies.note,
            "passed": review.policies.passed,
            "skipped": review.policies.skipped,
            "failures": [
                {"check": item.check, "name": item.name, "address": item.address} for item in review.policies.failures
            ],
        },
    }


def _change(change: ResourceChange) -> dict[str, Any]:
    return {
        "address": change.address,
        "module": change.module,
        "type": change.type,
        "action": change.action.name.lower(),
        "reason": change.reason,
        "moved_from": change.previous_address,
        "imported_by": change.import_id,
        "deposed": change.deposed,
        "changed_attributes": list(change.changed_attributes),
        "forces_replacement": list(change.forces_replacement),
        "attributes": [
            {"path": item.path, "before": plain(item.before), "after": plain(item.after)} for item in change.attributes
        ],
    }


def _cost_review(cost: CostReview) -> dict[str, Any]:
    return {
        "currency": "USD",
        "before": _cost(cost.before),
        "after": _cost(cost.after),
        "runs_per_month": {
            "before": round(cost.runs_per_month_before, 3),
            "after": round(cost.runs_per_month_after, 3),
        },
        "jobs": [
            {
                "address": job.address,
                "name": job.name,
                "before": job.before,
                "after": job.after,
                "usd_per_run": round(job.usd_per_run, 4),
            }
            for job in cost.jobs
        ],
        "prices_as_of": cost.prices.as_of.isoformat(),
        "unpriced": dict(cost.unpriced),
        "basis": cost.basis,
        "lines": [
            {"address": line.address, "before": _cost(line.before), "after": _cost(line.after)} for line in cost.lines
        ],
    }


def _cost(cost: Cost) -> dict[str, float]:
    return {
        "per_month": round(cost.per_month, 4),
        "per_run": round(cost.per_run, 4),
        "dpu_hours_per_run": round(cost.dpu_hours_per_run, 4),
    }
