"""Past runs, merged out of Glue's and the manifests' accounts of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from quartal.report.cost import Measured
from quartal.report.model import RunRecord
from quartal.report.runs import delivery_states, lineage, merge_runs
from quartal.runs.workflow_run import Outcome, Step, WorkflowRun
from tests.unit.quartal.report.example import STARTS, WORKERS, counts, job_run, manifest, workflow_run

SUCCEEDED, NOTHING = Outcome.SUCCEEDED, Outcome.NOT_STARTED


def merged(*runs: WorkflowRun, job_runs=(), manifests=(), job=None, count=40) -> tuple[RunRecord, ...]:
    return merge_runs(
        runs,
        {each["Id"]: each for each in job_runs},
        {each.run_id: each for each in manifests},
        job=job,
        prices=None,
        count=count,
    )


def test_run_of_workflow_job_and_manifest_is_one():
    q1 = counts("2026Q1", 1000, {"date.format": 7, "brand.required": 0}, 3)
    (run,) = merged(
        workflow_run("wr_1", SUCCEEDED, SUCCEEDED, minutes=15),
        job_runs=[job_run(1, 15)],
        manifests=[manifest("wr_1", q1)],
    )
    assert (run.run_id, run.outcome, run.job_run_id, run.failed_step) == ("wr_1", "SUCCEEDED", "jr_1", "")
    assert (run.crawl_seconds, run.job_seconds) == (120.0, 900.0)
    assert run.cost is not None
    assert run.cost.dpu_seconds == 900 * 4
    (rows,) = run.deliveries
    assert (rows.rows_in, rows.kept, rows.quarantined, rows.duplicates) == (1000, 990, 7, 3)
    assert rows.violations == {"date.format": 7}, "a rule that no row breaks is no reason"
    assert run.features is not None
    assert run.features.snapshot_id == 2222


def test_failed_crawl_shows_although_it_left_no_manifest():
    (run,) = merged(workflow_run("wr_1", Outcome.FAILED, NOTHING, error="no such bucket"))
    assert (run.outcome, run.failed_step, run.reason) == ("FAILED", "crawl", "no such bucket")
    assert (run.has_manifest, run.job_seconds, run.cost) == (False, None, None)


def test_killed_job_shows_with_what_it_cost():
    (run,) = merged(
        workflow_run("wr_1", SUCCEEDED, Outcome.TIMEOUT, error="JobRun timeout", minutes=60),
        job_runs=[job_run(1, 60, "TIMEOUT")],
    )
    assert (run.outcome, run.failed_step, run.reason) == ("FAILED", "job", "JobRun timeout")
    assert run.cost is not None
    assert run.cost.dpu_seconds == 4 * 3600


def test_attempts_at_a_job_are_one_run_that_ended_as_the_last_and_cost_as_all():  # G27
    retried = workflow_run("wr_1", SUCCEEDED, SUCCEEDED, minutes=15)
    retried = replace(retried, job=replace(retried.job, run_id="jr_1_attempt_1"))
    first = job_run(1, 10, "FAILED") | {"StartedOn": STARTS["wr_1"] + timedelta(minutes=2)}
    (run,) = merged(retried, job_runs=[first, job_run(1, 15) | {"Id": "jr_1_attempt_1", "Attempt": 1}])
    assert (run.run_id, run.outcome, run.job_run_id) == ("wr_1", "SUCCEEDED", "jr_1_attempt_1")
    assert run.cost is not None
    assert run.cost.dpu_seconds == (600 + 900) * 4


def test_reason_in_the_manifest_takes_precedence_over_glues_message():
    (run,) = merged(
        workflow_run("wr_1", SUCCEEDED, Outcome.FAILED, error="SystemExit: 1"),
        manifests=[manifest("wr_1", reason="QualityError: 12 % of 2026Q1 quarantined")],
    )
    assert run.reason == "QualityError: 12 % of 2026Q1 quarantined"


def test_failure_without_a_message_is_reported_as_such():
    (run,) = merged(workflow_run("wr_1", SUCCEEDED, Outcome.STOPPED))
    assert run.reason == "job job is STOPPED; Glue gives no message"


def test_run_that_goes_on_is_running_and_has_no_end():
    going = WorkflowRun(
        "flow", "wr_1", "RUNNING", Step("crawl", "c", Outcome.RUNNING), Step("job", "j"), STARTS["wr_1"]
    )
    (run,) = merged(going)
    assert (run.outcome, run.failed_step, run.ended, run.reason) == ("RUNNING", "", None, "")


def test_run_whose_steps_never_began_failed_at_the_workflow():
    ended = WorkflowRun("flow", "wr_1", "COMPLETED", Step("crawl", "c"), Step("job", "j"), STARTS["wr_1"])
    (run,) = merged(ended)
    assert (run.outcome, run.failed_step) == ("FAILED", "workflow")


@pytest.mark.parametrize(
    ("state", "outcome"), [("SUCCEEDED", "SUCCEEDED"), ("ERROR", "FAILED"), ("RUNNING", "RUNNING")]
)
def test_job_run_that_no_workflow_started_is_a_run_of_its_own(state, outcome):
    began = job_run(2, 1, state, CompletedOn=STARTS["wr_2"] + timedelta(minutes=1))
    (run,) = merged(job_runs=[began], manifests=[manifest("jr_2", started=STARTS["wr_2"])])
    assert (run.run_id, run.outcome, run.job, run.crawl) == ("jr_2", outcome, state, "")
    assert run.has_manifest


def test_run_unknown_to_glue_comes_from_its_manifest_with_an_estimated_cost():
    (run,) = merged(manifests=[manifest("wr_1", counts("2026Q1", 10, {}, 0), seconds=600)], job=WORKERS)
    assert (run.outcome, run.crawl, run.job, run.job_seconds) == ("SUCCEEDED", "", "", 600)
    assert run.cost is not None
    assert (run.cost.measured, run.cost.dpu_seconds) == (Measured.MANIFEST, 2400)


def test_runs_are_in_the_order_of_their_starts_and_only_the_newest():
    runs = merged(
        workflow_run("wr_3", SUCCEEDED, SUCCEEDED),
        job_runs=[job_run(2, 1)],
        manifests=[manifest("wr_1"), manifest("wr_4")],
        count=3,
    )
    assert [run.run_id for run in runs] == ["jr_2", "wr_3", "wr_4"]


def test_delivery_has_the_rows_of_the_run_that_published_it():
    first, again = counts("2026Q1", 10, {}, 0), counts("2026Q1", 20, {"day.format": 1}, 0)
    newest = manifest("wr_3", published={"2026Q1": "wr_2", "2025Q4": "wr_0"})
    runs = merged(manifests=[manifest("wr_1", first), manifest("wr_2", again), newest])
    states = delivery_states(newest, runs)
    assert [(state.delivery, state.rows and state.rows.rows_in) for state in states] == [
        ("2025Q4", None),
        ("2026Q1", 20),
    ]
    assert delivery_states(None, runs) == ()


def test_lineage_leads_from_each_file_over_the_run_to_snapshots_and_tags():
    newest = manifest("wr_2", published={"2026Q1": "wr_1", "2026Q2": "wr_2"})
    runs = merged(manifests=[manifest("wr_1", counts("2026Q1", 10, {}, 0)), newest])
    found = lineage(
        newest,
        runs,
        curated_snapshots={"wr_2": 7},
        features_snapshots={"wr_2": 8},
        tags={8: ("2026Q2", "wr_2"), 2222: ("2026Q1",)},
    )
    assert [(line.delivery, line.file.uri[-10:], line.run_id) for line in found] == [
        ("2026Q1", "part-1.csv", "wr_1"),
        ("2026Q1", "part-2.csv", "wr_1"),
        ("2026Q2", "part-1.csv", "wr_2"),
        ("2026Q2", "part-2.csv", "wr_2"),
    ]
    assert [(line.curated_snapshot_id, line.features_snapshot_id, line.tags) for line in found[1:3]] == [
        (1111, 2222, ("2026Q1",)),  # expired in the table: the manifest still tells
        (7, 8, ("2026Q2", "wr_2")),
    ]
    assert found[0].file.etag == "1" * 32
    assert lineage(None, runs, curated_snapshots={}, features_snapshots={}, tags={}) == ()
