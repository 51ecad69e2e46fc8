"""The cost of a plan's resources per month and per run, before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from plan_review.coverage import load_coverage
from plan_review.model import Plan, ResourceChange, without_index
from plan_review.prices import PriceList
from plan_review.run_rates import RunRates, run_rates
from plan_review.usage import Usage
from plan_review.values import Marker

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
# their DPUs have more memory, and a price of their own
_MEMORY_OPTIMIZED = frozenset({"R.1X", "R.2X", "R.4X", "R.8X"})
_GLUE_6 = "glue_6_job_dpu_hour"  # of no bundled list: it is in none that could be read
_LEAST_CRAWL_MINUTES = 10.0
_DAYS_PER_MONTH = 365 / 12


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars.

    Attributes:
        per_month: of an average month.
        per_run: of one crawl and one job run of every feed.
        dpu_hours_per_run: the most that a job run is charged for; auto scaling makes it less.
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
        """Whether the plan changes the cost."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class JobSizeChange:
    """A job that will run on more, fewer or other workers.

    Attributes:
        address: the job.
        name: its name after the apply.
        before: such as "4 x G.1X".
        after: the same after the apply.
        usd_per_run: US dollars more for one run, less if negative.
        times: how many times as much a run costs as before; 0 if it cost nothing.
        is_started: whether the plan shows what starts it, and so how often it runs.
    """

    address: str
    name: str
    before: str
    after: str
    usd_per_run: float
    times: float
    is_started: bool


@dataclass(frozen=True, slots=True)
class CostReview:
    """The costs of all priced resources, the largest change first.

    Attributes:
        lines: resources with a price.
        before: their sum now.
        after: their sum after the apply.
        runs_per_month_before: job runs of an average month now, those of all jobs together.
        runs_per_month_after: the same after the apply.
        jobs: the jobs whose size the plan changes, by address.
        prices: where the prices are from.
        usage: the basis of the numbers.
        unpriced: how many resources of each kind may have costs that are not included.
    """

    lines: tuple[CostLine, ...]
    before: Cost
    after: Cost
    runs_per_month_before: float
    runs_per_month_after: float
    jobs: tuple[JobSizeChange, ...]
    prices: PriceList
    usage: Usage
    unpriced: Mapping[str, int]

    @property
    def change_per_month(self) -> float:
        """US dollars more per month, less if negative."""
        return self.after.per_month - self.before.per_month

    def age_months(self, today: date) -> int:
        """How old the prices are, in whole months."""
        return int((today - self.prices.as_of).days / _DAYS_PER_MONTH)

    def dated(self, today: date) -> str:
        """The date of the prices, to show next to every figure."""
        months = self.age_months(today)
        age = f", {months} months old" if months > 1 else ""
        return f"prices of {self.prices.as_of}{age}"

    @property
    def basis(self) -> str:
        """The basis of the numbers, in one sentence."""
        minutes = f"{self.usage.run_minutes:.4g}"
        return (
            f"{self.prices.region} prices of {self.prices.as_of} ({self.prices.origin}); "
            f"a run of {minutes} {'minute' if minutes == '1' else 'minutes'} ({self.usage.origin}) on all workers; "
            f"{self.usage.stored_gb:.4g} GB per bucket, {self.usage.access_log_gb:.4g} GB per access log (estimate); "
            "free tiers and data transfer are not included"
        )


