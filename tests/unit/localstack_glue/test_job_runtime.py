"""What a job run is made of: arguments, Spark's configuration, files and modules (G10, G28)."""

import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from localstack_glue import awsglue_runtime
from localstack_glue.jobs.runtime import arguments, installers, spark_conf, workers
from localstack_glue.jobs.runtime.arguments import RunIdentity
from localstack_glue.jobs.runtime.environment import RunRequest, uses_data_catalog
from localstack_glue.jobs.runtime.files import JobPreparationError, fetch_all, python_path, split_uri
from localstack_glue.jobs.runtime.modules import ModuleInstaller
from localstack_glue.jobs.runtime.preparation import prepare
from localstack_glue.service.clients import Credentials
from localstack_glue.service.settings import S3A_JARS, Settings

IDENTITY = RunIdentity("etl", "j_1", "jr_1")
NAMES = ["--JOB_NAME", "etl", "--JOB_ID", "j_1", "--JOB_RUN_ID", "jr_1"]


@given(*[st.dictionaries(st.sampled_from(["--a", "--b", "--c"]), st.text(max_size=3)) for _ in range(3)])
def test_fixed_arguments_override_those_of_the_run_and_those_the_defaults(defaults, given_, fixed):
    merged = arguments.merge(defaults, given_, fixed)

    assert set(merged) == set(defaults) | set(given_) | set(fixed)
    for name, value in merged.items():
        source = next(layer for layer in (fixed, given_, defaults) if name in layer)
        assert value == source[name]  # G10, G28


def test_script_sees_its_own_arguments_and_not_the_services():
    merged = {"--dataset": "cars", "--extra-py-files": "s3://b/x.zip", "--conf": "a=b", "--TempDir": "s3://b/tmp/"}

    assert arguments.script_arguments(merged, IDENTITY) == [
        *NAMES,
        "--dataset",
        "cars",
        "--TempDir",
        "s3://b/tmp/",
    ]  # G28


def test_script_in_a_workflow_gets_the_run_id():
    identity = RunIdentity("etl", "j_1", "jr_1", "quarterly", "wr_1")

    expected = [*NAMES, "--WORKFLOW_NAME", "quarterly", "--WORKFLOW_RUN_ID", "wr_1"]
    assert arguments.script_arguments({}, identity) == expected  # G10


def test_argument_without_a_value_is_a_flag():
    assert arguments.script_arguments({"--verbose": ""}, IDENTITY) == [*NAMES, "--verbose"]


def test_list_argument_keeps_the_extras_of_a_package_together():
    merged = {"--additional-python-modules": "pyiceberg[glue,pyarrow]==0.12.0, pyyaml==6.0.3,"}

    found = arguments.comma_list(merged, "--additional-python-modules")
    assert found == ["pyiceberg[glue,pyarrow]==0.12.0", "pyyaml==6.0.3"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", {}, id="none"),
        pytest.param("a.b=1", {"a.b": "1"}, id="one"),
        pytest.param("a=1 --conf b=x=y --conf c= d", {"a": "1", "b": "x=y", "c": "d"}, id="several"),
        pytest.param("--conf a=1\n  --conf\n b=--conf-x", {"a": "1", "b": "--conf-x"}, id="over several lines"),
    ],
)
def test_conf_holds_several_settings(text, expected):
    assert arguments.spark_conf({"--conf": text}) == expected  # G28


def test_only_customer_variables_reach_the_environment():
    merged = {"--customer-driver-env-vars": 'CUSTOMER_A=1,CUSTOMER_B="x",PATH=/evil'}

    assert arguments.environment_variables(merged) == {"CUSTOMER_A": "1", "CUSTOMER_B": "x"}
    # the example of dg/aws-glue-programming-etl-glue-arguments.html
    merged = {"--customer-driver-env-vars": 'CUSTOMER_KEY1=VAL1,CUSTOMER_KEY2="val2,val2 val2"'}
    assert arguments.environment_variables(merged) == {"CUSTOMER_KEY1": "VAL1", "CUSTOMER_KEY2": "val2,val2 val2"}


def spark_run(tmp_path: Path) -> spark_conf.SparkRun:
    folders = (tmp_path, tmp_path / "tmp", tmp_path / "jars", tmp_path / "conf")
    return spark_conf.SparkRun("etl", 2, 1024, "http://127.0.0.1:4566", "eu-west-1", *folders)


