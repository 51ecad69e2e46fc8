"""Runs explained and their logs shown after their end, with stubbed AWS clients."""

import json
from dataclasses import replace
from io import BytesIO

import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY

from quartal.core.console import Console
from quartal.core.errors import (
    ConfigurationError,
    PipelineError,
)
from quartal.core.typed_commands import name_in_messages, without_options
from quartal.runs.explain import explain_run, show_logs
from quartal.runs.lookup import newest_run, run_to_explain
from quartal.runs.start_and_follow import follow_run
from quartal.workspace import Workspace
from tests.unit.quartal.manifest_examples import delivery_counts, empty_manifest, run_manifest
from tests.unit.quartal.runs.stubbed_aws import MOMENT


def test_failed_run_is_explained_later_as_it_was_then(aws, workspace, capsys):
    aws.expect_failure()
    aws.expect_log("Traceback", "InputError: no rows")
    explain_run(workspace(as_json=True), "wr_1")
    told = json.loads(capsys.readouterr().out)
    assert (told["run_id"], told["succeeded"]) == ("wr_1", False)
    assert "ended FAILED: InputError: no rows" in told["message"]
    assert told["details"] == ["Traceback", "InputError: no rows"]
    assert "`quartal run`" in told["remedy"]


def test_every_command_of_an_explanation_is_typed_for_the_environment(aws, workspace, capsys):
    aws.expect_failure()
    aws.expect_log("User: arn:aws:sts::1:assumed-role/lake-job/x is not authorized to perform: s3:PutObject")
    with without_options():
        name_in_messages(("--env dev",))
        explain_run(workspace(as_json=True), "wr_1")
    assert "run `quartal apply --env dev`, then:" in json.loads(capsys.readouterr().out)["remedy"]


def test_reasons_of_quarantine_are_shown_if_the_failed_run_left_a_manifest(aws, workspace, capsys):
    violations = {"time: not a time": 3, "brand: missing": 40, "date: not a date": 0}
    aws.expect_failure(manifest=empty_manifest(deliveries=[delivery_counts("a", violations=violations)] * 2))
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


def test_unknown_run_is_refused_with_the_command_that_lists_runs(aws, workspace):
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
            "Run wr_2909c13 failed: InputError: no rows\nWhat to do: Fix the cause, then: `quartal run`",
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
    with pytest.raises(ConfigurationError, match="has 2 runs whose ids begin with 'wr_29'"):
        explain_run(workspace(), "wr_29")


def test_unknown_state_is_reported_and_not_guessed(aws, workspace):
    aws.expect_run("RUNNING", "SUCCEEDED", "HIBERNATING")
    with pytest.raises(PipelineError, match="the state HIBERNATING for job, which this version does not know"):
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
    assert "Run wr_1 is in progress: workflow run RUNNING, crawl SUCCEEDED, job RUNNING" in capsys.readouterr().out


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


def test_empty_logs_explain_why_there_may_be_no_lines(aws, workspace, capsys):
    aws.expect_run("COMPLETED", "SUCCEEDED", "FAILED")
    aws.stubs["logs"].add_client_error("get_log_events", "ResourceNotFoundException")
    show_logs(workspace(), "wr_1", errors=True)
    told = capsys.readouterr()
    assert told.out.strip() == ""
    assert "No line of job run jr_1 in /jobs/error" in told.err
    assert "expired" in told.err


@pytest.mark.parametrize(
    ("others", "said"), [(["wr_30aa"], "is in progress"), (["wr_29bb"], "has 2 runs whose ids begin")]
)
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


def test_logs_of_an_unknown_run_point_to_the_list_of_runs(aws, workspace):
    aws.stubs["glue"].add_client_error("get_workflow_run", "EntityNotFoundException")
    aws.stubs["glue"].add_response("get_workflow_runs", {})
    aws.stubs["s3"].add_response("list_objects_v2", {})
    with pytest.raises(ConfigurationError, match="no run 'wr_9'") as error:
        show_logs(workspace(), "wr_9", errors=False)
    assert "`quartal history`" in error.value.remedy


def expect_manifest_alone(aws, run_id: str) -> None:
    """Of a run that Glue does not know as one of the workflow."""
    aws.stubs["s3"].add_response("list_objects_v2", {"Contents": [{"Key": f"runs/sightings/{run_id}.json"}]})
    body = json.dumps(empty_manifest(run_id=run_id)).encode()
    aws.stubs["s3"].add_response("get_object", {"Body": StreamingBody(BytesIO(body), len(body))})


@pytest.mark.parametrize("is_known", [True, False], ids=["known to Glue", "by its manifest"])
def test_logs_of_a_job_run_that_no_workflow_started_are_shown(aws, workspace, capsys, is_known):
    aws.stubs["glue"].add_client_error("get_workflow_run", "EntityNotFoundException")
    aws.stubs["glue"].add_response("get_workflow_runs", {})
    if is_known:
        aws.stubs["glue"].add_response("get_job_run", {"JobRun": {"Id": "jr_9"}}, {"JobName": "job", "RunId": "jr_9"})
    else:
        aws.stubs["glue"].add_client_error("get_job_run", "EntityNotFoundException")
        expect_manifest_alone(aws, "jr_9")
    page = {"events": [{"message": "by hand", "timestamp": 1}], "nextForwardToken": "f"}
    wanted = {"logGroupName": "/jobs/output", "logStreamName": "jr_9", "startFromHead": True}
    aws.stubs["logs"].add_response("get_log_events", page, wanted)
    aws.stubs["logs"].add_response("get_log_events", page | {"events": []}, wanted | {"nextToken": "f"})
    show_logs(workspace(), "jr_9", errors=False)
    assert capsys.readouterr().out == "by hand\n"


def test_logs_of_a_run_that_glue_forgot_say_so(aws, workspace):
    aws.stubs["glue"].add_client_error("get_workflow_run", "EntityNotFoundException")
    aws.stubs["glue"].add_response("get_workflow_runs", {})
    expect_manifest_alone(aws, "wr_1")
    with pytest.raises(PipelineError, match="Glue no longer knows run wr_1") as error:
        show_logs(workspace(), "wr_1", errors=False)
    assert "`quartal explain wr_1`" in error.value.remedy


def test_logs_of_a_run_without_a_job_start_state_it(aws, workspace):
    run = {"WorkflowRunId": "wr_1", "Status": "RUNNING", "StartedOn": MOMENT, "Graph": {"Nodes": []}}
    aws.stubs["glue"].add_response("get_workflow_run", {"Run": run})
    with pytest.raises(PipelineError, match="has not started") as error:
        show_logs(workspace(), "wr_1", errors=False)
    assert "`quartal explain wr_1`" in error.value.remedy


def test_logs_of_a_workflow_that_never_ran_explain_how_to_start_it(aws, workspace):
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
    assert dev.command_line("run", "--delivery 2024Q1") == "`quartal run --env dev --delivery 2024Q1`"
    assert workspace().command_line("status", "--follow") == "`quartal status --follow`"
