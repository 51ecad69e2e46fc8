from datetime import UTC, datetime, timedelta, timezone

import boto3
import pytest
from botocore.exceptions import ClientError, ResponseStreamingError
from botocore.stub import Stubber

from quartal.core.errors import PipelineError, WaitTimeoutError
from quartal.core.polling import Waiter
from quartal.runs.workflow_run import Outcome, WorkflowRun, all_runs, latest_run, read_run, wait_for_run
from tests.unit.quartal.lost_answers import Faulty, broken_off, reset, server_error, throttled, unreachable

STARTED = datetime(2026, 4, 8, 3, 0, tzinfo=UTC)
ENDED = datetime(2026, 4, 8, 3, 1, tzinfo=UTC)


@pytest.fixture
def glue():
    client = boto3.client("glue", region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def run_answer(status: str, *, crawls: list | None = None, job_runs: list | None = None, run_id: str = "wr_1") -> dict:
    return {
        "Name": "flow",
        "WorkflowRunId": run_id,
        "Status": status,
        "StartedOn": STARTED,
        "Graph": {
            "Nodes": [
                {"Type": "TRIGGER", "Name": "start", "UniqueId": "1"},
                {"Type": "CRAWLER", "Name": "crawler", "UniqueId": "2", "CrawlerDetails": {"Crawls": crawls or []}},
                {"Type": "JOB", "Name": "job", "UniqueId": "3", "JobDetails": {"JobRuns": job_runs or []}},
            ],
            "Edges": [],
        },
    }


def crawl(state: str, error: str = "") -> dict:
    return {"State": state, "StartedOn": STARTED, "CompletedOn": ENDED, "ErrorMessage": error}


def job_run(state: str, *, attempt: int = 0, error: str = "") -> dict:
    found = {
        "Id": f"jr_{attempt}",
        "Attempt": attempt,
        "JobRunState": state,
        "StartedOn": STARTED,
        "CompletedOn": ENDED,
    }
    return found | ({"ErrorMessage": error} if error else {})


def read(glue_and_stubber, answer: dict) -> WorkflowRun:
    client, stubber = glue_and_stubber
    stubber.add_response("get_workflow_run", {"Run": answer}, {"Name": "flow", "RunId": "wr_1", "IncludeGraph": True})
    return read_run(client, "flow", "wr_1", crawler="crawler", job="job")


def test_run_succeeds_when_crawl_and_job_did(glue):
    run = read(glue, run_answer("COMPLETED", crawls=[crawl("SUCCEEDED")], job_runs=[job_run("SUCCEEDED")]))
    assert run.is_done
    assert run.succeeded
    assert run.job.seconds == 60


def test_times_are_in_utc_wherever_this_machine_is(glue):  # boto3 gives them in its zone
    here = timezone(timedelta(hours=-5), "EST")
    moments = {"StartedOn": STARTED.astimezone(here), "CompletedOn": ENDED.astimezone(here)}
    answer = run_answer("COMPLETED", crawls=[crawl("SUCCEEDED") | moments], job_runs=[job_run("SUCCEEDED") | moments])
    run = read(glue, answer | moments)
    for each in (run, run.crawl, run.job):
        assert (str(each.started), str(each.ended)) == ("2026-04-08 03:00:00+00:00", "2026-04-08 03:01:00+00:00")


def test_run_of_a_deleted_job_is_in_error_without_an_id(glue):  # G26
    unstarted = {"JobName": "job", "JobRunState": "ERROR", "ErrorMessage": "the job was deleted"}
    run = read(glue, run_answer("COMPLETED", crawls=[crawl("SUCCEEDED")], job_runs=[unstarted]))
    assert (run.job.outcome, run.job.run_id, run.job.error) == (Outcome.ERROR, "", "the job was deleted")


def test_completed_run_with_a_failed_crawl_did_not_succeed(glue):  # G7
    run = read(glue, run_answer("COMPLETED", crawls=[crawl("FAILED", "no access")]))
    assert run.is_done
    assert not run.succeeded
    assert run.crawl.error == "no access"
    assert run.job.outcome is Outcome.NOT_STARTED


def test_message_of_a_run_that_glue_could_not_do_is_kept(glue):
    answer = run_answer("ERROR") | {"ErrorMessage": "Concurrent runs exceeded for workflow: flow."}
    assert read(glue, answer).error == "Concurrent runs exceeded for workflow: flow."


def test_completed_run_whose_job_never_started_did_not_succeed(glue):  # G7
    assert not read(glue, run_answer("COMPLETED", crawls=[crawl("SUCCEEDED")])).succeeded


def test_last_attempt_of_a_retried_job_counts(glue):  # G27
    run = read(
        glue,
        run_answer(
            "COMPLETED",
            crawls=[crawl("SUCCEEDED")],
            job_runs=[job_run("SUCCEEDED", attempt=1), job_run("FAILED", attempt=0, error="out of memory")],
        ),
    )
    assert run.job.run_id == "jr_1"
    assert run.succeeded


def test_undocumented_state_is_an_error_and_not_an_endless_wait(glue):
    with pytest.raises(PipelineError, match="DREAMING"):
        read(glue, run_answer("RUNNING", crawls=[crawl("DREAMING")]))


def test_wait_reports_each_state_and_ends_with_the_run(glue):
    client, stubber = glue
    for answer in (
        run_answer("RUNNING"),
        run_answer("RUNNING", crawls=[crawl("RUNNING")]),
        run_answer("COMPLETED", crawls=[crawl("SUCCEEDED")], job_runs=[job_run("SUCCEEDED")]),
    ):
        stubber.add_response("get_workflow_run", {"Run": answer})
    seen: list[str] = []
    run = wait_for_run(
        client,
        "flow",
        "wr_1",
        crawler="crawler",
        job="job",
        waiter=Waiter(timeout_s=60, sleep=lambda _: None),
        on_state=lambda state: seen.append(state.crawl.outcome),
    )
    assert run.succeeded
    assert seen == ["NOT_STARTED", "RUNNING", "SUCCEEDED"]


def test_wait_that_times_out_reports_the_last_state(glue):
    client, stubber = glue
    stubber.add_response("get_workflow_run", {"Run": run_answer("RUNNING", crawls=[crawl("RUNNING")])})
    with pytest.raises(WaitTimeoutError, match="workflow run RUNNING, crawl RUNNING, job NOT_STARTED"):
        wait_for_run(
            client,
            "flow",
            "wr_1",
            crawler="crawler",
            job="job",
            waiter=Waiter(timeout_s=0),
            on_state=lambda _: None,
        )


@pytest.mark.parametrize("error", [throttled, server_error, reset, unreachable, broken_off])
def test_wait_survives_transient_errors_and_reports_them_once(glue, error):
    client, stubber = glue
    done = run_answer("COMPLETED", crawls=[crawl("SUCCEEDED")], job_runs=[job_run("SUCCEEDED")])
    for answer in (run_answer("RUNNING"), done):
        stubber.add_response("get_workflow_run", {"Run": answer})
    told: list[BaseException] = []
    run = wait_for_run(
        Faulty(client).before("get_workflow_run", error, 5),
        "flow",
        "wr_1",
        crawler="crawler",
        job="job",
        waiter=Waiter(timeout_s=3600, sleep=lambda _: None),
        on_state=lambda _: None,
        on_first_error=told.append,
    )
    assert run.succeeded
    assert len(told) == 1


def test_wait_gives_up_where_no_answer_comes_for_ten_minutes(glue):
    client, _ = glue
    pauses: list[float] = []
    with pytest.raises(ClientError, match="ThrottlingException"):
        wait_for_run(
            Faulty(client).before("get_workflow_run", throttled, None),
            "flow",
            "wr_1",
            crawler="crawler",
            job="job",
            waiter=Waiter(timeout_s=3600, sleep=pauses.append),
            on_state=lambda _: None,
        )
    assert 600 <= sum(pauses) <= 640


def test_answer_without_a_run_broke_off(glue):
    client, stubber = glue
    stubber.add_response("get_workflow_run", {})
    with pytest.raises(ResponseStreamingError, match="was cut off"):
        read_run(client, "flow", "wr_1", crawler="crawler", job="job")


def test_newest_run_is_the_one_that_started_last(glue):
    client, stubber = glue
    older = run_answer("COMPLETED", run_id="wr_old") | {"StartedOn": datetime(2026, 1, 8, tzinfo=UTC)}
    stubber.add_response("get_workflow_runs", {"Runs": [older, run_answer("RUNNING", run_id="wr_new")]})
    found = latest_run(client, "flow", crawler="crawler", job="job")
    assert found is not None
    assert found.run_id == "wr_new"


def test_run_without_a_start_time_is_older_than_one_with_it(glue):
    client, stubber = glue
    silent = run_answer("RUNNING", run_id="wr_silent")
    del silent["StartedOn"]
    stubber.add_response("get_workflow_runs", {"Runs": [silent, run_answer("RUNNING", run_id="wr_new")]})
    found = latest_run(client, "flow", crawler="crawler", job="job")
    assert found is not None
    assert found.run_id == "wr_new"
    waiting = job_run("WAITING") | {"Id": "jr_waiting"}
    del waiting["StartedOn"]
    run = read((client, stubber), run_answer("RUNNING", job_runs=[job_run("FAILED"), waiting]))
    assert run.job.run_id == "jr_0"


def test_newest_run_is_found_on_whatever_page_it_is(glue):
    client, stubber = glue
    older = run_answer("COMPLETED", run_id="wr_old") | {"StartedOn": datetime(2026, 1, 8, tzinfo=UTC)}
    asked = {"Name": "flow", "IncludeGraph": True, "MaxResults": 25}
    stubber.add_response("get_workflow_runs", {"Runs": [older], "NextToken": "more"}, asked)
    stubber.add_response(
        "get_workflow_runs", {"Runs": [run_answer("RUNNING", run_id="wr_new")]}, asked | {"NextToken": "more"}
    )
    found = latest_run(client, "flow", crawler="crawler", job="job")
    assert found is not None
    assert found.run_id == "wr_new"


def test_workflow_that_never_ran_has_no_newest_run(glue):
    client, stubber = glue
    stubber.add_response("get_workflow_runs", {})
    assert latest_run(client, "flow", crawler="crawler", job="job") is None


def test_all_runs_are_read_page_by_page_and_come_the_oldest_first(glue):
    """One without a start comes first; the ids are random, and say nothing of the order."""
    client, stubber = glue
    newer, older, unstarted = (run_answer("COMPLETED", run_id=f"wr_{number}") for number in (1, 2, 3))
    newer["StartedOn"] = ENDED
    del unstarted["StartedOn"]
    asked = {"Name": "flow", "IncludeGraph": True}
    stubber.add_response("get_workflow_runs", {"Runs": [newer, unstarted], "NextToken": "more"}, asked)
    stubber.add_response("get_workflow_runs", {"Runs": [older]}, asked | {"NextToken": "more"})
    found = all_runs(client, "flow", crawler="crawler", job="job")
    assert [run.run_id for run in found] == ["wr_3", "wr_2", "wr_1"]
