"""Starting and watching runs, with stubbed AWS clients."""

import json
from dataclasses import replace
from io import BytesIO

import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY

from quartal.cli.app import run as quartal
from quartal.core.errors import (
    InterruptedCommandError,
    NotDeployedError,
    PipelineError,
    WaitTimeoutError,
    WatchingError,
)
from quartal.runs.start_and_follow import (
    follow_newest_run,
    follow_run,
    start_run,
)
from quartal.runs.workflow_start import START_TOKEN
from tests.unit.quartal.lost_answers import Faulty, denied, expired, refusal, reset, throttled, unreachable
from tests.unit.quartal.manifest_examples import empty_manifest, run_manifest
from tests.unit.quartal.runs.stubbed_aws import DEPLOYMENT


def test_second_run_is_refused_during_another_with_the_command_to_watch_it(aws, workspace):
    aws.stubs["glue"].add_client_error("start_workflow_run", "ConcurrentRunsExceededException")
    with pytest.raises(PipelineError, match="already running") as error:
        start_run(workspace(), ())
    assert "quartal status --follow" in error.value.remedy


def test_run_with_only_data_left_names_the_command_that_deploys_the_rest(aws, workspace):
    aws.stubs["glue"].add_client_error("start_workflow_run", "EntityNotFoundException")
    with pytest.raises(NotDeployedError, match="There is no workflow flow") as error:
        start_run(workspace(), ())
    assert "`quartal apply`" in error.value.remedy


def test_run_is_started_for_the_deliveries_that_it_processes_and_takes_out(aws, workspace):
    properties = {"delivery": "2024Q1,2024Q2", "withdraw": "2023Q4", START_TOKEN: ANY}
    expected = {"Name": DEPLOYMENT.workflow, "RunProperties": properties}
    aws.stubs["glue"].add_response("start_workflow_run", {"RunId": "wr_1"}, expected)
    assert start_run(workspace(), ("2024Q1", "2024Q2"), ("2023Q4",)) == "wr_1"


@pytest.mark.parametrize("option", ["--delivery", "--withdraw"])
@pytest.mark.parametrize("arguments", [[], ["--ephemeral"]])
def test_list_without_a_delivery_starts_no_run_of_all(settings, monkeypatch, capsys, option, arguments):
    monkeypatch.chdir(settings.root)
    assert quartal(["run", "--env", "localstack", option, " , ", *arguments]) == 2
    assert f"{option} ' , ' names no delivery. Nothing was started." in capsys.readouterr().err


def test_run_that_somebody_else_started_is_watched_and_its_failure_names_the_command_that_goes_on(aws, workspace):
    aws.expect_failure("2024Q1,2024Q2")
    aws.expect_log("[quartal] reading")
    aws.expect_log()  # the end of the job's output
    aws.expect_log("InputError: no rows")
    with pytest.raises(PipelineError, match="InputError: no rows") as error:
        follow_run(workspace(), "wr_1", timeout_s=60)
    assert "`quartal run --delivery 2024Q1 --delivery 2024Q2`" in error.value.remedy


def test_interruption_ends_the_watching_alone(aws, workspace):
    aws.expect_run("RUNNING", "RUNNING", "WAITING")

    def interrupt(**_: object) -> None:
        raise KeyboardInterrupt

    aws.clients["logs"].get_log_events = interrupt
    with pytest.raises(InterruptedCommandError, match="Run wr_1 continues") as error:
        follow_run(workspace(), "wr_1", timeout_s=60)
    assert "`quartal status --follow`" in error.value.remedy


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(unreachable, "Could not connect", id="network-gone"),
        pytest.param(reset, "closed", id="reset"),
        pytest.param(throttled, "ThrottlingException", id="throttled-for-long"),
        pytest.param(expired, "ExpiredTokenException", id="expired"),
        pytest.param(denied, "AccessDeniedException", id="denied"),
        pytest.param(lambda: KeyError("Nodes"), "KeyError: 'Nodes'", id="our-own"),
    ],
)
def test_failure_of_watching_is_not_a_failed_run(aws, workspace, error, reason):
    aws.expect_run("RUNNING", "RUNNING", "WAITING")
    aws.expect_log()
    glue = aws.clients["glue"] = Faulty(aws.clients["glue"])
    following = iter([None])
    read = glue._client.get_workflow_run

    def get_workflow_run(**request: object) -> dict:
        if next(following, error) is None:
            return read(**request)
        raise error()

    glue.get_workflow_run = get_workflow_run
    with pytest.raises(WatchingError, match="Run wr_1 can no longer be watched") as told:
        follow_run(workspace(), "wr_1", timeout_s=3600, sleep=lambda _: None)
    assert told.value.exit_code == 5
    assert reason in told.value.message
    assert "The run continues; watch it with `quartal status --follow`" in told.value.remedy
    assert ("sign in again" in told.value.remedy) == (error is expired)


def test_state_that_this_version_does_not_know_ends_the_watching_alone(aws, workspace):
    aws.expect_run("RUNNING", "SUCCEEDED", "HIBERNATING")
    with pytest.raises(WatchingError, match="HIBERNATING"):
        follow_run(workspace(), "wr_1", timeout_s=60)


def not_shown() -> Exception:
    return refusal("EntityNotFoundException", 400, "GetWorkflowRun")


def test_run_removed_while_watched_is_not_reported_as_running(aws, workspace):
    aws.expect_run("RUNNING", "RUNNING", "WAITING")
    aws.expect_log()
    aws.stubs["glue"].add_client_error("get_workflow_run", "EntityNotFoundException")
    with pytest.raises(WatchingError, match="Run wr_1 can no longer be watched") as told:
        follow_run(workspace(), "wr_1", timeout_s=60, sleep=lambda _: None)
    assert "may have been removed, and a job that had begun may still run" in told.value.remedy


