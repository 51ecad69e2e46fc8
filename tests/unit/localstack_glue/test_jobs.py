"""Job definitions and the life of runs (G26-G29)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from localstack_glue.jobs import definitions
from localstack_glue.service.errors import (
    ConcurrentRunsExceededException,
    EntityNotFoundException,
    IdempotentParameterMismatchException,
    InvalidInputException,
)

COMMAND = {"Name": "glueetl", "ScriptLocation": "s3://code/job.py"}


def workers(worker_type: str) -> dict[str, Any]:
    return {"WorkerType": worker_type, "NumberOfWorkers": 2}


def complete(**definition: Any) -> dict[str, Any]:
    return definitions.complete({"Role": "etl", "Command": COMMAND, **definition})


def test_definition_gets_what_aws_fills_in():
    assert complete(WorkerType="G.2X", NumberOfWorkers=3, GlueVersion="5.1") == {
        "Role": "etl",
        "Command": {**COMMAND, "PythonVersion": "3"},
        "WorkerType": "G.2X",
        "NumberOfWorkers": 3,
        "GlueVersion": "5.1",
        "JobMode": "SCRIPT",
        "MaxRetries": 0,
        "ExecutionProperty": {"MaxConcurrentRuns": 1},
        "Timeout": 480,
        "MaxCapacity": 6.0,  # G31: DPUs
        "AllocatedCapacity": 6,
    }


def test_timeout_of_more_than_seven_days_is_refused():
    assert complete(Timeout=10_080)["Timeout"] == 10_080
    with pytest.raises(InvalidInputException, match="Timeout must be at most 10080 minutes"):
        complete(Timeout=10_081)
    with pytest.raises(InvalidInputException, match="Timeout must be at most 10080 minutes"):
        definitions.for_run(complete(), {"Timeout": 10_081})


def test_arguments_of_more_than_260_kilobytes_are_refused():
    most = {"--a": "x" * (260 * 1024 - 3)}  # dg/aws-glue-programming-etl-glue-arguments.html
    definitions.for_run(complete(DefaultArguments=most), {"Arguments": most})
    for refused in (
        lambda: complete(DefaultArguments=most, NonOverridableArguments={"--b": ""}),
        lambda: definitions.for_run(complete(), {"Arguments": {**most, "--b": ""}}),
    ):
        with pytest.raises(InvalidInputException, match="at most 266240 bytes, not 266243"):
            refused()


def test_older_glue_has_a_longer_timeout_and_shell_jobs_a_small_capacity():
    shell = {"Name": "pythonshell", "ScriptLocation": "s3://code/job.py"}

    assert complete(GlueVersion="4.0")["Timeout"] == 2880
    assert complete()["GlueVersion"] == "5.1"  # docs.aws.amazon.com/glue/latest/dg/release-notes.html
    assert complete(Command=shell)["MaxCapacity"] == 0.0625


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"Role": ""}, id="no-role"),
        pytest.param({"Command": {"ScriptLocation": "s3://x/y"}}, id="no-command-name"),
        pytest.param(
            {"Command": {"Name": "pythonshell"}, "WorkerType": "G.1X", "NumberOfWorkers": 2}, id="workers-of-a-shell"
        ),
        pytest.param({"WorkerType": "G.9X", "NumberOfWorkers": 2}, id="unknown-worker-type"),
        pytest.param({"WorkerType": "G.1X"}, id="no-number-of-workers"),
        pytest.param({"WorkerType": "G.1X", "NumberOfWorkers": 2, "MaxCapacity": 5.0}, id="capacity-and-workers"),
        pytest.param({"WorkerType": "G.1X", "NumberOfWorkers": 2, "MaxCapacity": 2.0}, id="capacity-of-the-workers"),
        pytest.param({"NumberOfWorkers": 2}, id="no-worker-type"),
        pytest.param({"Command": {"Name": "pythonshell"}, "MaxCapacity": 3.0}, id="capacity-of-a-shell"),
        pytest.param({"MaxCapacity": 1.0}, id="too-little-capacity"),
        pytest.param({"MaxCapacity": 2.5}, id="fraction-of-a-capacity"),
        pytest.param({"MaxRetries": 11}, id="too-many-retries"),
        pytest.param({"MaxRetries": -1}, id="retries-below-none"),
        pytest.param({"GlueVersion": "3.0", **workers("G.4X"), "ExecutionClass": "FLEX"}, id="flexible-large-workers"),
    ],
)
def test_definition_that_aws_refuses_is_refused(wrong):
    with pytest.raises(InvalidInputException):
        complete(**wrong)


@pytest.mark.parametrize(
    ("job", "worker_type", "refusal"),
    [
        ({}, "G.1X", None),
        ({"GlueVersion": "2.0"}, "G.4X", "Worker type G.4X is not supported for Glue Version 2.0"),
        ({"GlueVersion": "3.0"}, "G.8X", None),
        ({"GlueVersion": "3.0"}, "R.1X", "Worker type R.1X is not supported for Glue Version 3.0"),
        ({"GlueVersion": "4.0"}, "G.16X", None),
        ({"GlueVersion": "next"}, "R.8X", None),  # AWS accepts any text, and the run fails
        ({}, "G.025X", "Worker type G.025X is not supported for Job Command glueetl"),
        ({"Command": {**COMMAND, "Name": "gluestreaming"}}, "G.025X", None),
        ({}, "Z.2X", "Worker type Z.2X is not supported for Job Command glueetl"),
        ({"Command": {**COMMAND, "Name": "glueray"}, "GlueVersion": "4.0"}, "Z.2X", None),
        (
            {"Command": {**COMMAND, "Name": "glueray"}},
            "G.1X",
            "Worker type G.1X is not supported for Job Command glueray",
        ),
    ],
)
def test_worker_types_are_for_some_commands_and_versions(job, worker_type, refusal):
    # docs.aws.amazon.com/glue/latest/webapi/API_CreateJob.html, WorkerType
    if refusal is None:
        assert complete(**job, **workers(worker_type))["WorkerType"] == worker_type
    else:
        with pytest.raises(InvalidInputException, match=refusal):
            complete(**job, **workers(worker_type))


def test_job_has_at_least_two_workers():
    message = "To use Worker Type G.1X, minimum allowed value of Number of Workers is 2."
    with pytest.raises(InvalidInputException, match=message):
        complete(WorkerType="G.1X", NumberOfWorkers=1)
    with pytest.raises(InvalidInputException, match=message):
        definitions.for_run(complete(**workers("G.1X")), {"NumberOfWorkers": 1})
    assert complete(WorkerType="Standard", NumberOfWorkers=1)["MaxCapacity"] == 1.0


def test_stream_has_no_timeout_of_its_own(glue):
    # TestAccGlueJob_basicStreaming of the Terraform provider, which plays on AWS
    stream = {"Command": {**COMMAND, "Name": "gluestreaming"}}
    assert "Timeout" not in complete(**stream)
    assert complete(**stream, Timeout=5)["Timeout"] == 5
    glue.jobs.create(glue.scope, {"Name": "stream", "Role": "etl", **stream})
    run_id = glue.jobs.start(glue.scope, {"JobName": "stream"})["JobRunId"]
    assert "Timeout" not in glue.jobs.get_run(glue.scope, {"JobName": "stream", "RunId": run_id})["JobRun"]


def test_run_overrides_the_jobs_workers():
    plan = definitions.for_run(complete(WorkerType="G.1X", NumberOfWorkers=2), {"NumberOfWorkers": 4, "Timeout": 5})

    assert (plan["MaxCapacity"], plan["NumberOfWorkers"], plan["Timeout"]) == (4.0, 4, 5)


def test_same_job_again_is_accepted_and_another_one_is_not(glue):
    glue.add_job("etl")
    glue.add_job("etl")

    with pytest.raises(IdempotentParameterMismatchException):
        glue.add_job("etl", Timeout=1)


def test_update_replaces_the_definition_whole(glue):
    glue.add_job("etl", Description="old", Timeout=7)

    glue.jobs.update(glue.scope, {"JobName": "etl", "JobUpdate": {"Role": "other", "Command": COMMAND}})

    job = glue.jobs.get(glue.scope, {"JobName": "etl"})["Job"]
    assert job["Role"] == "other"
    assert "Description" not in job
    assert job["Timeout"] == 480


def test_update_keeps_the_version_where_it_names_none(glue):
    # the API reference of JobUpdate, GlueVersion
    glue.add_job("etl", GlueVersion="4.0", JobMode="NOTEBOOK")

    glue.jobs.update(glue.scope, {"JobName": "etl", "JobUpdate": {"Role": "other", "Command": COMMAND}})

    job = glue.jobs.get(glue.scope, {"JobName": "etl"})["Job"]
    assert (job["GlueVersion"], job["JobMode"], job["Timeout"]) == ("4.0", "SCRIPT", 2880)


def test_run_above_the_limit_is_refused(glue):
    glue.add_job("etl")
    glue.jobs.start(glue.scope, {"JobName": "etl"})

    with pytest.raises(ConcurrentRunsExceededException):  # G27
        glue.jobs.start(glue.scope, {"JobName": "etl"})

    glue.end_job("SUCCEEDED")
    glue.jobs.start(glue.scope, {"JobName": "etl"})


def test_failed_run_is_retried_up_to_max_retries(glue):
    glue.add_job("etl", MaxRetries=2)
    run_id = glue.jobs.start(glue.scope, {"JobName": "etl", "Arguments": {"--a": "1"}})["JobRunId"]

    for _ in range(3):
        glue.end_job("FAILED", "ValueError: no")

    runs = glue.jobs.get_runs(glue.scope, {"JobName": "etl"})["JobRuns"]
    assert [(run["Id"], run["Attempt"], run.get("PreviousRunId")) for run in runs] == [
        (f"{run_id}_attempt_2", 2, f"{run_id}_attempt_1"),
        (f"{run_id}_attempt_1", 1, run_id),
        (run_id, 0, None),
    ]  # G27
    assert all(run["Arguments"] == {"--a": "1"} for run in runs)


@pytest.mark.parametrize("state", ["TIMEOUT", "STOPPED", "SUCCEEDED"])
def test_run_that_did_not_fail_is_not_tried_again(glue, state):
    glue.add_job("etl", MaxRetries=2)
    glue.jobs.start(glue.scope, {"JobName": "etl"})

    glue.end_job(state)

    assert glue.started_jobs == ["etl"]


def states(glue: Any, job: str = "etl") -> list[str]:
    """The states of a job's runs, oldest first."""
    return [run["JobRunState"] for run in reversed(glue.jobs.get_runs(glue.scope, {"JobName": job})["JobRuns"])]


