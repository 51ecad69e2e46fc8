"""Job runs: states, limits, retries, arguments, logs, bookmarks."""

from __future__ import annotations

import io
import os
import zipfile

import pytest

from tests.integration.glue.account import PARQUET_CARS, Account, refusal


def test_run_succeeds_and_logs_under_its_id(account: Account):  # G26, G29
    told = f"{account.prefix}/told/run.json"
    job = account.job("tell", arguments={"--tell": told, "--colour": "red"})

    run = account.run(job, Arguments={"--colour": "green"})

    assert (run["JobRunState"], run["Attempt"], run["JobName"]) == ("SUCCEEDED", 0, job)
    assert run["CompletedOn"] >= run["StartedOn"]
    assert account.read_json(told)["--colour"] == "green"  # G28
    logs = account.client("logs")
    stream = {"logGroupName": "/aws-glue/python-jobs/output", "logStreamNames": [run["Id"]]}
    account.wait(
        lambda: [event["message"].strip() for event in logs.filter_log_events(**stream)["events"]],
        lambda lines: "telling" in lines,
        "the log of the run",
    )


def test_failed_run_has_a_reason_and_is_retried_as_a_new_run(account: Account):  # G26, G27, G29
    job = account.job("fail", MaxRetries=1)
    first = account.glue.start_job_run(JobName=job)["JobRunId"]

    newest, oldest = account.wait_for_runs(job, 2)

    assert (oldest["Id"], oldest["Attempt"]) == (first, 0)
    assert (newest["Id"], newest["Attempt"]) == (f"{first}_attempt_1", 1)
    assert [newest["JobRunState"], oldest["JobRunState"]] == ["FAILED", "FAILED"]
    assert "no wheels today" in newest["ErrorMessage"]


def test_more_runs_than_allowed_are_refused_and_a_stopped_run_is_stopped(account: Account):  # G26, G27
    job, _ = account.gated_job(ExecutionProperty={"MaxConcurrentRuns": 1})
    run_id = account.glue.start_job_run(JobName=job)["JobRunId"]
    assert refusal(account.glue.start_job_run, JobName=job) == "ConcurrentRunsExceededException"
    account.wait_for_run(job, run_id, "RUNNING")

    answer = account.glue.batch_stop_job_run(JobName=job, JobRunIds=[run_id, "jr_unknown"])

    assert [done["JobRunId"] for done in answer["SuccessfulSubmissions"]] == [run_id]
    assert [error["JobRunId"] for error in answer["Errors"]] == ["jr_unknown"]
    assert account.wait_for_run(job, run_id)["JobRunState"] == "STOPPED"


def test_run_of_a_trigger_above_the_limit_is_failed(account: Account):  # G27
    job, open_gate = account.gated_job(ExecutionProperty={"MaxConcurrentRuns": 1})
    start = account.trigger("ON_DEMAND", {"JobName": job})
    account.glue.start_job_run(JobName=job)
    account.glue.start_trigger(Name=start)

    runs = account.wait(lambda: account.runs(job), lambda found: len(found) == 2, "the run that the trigger starts")
    refused = account.wait_for_run(job, next(run["Id"] for run in runs if run.get("TriggerName")))

    assert (refused["JobRunState"], refused["ErrorMessage"]) == ("FAILED", "Exceeded maximum concurrent runs")
    open_gate()


@pytest.mark.skipif(os.environ.get("GLUE_CONFORMANCE_SLOW") != "1", reason="takes a minute; GLUE_CONFORMANCE_SLOW=1")
def test_run_beyond_its_timeout_is_ended(account: Account):  # G27
    job, _ = account.gated_job(Timeout=1)
    assert account.run(job)["JobRunState"] == "TIMEOUT"


def test_arguments_of_a_run_override_but_those_that_must_not_be(account: Account):  # G28
    told = f"{account.prefix}/told/arguments.json"
    job = account.job(
        "tell",
        arguments={"--tell": told, "--a": "default", "--b": "default"},
        NonOverridableArguments={"--c": "fixed"},
    )

    run = account.run(job, Arguments={"--b": "run", "--c": "run", "--d": "run"})

    assert run["Arguments"]["--b"] == "run"
    given = account.read_json(told)
    assert {name: given.get(name) for name in ("--a", "--b", "--c", "--d")} == {
        "--a": "default",
        "--b": "run",
        "--c": "fixed",
        "--d": "run",
    }


def test_spark_job_reads_parquet_with_its_extra_jars(account: Account):  # G26, G28
    jar = io.BytesIO()
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("conformance/marker.txt", "here")
    told = f"{account.prefix}/told/spark.json"
    account.put(f"{account.prefix}/lake/cars.parquet", PARQUET_CARS)
    arguments = {
        "--lake": f"s3://{account.bucket}/{account.prefix}/lake/",
        "--tell": told,
        "--resource": "conformance/marker.txt",
        "--extra-jars": account.put(f"{account.prefix}/jars/marker.jar", jar.getvalue()),
    }

    run = account.run(account.job("spark", arguments=arguments, is_spark=True))

    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
    answer = account.read_json(told)
    assert answer.pop("spark").startswith("3.5.")
    assert answer == {"rows": 3, "dearest": "Volvo", "in_jar": True}


def test_spark_sql_and_awsglue_read_a_table_of_the_catalog_whose_json_is_in_camel_case(account: Account):  # G28, G37
    told, place = f"{account.prefix}/told/sql.json", f"{account.prefix}/sql"
    database = account.database()
    account.glue.update_database(
        Name=database, DatabaseInput={"Name": database, "LocationUri": f"s3://{account.bucket}/{place}/warehouse/"}
    )
    account.put(f"{place}/cars/a.json", '{"Brand": "Saab", "Price": 1}\n{"brand": "Volvo", "PRICE": 2}\n')
    columns = [{"Name": "brand", "Type": "string"}, {"Name": "price", "Type": "int"}]
    storage = {
        "Columns": columns,
        "Location": f"s3://{account.bucket}/{place}/cars/",
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
    }
    account.table(
        database, "cars", StorageDescriptor=storage, Parameters={"classification": "json"}, TableType="EXTERNAL_TABLE"
    )
    arguments = {"--tell": told, "--database": database, "--enable-glue-datacatalog": "true"}

    run = account.run(account.job("sql", arguments=arguments, is_spark=True))

    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
    assert account.read_json(told) == {
        "frame": ["Saab", "Volvo"],
        "dear": [{"brand": "Volvo", "price": 2}],
        "tables": ["cars", "dear"],
    }
    made = account.glue.get_table(DatabaseName=database, Name="dear")["Table"]
    assert made["StorageDescriptor"]["Location"] == f"s3://{account.bucket}/{place}/warehouse/dear"


def test_job_without_a_commit_has_no_bookmark(account: Account):  # G28
    job = account.job()
    assert refusal(account.glue.get_job_bookmark, JobName=job) == "EntityNotFoundException"
    assert refusal(account.glue.reset_job_bookmark, JobName=job) == "EntityNotFoundException"


def test_deleting_a_job_deletes_its_runs(account: Account):
    job = account.job()
    run = account.run(job)
    account.glue.delete_job(JobName=job)
    assert refusal(account.glue.get_job, JobName=job) == "EntityNotFoundException"
    assert refusal(account.glue.get_job_run, JobName=job, RunId=run["Id"]) == "EntityNotFoundException"
    assert refusal(account.glue.start_job_run, JobName=job) == "EntityNotFoundException"
