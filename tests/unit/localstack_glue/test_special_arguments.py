"""Each special argument is honoured, refused, or named in the run's log as without effect (G28)."""

import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from localstack_glue.jobs.runtime import arguments, bootstrap, spark_conf
from localstack_glue.jobs.runtime.files import JobPreparationError, upload
from localstack_glue.jobs.runtime.ignored_arguments import ignored_argument_notes, refusal
from localstack_glue.jobs.runtime.memory import MemoryBudget, driver_heap_mb
from localstack_glue.jobs.runtime.workers import heap_mb
from localstack_glue.service.log_groups import continuous_log, job_log_stream
from localstack_glue.service.settings import S3A_JARS, Settings
from tests.unit.localstack_glue.test_job_execution import Execution, FakeRunner


@pytest.mark.parametrize(
    ("given", "named"),
    [
        pytest.param({"--job-language": "scala"}, "--job-language scala", id="scala"),
        pytest.param(
            {"--enable-lakeformation-fine-grained-access": "true"}, "--enable-lakeformation", id="lake-formation"
        ),
        pytest.param({"--python-virtual-env": "s3://code/venv.zip"}, "--python-virtual-env", id="environment"),
    ],
)
def test_job_of_another_kind_is_refused_by_name(given, named):  # G28
    assert named in (refusal(given, is_spark=True) or "")
    assert refusal({"--job-language": "python"}, is_spark=True) is None


@pytest.mark.parametrize(
    "name",
    [
        "--class",  # "applies only if your --job-language is set to scala"
        "--continuous-log-conversionPattern",
        "--enable-auto-scaling",
        "--executor-cores",
        "--use-postgres-driver",
        "--write-shuffle-files-to-s3",
    ],
)
def test_argument_without_effect_is_named_in_the_log(name):  # G28
    (line,) = ignored_argument_notes({name: "x"}, is_spark=True)

    assert name in line
    assert list(ignored_argument_notes({name: "false"}, is_spark=True)) == []
    assert list(ignored_argument_notes({name: "x"}, is_spark=False)) == []
    assert arguments.script_arguments({name: "x"}, arguments.RunIdentity("a", "b", "c"))[-1] == "c"


@pytest.mark.parametrize("is_spark", [True, False])
def test_internal_argument_of_glue_is_named_in_the_log(is_spark):
    (line,) = ignored_argument_notes({"--debug": "x", "--day": "1"}, is_spark=is_spark)
    assert "--debug reaches the script" in line


def test_extra_files_of_a_python_shell_are_named_in_the_log():
    (line,) = ignored_argument_notes({"--extra-files": "s3://b/x"}, is_spark=False)
    assert "--extra-files has no effect" in line


def test_executor_variables_reach_the_only_process():  # G28
    merged = {
        "--customer-executor-env-vars": "CUSTOMER_A=executor,CUSTOMER_B=executor,PATH=/evil",
        "--customer-driver-env-vars": "CUSTOMER_A=driver",
    }
    assert arguments.environment_variables(merged) == {"CUSTOMER_A": "driver", "CUSTOMER_B": "executor"}


def spark_run(tmp_path: Path, **more: Any) -> spark_conf.SparkRun:
    paths = (tmp_path, tmp_path / "tmp", tmp_path / "jars", tmp_path / "conf")
    return spark_conf.SparkRun("etl", 2, 1024, "http://127.0.0.1:4566", "eu-west-1", *paths, **more)


@pytest.mark.parametrize("first", [False, True], ids=["service-first", "user-first"])
def test_user_jars_have_the_requested_place_on_the_class_path(tmp_path, first):  # G28
    run = spark_run(tmp_path, extra_jars=(tmp_path / "own.jar",), user_jars_first=first)
    names = [Path(entry).name for entry in spark_conf.spark_defaults(run, {})["spark.driver.extraClassPath"].split(":")]
    assert names == (["own.jar", *S3A_JARS] if first else [*S3A_JARS, "own.jar"])


def test_drivers_of_databases_are_on_the_class_path(tmp_path):
    run = spark_run(tmp_path, found_jars=(tmp_path / "postgresql.jar",))
    assert f":{tmp_path}/postgresql.jar" in spark_conf.spark_defaults(run, {})["spark.driver.extraClassPath"]