def test_queued_runs_start_in_order_when_there_is_room(glue):  # G26
    glue.add_job("etl", JobRunQueuingEnabled=True)
    ids = [glue.jobs.start(glue.scope, {"JobName": "etl"})["JobRunId"] for _ in range(3)]
    queued = glue.jobs.get_run(glue.scope, {"JobName": "etl", "RunId": ids[1]})["JobRun"]
    assert states(glue) == ["RUNNING", "WAITING", "WAITING"]
    assert (queued["JobRunQueuingEnabled"], queued["StateDetail"]) == (True, "Max concurrent job runs per job exceeded")

    glue.end_job("SUCCEEDED")
    assert states(glue) == ["SUCCEEDED", "RUNNING", "WAITING"]
    glue.end_job("FAILED")
    assert states(glue) == ["SUCCEEDED", "FAILED", "RUNNING"]


def test_run_overrides_whether_it_may_be_queued(glue):
    glue.add_job("patient", JobRunQueuingEnabled=True)
    glue.add_job("hasty")
    for job in ("patient", "hasty"):
        glue.jobs.start(glue.scope, {"JobName": job})
    with pytest.raises(ConcurrentRunsExceededException):
        glue.jobs.start(glue.scope, {"JobName": "patient", "JobRunQueuingEnabled": False})
    glue.jobs.start(glue.scope, {"JobName": "hasty", "JobRunQueuingEnabled": True})

    assert states(glue, "hasty") == ["RUNNING", "WAITING"]