def test_spark_reads_s3_from_the_endpoint(tmp_path):
    defaults = spark_conf.spark_defaults(spark_run(tmp_path), {})

    assert defaults["spark.master"] == "local[2]"
    assert defaults["spark.driver.memory"] == "1024m"
    # over TLS, on the same port: the SDK refuses to copy encrypted objects without it
    assert defaults["spark.hadoop.fs.s3a.endpoint"] == "https://127.0.0.1:4566"
    assert defaults["spark.hadoop.fs.s3a.connection.ssl.enabled"] == "true"
    assert defaults["spark.driver.extraClassPath"].split(":") == [str(tmp_path / "jars" / jar) for jar in S3A_JARS]
    assert "spark.sql.session.timeZone" not in defaults


def test_java_options_of_the_run_are_added_to_the_services(tmp_path):
    defaults = spark_conf.spark_defaults(spark_run(tmp_path), {"spark.driver.extraJavaOptions": "-Dx=1"})

    assert defaults["spark.driver.extraJavaOptions"].startswith(spark_conf.TRUST_LOCALSTACK)
    assert defaults["spark.driver.extraJavaOptions"].endswith(" -Dx=1")


def test_java_options_of_the_service_stand_before_those_of_the_run(tmp_path):  # G28
    run = replace(spark_run(tmp_path), java_options="-Xss1m")
    defaults = spark_conf.spark_defaults(run, {"spark.driver.extraJavaOptions": "-Dx=1"})
    assert defaults["spark.driver.extraJavaOptions"].endswith(" -Xss1m -Dx=1")


def test_java_puts_temporary_files_into_the_runs_own_folder(tmp_path):
    options = spark_conf.spark_defaults(spark_run(tmp_path), {})["spark.driver.extraJavaOptions"]

    assert f"-Djava.io.tmpdir={tmp_path / 'tmp'}" in shlex.split(options)
    assert "-XX:-UsePerfData" in shlex.split(options)  # a Java that is killed leaves it in /tmp


def test_java_maps_the_class_archive_and_is_silent_about_one_that_does_not_fit(tmp_path):
    run = replace(spark_run(tmp_path), class_archive=tmp_path / "of spark.jsa")
    options = shlex.split(spark_conf.spark_defaults(run, {})["spark.driver.extraJavaOptions"])

    assert {f"-XX:SharedArchiveFile={tmp_path}/of spark.jsa", "-Xshare:auto", "-Xlog:cds*=off"} <= set(options)


@pytest.mark.parametrize("is_there", [True, False])
def test_missing_class_archive_is_not_used(tmp_path, is_there):
    archive = tmp_path / "classes.jsa"
    if is_there:
        archive.touch()
    found = Settings.from_env({"LOCALSTACK_GLUE_CLASS_ARCHIVE": str(archive)}, tmp_path)

    assert found.class_archive == (archive if is_there else None)
    assert found.with_python(Path("/other/python"), "OTHER").class_archive is None  # of another Spark


def test_conf_of_the_run_wins_over_the_services(tmp_path):
    defaults = spark_conf.spark_defaults(spark_run(tmp_path), {"spark.driver.memory": "2g"})

    assert defaults["spark.driver.memory"] == "2g"


def test_workers_have_the_installed_pyspark_unless_the_run_names_another_daemon(tmp_path):
    name = "spark.python.daemon.module"
    module = spark_conf.spark_defaults(spark_run(tmp_path), {})[name]

    assert (Path(awsglue_runtime.__file__).parent / f"{module}.py").is_file()
    assert spark_conf.spark_defaults(spark_run(tmp_path), {name: "own_daemon"})[name] == "own_daemon"


def test_iceberg_reaches_the_service_whatever_sdk_it_has(tmp_path):
    catalog = "spark.sql.catalog"
    conf = {
        f"{catalog}.lake": "org.apache.iceberg.spark.SparkCatalog",
        f"{catalog}.lake.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
        f"{catalog}.spark_catalog": "org.apache.iceberg.spark.SparkSessionCatalog",
        f"{catalog}.spark_catalog.type": "glue",
        f"{catalog}.spark_catalog.s3.endpoint": "http://127.0.0.1:9000",
        f"{catalog}.db": "org.apache.spark.sql.execution.datasources.v2.jdbc.JDBCTableCatalog",
    }

    defaults = spark_conf.spark_defaults(spark_run(tmp_path), conf)

    assert {key: value for key, value in defaults.items() if key.startswith(catalog)} == conf | {
        f"{catalog}.lake.glue.endpoint": "http://127.0.0.1:4566",
        f"{catalog}.lake.s3.endpoint": "http://127.0.0.1:4566",
        f"{catalog}.lake.s3.path-style-access": "true",
        f"{catalog}.spark_catalog.glue.endpoint": "http://127.0.0.1:4566",
        f"{catalog}.spark_catalog.s3.path-style-access": "true",
    }


def test_property_file_keeps_each_setting_on_its_line(tmp_path):
    spark_conf.write(tmp_path / "conf", {"a": "1", "b": "x\ny\\z"})

    assert (tmp_path / "conf" / "spark-defaults.conf").read_text() == "a 1\nb x\\ny\\\\z\n"