def test_event_log_is_written_beside_the_run_and_goes_to_s3(tmp_path):  # G28
    run = spark_run(tmp_path, event_logs=tmp_path / "events")
    assert spark_conf.spark_defaults(run, {})["spark.eventLog.dir"] == (tmp_path / "events").as_uri()
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "local-1").write_text("{}")
    (tmp_path / "events" / ".local-1.crc").write_text("x")
    put: list[tuple[str, str]] = []
    s3 = SimpleNamespace(upload_file=lambda _file, bucket, key: put.append((bucket, key)))

    upload(s3, tmp_path / "events", "s3://logs/ui/")

    assert put == [("logs", "ui/local-1")]
    with pytest.raises(JobPreparationError, match="Not an S3 location"):
        upload(s3, tmp_path / "events", "/tmp/ui")


def test_log_streams_have_the_requested_names():  # G29
    prefixed = {"--custom-logStream-prefix": "nightly"}
    assert (job_log_stream({}, "jr_1"), job_log_stream(prefixed, "jr_1")) == ("jr_1", "nightly_jr_1")
    named = {"--continuous-log-logGroup": "/mine", "--enable-continuous-cloudwatch-log": "true"}
    assert continuous_log(named, "jr_1") == ("/mine", "jr_1-driver")
    assert continuous_log({**named, "--continuous-log-logStreamPrefix": "p"}, "jr_1") == ("/mine", "p-driver")
    assert continuous_log({"--continuous-log-logGroup": "/mine"}, "jr_1") is None


def test_continuous_log_of_its_own_gets_what_the_run_prints(glue, tmp_path):  # G29
    defaults = {"--continuous-log-logGroup": "/mine", "--enable-continuous-cloudwatch-log": "true"}
    execution = Execution(glue, tmp_path, FakeRunner(0, line="hello"), DefaultArguments=defaults)

    execution.outcome()

    assert set(execution.clients.events) == {("/aws-glue/python-jobs/output", "hello"), ("/mine", "hello")}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param("512m", 512, id="megabytes"),
        pytest.param("2g", 2048, id="gigabytes"),
        pytest.param("2048", 2048, id="no-unit"),
        pytest.param("64g", 4096, id="more-than-all-runs-may-have"),
        pytest.param("1T", 4096, id="terabytes"),
    ],
)
def test_requested_memory_of_a_run_is_limited(asked, expected):
    assert driver_heap_mb("G.1X", asked, 4096) == expected


@pytest.mark.parametrize("asked", ["", "much", "0g", "-1g", "1.5g"])
def test_memory_that_is_no_size_is_refused(asked):
    with pytest.raises(JobPreparationError, match="is not a size"):
        driver_heap_mb("G.1X", asked, 4096)


def test_memory_of_a_worker_is_bounded_too():
    assert driver_heap_mb("G.8X", None, 700) == 700
    assert driver_heap_mb("G.1X", None, 10**9) == heap_mb("G.1X")


def test_run_waits_until_another_gives_its_memory_back():
    budget, told, order = MemoryBudget(1000), [], []
    assert budget.take("first", 700, lambda: False, told.append)
    waits = threading.Event()

    def tell(line: str) -> None:
        told.append(line)
        waits.set()

    def second() -> None:
        order.append(budget.take("second", 400, lambda: False, tell))

    thread = threading.Thread(target=second)
    thread.start()
    assert waits.wait(60)
    assert order == []
    budget.give_back("first")
    thread.join(60)

    assert order == [True]
    assert told == ["glue-local: waiting for memory: other runs hold 700 of 1000 MB"]


def test_run_that_requests_too_much_gets_all_memory_and_a_stopped_one_none():
    budget = MemoryBudget(1000)
    assert budget.take("large", 5000, lambda: False, print)
    assert not budget.take("stopped", 1, lambda: True, print)


def test_budget_is_a_setting(tmp_path):
    environ = {"LOCALSTACK_GLUE_PYTHON": str(tmp_path / "none"), "LOCALSTACK_GLUE_MEMORY_MB": "2048"}
    assert Settings.from_env(environ, tmp_path).memory_mb == 2048
    with pytest.raises(ValueError, match="LOCALSTACK_GLUE_MEMORY_MB"):
        Settings.from_env({**environ, "LOCALSTACK_GLUE_MEMORY_MB": "2g"}, tmp_path)


def test_python_shell_that_takes_more_than_all_runs_may_fails_with_its_reason(tmp_path):
    script, reason = tmp_path / "job.py", tmp_path / "reason"
    script.write_text("held = bytearray(3 * 1024 ** 3)\n")
    command = [sys.executable, bootstrap.__file__, str(reason), str(script)]

    done = subprocess.run(
        command, env={bootstrap.MEMORY_VARIABLE: "1024"}, capture_output=True, timeout=60, check=False
    )

    assert (done.returncode, reason.read_text()) == (1, "MemoryError")