def cost_review(plan: Plan, prices: PriceList, usage: Usage, now: datetime) -> CostReview:
    """Price every resource of the plan, before and after; a job runs as often as the triggers that start it fire."""
    logs, subnets = _access_logs(plan), _subnets(plan)
    before = _Basis(prices, usage, run_rates(plan, now, usage.runs_per_month, is_after=False), logs, subnets)
    after = _Basis(prices, usage, run_rates(plan, now, usage.runs_per_month, is_after=True), logs, subnets)
    lines, jobs, runs = [], [], [0.0, 0.0]
    unpriced: Counter[str] = Counter()
    for change in plan.resources:
        price = _PRICED.get(change.type)
        if (kind := _unpriced(change, prices)) is not None:
            unpriced[kind] += 1
        if price is None or kind is not None:
            continue
        line = CostLine(
            change.address,
            price(change.address, change.before, before) if change.before else Cost(),
            price(change.address, change.after, after) if change.after else Cost(),
        )
        lines.append(line)
        if change.type == "aws_glue_job":
            runs[0] += before.rates.of_job(change.before.get("name")) if change.before else 0.0
            runs[1] += after.rates.of_job(change.after.get("name")) if change.after else 0.0
            sizes = _size(change.before), _size(change.after)
            if change.before and change.after and sizes[0] != sizes[1]:
                more = line.after.per_run - line.before.per_run
                name = str(change.after.get("name"))
                times = line.after.per_run / line.before.per_run if line.before.per_run else 0.0
                jobs.append(JobSizeChange(change.address, name, *sizes, more, times, name in after.rates.jobs))
    lines.sort(key=lambda line: (-abs(line.after.per_month - line.before.per_month), line.address))
    return CostReview(
        lines=tuple(lines),
        before=sum((line.before for line in lines), Cost()),
        after=sum((line.after for line in lines), Cost()),
        runs_per_month_before=runs[0],
        runs_per_month_after=runs[1],
        jobs=tuple(jobs),
        prices=prices,
        usage=usage,
        unpriced=dict(sorted(unpriced.items())),
    )


def _unpriced(change: ResourceChange, prices: PriceList) -> str | None:
    """The kind of a resource that may cost something but has no known price."""
    if change.type in _PRICED:
        sides = (change.after, change.before) if change.type == "aws_glue_job" else ()
        kinds = [kind for side in sides if (kind := _unpriced_job(side, prices))]
        return f"{change.type} on {kinds[0]}" if kinds else None
    return None if load_coverage().is_free(change.type) else change.type or "resource of unknown type"


def _unpriced_job(job: Mapping[str, Any], prices: PriceList) -> str:
    """The version or workers of a job that have a price of their own, which is not known; empty if there are none."""
    if _is_of_glue_6(job) and _GLUE_6 not in prices.prices:
        return f"Glue {job['glue_version']}"
    if isinstance(job.get("number_of_workers"), Marker):
        return "a number of workers that is not known"
    worker = job.get("worker_type")
    if isinstance(worker, Marker):
        return "workers that are not known"
    is_priced = worker is None or (worker in WORKER_DPU and worker not in _MEMORY_OPTIMIZED)
    return "" if is_priced else f"{worker} workers"


def _is_of_glue_6(job: Mapping[str, Any]) -> bool:
    """Whether a job runs on a version with its own price."""
    major = str(job.get("glue_version", "")).partition(".")[0]
    return major.isdigit() and int(major) >= 6


@dataclass(frozen=True, slots=True)
class _Basis:
    """The basis of a resource's cost.

    Attributes:
        prices: of one unit each.
        usage: of a month.
        rates: how often jobs and crawlers run.
        access_logs: the buckets that hold access logs, by address or name.
        subnets: how many subnets each module has, by its path.
    """

    prices: PriceList
    usage: Usage
    rates: RunRates
    access_logs: frozenset[str]
    subnets: Mapping[str, int]


def _access_logs(plan: Plan) -> frozenset[str]:
    """Buckets that receive the access log of another: by address without an index, and by name if known."""
    names = {
        name
        for change in plan.resources
        if change.type == "aws_s3_bucket_logging" and isinstance(name := change.attribute("target_bucket"), str)
    }
    return plan.log_targets | names


def _subnets(plan: Plan) -> Mapping[str, int]:
    """The subnets of a module's endpoints, if the plan cannot name them yet."""
    return Counter(change.module for change in plan.resources if change.type == "aws_subnet" and change.after)


def _size(job: Mapping[str, Any]) -> str:
    if isinstance(job.get("number_of_workers"), int | float):
        return f"{job['number_of_workers']:.4g} x {job.get('worker_type')}"
    return f"{job.get('max_capacity')} DPU"