def test_worker_type_is_bounded_by_the_machine(monkeypatch):
    monkeypatch.setattr(workers, "usable_cores", lambda: 2)
    monkeypatch.setattr(workers, "usable_memory_bytes", lambda: 8 * 1024**3)

    assert workers.local_cores("G.1X", 10) == 2
    assert workers.heap_mb("G.1X") == int(8 * 1024 * workers.MACHINE_SHARE)


def test_worker_type_is_a_bound_on_a_large_machine(monkeypatch):
    monkeypatch.setattr(workers, "usable_cores", lambda: 64)
    monkeypatch.setattr(workers, "usable_memory_bytes", lambda: 512 * 1024**3)

    assert workers.local_cores("G.1X", 2) == 8  # G31
    assert workers.heap_mb("G.1X") == 16 * 1024


@pytest.mark.parametrize(
    ("limit", "usable"),
    [
        pytest.param("1073741824\n", 1024**3, id="less than the machine has"),
        pytest.param("9223372036854771712\n", None, id="more than it has"),
        pytest.param("max\n", None, id="none"),
        pytest.param(None, None, id="no container"),
    ],
)
def test_memory_of_a_container_is_that_of_its_machine_up_to_its_limit(tmp_path, monkeypatch, limit, usable):
    monkeypatch.setattr(workers, "_CONTAINER_LIMIT", tmp_path / "memory.max")
    if limit is not None:
        (tmp_path / "memory.max").write_text(limit)

    assert workers.usable_memory_bytes() == (usable or psutil.virtual_memory().total)


def test_python_files_are_found_by_import():
    files = [Path("/run/0/package.zip"), Path("/run/1/module.py"), Path("/run/1/other.py"), Path("/run/2/w.whl")]

    assert python_path(files) == ["/run/0/package.zip", "/run/1", "/run/2/w.whl"]  # G28


@pytest.mark.parametrize("uri", ["", "x.py", "/etc/passwd", "https://b/x.py", "s3://b", "s3://b/", "s3://b/libs/"])
def test_uri_that_names_no_object_is_refused(uri):
    with pytest.raises(JobPreparationError):
        split_uri(uri)


def test_uri_names_an_object_with_any_characters():
    assert split_uri("s3://b/a/x#1?.py") == ("b", "a/x#1?.py")


def test_install_runs_with_them_and_the_script_does_not(tmp_path, monkeypatch):
    told = tmp_path / "told"
    fake = tmp_path / "python"
    fake.write_text(f'#!/bin/sh\necho "$SSL_CERT_FILE $PIP_INDEX_URL" > {told}\n')
    fake.chmod(0o755)
    monkeypatch.setenv(installers.HANDED_OVER, '{"SSL_CERT_FILE": "/ca.pem", "PIP_INDEX_URL": "https://x"}')
    monkeypatch.setattr("shutil.which", lambda _: None)

    ModuleInstaller(fake, tmp_path / "modules").install(["a==1"])

    assert told.read_text() == "/ca.pem https://x\n"
    installer = ModuleInstaller(Path(sys.executable), tmp_path / "modules")
    launch = prepare(request(), FakeS3(), settings(tmp_path), installer, tmp_path / "r")
    assert not {"SSL_CERT_FILE", "PIP_INDEX_URL", installers.HANDED_OVER} & launch.environment.keys()


@pytest.mark.parametrize(
    ("merged", "is_on"),
    [
        ({"enable_glue_datacatalog": "true"}, True),
        ({"enable_glue_datacatalog": ""}, True),
        ({"enable_glue_datacatalog": "false"}, False),
        ({}, False),
        (
            {
                "conf": "spark.hadoop.hive.metastore.client.factory.class="
                "com.amazonaws.glue.catalog.metastore.AWSGlueDataCatalogHiveClientFactory"
            },
            True,
        ),
    ],
)
def test_data_catalog_is_sparks_metastore_if_the_run_requests_it(merged, is_on):  # G28
    assert uses_data_catalog(request("glueetl", **merged)) is is_on
    assert uses_data_catalog(request("pythonshell", **merged)) is False


class FakeS3:
    """Writes a line to whatever is downloaded."""

    def download_file(self, bucket, key, target):
        Path(target).write_text(f"{bucket}/{key}")


def request(command: str = "pythonshell", **merged: str) -> RunRequest:
    return RunRequest(
        identity=IDENTITY,
        command={"Name": command, "ScriptLocation": "s3://code/jobs/etl.py"},
        merged={f"--{name.replace('_', '-')}": value for name, value in merged.items()},
        worker_type="G.1X",
        workers=2,
        endpoint_url="http://127.0.0.1:4566",
        region="eu-west-1",
        credentials=Credentials("AKIA", "secret", "token"),
    )


