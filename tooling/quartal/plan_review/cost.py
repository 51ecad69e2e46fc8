"""What the resources of a plan cost in a month and per run, before and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from quartal.plan_review.aws_cron import CronError, dates_within
from quartal.plan_review.model import Plan
from quartal.plan_review.prices import PriceList
from quartal.plan_review.usage import Usage

# DPUs of a worker. Source: docs.aws.amazon.com/glue/latest/dg/worker-types.html
WORKER_DPU = {
    "G.025X": 0.25,
    "G.1X": 1.0,
    "G.2X": 2.0,
    "G.4X": 4.0,
    "G.8X": 8.0,
    "G.12X": 12.0,
    "G.16X": 16.0,
    "R.1X": 1.0,
    "R.2X": 2.0,
    "R.4X": 4.0,
    "R.8X": 8.0,
    "Standard": 1.0,
}
_LEAST_CRAWL_MINUTES = 10.0
_DAYS_PER_MONTH = 365 / 12


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars.

    Attributes:
        per_month: of an average month.
        per_run: of one run of the pipeline: a crawl and a job run.
        dpu_hours_per_run: what a job run is charged for, at most: scaling up late or down early makes it less.
    """

    per_month: float = 0.0
    per_run: float = 0.0
    dpu_hours_per_run: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.per_month + other.per_month,
            self.per_run + other.per_run,
            self.dpu_hours_per_run + other.dpu_hours_per_run,
        )


@dataclass(frozen=True, slots=True)
class CostLine:
    """One resource's cost before and after."""

    address: str
    before: Cost
    after: Cost

    @property
    def is_changed(self) -> bool:
        """Whether the plan changes what it costs."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class CostReview:
    """All that costs money by itself, the largest change first.

    Attributes:
        lines: resources with a price.
        before: their sum now.
        after: their sum after the apply.
        runs_per_month_before: scheduled runs of an average month now.
        runs_per_month_after: the same after the apply.
        prices: where the prices are from.
        usage: what the numbers rest on.
    """

    lines: tuple[CostLine, ...]
    before: Cost
    after: Cost
    runs_per_month_before: float
    runs_per_month_after: float
    prices: PriceList
    usage: Usage

    @property
    def change_per_month(self) -> float:
        """US dollars more per month, less if negative."""
        return self.after.per_month - self.before.per_month

    @property
    def basis(self) -> str:
        """What the numbers rest on, in one sentence."""
        return (
            f"{self.prices.region} prices of {self.prices.as_of} ({self.prices.origin}); "
            f"a run of {self.usage.run_minutes:.4g} minutes ({self.usage.origin}) on all workers; "
            f"{self.usage.stored_gb:.4g} GB per bucket (estimate); without free tier and data transfer"
        )


def cost_review(plan: Plan, prices: PriceList, usage: Usage, now: datetime) -> CostReview:
    """Price every resource of the plan, before and after; a month's runs are those of the scheduled triggers."""
    runs_before = _runs_per_month(plan, usage, now, is_after=False)
    runs_after = _runs_per_month(plan, usage, now, is_after=True)
    lines = []
    for change in plan.resources:
        price = _PRICED.get(change.type)
        if price is None:
            continue
        before = price(change.before, runs_before, prices, usage) if change.before else Cost()
        after = price(change.after, runs_after, prices, usage) if change.after else Cost()
        lines.append(CostLine(change.address, before, after))
    lines.sort(key=lambda line: (-abs(line.after.per_month - line.before.per_month), line.address))
    return CostReview(
        lines=tuple(lines),
        before=sum((line.before for line in lines), Cost()),
        after=sum((line.after for line in lines), Cost()),
        runs_per_month_before=runs_before,
        runs_per_month_after=runs_after,
        prices=prices,
        usage=usage,
    )


def _runs_per_month(plan: Plan, usage: Usage, now: datetime, *, is_after: bool) -> float:
    found = None
    for change in plan.resources:
        attributes = change.after if is_after else change.before
        expression = attributes.get("schedule")
        if change.type != "aws_glue_trigger" or not isinstance(expression, str) or attributes.get("enabled") is False:
            continue
        try:
            # two years, so that no part of a year counts for more than another
            found = (found or 0.0) + dates_within(expression, now, now + timedelta(days=730)) / 24
        except CronError:
            continue
    return usage.runs_per_month if found is None else found


def _job(job: Mapping[str, Any], runs: float, prices: PriceList, usage: Usage) -> Cost:
    workers, dpu = job.get("number_of_workers"), WORKER_DPU.get(str(job.get("worker_type")), 1.0)
    capacity = workers * dpu if isinstance(workers, int | float) else job.get("max_capacity") or 0.0
    dpu_hours = float(capacity) * max(usage.run_minutes, 1.0) / 60 if isinstance(capacity, int | float) else 0.0
    per_run = dpu_hours * prices.usd("glue_job_dpu_hour")
    return Cost(per_run * runs, per_run, dpu_hours)


def _crawler(_: Mapping[str, Any], runs: float, prices: PriceList, usage: Usage) -> Cost:
    hours = max(usage.crawl_minutes, _LEAST_CRAWL_MINUTES) / 60
    per_run = usage.crawl_dpu * hours * prices.usd("glue_crawler_dpu_hour")
    return Cost(per_run * runs, per_run)


def _bucket(_: Mapping[str, Any], __: float, prices: PriceList, usage: Usage) -> Cost:
    stored = usage.stored_gb * prices.usd("s3_standard_gb_month")
    return Cost(stored + usage.put_requests_per_month * prices.usd("s3_put_request"))


def _key(_: Mapping[str, Any], __: float, prices: PriceList, usage: Usage) -> Cost:
    return Cost(prices.usd("kms_key_month") + usage.kms_requests_per_month * prices.usd("kms_request"))


def _workgroup(_: Mapping[str, Any], __: float, prices: PriceList, usage: Usage) -> Cost:
    return Cost(usage.athena_tb_per_month * prices.usd("athena_tb_scanned"))


def _log_group(group: Mapping[str, Any], _: float, prices: PriceList, usage: Usage) -> Cost:
    days = group.get("retention_in_days")
    kept_months = (days if isinstance(days, int | float) and days > 0 else 10 * 365) / _DAYS_PER_MONTH
    stored = usage.log_gb_per_month * kept_months * prices.usd("logs_stored_gb_month")
    return Cost(usage.log_gb_per_month * prices.usd("logs_ingested_gb") + stored)


def _alarm(_: Mapping[str, Any], __: float, prices: PriceList, ___: Usage) -> Cost:
    return Cost(prices.usd("alarm_month"))


def _dashboard(_: Mapping[str, Any], __: float, prices: PriceList, ___: Usage) -> Cost:
    """Three are free in an account, which a plan cannot see: free tiers are left out everywhere."""
    return Cost(prices.usd("dashboard_month"))


_Pricing = Callable[[Mapping[str, Any], float, PriceList, Usage], Cost]
_PRICED: dict[str, _Pricing] = {
    "aws_athena_workgroup": _workgroup,
    "aws_cloudwatch_dashboard": _dashboard,
    "aws_cloudwatch_log_group": _log_group,
    "aws_cloudwatch_metric_alarm": _alarm,
    "aws_glue_crawler": _crawler,
    "aws_glue_job": _job,
    "aws_kms_key": _key,
    "aws_s3_bucket": _bucket,
}
