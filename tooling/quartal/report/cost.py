"""The cost of the job of a past run: AWS's charge for its duration, at the dated prices of the region.

LocalStack costs nothing; the number is what AWS would charge for the same duration on the same workers.
Source of the rules: https://aws.amazon.com/glue/pricing/, billed by the second, for at least a minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from plan_review.cost import WORKER_DPU
from plan_review.prices import PriceList

LEAST_SECONDS = 60.0
_PRICE = "glue_job_dpu_hour"


class Measured(StrEnum):
    """Where the DPU-seconds of a run come from."""

    DPU_SECONDS = "DPUSeconds of the job run"
    EXECUTION_TIME = "ExecutionTime of the job run on all of its workers"
    MANIFEST = "seconds in the manifest, on the workers that the job has now"


@dataclass(frozen=True, slots=True)
class RunCost:
    """The cost of one job run.

    Attributes:
        dpu_seconds: what is billed.
        usd: at the price of the region; None if there is none, and for FLEX runs, whose price is not listed.
        measured: where the DPU-seconds come from.
    """

    dpu_seconds: float
    usd: float | None
    measured: Measured


@dataclass(frozen=True, slots=True)
class PriceBasis:
    """The price that all costs are based on."""

    region: str
    usd_per_dpu_hour: float
    as_of: date
    origin: str
    source: str


def price_basis(prices: PriceList | None) -> PriceBasis | None:
    """The price of a DPU-hour of a job, with its day and source."""
    if prices is None:
        return None
    return PriceBasis(prices.region, prices.usd(_PRICE), prices.as_of, prices.origin, prices.prices[_PRICE].source)


def job_run_cost(job_run: Mapping[str, Any], prices: PriceBasis | None) -> RunCost | None:
    """The cost of a job run as GetJobRuns returns it; None if it did not run, or if its workers are not known.

    Runs with auto scaling and FLEX runs have `DPUSeconds`, the capacity that was used. For others all workers are
    charged for `ExecutionTime`.
    """
    used = job_run.get("DPUSeconds")
    if used:
        return _cost(float(used), Measured.DPU_SECONDS, job_run, prices)
    seconds, dpus = job_run.get("ExecutionTime"), count_dpus(job_run)
    if not seconds or dpus is None:
        return None
    return _cost(max(float(seconds), LEAST_SECONDS) * dpus, Measured.EXECUTION_TIME, job_run, prices)


def manifest_cost(seconds: float, job: Mapping[str, Any] | None, prices: PriceBasis | None) -> RunCost | None:
    """An estimate for a run that Glue no longer knows: its own duration, on the workers that the job has now.

    Args:
        seconds: of the manifest.
        job: as GetJob returns it; None if there is no such job.
        prices: of the region.
    """
    dpus = count_dpus(job) if job is not None else None
    if job is None or dpus is None:
        return None
    return _cost(max(seconds, LEAST_SECONDS) * dpus, Measured.MANIFEST, job, prices)


def count_dpus(resource: Mapping[str, Any]) -> float | None:
    """Data processing units of a job or a job run; None if it has neither known workers nor a capacity."""
    workers, dpu = resource.get("NumberOfWorkers"), WORKER_DPU.get(str(resource.get("WorkerType")))
    if workers and dpu:
        return float(workers) * dpu
    capacity = resource.get("MaxCapacity")
    return float(capacity) if capacity else None


def _cost(dpu_seconds: float, measured: Measured, run: Mapping[str, Any], prices: PriceBasis | None) -> RunCost:
    known = prices is not None and run.get("ExecutionClass") != "FLEX"
    usd = dpu_seconds / 3600 * prices.usd_per_dpu_hour if prices is not None and known else None
    return RunCost(dpu_seconds, usd, measured)