def test_run_that_glue_shows_some_seconds_after_its_start_is_watched(aws, workspace, capsys):
    aws.expect_run("COMPLETED", "SUCCEEDED", "SUCCEEDED")
    aws.expect_log()
    aws.expect_log()
    body = json.dumps(empty_manifest()).encode()
    aws.stubs["s3"].add_response("get_object", {"Body": StreamingBody(BytesIO(body), len(body))})
    aws.clients["glue"] = Faulty(aws.clients["glue"]).before("get_workflow_run", not_shown, 3)
    assert follow_run(workspace(), "wr_1", timeout_s=3600, sleep=lambda _: None) == run_manifest()
    assert capsys.readouterr().err.count("Glue does not show the run yet, trying again") == 1


def test_run_that_glue_never_shows_is_reported_as_neither_failed_nor_running(aws, workspace):
    aws.clients["glue"] = Faulty(aws.clients["glue"]).before("get_workflow_run", not_shown, None)
    pauses: list[float] = []
    with pytest.raises(WatchingError, match=r"wr_1 can no longer be watched: .*EntityNotFoundException") as told:
        follow_run(workspace(), "wr_1", timeout_s=3600, sleep=pauses.append)
    assert told.value.exit_code == 5
    assert "may have been removed" in told.value.remedy
    assert 60 <= sum(pauses) <= 95


def test_log_that_cannot_be_read_does_not_end_the_watching(aws, workspace):
    aws.expect_run("RUNNING", "SUCCEEDED", "RUNNING")
    aws.stubs["logs"].add_client_error("get_log_events", "AccessDeniedException")
    aws.expect_run("COMPLETED", "SUCCEEDED", "SUCCEEDED")
    aws.expect_log()
    aws.expect_log()
    body = json.dumps(empty_manifest()).encode()
    aws.stubs["s3"].add_response("get_object", {"Body": StreamingBody(BytesIO(body), len(body))})
    assert follow_run(workspace(), "wr_1", timeout_s=60, sleep=lambda _: None) == run_manifest()


@pytest.mark.parametrize("body", [b"{}", b"[", b'{"manifest_version": 2}'])
def test_run_that_succeeded_is_not_called_failed_where_its_manifest_is_none(aws, workspace, body):
    aws.expect_run("COMPLETED", "SUCCEEDED", "SUCCEEDED")
    aws.expect_log()
    aws.expect_log()
    aws.stubs["s3"].add_response("get_object", {"Body": StreamingBody(BytesIO(body), len(body))})
    with pytest.raises(WatchingError, match="succeeded, but its result could not be read: s3://") as error:
        follow_run(workspace(), "wr_1", timeout_s=60, sleep=lambda _: None)
    assert error.value.remedy


@pytest.mark.parametrize("cut", [False, True])
def test_run_that_succeeded_is_not_called_failed_where_its_manifest_cannot_be_read(aws, workspace, cut):
    aws.expect_run("COMPLETED", "SUCCEEDED", "SUCCEEDED")
    aws.expect_log()
    aws.expect_log()
    if cut:
        aws.stubs["s3"].add_response("get_object", {"Body": StreamingBody(BytesIO(b'{"manif'), 1000)})
    else:
        aws.stubs["s3"].add_client_error("get_object", "SlowDown")
    with pytest.raises(WatchingError, match="Run wr_1 succeeded, but its result could not be read") as told:
        follow_run(workspace(), "wr_1", timeout_s=60)
    assert "`quartal explain wr_1`" in told.value.remedy


def test_failed_run_with_an_unreadable_reason_is_reported_as_failed(aws, workspace):
    aws.expect_run("COMPLETED", "SUCCEEDED", "FAILED")
    aws.expect_log()
    aws.expect_log()
    aws.stubs["glue"].add_client_error("get_workflow_run_properties", "ThrottlingException")
    with pytest.raises(
        PipelineError, match=r"Run wr_1 did not succeed: .* job FAILED. The reason could not be read"
    ) as told:
        follow_run(workspace(), "wr_1", timeout_s=60)
    assert told.value.exit_code == 1


def test_watching_of_the_newest_run_fails_as_watching_where_it_cannot_be_looked_up(aws, workspace):
    aws.stubs["glue"].add_client_error("get_workflow_runs", "ExpiredTokenException")
    with pytest.raises(WatchingError, match="could not be looked up") as told:
        follow_newest_run(workspace(), timeout_s=60)
    assert "`quartal status --follow`" in told.value.remedy


def test_run_that_goes_on_longer_than_it_is_watched_names_the_command_of_its_environment(aws, workspace, settings):
    aws.expect_run("RUNNING", "RUNNING", "WAITING")
    aws.expect_log()
    aws.expect_log()
    dev = workspace()
    vars(dev).update(settings=replace(settings, environment="dev"))
    with pytest.raises(WaitTimeoutError) as told:
        follow_run(dev, "wr_1", timeout_s=0)
    assert "`quartal status --env dev --follow` watches it again" in told.value.remedy


def test_interruption_during_a_start_warns_that_the_run_may_have_started(aws, workspace):
    def interrupt() -> Exception:
        raise KeyboardInterrupt

    aws.clients["glue"] = Faulty(aws.clients["glue"]).before("start_workflow_run", interrupt)
    with pytest.raises(InterruptedCommandError, match="it may be running") as told:
        start_run(workspace(), ())
    assert "`quartal status` shows it" in told.value.remedy