def _job(_: str, job: Mapping[str, Any], basis: _Basis) -> Cost:
    workers, dpu = job.get("number_of_workers"), WORKER_DPU.get(str(job.get("worker_type")), 1.0)
    capacity = workers * dpu if isinstance(workers, int | float) else job.get("max_capacity") or 0.0
    dpu_hours = float(capacity) * max(basis.usage.run_minutes, 1.0) / 60 if isinstance(capacity, int | float) else 0.0
    per_run = dpu_hours * basis.prices.usd(_GLUE_6 if _is_of_glue_6(job) else "glue_job_dpu_hour")
    return Cost(per_run * basis.rates.of_job(job.get("name")), per_run, dpu_hours)


def _crawler(_: str, crawler: Mapping[str, Any], basis: _Basis) -> Cost:
    hours = max(basis.usage.crawl_minutes, _LEAST_CRAWL_MINUTES) / 60
    per_run = basis.usage.crawl_dpu * hours * basis.prices.usd("glue_crawler_dpu_hour")
    return Cost(per_run * basis.rates.of_crawler(crawler.get("name")), per_run)


def _bucket(address: str, bucket: Mapping[str, Any], basis: _Basis) -> Cost:
    gb_month = basis.prices.usd("s3_standard_gb_month")
    if without_index(address) in basis.access_logs or str(bucket.get("bucket")) in basis.access_logs:
        # their delivery is free: docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html
        return Cost(basis.usage.access_log_gb * gb_month)
    requests = basis.usage.put_requests_per_month * basis.prices.usd("s3_put_request")
    return Cost(basis.usage.stored_gb * gb_month + requests)


def _key(_: str, __: Mapping[str, Any], basis: _Basis) -> Cost:
    requests = basis.usage.kms_requests_per_month * basis.prices.usd("kms_request")
    return Cost(basis.prices.usd("kms_key_month") + requests)


def _workgroup(_: str, __: Mapping[str, Any], basis: _Basis) -> Cost:
    return Cost(basis.usage.athena_tb_per_month * basis.prices.usd("athena_tb_scanned"))


def _log_group(_: str, group: Mapping[str, Any], basis: _Basis) -> Cost:
    days = group.get("retention_in_days")
    kept_months = (days if isinstance(days, int | float) and days > 0 else 10 * 365) / _DAYS_PER_MONTH
    stored = basis.usage.log_gb_per_month * kept_months * basis.prices.usd("logs_stored_gb_month")
    return Cost(basis.usage.log_gb_per_month * basis.prices.usd("logs_ingested_gb") + stored)


def _alarm(_: str, __: Mapping[str, Any], basis: _Basis) -> Cost:
    return Cost(basis.prices.usd("alarm_month"))


def _dashboard(_: str, __: Mapping[str, Any], basis: _Basis) -> Cost:
    """Three are free in an account, which a plan cannot see: free tiers are left out everywhere."""
    return Cost(basis.prices.usd("dashboard_month"))


def _endpoint(address: str, endpoint: Mapping[str, Any], basis: _Basis) -> Cost:
    """An interface endpoint costs by the hour in each zone, used or not; a gateway costs nothing."""
    if endpoint.get("vpc_endpoint_type") != "Interface":
        return Cost()
    ids = endpoint.get("subnet_ids")
    module = address.partition("aws_vpc_endpoint.")[0].removesuffix(".")
    zones = len(ids) if isinstance(ids, list) else basis.subnets.get(module, 1)
    return Cost(zones * 24 * _DAYS_PER_MONTH * basis.prices.usd("vpc_endpoint_zone_hour"))


_Pricing = Callable[[str, Mapping[str, Any], _Basis], Cost]
_PRICED: dict[str, _Pricing] = {
    "aws_athena_workgroup": _workgroup,
    "aws_cloudwatch_dashboard": _dashboard,
    "aws_cloudwatch_log_group": _log_group,
    "aws_cloudwatch_metric_alarm": _alarm,
    "aws_glue_crawler": _crawler,
    "aws_glue_job": _job,
    "aws_kms_key": _key,
    "aws_s3_bucket": _bucket,
    "aws_vpc_endpoint": _endpoint,
}
