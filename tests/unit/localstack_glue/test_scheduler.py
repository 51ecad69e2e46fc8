"""Schedules, the clock that tests move, and the endpoints that move it (G2, G3, G12)."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from localstack_glue.service.clock import MovableClock
from localstack_glue.service.control_endpoints import ControlEndpoints
from localstack_glue.service.errors import NoScheduleException, SchedulerNotRunningException, SchedulerRunningException
from localstack_glue.workflows import scheduler

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def moving(glue: Any) -> Any:
    """The rules under a frozen clock that can be moved, with a scheduler that is ticked by hand."""
    clock = MovableClock()
    clock.freeze()
    clock.set(START)
    glue.clock.now = clock.now
    return SimpleNamespace(glue=glue, clock=clock, scheduler=glue.scheduler(clock))


def test_year_of_a_quarterly_schedule_fires_four_times(moving):
    moving.glue.add_job("etl", ExecutionProperty={"MaxConcurrentRuns": 9})
    schedule = "cron(0 6 1 1,4,7,10 ? *)"
    moving.glue.add_trigger("quarterly", "SCHEDULED", [{"JobName": "etl"}], Schedule=schedule, StartOnCreation=True)

    moving.clock.advance(timedelta(days=365))

    assert moving.scheduler.tick() == 4  # G12
    assert moving.glue.started_jobs == ["etl"] * 4
    assert moving.scheduler.tick() == 0  # each once


def test_schedule_of_a_crawler_is_stopped_and_counts_anew_from_its_start(moving):
    glue, asked = moving.glue, {"CrawlerName": "raw"}
    glue.add_crawler("raw", Schedule="cron(0 6 * * ? *)")
    with pytest.raises(SchedulerRunningException):
        glue.crawlers.start_schedule(glue.scope, asked)
    glue.crawlers.stop_schedule(glue.scope, asked)
    with pytest.raises(SchedulerNotRunningException):
        glue.crawlers.stop_schedule(glue.scope, asked)
    moving.clock.advance(timedelta(days=1, hours=12))
    glue.crawlers.start_schedule(glue.scope, asked)
    assert (moving.scheduler.tick(), glue.started_crawls) == (0, [])

    moving.clock.advance(timedelta(days=1))
    assert (moving.scheduler.tick(), glue.started_crawls) == (1, ["raw"])
    glue.add_crawler("by hand")
    with pytest.raises(NoScheduleException):
        glue.crawlers.start_schedule(glue.scope, {"CrawlerName": "by hand"})


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
    provider = SimpleNamespace(clock=moving.clock, scheduler=moving.scheduler)
    return ControlEndpoints(provider)  # type: ignore[arg-type]


def test_clock_endpoint_moves_the_clock(control):
    assert call(control, {"advance_seconds": 60})[1]["now"] == "2026-01-01T00:01:00+00:00"
    assert call(control, {"set": "2027-01-01"})[1] == {"now": "2027-01-01T00:00:00+00:00", "frozen": True}


@pytest.mark.parametrize(
    "body",
    [
        {"jump": 1},
        {"set": "soon"},
        {"set": "9999-12-31"},
        {"set": "1969-12-31"},
        {"advance_seconds": "x"},
        {"advance_seconds": 1e20},
        {"advance_seconds": float("nan")},
        {"advance_seconds": -(10**11)},
        {"frozen": False, "advance_seconds": 1e20},
        [],
        3,
    ],
)
def test_clock_endpoint_refuses_what_it_does_not_know(control, body):
    before = call(control, {})[1]
    status, answer = call(control, body)

    assert status == 400
    assert answer["message"].startswith("invalid change of the clock")
    assert call(control, {})[1] == before


def test_clock_is_not_moved_over_more_starts_than_can_be_served(control, moving):
    moving.glue.add_job("etl")
    often = {"Schedule": "cron(0/5 * * * ? *)", "StartOnCreation": True}
    moving.glue.add_trigger("often", "SCHEDULED", [{"JobName": "etl"}], **often)

    status, answer = call(control, {"advance_seconds": 366 * 86_400})

    assert status == 400
    assert "more than 10000 starts" in answer["message"]
    assert moving.glue.started_jobs == []
    assert call(control, {"advance_seconds": 3600})[0] == 200
    assert len(moving.glue.jobs.get_runs(moving.glue.scope, {"JobName": "etl"})["JobRuns"]) == 12  # each five minutes


def test_starts_that_are_due_do_not_keep_the_service_from_others(moving):
    class Counted:
        depth, freed = 0, 0

        def __enter__(self) -> None:
            self.depth += 1

        def __exit__(self, *_: Any) -> None:
            self.depth -= 1
            self.freed += self.depth == 0

    lock: Any = Counted()
    scheduler = moving.glue.scheduler(moving.clock, lock)
    moving.glue.add_job("etl", ExecutionProperty={"MaxConcurrentRuns": 99})
    daily = {"Schedule": "cron(0 6 * * ? *)", "StartOnCreation": True}
    moving.glue.add_trigger("daily", "SCHEDULED", [{"JobName": "etl"}], **daily)
    moving.clock.advance(timedelta(days=30))

    assert scheduler.tick() == 30
    assert lock.freed >= 30  # between any two starts


def test_deleted_trigger_fires_no_due_starts(moving):
    glue = moving.glue
    for name in ("first", "second"):
        glue.add_job(name)
        daily = {"Schedule": "cron(0 6 * * ? *)", "StartOnCreation": True}
        glue.add_trigger(name, "SCHEDULED", [{"JobName": name}], **daily)
    glue.job_signals.started.add(lambda scope, _run: glue.triggers.delete(scope, {"Name": "second"}))

    moving.clock.advance(timedelta(days=1))
    moving.scheduler.tick()

    assert glue.started_jobs == ["first"]


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


def test_run_that_is_queued_for_fifteen_minutes_expires(moving):  # G26
    glue = moving.glue
    glue.jobs._clock = moving.clock
    glue.add_job("etl", JobRunQueuingEnabled=True)
    for _ in range(2):
        glue.jobs.start(glue.scope, {"JobName": "etl"})

    def states() -> list[str]:
        return [run["JobRunState"] for run in glue.jobs.get_runs(glue.scope, {"JobName": "etl"})["JobRuns"]]

    moving.clock.advance(timedelta(minutes=14))
    moving.scheduler.tick()
    assert states() == ["WAITING", "RUNNING"]
    moving.clock.advance(timedelta(minutes=1))
    moving.scheduler.tick()
    assert states() == ["EXPIRED", "RUNNING"]


def on_events(glue: Any, **batching: int) -> None:
    """A workflow that events start."""
    glue.add_job("etl", ExecutionProperty={"MaxConcurrentRuns": 9})
    glue.workflows.create(glue.scope, {"Name": "arrivals"})
    condition = {"EventBatchingCondition": batching} if batching else {}
    glue.add_trigger("arrival", "EVENT", [{"JobName": "etl"}], WorkflowName="arrivals", **condition)


@pytest.mark.parametrize(("window", "seconds"), [({}, 900), ({"BatchWindow": 60}, 60)], ids=["default", "given"])
def test_window_of_a_batch_begins_with_its_first_event_and_starts_one_run(moving, window, seconds):
    glue = moving.glue
    on_events(glue, BatchSize=10, **window)
    moving.clock.advance(timedelta(hours=1))
    glue.event_triggers.notify(glue.scope, "arrivals", "first")
    moving.clock.advance(timedelta(seconds=seconds - 1))
    glue.event_triggers.notify(glue.scope, "arrivals", "second")

    assert moving.scheduler.tick() == 0
    moving.clock.advance(timedelta(seconds=1))
    assert moving.scheduler.tick() == 1  # G32
    assert moving.scheduler.tick() == 0

    (run,) = glue.workflows.get_runs(glue.scope, {"Name": "arrivals"})["Runs"]
    assert run["StartingEventBatchCondition"] == {"BatchWindow": seconds}
    assert run["WorkflowRunProperties"] == {"aws:eventIds": "[first, second]"}
    assert glue.started_jobs == ["etl"]


@pytest.mark.parametrize(("change", "runs_of_second"), [("delete", 0), ("update", 1)])
def test_window_of_a_trigger_that_an_earlier_start_changes_starts_nothing_twice(moving, change, runs_of_second):
    glue = moving.glue
    glue.add_job("etl", ExecutionProperty={"MaxConcurrentRuns": 9})
    for name in ("first", "second"):
        glue.workflows.create(glue.scope, {"Name": name})
        batching = {"EventBatchingCondition": {"BatchSize": 10}, "WorkflowName": name}
        glue.add_trigger(name, "EVENT", [{"JobName": "etl"}], **batching)
        glue.event_triggers.notify(glue.scope, name, "one")
    update = {"Description": "new", "Actions": [{"JobName": "etl"}], "EventBatchingCondition": {"BatchSize": 10}}
    request = {"Name": "second"} | ({"TriggerUpdate": update} if change == "update" else {})
    glue.job_signals.started.add(lambda scope, _run: getattr(glue.triggers, change)(scope, request))

    moving.clock.advance(timedelta(hours=1))
    for _ in range(2):
        moving.scheduler.tick()

    assert len(glue.store.workflows["first"].runs) == 1
    assert len(glue.store.workflows["second"].runs) == runs_of_second


def test_only_the_newest_of_too_many_due_starts_happen(moving, monkeypatch):
    monkeypatch.setattr(scheduler, "MAX_STARTS", 2)
    for name, at in (("first", "0 6 1"), ("second", "0 12 1"), ("third", "0 0 2")):
        moving.glue.add_job(name)
        once = {"Schedule": f"cron({at} 1 ? 2026)", "StartOnCreation": True}
        moving.glue.add_trigger(name, "SCHEDULED", [{"JobName": name}], **once)

    moving.clock.advance(timedelta(days=2))

    assert moving.scheduler.tick() == 2
    assert moving.glue.started_jobs == ["second", "third"]


def test_start_of_a_trigger_that_is_activated_loses_none_of_its_starts(moving):
    moving.glue.add_job("etl")
    schedule = {"Schedule": "cron(0 6 * * ? *)", "StartOnCreation": True}
    moving.glue.add_trigger("daily", "SCHEDULED", [{"JobName": "etl"}], **schedule)

    moving.clock.advance(timedelta(hours=7))
    moving.glue.triggers.start(moving.glue.scope, {"Name": "daily"})

    assert moving.scheduler.tick() == 1  # G3


def test_window_of_a_deleted_trigger_starts_nothing(moving):
    glue = moving.glue
    on_events(glue, BatchSize=10)
    glue.event_triggers.notify(glue.scope, "arrivals", "first")
    glue.triggers.delete(glue.scope, {"Name": "arrival"})

    moving.clock.advance(timedelta(hours=1))

    assert moving.scheduler.tick() == 0
    assert glue.started_jobs == []


def test_schedule_above_the_limit_of_its_workflow_leaves_a_run_in_error(moving):
    glue = moving.glue
    glue.add_job("etl", ExecutionProperty={"MaxConcurrentRuns": 9})
    glue.workflows.create(glue.scope, {"Name": "daily", "MaxConcurrentRuns": 1})
    schedule = {"Schedule": "cron(0 6 * * ? *)", "StartOnCreation": True, "WorkflowName": "daily"}
    glue.add_trigger("start", "SCHEDULED", [{"JobName": "etl"}], **schedule)

    moving.clock.advance(timedelta(days=2))
    assert moving.scheduler.tick() == 2

    second, first = glue.workflows.get_runs(glue.scope, {"Name": "daily"})["Runs"]
    assert (first["Status"], second["Status"]) == ("RUNNING", "ERROR")  # G7
    assert second["ErrorMessage"] == "Concurrent runs exceeded for workflow: daily"  # G8
    assert glue.started_jobs == ["etl"]


def test_schedule_and_events_of_a_deleted_workflow_start_nothing(moving):
    glue = moving.glue
    on_events(glue, BatchSize=10)
    glue.workflows.create(glue.scope, {"Name": "daily"})
    daily = {"Schedule": "cron(0 6 * * ? *)", "StartOnCreation": True, "WorkflowName": "daily"}
    glue.add_trigger("six", "SCHEDULED", [{"JobName": "etl"}], **daily)
    glue.event_triggers.notify(glue.scope, "arrivals", "one")
    for name in ("arrivals", "daily"):
        glue.workflows.delete(glue.scope, {"Name": name})

    moving.clock.advance(timedelta(days=1))
    moving.scheduler.tick()

    assert glue.started_jobs == []
