"""The first version of many pipelines starts the crawler by hand or by its own schedule, and its job never runs."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from feed_generator import generate
from glue_triggers.examination import examine
from quartal.core.polling import Waiter
from quartal.runs.account_schedule import read_pipeline
from tests.integration.crawls import crawl_count, finish_crawl, job_runs
from tests.integration.deployment import Pipeline


@pytest.fixture(scope="module")
def pipeline(feed_pipeline: Callable[[str], Pipeline]) -> Pipeline:
    return feed_pipeline("scheduled_sightings")


@pytest.fixture(scope="module")
def small_feed(pipeline: Pipeline, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    generate(folder, rows=500, seed=3, first_quarter="2024Q1", quarters=1)
    pipeline.upload(folder)
    return folder


def test_crawler_started_by_hand_succeeds_and_starts_no_job(pipeline: Pipeline, small_feed):  # G1, G2
    workspace = pipeline.workspace
    before, crawls = job_runs(workspace), crawl_count(workspace)
    workspace.connection.glue().start_crawler(Name=workspace.deployment.crawler)
    assert finish_crawl(workspace, crawls) == "COMPLETED"
    assert job_runs(workspace) == before


def test_through_the_workflow_the_same_crawl_starts_the_job(pipeline: Pipeline, small_feed):  # G1, G5
    before = job_runs(pipeline.workspace)
    manifest = pipeline.run()
    assert manifest["status"] == "SUCCEEDED"
    started = set(job_runs(pipeline.workspace)) - set(before)
    assert len(started) == 1


@pytest.fixture
def clock(pipeline: Pipeline) -> Iterator[Callable[[float], datetime]]:
    """Moves the local Glue service's clock on by some seconds and says what time it is there."""
    url = f"{pipeline.workspace.settings.endpoint_url}/_glue/clock"

    def call(body: bytes | None) -> dict:
        with urllib.request.urlopen(urllib.request.Request(url, data=body)) as response:
            return json.load(response)

    try:
        call(None)
    except urllib.error.URLError:
        pytest.skip("this endpoint has no clock to move")

    def advance(seconds: float) -> datetime:
        return datetime.fromisoformat(call(json.dumps({"advance_seconds": seconds}).encode())["now"])

    yield advance
    call(json.dumps({"reset": True}).encode())


def cron_in_two_minutes(now: datetime) -> str:
    at = now + timedelta(minutes=2)
    return f"cron({at.minute} {at.hour} * * ? *)"


def test_crawler_on_its_own_schedule_succeeds_and_starts_no_job(pipeline: Pipeline, small_feed, clock):  # G2
    workspace = pipeline.workspace
    glue, crawler = workspace.connection.glue(), workspace.deployment.crawler
    before, crawls = job_runs(workspace), crawl_count(workspace)
    glue.update_crawler(Name=crawler, Schedule=cron_in_two_minutes(clock(0)))
    try:
        _, findings = examine(read_pipeline(glue), clock(0))
        assert ("own-schedule-besides", f"crawler {crawler}") in {(found.rule, found.address) for found in findings}
        clock(180)
        assert finish_crawl(workspace, crawls) == "COMPLETED"
        assert job_runs(workspace) == before
    finally:
        glue.update_crawler(Name=crawler, Schedule="")
    assert f"crawler {crawler}" not in {found.address for found in examine(read_pipeline(glue), clock(0))[1]}


def test_schedule_of_the_workflow_starts_the_crawl_and_then_the_job(pipeline: Pipeline, small_feed, clock):  # G1, G2
    workspace = pipeline.workspace
    glue, deployment = workspace.connection.glue(), workspace.deployment
    start = glue.get_trigger(Name=f"{deployment.workflow}-start")["Trigger"]
    before = job_runs(workspace)

    def set_schedule(schedule: str) -> None:
        glue.stop_trigger(Name=start["Name"])
        glue.update_trigger(Name=start["Name"], TriggerUpdate={"Schedule": schedule, "Actions": start["Actions"]})
        glue.start_trigger(Name=start["Name"])

    set_schedule(cron_in_two_minutes(clock(0)))
    try:
        clock(180)
        runs = Waiter[list[str]](timeout_s=60, initial_s=0.2, longest_s=0.5).wait_until(
            lambda: job_runs(workspace),
            is_done=lambda found: len(found) > len(before),
            describe=str,
            waiting_for="the job",
        )
        job_run = Waiter[dict](timeout_s=180, initial_s=0.5, longest_s=1).wait_until(
            lambda: dict(glue.get_job_run(JobName=deployment.job, RunId=runs[0])["JobRun"]),
            is_done=lambda run: run["JobRunState"] in {"SUCCEEDED", "FAILED", "ERROR", "TIMEOUT", "STOPPED"},
            describe=lambda run: run["JobRunState"],
            waiting_for="the job run",
        )
        assert job_run["JobRunState"] == "SUCCEEDED"
        assert job_run["TriggerName"] == f"{deployment.workflow}-crawl-succeeded"
    finally:
        set_schedule(start["Schedule"])
