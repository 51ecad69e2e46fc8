"""The cost of a past run: AWS's rules applied to Glue's data."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from plan_review.prices import load_prices
from quartal.report.cost import Measured, RunCost, count_dpus, job_run_cost, manifest_cost, price_basis
from quartal.runs.costs import by_month

PRICES = price_basis(load_prices("us-east-1"))
RUN = {"ExecutionTime": 1800, "WorkerType": "G.1X", "NumberOfWorkers": 4, "MaxCapacity": 4.0}


def test_all_workers_are_billed_for_the_execution_time():
    assert job_run_cost(RUN, PRICES) == RunCost(7200.0, pytest.approx(2 * 0.44), Measured.EXECUTION_TIME)


def test_shorter_than_a_minute_is_billed_as_a_minute():
    assert job_run_cost(RUN | {"ExecutionTime": 7}, PRICES).dpu_seconds == 240


def test_dpu_seconds_of_glue_take_precedence():
    found = job_run_cost(RUN | {"DPUSeconds": 3600.0}, PRICES)
    assert found == RunCost(3600.0, pytest.approx(0.44), Measured.DPU_SECONDS)


@pytest.mark.parametrize("more", [{"ExecutionTime": 0}, {"WorkerType": "G.99X", "MaxCapacity": None}])
def test_run_without_known_workers_has_no_cost(more):
    assert job_run_cost(RUN | more, PRICES) is None


def test_flex_run_has_dpu_hours_but_no_price():
    found = job_run_cost(RUN | {"ExecutionClass": "FLEX"}, PRICES)
    assert (found.dpu_seconds, found.usd) == (7200.0, None)


def test_region_without_prices_has_dpu_hours_alone():
    assert price_basis(None) is None
    assert job_run_cost(RUN, None) == RunCost(7200.0, None, Measured.EXECUTION_TIME)


def test_run_that_glue_forgot_is_estimated_on_the_workers_of_today():
    assert manifest_cost(600.0, RUN, PRICES) == RunCost(2400.0, pytest.approx(0.2933, abs=1e-4), Measured.MANIFEST)
    assert manifest_cost(3.0, RUN, PRICES).dpu_seconds == 240
    assert manifest_cost(600.0, None, PRICES) is None


@pytest.mark.parametrize(
    ("resource", "dpus"),
    [
        ({"WorkerType": "G.2X", "NumberOfWorkers": 10}, 20.0),
        ({"WorkerType": "G.025X", "NumberOfWorkers": 2}, 0.5),
        ({"MaxCapacity": 0.0625}, 0.0625),
        ({}, None),
    ],
)
def test_dpus_are_workers_by_type_or_else_the_capacity(resource, dpus):
    assert count_dpus(resource) == dpus


def test_basis_names_the_day_and_the_source_of_the_price():
    assert PRICES is not None
    assert (PRICES.region, PRICES.usd_per_dpu_hour) == ("us-east-1", 0.44)
    assert PRICES.source.startswith("https://aws.amazon.com/glue/")
    assert PRICES.as_of == load_prices("us-east-1").as_of


def test_months_add_what_is_known_and_count_the_runs_of_unknown_cost():
    cost = job_run_cost(RUN, PRICES)
    of_flex = RunCost(3600.0, None, Measured.EXECUTION_TIME)
    runs = [
        SimpleNamespace(started=datetime(2026, month, 8, tzinfo=UTC), cost=known)
        for month, known in ((7, cost), (4, cost), (4, None), (4, of_flex), (4, cost), (1, None))
    ]
    found = [(each.month, each.runs, each.dpu_seconds, each.usd, each.unknown) for each in by_month(runs)]
    assert found == [
        ("2026-01", 1, 0, None, 1),
        ("2026-04", 4, 18000.0, pytest.approx(1.76), 2),
        ("2026-07", 1, 7200.0, pytest.approx(0.88), 0),
    ]
