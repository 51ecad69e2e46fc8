"""Each run has the Spark and the Python of its GlueVersion, or a reason why there is none (G31, G34)."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from localstack_glue.jobs.runtime import spark_conf
from localstack_glue.jobs.runtime.environment import RunRequest
from localstack_glue.jobs.runtime.files import JobPreparationError
from localstack_glue.jobs.runtime.runtimes import Runtimes
from localstack_glue.service.settings import Settings
from tests.unit.localstack_glue.test_job_execution import Execution, FakeRunner
from tests.unit.localstack_glue.test_job_runtime import request
from tests.unit.localstack_glue.test_special_arguments import spark_run


def make_runtime(folder: Path, spark: str) -> Path:
    """The Python of an environment that says it has this Spark."""
    site_packages = folder / "lib" / "site-packages"
    (site_packages / "pyspark").mkdir(parents=True)
    (site_packages / f"pyspark-{spark}.dist-info").mkdir()
    python = folder / "bin" / "python"
    python.parent.mkdir()
    # answers what the service asks a Python: its path
    python.write_text(f"#!/bin/sh\necho '{json.dumps([str(site_packages)])}'\n")
    python.chmod(0o755)
    return python


def make_settings(python: Path, tmp_path: Path, **more: object) -> Settings:
    environ = {"LOCALSTACK_GLUE_PYTHON": str(python), **{name: str(value) for name, value in more.items()}}
    return Settings.from_env(environ, tmp_path / "work")


def of_version(version: str) -> RunRequest:
    return replace(request("glueetl"), glue_version=version)


def test_runs_of_both_versions_have_each_its_own_python(tmp_path: Path) -> None:
    python, python_6 = make_runtime(tmp_path / "5", "3.5.6"), make_runtime(tmp_path / "6", "4.1.1")
    runtimes = Runtimes(make_settings(python, tmp_path, LOCALSTACK_GLUE_6_PYTHON=python_6))

    found = {version: runtimes.of(of_version(version)) for version in ("5.0", "5.1", "6.0")}

    assert {version: one.python for version, one in found.items()} == {"5.0": python, "5.1": python, "6.0": python_6}
    assert [found[version].spark_version for version in ("5.1", "6.0")] == ["3.5.6", "4.1.1"]
    assert runtimes.of(request("pythonshell")).python == python


def test_a_service_whose_python_has_spark_4_runs_glue_6_and_refuses_5(tmp_path: Path) -> None:
    python = make_runtime(tmp_path / "6", "4.1.1")
    runtimes = Runtimes(make_settings(python, tmp_path))

    assert runtimes.of(of_version("6.0")).python == python
    with pytest.raises(JobPreparationError, match=r"GlueVersion 5\.1 has Spark 3\.5, and .* has Spark 4\.1\.1"):
        runtimes.of(of_version("5.1"))


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        pytest.param("0.9", "end of life", id="retired"),
        pytest.param("2.0", "end of life", id="retired-last"),
        pytest.param("4.0", "older than what glue-local runs", id="older"),
        pytest.param("7.0", "not a version of Glue", id="unknown"),
        pytest.param("6", "not a version of Glue", id="half"),
    ],
)
def test_run_of_another_version_fails_with_the_words_of_aws(glue, tmp_path, version, reason) -> None:
    script = {"Name": "glueetl", "ScriptLocation": "s3://code/job.py"}
    state, message = Execution(glue, tmp_path, FakeRunner(0), GlueVersion=version, Command=script).outcome()

    assert state == "FAILED"
    # github.com/aws-samples/cql-replicator/issues/160
    assert f"failed to execute with exception Given GlueVersion [{version}] is not valid" in (message or "")
    assert reason in (message or "")
    assert "5.1 or 6.0" in (message or "")


def test_python_shell_jobs_do_not_depend_on_a_version_of_spark(glue, tmp_path) -> None:
    assert Execution(glue, tmp_path, FakeRunner(0), GlueVersion="3.0").outcome() == ("SUCCEEDED", None)


def test_runtime_of_glue_6_is_installed_once_when_a_run_needs_it(tmp_path: Path) -> None:
    python, python_6 = make_runtime(tmp_path / "5", "3.5.6"), make_runtime(tmp_path / "6", "4.1.1")
    later = tmp_path / "my project"
    make = f"import os; open({str(tmp_path / 'made')!r}, 'a').write('x'); os.symlink({str(python_6)!r}, {str(later)!r})"
    command = [sys.executable, "-c", f"{make}; print('noise'); print({str(later)!r})"]
    runtimes = Runtimes(
        make_settings(python, tmp_path, LOCALSTACK_GLUE_6_PYTHON=later, LOCALSTACK_GLUE_6_MAKE=json.dumps(command))
    )

    assert runtimes.missing("6.0") is None  # it will be made
    assert runtimes.of(of_version("5.1")).python == python
    with pytest.raises(JobPreparationError, match="not installed yet"):  # Java ahead of a run makes none
        runtimes.of(of_version("6.0"), may_make=False)
    assert not (tmp_path / "made").exists()

    assert [runtimes.of(of_version("6.0")).python for _ in range(2)] == [later, later]
    assert (tmp_path / "made").read_text() == "x"


@pytest.mark.parametrize(
    ("script", "why"),
    [
        pytest.param("import sys; sys.exit('error: no such index')", "no such index", id="fails"),
        pytest.param("print('done')", "did not return the path of its Python", id="says-nothing"),
    ],
)
def test_failed_runtime_installation_fails_the_run_with_the_reason(tmp_path: Path, script: str, why: str) -> None:
    python = make_runtime(tmp_path / "5", "3.5.6")
    command = json.dumps([sys.executable, "-c", script])
    runtimes = Runtimes(make_settings(python, tmp_path, LOCALSTACK_GLUE_6_MAKE=command))
    with pytest.raises(JobPreparationError, match=why):
        runtimes.of(of_version("6.0"))


def test_missing_runtime_of_glue_6_is_reported_with_a_remedy(tmp_path: Path) -> None:
    python = make_runtime(tmp_path / "5", "3.5.6")
    runtimes = Runtimes(make_settings(python, tmp_path))
    with pytest.raises(JobPreparationError, match="LOCALSTACK_GLUE_6_PYTHON"):
        runtimes.of(of_version("6.0"))
    wrong = Runtimes(make_settings(python, tmp_path, LOCALSTACK_GLUE_6_PYTHON=python))
    with pytest.raises(JobPreparationError, match=r"has Spark 3\.5\.6"):
        wrong.of(of_version("6.0"))


@pytest.mark.parametrize("text", ["uv", "[]", "[1]", '{"a": 1}'])
def test_invalid_command_is_refused_at_the_start(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match="LOCALSTACK_GLUE_6_MAKE"):
        make_settings(Path(sys.executable), tmp_path, LOCALSTACK_GLUE_6_MAKE=text)


def test_s3a_gets_times_as_numbers_although_hadoop_writes_units(tmp_path: Path) -> None:
    timeout = "spark.hadoop.fs.s3a.connection.timeout"
    assert timeout not in spark_conf.spark_defaults(spark_run(tmp_path, spark_version="3.5.6"), {})
    of_4 = spark_run(tmp_path, spark_version="4.1.1")
    assert spark_conf.spark_defaults(of_4, {})[timeout].isdigit()
    assert spark_conf.spark_defaults(of_4, {timeout: "5"})[timeout] == "5"
