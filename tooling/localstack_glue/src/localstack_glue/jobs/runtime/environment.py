"""The environment of a run's processes and the configuration of Spark, computed before any file is fetched.

Two runs with equal environments in one folder could use each other's Java.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from localstack_glue import awsglue_runtime
from localstack_glue.jobs.definitions import DEFAULT_GLUE_VERSION
from localstack_glue.jobs.runtime import arguments, bookmark_files, bootstrap, jars, spark_catalog, spark_conf, workers
from localstack_glue.jobs.runtime.files import JobPreparationError, fetched_path, python_path
from localstack_glue.jobs.runtime.ignored_arguments import is_on
from localstack_glue.jobs.runtime.memory import DRIVER_MEMORY, driver_heap_mb
from localstack_glue.service.clients import Credentials
from localstack_glue.service.settings import Settings

SPARK_COMMAND = "glueetl"
VERSION_VARIABLE = "LOCALSTACK_GLUE_VERSION"  # for the awsglue library, which differs by it
CATALOG_FACTORY = "AWSGlueDataCatalogHiveClientFactory"


@dataclass(frozen=True, slots=True)
class RunRequest:
    """The facts about a run before it starts."""

    identity: arguments.RunIdentity
    command: Mapping[str, str]
    merged: Mapping[str, str]
    worker_type: str
    workers: int
    endpoint_url: str
    region: str
    credentials: Credentials
    glue_version: str = DEFAULT_GLUE_VERSION

    @property
    def is_spark(self) -> bool:
        """Whether the script expects Spark."""
        return self.command["Name"] != "pythonshell"

    @property
    def script_location(self) -> str:
        """The URI of the script; `--scriptLocation` overrides that of the command (G28)."""
        return self.merged.get("--scriptLocation") or self.command.get("ScriptLocation") or ""

    @property
    def extra_jars(self) -> list[str]:
        """The URIs of jars that Java needs before it starts."""
        return arguments.comma_list(self.merged, "--extra-jars")


@dataclass(frozen=True, slots=True)
class RunEnvironment:
    """The environment of a run's processes, and for Spark the properties of its `spark-defaults.conf`."""

    environment: Mapping[str, str]
    properties: Mapping[str, str]


def scratch_folder(folder: Path) -> Path:
    """The working folder and home of a run's processes."""
    return folder / "scratch"


def temporary_folder(folder: Path) -> Path:
    """The folder for temporary files of a run's processes, including Java. It is removed with the run."""
    return folder / "tmp"


def event_log_folder(folder: Path) -> Path:
    """The folder for Spark's event log, which is copied to S3 after the run."""
    return folder / "spark-events"


def conf_folder(folder: Path) -> Path:
    """A run's SPARK_CONF_DIR."""
    return folder / "spark-conf"


def run_environment(request: RunRequest, settings: Settings, folder: Path, modules: Sequence[str]) -> RunEnvironment:
    """Compute a run's environment; `modules` are folders with installed modules. Nothing is read or written."""
    extra_python = [
        fetched_path(uri, folder / "python" / str(position))
        for position, uri in enumerate(arguments.comma_list(request.merged, "--extra-py-files"))
    ]
    path = python_path(extra_python) + list(modules)
    path.append(str(Path(awsglue_runtime.__file__).parent))  # last, so that a job may override them
    credentials = request.credentials
    environment = {
        "PATH": f"{settings.python.parent}{os.pathsep}{os.defpath}",
        "LANG": "C.UTF-8",
        "HOME": str(scratch_folder(folder)),
        "TMPDIR": str(temporary_folder(folder)),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_ENDPOINT_URL": request.endpoint_url,
        "AWS_REGION": request.region,
        "AWS_DEFAULT_REGION": request.region,
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_EC2_METADATA_DISABLED": "true",
        VERSION_VARIABLE: request.glue_version,
        bookmark_files.FILE_VARIABLE: str(
            bookmark_files.bookmark_file(settings.bookmarks_dir, request.identity.job_id)
        ),
        **arguments.environment_variables(request.merged),
    }
    if uses_data_catalog(request):
        environment[spark_catalog.VARIABLE] = "1"
    if credentials.session_token:
        environment["AWS_SESSION_TOKEN"] = credentials.session_token
    environment["PYTHONPATH"] = os.pathsep.join(path)
    if not request.is_spark:
        environment[bootstrap.MEMORY_VARIABLE] = str(workers.budget_mb(settings.memory_mb))
        return RunEnvironment(environment, {})
    return RunEnvironment(environment | _spark_environment(settings, folder), _properties(request, settings, folder))


def _spark_environment(settings: Settings, folder: Path) -> dict[str, str]:
    environment = {
        "JAVA_HOME": str(settings.java_home),
        "SPARK_CONF_DIR": str(conf_folder(folder)),
        "SPARK_LOCAL_DIRS": str(scratch_folder(folder)),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_HOSTNAME": "localhost",
        # the small Java that only puts Spark's command line together
        "SPARK_LAUNCHER_OPTS": "-XX:-UsePerfData -XX:TieredStopAtLevel=1",
        "PYSPARK_PYTHON": str(settings.python),
        "PYSPARK_DRIVER_PYTHON": str(settings.python),
    }
    if settings.spark_home is not None:  # Spark's scripts would start a Python to find it
        environment["SPARK_HOME"] = str(settings.spark_home)
    return environment


def _properties(request: RunRequest, settings: Settings, folder: Path) -> dict[str, str]:
    if settings.jars_dir is None:
        raise JobPreparationError("This machine cannot run Spark jobs")  # checked before; for the type checker
    run = spark_conf.SparkRun(
        app_name=request.identity.job_name,
        cores=workers.local_cores(request.worker_type, request.workers),
        heap_mb=heap_megabytes(request, settings),
        endpoint_url=request.endpoint_url,
        region=request.region,
        scratch=scratch_folder(folder),
        temporary=temporary_folder(folder),
        jars_dir=settings.jars_dir,
        conf=conf_folder(folder),
        found_jars=jars.of_run(request.merged, settings),
        spark_version=settings.spark_version,
        extra_jars=tuple(
            fetched_path(uri, folder / "jars" / str(position)) for position, uri in enumerate(request.extra_jars)
        ),
        java_options=settings.java_options,
        class_archive=settings.class_archive,
        user_jars_first=is_on(request.merged, "--user-jars-first"),
        event_logs=event_log_folder(folder) if writes_events(request) else None,
    )
    overrides = arguments.spark_conf(request.merged)
    return spark_conf.spark_defaults(run, {key: overrides[key] for key in overrides if key != DRIVER_MEMORY})


def heap_megabytes(request: RunRequest, settings: Settings) -> int:
    """The heap of a run's Java, in megabytes."""
    configured = arguments.spark_conf(request.merged).get(DRIVER_MEMORY)
    return driver_heap_mb(request.worker_type, configured, workers.budget_mb(settings.memory_mb))


def uses_data_catalog(request: RunRequest) -> bool:
    """Whether the Data Catalog is Spark SQL's metastore: by the argument, or by the corresponding class."""
    named = any(CATALOG_FACTORY in value for value in arguments.spark_conf(request.merged).values())
    return request.is_spark and (is_on(request.merged, "--enable-glue-datacatalog") or named)


def writes_events(request: RunRequest) -> bool:
    """Whether Spark's event log is enabled and has a destination."""
    wanted = is_on(request.merged, "--enable-spark-ui") and request.merged.get("--spark-event-logs-path")
    return request.is_spark and bool(wanted)