def test_queued_run_is_stopped_at_once_and_a_retry_keeps_its_place(glue):
    glue.add_job("etl", JobRunQueuingEnabled=True, MaxRetries=1)
    ids = [glue.jobs.start(glue.scope, {"JobName": "etl"})["JobRunId"] for _ in range(3)]
    glue.jobs.batch_stop(glue.scope, {"JobName": "etl", "JobRunIds": [ids[1]]})
    assert states(glue) == ["RUNNING", "STOPPED", "WAITING"]

    glue.end_job("FAILED")
    assert states(glue) == ["FAILED", "STOPPED", "WAITING", "RUNNING"]
    glue.end_job("FAILED")
    assert states(glue) == ["FAILED", "STOPPED", "RUNNING", "FAILED"]


def test_queued_action_of_a_workflow_waits_and_the_run_with_it(glue):
    glue.add_job("etl", JobRunQueuingEnabled=True)
    glue.jobs.start(glue.scope, {"JobName": "etl"})
    glue.workflows.create(glue.scope, {"Name": "w"})
    glue.add_trigger("t", "ON_DEMAND", [{"JobName": "etl"}], WorkflowName="w")
    run_id = glue.start_workflow_run("w")

    run = glue.workflow_run(run_id, "w")
    counts = run["Statistics"]
    assert (run["Status"], counts["WaitingActions"], counts["RunningActions"]) == ("RUNNING", 1, 0)
    glue.end_job("SUCCEEDED")
    glue.end_job("SUCCEEDED")
    assert glue.workflow_run(run_id, "w")["Status"] == "COMPLETED"