def settings(tmp_path: Path, **found: Path | None) -> Settings:
    given = {"site_packages": (), "java_home": None, "jars_dir": None, "work_dir": tmp_path} | found
    return Settings(python=Path(sys.executable), **given)  # type: ignore[arg-type]


def test_process_gets_its_own_environment_only(tmp_path, monkeypatch):
    monkeypatch.setenv("SERVICE_SECRET", "x")
    installer = ModuleInstaller(Path(sys.executable), tmp_path / "modules")
    launch = prepare(request(extra_py_files="s3://code/p.zip"), FakeS3(), settings(tmp_path), installer, tmp_path / "r")

    environment = launch.environment
    assert "SERVICE_SECRET" not in environment
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert environment["AWS_SESSION_TOKEN"] == "token"
    own, provided = environment["PYTHONPATH"].split(os.pathsep)
    assert own == str(tmp_path / "r" / "python" / "0" / "p.zip")  # G28
    assert Path(provided, "awsglue", "utils.py").is_file()
    assert environment["LOCALSTACK_GLUE_BOOKMARK_FILE"] == str(tmp_path / "bookmarks" / f"{IDENTITY.job_id}.json")
    assert environment["HOME"] == str(launch.folder)
    assert list(launch.command[-len(NAMES) :]) == NAMES


def test_script_location_of_the_arguments_overrides_that_of_the_command(tmp_path):  # G28
    installer = ModuleInstaller(Path(sys.executable), tmp_path / "modules")
    moved = replace(request(), merged={"--scriptLocation": "s3://other/moved.py"}, command={"Name": "pythonshell"})

    launch = prepare(moved, FakeS3(), settings(tmp_path), installer, tmp_path / "r")

    assert (tmp_path / "r" / "script" / "moved.py").read_text() == "other/moved.py"
    assert list(launch.command[-len(NAMES) :]) == NAMES


def test_extra_files_of_a_folder_come_with_their_folders_and_not_to_a_python_shell(tmp_path):  # G28
    class Folder(FakeS3):
        def get_paginator(self, _name):
            keys = ["conf/", "conf/a.json", "conf/eu/b.json"]
            return SimpleNamespace(paginate=lambda **_: [{"Contents": [{"Key": key} for key in keys]}])

    fetch_all(Folder(), "s3://code/conf/", tmp_path / "work")
    found = sorted(path.relative_to(tmp_path / "work").as_posix() for path in (tmp_path / "work").rglob("*.json"))
    assert found == ["a.json", "eu/b.json"]

    installer = ModuleInstaller(Path(sys.executable), tmp_path / "modules")
    launch = prepare(request(extra_files="s3://code/a.json"), FakeS3(), settings(tmp_path), installer, tmp_path / "r")
    assert list(launch.folder.iterdir()) == []


@pytest.mark.parametrize("keys", [["conf/a", "conf/a/b"], [f"conf/{'x' * 300}"]])
def test_extra_files_that_cannot_be_written_are_named(tmp_path, keys):
    class Folder(FakeS3):
        def get_paginator(self, _name):
            return SimpleNamespace(paginate=lambda **_: [{"Contents": [{"Key": key} for key in keys]}])

    with pytest.raises(JobPreparationError, match=f"Failed to download s3://code/{keys[-1]}"):
        fetch_all(Folder(), "s3://code/conf/", tmp_path / "work")


def test_spark_job_without_a_runtime_fails_with_the_remedy(tmp_path):
    installer = ModuleInstaller(Path(sys.executable), tmp_path / "modules")

    with pytest.raises(JobPreparationError, match="LOCALSTACK_GLUE_PYTHON"):
        prepare(request("glueetl"), FakeS3(), settings(tmp_path), installer, tmp_path / "r")


def test_spark_job_is_pointed_to_its_configuration(tmp_path):
    site, jars, java = tmp_path / "site-packages", tmp_path / "jars", tmp_path / "java"
    (site / "pyspark").mkdir(parents=True)
    jars.mkdir()
    for jar in S3A_JARS:
        (jars / jar).touch()
    found = settings(tmp_path, site_packages=(site,), java_home=java, jars_dir=jars)
    installer = ModuleInstaller(Path(sys.executable), tmp_path / "modules")

    launch = prepare(request("glueetl", conf="spark.x=1"), FakeS3(), found, installer, tmp_path / "r")

    conf = Path(launch.environment["SPARK_CONF_DIR"])
    assert launch.environment["JAVA_HOME"] == str(java)
    assert "spark.x 1" in (conf / "spark-defaults.conf").read_text().splitlines()  # G28
    assert "SYSTEM_ERR" in (conf / "log4j2.properties").read_text()
