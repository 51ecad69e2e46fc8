"""Starting, watching and explaining runs, with stubbed AWS clients."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from types import SimpleNamespace

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber

from quartal.core.console import Console
from quartal.core.errors import (
    ConfigurationError,
    InterruptedCommandError,
    NotDeployedError,
    PipelineError,
    WaitTimeoutError,
    WatchingError,
)
from quartal.runs.pipeline import (
    explain_run,
    follow_newest_run,
    follow_run,
    newest_run,
    run_to_explain,
    show_logs,
    start_run,
    typed_command,
)
from quartal.runs.workflow_start import START_TOKEN
from quartal.terraform.outputs import Deployment
from quartal.workspace import Workspace
from tests.unit.tooling.lost_answers import Faulty, denied, expired, reset, throttled, unreachable
from tests.unit.tooling.manifest_examples import counts_of, empty_manifest, run_manifest

MOMENT = datetime(2026, 4, 8, 3, tzinfo=UTC)
DEPLOYMENT = Deployment(
    region="eu-central-1",
    lake_bucket="lake",
    dataset="sightings",
    raw_prefix="raw/sightings/",
    database="db",
    crawler="crawler",
    job="job",
    workflow="flow",
    schedule="",
    log_groups={"crawler": "/crawlers", "job_error": "/jobs/error", "job_output": "/jobs/output"},
)


class Aws:
    """Stubbed clients, handed out as a connection does."""

    def __init__(self) -> None:
        keys = {"region_name": "eu-central-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
        self.clients = {name: boto3.client(name, **keys) for name in ("glue", "logs", "s3")}
        self.stubs = {name: Stubber(client) for name, client in self.clients.items()}
        for stub in self.stubs.values():
            stub.activate()

    def expect_run(self, status: str, crawl: str, job: str, error: str = "") -> None:
        job_run = {"Id": "jr_1", "JobRunState": job, "StartedOn": MOMENT, "CompletedOn": MOMENT, "ErrorMessage": error}
        nodes = [
            {"Type": "CRAWLER", "Name": "crawler", "CrawlerDetails": {"Crawls": [{"State": crawl}]}},
            {"Type": "JOB", "Name": "job", "JobDetails": {"JobRuns": [job_run]}},
        ]
        run = {"WorkflowRunId": "wr_1", "Status": status, "StartedOn": MOMENT, "Graph": {"Nodes": nodes}}
        wanted = {"Name": "flow", "RunId": "wr_1", "IncludeGraph": True}
        self.stubs["glue"].add_response("get_workflow_run", {"Run": run}, wanted)

    def expect_failure(self, deliveries: str = "", manifest: dict | None = None) -> None:
        self.expect_run("COMPLETED", "SUCCEEDED", "FAILED", "InputError: no rows")
        properties = {"delivery": deliveries} if deliveries else {}
        self.stubs["glue"].add_response("get_workflow_run_properties", {"RunProperties": properties})
        if manifest is None:
            self.stubs["s3"].add_client_error("get_object", "NoSuchKey")
        else:
            body = json.dumps(manifest).encode()
            wanted = {"Bucket": "lake", "Key": "runs/sightings/wr_1.json"}
            self.stubs["s3"].add_response("get_object", {"Body": StreamingBody(BytesIO(body), len(body))}, wanted)

    def expect_log(self, *lines: str) -> None:
        events = [{"message": line, "timestamp": 1} for line in lines]
        self.stubs["logs"].add_response("get_log_events", {"events": events, "nextForwardToken": "f"})


@pytest.fixture
def aws():
    made = Aws()
    yield made
    for stub in made.stubs.values():
        stub.assert_no_pending_responses()


@pytest.fixture
def workspace(aws, settings):
    def open_it(*, as_json: bool = False) -> Workspace:
        made = Workspace(settings, Console(as_json=as_json))
        clients = aws.clients | {"glue_once": aws.clients["glue"]}
        connection = SimpleNamespace(**{name: lambda client=client: client for name, client in clients.items()})
        vars(made).update(deployment=DEPLOYMENT, connection=connection)  # what it would look up
        return made

    return open_it


def test_second_run_is_refused_while_one_is_going_and_says_how_to_watch_it(aws, workspace):
    aws.stubs["glue"].add_client_error("start_workflow_run", "ConcurrentRunsExceededException")
    with pytest.raises(PipelineError, match="running already") as error:
        start_run(workspace(), ())
    assert "quartal status --follow" in error.value.remedy


def test_run_where_only_data_is_left_says_what_deploys_the_rest(aws, workspace):
    aws.stubs["glue"].add_client_error("start_workflow_run", "EntityNotFoundException")
    with pytest.raises(NotDeployedError, match="There is no workflow flow") as error:
        start_run(workspace(), ())
    assert "`quartal apply`" in error.value.remedy


def test_run_is_started_for_the_deliveries_that_it_processes_and_takes_out(aws, workspace):
    properties = {"delivery": "2024Q1,2024Q2", "withdraw": "2023Q4", START_TOKEN: ANY}
    expected = {"Name": DEPLOYMENT.workflow, "RunProperties": properties}
    aws.stubs["glue"].add_response("start_workflow_run", {"RunId": "wr_1"}, expected)
    assert start_run(workspace(), ("2024Q1", "2024Q2"), ("2023Q4",)) == "wr_1"


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
    with pytest.raises(InterruptedCommandError, match="Run wr_1 goes on") as error:
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
def test_run_whose_watching_fails_is_no_failed_run(aws, workspace, error, reason):
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
    with pytest.raises(WatchingError, match="Run wr_1 could not be watched any longer") as told:
        follow_run(workspace(), "wr_1", timeout_s=3600, sleep=lambda _: None)
    assert told.value.exit_code == 5
    assert reason in told.value.message
    assert "It goes on; follow it with `quartal status --follow`" in told.value.remedy
    assert ("sign in again" in told.value.remedy) == (error is expired)


def test_state_that_this_version_does_not_know_ends_the_watching_alone(aws, workspace):
    aws.expect_run("RUNNING", "SUCCEEDED", "HIBERNATING")
    with pytest.raises(WatchingError, match="HIBERNATING"):
        follow_run(workspace(), "wr_1", timeout_s=60)


def test_run_that_is_removed_while_it_is_watched_is_not_said_to_go_on(aws, workspace):
    aws.stubs["glue"].add_client_error("get_workflow_run", "EntityNotFoundException")
    with pytest.raises(WatchingError) as told:
        follow_run(workspace(), "wr_1", timeout_s=60)
    assert "goes on" not in told.value.remedy


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
    with pytest.raises(WatchingError, match="has succeeded, but what it did could not be read: s3://") as error:
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
    with pytest.raises(WatchingError, match="Run wr_1 has succeeded, but what it did could not be read") as told:
        follow_run(workspace(), "wr_1", timeout_s=60)
    assert "`quartal explain wr_1`" in told.value.remedy


def test_run_that_failed_is_told_as_failed_where_the_reason_cannot_be_read(aws, workspace):
    aws.expect_run("COMPLETED", "SUCCEEDED", "FAILED")
    aws.expect_log()
    aws.expect_log()
    aws.stubs["glue"].add_client_error("get_workflow_run_properties", "ThrottlingException")
    with pytest.raises(PipelineError, match=r"Run wr_1 did not succeed: .* job FAILED. Why could not be read") as told:
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
    assert "`quartal status --env dev --follow` takes up watching" in told.value.remedy


def test_interruption_while_a_run_is_started_says_that_it_may_run(aws, workspace):
    def interrupt() -> Exception:
        raise KeyboardInterrupt

    aws.clients["glue"] = Faulty(aws.clients["glue"]).before("start_workflow_run", interrupt)
    with pytest.raises(InterruptedCommandError, match="it may run") as told:
        start_run(workspace(), ())
    assert "`quartal status` shows it" in told.value.remedy


def test_failed_run_is_explained_later_as_it_was_then(aws, workspace, capsys):
    aws.expect_failure()
    aws.expect_log("Traceback", "InputError: no rows")
    explain_run(workspace(as_json=True), "wr_1")
    told = json.loads(capsys.readouterr().out)
    assert (told["run_id"], told["succeeded"]) == ("wr_1", False)
    assert "ended FAILED: InputError: no rows" in told["message"]
    assert told["details"] == ["Traceback", "InputError: no rows"]
    assert "`quartal run`" in told["remedy"]


def test_reasons_of_quarantine_are_told_where_the_failed_run_left_a_manifest(aws, workspace, capsys):
    violations = {"time: not a time": 3, "brand: missing": 40, "date: not a date": 0}
    aws.expect_failure(manifest=empty_manifest(deliveries=[counts_of("a", violations=violations)] * 2))
    aws.expect_log("ThresholdError: too many")
    explain_run(workspace(as_json=True), "wr_1")
    assert json.loads(capsys.readouterr().out)["details"] == [
        "quarantined for brand: missing: 80 rows",
        "quarantined for time: not a time: 6 rows",
        "ThresholdError: too many",
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [({"manifest_version": 2}, "version 2; this quartal reads version 1"), ([], "is no run manifest")],
)
def test_manifest_of_another_version_is_refused_and_not_misread(aws, workspace, body, said):
    aws.expect_failure(manifest=body)
    with pytest.raises(PipelineError, match=said):
        explain_run(workspace(), "wr_1")


def test_unknown_run_cannot_be_explained_and_the_command_that_lists_runs_is_named(aws, workspace):
    aws.stubs["glue"].add_client_error("get_workflow_run", "EntityNotFoundException")
    aws.stubs["glue"].add_response("get_workflow_runs", {})
    aws.stubs["s3"].add_response("list_objects_v2", {})
    with pytest.raises(ConfigurationError, match="no run 'wr_9'") as error:
        explain_run(workspace(), "wr_9")
    assert "`quartal history`" in error.value.remedy


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ({}, "Run wr_2909c13: nothing new since the last run"),
        (
            {"status": "FAILED", "reason": "InputError: no rows"},
            "Run wr_2909c13 failed: InputError: no rows\nWhat to do: Mend the cause, then: `quartal run`",
        ),
    ],
)
def test_run_that_glue_forgot_is_explained_by_its_manifest(aws, workspace, capsys, manifest, said):
    aws.stubs["glue"].add_client_error("get_workflow_run", "EntityNotFoundException")
    aws.stubs["glue"].add_response("get_workflow_runs", {})
    kept = [{"Key": f"runs/sightings/{name}"} for name in ("wr_2909c13.json", "wr_2909c13.json.partial")]
    request = {"Bucket": ANY, "Prefix": "runs/sightings/wr_29"}
    aws.stubs["s3"].add_response("list_objects_v2", {"Contents": kept}, request)
    body = json.dumps(empty_manifest(run_id="wr_2909c13", **manifest)).encode()
    aws.stubs["s3"].add_response("get_object", {"Body": StreamingBody(BytesIO(body), len(body))})
    explain_run(workspace(), "wr_29")
    assert said in capsys.readouterr().out


def test_run_that_glue_forgot_is_not_guessed_where_several_manifests_begin_so(aws, workspace):
    aws.stubs["glue"].add_client_error("get_workflow_run", "EntityNotFoundException")
    aws.stubs["glue"].add_response("get_workflow_runs", {})
    kept = [{"Key": f"runs/sightings/wr_{name}.json"} for name in ("29aa", "29bb")]
    aws.stubs["s3"].add_response("list_objects_v2", {"Contents": kept})
    with pytest.raises(ConfigurationError, match="has 2 runs that begin with 'wr_29'"):
        explain_run(workspace(), "wr_29")


def test_state_that_this_version_does_not_know_is_said_and_not_guessed(aws, workspace):
    aws.expect_run("RUNNING", "SUCCEEDED", "HIBERNATING")
    with pytest.raises(PipelineError, match="job is HIBERNATING, a state that this version does not know"):
        explain_run(workspace(), "wr_1")


def test_retry_of_the_job_is_followed_in_its_own_log(aws, workspace, capsys):
    def job_run(number: int, state: str) -> dict:
        return {"Id": f"jr_{number}", "JobRunState": state, "Attempt": number, "StartedOn": MOMENT}

    def expect(status: str, *job_runs: dict) -> None:
        nodes = [
            {"Type": "CRAWLER", "Name": "crawler", "CrawlerDetails": {"Crawls": [{"State": "SUCCEEDED"}]}},
            {"Type": "JOB", "Name": "job", "JobDetails": {"JobRuns": list(job_runs)}},
        ]
        run = {"WorkflowRunId": "wr_1", "Status": status, "StartedOn": MOMENT, "Graph": {"Nodes": nodes}}
        aws.stubs["glue"].add_response("get_workflow_run", {"Run": run})

    def expect_stage(stream: str, text: str) -> None:
        for token, lines in (("", [text]), ("f", [])):
            wanted = {"logGroupName": "/jobs/output", "logStreamName": stream, "startFromHead": True}
            page = {"events": [{"message": line, "timestamp": 1} for line in lines], "nextForwardToken": "f"}
            aws.stubs["logs"].add_response("get_log_events", page, wanted | ({"nextToken": token} if token else {}))

    expect("RUNNING", job_run(0, "FAILED"))
    expect_stage("jr_0", "[quartal] stage=validate first")
    expect("COMPLETED", job_run(0, "FAILED"), job_run(1, "SUCCEEDED"))
    expect_stage("jr_1", "[quartal] stage=validate second")
    body = json.dumps(empty_manifest()).encode()
    aws.stubs["s3"].add_response("get_object", {"Body": StreamingBody(BytesIO(body), len(body))})
    assert follow_run(workspace(), "wr_1", timeout_s=60) == run_manifest()
    told = capsys.readouterr().err
    assert told.index("first") < told.index("job job FAILED") < told.index("second") < told.index("job job SUCCEEDED")


def test_run_that_is_going_on_is_explained_by_where_it_is(aws, workspace, capsys):
    aws.expect_run("RUNNING", "SUCCEEDED", "RUNNING")
    explain_run(workspace(), "wr_1")
    assert "Run wr_1 is going on: workflow run RUNNING, crawl SUCCEEDED, job RUNNING" in capsys.readouterr().out


@pytest.mark.parametrize(("errors", "group"), [(False, "/jobs/output"), (True, "/jobs/error")])
def test_logs_prints_every_line_though_a_page_between_is_empty(aws, workspace, capsys, errors, group):
    aws.expect_run("COMPLETED", "SUCCEEDED", "SUCCEEDED")
    wanted = {"logGroupName": group, "logStreamName": "jr_1", "startFromHead": True}
    for token, following, lines in (("", "a", ["one"]), ("a", "b", []), ("b", "c", ["two"]), ("c", "c", [])):
        page = {"events": [{"message": line, "timestamp": 1} for line in lines], "nextForwardToken": following}
        aws.stubs["logs"].add_response("get_log_events", page, wanted | ({"nextToken": token} if token else {}))
    show_logs(workspace(), "wr_1", errors=errors)
    assert capsys.readouterr().out == "one\ntwo\n"


def test_logs_of_a_run_whose_job_wrote_nothing_are_empty(aws, workspace, capsys):
    aws.expect_run("COMPLETED", "SUCCEEDED", "FAILED")
    aws.stubs["logs"].add_client_error("get_log_events", "ResourceNotFoundException")
    show_logs(workspace(as_json=True), "wr_1", errors=False)
    assert json.loads(capsys.readouterr().out)["result"] == {"run_id": "wr_1", "job_run_id": "jr_1", "lines": []}


@pytest.mark.parametrize(("others", "said"), [(["wr_30aa"], "is going on"), (["wr_29bb"], "has 2 runs that begin")])
def test_run_may_be_named_by_its_beginning_where_only_one_begins_so(aws, workspace, capsys, others, said):
    runs = [
        {"WorkflowRunId": run_id, "Status": "RUNNING", "StartedOn": MOMENT, "Graph": {"Nodes": []}}
        for run_id in ("wr_29aa", *others)
    ]
    aws.stubs["glue"].add_client_error("get_workflow_run", "EntityNotFoundException")
    aws.stubs["glue"].add_response("get_workflow_runs", {"Runs": runs})
    try:
        explain_run(workspace(), "wr_29")
        told = capsys.readouterr().out
    except ConfigurationError as error:
        told = error.message
    assert said in told


def test_logs_of_an_unknown_run_say_where_the_runs_are_listed(aws, workspace):
    aws.stubs["glue"].add_client_error("get_workflow_run", "EntityNotFoundException")
    aws.stubs["glue"].add_response("get_workflow_runs", {})
    with pytest.raises(ConfigurationError, match="no run 'wr_9'") as error:
        show_logs(workspace(), "wr_9", errors=False)
    assert "`quartal history`" in error.value.remedy


def test_logs_of_a_run_whose_job_was_not_started_say_so(aws, workspace):
    run = {"WorkflowRunId": "wr_1", "Status": "RUNNING", "StartedOn": MOMENT, "Graph": {"Nodes": []}}
    aws.stubs["glue"].add_response("get_workflow_run", {"Run": run})
    with pytest.raises(PipelineError, match="has not started") as error:
        show_logs(workspace(), "wr_1", errors=False)
    assert "`quartal explain wr_1`" in error.value.remedy


def test_workflow_that_never_ran_says_how_to_start_it(aws, workspace):
    aws.stubs["glue"].add_response("get_workflow_runs", {})
    with pytest.raises(PipelineError, match="has never run") as error:
        newest_run(workspace())
    assert "quartal run" in error.value.remedy


def test_newest_run_to_explain_is_that_of_the_newest_manifest_where_glue_forgot_it(aws, workspace):
    aws.stubs["glue"].add_response("get_workflow_runs", {})
    kept = [{"Key": "runs/sightings/wr_1.json", "LastModified": MOMENT}]
    aws.stubs["s3"].add_response("list_objects_v2", {"Contents": kept})
    body = json.dumps(empty_manifest()).encode()
    aws.stubs["s3"].add_response("get_object", {"Body": StreamingBody(BytesIO(body), len(body))})
    assert run_to_explain(workspace()) == "wr_1"


def test_workflow_that_never_ran_and_left_no_manifest_has_nothing_to_explain(aws, workspace):
    aws.stubs["glue"].add_response("get_workflow_runs", {})
    aws.stubs["s3"].add_response("list_objects_v2", {})
    with pytest.raises(PipelineError, match="has never run"):
        run_to_explain(workspace())


def test_command_names_the_environment_where_it_is_not_the_local_one(workspace, settings):
    dev = Workspace(replace(settings, environment="dev"), Console())
    assert typed_command(dev, "run", "--delivery 2024Q1") == "`quartal run --env dev --delivery 2024Q1`"
    assert typed_command(workspace(), "status", "--follow") == "`quartal status --follow`"