def test_stopped_workflow_run_stops_what_is_queued(glue):
    glue.add_job("etl", JobRunQueuingEnabled=True)
    glue.jobs.start(glue.scope, {"JobName": "etl"})
    glue.workflows.create(glue.scope, {"Name": "w"})
    glue.add_trigger("t", "ON_DEMAND", [{"JobName": "etl"}], WorkflowName="w")
    run_id = glue.start_workflow_run("w")
    glue.workflows.stop_run(glue.scope, {"Name": "w", "RunId": run_id})

    run = glue.workflow_run(run_id, "w")
    assert (run["Status"], run["Statistics"]["StoppedActions"]) == ("STOPPED", 1)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ({"Name": "glueray", "ScriptLocation": "s3://x/y"}, "Could not find command for the given criteria"),
        ({"Name": "glueetl"}, "No script location"),
        ({"Name": "gluestreaming", "ScriptLocation": "s3://x/y"}, None),
    ],
)
def test_job_without_a_runtime_is_accepted_and_its_runs_fail_with_the_reason(command, reason):
    complete(Command=command)
    told = definitions.why_not_runnable("etl", "jr_1", command, command.get("ScriptLocation", ""))
    assert (told is None) if reason is None else (reason in (told or ""))


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"AllocatedCapacity": 2, "MaxCapacity": 5.0}, "Please set only Allocated Capacity or Max Capacity"),
        ({"MaxCapacity": 5.0, "WorkerType": "G.1X"}, "Please do not set Max Capacity"),
    ],
)
def test_capacities_of_a_run_exclude_each_other(glue, request_, message):
    glue.add_job("etl")
    with pytest.raises(InvalidInputException, match=message):
        glue.jobs.start(glue.scope, {"JobName": "etl", **request_})


def test_allocated_capacity_is_the_older_name_of_max_capacity(glue):
    glue.add_job("etl")
    run_id = glue.jobs.start(glue.scope, {"JobName": "etl", "AllocatedCapacity": 5})["JobRunId"]
    assert glue.jobs.get_run(glue.scope, {"JobName": "etl", "RunId": run_id})["JobRun"]["MaxCapacity"] == 5.0


def test_stop_reports_the_outcome_for_each_run(glue):
    glue.add_job("etl")
    run_id = glue.jobs.start(glue.scope, {"JobName": "etl"})["JobRunId"]

    answer = glue.jobs.batch_stop(glue.scope, {"JobName": "etl", "JobRunIds": [run_id, "jr_unknown"]})

    assert answer["SuccessfulSubmissions"] == [{"JobName": "etl", "JobRunId": run_id}]
    assert [error["ErrorDetail"]["ErrorCode"] for error in answer["Errors"]] == ["EntityNotFoundException"]
    assert glue.job_executor.stopped == [run_id]
    assert glue.jobs.get_run(glue.scope, {"JobName": "etl", "RunId": run_id})["JobRun"]["JobRunState"] == "STOPPING"


def test_run_of_an_unknown_job_is_refused(glue):
    with pytest.raises(EntityNotFoundException):
        glue.jobs.start(glue.scope, {"JobName": "nothing"})


def test_times_come_from_the_clock(glue):
    glue.add_job("etl")
    glue.clock.moment = datetime(2030, 1, 1, tzinfo=UTC)
    run_id = glue.jobs.start(glue.scope, {"JobName": "etl"})["JobRunId"]

    assert glue.jobs.get_run(glue.scope, {"JobName": "etl", "RunId": run_id})["JobRun"]["StartedOn"].year == 2030


def test_deleted_job_takes_its_runs_with_it_and_stops_those_that_run(glue):
    for name in ("etl", "other"):
        glue.add_job(name, ExecutionProperty={"MaxConcurrentRuns": 2})
    ended = glue.jobs.start(glue.scope, {"JobName": "etl"})["JobRunId"]
    glue.end_job()
    running = glue.jobs.start(glue.scope, {"JobName": "etl"})["JobRunId"]
    kept = glue.jobs.start(glue.scope, {"JobName": "other"})["JobRunId"]

    glue.jobs.delete(glue.scope, {"JobName": "etl"})

    assert glue.job_executor.stopped == [running]
    assert set(glue.store.job_runs) == {kept}
    assert ended not in glue.store.job_runs
