"""Schedules, the clock that tests move, and the endpoints that move it (G2, G3, G12)."""

import json
import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from localstack_glue.clock import MovableClock
from localstack_glue.control import ControlEndpoints
from localstack_glue.scheduler import Scheduler

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def moving(glue: Any) -> Any:
    """The rules under a frozen clock that can be moved, with a scheduler that is ticked by hand."""
    clock = MovableClock()
    clock.freeze()
    clock.set(START)
    glue.clock.now = clock.now
    lock = threading.RLock()
    return SimpleNamespace(glue=glue, clock=clock, scheduler=Scheduler(clock, lock, glue.orchestrator, glue.crawlers))


def test_year_of_a_quarterly_schedule_fires_four_times(moving):
    moving.glue.add_job("etl", ExecutionProperty={"MaxConcurrentRuns": 9})
    schedule = "cron(0 6 1 1,4,7,10 ? *)"
    moving.glue.add_trigger("quarterly", "SCHEDULED", [{"JobName": "etl"}], Schedule=schedule, StartOnCreation=True)

    moving.clock.advance(timedelta(days=365))

    assert moving.scheduler.tick() == 4  # G12
    assert moving.glue.started_jobs == ["etl"] * 4
    assert moving.scheduler.tick() == 0  # each once


def test_schedule_counts_from_its_activation(moving):
    moving.glue.add_job("etl")
    moving.glue.add_trigger("daily", "SCHEDULED", [{"JobName": "etl"}], Schedule="cron(0 6 * * ? *)")
    moving.clock.advance(timedelta(days=1, hours=12))
    moving.glue.triggers.start(moving.glue.scope, {"Name": "daily"})

    assert moving.scheduler.tick() == 0  # G3: it was not activated at six
    moving.clock.advance(timedelta(days=1))
    assert moving.scheduler.tick() == 1


def test_deactivated_schedule_stays_silent(moving):
    moving.glue.add_job("etl")
    schedule = {"Schedule": "cron(0 6 * * ? *)", "StartOnCreation": True}
    moving.glue.add_trigger("daily", "SCHEDULED", [{"JobName": "etl"}], **schedule)
    moving.glue.triggers.stop(moving.glue.scope, {"Name": "daily"})

    moving.clock.advance(timedelta(days=3))

    assert moving.scheduler.tick() == 0  # G3


def test_scheduled_trigger_of_a_workflow_starts_a_run_of_it(moving):
    glue = moving.glue
    glue.add_quarterly_workflow()
    glue.triggers.delete(glue.scope, {"Name": "start"})
    schedule = {"Schedule": "cron(0 6 * * ? *)", "StartOnCreation": True, "WorkflowName": "quarterly"}
    glue.add_trigger("daily", "SCHEDULED", [{"CrawlerName": "raw"}], **schedule)

    moving.clock.advance(timedelta(hours=7))
    moving.scheduler.tick()
    glue.end_crawl("SUCCEEDED")

    assert glue.started_jobs == ["etl"]
    assert len(glue.workflows.get_runs(glue.scope, {"Name": "quarterly"})["Runs"]) == 1


def test_crawler_of_its_own_schedule_fires_no_conditional_trigger(moving):
    glue = moving.glue
    glue.add_quarterly_workflow()
    glue.crawlers.update_schedule(glue.scope, {"CrawlerName": "raw", "Schedule": "cron(0 6 * * ? *)"})

    moving.clock.advance(timedelta(hours=7))
    assert moving.scheduler.tick() == 1
    glue.end_crawl("SUCCEEDED")

    assert glue.started_crawls == ["raw"]
    assert glue.started_jobs == []  # G2


def test_clock_set_back_fires_nothing_twice(moving):
    moving.glue.add_job("etl", ExecutionProperty={"MaxConcurrentRuns": 9})
    schedule = {"Schedule": "cron(0 6 * * ? *)", "StartOnCreation": True}
    moving.glue.add_trigger("daily", "SCHEDULED", [{"JobName": "etl"}], **schedule)
    moving.clock.advance(timedelta(hours=7))
    assert moving.scheduler.tick() == 1

    moving.clock.advance(timedelta(hours=-3))
    assert moving.scheduler.tick() == 0
    moving.clock.advance(timedelta(hours=1))
    assert moving.scheduler.tick() == 0


def test_clock_goes_on_from_where_it_was_set():
    source = SimpleNamespace(now=lambda: source.moment, moment=START)
    clock = MovableClock(source)

    clock.set(datetime(2030, 1, 1, tzinfo=UTC))
    source.moment += timedelta(minutes=1)
    assert clock.now() == datetime(2030, 1, 1, 0, 1, tzinfo=UTC)

    clock.freeze()
    source.moment += timedelta(minutes=1)
    assert clock.now() == datetime(2030, 1, 1, 0, 1, tzinfo=UTC)

    clock.unfreeze()
    source.moment += timedelta(minutes=1)
    assert clock.now() == datetime(2030, 1, 1, 0, 2, tzinfo=UTC)

    clock.reset()
    assert clock.now() == source.moment


def call(control: ControlEndpoints, body: Any, address: str = "127.0.0.1", **headers: str) -> tuple[int, Any]:
    request = SimpleNamespace(
        method="POST", remote_addr=address, headers=headers, get_data=lambda: json.dumps(body).encode()
    )
    answer = control.clock(request)  # type: ignore[arg-type]
    return answer.status_code, json.loads(answer.get_data())


@pytest.fixture
def control(moving: Any) -> ControlEndpoints:
    settings = SimpleNamespace(is_control_open=False)
    provider = SimpleNamespace(clock=moving.clock, scheduler=moving.scheduler, settings=settings)
    return ControlEndpoints(provider)  # type: ignore[arg-type]


def test_clock_endpoint_moves_the_clock(control):
    assert call(control, {"advance_seconds": 60})[1]["now"] == "2026-01-01T00:01:00+00:00"
    assert call(control, {"set": "2027-01-01"})[1] == {"now": "2027-01-01T00:00:00+00:00", "frozen": True}


@pytest.mark.parametrize("body", [{"jump": 1}, {"set": "soon"}, {"advance_seconds": "x"}, [], 3])
def test_clock_endpoint_refuses_what_it_does_not_know(control, body):
    status, answer = call(control, body)

    assert status == 400
    assert answer["message"].startswith("not a change of the clock")


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        pytest.param("10.0.0.8", {}, id="another-machine"),
        pytest.param("", {}, id="unknown"),
        pytest.param("127.0.0.1", {"Origin": "http://evil.example"}, id="a-browser"),
    ],
)
def test_control_endpoints_are_for_this_machine(control, address, headers):
    assert call(control, {}, address, **headers)[0] == 403
